import type { Misbehaviour } from "../replication/engine.ts";
import { RecentNames } from "../replication/retention.ts";
import type { Gossip, Sender, Statement } from "./gossip.ts";
import { BEHIND, type Heard, type Stated } from "./heard.ts";
import type { OrderedReplica, Surroundings } from "./ordered-replica.ts";

/**
 * How the last block gets its signature: every member states its vote and its partial signatures, and whoever has heard enough
 * of them combines those. What is wrong with a statement falls back on its author, unless too many say the same.
 */
export class BlockSigning {
  readonly #replica: OrderedReplica;
  readonly #around: Surroundings;
  readonly #heard: Heard;
  readonly #reported = new RecentNames();
  /** Statements that were looked at and are well made. */
  readonly #meant = new WeakSet<Stated>();
  #halted: string | undefined;

  /** @param replica asked one thing at a time: the caller sees to it */
  constructor(replica: OrderedReplica, around: Surroundings, heard: Heard) {
    this.#replica = replica;
    this.#around = around;
    this.#heard = heard;
  }

  /** Why this node takes part no more; undefined while it does. */
  get stopped(): string | undefined {
    return (
      this.#halted ?? (this.#replica.running ? undefined : (this.#replica.divergence ?? "it was told to"))
    );
  }

  /** Takes part no more, since this node's result is wrong. */
  halt(reason: string): void {
    if (this.#halted !== undefined) return;
    this.#halted = reason;
    this.#around.halted(reason);
  }

  /** Height of the first block whose signature this node does not know. */
  get unsigned(): number {
    const { height } = this.#replica;
    return height === 0 || this.#replica.certificate(height) !== undefined ? height + 1 : height;
  }

  /**
   * What this node states of the last block, under every epoch that it may sign it in: others may see fewer of them, or more. Nothing when
   * its signature is known, or the node has no part in it.
   */
  async state(): Promise<(Stated & { height: number })[]> {
    const { height } = this.#replica;
    const statements: (Stated & { height: number })[] = [];
    if (this.unsigned > height || this.stopped !== undefined) return statements;
    for (const epoch of this.#replica.signingEpochs(height)) {
      const extension = await this.#replica.extendVote(height, epoch);
      const { blockHash, signature } = await this.#replica.vote(height, extension.index);
      const stated = { ...extension, blockHash, signature };
      this.#heard.addStatement(height, height, stated);
      statements.push({ ...stated, height });
    }
    return statements;
  }

  /** Takes a member's statement. @returns whether it is worth passing on, or why not */
  hear(gossip: Gossip & { kind: "statement" }): true | string {
    const { height } = gossip;
    if (gossip.epoch < this.#replica.epochOf(height))
      return `Epoch ${gossip.epoch} does not sign block ${height}.`;
    // Also of a signed block: together with another statement of the same member it is evidence.
    const heard = this.#heard.addStatement(this.#replica.height, height, gossip);
    // Of a signed block only another result is news.
    const isSigned = height < this.unsigned && gossip.blockHash === this.#replica.blockHash(height);
    if (heard === "news" && isSigned) return `Block ${height} is signed.`;
    if (heard === "too far") return `Block ${height} is too far from the last one.`;
    if (heard === "known") return "It is known.";
    if (heard !== "news") this.#accuseOfTwo(height, heard, gossip);
    return true;
  }

  /**
   * Makes the last block's signature if enough members have stated theirs, and names those that came to another result, however late
   * they say so. @returns whether the signature is new
   */
  async combine(): Promise<boolean> {
    const { height } = this.#replica;
    if (this.stopped !== undefined) return false;
    for (let past = Math.max(1, height - BEHIND); past < this.unsigned; past++) {
      for (const other of this.#others(past)) if (this.#isMeant(past, other)) this.#name(past, other);
    }
    if (this.unsigned > height) return false;
    const statements = this.#heard.statements(height).filter((stated) => this.#isMeant(height, stated));
    this.#lookForDivergence(height, statements);
    if (this.stopped !== undefined) return false;
    const own = this.#replica.blockHash(height);
    const alike = statements.filter(({ blockHash }) => blockHash === own);
    const { certificate, wrong } = this.#replica.combine(height, alike);
    for (const stated of alike) if (wrong.includes(stated.index)) this.#accuse(height, stated);
    if (certificate === undefined || (await this.#replica.certify(height, certificate)) !== undefined)
      return false;
    this.#around.signed(height);
    return true;
  }

  /** Whether a statement has the right shape, and the vote in it is the member's. */
  #isMeant(height: number, stated: Stated): boolean {
    if (this.#meant.has(stated)) return true;
    const meant =
      this.#replica.verifyExtension(height, stated) === undefined && this.#isVote(height, stated, stated);
    if (meant) this.#meant.add(stated);
    else this.#accuse(height, stated);
    return meant;
  }

  #isVote(height: number, { epoch, index }: Sender, vote: Statement): boolean {
    const identity = this.#around.members(epoch)?.identities[index - 1];
    return identity !== undefined && this.#replica.isVote(identity, height, vote);
  }

  /** Names who came to another result; and halts when more members than can be faulty came to one that this node has not. */
  #lookForDivergence(height: number, statements: readonly Stated[]): void {
    const own = this.#replica.blockHash(height)!;
    const others = statements.filter(({ blockHash }) => blockHash !== own);
    for (const { epoch, blockHash } of others) {
      const same = others.filter((stated) => stated.epoch === epoch && stated.blockHash === blockHash);
      const { identities, threshold } = this.#around.members(epoch)!;
      if (same.length <= identities.length - threshold) continue;
      this.halt(`at height ${height} it has ${own}, ${same.length} members have ${blockHash}`);
      return;
    }
    for (const other of others) this.#name(height, other);
  }

  /** What members stated of another block than this node's at a height; nothing where it has none. */
  #others(height: number): Stated[] {
    const own = this.#replica.blockHash(height);
    if (own === undefined) return [];
    return this.#heard.statements(height).filter(({ blockHash }) => blockHash !== own);
  }

  #name(height: number, { epoch, index, blockHash, signature }: Stated): void {
    const vote = { index, height, blockHash, signature };
    this.#report(`divergence ${epoch}/${index}/${height}`, { kind: "divergence", index, height, vote });
  }

  #accuse(height: number, sender: Sender): void {
    const { epoch, index } = sender;
    this.#heard.dropWrong(height, sender);
    this.#report(`partial ${epoch}/${index}/${height}`, { kind: "bad-partial", index, height });
  }

  /** Two votes of one member are evidence; of a block that this node has not executed it cannot tell yet. */
  #accuseOfTwo(height: number, first: Stated, second: Stated): void {
    const { epoch, index } = first;
    if (this.#replica.blockHash(height) === undefined) return;
    if (![first, second].every((stated) => this.#isVote(height, first, stated))) return;
    const vote = ({ blockHash, signature }: Stated) => ({ index, height, blockHash, signature });
    this.#report(`two ${epoch}/${index}/${height}`, {
      kind: "equivocation",
      index,
      height,
      votes: [vote(first), vote(second)],
    });
  }

  #report(name: string, misbehaviour: Misbehaviour): void {
    if (this.#reported.add(name)) this.#around.report(misbehaviour);
  }
}
