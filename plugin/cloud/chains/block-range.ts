import { toQuantity } from "ethers";

import { LogsBloom } from "../../chain/bloom.ts";
import type { Eip1193, RpcHeader, RpcLog } from "../../chain/evm-chain.ts";
import type { LogFilter } from "./subscriptions.ts";

/** Blocks asked about at once. */
const AT_ONCE = 16;

/** A block that is known by its hash, not by its number alone. */
export interface BlockId {
  readonly number: bigint;
  readonly hash: string;
}

/** A range of blocks whose logs can be asked for. */
export interface LogRange {
  /** All logs that the filter names, in the chain's order, from the range's first block on unless another is given. */
  logs(filter: LogFilter, from?: bigint): Promise<RpcLog[]>;
  /** Unix time of a block of the range, in seconds. */
  timestamp(block: bigint): Promise<bigint>;
  /** The range's last block; undefined where blocks are not looked at. */
  last(): Promise<BlockId | undefined>;
}

/** What an endpoint answered contradicts itself, its headers, or another endpoint; nothing of it was taken. */
export class WrongAnswerError extends Error {
  override readonly name = "WrongAnswerError";
}

/** Blocks do not follow those that were read before: the chain was reorganised below its finality, or this is another chain. */
export class ReorganisedError extends Error {
  override readonly name = "ReorganisedError";
}

/**
 * The blocks [from, to] of a chain as one endpoint has them, whose logs are not believed before they are seen to be whole.
 *
 * An endpoint is often many machines, some of which lag, and nodes cut answers short without a word. So an answer has to be in the
 * range and of what was asked for, in order, each log in the block that the header names. Blocks whose bloom may hold such logs, or
 * that logs came from, are then read again each by its hash, which only a machine that has the block can answer. A bloom that is missing or
 * all zero says nothing, so with it every block that has transactions is read again. If there is a second endpoint, it is asked for the
 * same range, and for the blocks read again. Where two answers differ, a block is read a second time, and counts when both readings agree and lack
 * nothing that any answer had. A second endpoint that is away says nothing, unless it is needed: then nothing is believed without it.
 */
export class BlockRange implements LogRange {
  readonly #endpoint: Eip1193;
  readonly #witness: Eip1193 | undefined;
  readonly #from: bigint;
  readonly #to: bigint;
  readonly #before: BlockId | undefined;
  readonly #isWitnessNeeded: boolean;
  readonly #seen: BlockId | undefined;
  #headers: Promise<RpcHeader[]> | undefined;

  /**
   * @param before the block before `from`, as it was read; undefined when none has been
   * @param seen a final block from `from` on, or after the range, as it was read once; undefined when none has been
   */
  constructor(
    endpoint: Eip1193,
    witness: Eip1193 | undefined,
    range: {
      readonly from: bigint;
      readonly to: bigint;
      readonly before: BlockId | undefined;
      readonly isWitnessNeeded?: boolean;
      readonly seen?: BlockId | undefined;
    },
  ) {
    this.#endpoint = endpoint;
    this.#witness = witness;
    this.#from = range.from;
    this.#to = range.to;
    this.#before = range.before;
    this.#isWitnessNeeded = range.isWitnessNeeded ?? false;
    this.#seen = range.seen;
  }

