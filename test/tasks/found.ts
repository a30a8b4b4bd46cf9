import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { expect } from "chai";
import { getBytes, id, toQuantity, Wallet } from "ethers";
import hre from "hardhat";

import type { Eip1193 } from "../../plugin/chain/eip1193.ts";
import { deployParts } from "../../plugin/chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../plugin/chain/development-account.ts";
import { EvmChain, EvmContract } from "../../plugin/chain/evm-chain.ts";
import { HttpProvider } from "../../plugin/chain/http-provider.ts";
import { runKeyCeremony } from "../../plugin/cloud/embedded/key-ceremony.ts";
import { confirm } from "../../plugin/cloud/dkg/confirmation.ts";
import { IdentitySecret } from "../../plugin/cloud/dkg/identity.ts";
import { keyGenerationSession } from "../../plugin/cloud/dkg/session.ts";
import { loadArtifact } from "../../plugin/contracts/artifacts.ts";
import * as digests from "../../plugin/contracts/digests.ts";
import { bn254 } from "../../plugin/crypto/bls/bn254.ts";
import type { AddressBook } from "../../deploy/address-book.ts";
import { development } from "../../deploy/suite/development-suite.ts";
import type { Founded } from "../../tasks/found.ts";
import { cloudParameters } from "../../tasks/found/cloud-parameters.ts";
import { foundingContracts } from "../../tasks/found/founding-contracts.ts";
import { untilInOffice } from "../../tasks/found/founding.ts";
import { startNode, type LiveNode } from "../deploy/live-node.ts";
import { printed, refusal } from "./printed.ts";

const STAKE = 100n * 10n ** 18n;

/** The suite on a node, and operators that stand for clouds there. */
class Home {
  readonly node: LiveNode;
  readonly chain: EvmChain;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly secrets = new Map<string, Uint8Array>();

  private constructor(node: LiveNode, chain: EvmChain, addresses: ReadonlyMap<string, string>) {
    this.node = node;
    this.chain = chain;
    this.#addresses = addresses;
  }

  static async of(node: LiveNode, { deployments }: AddressBook): Promise<Home> {
    const chain = await EvmChain.connect(new HttpProvider(new URL(node.url)), 0);
    return new Home(node, chain, new Map(deployments.map(({ part, address }) => [part, address])));
  }

