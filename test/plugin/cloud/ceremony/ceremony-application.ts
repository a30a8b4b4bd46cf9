import * as abci from "cosmjs-types/tendermint/abci/types";
import { expect } from "chai";

import { CeremonyApplication } from "../../../../plugin/cloud/ceremony/ceremony-application.ts";
import { ReplicatedCeremony } from "../../../../plugin/cloud/ceremony/replicated-ceremony.ts";
import {
  genesisOf,
  memberRandom,
  sessionOf,
  type Selection,
} from "../../../../plugin/cloud/ceremony/selection.ts";
import { createDealing } from "../../../../plugin/cloud/dkg/deal.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import {
  encodeDeal,
  encodeResponse,
  longestMessage,
  open,
  seal,
  type MessageKind,
} from "../../../../plugin/cloud/dkg/message.ts";
import { seeded } from "../../../seeded.ts";
import { nodes } from "../dkg/ceremony.ts";
import { expectOneKey, seedOf, selectionOf } from "./committee.ts";

const { ACCEPT, REJECT } = abci.ResponseProcessProposal_ProposalStatus;
const committee = nodes(4, "ceremony");
const selection = selectionOf(committee);
const session = sessionOf(selection, 0);
const PHASE_BLOCKS = 5;

/** A member's copy of the ceremony, and the application before it. */
class Member {
  readonly ceremony: ReplicatedCeremony;
  readonly application: CeremonyApplication;
  readonly index: number;

  constructor(index: number, of: Selection = selection, among = committee) {
    this.index = index;
    const { secret: identity } = among[index]!;
    this.ceremony = new ReplicatedCeremony({
      selection: of,
      identity,
      seed: seedOf(index),
      phaseBlocks: PHASE_BLOCKS,
    });
    this.application = new CeremonyApplication(this.ceremony, () => undefined);
  }

  /** Why it does not take a transaction; an empty string when it does. */
  async check(tx: Uint8Array, type = abci.CheckTxType.NEW): Promise<string> {
    const { code, log } = await this.application.checkTx({ tx, type });
    expect(code === 0).to.equal(log === "");
    return log;
  }

  async accepts(txs: Uint8Array[]): Promise<boolean> {
    const request = abci.RequestProcessProposal.fromPartial({ txs });
    const { status } = await this.application.processProposal(request);
    expect(status).to.be.oneOf([ACCEPT, REJECT]);
    return status === ACCEPT;
  }

  async proposes(txs: Uint8Array[] = [], maxTxBytes = 1_000_000n): Promise<Uint8Array[]> {
    const request = abci.RequestPrepareProposal.fromPartial({ txs, maxTxBytes });
    return (await this.application.prepareProposal(request)).txs;
  }

  /** Executes a block. @returns the app hash in hex */
  async execute(txs: Uint8Array[] = []): Promise<string> {
    const height = this.ceremony.height + 1n;
    const request = abci.RequestFinalizeBlock.fromPartial({ height, txs });
    const { appHash } = await this.application.finalizeBlock(request);
    await this.application.commit();
    return Buffer.from(appHash).toString("hex");
  }
}

const membersOf = (count = 4): Member[] => Array.from({ length: count }, (_, i) => new Member(i));

/** All blocks until all members have a key, each executed by all, and what each came to. */
async function play(
  members: readonly Member[],
  blockOf: (said: Uint8Array[], member: Member) => Uint8Array[] = (said) => said,
): Promise<{ blocks: Uint8Array[][]; hashes: string[] }> {
  const [blocks, hashes]: [Uint8Array[][], string[]] = [[], []];
  while (!members.every(({ ceremony }) => ceremony.isOver)) {
    const block = members.flatMap((member) => blockOf([...member.ceremony.pending], member));
    for (const member of members) expect(await member.accepts(block)).to.equal(true);
    const came = await Promise.all(members.map((member) => member.execute(block)));
    expect(new Set(came).size).to.equal(1);
    blocks.push(block);
    hashes.push(came[0]!);
  }
  return { blocks, hashes };
}

