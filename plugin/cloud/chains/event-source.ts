import { toBytes } from "../../contracts/abi-words.ts";
import { isBefore, type Funds, type OrderedEvent, type Place } from "../replication/event.ts";
import type { RpcLog } from "../../chain/evm-chain.ts";
import { failureOf } from "../../chain/provider-failure.ts";
import { BlockRange, type BlockId, type LogRange } from "./block-range.ts";
import { DevelopmentRange } from "./development-range.ts";
import { readRequested } from "./requested-log.ts";
import type { ScanRecord } from "./scan-record.ts";
import { topicOf, type ServedChain } from "./served-chain.ts";
import { filtersOf, placed, Subscriptions, type Subscription } from "./subscriptions.ts";

/** How a chain's endpoints are asked. */
export interface Reading {
  /** Most blocks that one `eth_getLogs` asks for; public nodes refuse more, and fewer when they hold many logs. */
  readonly blocksPerCall: bigint;
  /** Most addresses and most topics that one `eth_getLogs` names: geth and erigon refuse more than 1,000 of either. */
  readonly addressesPerCall: number;
  /** How many endpoints must give the same logs. With 1, a second one is asked and must agree, but may be away. */
  readonly quorum: 1 | 2;
}

const READING: Reading = { blocksPerCall: 2_000n, addressesPerCall: 500, quorum: 1 };

/** Scans in a row that the provider took, after which twice as many blocks are asked for again. */
const CALM_SCANS = 16;

/** Blocks after which the scan is saved again: a restarted node reads no more than these anew, and what waits. */
const SAVED_EVERY = 32n;

/**
 * How many logs in a row may be passed over, because the cloud knows none of the programs subscribed to them, until one is given
 * all the same, for no program, so that a block takes the cursor past them and nobody can fill memory with what leads to nothing.
 */
const MOST_PASSED_OVER = 256;

/** The outbox's events that give a program something for its calls, and where in them it says how much. */
const FUNDS: ReadonlyMap<string, string> = new Map([
  ["Funded", "amount"],
  ["Executed", "unspent"],
]);

/**
 * One node's view of one served chain: the events for its cloud, in the chain's order, below the chain's finality.
 *
 * Every node has its own, with a provider of its own choice; that is what makes agreement on events mean something.
 */
export class EventSource {
  readonly served: ServedChain;
  readonly #cloudId: string;
  /** The gateway's address and its event's first topic. */
  readonly #gateway: string;
  readonly #requested: string;
  readonly #reading: Reading;
  #subscriptions = new Subscriptions();
  #scanned: bigint;
  /** The last scanned block, which the next one has to follow. */
  #tip: BlockId | undefined;
  /** The newest block that was read, in this life or one before. */
  #seen: BlockId | undefined;
  /** Blocks that the next call asks for, and how many calls in a row of so many the provider took. */
  #span: bigint;
  #calm = 0;
  /** Which of the chain's endpoints answered last. */
  #endpoint = 0;
  /** Logs among them name all programs that have paid for them, the furthest ahead first. */
  #events: OrderedEvent[] = [];
  #scanning: Promise<void> | undefined;
  readonly #record: ScanRecord | undefined;
  #isRestored = false;
  #isDoubted = false;
  /** Ends of scans that are not saved, with what was subscribed to by then; oldest first. */
  #marks: Mark[] = [];
  #saved = -SAVED_EVERY;

  /**
   * @param reading 2,000 blocks and 500 addresses per call and a quorum of 1, unless given
   * @param record where the scan is kept, to go on from there after a restart; kept nowhere unless given
   * @throws RangeError when the chain has fewer endpoints than must agree
   */
  constructor(served: ServedChain, cloudId: string, reading: Partial<Reading> = {}, record?: ScanRecord) {
    this.#record = record;
    this.served = served;
    this.#reading = { ...READING, ...reading };
    this.#span = this.#reading.blocksPerCall;
    const { length } = served.chain.endpoints;
    if (length < this.#reading.quorum) {
      throw new RangeError(
        `Chain ${served.chainId} has ${length} endpoint, and ${this.#reading.quorum} must agree.`,
      );
    }
    this.#cloudId = cloudId.toLowerCase();
    this.#gateway = lower(served.gateway.address);
    this.#requested = topicOf(served.gateway.abi, "Requested");
    this.#scanned = served.deployedAt - 1n;
  }

