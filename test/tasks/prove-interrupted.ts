import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** With the real prover, which keeps its thread busy, and a key where the project has none yet: minutes on a slow machine. */
describe("nexus:prove, interrupted", function () {
  before(function () {
    if (process.env.NEXUS_SLOW !== "1") this.skip();
  });
  this.timeout(600_000);

  it("ends at once, and leaves no file behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nexus-interrupted-"));
    try {
      const cli = join(root, "node_modules/hardhat/dist/src/cli.js");
      const args = ["nexus:prove", "fibonacci", "--input", "10", "--output", join(folder, "proof.json")];
      const { PATH, HOME } = process.env;
      const child = spawn(process.execPath, [cli, ...args], { cwd: root, env: { PATH, HOME } });
      let said = "";
      let interrupted = 0;
      child.stderr.on("data", (part: Buffer) => {
        said += part.toString();
        if (interrupted > 0 || !said.includes("Proving fibonacci: balance the buses")) return;
        interrupted = performance.now();
        child.kill("SIGINT");
      });
      const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
      expect(interrupted, said).to.be.greaterThan(0);
      expect({ code, signal }).to.deep.equal({ code: null, signal: "SIGINT" });
      expect(await readdir(folder)).to.deep.equal([]);
      expect(said).not.to.match(/^\s+at /m);
      expect(said.trimEnd().split("\n").at(-1)).to.match(/^Proving fibonacci: /);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