  contract(name: string): EvmContract {
    return new EvmContract(this.#addresses.get(name)!, loadArtifact(name).abi);
  }

  /** Operator `i` stakes and registers, and stands for a cloud. */
  async stand(i: number, cloudId: string, token: EvmContract, stake = STAKE): Promise<void> {
    const operator = await DevelopmentAccount.open(this.chain, `candidate ${i}`);
    const [staking, registry] = [this.contract("NexusStaking"), this.contract("CommitteeRegistry")];
    const secret = keccak_256(utf8ToBytes(`identity ${i}`));
    if (!this.secrets.has(operator.address.toLowerCase())) {
      await operator.call(token, "mint", [operator.address, stake]);
      await operator.call(token, "approve", [staking.address, stake]);
      await operator.call(staking, "register", [0]);
      await operator.call(staking, "delegate", [operator.address, stake, 0]);
      const proof = new IdentitySecret(secret).signDigest(
        digests.identity(this.chain.chainId, registry.address, operator.address),
      );
      const key = secp256k1.getPublicKey(secret, false).subarray(1);
      await operator.call(registry, "registerNode", [key, proof]);
      this.secrets.set(operator.address.toLowerCase(), secret);
    }
    await operator.call(registry, "joinCloud", [cloudId]);
  }

  /** The committee that is selected generates its key and confirms it. */
  async confirmAll(cloudId: string): Promise<void> {
    const registry = this.contract("CommitteeRegistry");
    let pending = await this.pending(cloudId);
    while (pending.phase !== 2n) {
      await sleep(50);
      pending = await this.pending(cloudId);
    }
    const { epoch, members, membersHash } = pending;
    const secrets = members.map((one) => this.secrets.get(one.toLowerCase())!);
    const session = keyGenerationSession({
      suite: bn254,
      cloudId: getBytes(cloudId),
      epoch,
      attempt: 0,
      threshold: Math.floor((2 * members.length) / 3) + 1,
      members: secrets.map((secret) => new IdentitySecret(secret).publicKey),
    });
    const context = { chainId: this.chain.chainId, registry: registry.address, cloudId, epoch, membersHash };
    const results = runKeyCeremony(session, secrets, randomBytes);
    // The ceremony kept this thread from noticing that the node had closed a connection that was idle.
    await this.chain.head().catch(() => undefined);
    const carrier = await DevelopmentAccount.open(this.chain, "carrier");
    for (const [i, { key, share }] of results.entries()) {
      if (i >= key.threshold) break;
      await carrier.call(registry, "confirm", [cloudId, confirm(context, key, share!, secrets[i]!)]);
    }
  }

  async pending(cloudId: string): Promise<{
    readonly epoch: bigint;
    readonly phase: bigint;
    readonly deadline: bigint;
    readonly members: readonly string[];
    readonly membersHash: string;
  }> {
    const [found] = await this.chain.read(this.contract("CommitteeRegistry"), "pendingEpoch", cloudId);
    const { epoch, phase, deadline, members, membersHash } = found as Awaited<ReturnType<Home["pending"]>>;
    return { epoch, phase, deadline, members: [...members], membersHash };
  }

  async founded(args: Record<string, unknown>, onError?: (line: string) => void): Promise<Founded> {
    return JSON.parse(
      await printed(this.node.hre, "nexus:found", { json: true, ...args }, onError),
    ) as Founded;
  }
}

describe("nexus:found", () => {
  let home: Home;
  let token: EvmContract;
  before(async () => {
    const node = await startNode();
    home = await Home.of(
      node,
      JSON.parse(await printed(node.hre, "nexus:deploy", { json: true })) as AddressBook,
    );
    token = home.contract("DevelopmentToken");
  });
  after(() => home.node.close());

  it("sees a cloud from its creation to a committee in office, while others do their part", async () => {
    const said: string[] = [];
    const done = printed(home.node.hre, "nexus:found", { size: "4" }, (line) => said.push(line));
    const cloudId = await new Promise<string>((resolve, reject) => {
      done.catch(reject);
      const look = setInterval(() => {
        const found = /Cloud (0x[0-9a-f]{64}) is created/.exec(said.join("\n"));
        if (found === null) return;
        clearInterval(look);
        resolve(found[1]!);
      }, 20);
    });
    for (let i = 1; i <= 5; i++) await home.stand(i, cloudId, token);
    await home.confirmAll(cloudId);
    const shown = await done;
    const text = said.join("\n");
    expect(text).to.match(/committee +3 of 4 sign, BN254; 1 may be away\n/);
    expect(text).to.match(/epochs +30d, of which a new committee has 1h to confirm its key\n/);
    expect(text).to.match(/least stake +100\.0 \w+\nprices +10000000000000 wei a request/);
    expect(text).to.match(/of 4 candidates stand/);
    expect(text).to.match(/openEpoch is in block \d+[^]*selectCommittee is in block \d+/);
    expect(text).to.match(/epoch 1 generates its key: \d of 4 confirmed, 3 needed until 20/);
    expect(shown).to.match(new RegExp(`Cloud ${cloudId} is in office: epoch 1, until`));
    const [, init] = /\n {2}(nexus-node init .*)\n/.exec(shown)!;
    expect(init).to.match(
      /--chain-id 31337 .*deployments\/chain-31337\/deployed_addresses\.json --deployed-at \d+/,
    );
    expect(init).to.match(new RegExp(`--cloud ${cloudId}$`));
    const [parameters] = await home.chain.read(home.contract("CommitteeRegistry"), "cloud", cloudId);
    expect((parameters as { minStake: bigint }).minStake).to.equal(STAKE);

    // What is done is looked up, and nothing is sent.
    const head = await home.chain.head();
    expect(await home.founded({ cloud: cloudId })).to.include({ cloudId, epoch: 1, phase: "none", init });
    expect(await home.chain.head()).to.equal(head);
  });

  it("goes on from wherever it was left, and gives up what the committee let lapse only when called again", async () => {
    const { cloudId, phase } = await home.founded({ size: "2", threshold: "2", noWait: true });
    expect(phase).to.equal("none");
    const registry = home.contract("CommitteeRegistry");
    const anybody = await DevelopmentAccount.open(home.chain, "anybody");
    for (const i of [1, 2, 3]) await home.stand(i, cloudId, token);

    // Opened by somebody else, and the seed left unused for too long.
    await anybody.call(registry, "openEpoch", [cloudId]);
    await home.chain.rpc("hardhat_mine", toQuantity(300));
    const selected = await home.founded({ cloud: cloudId, noWait: true });
    expect(selected).to.include({ epoch: 0, phase: "selected" });
    expect((await home.pending(cloudId)).epoch).to.equal(1n);

    // The committee lets its time pass while the founder waits.
    const { deadline } = await home.pending(cloudId);
    const waiting = refusal(home.node.hre, "nexus:found", { cloud: cloudId, json: true });
    await sleep(1_500);
    await home.chain.rpc("evm_setNextBlockTimestamp", Number(deadline));
    await home.chain.rpc("hardhat_mine", "0x1");
    expect(await waiting).to.match(
      /epoch 1 confirmed no key in time: 0 of 2 did, and 2 are needed\. See whether the nodes of 0x\w+, 0x\w+ run/,
    );
    expect((await home.pending(cloudId)).epoch, "nothing was given up").to.equal(1n);
    const said: string[] = [];
    const again = printed(home.node.hre, "nexus:found", { cloud: cloudId }, (line) => said.push(line));
    while ((await home.pending(cloudId)).epoch === 1n) await sleep(50);
    await home.confirmAll(cloudId);
    expect(await again).to.match(/in office: epoch 2/);
    expect(said.join("\n")).to.match(
      /Epoch 1 is given up[^]*abandonEpoch is in block[^]*openEpoch is in block/,
    );
  });

  it("shows who stands, and with how much", async () => {
    const { cloudId } = await home.founded({ size: "3", minStake: "100.5", noWait: true });
    const said: string[] = [];
    const done = printed(home.node.hre, "nexus:found", { cloud: cloudId }, (line) => said.push(line));
    for (let i = 6; i <= 8; i++) await home.stand(i, cloudId, token, STAKE + BigInt(i) * 10n ** 17n);
    await home.confirmAll(cloudId);
    await done;
    const [line] = said.filter((one) => /^0x/.test(one));
    expect(line).to.match(/^0x\w+ with 100\.8 \w+, 0x\w+ with 100\.7 \w+, 0x\w+ with 100\.6 \w+$/);
  });

  it("goes on waiting while the chain is away", async () => {
    const { cloudId } = await home.founded({ size: "1", noWait: true });
    let isAway = true;
    const provider: Eip1193 = {
      request: async (call) => {
        if (isAway) throw new Error("rpc.example cannot be reached: fetch failed (ECONNREFUSED)");
        return home.chain.request(call);
      },
    };
    const chain = new EvmChain(provider, 31337n, 0);
    const contracts = await foundingContracts(home.chain, home.contract("CommitteeRegistry").address);
    const [from] = (await home.chain.rpc("eth_accounts")) as [string];
    const site = {
      chain,
      from,
      contracts,
      interval: 20,
      mine: async () => home.chain.rpc("hardhat_mine", "0x1"),
    };
    const said: string[] = [];
    const progress = { step: (what: string) => said.push(what), note: () => undefined };
    await untilInOffice(site, cloudId, progress, false).then(
      () => expect.fail("it did not wait, and should have ended"),
      (error: Error) => expect(error.message).to.match(/cannot be reached/),
    );
    const founded = untilInOffice(site, cloudId, progress, true);
    while (said.length === 0) await sleep(20);
    expect(said).to.deep.equal([
      "The chain does not answer, and is asked again: rpc.example cannot be reached: fetch failed (ECONNREFUSED)",
    ]);
    const stop = new AbortController();
    const stopped = untilInOffice({ ...site, stopped: stop.signal }, cloudId, progress, true);
    stop.abort(new Error("nobody waits any more"));
    await stopped.then(
      () => expect.fail("it went on"),
      () => undefined,
    );
    isAway = false;
    await home.stand(9, cloudId, token);
    await home.confirmAll(cloudId);
    expect((await founded).live).to.equal(1n);
  });

  it("refuses what the registry would, and what could never work, before anything is sent", async () => {
    const head = await home.chain.head();
    const cases: [Record<string, string>, RegExp][] = [
      [{ size: "0" }, /^--size takes a whole number from 1 to 128 \(members of a committee\), and not 0\.$/],
      [{ size: "129" }, /--size takes .*, and not 129/],
      [{ size: "four" }, /--size takes .*, and not four/],
      [
        { size: "6", threshold: "4" },
        /--threshold takes a whole number from 5 to 6 \(signers of 6 members\)/,
      ],
      [{ size: "4", threshold: "5" }, /--threshold takes a whole number from 3 to 4/],
      [{ scheme: "BN256" }, /--scheme takes BN254 or BLS12-381, and not BN256/],
      [
        { epochLength: "31d" },
        /--epoch-length takes a time from 10m to 30d, such as 90m, 12h or 7d, and not 31d/,
      ],
      [{ epochLength: "9m" }, /--epoch-length takes .*, and not 9m/],
      [{ epochLength: "1h", confirmationWindow: "601" }, /--confirmation-window takes a time from 1m to 10m/],
      [{ confirmationWindow: "59s" }, /--confirmation-window takes a time from 1m to 5d/],
      [{ minStake: "0" }, /--min-stake takes an amount above 0/],
      [{ minStake: "-1" }, /--min-stake takes an amount above 0/],
      [{ minStake: "1".repeat(30) }, /--min-stake takes an amount above 0 that operators can have/],
      [{ minStake: "0.0000000000000000001" }, /--min-stake takes an amount .* with 18 decimals at most/],
      [{ perRequest: "1.5" }, /--per-request takes a whole number from 0 to \d+ \(wei\), and not 1\.5/],
      [{ perFuel: String(2n ** 80n) }, /--per-fuel takes/],
      [{ perByte: "-1" }, /--per-byte takes/],
      [{ cloud: "0x12" }, /--cloud takes a cloud's id/],
      [{ cloud: id("none") }, /knows no cloud 0x\w+: correct --cloud/],
      [{ cloud: id("none"), size: "4" }, /--size is of a cloud that is to be created/],
      [{ deploymentId: "other" }, /CommitteeRegistry is not deployed on chain 31337 \(nothing of Nexus is\)/],
    ];
    for (const [args, words] of cases) {
      expect(await refusal(home.node.hre, "nexus:found", args), JSON.stringify(args)).to.match(words);
    }
    expect(await home.chain.head()).to.equal(head);
    expect(await refusal(hre, "nexus:found")).to.match(/is simulated and begins empty with every command/);
  });

  it("refuses what a suite, or a chain, has not", async () => {
    const account = await DevelopmentAccount.open(home.chain, "another deployer");
    const parts = await deployParts(account, (m) => development(m, false), { maximumHold: 37 * 86_400 });
    const polygon = new EvmChain(new HttpProvider(new URL(home.node.url)), 137n, 0);
    const contracts = await foundingContracts(polygon, parts.get("CommitteeRegistry")!);
    const prices = { perRequest: "0", perFuel: "1", perByte: "2" };
    const usual = { perRequest: 7n, perFuel: 7n, perByte: 7n };
    const asked = async (parameters: Record<string, string>): Promise<unknown> =>
      cloudParameters(parameters, polygon, contracts, usual).catch((error: Error) => error.message);
    expect(await asked({ ...prices, scheme: "bls12-381" })).to.match(
      /has no verifier of BLS12-381: take the other/,
    );
    expect(await asked(prices)).to.match(
      /stake would be held for up to 37d 3h, and the staking contract allows 37d: take a shorter --epoch-length/,
    );
    expect(await asked({ epochLength: "7d" })).to.match(
      /^Polygon is paid in POL, for which there are no usual prices: name all of --per-request/,
    );
    expect(await asked({ ...prices, epochLength: "7d" })).to.deep.equal({
      size: 4,
      threshold: 3,
      scheme: 0,
      epochLength: 604_800n,
      confirmationWindow: 3_600n,
      minStake: STAKE,
      prices: { perRequest: 0n, perFuel: 1n, perByte: 2n },
    });
    const other = { ...contracts, staking: home.contract("NexusStaking") };
    const unwired = await cloudParameters(prices, polygon, other, usual).catch(
      (error: Error) => error.message,
    );
    expect(unwired).to.match(/answers to the registry 0x\w+ and not to 0x\w+/);
  });

  it("says on a live chain what it costs, and sends nothing until it is told to", async () => {
    const founder = new Wallet(id("a founder on a live chain"));
    const live = await startNode(11155111, [founder.privateKey]);
    try {
      const { provider } = await live.hre.network.create();
      const fund = ["hardhat_setBalance", [founder.address, toQuantity(10n ** 20n)]] as const;
      await provider.request({ method: fund[0], params: [...fund[1]] });
      const { ethers } = await live.hre.network.create();
      await provider.request({
        method: "hardhat_setCode",
        params: ["0x511162d5a214f64808bbd8ad1111ba3bb3166803", "0xef4e65787573"],
      });
      const staked = await (await ethers.deployContract("DevelopmentToken")).getAddress();
      await mkdir(join(live.hre.config.paths.ignition, "parameters"));
      const owner = "0x00000000000000000000000000000000000f00d5";
      const parameters = { $global: { owner, token: staked, finality: 1_200 } };
      await writeFile(
        join(live.hre.config.paths.ignition, "parameters", "live.json"),
        JSON.stringify(parameters),
      );
      const book = JSON.parse(
        await printed(live.hre, "nexus:deploy", { yes: true, json: true }),
      ) as AddressBook;
      const away = await Home.of(live, book);

      const head = await away.chain.head();
      const said: string[] = [];
      const { error } = console;
      console.error = (text: string) => said.push(stripVTControlCharacters(text));
      const reason = await live.hre.tasks
        .getTask("nexus:found")
        .run({ size: "4" })
        .then(
          () => "founded",
          (thrown: Error) => thrown.message,
        )
        .finally(() => Object.assign(console, { error }));
      expect(reason).to.match(/^Nothing was sent to live: .* with --yes\.$/);
      expect(await away.chain.head()).to.equal(head);
      const [, gas] = /takes about ([\d,]+) gas/.exec(said.join("\n"))!;
      expect(said.join("\n")).to.match(/chain 11155111 \(Sepolia\)[^]*The founder 0x\w+ has \S+ ether\./);
      // Nodes act on final blocks, after 20 minutes here, so that more than the hour is given.
      expect(said.join("\n")).to.match(/of which a new committee has 1h 22m to confirm its key/);
      expect(await refusal(live.hre, "nexus:found", { epochLength: "4h", yes: true })).to.match(
        /--epoch-length of 4h is too short: .* needs 41m .*Take 4h 6m or more/,
      );

      // Blocks come by themselves on a live chain.
      await provider.request({ method: "evm_setIntervalMining", params: [100] });
      const before = await away.chain.head();
      const { cloudId } = await away.founded({ size: "4", noWait: true, yes: true });
      for (let i = 1; i <= 4; i++)
        await away.stand(i, cloudId, new EvmContract(staked, loadArtifact("DevelopmentToken").abi));
      expect(await away.founded({ cloud: cloudId, noWait: true, yes: true })).to.include({
        phase: "selected",
      });
      let used = 0n;
      for (let number = before + 1n; number <= (await away.chain.head()); number++) {
        const block = (await away.chain.rpc("eth_getBlockByNumber", toQuantity(number), true)) as {
          transactions: { from: string; hash: string }[];
        };
        for (const { from, hash } of block.transactions) {
          if (from.toLowerCase() !== founder.address.toLowerCase()) continue;
          used += BigInt((await away.chain.receipt(hash))!.gasUsed);
        }
      }
      const estimated = Number(gas!.replaceAll(",", ""));
      expect(Number(used) / estimated, `${used} gas of ${estimated}`).to.be.within(0.7, 1);
    } finally {
      await live.close();
    }
  });
});
