/** When members bring signed blocks to a chain: one after the other, so that one pays and another is there when that one is away. */

/** Who the members are, and where this node is among them. */
export interface Place {
  /** Number of members, n. */
  readonly size: number;
  /** From 0; undefined for a node that is no member, which comes after all of them. */
  readonly index: number | undefined;
}

/**
 * How many others come before a node for a block: the order goes round by a member from block to block, and is shifted by the chain,
 * so that nobody is the first for all chains.
 */
export function turnOf({ size, index }: Place, chainId: bigint, height: number): number {
  if (index === undefined) return size;
  const first = (height + Number(chainId % BigInt(size))) % size;
  return (index - first + size) % size;
}

/** A node's turns for one chain. A turn begins when those before have had their time, which counts from when the block was signed. */
export class Turns {
  readonly #chainId: bigint;
  readonly #turnTime: number;
  readonly #place: () => Place | undefined;
  readonly #now: () => number;
  /** When it began, for blocks that were signed before. */
  readonly #began: number;
  readonly #signed = new Map<number, number>();

  /**
   * @param turnTime milliseconds that each has for a block
   * @param place as it is now; undefined while nobody knows the members
   * @param now a clock in milliseconds
   */
  constructor(
    chainId: bigint,
    turnTime: number,
    place: () => Place | undefined,
    now: () => number = () => performance.now(),
  ) {
    this.#chainId = chainId;
    this.#turnTime = turnTime;
    this.#place = place;
    this.#now = now;
    this.#began = now();
  }

  /** Notes that a block has got its signature now. */
  noteSigned(height: number): void {
    this.#signed.set(height, this.#now());
    if (this.#signed.size > REMEMBERED) this.#signed.delete(this.#signed.keys().next().value!);
  }

  /** Whether this node may bring a block by now. */
  isDue(height: number): boolean {
    const place = this.#place();
    if (place === undefined) return false;
    const since = this.#signed.get(height) ?? this.#began;
    return this.#now() >= since + turnOf(place, this.#chainId, height) * this.#turnTime;
  }
}

/** Of how many blocks it is known when they were signed; those before have long been everybody's. */
const REMEMBERED = 10_000;