  /** The last block. @throws WrongAnswerError, ReorganisedError */
  async last(): Promise<BlockId> {
    return { number: this.#to, hash: (await this.#checkedHeaders()).at(-1)!.hash };
  }

  /** Unix time of a block, in seconds. */
  async timestamp(block: bigint): Promise<bigint> {
    return BigInt((await this.#checkedHeaders())[Number(block - this.#from)]!.timestamp);
  }

  /**
   * The logs of the blocks [from, to] that the filter names, all of them, in the chain's order.
   *
   * @param from within the range
   * @throws WrongAnswerError, ReorganisedError, and what the endpoint fails with
   */
  async logs(filter: LogFilter, from = this.#from): Promise<RpcLog[]> {
    const range = { fromBlock: toQuantity(from), toBlock: toQuantity(this.#to) };
    // First: a range that is too much for the endpoint must not cost its headers as well.
    const answer = await ask(this.#endpoint, filter, range);
    const headers = (await this.#checkedHeaders()).slice(Number(from - this.#from));
    const blocks = this.#byBlock(answer, filter, headers);
    const witnessed = await this.#witnessed(filter, range, headers);
    const whole = await eachOf(headers, async (header, i) => {
      const answers = [blocks[i]!, ...(witnessed === undefined ? [] : [witnessed[i]!])];
      const isQuiet = answers.every((logs) => logs.length === 0) && !mayHold(header, filter);
      return isQuiet ? [] : this.#readAgain(filter, header, answers);
    });
    return whole.flat();
  }

  /** What the second endpoint says of a range; undefined when it says nothing. */
  async #witnessed(
    filter: LogFilter,
    range: Record<string, string>,
    headers: readonly RpcHeader[],
  ): Promise<RpcLog[][] | undefined> {
    if (this.#witness === undefined) return undefined;
    try {
      return this.#byBlock(await ask(this.#witness, filter, range), filter, headers);
    } catch (error) {
      // A witness that contradicts the headers is a disagreement; one that is away is none.
      if (error instanceof WrongAnswerError || this.#isWitnessNeeded) throw error;
      return undefined;
    }
  }

  /** One block's logs by its hash, until two answers in a row agree. */
  async #readAgain(
    filter: LogFilter,
    header: RpcHeader,
    answers: readonly (readonly RpcLog[])[],
  ): Promise<RpcLog[]> {
    const first =
      (await this.#ofBlock(this.#witness, filter, header, this.#isWitnessNeeded)) ??
      (await this.#ofBlock(this.#endpoint, filter, header, true));
    if (answers.every((answer) => isSame(answer, first!))) return first!;
    const second = await this.#ofBlock(this.#endpoint, filter, header, true);
    const isWhole = answers.every((answer) =>
      answer.every((log) => second!.some((one) => isSame([one], [log]))),
    );
    if (isSame(first!, second!) && isWhole) return second!;
    throw new WrongAnswerError(
      `Answers about the logs of block ${BigInt(header.number)} differ. Look at the chain's endpoints if it goes on.`,
    );
  }

  async #ofBlock(
    endpoint: Eip1193 | undefined,
    filter: LogFilter,
    header: RpcHeader,
    isLast = false,
  ): Promise<RpcLog[] | undefined> {
    if (endpoint === undefined) return undefined;
    try {
      const answer = await ask(endpoint, filter, { blockHash: header.hash });
      return this.#byBlock(answer, filter, [header])[0]!;
    } catch (error) {
      if (isLast || error instanceof WrongAnswerError) throw error;
      return undefined;
    }
  }

  /** An answer's logs by block. @throws WrongAnswerError when some were not asked for, or come twice or out of order */
  #byBlock(answer: unknown, { addresses, topics }: LogFilter, headers: readonly RpcHeader[]): RpcLog[][] {
    if (!Array.isArray(answer)) throw new WrongAnswerError("An answer to eth_getLogs is no list.");
    const at = new Set(addresses.map((one) => one.toLowerCase()));
    const about = new Set(topics.map((one) => one.toLowerCase()));
    const first = BigInt(headers[0]!.number);
    const blocks: RpcLog[][] = headers.map(() => []);
    let last = { block: -1n, logIndex: -1n };
    for (const log of answer as RpcLog[]) {
      const [block, logIndex] = [BigInt(log.blockNumber), BigInt(log.logIndex)];
      const where = `log ${logIndex} of block ${block}`;
      const header = headers[Number(block - first)];
      if (header === undefined)
        throw new WrongAnswerError(`An endpoint gave ${where}, outside of what was asked.`);
      const isAsked =
        at.has(log.address.toLowerCase()) && (about.size === 0 || about.has(String(log.topics[0])));
      if (!isAsked) throw new WrongAnswerError(`An endpoint gave ${where}, which is not what was asked for.`);
      if (log.blockHash.toLowerCase() !== header.hash.toLowerCase()) {
        throw new WrongAnswerError(`An endpoint gave ${where} on another branch than the block's header.`);
      }
      if (block < last.block || (block === last.block && logIndex <= last.logIndex)) {
        throw new WrongAnswerError(`An endpoint gave ${where} twice, or out of order.`);
      }
      last = { block, logIndex };
      blocks[Number(block - first)]!.push(log);
    }
    return blocks;
  }

  #checkedHeaders(): Promise<RpcHeader[]> {
    return (this.#headers ??= this.#readHeaders());
  }

  /** The headers of the range, each the parent of the next, the first a child of the block that was read before. */
  async #readHeaders(): Promise<RpcHeader[]> {
    const numbers = Array.from(
      { length: Number(this.#to - this.#from) + 1 },
      (_, i) => this.#from + BigInt(i),
    );
    const headers = await eachOf(numbers, async (number) => this.#header(number));
    let parent = this.#before?.hash;
    for (const { number, hash, parentHash } of headers) {
      if (parent !== undefined && parentHash.toLowerCase() !== parent.toLowerCase()) {
        throw new ReorganisedError(
          `Block ${BigInt(number)} does not follow block ${BigInt(number) - 1n} as it was read (${parent}): the chain was ` +
            "reorganised below its finality, or the endpoint is on another branch. Nothing is read from there until blocks fit again.",
        );
      }
      parent = hash;
    }
    await this.#requireSeen(headers);
    return headers;
  }

  /** A restarted node reads anew what another branch may have from the beginning: a block that it saw tells them apart. */
  async #requireSeen(headers: readonly RpcHeader[]): Promise<void> {
    if (this.#seen === undefined) return;
    const { number, hash } = this.#seen;
    const found = headers[Number(number - this.#from)] ?? (await this.#header(number));
    if (found.hash.toLowerCase() === hash.toLowerCase()) return;
    throw new ReorganisedError(
      `Block ${number} is another one than it was when it was final (${hash}): the chain was reorganised below its finality, or ` +
        "the endpoint is on another branch. Nothing is read from there until blocks fit again.",
    );
  }

  async #header(number: bigint): Promise<RpcHeader> {
    const params = [toQuantity(number), false];
    const header = (await this.#endpoint.request({
      method: "eth_getBlockByNumber",
      params,
    })) as RpcHeader | null;
    if (header === null)
      throw new WrongAnswerError(`An endpoint lags: it does not have block ${number} yet.`);
    if (BigInt(header.number) !== number) {
      throw new WrongAnswerError(`An endpoint gave block ${BigInt(header.number)} for block ${number}.`);
    }
    return header;
  }
}

/** What `action` makes of each item, of a few at once. */
async function eachOf<T, U>(
  items: readonly T[],
  action: (item: T, index: number) => Promise<U>,
): Promise<U[]> {
  const results: U[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const some = items.slice(at, at + AT_ONCE).map(async (item, i) => action(item, at + i));
    results.push(...(await Promise.all(some)));
  }
  return results;
}

async function ask(
  endpoint: Eip1193,
  { addresses, topics }: LogFilter,
  where: Record<string, string>,
): Promise<unknown> {
  const filter = { address: addresses, topics: topics.length === 0 ? [] : [topics], ...where };
  return endpoint.request({ method: "eth_getLogs", params: [filter] });
}

/** Whether a block may hold logs that the filter names, by its header. */
function mayHold({ logsBloom, transactions }: RpcHeader, { addresses, topics }: LogFilter): boolean {
  const bloom = LogsBloom.parse(logsBloom);
  return bloom === undefined ? transactions.length > 0 : bloom.mayHold(addresses, topics);
}

function isSame(a: readonly RpcLog[], b: readonly RpcLog[]): boolean {
  return a.length === b.length && a.every((log, i) => contentOf(log) === contentOf(b[i]!));
}

function contentOf({ address, topics, data, blockHash, logIndex }: RpcLog): string {
  return [address, ...topics, data, blockHash, BigInt(logIndex)].join().toLowerCase();
}
