import { readdir } from "node:fs/promises";

import { expect } from "chai";
import hre from "hardhat";

import { Phase, RegistryReader, type CommitteeStruct } from "../../../../plugin/cloud/node/registry.ts";
import { NodeFolder } from "../../../../plugin/node/node-folder.ts";
import { askRunning } from "../../../../plugin/node/running-state.ts";
import { untilInOffice } from "../../../../tasks/found/founding.ts";
import { addMirror, type Operator } from "../../../../tasks/rehearse/operators.ts";
import { deployMirror, type RehearsedChain } from "../../../../tasks/rehearse/rehearsed-chain.ts";
import { RehearsedCloud } from "../../../../tasks/rehearse/rehearsed-cloud.ts";
import { hasCometBft } from "../cometbft/available.ts";
import { SteadyRequests } from "./steady-requests.ts";
import { until } from "./until.ts";

/** Ids of the chains: Sepolia and Base. */
const [HOME, MIRROR] = [11155111, 8453];
/** Seconds: the chains' clocks begin so far behind, an epoch's length, and a committee's time for its key. */
const [BEHIND, EPOCH, WINDOW] = [14_400, 1_080, 180];
/** Milliseconds from a request to the next, and that nobody waits longer than for one thing that nodes have to do. */
const [INTERVAL, PATIENCE] = [1_000, 300_000];

// Parts of one story: each begins where the one before ended.
// Asked for by NEXUS_CHAOS=1 alone, since it takes some ten minutes, and was not seen to its end yet.
const rehearsed = process.env["NEXUS_CHAOS"] === "1" ? describe : (): void => undefined;

