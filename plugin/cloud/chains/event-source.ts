import { toBytes } from "../../contracts/abi-words.ts";
import { isBefore, type OrderedEvent, type Place } from "../replication/event.ts";
import type { RpcLog } from "../../chain/evm-chain.ts";
import { readRequested } from "./requested-log.ts";
import { topicOf, type ServedChain } from "./served-chain.ts";
import { filtersOf, placed, Subscriptions, type Subscription } from "./subscriptions.ts";

/** Most blocks that one `eth_getLogs` asks for; public nodes refuse more, and fewer when they hold many logs. */
const BLOCKS_PER_CALL = 2_000n;

/** Most addresses and most topics that one `eth_getLogs` names: geth and erigon refuse more than 1,000 of either. */
const ADDRESSES_PER_CALL = 500;

/**
 * How many logs in a row may be passed over, because the cloud knows none of the programs subscribed to them, until one is given
 * all the same, for no program, so that a block takes the cursor past them and nobody can fill memory with what leads to nothing.
 */
const MOST_PASSED_OVER = 256;

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
  readonly #addressesPerCall: number;
  #subscriptions = new Subscriptions();
  #scanned: bigint;
  /** Blocks that the next call asks for. */
  #span = BLOCKS_PER_CALL;
  /** Logs among them name all programs that have paid for them, the furthest ahead first. */
  #events: OrderedEvent[] = [];
  #scanning: Promise<void> | undefined;

  /** @param addressesPerCall most addresses, and most topics, in one `eth_getLogs`; what the chain's provider takes */
  constructor(served: ServedChain, cloudId: string, addressesPerCall = ADDRESSES_PER_CALL) {
    this.served = served;
    this.#addressesPerCall = addressesPerCall;
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
    this.#drop(cursor);
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
    return events;
  }

  /** Forgets everything and looks again from the suite's deployment; after a simulated chain was reverted. */
  reset(): void {
    this.served.chain.forget();
    this.#subscriptions = new Subscriptions();
    this.#events = [];
    this.#scanned = this.served.deployedAt - 1n;
  }

  /** Forgets the events up to `cursor`. */
  #drop(cursor: Place | undefined): void {
    if (cursor === undefined) return;
    const next = this.#events.findIndex((event) => isBefore(cursor, event.place));
    this.#events = next === -1 ? [] : this.#events.slice(next);
  }

  /**
   * Reads the next blocks up to `head`; fewer when the provider refuses them as too many, or as holding too many logs. Of what
   * comes up to the cursor, as all does that a restarted node had seen, only subscriptions matter.
   */
  async #scan(head: bigint, cursor: Place | undefined): Promise<void> {
    const from = this.#scanned + 1n;
    const to = head - from >= this.#span ? from + this.#span - 1n : head;
    // Changed only when all of the range has been read: a provider may fail half way.
    const subscriptions = new Subscriptions(this.#subscriptions);
    let events: OrderedEvent[];
    try {
      events = await this.#read(from, to, subscriptions, cursor);
    } catch (error) {
      // Fewer blocks help against too many logs; against a limit of calls, or an outage, they would be more calls.
      if (from === to || !isTooMuch(error)) throw error;
      this.#span = (to - from + 1n) / 2n;
      return;
    }
    this.#events = this.#events.concat(events);
    this.#subscriptions = subscriptions;
    this.#scanned = to;
    this.#span = this.#span * 2n < BLOCKS_PER_CALL ? this.#span * 2n : BLOCKS_PER_CALL;
  }

  async #read(
    from: bigint,
    to: bigint,
    followed: Subscriptions,
    cursor: Place | undefined,
  ): Promise<OrderedEvent[]> {
    const { chain, gateway, subscriptions, committees, isHome } = this.served;
    const suite = [gateway.address, subscriptions.address, ...(isHome ? [committees.address] : [])];
    const own = [...(await chain.logs(suite, from, to))].sort(byPlace);
    const isPast = (log: RpcLog): boolean => cursor !== undefined && !isBefore(cursor, placeOf(log));
    for (const log of own.filter(isPast)) this.#followIfOurs(log, followed);
    if (cursor !== undefined && to < cursor.block) return [];
    // What came before the cursor is known already: nothing there is asked for, nor what had expired by then.
    const first = cursor !== undefined && from < cursor.block ? cursor.block : from;
    const ahead = own.filter((log) => !isPast(log));
    const asked = await this.#askedFor(ahead, followed, first);
    const foreign: RpcLog[] = [];
    for (const { addresses, topics } of filtersOf(asked, this.#addressesPerCall)) {
      foreign.push(...(await chain.logs(addresses, first, to, [topics])));
    }
    const seen = new Map(
      [...ahead, ...foreign].map((log) => [`${BigInt(log.blockNumber)}:${BigInt(log.logIndex)}`, log]),
    );
    const wanted = new Set(asked.map(({ emitter, topic0 }) => `${emitter}:${topic0}`));
    const isWanted = ({ address, topics }: RpcLog): boolean => wanted.has(`${lower(address)}:${topics[0]}`);
    const events: OrderedEvent[] = [];
    for (const log of [...seen.values()].filter((one) => !isPast(one)).sort(byPlace)) {
      const event = await this.#interpret(log, followed, isWanted(log));
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /**
   * The subscriptions that may count for logs from block `from` on: what was paid then, and what is made or paid within the range,
   * of which `own` tells.
   */
  async #askedFor(own: readonly RpcLog[], followed: Subscriptions, from: bigint): Promise<Subscription[]> {
    const { chain } = this.served;
    const paid = followed.isEmpty ? [] : followed.paidAt(await chain.timestamp(from));
    const within = new Subscriptions(followed);
    const changed = own.map((log) => within.get(this.#followIfOurs(log, within) ?? ""));
    return [...paid, ...changed.filter((one) => one !== undefined)];
  }

  /** What a log means to the cloud, if anything. Logs come in order, so subscriptions are what they were then. */
  async #interpret(
    log: RpcLog,
    followed: Subscriptions,
    isWanted: boolean,
  ): Promise<OrderedEvent | undefined> {
    const { chain, committees, isHome, chainId } = this.served;
    const place = placeOf(log);
    const origin = async () => ({ chainId, place, timestamp: await chain.timestamp(place.block) });

    const [topic0, , cloudId] = log.topics;
    if (topic0 === this.#requested && lower(log.address) === this.#gateway && this.#isOurs(cloudId!)) {
      return { kind: "request", ...(await origin()), ...readRequested(log) };
    }
    if (this.#followIfOurs(log, followed) !== undefined) return undefined;
    const registry = isHome ? committees.parse(log) : undefined;
    if (registry?.name === "EpochActivated" && this.#isOurs(registry.args["cloudId"])) {
      return { kind: "epoch", ...(await origin()), epoch: registry.args["epoch"] };
    }
    if (!isWanted) return undefined;
    const where = await origin();
    const programIds = followed.programsOf(lower(log.address), topic0!, where.timestamp);
    if (programIds.length === 0) return undefined;
    const { topics, data } = log;
    return { kind: "log", ...where, programIds, emitter: lower(log.address), topics, data: toBytes(data) };
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
    if (event.kind === "log" && programIds.length === 0 && ++passed < MOST_PASSED_OVER) continue;
    passed = 0;
    taken.push(event.kind === "log" ? { ...event, programIds } : event);
  }
  return taken;
}

/** Whether a provider refuses a range of blocks for its size, or for what it holds, in the words of nodes and services. */
export function isTooMuch(error: unknown): boolean {
  const { message } = error as Error;
  return TOO_MUCH.test(message) && !TOO_OFTEN.test(message);
}

const TOO_MUCH = new RegExp(
  [
    "more than [\\d,]+ (results|logs)|too many (results|logs)|(result|response)s? (size|set)|response is too (big|large)",
    "block range|blocks? (distance|count)|max(imum)? range|range (is )?too (wide|large)|too wide|limited to an? [\\d,]+",
    "query time(d )?out|query timeout exceeded",
  ].join("|"),
  "i",
);
const TOO_OFTEN = /429|rate.?limit|too many requests|per second|beyond current head/i;

function placeOf(log: RpcLog): Place {
  return { block: BigInt(log.blockNumber), logIndex: Number(log.logIndex) };
}

function byPlace(a: RpcLog, b: RpcLog): number {
  return isBefore(placeOf(a), placeOf(b)) ? -1 : 1;
}

function lower(address: string): string {
  return address.toLowerCase();
}
