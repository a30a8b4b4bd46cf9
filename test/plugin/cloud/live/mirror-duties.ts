import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { EvmChain, EvmContract, type Eip1193, type RpcLog } from "../../../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { EmbeddedCommittee } from "../../../../plugin/cloud/embedded/embedded-committee.ts";
import { AccountSender } from "../../../../plugin/cloud/chains/account-sender.ts";
import { MirrorDuties } from "../../../../plugin/cloud/live/mirror-duties.ts";
import { RegistryView } from "../../../../plugin/cloud/live/registry-view.ts";
import { homeChain } from "./home-chain.ts";

const PRICES = { perRequest: 0n, perFuel: 0n, perByte: 0n };
const TURN = 10_000;

/** A cloud of three, and a mirror that begins with its first committee. It is on the same chain, which it does not know. */
async function mirrored() {
  const home = await homeChain(0);
  const { chain, account, contract, reach } = home;
  const registry = contract("CommitteeRegistry");
  const contracts = { staking: contract("NexusStaking"), token: contract("DevelopmentToken"), registry };
  const committee = await EmbeddedCommittee.found(account, contracts, {
    size: 3,
    suite: bn254,
    prices: PRICES,
  });
  const { cloudId } = committee;
  const epoch = () => committee.openEpoch(() => Promise.resolve());
  const first = await epoch();
  const { abi, bytecode } = loadArtifact("CommitteeMirror");
  const [verifier] = await chain.read(registry, "cloudVerifier", cloudId);
  const args = [cloudId, verifier, PRICES, first.committee, first.operators, ZeroAddress, 0n];
  const address = await account.deploy(new EvmContract(ZeroAddress, abi).abi, bytecode, args);
  const mirror = new EvmContract(address, abi);
  /** Hands over to the next epoch, at the end of the current one or after it. */
  const next = async (late = false): Promise<void> => {
    const { validUntil } = committee.active!.committee;
    await reach(late ? validUntil + 1n : validUntil - 3_600n);
    await epoch();
  };
  const sent: string[] = [];
  const complaints: string[] = [];
  let now = 0;
  const duties = async (member: number, provider: Eip1193 = chain): Promise<MirrorDuties> => {
    const { operator } = committee.members[member]!;
    const complain = (what: string, error: unknown): void =>
      void complaints.push(`${what}: ${(error as Error).message}`);
    const homeSide = new EvmChain(provider, chain.chainId, 0);
    return new MirrorDuties({
      view: await RegistryView.open({ chain: homeSide, finality: 0, registry, cloudId }),
      deployedAt: 1n,
      blocksPerCall: 16n,
      mirror,
      account: {
        sender: new AccountSender(chain, operator.address),
        operator: operator.address,
        turn: TURN,
        clock: () => now,
        progress: (what) => sent.push(what.split(",")[0]!),
        complain,
      },
    });
  };
  const at = async (): Promise<bigint> => (await chain.read(mirror, "currentEpoch", cloudId))[0] as bigint;
  const wait = (): void => void (now += TURN);
  const pass = (milliseconds: number): void => void (now += milliseconds);
  return { chain, next, duties, at, sent, complaints, wait, pass };
}

describe("plugin/cloud/live/mirror-duties", function () {
  this.timeout(120_000);

  it("takes a mirror through one hand-over after the other, each once, whoever's turn it is", async () => {
    const { chain, next, duties, at, sent, complaints, wait } = await mirrored();
    let asked = 0;
    const limited: Eip1193 = {
      request: async (args) => {
        if (args.method === "eth_getLogs") {
          asked++;
          const { fromBlock, toBlock } = args.params![0] as { fromBlock: string; toBlock: string };
          if (BigInt(toBlock) - BigInt(fromBlock) >= 8n)
            throw new Error("query returned more than 10000 results");
        }
        return chain.request(args);
      },
    };
    for (const epoch of [2n, 3n]) {
      await next();
      const nodes = [await duties(0, limited), await duties(1), await duties(2)];
      for (let rounds = 0; rounds < 4; rounds++, wait()) {
        const taken: boolean[] = [];
        for (const node of nodes) taken.push(await node.step());
        expect(taken.filter(Boolean)).to.have.length(rounds === 0 ? 1 : 0);
      }
      expect(await at()).to.equal(epoch);
    }
    const words = (epoch: number): string => `follow from epoch ${epoch} on chain 11155111: follow sent`;
    expect(sent).to.deep.equal([words(1), words(2)]);
    expect(asked).to.be.greaterThan(2);
    expect(complaints).to.deep.equal([]);
  });

  it("tells the operator why a mirror that lapsed refuses", async () => {
    const { next, duties, at, complaints } = await mirrored();
    await next();
    await next();
    const nodes = [await duties(0), await duties(1), await duties(2)];
    for (let rounds = 0; rounds < 2; rounds++)
      for (const node of nodes) expect(await node.step()).to.equal(false);
    expect(await at()).to.equal(1n);
    expect(complaints).to.have.length(3);
    expect(complaints[0]).to.match(
      /^follow from epoch 1 on chain 11155111 was not done: CommitteesEpochNotValid/,
    );
  });

  it("leaves a step to the others for a turn each, and then takes it", async () => {
    const { next, duties, at, sent, wait } = await mirrored();
    await next();
    const alone = await duties(1);
    for (let turns = 0; (await at()) < 2n; turns++, wait()) {
      expect(turns).to.be.lessThan(4);
      await alone.step();
    }
    expect(sent).to.have.length(1);
  });

  it("says once that nobody signed a hand-over", async () => {
    const { next, duties, at, complaints } = await mirrored();
    await next(true);
    const node = await duties(0);
    for (let i = 0; i < 3; i++) expect(await node.step()).to.equal(false);
    expect(await at()).to.equal(1n);
    expect(complaints).to.deep.equal([
      "The mirror on chain 11155111 cannot follow: The committee of epoch 1 signed no hand-over: only its guardian can move it on.",
    ]);
  });

  it("asks again for a hand-over that an endpoint did not show, and believes none that the committee did not sign", async () => {
    const { chain, next, duties, at, pass, complaints, wait } = await mirrored();
    await next();
    let show: (logs: RpcLog[]) => RpcLog[] = () => [];
    const lying: Eip1193 = {
      request: async (args) => {
        const answer = await chain.request(args);
        return args.method === "eth_getLogs" ? show(answer as RpcLog[]) : answer;
      },
    };
    const node = await duties(0, lying);
    const take = async (): Promise<void> => {
      for (let turns = 0; turns < 4; turns++, wait()) await node.step();
    };
    await take();
    // Of the event's data the last words are the signature.
    show = (logs) => logs.map((log) => ({ ...log, data: `${log.data.slice(0, -128)}${"1".repeat(128)}` }));
    pass(600_000);
    await take();
    expect(await at()).to.equal(1n);
    expect(complaints).to.have.length(1);
    show = (logs) => logs;
    pass(600_000);
    await take();
    expect(await at()).to.equal(2n);
  });
});