rehearsed("Epochs of a live cloud, with processes", function () {
  this.timeout(900_000);
  this.bail(true);

  let cloud: RehearsedCloud;
  let home: RehearsedChain;
  let mirror: RehearsedChain;
  let registry: RegistryReader;
  let requests: SteadyRequests;

  before(async function () {
    if (!(await hasCometBft("cometbft"))) this.skip();
    cloud = await RehearsedCloud.open(hre, "cometbft");
    home = await cloud.startChain(HOME, BEHIND);
    const told = { step: () => undefined, note: () => undefined };
    const asked = { size: "4", epochLength: `${EPOCH}s`, confirmationWindow: `${WINDOW}s` };
    const { site, cloudId } = await cloud.create(home, asked, told);
    registry = new RegistryReader(home.chain, site.contracts.registry, cloudId);
    await cloud.makeOperators(8);
    for (const operator of members(1, 2, 3, 4)) await cloud.stand(operator);
    await cloud.start(members(1, 2, 3, 4));
    await untilInOffice({ ...site, stopped: AbortSignal.timeout(PATIENCE) }, cloudId, told, true);
    mirror = await cloud.startChain(MIRROR, BEHIND);
    await deployMirror(mirror, home, cloudId);
    await cloud.stop();
    await addMirror(cloud.operators, mirror);
    await cloud.start(members(1, 2, 3, 4));
    requests = await SteadyRequests.start([home, mirror], cloudId, await cloud.counter(), INTERVAL);
    await requests.served(PATIENCE);
  });

  after(async () => {
    await cloud?.close(process.env["NEXUS_KEEP"] === "1");
  });

  /** Operators by number, from 1. */
  const members = (...numbers: readonly number[]): Operator[] => numbers.map((i) => cloud.operators[i - 1]!);

  /** Moves the time of both chains on. */
  async function forward(seconds: bigint): Promise<void> {
    for (const { chain } of [home, mirror]) await chain.rpc("evm_increaseTime", `0x${seconds.toString(16)}`);
  }

  /** Moves the time on to when the next epoch may be opened. */
  async function forwardToOpening(): Promise<void> {
    const committee = (await registry.committee(await registry.currentEpoch())) as CommitteeStruct;
    const opening = committee.validUntil - 3n * BigInt(WINDOW);
    const now = await home.chain.latestTimestamp();
    if (opening > now) await forward(opening - now);
  }

  const stateOf = async ({ statusPort, name }: Operator) => askRunning(`127.0.0.1:${statusPort}`, name);

  /** Waits until both chains have an epoch. */
  async function inOffice(epoch: bigint): Promise<void> {
    await until(
      `epoch ${epoch} is active at home`,
      PATIENCE,
      async () => (await registry.currentEpoch()) >= epoch,
    );
    const contract = mirror.contract("CommitteeMirror");
    await until(
      `epoch ${epoch} is active at the mirror`,
      PATIENCE,
      async () =>
        ((await mirror.chain.read(contract, "currentEpoch", cloud.founded.cloudId))[0] as bigint) >= epoch,
    );
  }

  /** Waits until operators' nodes hold their shares of the active epoch, and are up to date. */
  async function atWork(operators: readonly Operator[]): Promise<void> {
    for (const operator of operators) {
      await until(`${operator.name} is at work`, PATIENCE, async () => {
        const state = await stateOf(operator);
        return state?.isMember === true && state.hasShare && state.consensus;
      });
    }
  }

  it("hands over to a committee that shares no member with it, and loses no request", async () => {
    const [old, fresh] = [members(1, 2, 3, 4), members(5, 6, 7, 8)];
    await cloud.start(fresh);
    for (const operator of fresh) await cloud.stand(operator);
    for (const operator of old) await cloud.command("leave", operator);
    await requests.served(PATIENCE);

    const since = performance.now();
    await forwardToOpening();
    await inOffice(2n);
    const rotated = performance.now();
    await atWork(fresh);
    expect((await registry.operators(2n)).map((one) => one.toLowerCase()).sort()).to.deep.equal(
      fresh.map(({ account }) => account.toLowerCase()).sort(),
    );
    await requests.served(PATIENCE);
    report("to a disjoint committee", since, rotated);

    // Nobody needs those who were replaced.
    await cloud.stop(old);
    await requests.served(PATIENCE);
  });

  it("keeps its committee when the next one makes no key, and has another drawn", async () => {
    for (const operator of members(1, 2)) await cloud.command("register", operator);
    for (const operator of members(7, 8)) await cloud.command("leave", operator);
    await forwardToOpening();
    // Two of its four are not there.
    await until(
      "a committee is selected",
      PATIENCE,
      async () => (await registry.pending()).phase === Phase.Selected,
    );
    const { epoch } = await registry.pending();
    await requests.served(PATIENCE);
    await forward(BigInt(WINDOW));
    await until("another committee is selected", PATIENCE, async () => {
      const pending = await registry.pending();
      return pending.epoch > epoch && pending.phase === Phase.Selected;
    });
    expect(await registry.currentEpoch()).to.equal(2n);
    await requests.served(PATIENCE);
  });

  it("hands over to one that shares members with it, while one of both is away", async () => {
    const [away] = members(6);
    const since = performance.now();
    await cloud.stop([away!]);
    await cloud.start(members(1, 2));
    await until("another committee is active", PATIENCE, async () => (await registry.currentEpoch()) > 2n);
    await inOffice(await registry.currentEpoch());
    const rotated = performance.now();
    await atWork(members(1, 2, 5));
    await requests.served(PATIENCE);
    report("to one of which a member is silent", since, rotated);
  });

  it("has a member that was away all the time take part again", async () => {
    await cloud.start(members(6));
    await atWork(members(6));
    // It is needed now.
    await cloud.stop(members(5, 7, 8));
    await requests.served(PATIENCE);
  });

  it("destroys a share when its epoch's time is over, and not before", async () => {
    const has = async (operator: Operator, epoch: number): Promise<boolean> =>
      (await readdir(new NodeFolder(operator.folder).keys)).some((name) =>
        name.startsWith(`epoch-key.${epoch}.`),
      );
    const [one, six] = members(1, 6);
    // Its deadline, an epoch and three windows.
    const end = (await registry.committee(1n))!.validFrom + BigInt(EPOCH + 4 * WINDOW);
    const now = await home.chain.latestTimestamp();
    if (now <= end) await forward(end - now + 1n);
    await until("the old share is destroyed", PATIENCE, async () => !(await has(one!, 1)));
    expect(await has(six!, 2)).to.equal(true);
    await requests.served(PATIENCE);
  });

  it("has answered every request once", async () => {
    await requests.end(PATIENCE);
    const { all, skipped } = requests;
    const answers = all.flatMap((asked) => asked.answers);
    expect(all.map((asked) => asked.answers.length)).to.deep.equal(all.map(() => 1));
    const counts = answers.map(({ count }) => count).sort((a, b) => Number(a - b));
    expect(counts).to.deep.equal(all.map((_, i) => BigInt(i + 1)));
    expect(skipped).to.equal(0);
    console.log(`      ${all.length} requests, the longest took ${seconds(requests.longest())} s`);
  });

  function report(what: string, since: number, rotated: number): void {
    const longest = requests.longest(since);
    console.log(
      `      ${what}: ${seconds(rotated - since)} s, and the longest request meanwhile took ${seconds(longest)} s`,
    );
  }
});

const seconds = (milliseconds: number): string => (milliseconds / 1_000).toFixed(1);
