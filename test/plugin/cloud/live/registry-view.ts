import { expect } from "chai";

import { EvmChain, type Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { ReorganisedError } from "../../../../plugin/cloud/chains/block-range.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { EmbeddedCommittee, type Member } from "../../../../plugin/cloud/embedded/embedded-committee.ts";
import { RegistryView } from "../../../../plugin/cloud/live/registry-view.ts";
import { Phase } from "../../../../plugin/cloud/node/registry.ts";
import { homeChain } from "./home-chain.ts";

const FINALITY = 3;
const PRICES = { perRequest: 0n, perFuel: 0n, perByte: 0n };

/** A cloud of three whose committee takes its steps when told. */
async function cloud() {
  const home = await homeChain(FINALITY);
  const [staking, token, registry] = ["NexusStaking", "DevelopmentToken", "CommitteeRegistry"].map((name) =>
    home.contract(name),
  );
  const contracts = { staking: staking!, token: token!, registry: registry! };
  const committee = await EmbeddedCommittee.found(home.account, contracts, {
    size: 3,
    suite: bn254,
    prices: PRICES,
  });
  const view = (chain: EvmChain = home.chain) =>
    RegistryView.open({ chain, finality: FINALITY, registry: registry!, cloudId: committee.cloudId });
  const call = (method: string) => home.account.call(registry!, method, [committee.cloudId]);
  return { ...home, registry: registry!, committee, view, call };
}

const identityKeys = (members: readonly Member[], operators: readonly string[]) =>
  operators.map((operator) => {
    const member = members.find((one) => one.operator.address.toLowerCase() === operator.toLowerCase())!;
    return new IdentitySecret(member.identitySecret).publicKey;
  });

describe("RegistryView", function () {
  this.timeout(60_000);

  it("shows an epoch, its members and what is under way once the block is final, and not before", async () => {
    const { view: open, committee, mine, call, chain } = await cloud();
    await mine(FINALITY);
    const view = await open();
    expect(view.current).to.equal(0n);
    expect(view.pending.phase).to.equal(Phase.None);
    expect(view.parameters).to.include({ size: 3, threshold: 3, scheme: 0 });

    await call("openEpoch");
    await mine(4);
    await call("selectCommittee");
    await view.refresh();
    expect(view.selection).to.equal(undefined);
    await mine(FINALITY);
    expect(await view.refresh()).to.equal(true);
    expect(await view.refresh()).to.equal(false);
    const { selection } = view;
    expect(selection).to.include({ epoch: 1n, phase: Phase.Selected });
    expect(selection!.identityKeys.map(({ publicKey }) => publicKey)).to.deep.equal(
      identityKeys(committee.members, selection!.members),
    );

    const active = await committee.openEpoch(() => Promise.resolve());
    await view.refresh();
    expect(view.committees.size).to.equal(0);
    expect(view.members(1n)).to.equal(undefined);
    await mine(FINALITY);
    await view.refresh();
    expect(view.current).to.equal(1n);
    expect(view.selection).to.equal(undefined);
    expect(view.committees.get(1n)).to.deep.equal(committee.committees.get(1n));
    expect(view.members(1n)!.threshold).to.equal(3);
    expect(view.members(1n)!.identities.map(({ publicKey }) => publicKey)).to.deep.equal(
      identityKeys(committee.members, active.operators),
    );
    expect(view.time).to.equal(await chain.timestamp(view.block));
    for (const [i, { publicKey }] of view.members(1n)!.identities.entries())
      expect(view.operatorOf(publicKey)).to.equal(active.operators[i]);
    expect(view.operatorOf(new IdentitySecret(new Uint8Array(32).fill(7)).publicKey)).to.equal(undefined);
  });

  it("passes over epochs that were given up, sees ends that move, and says the same when it is opened later", async () => {
    const { view: open, committee, mine, reach, call, chain } = await cloud();
    await call("openEpoch");
    await mine(4);
    await call("selectCommittee");
    await reach((await chain.latestTimestamp()) + 3_600n);
    await call("abandonEpoch");
    await committee.openEpoch(() => Promise.resolve());
    await mine(FINALITY);
    const view = await open();
    expect([...view.epochs.keys()]).to.deep.equal([2n]);
    const { validUntil } = view.epochs.get(2n)!.committee;

    await reach(validUntil - 3_600n);
    await committee.openEpoch(() => Promise.resolve());
    await mine(FINALITY);
    await view.refresh();
    const late = await open();
    for (const one of [view, late]) {
      expect(one.current).to.equal(3n);
      expect([...one.epochs.keys()]).to.deep.equal([2n, 3n]);
      expect([...one.committees.keys()]).to.deep.equal([2n, 3n]);
      // A retired committee's signatures are accepted for an hour, which was longer than its own end away.
      expect(one.epochs.get(2n)!.committee.validUntil).to.equal(validUntil);
    }
    expect(late.epochs).to.deep.equal(view.epochs);
  });

  it("goes on with what it knows while its endpoint is away, says so once, and reads on when it is back", async () => {
    const { view: open, committee, mine, chain } = await cloud();
    let away = false;
    const provider: Eip1193 = {
      request: (args) => (away ? Promise.reject(new Error("503 Service Unavailable")) : chain.request(args)),
    };
    await mine(FINALITY);
    const view = await open(new EvmChain(provider, chain.chainId, FINALITY));
    const known = view.block;
    const stopped = new AbortController();
    const complaints: string[] = [];
    away = true;
    let [looks, seen] = [0, -1n];
    const { refresh } = view;
    view.refresh = async () => {
      looks++;
      return refresh.call(view);
    };
    const watched = view.watch(
      5,
      stopped.signal,
      () => void (seen = view.current),
      (what, error) => complaints.push(`${what}: ${(error as Error).message}`),
    );
    await committee.openEpoch(() => Promise.resolve());
    await mine(FINALITY);
    while (looks < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(complaints).to.deep.equal([
      `The registry cannot be read, and is taken as of block ${known}: 503 Service Unavailable`,
    ]);
    expect(view.trouble!.message).to.equal("503 Service Unavailable");
    expect(view.current).to.equal(0n);
    away = false;
    while (seen !== 1n) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(view.trouble).to.equal(undefined);
    expect(complaints).to.have.length(1);
    stopped.abort();
    await watched;
  });

  it("takes nothing from another branch of the chain, and says that it was reorganised below its finality", async () => {
    const { view: open, committee, mine, chain } = await cloud();
    const snapshot = await chain.rpc("evm_snapshot");
    await mine(FINALITY + 1);
    const view = await open();
    const known = view.block;
    expect(await chain.rpc("evm_revert", snapshot)).to.equal(true);
    await committee.openEpoch(() => Promise.resolve());
    await mine(FINALITY);
    const error = await view.refresh().catch((failure: unknown) => failure);
    expect(error).to.be.instanceOf(ReorganisedError);
    expect(view.trouble!.message).to.match(
      /^Block \d+ is another one than it was when it was final .* below its finality/,
    );
    expect(view).to.include({ current: 0n, block: known });
    // Who begins on this branch has seen no other.
    expect((await open()).current).to.equal(1n);
  });

  it("sees nothing of a reorganisation above finality", async () => {
    const { view: open, committee, mine, chain } = await cloud();
    await mine(FINALITY);
    const snapshot = await chain.rpc("evm_snapshot");
    await mine(FINALITY);
    const view = await open();
    await chain.rpc("evm_revert", snapshot);
    await committee.openEpoch(() => Promise.resolve());
    await mine(FINALITY);
    expect(await view.refresh()).to.equal(true);
    expect(view.current).to.equal(1n);
  });

  it("believes no single endpoint where two answer", async () => {
    const { view: open, committee, mine, chain } = await cloud();
    await committee.openEpoch(() => Promise.resolve());
    await mine(FINALITY);
    let forged = "";
    const liar: Eip1193 = {
      request: async (args) => {
        const answer = await chain.request(args);
        if (args.method !== "eth_call" || typeof answer !== "string") return answer;
        forged = answer.replaceAll("1", "2");
        return forged;
      },
    };
    const several = (...endpoints: Eip1193[]): EvmChain =>
      new EvmChain({ request: (args) => endpoints[0]!.request(args), endpoints }, chain.chainId, FINALITY);
    const refusal = async (chains: EvmChain): Promise<string | undefined> =>
      open(chains).then(
        () => undefined,
        (error: Error) => error.message,
      );
    const differing = await refusal(several(liar, chain));
    expect(forged).to.not.equal("");
    expect(differing).to.equal("Asked for eth_call, no 2 of 2 endpoints say the same.");
    const view = await open(several(liar, chain, chain));
    expect(view.committees.get(1n)).to.deep.equal(committee.committees.get(1n));
    const gone: Eip1193 = { request: () => Promise.reject(new Error("fetch failed")) };
    expect((await open(several(gone, chain, chain))).current).to.equal(1n);
    // Left as the only one that answers, a liar would decide.
    expect(await refusal(several(gone, liar))).to.match(/1 of 2 endpoints answered, and 2 must/);
  });
});
