import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { Ed25519Key } from "../../../../plugin/cloud/cometbft/ed25519-key.ts";
import { writeHome } from "../../../../plugin/cloud/cometbft/home.ts";

describe("plugin/cloud/cometbft/home", () => {
  it("keeps places for the peers that the operator names, whoever fills the others", async () => {
    const home = await mkdtemp(join(tmpdir(), "nexus-home-"));
    try {
      const ids = ["a".repeat(40), "b".repeat(40)];
      const persistent = ids.map((id, i) => `${id}@192.0.2.${i}:26656`);
      await writeHome(home, {
        genesis: { chainId: "nexus-test", time: new Date("2026-01-01T00:00:00Z"), blockBytes: 1_000_000 },
        nodeKey: new Ed25519Key(new Uint8Array(32).fill(1)),
        settings: {
          name: "node",
          application: "/tmp/app.sock",
          peers: { listen: "127.0.0.1:26656", persistent },
          rpc: "127.0.0.1:26657",
          blockTime: 500,
          idleTime: 30_000,
        },
      });
      const written = await readFile(join(home, "config/config.toml"), "utf8");
      expect(written).to.contain(`persistent_peers = "${persistent.join(",")}"`);
      expect(written).to.contain(`unconditional_peer_ids = "${ids.join(",")}"`);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
