import type { Heads, Sender, Statement } from "./gossip.ts";

/** How many blocks ahead of a node's own a statement is kept for: who is a little slow wants it in a moment. */
const AHEAD = 2;
/** How many blocks before the last one: who comes late, and to another result, is named as well. */
export const BEHIND = 8;

/** What a member stated of its block at some height. */
export type Stated = Sender & Statement;

/** What a node has heard from the members, as far as it still matters. Every member has one place, whatever it says. */
export class Heard {
  readonly #statements = new Map<number, Map<string, Stated>>();
  /** Members whose statement of the height was wrong. */
  readonly #wrong = new Map<number, Set<string>>();
  readonly #heads = new Map<bigint, Map<string, bigint>>();

  /**
   * Keeps what a member states of the block at `height`, the first time that it does.
   *
   * @param tip height of this node's last block
   * @returns "news"; "known"; "too far" from `tip`; or what the member stated before, if that is of another block
   */
  addStatement(tip: number, height: number, stated: Stated): "news" | "known" | "too far" | Stated {
    if (height < tip - BEHIND || height > tip + AHEAD) return "too far";
    const name = nameOf(stated);
    if (this.#wrong.get(height)?.has(name) === true) return "known";
    const known = this.#statements.get(height) ?? new Map<string, Stated>();
    const first = known.get(name);
    if (first !== undefined) return first.blockHash === stated.blockHash ? "known" : first;
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

  /** Forgets what is too far before `tip`, the last block, and members of epochs before `epoch`. */
  forgetBefore(tip: number, epoch: bigint): void {
    for (const heights of [this.#statements, this.#wrong]) {
      for (const height of heights.keys()) if (height < tip - BEHIND) heights.delete(height);
    }
    for (const known of this.#heads.values()) {
      for (const name of known.keys()) if (BigInt(name.split("/")[0]!) < epoch) known.delete(name);
    }
  }
}

const nameOf = ({ epoch, index }: Sender): string => `${epoch}/${index}`;
