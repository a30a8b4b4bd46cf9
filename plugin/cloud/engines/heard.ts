import type { PartialSignature } from "../../crypto/threshold/partial-sign.ts";
import { equalBytes } from "../storage/bytes.ts";
import { Newest } from "./newest.ts";
import { MOST_APPROVALS, type Heads, type Sender, type Statement } from "./gossip.ts";

/** How many blocks ahead of a node's own a statement is kept for: who is a little slow wants it in a moment. */
const AHEAD = 2;
/** How many blocks before the last one: who comes late, and to another result, is named as well. */
export const BEHIND = 8;

/**
 * How much of a member is passed on between two blocks of the cloud, and milliseconds until it is one more: whatever is passed on has CometBFT
 * make a block, and stays in everybody's memory until then.
 */
const MOST_SAID = 16;
export const RENEWAL = 5_000;

/** Of how many digests a member's partial signature is kept: it may come to them before this node does. */
const MOST_DIGESTS = 8;

/** Milliseconds by which what is said may be ahead of this node's clock: a member whose clock was wrong is heard again after as long. */
const MOST_AHEAD = 600_000;

/** Whether a member can have said something at a time, in Unix milliseconds. */
export function isTimely(time: bigint, now = Date.now()): boolean {
  return time <= BigInt(now + MOST_AHEAD);
}

/** What a member stated of its block at some height. */
export type Stated = Sender & Statement;

/** What a node has heard from the members, as far as it still matters. Every member has one place, whatever it says. */
export class Heard {
  readonly #statements = new Map<number, Map<string, Stated>>();
  /** Members whose statement of the height was wrong. */
  readonly #wrong = new Map<number, Set<string>>();
  readonly #heads = new Map<bigint, Map<string, bigint>>();
  readonly #approvals = new Map<string, Newest<true>>();
  readonly #wakes = new Map<string, bigint>();
  /** Members who stated two blocks of a height. */
  readonly #contradicted = new Map<number, Set<string>>();
  /** Partial signatures by member and digest. */
  readonly #partials = new Map<string, Newest<Uint8Array | "wrong">>();
  /** How much each member has said since the last block of the cloud, less what time has renewed. */
  readonly #said = new Map<string, number>();
  /** Until when it is renewed, in Unix milliseconds. */
  #renewed = 0;

