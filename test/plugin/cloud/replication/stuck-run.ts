import { expect } from "chai";
import { getBytes, hexlify, keccak256, toBeHex } from "ethers";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { Application, type Outlook } from "../../../../plugin/cloud/replication/application.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import {
  eventId,
  type LogEvent,
  type OperatorEvent,
  type OrderedEvent,
  type SkipEvent,
} from "../../../../plugin/cloud/replication/event.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { breakMachine, NO_MEMORY } from "../node/broken-machine.ts";
import { program } from "../runtime/programs.ts";
import { CHAIN, CLOUD, GATEWAY, requestEvent, seeing } from "./events.ts";

const counter = prebuilt("counter");
const COUNTER = keccak256(counter);
const quiet = program("(func $start)");
const QUIET = keccak256(quiet);
const add = (nonce: number) => requestEvent(nonce, COUNTER, getBytes(toBeHex(1, 32)));
const skipOf = (event: OrderedEvent, programId = COUNTER): SkipEvent => ({
  kind: "skip",
  eventId: eventId(event),
  programId,
});
const log: LogEvent = {
  kind: "log",
  chainId: CHAIN,
  place: { block: 100n, logIndex: 0 },
  timestamp: 1_700_000_000n,
  programIds: [COUNTER, QUIET].sort(),
  emitter: GATEWAY,
  topics: [],
  data: new Uint8Array(),
};

async function sign(app: Application, { chains, height }: BlockRecord): Promise<void> {
  const signatures = chains.map((_, i) => new Uint8Array(64).fill(height + i));
  await app.blocks.certify(height, { epoch: app.epoch, headers: chains, signatures });
}

async function decide(app: Application, block: Block): Promise<BlockRecord> {
  const record = await app.finalizeBlock(block);
  await sign(app, record);
  return record;
}

async function proposal(app: Application, outlook: Outlook, ...proposed: OperatorEvent[]): Promise<Block> {
  return (await app.prepareProposal(outlook, proposed))!;
}

/** An application that knows both programs and has ordered these events, which run in the next block. */
async function waitingFor(...events: OrderedEvent[]): Promise<Application> {
  const store = new MemoryStore();
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  const parameters = { cloudId: CLOUD, genesis, limits: { fuel: 10_000_000n } };
  const app = new Application(parameters, await State.open(store), store);
  const modules = [counter, quiet].map((module) => ({ kind: "program", module }) as const);
  await decide(app, await proposal(app, seeing(events), ...modules));
  return app;
}

const answered = ({ chains }: BlockRecord) =>
  chains.flatMap(({ answers }) => answers.map(({ outcome, output }) => [outcome, hexlify(output)]));
const counted = (count: number) => [Outcome.Success, toBeHex(count, 32)];
const skipped = [Outcome.Skipped, "0x"];

