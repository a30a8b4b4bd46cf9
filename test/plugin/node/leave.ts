import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { toQuantity } from "ethers";

import { SigningProvider } from "../../../plugin/chain/signing-provider.ts";
import { EvmChain } from "../../../plugin/chain/evm-chain.ts";
import { EmbeddedCommittee } from "../../../plugin/cloud/embedded/embedded-committee.ts";
import { bn254 } from "../../../plugin/crypto/bls/bn254.ts";
import { NodeFolder } from "../../../plugin/node/node-folder.ts";
import {
  CHAIN,
  MIN_STAKE,
  nexusNode,
  operatedChain,
  PASSWORD,
  type OperatedChain,
} from "./operated-chain.ts";

describe("nexus-node leave", function () {
  this.timeout(120_000);
  let home: OperatedChain;
  let folder: string;
  before(async () => {
    home = await operatedChain();
    folder = await mkdtemp(join(tmpdir(), "nexus-leave-"));
    const contracts = join(folder, "addresses.json");
    await writeFile(contracts, JSON.stringify(Object.fromEntries(home.parts)));
    const known = ["--chain-id", `${CHAIN}`, "--contracts", contracts, "--deployed-at", "1"];
    const args = ["init", folder, ...known, "--cloud", home.cloudId, "--rpc", home.node.url];
    expect(await nexusNode(args)).to.include({ code: 0 });
  });
  after(async () => {
    await home.node.close();
    await rm(folder, { recursive: true, force: true });
  });

  const isCandidate = async (cloudId: string, operator: string): Promise<unknown> =>
    (await home.chain.read(home.contract("CommitteeRegistry"), "isCandidate", cloudId, operator))[0];
  const iso = (seconds: bigint): string => new Date(Number(seconds) * 1_000).toISOString();

  it("leaves once, and says when the stake comes free of an operator that is bound to nothing", async () => {
    const node = new NodeFolder(folder);
    const operator = await node.accountAddress();
    await home.chain.rpc("hardhat_setBalance", operator, toQuantity(10n ** 18n));
    const key = await node.openAccount(PASSWORD);
    const chain = new EvmChain(new SigningProvider(home.chain, BigInt(CHAIN), key), BigInt(CHAIN), 0);
    const staking = home.contract("NexusStaking");
    for (const [name, method, args] of [
      ["DevelopmentToken", "mint", [operator, MIN_STAKE]],
      ["DevelopmentToken", "approve", [staking.address, MIN_STAKE]],
      ["NexusStaking", "register", [0]],
      ["NexusStaking", "delegate", [operator, MIN_STAKE, 0]],
    ] as const) {
      const { address, abi } = home.contract(name);
      await chain.send({ from: operator, to: address, data: abi.encodeFunctionData(method, args) });
    }
    const registered = await nexusNode(["register", folder]);
    expect(registered, registered.stderr).to.include({ code: 0 });
    expect(await isCandidate(home.cloudId, operator)).to.equal(true);

    const left = await nexusNode(["leave", folder]);
    expect(left).to.include({ code: 0 });
    expect(left.stderr).to.match(/^leaveCloud sent: 0x[0-9a-f]{64}\n$/);
    const free = (await home.chain.latestTimestamp()) + 14n * 86_400n;
    expect(left.stdout).to.match(
      /^leaveCloud is in block \d+\nThe operator is a member of no epoch: its node may stop\.\n/,
    );
    expect(left.stdout).to.include(
      `can be withdrawn from ${iso(free)} on: the unbonding delay is 1209600 seconds.`,
    );
    expect(await isCandidate(home.cloudId, operator)).to.equal(false);

    const nonce = await home.chain.nonce(operator);
    const again = await nexusNode(["leave", folder]);
    expect(again.stderr).to.match(/^the operator does not stand for cloud 0x/);
    expect(await home.chain.nonce(operator)).to.equal(nonce);
  });

  it("says until when a member goes on, and prints what another account sends", async () => {
    const [staking, token, registry] = ["NexusStaking", "DevelopmentToken", "CommitteeRegistry"].map(
      home.contract,
    );
    const committee = await EmbeddedCommittee.found(
      home.account,
      { staking: staking!, token: token!, registry: registry! },
      { size: 1, suite: bn254, prices: { perRequest: 0n, perFuel: 0n, perByte: 0n } },
    );
    const { cloudId } = committee;
    const file = join(folder, "nexus-node.json");
    await writeFile(file, (await readFile(file, "utf8")).replace(home.cloudId, cloudId));
    const [{ operator }] = committee.members as [EmbeddedCommittee["members"][number]];
    const leaving = ["leave", folder, "--print", "--operator", operator.address];

    await home.account.call(registry!, "openEpoch", [cloudId]);
    expect((await nexusNode(leaving)).stderr).to.match(/^Epoch 1 is open, .* may yet be drawn .*call again/);
    await home.chain.rpc("hardhat_mine", "0x5");
    await home.account.call(registry!, "selectCommittee", [cloudId]);
    const [pending] = await home.chain.read(registry!, "pendingEpoch", cloudId);
    const { validUntil } = pending as { validUntil: bigint };
    const bound = `The operator is a member of epoch 1: its node must go on until ${iso(validUntil)}, or`;
    const held = `can be withdrawn from ${iso(validUntil + 7n * 86_400n)} on: until then it answers for`;
    const selected = await nexusNode(leaving);
    expect(selected.stderr).to.include(bound).and.to.include(held);
    await committee.openEpoch(async () => undefined);
    // No password is needed where nothing is signed.
    const printed = await nexusNode(leaving, { NEXUS_NODE_PASSWORD: "" });
    expect(printed.stderr).to.include(bound).and.to.include(held);
    const { method, from, to, data } = JSON.parse(printed.stdout) as Record<
      "method" | "from" | "to" | "data",
      string
    >;
    expect({ method, from }).to.deep.equal({ method: "leaveCloud", from: operator.address });
    const hash = await home.chain.send({ from, to, data });
    expect(await home.chain.receipt(hash)).to.include({ status: "0x1" });
    expect(await isCandidate(cloudId, operator.address)).to.equal(false);
    expect(await nexusNode(leaving)).to.include({ code: 0, stdout: "" });
  });

  it("needs a cloud to leave", async () => {
    const file = join(folder, "nexus-node.json");
    const text = (await readFile(file, "utf8")).replace(/ {2}"cloud": .*\n/, "");
    await writeFile(file, text);
    const ended = await nexusNode(["leave", folder]);
    expect(ended).to.include({ code: 1, stdout: "" });
    expect(ended.stderr).to.match(/nexus-node\.json names no cloud to leave\./);
  });
});
