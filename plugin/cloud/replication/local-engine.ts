import type { Block } from "./block.ts";
import {
  NoQuorumError,
  type Committed,
  type ConsensusEngine,
  type Extension,
  type Misbehaviour,
  type Replica,
  type Vote,
} from "./engine.ts";

/**
 * Orders for replicas in one process: deterministic, instant, without a network. There is one orderer, so a faulty one
 * is not tolerated; faulty replicas are, up to n − t of them, because each executes, stores and signs by itself.
 */
export class LocalEngine implements ConsensusEngine {
  readonly description =
    "local: one orderer in this process; it tolerates faulty nodes, but no faulty orderer";
  readonly #replicas: readonly Replica[];
  readonly #threshold: number;
  readonly #report: (misbehaviour: Misbehaviour) => void;
  readonly #reported = new Set<string>();

  /**
   * @param threshold t: how many replicas must agree
   * @param report called once for every misbehaviour seen
   */
  constructor(replicas: readonly Replica[], threshold: number, report: (misbehaviour: Misbehaviour) => void) {
    this.#replicas = replicas;
    this.#threshold = threshold;
    this.#report = report;
  }

  async step(): Promise<Committed | undefined> {
    const live = this.#replicas.filter((replica) => replica.running);
    if (live.length < this.#threshold) {
      throw new NoQuorumError(
        `${live.length} of ${this.#replicas.length} nodes run, ${this.#threshold} are needed.`,
      );
    }
    const tip = Math.max(...live.map((replica) => replica.height));
    await this.#catchUp(live, tip);
    // A crash may have come between a block and its signatures; they are unique, so signing again repairs it.
    if (tip > 0 && live.every((replica) => replica.certificate(tip) === undefined))
      return this.#certify(live, tip);

    const block = await this.#propose(live, tip + 1);
    if (block === undefined) return undefined;
    const refusals: string[] = [];
    const accepting: Replica[] = [];
    await Promise.all(
      live.map(async (replica) => {
        const refusal = await replica.processProposal(block);
        if (refusal === undefined) accepting.push(replica);
        else refusals.push(`node ${replica.index}: ${refusal}`);
      }),
    );
    if (accepting.length < this.#threshold) {
      throw new NoQuorumError(
        `Block ${block.height} is accepted by ${accepting.length} nodes. ${refusals.join("; ")}`,
      );
    }
    accepting.sort((a, b) => a.index - b.index);
    await Promise.all(accepting.map((replica) => replica.finalizeBlock(block)));
    return this.#certify(accepting, block.height);
  }

  async certifyAgain(height: number): Promise<void> {
    await this.#certify(
      this.#replicas.filter((replica) => replica.running && replica.height >= height),
      height,
    );
  }

  /** The proposal of the height's proposer, or of the next who has one, so that a silent proposer censors nothing. */
  async #propose(live: readonly Replica[], height: number): Promise<Block | undefined> {
    for (let turn = 0; turn < live.length; turn++) {
      const proposer = live[(height + turn) % live.length]!;
      const block = await proposer.prepareProposal();
      if (block !== undefined) return block;
    }
    return undefined;
  }

  async #catchUp(live: readonly Replica[], tip: number): Promise<void> {
    for (const replica of live) {
      while (replica.height < tip) {
        const height = replica.height + 1;
        const source = live.find((peer) => peer.height >= height)!;
        await replica.catchUp(source.block(height), source.certificate(height));
      }
      const certificate = live.map((peer) => peer.certificate(tip)).find((found) => found !== undefined);
      if (certificate !== undefined && replica.certificate(tip) === undefined) {
        await replica.certify(tip, certificate);
      }
    }
  }

  /** Collects votes and extensions for an executed block, and hands every replica the certificate. */
  async #certify(replicas: readonly Replica[], height: number): Promise<Committed> {
    const voters = this.#quorum(replicas, height);
    const reference = voters[0]!;
    const extensions: Extension[] = [];
    for (const voter of voters) {
      const extension = voter.extendVote(height);
      if (reference.verifyExtension(height, extension) === undefined) extensions.push(extension);
      else this.#note({ kind: "bad-partial", index: voter.index, height });
    }
    if (extensions.length < this.#threshold) {
      throw new NoQuorumError(
        `Block ${height} has ${extensions.length} well-formed extensions of ${this.#threshold}.`,
      );
    }
    const { certificate, wrong } = reference.combine(height, extensions);
    for (const index of wrong) this.#note({ kind: "bad-partial", index, height });
    await Promise.all(replicas.map((replica) => replica.certify(height, certificate)));
    const signers = extensions.map((extension) => extension.index).filter((index) => !wrong.includes(index));
    return { height, signers: signers.slice(0, this.#threshold) };
  }

  /** The replicas behind the block hash that at least t voted for; what the others did is noted. */
  #quorum(replicas: readonly Replica[], height: number): Replica[] {
    const votes = new Map<Replica, Vote[]>();
    const support = new Map<string, Replica[]>();
    for (const replica of replicas) {
      const seen = new Map<string, Vote>();
      for (const recipient of replicas) {
        const vote = replica.vote(height, recipient.index);
        seen.set(vote.blockHash, vote);
      }
      votes.set(replica, [...seen.values()]);
      // Only a replica that told all the same counts.
      if (seen.size === 1)
        for (const hash of seen.keys()) support.set(hash, [...(support.get(hash) ?? []), replica]);
    }
    const agreed = [...support].find(([, supporters]) => supporters.length >= this.#threshold);
    for (const [replica, [first, second]] of votes) {
      if (second !== undefined) {
        this.#note({ kind: "equivocation", index: replica.index, height, votes: [first!, second] });
      } else if (agreed !== undefined && first!.blockHash !== agreed[0]) {
        this.#note({ kind: "divergence", index: replica.index, height, vote: first! });
      }
    }
    if (agreed === undefined) {
      const counts = [...support].map(([hash, supporters]) => `${supporters.length} for ${hash}`).join(", ");
      throw new NoQuorumError(`Block ${height} has no ${this.#threshold} equal votes: ${counts}.`);
    }
    return agreed[1];
  }

  #note(misbehaviour: Misbehaviour): void {
    const key = `${misbehaviour.kind}:${misbehaviour.index}:${misbehaviour.height}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#report(misbehaviour);
  }
}
