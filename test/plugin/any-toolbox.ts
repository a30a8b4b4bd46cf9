import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import type { AddressBook } from "../../deploy/address-book.ts";
import { suiteStatus } from "../../deploy/suite-status.ts";
import config from "../../hardhat.config.ts";
import nexusPlugin from "../../plugin/index.ts";
import { startNode, type LiveNode } from "../deploy/live-node.ts";
import { printed } from "../tasks/printed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What Hardhat's toolboxes add to a connection; a project has one of them, and only one extension of Ignition. */
const OF_TOOLBOXES = ["ethers", "viem", "ignition", "networkHelpers"];

describe("the plugin without a toolbox", () => {
  let node: LiveNode;
  let ignition: string;
  let hre: HardhatRuntimeEnvironment;
  before(async () => {
    node = await startNode();
    ignition = await mkdtemp(join(tmpdir(), "nexus-any-toolbox-"));
    hre = await createHardhatRuntimeEnvironment(
      {
        plugins: [nexusPlugin],
        solidity: config.solidity!,
        paths: { ...config.paths!, ignition },
        networks: { elsewhere: { type: "http", url: node.url } },
        nexus: { cloud: { nodes: 1 } },
      },
      { network: "elsewhere" },
      root,
    );
  });
  after(async () => {
    await node.close();
    await rm(ignition, { recursive: true });
  });

  it("brings no toolbox's part to a connection, and runs a program", async () => {
    const connection = await hre.network.create("default");
    try {
      const parts = connection as unknown as Record<string, unknown>;
      expect(OF_TOOLBOXES.filter((name) => parts[name] !== undefined)).to.deep.equal([]);
      const fibonacci = await connection.nexus.program("fibonacci");
      expect(await fibonacci.call("30")).to.equal("832040");
    } finally {
      await connection.close();
    }
  });

  it("deploys the suite on a node, records it, and looks at it", async () => {
    const book = JSON.parse(await printed(hre, "nexus:deploy", { json: true })) as AddressBook;
    const again = JSON.parse(await printed(hre, "nexus:deploy", { json: true })) as AddressBook;
    expect(again.deployments, "continued from Ignition's record").to.deep.equal(book.deployments);
    const connection = await hre.network.create();
    try {
      const status = await suiteStatus(connection, book);
      expect(status.parts.every(({ hasCode }) => hasCode)).to.equal(true);
      expect(status.staking?.held).to.equal(0n);
      expect(status.selectors).to.have.lengthOf(1);
    } finally {
      await connection.close();
    }
  });
});
