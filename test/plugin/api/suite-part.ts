import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { Interface, parseEther } from "ethers";
import { network } from "hardhat";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../../hardhat.config.ts";
import nexusPlugin from "../../../plugin/index.ts";
import { loadArtifact } from "../../../plugin/contracts/artifacts.ts";
import { gatewayLimits } from "../../../plugin/contracts/gateway-limits.ts";
import type { SuitePart } from "../../../plugin/contracts/suite-contracts.ts";

/** The parts of the home chain of a cloud with BN254 keys. */
const AT_HOME: Record<Exclude<SuitePart, "CommitteeMirror" | "Bls12381Verifier">, true> = {
  Bn254Verifier: true,
  CommitteeRegistry: true,
  DevelopmentToken: true,
  EquivocationSlashing: true,
  NexusGateway: true,
  NexusOutbox: true,
  NexusStaking: true,
  NexusSubscriptions: true,
  StateCheckpoints: true,
  ZeroMarket: true,
  ZeroMockVerifier: true,
  ZeroRouter: true,
};

describe("nexus.contract", () => {
  it("gives every part that the cloud deployed, connected to the project's first account", async () => {
    const { ethers, nexus } = await network.create("l1");
    const [signer] = await ethers.getSigners();
    for (const name of Object.keys(AT_HOME) as (keyof typeof AT_HOME)[]) {
      const part = await nexus.contract(name);
      expect(part.address, name).to.equal(await nexus.addressOf(name));
      expect(await part.getAddress(), name).to.equal(part.address);
      expect(part.abi, name).to.deep.equal(loadArtifact(name).abi);
      expect(part.runner, name).to.have.property("address", signer!.address);
    }
    const gateway = await nexus.contract("NexusGateway");
    expect(await gateway.MAX_INPUT()).to.equal(gatewayLimits.inputBytes);
  });

  it("sends transactions, from another account too, which the project's matchers understand", async () => {
    const { ethers, nexus } = await network.create("l1");
    const token = await nexus.contract("DevelopmentToken");
    const [first, second] = await ethers.getSigners();
    await token.mint(first!, 5n);
    await expect(token.transfer(second!, 2n)).to.emit(token, "Transfer").withArgs(first, second, 2n);
    const theirs = token.connect(second!);
    expect(theirs).to.have.property("address", token.address);
    await expect(theirs.transfer(first!, 3n))
      .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
      .withArgs(second, 2n, 3n);
    expect(await token.balanceOf(second!)).to.equal(2n);
  });

  it("names what is not there", async () => {
    const { nexus } = await network.create("l1");
    const refused = await nexus.contract("CommitteeMirror").catch((error: Error) => error.message);
    expect(refused).to.match(/^CommitteeMirror is not deployed by the embedded cloud on chain 31337/);
  });
});

describe("the suite in a project that does not compile it", () => {
  let project: string;
  let hre: HardhatRuntimeEnvironment;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), "nexus-suite-part-"));
    await writeFile(join(project, "package.json"), '{ "type": "module" }');
    // Without a toolbox, so without the project's own ethers.
    hre = await createHardhatRuntimeEnvironment(
      { plugins: [nexusPlugin], solidity: config.solidity!, nexus: { cloud: { nodes: 1 } } },
      {},
      project,
    );
  });
  after(() => rm(project, { recursive: true }));

  it("is reached by name, by ethers and by its address and interface alone", async () => {
    const { nexus, provider } = await hre.network.create();
    const token = await nexus.contract("DevelopmentToken");
    const [account] = (await provider.request({ method: "eth_accounts" })) as [string];
    await (await token.mint(account, 7n)).wait();
    expect(await token.balanceOf(account)).to.equal(7n);
    // As any other library does it, viem among them.
    const abi = new Interface(token.abi);
    const data = abi.encodeFunctionData("balanceOf", [account]);
    const result = await provider.request({
      method: "eth_call",
      params: [{ to: token.address, data }, "latest"],
    });
    expect(abi.decodeFunctionResult("balanceOf", result as string)[0]).to.equal(7n);
  });

  it("says which of its errors a call reverted with, and the values", async () => {
    const { nexus, provider } = await hre.network.create();
    const { id } = await nexus.program("fibonacci");
    const gateway = await nexus.contract("NexusGateway");
    const [from] = (await provider.request({ method: "eth_accounts" })) as [string];
    const cloud = await nexus.cloudId();
    const { timestamp } = (await provider.request({
      method: "eth_getBlockByNumber",
      params: ["latest", false],
    })) as { timestamp: string };
    const deadline = BigInt(timestamp) + 3_600n;
    const limits = { fuel: 1, outputBytes: 1 };
    const cases: [args: unknown[], error: RegExp][] = [
      [[cloud, id, "0x", 0, 1, limits], /custom error 'GatewayBadDeadline\(1, \d+/],
      [
        [cloud, id, new Uint8Array(65_537), 0, deadline, limits],
        /custom error 'GatewayInputTooLong\(65537, 65536\)'/,
      ],
      [
        [`0x${"07".repeat(32)}`, id, "0x", 0, deadline, limits],
        /custom error 'GatewayNoCommittee\(0x(07){32}\)'/,
      ],
    ];
    for (const [args, expected] of cases) {
      const request = { from, to: gateway.address, value: `0x${parseEther("1").toString(16)}` };
      const data = gateway.interface.encodeFunctionData("request", args as never);
      for (const method of ["eth_sendTransaction", "eth_estimateGas", "eth_call"]) {
        const params = [{ ...request, data }, ...(method === "eth_call" ? ["latest"] : [])];
        const error = (await provider.request({ method, params }).catch((one: unknown) => one)) as Error;
        expect(error, method).to.be.instanceOf(Error);
        expect(error.message, method).to.match(expected);
        expect(error.stack, method).to.include(error.message);
      }
    }
  });

  it("leaves errors as they are that are not the suite's", async () => {
    const { nexus, provider } = await hre.network.create();
    await nexus.cloud();
    // Reverts with the four bytes 0x01020304.
    const to = "0x00000000000000000000000000000000000000cc";
    await provider.request({ method: "hardhat_setCode", params: [to, "0x630102030460e01b5f5260045ffd"] });
    const error = (await provider
      .request({ method: "eth_call", params: [{ to }, "latest"] })
      .catch((one: unknown) => one)) as Error;
    expect(error.message).to.match(/unrecognized custom error \(return data: 0x01020304\)/);
  });

  it("refuses an input that is too long in a sentence, before it asks the gateway", async () => {
    const { nexus } = await hre.network.create();
    const program = await nexus.program("wordcount");
    const refused = await program.run(new Uint8Array(65_537)).catch((error: Error) => error.message);
    expect(refused).to.equal("The input is too long: 65,537 bytes, and the gateway takes at most 65,536.");
  });
});
