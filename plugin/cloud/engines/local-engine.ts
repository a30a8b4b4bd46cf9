import type { Block } from "../replication/block.ts";
import {
  NoQuorumError,
  type Committed,
  type ConsensusEngine,
  type Extension,
  type Misbehaviour,
  type Replica,
  type Vote,
} from "../replication/engine.ts";
import { RecentNames } from "../replication/retention.ts";

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
  readonly #grace: number;
  readonly #reported = new RecentNames();
  /** What replicas are at, those among them that the others went on without. */
  readonly #work = new Map<Replica, Promise<void>>();

  /**
   * @param threshold t: how many replicas must agree
   * @param report called once for every misbehaviour seen
   * @param grace milliseconds for which t replicas that are ready wait for the others
   */
  constructor(
    replicas: readonly Replica[],
    threshold: number,
    report: (misbehaviour: Misbehaviour) => void,
    grace = 1_000,
  ) {
    this.#replicas = replicas;
    this.#threshold = threshold;
    this.#report = report;
    this.#grace = grace;
  }

  async step(): Promise<Committed | undefined> {
    const present = await this.#present();
    const tip = Math.max(...present.map((replica) => replica.height));
    await this.#ask(present, this.#threshold, (replica) => this.#catchUp(replica, present, tip));
    const live = (await this.#present()).filter((replica) => replica.height === tip);
    // A crash may have come between a block and its signatures; they are unique, so signing again repairs it.
    if (tip > 0 && live.every((replica) => replica.certificate(tip) === undefined))
      return this.#certify(live, tip);

    const refused: string[] = [];
    // Fewer than t replicas have seen an event when more than n − t have not, so no block could be accepted.
    let silent = this.#replicas.length - live.length;
    for (let turn = 0; turn < live.length && silent <= this.#replicas.length - this.#threshold; turn++) {
      const proposer = live[(tip + 1 + turn) % live.length]!;
      const block = (await this.#ask([proposer], 0, (replica) => replica.prepareProposal())).get(proposer);
      if (block === undefined) {
        silent++;
        continue;
      }
      const committed = await this.#decide(block, live, refused);
      if (committed !== undefined) return committed;
    }
    // What others than these proposed nobody misses: as when an operator wants what too few others do.
    if (refused.length > 0 && silent <= this.#replicas.length - this.#threshold)
      throw new NoQuorumError(`No block ${tip + 1} was accepted. ${refused.join("; ")}`);
    return undefined;
  }

  async certifyAgain(height: number): Promise<void> {
    const present = await this.#present();
    const tip = Math.max(...present.map((replica) => replica.height));
    await this.#certify(
      present.filter((replica) => replica.height === tip),
      height,
    );
  }

  async idle(): Promise<void> {
    await Promise.all(this.#work.values());
  }

  /** Executes and signs the block if t of `live` accept it; says why not in `refused` otherwise. */
  async #decide(block: Block, live: readonly Replica[], refused: string[]): Promise<Committed | undefined> {
    const verdicts = await this.#ask(
      live,
      this.#threshold,
      async (replica) => (await replica.processProposal(block)) ?? ACCEPTED,
      (verdict) => verdict === ACCEPTED,
    );
    const accepting = [...verdicts].filter(([, verdict]) => verdict === ACCEPTED).map(([replica]) => replica);
    if (accepting.length >= this.#threshold) {
      const done = await this.#ask(accepting, this.#threshold, async (replica) => {
        await replica.finalizeBlock(block);
        return true;
      });
      return this.#certify([...done.keys()], block.height);
    }
    for (const [replica, verdict] of verdicts) {
      if (verdict !== ACCEPTED) refused.push(`node ${replica.index}: ${verdict}`);
    }
    return undefined;
  }

  /** The replicas that run and are not at work: at least t. */
  async #present(): Promise<Replica[]> {
    const running = (): Replica[] => this.#replicas.filter((replica) => replica.running);
    const ready = (): Replica[] => running().filter((replica) => !this.#work.has(replica));
    if (ready().length < this.#threshold) await this.idle();
    if (ready().length < this.#threshold) {
      throw new NoQuorumError(
        `${running().length} of ${this.#replicas.length} nodes run, ${this.#threshold} are needed.`,
      );
    }
    return ready();
  }

  /**
   * Asks each replica, all at the same time, and goes on when all have answered, or `grace` milliseconds after `enough`
   * have given an answer that counts. One that fails, as when its provider does, has not answered; the others do not mind.
   *
   * @returns the answers, in the order of `replicas`
   * @throws the failure when all have failed
   */
  async #ask<T>(
    replicas: readonly Replica[],
    enough: number,
    question: (replica: Replica) => Promise<T>,
    counts: (answer: T) => boolean = () => true,
  ): Promise<Map<Replica, T>> {
    const answers = new Map<Replica, T>();
    const failures: unknown[] = [];
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const look = (): void => {
        if (answers.size + failures.length === replicas.length) {
          clearTimeout(timer);
          resolve();
        } else if ([...answers.values()].filter(counts).length >= enough)
          timer ??= setTimeout(resolve, this.#grace);
      };
      for (const replica of replicas) {
        const answered = question(replica).then(
          (answer) => void answers.set(replica, answer),
          (failure: unknown) => void failures.push(failure),
        );
        const work = answered.then(() => {
          this.#work.delete(replica);
          look();
        });
        this.#work.set(replica, work);
      }
      look();
    });
    if (failures.length > 0 && failures.length === replicas.length) throw failures[0];
    return new Map(replicas.filter((replica) => answers.has(replica)).map((r) => [r, answers.get(r)!]));
  }

  /** Brings a replica to the height `tip`, or as far as it can believe what its peers say. */
  async #catchUp(replica: Replica, peers: readonly Replica[], tip: number): Promise<void> {
    while (replica.running) {
      const { height } = replica;
      // It may have executed a block and been left, or killed, before it got to know the certificate.
      for (const peer of peers) {
        if (height === 0 || replica.certificate(height) !== undefined || !replica.running) break;
        const certificate = peer.certificate(height);
        if (certificate !== undefined) await replica.certify(height, certificate);
      }
      if (height >= tip || !replica.running) return;
      // Who lags behind all that peers keep needs a snapshot.
      const ahead = peers.filter((peer) => peer.height > height && peer.oldest <= height + 1);
      // What is signed comes before what is not.
      ahead.sort((a, b) => Number(hasSigned(b, height + 1)) - Number(hasSigned(a, height + 1)));
      for (const peer of ahead) {
        const number = this.#replicas.indexOf(peer);
        await replica.catchUp(peer.block(height + 1), peer.certificate(height + 1), number);
        if (replica.height > height || !replica.running) break;
      }
      if (replica.height === height) return;
    }
  }

  /**
   * Collects votes and extensions for an executed block, and hands every replica the certificate.
   *
   * @throws NoQuorumError when no replica is left that could make the t good ones complete
   */
  async #certify(replicas: readonly Replica[], height: number): Promise<Committed> {
    const asked = [...replicas];
    for (;;) {
      const signed = await this.#sign(asked, height);
      if (!(signed instanceof NoQuorumError)) return signed;
      // The others went on without those who are slow; now they are needed, because some of the quick were wrong.
      const late = await this.#next(asked);
      if (late.length === 0) throw signed;
      await this.#ask(late, late.length, (replica) => this.#catchUp(replica, asked, height));
      asked.push(...late.filter((replica) => replica.running && replica.height >= height));
    }
  }

  /** The running replicas that were at work and are so no more, as soon as there are any; none if none is at work. */
  async #next(asked: readonly Replica[]): Promise<Replica[]> {
    const others = (): Replica[] => this.#replicas.filter((one) => one.running && !asked.includes(one));
    const atWork = others().filter((replica) => this.#work.has(replica));
    if (atWork.length > 0) await Promise.race(atWork.map((replica) => this.#work.get(replica)!));
    return atWork.filter((replica) => replica.running && !this.#work.has(replica));
  }

  /** One attempt at a certificate, with the replicas that are there. */
  async #sign(replicas: readonly Replica[], height: number): Promise<Committed | NoQuorumError> {
    const voters = await this.#quorum(replicas, height);
    if (voters instanceof NoQuorumError) return voters;
    const reference = voters[0]!;
    const answers = await this.#ask(voters, voters.length, (voter) => voter.extendVote(height));
    const extensions: Extension[] = [];
    for (const [voter, extension] of answers) {
      if (reference.verifyExtension(height, extension) === undefined) extensions.push(extension);
      else this.#note({ kind: "bad-partial", index: voter.index, height });
    }
    const { certificate, wrong } = reference.combine(height, extensions);
    for (const index of wrong) this.#note({ kind: "bad-partial", index, height });
    if (certificate === undefined) {
      return new NoQuorumError(
        `Block ${height} has ${extensions.length - wrong.length} good partial signatures of the ` +
          `${this.#threshold} that are needed.`,
      );
    }
    await this.#ask(replicas, this.#threshold, (replica) => replica.certify(height, certificate));
    const signers = extensions
      .filter((extension) => extension.epoch === certificate.epoch && !wrong.includes(extension.index))
      .map((extension) => extension.index);
    return { height, signers: signers.slice(0, this.#threshold) };
  }

  /** The replicas behind the block hash that at least t voted for; what the others did is noted. */
  async #quorum(replicas: readonly Replica[], height: number): Promise<Replica[] | NoQuorumError> {
    const ballots = await this.#ask(replicas, replicas.length, async (replica) => {
      const seen = new Map<string, Vote>();
      for (const recipient of replicas) {
        const vote = await replica.vote(height, recipient.index);
        seen.set(vote.blockHash, vote);
      }
      return [...seen.values()];
    });
    const support = new Map<string, Replica[]>();
    for (const [replica, [vote, ...others]] of ballots) {
      // Only a replica that told all the same counts.
      if (vote === undefined || others.length > 0) continue;
      support.set(vote.blockHash, [...(support.get(vote.blockHash) ?? []), replica]);
    }
    const agreed = [...support].find(([, supporters]) => supporters.length >= this.#threshold);
    for (const [replica, [first, second]] of ballots) {
      if (second !== undefined) {
        this.#note({ kind: "equivocation", index: replica.index, height, votes: [first!, second] });
      } else if (agreed !== undefined && first!.blockHash !== agreed[0]) {
        this.#note({ kind: "divergence", index: replica.index, height, vote: first! });
      }
    }
    if (agreed !== undefined) return agreed[1];
    const counts = [...support].map(([hash, supporters]) => `${supporters.length} for ${hash}`).join(", ");
    return new NoQuorumError(`Block ${height} has no ${this.#threshold} equal votes: ${counts}.`);
  }

  #note(misbehaviour: Misbehaviour): void {
    const { kind, index, height } = misbehaviour;
    if (this.#reported.add(`${kind}:${index}:${height}`)) this.#report(misbehaviour);
  }
}

function hasSigned(replica: Replica, height: number): boolean {
  return replica.certificate(height) !== undefined;
}

/** In place of a reason to refuse. */
const ACCEPTED = Symbol("accepted");
