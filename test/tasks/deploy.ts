import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { expect } from "chai";
import { id, parseEther, Wallet } from "ethers";
import hre from "hardhat";

import type { AddressBook } from "../../deploy/address-book.ts";
import { startNode, type LiveNode } from "../deploy/live-node.ts";
import { printed, refusal } from "./printed.ts";

describe("nexus:deploy", () => {
  let node: LiveNode;
  before(async () => {
    node = await startNode();
  });
  after(() => node.close());

  it("deploys the development suite on a development chain, where nexus:status finds it", async () => {
    const book = JSON.parse(await printed(node.hre, "nexus:deploy", { json: true })) as AddressBook;
    expect(book.deployments.map(({ part }) => part)).to.include.members([
      "NexusGateway",
      "DevelopmentToken",
      "ZeroMockVerifier",
    ]);
    const status = await printed(node.hre, "nexus:status");
    for (const { address } of book.deployments) expect(status).to.include(address);
    const again = JSON.parse(await printed(node.hre, "nexus:deploy", { json: true })) as AddressBook;
    expect(again.deployments).to.deep.equal(book.deployments);
  });

  it("says that a restarted node lost what is recorded, and deploys anew when told to", async () => {
    const other = await startNode();
    try {
      const { provider } = await other.hre.network.create();
      const empty = await provider.request({ method: "evm_snapshot" });
      const before = JSON.parse(await printed(other.hre, "nexus:deploy", { json: true })) as AddressBook;
      await provider.request({ method: "evm_revert", params: [empty] });
      expect(await printed(other.hre, "nexus:status")).to.match(
        /13 of these parts are recorded but not on the chain.*\n.*nexus:deploy --network live --reset/,
      );
      expect(await refusal(other.hre, "nexus:deploy")).to.match(/there is no code.*nexus:deploy --reset/);
      const args = { reset: true, json: true };
      const after = JSON.parse(await printed(other.hre, "nexus:deploy", args)) as AddressBook;
      expect(after.deployments.map(({ part }) => part).sort()).to.deep.equal(
        before.deployments.map(({ part }) => part).sort(),
      );
      expect(await printed(other.hre, "nexus:status")).not.to.match(/not on the chain/);
    } finally {
      await other.close();
    }
  });

  it("takes parameters from the network's own file, and deploys what they ask for", async () => {
    const other = await startNode();
    try {
      const { ethers } = await other.hre.network.create();
      const token = await (await ethers.deployContract("DevelopmentToken")).getAddress();
      const folder = join(other.hre.config.paths.ignition, "parameters");
      await mkdir(folder);
      const owner = "0x00000000000000000000000000000000000f00d5";
      const sections = {
        $global: { owner, token, finality: 1_200, revealDelay: 9 },
        NexusV1: { revealDelay: 7 },
      };
      await writeFile(join(folder, "live.json"), JSON.stringify(sections));
      const book = JSON.parse(await printed(other.hre, "nexus:deploy", { json: true })) as AddressBook;
      const parts = new Map(book.deployments.map(({ part, address }) => [part, address]));
      expect(parts.has("DevelopmentToken")).to.equal(false);
      const router = await ethers.getContractAt("ZeroRouter", parts.get("ZeroRouter")!);
      expect((await router.owner()).toLowerCase()).to.equal(owner);
      const market = await ethers.getContractAt("ZeroMarket", parts.get("ZeroMarket")!);
      expect(await market.revealDelay()).to.equal(7n);
    } finally {
      await other.close();
    }
  });

  it("refuses a live chain in a sentence, before anything is sent", async () => {
    const live = await startNode(10);
    try {
      expect(await refusal(live.hre, "nexus:deploy")).to.match(
        /live is chain 10, a live one, so the deployment needs parameters.*beginning with the package's deploy\/parameters\/optimism\.json/,
      );
      expect(
        await refusal(live.hre, "nexus:deploy", { parameters: "deploy/parameters/optimism.json" }),
      ).to.match(/one of Hardhat's development accounts/);
      expect(await refusal(live.hre, "nexus:deploy", { parameters: "none.json" })).to.match(
        /none\.json does not exist/,
      );
      const filled = { parameters: "deploy/parameters/optimism.json", reset: true };
      expect(await refusal(live.hre, "nexus:deploy", filled)).to.match(/live one.*must not be forgotten/);
      const { provider } = await live.hre.network.create();
      expect(await provider.request({ method: "eth_blockNumber" })).to.equal("0x0");
    } finally {
      await live.close();
    }
  });

  it("says on a live chain what works there and what it costs, and sends nothing until it is told to", async () => {
    const deployer = new Wallet(id("a deployer of a live chain"));
    const live = await startNode(11155111, [deployer.privateKey]);
    try {
      const { provider } = await live.hre.network.create();
      const sent = async () =>
        Number(
          await provider.request({ method: "eth_getTransactionCount", params: [deployer.address, "latest"] }),
        );
      const give = (ether: string) =>
        provider.request({
          method: "hardhat_setBalance",
          params: [deployer.address, `0x${parseEther(ether).toString(16)}`],
        });
      await give("0.001");
      await mkdir(join(live.hre.config.paths.ignition, "parameters"));
      const token = "0x00000000000000000000000000000000000070ce";
      const owner = "0x00000000000000000000000000000000000f00d5";
      await provider.request({ method: "hardhat_setCode", params: [token, "0x00"] });
      const parameters = JSON.stringify({ $global: { owner, token, finality: 1_200 } });
      await writeFile(join(live.hre.config.paths.ignition, "parameters", "live.json"), parameters);

      // Nobody is at a terminal here.
      const refusal = async (): Promise<[reason: string, notice: string]> => {
        const said: string[] = [];
        const { error, log } = console;
        console.error = (text: string) => said.push(text);
        console.log = () => undefined;
        const reason = await live.hre.tasks
          .getTask("nexus:deploy")
          .run({})
          .then(
            () => "deployed",
            (thrown: Error) => thrown.message,
          )
          .finally(() => Object.assign(console, { error, log }));
        return [reason, stripVTControlCharacters(said.join("\n"))];
      };
      const [, poor] = await refusal();
      expect(poor).to.match(/has 0\.001 ether\.\nThat is not enough for the whole suite/);
      await give("100");
      const [refused, notice] = await refusal();
      expect(refused).to.match(/^Nothing was sent to live: .* with --yes\.$/);
      expect(notice).not.to.include("not enough");
      expect(await sent()).to.equal(0);
      expect(notice).to.match(/chain 11155111 \(Sepolia\)\.\nNobody has audited these contracts/);
      expect(notice).to.match(new RegExp(`The deployer ${deployer.address} has 100 ether`, "i"));
      const [, gas, count] = /takes ([\d,]+) gas in (\d+) transactions/.exec(notice)!;

      const before = BigInt((await provider.request({ method: "eth_blockNumber" })) as string);
      await printed(live.hre, "nexus:deploy", { yes: true });
      const head = BigInt((await provider.request({ method: "eth_blockNumber" })) as string);
      let used = 0n;
      for (let number = before + 1n; number <= head; number++) {
        const params = [`0x${number.toString(16)}`, false];
        used += BigInt(
          ((await provider.request({ method: "eth_getBlockByNumber", params })) as { gasUsed: string })
            .gasUsed,
        );
      }
      expect(await sent(), "as many as it said").to.equal(Number(count));
      const estimated = Number(gas!.replaceAll(",", ""));
      // Calldata holds addresses, whose zero bytes cost less: the deployer's are others on the simulated network.
      expect(Math.abs(Number(used) / estimated - 1), `${used} gas of ${estimated}`).to.be.below(0.001);
    } finally {
      await live.close();
    }
  });

  it("says that a simulated network does not last", async () => {
    expect(await printed(hre, "nexus:deploy")).to.match(/NexusGateway[^]*ends with the command/);
  });
});