  /**
   * Counts what is passed on of a member: news alone, or others could use up its share with what it said long ago.
   *
   * @returns whether it has not said too much
   */
  mayBePassedOn(sender: Sender): boolean {
    const said = (this.#said.get(nameOf(sender)) ?? 0) + 1;
    this.#said.set(nameOf(sender), said);
    return said <= MOST_SAID;
  }

  /**
   * Keeps what a member states of the block at `height`, the first time that it does.
   *
   * @param tip height of this node's last block
   * @returns "news"; "known"; "too far" from `tip`; or what the member stated before, if that is of another block. That is said once, and of
   * no block after `tip`, which may come to either
   */
  addStatement(tip: number, height: number, stated: Stated): "news" | "known" | "too far" | Stated {
    if (height < tip - BEHIND || height > tip + AHEAD) return "too far";
    const name = nameOf(stated);
    if (this.#wrong.get(height)?.has(name) === true) return "known";
    const known = this.#statements.get(height) ?? new Map<string, Stated>();
    const first = known.get(name);
    if (first !== undefined) {
      const contradicted = this.#contradicted.get(height) ?? new Set<string>();
      if (first.blockHash === stated.blockHash || height > tip || contradicted.has(name)) return "known";
      this.#contradicted.set(height, contradicted.add(name));
      return first;
    }
    this.#statements.set(height, known.set(name, stated));
    return "news";
  }

  /** What members stated of the block at `height`. */
  statements(height: number): Stated[] {
    return [...(this.#statements.get(height)?.values() ?? [])];
  }

  /** Takes a wrong statement out, for good. */
  dropWrong(height: number, sender: Sender): void {
    const wrong = this.#wrong.get(height) ?? new Set();
    this.#wrong.set(height, wrong.add(nameOf(sender)));
    this.#statements.get(height)?.delete(nameOf(sender));
  }

  /** Keeps how far a member sees chains. @returns whether it sees farther than before */
  addHeads(sender: Sender, heads: Heads, served: (chainId: bigint) => boolean): boolean {
    let news = false;
    for (const [chainId, head] of heads) {
      if (!served(chainId)) continue;
      const known = this.#heads.get(chainId) ?? new Map<string, bigint>();
      this.#heads.set(chainId, known);
      if (head <= (known.get(nameOf(sender)) ?? -1n)) continue;
      known.set(nameOf(sender), head);
      news = true;
    }
    return news;
  }

  /** The newest block of a chain that `threshold` members of an epoch have said to be final; -1n while there is none. */
  agreedHead(chainId: bigint, epoch: bigint, threshold: number): bigint {
    const prefix = `${epoch}/`;
    const heads = [...(this.#heads.get(chainId) ?? [])]
      .filter(([name]) => name.startsWith(prefix))
      .map(([, head]) => head)
      .sort((a, b) => (a > b ? -1 : 1));
    return heads[threshold - 1] ?? -1n;
  }

  /**
   * Keeps what a member's operator wants.
   *
   * @param time when it was said
   * @returns whether it is more than before
   */
  addApprovals(sender: Sender, time: bigint, events: readonly string[]): boolean {
    const known = this.#approvals.get(nameOf(sender)) ?? new Newest<true>(MOST_APPROVALS);
    this.#approvals.set(nameOf(sender), known);
    let news = false;
    for (const event of events) {
      const isKnown = known.get(event) === true;
      if (known.add(event, time, true) && !isKnown) news = true;
    }
    return news;
  }

  /** Whether the operators of `threshold` members of an epoch want an event. */
  isApproved(event: string, epoch: bigint, threshold: number): boolean {
    const wanting = [...this.#approvals].filter(
      ([name, events]) => name.startsWith(`${epoch}/`) && events.get(event) === true,
    );
    return wanting.length >= threshold;
  }

  /**
   * Notes that a member has something for the block after CometBFT's at `height`.
   *
   * @param tip this node's last height of CometBFT's
   * @returns whether that is news, and not over yet
   */
  addWake(tip: bigint, sender: Sender, height: bigint): boolean {
    if (height < tip || height > tip + BigInt(AHEAD)) return false;
    if (height <= (this.#wakes.get(nameOf(sender)) ?? -1n)) return false;
    this.#wakes.set(nameOf(sender), height);
    return true;
  }

  /**
   * Keeps a member's partial signature of a digest, the first that it says, for the last digests that it has signed.
   *
   * @param time when it was said
   * @returns whether it is to be passed on: it is said again, since what was said before may be lost
   */
  addPartial(sender: Sender, time: bigint, digest: string, signature: Uint8Array): boolean {
    const name = nameOf(sender);
    const known = this.#partials.get(name) ?? new Newest<Uint8Array | "wrong">(MOST_DIGESTS);
    this.#partials.set(name, known);
    const first = known.get(digest) ?? signature;
    const isNews = known.add(digest, time, first);
    return isNews && first !== "wrong" && equalBytes(first, signature);
  }

  /** Partial signatures of a digest by members of an epoch. */
  partials(epoch: bigint, digest: string): PartialSignature[] {
    return [...this.#partials].flatMap(([name, known]) => {
      const [of, index] = name.split("/");
      const signature = known.get(digest);
      const isPart = of === `${epoch}` && signature !== undefined && signature !== "wrong";
      return isPart ? [{ index: Number(index), signature }] : [];
    });
  }

  /** Takes a wrong partial signature out, for good. */
  dropWrongPartial(sender: Sender, digest: string): void {
    this.#partials.get(nameOf(sender))?.replace(digest, "wrong");
  }

  /**
   * Forgets what is too far before `tip`, the last block, and members of epochs before `epoch`; to be called after each block of CometBFT.
   *
   * @param hasBlock whether that one held a block of the cloud: what was said led to something
   * @param now Unix milliseconds
   */
  forgetBefore(tip: number, epoch: bigint, hasBlock = true, now = Date.now()): void {
    this.#renew(hasBlock, now);
    for (const heights of [this.#statements, this.#wrong, this.#contradicted]) {
      for (const height of heights.keys()) if (height < tip - BEHIND) heights.delete(height);
    }
    for (const known of [...this.#heads.values(), this.#approvals, this.#wakes, this.#partials]) {
      for (const name of known.keys()) if (BigInt(name.split("/")[0]!) < epoch) known.delete(name);
    }
  }

  #renew(everything: boolean, now: number): void {
    const count = everything ? MOST_SAID : Math.floor((now - this.#renewed) / RENEWAL);
    if (count <= 0) return;
    this.#renewed = everything ? now : this.#renewed + count * RENEWAL;
    for (const [name, said] of this.#said) {
      const rest = Math.min(said, MOST_SAID) - count;
      if (rest > 0) this.#said.set(name, rest);
      else this.#said.delete(name);
    }
  }
}

const nameOf = ({ epoch, index }: Sender): string => `${epoch}/${index}`;