/** A dealer's deal other than its own, signed by it. */
function otherDeal(index: number, seed: string): Uint8Array {
  const { deal } = createDealing(session, index + 1, 5n, seeded(seed).bytes);
  const identity = new IdentitySecret(committee[index]!.secret);
  return seal(session, "deal", index + 1, encodeDeal(session, deal), identity);
}

const signed = (index: number, kind: MessageKind, body: Uint8Array, of = session): Uint8Array =>
  seal(of, kind, index + 1, body, new IdentitySecret(committee[index]!.secret));

describe('plugin/cloud/ceremony/ceremony-application (seed "ceremony")', () => {
  it("leads everybody to one key, in three blocks when nobody complains", async () => {
    const members = membersOf();
    const { blocks, hashes } = await play(members);
    expect(blocks.map(({ length }) => length)).to.deep.equal([4, 4, 4]);
    expect(new Set(hashes).size).to.equal(3);
    expectOneKey(members.map(({ ceremony }) => ceremony.result()));
    // And then stands still, whatever CometBFT does.
    expect(await members[0]!.execute()).to.equal(hashes[2]);
    expect(await members[0]!.execute()).to.equal(hashes[2]);
  });

  it("gives whoever executes the blocks again the same hashes, messages and share, and with other blocks other hashes", async () => {
    const members = membersOf();
    const { blocks, hashes } = await play(members);
    const again = new Member(2);
    for (const [i, block] of blocks.entries()) {
      // What it says, it has said before, to the byte.
      expect(block.map((tx) => Buffer.from(tx).toString("hex"))).to.include(
        Buffer.from(again.ceremony.pending[0]!).toString("hex"),
      );
      expect(await again.execute(block)).to.equal(hashes[i]);
    }
    const [before, after] = [members[2]!, again].map(({ ceremony }) => ceremony.result());
    expect(after!.share!.secret).to.equal(before!.share!.secret);
    const other = new Member(2);
    expect(await other.execute(blocks[0]!.slice(1))).to.not.equal(hashes[0]);
  });

  it("refuses what is not worth a place in memory or in a block, and says why", async () => {
    const [member] = membersOf(1) as [Member];
    const deals = committee.map((_, i) => new Member(i).ceremony.pending[0]!);
    const [deal] = deals as [Uint8Array];
    const changed = (at: number, value: number): Uint8Array => {
      const copy = Uint8Array.from(deals[1]!);
      copy[at < 0 ? copy.length + at : at]! = value;
      return copy;
    };
    const stranger = nodes(1, "stranger")[0]!;
    const foreign = sessionOf({ ...selection, deadline: selection.deadline + 1n }, 0);
    const refused: [string, Uint8Array][] = [
      ["too short", new Uint8Array(99)],
      ["oversized", new Uint8Array(longestMessage(session) + 1)],
      ["unknown version", changed(0, 2)],
      ["unknown kind", changed(1, 9)],
      ["foreign session", changed(2, deals[1]![2]! ^ 1)],
      ["foreign session", signed(1, "deal", new Uint8Array(), foreign)],
      ["unknown sender", seal(session, "deal", 5, new Uint8Array(), new IdentitySecret(stranger.secret))],
      ["unknown sender", seal(session, "deal", 0, new Uint8Array(), new IdentitySecret(stranger.secret))],
      ["bad signature", seal(session, "deal", 2, new Uint8Array(), new IdentitySecret(stranger.secret))],
      ["bad signature", changed(-1, deals[1]!.at(-1)! ^ 1)],
    ];
    for (const [reason, tx] of refused) {
      expect(await member.check(tx), reason).to.equal(reason);
      expect(await member.accepts([tx]), reason).to.equal(false);
      expect(await member.accepts([deal, tx]), reason).to.equal(false);
    }
    // A member that proposes leaves it out.
    const proposed = await member.proposes([...refused.map(([, tx]) => tx), deals[1]!]);
    expect(proposed).to.deep.equal([deal, deals[1]]);
    // No block holds the same twice, or what its phase is not for; memory keeps what others may say a block earlier.
    expect(await member.accepts([deal, deal])).to.equal(false);
    const early = signed(1, "response", encodeResponse({ complaints: [] }));
    expect(await member.accepts([early])).to.equal(false);
    expect(await member.check(early)).to.equal("");
    expect(await member.proposes([early])).to.deep.equal([deal]);
    await member.execute(deals);
    expect(await member.check(deals[1]!)).to.equal("out of phase");
    expect(await member.check(early, abci.CheckTxType.RECHECK)).to.equal("");
    expect(await member.accepts([early])).to.equal(true);
    expect(await member.accepts([deals[1]!])).to.equal(false);
  });

  it("keeps two messages of a member and kind, however many it signs and whoever sends them", async () => {
    const [member] = membersOf(1) as [Member];
    const [first, second, third] = ["a", "b", "c"].map((seed) => otherDeal(1, seed)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    expect(await member.check(first)).to.equal("");
    expect(await member.check(second)).to.equal("");
    expect(await member.check(third)).to.equal("equivocation");
    // What memory lost is taken again as it was.
    expect(await member.check(first)).to.equal("");
    expect(await member.check(first, abci.CheckTxType.RECHECK)).to.equal("");
    // Blocks are judged by blocks alone, whatever a node has heard.
    expect(await member.accepts([third])).to.equal(true);
    expect(await member.accepts([first, second, third])).to.equal(false);
    await member.execute([third]);
    await member.execute([first]);
    expect(await member.check(second, abci.CheckTxType.RECHECK)).to.equal("equivocation");
    expect(await member.accepts([second])).to.equal(false);
  });

  it("proposes as much as there is room for, its own first", async () => {
    const [member] = membersOf(1) as [Member];
    const deals = committee.map((_, i) => new Member(i).ceremony.pending[0]!);
    const room = BigInt(2 * (deals[0]!.length + 8));
    expect(await member.proposes(deals.toReversed(), room)).to.deep.equal([deals[0], deals[3]]);
    expect(await member.proposes(deals, 10n)).to.deep.equal([]);
    await member.execute([deals[0]!]);
    expect(await member.proposes(deals, room)).to.deep.equal([deals[1], deals[2]]);
  });

  it("goes on without a silent member after as many blocks as a phase has", async () => {
    const members = membersOf();
    const { blocks } = await play(members, (said, { index }) => (index === 3 ? [] : said));
    // Its deal and response are waited for; its share's key, which all can compute, is not.
    expect(blocks.map(({ length }) => length)).to.deep.equal([3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3]);
    const results = members.map(({ ceremony }) => ceremony.result());
    expectOneKey(results);
    expect(results[0]!.qualified).to.deep.equal([1, 2, 3]);
    expect(results[3]!.share?.index).to.equal(4);
  });

  it("leaves out a dealer that signed two deals", async () => {
    const members = membersOf();
    const other = otherDeal(0, "equivocation");
    const { blocks } = await play(members, (said, { index, ceremony }) =>
      index === 0 && ceremony.phase === "deal" ? [...said, other] : said,
    );
    expect(blocks[0]).to.have.length(5);
    expect(members[1]!.ceremony.result().qualified).to.deep.equal([2, 3, 4]);
    expect(members[1]!.ceremony.progress.faults).to.deep.equal([
      { role: "dealer", index: 1, phase: "deal", reason: "equivocation" },
    ]);
    expectOneKey(members.map(({ ceremony }) => ceremony.result()));
  });

  it("waits for the dealer that somebody complained of, and for it alone", async () => {
    for (const answers of [true, false]) {
      const members = membersOf();
      const complaint = signed(2, "response", encodeResponse({ complaints: [1] }));
      const { blocks } = await play(members, (said, { index, ceremony }) => {
        if (index === 2 && ceremony.phase === "response") return [complaint];
        return index === 0 && ceremony.phase === "justification" && !answers ? [] : said;
      });
      expect(blocks.map(({ length }) => length)).to.deep.equal(
        answers ? [4, 4, 1, 4] : [4, 4, 0, 0, 0, 0, 0, 4],
      );
      const results = members.map(({ ceremony }) => ceremony.result());
      expectOneKey(results);
      expect(results[0]!.qualified).to.deep.equal(answers ? [1, 2, 3, 4] : [2, 3, 4]);
    }
  });

  it("tries again when too few dealt, in another session, which hears of it ahead", async () => {
    const members = membersOf();
    const next = sessionOf(selection, 1);
    let heard = 0;
    const { blocks } = await play(members, (said, { index, ceremony }) => {
      if (ceremony.attempt === 0 && index > 1) return [];
      heard += ceremony.attempt;
      return said;
    });
    expect(heard).to.be.greaterThan(0);
    expect(members[0]!.ceremony.attempt).to.equal(1);
    expect(open(blocks.at(-1)![0]!))
      .to.have.property("sessionId")
      .that.deep.equals(next.id);
    expectOneKey(members.map(({ ceremony }) => ceremony.result()));

    // A member that is a block behind takes the next attempt's deals, and nothing else of it.
    const behind = new Member(0);
    const deal = blocks.findLast((block) => block.some((tx) => tx[1] === 1))![1]!;
    expect(await behind.check(deal)).to.equal("");
    expect(await behind.accepts([deal])).to.equal(false);
    const response = signed(1, "response", encodeResponse({ complaints: [] }), next);
    expect(await behind.check(response)).to.equal("out of phase");
    for (const block of blocks) {
      expect(await behind.check(deal, abci.CheckTxType.RECHECK)).to.equal("");
      if (block.some((tx) => Buffer.from(tx).equals(deal))) break;
      await behind.execute(block);
    }
    expect(behind.ceremony.attempt).to.equal(1);
  });

  it("derives chain and sessions from the selection: another deadline, another chain and sessions that never meet", () => {
    const later = { ...selection, deadline: selection.deadline + 1n };
    expect(genesisOf(selection).chainId).to.match(/^nexus-key-[0-9a-f]{32}$/);
    expect(genesisOf(selection)).to.deep.equal(genesisOf({ ...selection }));
    expect(genesisOf(selection).time).to.deep.equal(new Date("2023-11-14T22:13:20Z"));
    for (const other of [
      later,
      { ...selection, epoch: 2n },
      { ...selection, cloudId: new Uint8Array(32) },
      { ...selection, membersHash: new Uint8Array(32) },
    ])
      expect(genesisOf(other).chainId).to.not.equal(genesisOf(selection).chainId);
    const ids = [selection, later].flatMap((of) =>
      [0, 1, 255].map((attempt) => Buffer.from(sessionOf(of, attempt).id).toString("hex")),
    );
    expect(new Set(ids).size).to.equal(6);
  });

  it("draws the same from one seed in one session, and otherwise something else", () => {
    const drawn = (seed: Uint8Array, attempt: number): string =>
      Buffer.from(memberRandom(seed, sessionOf(selection, attempt))(48)).toString("hex");
    expect(drawn(seedOf(0), 0)).to.equal(drawn(seedOf(0), 0));
    expect(new Set([drawn(seedOf(0), 0), drawn(seedOf(1), 0), drawn(seedOf(0), 1)]).size).to.equal(3);
    const stream = memberRandom(seedOf(0), session);
    expect(Buffer.from(stream(16)).equals(stream(16))).to.equal(false);
    expect(() => memberRandom(new Uint8Array(31), session)).to.throw("32 bytes");
  });
});