describe("plugin/cloud/replication/stuck-run", () => {
  it("refuses a block that its machine cannot run, names what it is, and keeps nothing of it", async () => {
    const app = await waitingFor(add(0), add(1));
    const { head } = app.state;
    const block = await proposal(app, seeing([]));
    const repair = breakMachine(app, COUNTER);
    const refused = await app.processProposal(block, seeing([]));
    expect(refused).to.include(`cannot run program ${COUNTER} on event ${eventId(add(0))}`);
    expect(refused).to.match(/nor 1 more runs/);
    expect(refused).to.match(new RegExp(`${NO_MEMORY}.*propose a skip`));
    expect(
      app.stuck.map(({ requestId, eventId: event }) => [requestId, event]),
      "all are named",
    ).to.deep.equal([add(0), add(1)].map((event) => [event.requestId, eventId(event)]));
    expect(app.state.head).to.deep.equal(head);
    await app.finalizeBlock(block).then(
      () => expect.fail("it ran"),
      (error: Error) => expect(error.name).to.equal("StuckError"),
    );
    expect(app.state.head).to.deep.equal(head);

    repair();
    expect(await app.processProposal(block, seeing([])), "it was over by then").to.equal(undefined);
    expect(app.stuck).to.deep.equal([]);
    expect(answered(await decide(app, block))).to.deep.equal([counted(1), counted(2)]);
  });

  it("leaves a skipped run out and answers that, at machines that can run it as at those that cannot", async () => {
    const [able, unable] = [await waitingFor(add(0), add(1)), await waitingFor(add(0), add(1))];
    const repair = breakMachine(unable, COUNTER);
    const one = await proposal(unable, seeing([]), skipOf(add(1)));
    expect(await unable.processProposal(one, seeing([])), "the other is still there").to.include(
      eventId(add(0)),
    );
    const both = await proposal(unable, seeing([]), skipOf(add(1)), skipOf(add(0)));
    expect(both.events).to.have.length(2);
    const records = [];
    for (const app of [able, unable]) {
      expect(await app.processProposal(both, seeing([]))).to.equal(undefined);
      records.push(await decide(app, both));
      expect(app.stuck).to.deep.equal([]);
    }
    expect(records[1]).to.deep.equal(records[0]);
    expect(answered(records[0]!)).to.deep.equal([skipped, skipped]);
    expect(records[0]!.runs.map(({ reason }) => reason).join()).to.match(
      /could not do this run.*left it out/,
    );
    expect([...able.state.entries(getBytes(COUNTER))], "no run counted").to.deep.equal([]);
    expect(await able.prepareProposal(seeing([add(0), add(1)]), [skipOf(add(0))])).to.equal(undefined);

    repair();
    const later = await proposal(unable, seeing([add(2)]));
    await decide(unable, later);
    expect(answered(await decide(unable, await proposal(unable, seeing([]))))).to.deep.equal([counted(1)]);
  });

  it("leaves out one program of those that a log is given to", async () => {
    const app = await waitingFor(log);
    breakMachine(app, QUIET);
    const block = await proposal(app, seeing([]), skipOf(log, QUIET));
    expect(await app.processProposal(block, seeing([]))).to.equal(undefined);
    const { runs, chains } = await decide(app, block);
    expect(chains[0]!.answers, "nobody asked").to.deep.equal([]);
    const outcomes = new Map(runs.map(({ programId, outcome }) => [programId, outcome]));
    expect(outcomes.get(QUIET)).to.equal(Outcome.Skipped);
    expect(outcomes.get(COUNTER)).not.to.equal(Outcome.Skipped);
  });

  it("refuses a skip that its operator has not approved, of what does not wait, and twice", async () => {
    const app = await waitingFor(add(0));
    const previousSignature = app.blocks.certificate(app.height)!.signatures[0]!;
    const refusal = async (events: SkipEvent[], approves = true) => {
      const block = { height: app.height + 1, previousSignature, events };
      return app.processProposal(block, { ...seeing([]), approves: () => approves });
    };
    expect(await refusal([skipOf(add(0))], false)).to.match(/operator has not approved to skip/);
    expect(await refusal([skipOf(add(0)), skipOf(add(0))])).to.match(/skipped twice/);
    for (const other of [skipOf(add(1)), skipOf(add(0), QUIET)]) {
      expect(await refusal([other])).to.match(/no run of program 0x\w+ on event 0x\w+ waits/);
      expect((await proposal(app, seeing([]), other)).events, "nor is it proposed").to.deep.equal([]);
    }
    expect(await refusal([skipOf(add(0))])).to.equal(undefined);
  });

  it("runs a proposal once, shows nothing of it before it is decided, and forgets one that is not", async () => {
    const app = await waitingFor(add(0));
    let ran = 0;
    const { programs } = app;
    const get = programs.get.bind(programs);
    programs.get = (programId) => {
      ran++;
      return get(programId);
    };
    const late = program("(func $start) (func $f)");
    const block = await proposal(app, seeing([]));
    const other = await proposal(app, seeing([]), { kind: "program", module: late });
    expect(await app.processProposal(block, seeing([]))).to.equal(undefined);
    expect(await app.processProposal(other, seeing([]))).to.equal(undefined);
    expect(ran).to.equal(2);
    expect(programs.has(keccak256(late))).to.equal(false);
    expect((await proposal(app, seeing([]), { kind: "program", module: late })).events).to.have.length(1);
    expect(answered(await decide(app, other))).to.deep.equal([counted(1)]);
    expect(ran, "the last proposal's result was kept").to.equal(2);
    expect(programs.has(keccak256(late))).to.equal(true);
  });

  it("goes back past a proposal that was tried", async () => {
    const app = await waitingFor(add(0));
    expect(await app.processProposal(await proposal(app, seeing([])), seeing([]))).to.equal(undefined);
    await app.revert(0);
    expect(app.height).to.equal(0);
    await app.state.verify();
  });
});
