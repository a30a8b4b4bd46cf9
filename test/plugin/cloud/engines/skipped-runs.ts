import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { keccak256, toUtf8String } from "ethers";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { LocalEngine } from "../../../../plugin/cloud/engines/local-engine.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import { NoQuorumError } from "../../../../plugin/cloud/replication/engine.ts";
import {
  eventId,
  type OperatorEvent,
  type OrderedEvent,
  type SkipEvent,
} from "../../../../plugin/cloud/replication/event.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { breakMachine, NO_MEMORY } from "../node/broken-machine.ts";
import { hasCometBft } from "../cometbft/available.ts";
import { epochOf, nodeOf, THRESHOLD } from "../node/members.ts";
import { requestEvent } from "../replication/events.ts";
import { cometCloud, command, until, type CometMember } from "./cometbft-cloud.ts";

const fibonacci = keccak256(prebuilt("fibonacci"));
const [first, second] = [requestEvent(0, fibonacci, "30"), requestEvent(1, fibonacci, "30")];
const skip: SkipEvent = { kind: "skip", eventId: eventId(first), programId: fibonacci };

/** Four nodes and whatever orders their blocks. */
interface OrderedCloud {
  readonly nodes: readonly CloudNode[];
  /** Gives a node what its operator wants. */
  propose(node: CloudNode, event: OperatorEvent): Promise<void>;
  /** Lets all nodes see an event. */
  see(event: OrderedEvent): Promise<void>;
  /** Lets the engine work until it is so. */
  works(met: () => boolean): Promise<void>;
  /** Lets the engine try until three nodes that cannot run the next block have refused it so many times. @returns what they said */
  fails(times: number): Promise<string>;
  close(): Promise<void>;
}

async function localCloud(): Promise<OrderedCloud> {
  const seen: OrderedEvent[] = [];
  const epoch = epochOf(1n);
  const nodes = await Promise.all(epoch.members.map(async (_, i) => nodeOf(epoch, i, { seen })));
  const engine = new LocalEngine(nodes, THRESHOLD, (misbehaviour) => expect.fail(misbehaviour.kind));
  return {
    nodes,
    propose: async (node, event) => node.propose(event),
    see: async (event) => void seen.push(event),
    works: async (met) => {
      while ((await engine.step()) !== undefined);
      expect(met()).to.equal(true);
    },
    fails: async () => {
      for (;;) {
        try {
          expect(await engine.step(), "it had nothing to refuse").not.to.equal(undefined);
        } catch (error) {
          if (error instanceof NoQuorumError) return error.message;
          throw error;
        }
      }
    },
    close: async () => engine.idle(),
  };
}

async function overCometBft(): Promise<OrderedCloud> {
  const folder = await mkdtemp(join(tmpdir(), "nexus-comet-skip-"));
  const members = await cometCloud(folder, "a run that is skipped over CometBFT");
  await Promise.all(members.map((member) => member.start(members)));
  const refusals = ({ lines }: CometMember) => lines.filter((line) => line.includes("refused"));
  return {
    nodes: members.map(({ node }) => node!),
    propose: async (node, event) => members.find((member) => member.node === node)!.propose(event),
    see: async (event) => void (await Promise.all(members.map((member) => member.see(event)))),
    works: until,
    fails: async (times) => {
      const enough = members.map((member) => refusals(member).length + times);
      await until(() => members.filter((member, i) => refusals(member).length >= enough[i]!).length >= 3);
      return members.flatMap(refusals).join("\n");
    },
    close: async () => {
      await Promise.all(members.map((member) => member.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const engines = [
  ["the local engine", localCloud],
  ['CometBFT (seed "a run that is skipped over CometBFT")', overCometBft],
] as const;

for (const [name, open] of engines) {
  describe(`runs that machines cannot do, over ${name}`, function () {
    this.timeout(120_000);
    let cloud: OrderedCloud;

    before(async function () {
      if (open !== overCometBft) return undefined;
      if (!(await hasCometBft(command))) return this.skip();
      return undefined;
    });
    beforeEach(async () => {
      cloud = await open();
      for (const node of cloud.nodes)
        await cloud.propose(node, { kind: "program", module: prebuilt("fibonacci") });
      await cloud.works(() => cloud.nodes.every(({ application }) => application.programs.has(fibonacci)));
    });
    afterEach(async () => cloud.close());

    /** Answers that a node's blocks give, by the request's nonce. */
    const answers = (node: CloudNode): Map<bigint, { outcome: Outcome; output: string }> =>
      new Map(
        Array.from({ length: node.height }, (_, i) => node.application.blocks.record(i + 1)).flatMap(
          ({ chains }) =>
            chains.flatMap((chain) =>
              chain.answers.map(({ request, outcome, output }) => [
                request.nonce,
                { outcome, output: toUtf8String(output).trim() },
              ]),
            ),
        ),
      );
    const everywhere = (nonce: bigint) => () => cloud.nodes.every((node) => answers(node).has(nonce));

    it("stand still, before anybody signs, until as many operators as sign skip them", async () => {
      const { nodes } = cloud;
      const [a, b, c, able] = nodes as [CloudNode, CloudNode, CloudNode, CloudNode];
      const repairs = [a, b, c].map((node) => breakMachine(node, fibonacci));
      await cloud.see(first);
      const said = await cloud.fails(1);
      expect(said).to.include(`cannot run program ${fibonacci} on event ${eventId(first)}`);
      expect(said).to.include(NO_MEMORY);
      const { height } = a;
      for (const node of [a, b, c]) {
        expect(node.running).to.equal(true);
        expect(node.stuck.map(({ requestId }) => requestId)).to.deep.equal([first.requestId]);
      }
      expect(able.stuck).to.deep.equal([]);

      for (const node of [a, able]) await cloud.propose(node, skip);
      // Whoever's operator wants the skip has had its turn by then.
      await cloud.fails(3);
      expect(
        nodes.map((node) => node.height),
        "two of four skip nothing",
      ).to.deep.equal(nodes.map(() => height));

      await cloud.propose(b, skip);
      await cloud.works(everywhere(0n));
      for (const node of nodes) {
        expect(answers(node).get(0n)).to.deep.equal({ outcome: Outcome.Skipped, output: "" });
        expect(node.stuck).to.deep.equal([]);
        expect(() => node.propose(skip), "it waits no more").to.throw(RangeError, "waits at this node");
      }
      for (const repair of repairs) repair();
      await cloud.see(second);
      await cloud.works(everywhere(1n));
      for (const node of nodes) {
        expect(answers(node).get(1n)).to.deep.equal({ outcome: Outcome.Success, output: "832040" });
        expect(node.running).to.equal(true);
      }
    });
  });
}