  /**
   * The final events after `cursor` that this node knows of, at most `limit`, after looking for new ones if it needs any.
   *
   * @param knows the programs that the cloud has at the height after which the events come, hence the same on all nodes; a log
   * that is for none of them is passed over
   */
  async after(
    cursor: Place | undefined,
    limit: number,
    knows: (programId: string) => boolean = () => true,
  ): Promise<OrderedEvent[]> {
    // What is being read would follow what is forgotten.
    if (this.#isDoubted && this.#scanning === undefined) {
      this.#forget();
      this.#isDoubted = this.#isRestored = false;
    }
    this.#restore(cursor);
    this.#drop(cursor);
    await this.#save(cursor);
    const head = await this.served.chain.finalHead();
    let events = given(this.#events, limit, knows);
    // No further than needed: what a hostile contract logs waits on its chain, not in memory.
    while (events.length < limit && this.#scanned < head) {
      // Two scans at once would see every event twice.
      this.#scanning ??= this.#scan(head, cursor).finally(() => (this.#scanning = undefined));
      await this.#scanning;
      this.#drop(cursor);
      events = given(this.#events, limit, knows);
    }
    await this.#save(cursor);
    return events;
  }

  /** Forgets everything and looks again from the suite's deployment; after a simulated chain was reverted. */
  async reset(): Promise<void> {
    this.served.chain.forget();
    this.#forget();
    this.#seen = undefined;
    this.#isRestored = true;
    await this.#record?.forget();
  }

  /** Has everything after the saved scan be read once more: others see something else, and what an endpoint said may not have been so. */
  doubt(): void {
    this.#isDoubted = true;
  }

  #forget(): void {
    this.#subscriptions = new Subscriptions();
    this.#events = [];
    this.#scanned = this.served.deployedAt - 1n;
    this.#tip = undefined;
    this.#marks = [];
    this.#saved = -SAVED_EVERY;
  }

  /** Goes on from where the scan was saved, once. */
  #restore(cursor: Place | undefined): void {
    if (this.#isRestored) return;
    this.#isRestored = true;
    this.#seen ??= this.#record?.seen;
    const state = this.#record?.load(cursor);
    if (state === undefined) return;
    this.#scanned = this.#saved = state.block;
    this.#tip = state.hash === undefined ? undefined : { number: state.block, hash: state.hash };
    const { blocksPerCall } = this.#reading;
    this.#span = state.span < blocksPerCall ? state.span : blocksPerCall;
    this.#subscriptions = Subscriptions.of(state.subscriptions);
  }

  /** Saves the last scan up to whose end all events are in the cloud's blocks, which end at `cursor` and are on disk. */
  async #save(cursor: Place | undefined): Promise<void> {
    if (this.#record === undefined) return;
    const [waiting] = this.#events;
    const isTaken = ({ block }: Mark): boolean => waiting === undefined || block < waiting.place.block;
    const last = this.#marks.findLastIndex(isTaken);
    if (last === -1) return;
    const { block, tip, subscriptions } = this.#marks[last]!;
    if (block < this.#saved + SAVED_EVERY) return;
    this.#marks = this.#marks.slice(last + 1);
    this.#saved = block;
    const entries = subscriptions.entries;
    await this.#record.save({ block, hash: tip?.hash, span: this.#span, cursor, subscriptions: entries });
  }

  /** Forgets the events up to `cursor`. */
  #drop(cursor: Place | undefined): void {
    if (cursor === undefined) return;
    const next = this.#events.findIndex((event) => isBefore(cursor, event.place));
    this.#events = next === -1 ? [] : this.#events.slice(next);
  }

  /**
   * Reads the next blocks up to `head`, from the next endpoint where one fails; fewer when they are refused as too many, or as
   * holding too many logs.
   */
  async #scan(head: bigint, cursor: Place | undefined): Promise<void> {
    const from = this.#scanned + 1n;
    const to = head - from >= this.#span ? from + this.#span - 1n : head;
    const { endpoints } = this.served.chain;
    let failure: unknown;
    for (let tried = 0; tried < endpoints.length; tried++) {
      const endpoint = (this.#endpoint + tried) % endpoints.length;
      try {
        await this.#scanThrough(endpoint, from, to, cursor);
        this.#endpoint = endpoint;
        return;
      } catch (error) {
        // Fewer blocks help against too many logs; against a limit of calls, or an outage, they would be more calls.
        if (from < to && failureOf(error) === "too much") {
          this.#span = (to - from + 1n) / 2n;
          this.#calm = 0;
          return;
        }
        failure ??= error;
      }
    }
    throw failure;
  }

  /** Takes what comes in the blocks [from, to] as one endpoint has them, or nothing when it fails on the way. */
  async #scanThrough(endpoint: number, from: bigint, to: bigint, cursor: Place | undefined): Promise<void> {
    const { chain, isDevelopment } = this.served;
    const { [endpoint]: asked, [(endpoint + 1) % chain.endpoints.length]: next } = chain.endpoints;
    const range = isDevelopment
      ? new DevelopmentRange(chain, from, to)
      : new BlockRange(asked!, next === asked ? undefined : next, {
          from,
          to,
          before: this.#tip,
          isWitnessNeeded: this.#reading.quorum > 1,
          ...(this.#seen !== undefined && this.#seen.number >= from && { seen: this.#seen }),
        });
    const subscriptions = new Subscriptions(this.#subscriptions);
    const events = await this.#read(range, from, to, subscriptions, cursor);
    const tip = await range.last();
    await this.#see(tip);
    this.#tip = tip;
    this.#events = this.#events.concat(events);
    this.#subscriptions = subscriptions;
    this.#scanned = to;
    if (this.#record !== undefined) this.#mark({ block: to, tip: this.#tip, subscriptions });
    const { blocksPerCall } = this.#reading;
    if (this.#span < blocksPerCall && ++this.#calm >= CALM_SCANS) {
      this.#calm = 0;
      this.#span = this.#span * 2n < blocksPerCall ? this.#span * 2n : blocksPerCall;
    }
  }

  async #see(tip: BlockId | undefined): Promise<void> {
    if (tip === undefined || (this.#seen !== undefined && tip.number <= this.#seen.number)) return;
    await this.#record?.see(tip);
    this.#seen = tip;
  }

  /** Of the ends of scans since the last waiting event, the last is enough. */
  #mark(mark: Mark): void {
    const waiting = this.#events.at(-1);
    const previous = this.#marks.at(-1);
    if (previous !== undefined && (waiting === undefined || previous.block >= waiting.place.block))
      this.#marks.pop();
    this.#marks.push(mark);
  }

  /** The events of a range. Of what comes up to the cursor, as all does that a restarted node had seen, only subscriptions matter. */
  async #read(
    range: LogRange,
    from: bigint,
    to: bigint,
    followed: Subscriptions,
    cursor: Place | undefined,
  ): Promise<OrderedEvent[]> {
    const { gateway, subscriptions, committees, outbox, callGasPrice, isHome } = this.served;
    const suite = [
      gateway.address,
      subscriptions.address,
      ...(isHome ? [committees.address] : []),
      ...(callGasPrice > 0n ? [outbox.address] : []),
    ];
    const own = await range.logs({ addresses: suite, topics: [] });
    const isPast = (log: RpcLog): boolean => cursor !== undefined && !isBefore(cursor, placeOf(log));
    for (const log of own.filter(isPast)) this.#followIfOurs(log, followed);
    if (cursor !== undefined && to < cursor.block) return [];
    // What came before the cursor is known already: nothing there is asked for, nor what had expired by then.
    const first = cursor !== undefined && from < cursor.block ? cursor.block : from;
    const ahead = own.filter((log) => !isPast(log));
    const asked = await this.#askedFor(range, ahead, followed, first);
    const foreign: RpcLog[] = [];
    for (const filter of filtersOf(asked, this.#reading.addressesPerCall)) {
      foreign.push(...(await range.logs(filter, first)));
    }
    const seen = new Map(
      [...ahead, ...foreign].map((log) => [`${BigInt(log.blockNumber)}:${BigInt(log.logIndex)}`, log]),
    );
    const wanted = new Set(asked.map(({ emitter, topic0 }) => `${emitter}:${topic0}`));
    const isWanted = ({ address, topics }: RpcLog): boolean => wanted.has(`${lower(address)}:${topics[0]}`);
    const events: OrderedEvent[] = [];
    for (const log of [...seen.values()].filter((one) => !isPast(one)).sort(byPlace)) {
      const event = await this.#interpret(range, log, followed, isWanted(log));
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /**
   * The subscriptions that may count for logs from block `from` on: what was paid then, and what is made or paid within the range,
   * of which `own` tells.
   */
  async #askedFor(
    range: LogRange,
    own: readonly RpcLog[],
    followed: Subscriptions,
    from: bigint,
  ): Promise<Subscription[]> {
    const paid = followed.isEmpty ? [] : followed.paidAt(await range.timestamp(from));
    const within = new Subscriptions(followed);
    const changed = own.map((log) => within.get(this.#followIfOurs(log, within) ?? ""));
    return [...paid, ...changed.filter((one) => one !== undefined)];
  }

  /** What a log means to the cloud, if anything. Logs come in order, so subscriptions are what they were then. */
  async #interpret(
    range: LogRange,
    log: RpcLog,
    followed: Subscriptions,
    isWanted: boolean,
  ): Promise<OrderedEvent | undefined> {
    const { committees, isHome, chainId } = this.served;
    const place = placeOf(log);
    const origin = async () => ({ chainId, place, timestamp: await range.timestamp(place.block) });

    const [topic0, , cloudId] = log.topics;
    if (topic0 === this.#requested && lower(log.address) === this.#gateway && this.#isOurs(cloudId!)) {
      return { kind: "request", ...(await origin()), ...readRequested(log) };
    }
    if (this.#followIfOurs(log, followed) !== undefined) return undefined;
    const registry = isHome ? committees.parse(log) : undefined;
    if (registry?.name === "EpochActivated" && this.#isOurs(registry.args["cloudId"])) {
      return { kind: "epoch", ...(await origin()), epoch: registry.args["epoch"] };
    }
    const funds = this.#fundsIn(log);
    if (!isWanted && funds === undefined) return undefined;
    const where = await origin();
    const programIds = isWanted ? followed.programsOf(lower(log.address), topic0!, where.timestamp) : [];
    if (programIds.length === 0) return funds && { kind: "funds", ...where, ...funds };
    const { topics, data } = log;
    const content = { emitter: lower(log.address), topics, data: toBytes(data) };
    return { kind: "log", ...where, programIds, ...content, ...(funds && { funds }) };
  }

  /** What a log of the outbox says a program of this cloud has more for its calls, if anything. */
  #fundsIn(log: RpcLog): Funds | undefined {
    const { outbox, callGasPrice } = this.served;
    const said = callGasPrice === 0n ? undefined : outbox.parse(log);
    if (said === undefined || !FUNDS.has(said.name) || !this.#isOurs(said.args["cloudId"])) return undefined;
    const amount = said.args[FUNDS.get(said.name)!] as bigint;
    return amount === 0n ? undefined : { programId: lower(said.args["programId"]), amount };
  }

  /** Notes what a log says of a subscription of this cloud. @returns that subscription's id, if it says anything */
  #followIfOurs(log: RpcLog, followed: Subscriptions): string | undefined {
    const said = this.served.subscriptions.parse(log);
    if (said === undefined || !this.#isOurs(said.args["cloudId"])) return undefined;
    followed.follow(said.name, said.args.toObject());
    return said.args["subscriptionId"] as string;
  }

  #isOurs(cloudId: string): boolean {
    return cloudId.toLowerCase() === this.#cloudId;
  }
}

/** The end of a scan. */
interface Mark {
  readonly block: bigint;
  readonly tip: BlockId | undefined;
  readonly subscriptions: Subscriptions;
}

/** The first of these events that lead to anything, at most `limit`, with logs for the programs that have a place. */
function given(
  events: readonly OrderedEvent[],
  limit: number,
  knows: (programId: string) => boolean,
): OrderedEvent[] {
  const known = new Map<string, boolean>();
  const knowsOnce = (programId: string): boolean => {
    if (!known.has(programId)) known.set(programId, knows(programId));
    return known.get(programId)!;
  };
  const taken: OrderedEvent[] = [];
  let passed = 0;
  for (const event of events) {
    if (taken.length >= limit) break;
    const programIds = event.kind === "log" ? placed(event.programIds, knowsOnce) : [];
    const isForNobody = event.kind === "log" && programIds.length === 0 && event.funds === undefined;
    if (isForNobody && ++passed < MOST_PASSED_OVER) continue;
    passed = 0;
    taken.push(event.kind === "log" ? { ...event, programIds } : event);
  }
  return taken;
}

function placeOf(log: RpcLog): Place {
  return { block: BigInt(log.blockNumber), logIndex: Number(log.logIndex) };
}

function byPlace(a: RpcLog, b: RpcLog): number {
  return isBefore(placeOf(a), placeOf(b)) ? -1 : 1;
}

function lower(address: string): string {
  return address.toLowerCase();
}
