import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { network } from "hardhat";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import { DEVELOPMENT_MARK } from "../../plugin/chain/development-chain.ts";
import { deploySuite } from "../../deploy/deploy-suite.ts";
import config from "../../hardhat.config.ts";
import { EvmChain } from "../../plugin/chain/evm-chain.ts";
import { DevelopmentAccount, NotADevelopmentChainError } from "../../plugin/chain/development-account.ts";
import { startNode } from "../deploy/live-node.ts";
import { printed, refusal } from "../tasks/printed.ts";

/** Ids of a live chain that is forked, and of a third chain of a test. */
const IDS = [1, 777];

const markOf = (provider: { request(args: { method: string; params: unknown[] }): Promise<unknown> }) =>
  provider.request({ method: "eth_getCode", params: [DEVELOPMENT_MARK.address, "latest"] });

describe("a simulated network with any chain id", () => {
  for (const chainId of IDS) {
    it(`has a cloud on chain ${chainId}, and again after a snapshot from before`, async () => {
      const { nexus, provider } = await network.create({ network: "generic", override: { chainId } });
      const snapshot = await provider.request({ method: "evm_snapshot" });
      for (const input of ["30", "31"]) {
        const fibonacci = await nexus.program("fibonacci");
        expect(await fibonacci.call(input)).to.equal(input === "30" ? "832040" : "1346269");
        expect(await markOf(provider)).to.equal(DEVELOPMENT_MARK.code);
        if (input === "30") {
          await provider.request({ method: "evm_revert", params: [snapshot] });
          expect(await markOf(provider), "the mark goes with the chain's state").to.equal("0x");
        }
      }
    });

    it(`gets the development suite of deploySuite on chain ${chainId}`, async () => {
      const connection = await network.create({ network: "l1", override: { chainId } });
      const { chainId: recorded, deployments } = await deploySuite(connection);
      expect(recorded).to.equal(chainId);
      expect(deployments.map(({ part }) => part)).to.include.members([
        "DevelopmentToken",
        "ZeroMockVerifier",
      ]);
    });
  }

  it("is marked by nothing that does not need it", async () => {
    const home = await network.create("l1");
    await home.nexus.cloud();
    expect(await markOf(home.provider)).to.equal("0x");
    const other = await network.create({ network: "l1", override: { chainId: 1 } });
    expect(await markOf(other.provider)).to.equal("0x");
  });

  it("works for the commands", async () => {
    const ignition = await mkdtemp(join(tmpdir(), "nexus-any-chain-"));
    try {
      const hre = await createHardhatRuntimeEnvironment(
        {
          ...config,
          paths: { ...config.paths, ignition },
          networks: { fork: { type: "edr-simulated", chainId: 1 } },
          nexus: { cloud: { nodes: 1 } },
        },
        { network: "fork" },
        fileURLToPath(new URL("../..", import.meta.url)),
      );
      const args = { program: "fibonacci", input: "30", json: true };
      expect(JSON.parse(await printed(hre, "nexus:run", args))).to.include({ output: "832040", chainId: 1 });
      expect(await printed(hre, "nexus:deploy")).to.match(/ZeroMockVerifier[^]*ends with the command/);
    } finally {
      await rm(ignition, { recursive: true });
    }
  });
});

describe("a live chain", () => {
  it("is refused the development suite, and not marked, although its node could be", async () => {
    // A node of another process: nobody here knows that it is simulated.
    const live = await startNode(1);
    try {
      expect(await refusal(live.hre, "nexus:deploy")).to.match(/chain 1, a live one/);
      expect(await refusal(live.hre, "nexus:run", { program: "fibonacci" })).to.match(/chain 1, a live one/);
      expect(await refusal(live.hre, "nexus:node", { port: 0 })).to.match(/serves development chains only/);
      const connection = await live.hre.network.create();
      const refused = await deploySuite(connection).catch((error: Error) => error.message);
      expect(refused).to.match(/development accounts/);
      expect(await markOf(connection.provider)).to.equal("0x");
      expect(await connection.provider.request({ method: "eth_blockNumber" })).to.equal("0x0");
      await connection.close();
    } finally {
      await live.close();
    }
  });

  it("cannot be marked where the node does not let its state be set", async () => {
    const { provider } = await network.create({ network: "l1", override: { chainId: 1 } });
    // As a node of a live chain answers; all else goes to a real chain.
    const sent: string[] = [];
    const chain = new EvmChain(
      {
        request: async (args) => {
          sent.push(args.method);
          if (/^(hardhat|evm|anvil)_/.test(args.method)) throw new Error("the method does not exist");
          return provider.request(args);
        },
      },
      1n,
      0,
    );
    const refused = await DevelopmentAccount.open(chain, "deployer").catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(NotADevelopmentChainError);
    expect(sent.filter((method) => method.startsWith("eth_send"))).to.deep.equal([]);
    expect(await markOf(provider)).to.equal("0x");
  });
});
