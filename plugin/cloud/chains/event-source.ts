import { toBytes } from "../../contracts/abi-words.ts";
import { PROGRAMS_PER_LOG } from "../replication/block-limits.ts";
import { isBefore, type OrderedEvent, type Place } from "../replication/event.ts";
import type { RpcLog } from "../../chain/evm-chain.ts";
import { readRequested } from "./requested-log.ts";
import { topicOf, type ServedChain } from "./served-chain.ts";

/** Most blocks that one `eth_getLogs` asks for; public nodes refuse more, and fewer when they hold many logs. */
const BLOCKS_PER_CALL = 2_000n;

interface Subscription {
  readonly programId: string;
  readonly emitter: string;
  readonly topic0: string;
  readonly paidUntil: bigint;
}

/** By id, in the order in which they were made. */
type Subscriptions = Map<string, Subscription>;

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
  #subscriptions: Subscriptions = new Map();
  #scanned: bigint;
  /** Blocks that the next call asks for. */
  #span = BLOCKS_PER_CALL;
  #events: OrderedEvent[] = [];
  #scanning: Promise<void> | undefined;

  constructor(served: ServedChain, cloudId: string) {
    this.served = served;
    this.#cloudId = cloudId.toLowerCase();
    this.#gateway = lower(served.gateway.address);
    this.#requested = topicOf(served.gateway.abi, "Requested");
    this.#scanned = served.deployedAt - 1n;
  }

  /** The final events after `cursor` that this node knows of, at most `limit`, after looking for new ones if it needs any. */
  async after(cursor: Place | undefined, limit: number): Promise<OrderedEvent[]> {
    this.#drop(cursor);
    const head = await this.served.chain.finalHead();
    // No further than needed: what a hostile contract logs waits on its chain, not in memory.
    while (this.#events.length < limit && this.#scanned < head) {
      // Two scans at once would see every event twice.
      this.#scanning ??= this.#scan(head, cursor).finally(() => (this.#scanning = undefined));
      await this.#scanning;
      this.#drop(cursor);
    }
    return this.#events.slice(0, limit);
  }

  /** Forgets everything and looks again from the suite's deployment; after a simulated chain was reverted. */
  reset(): void {
    this.served.chain.forget();
    this.#subscriptions = new Map();
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
   * Reads the next blocks up to `head`; fewer when the provider refuses, as it does when they hold too many logs. Of what
   * comes up to the cursor, as all does that a restarted node had seen, only subscriptions matter.
   */
  async #scan(head: bigint, cursor: Place | undefined): Promise<void> {
    const from = this.#scanned + 1n;
    const to = head - from >= this.#span ? from + this.#span - 1n : head;
    // Changed only when all of the range has been read: a provider may fail half way.
    const subscriptions = new Map(this.#subscriptions);
    let events: OrderedEvent[];
    try {
      events = await this.#read(from, to, subscriptions, cursor);
    } catch (error) {
      if (from === to) throw error;
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
    const own = await chain.logs(
      [gateway.address, subscriptions.address, ...(isHome ? [committees.address] : [])],
      from,
      to,
    );
    const isPast = (log: RpcLog): boolean => cursor !== undefined && !isBefore(cursor, placeOf(log));
    for (const log of own.filter(isPast).sort(byPlace)) this.#followIfOurs(log, followed);
    if (cursor !== undefined && to < cursor.block) return [];
    // Subscriptions made within the range count for logs behind them, so emitters are asked for after these are known.
    const asked = own.map((log) => subscriptions.parse(log)?.args["emitter"] as string | undefined);
    const emitters = new Set(
      [...[...followed.values()].map(({ emitter }) => emitter), ...asked.filter((e) => e !== undefined)].map(
        (emitter) => emitter.toLowerCase(),
      ),
    );
    const foreign = await chain.logs([...emitters], from, to);
    const seen = new Map(
      [...own, ...foreign].map((log) => [`${BigInt(log.blockNumber)}:${BigInt(log.logIndex)}`, log]),
    );
    const events: OrderedEvent[] = [];
    for (const log of [...seen.values()].filter((one) => !isPast(one)).sort(byPlace)) {
      const event = await this.#interpret(log, followed);
      if (event !== undefined) events.push(event);
    }
    return events;
  }

  /** What a log means to the cloud, if anything. Logs come in order, so subscriptions are what they were then. */
  async #interpret(log: RpcLog, followed: Subscriptions): Promise<OrderedEvent | undefined> {
    const { chain, committees, isHome, chainId } = this.served;
    const place = placeOf(log);
    const origin = async () => ({ chainId, place, timestamp: await chain.timestamp(place.block) });

    const [topic0, , cloudId] = log.topics;
    if (topic0 === this.#requested && lower(log.address) === this.#gateway && this.#isOurs(cloudId!)) {
      return { kind: "request", ...(await origin()), ...readRequested(log) };
    }
    if (this.#followIfOurs(log, followed)) return undefined;
    const registry = isHome ? committees.parse(log) : undefined;
    if (registry?.name === "EpochActivated" && this.#isOurs(registry.args["cloudId"])) {
      return { kind: "epoch", ...(await origin()), epoch: registry.args["epoch"] };
    }
    const asked = [...followed.values()].filter(
      ({ emitter, topic0: topic }) => emitter === lower(log.address) && topic === topic0,
    );
    if (asked.length === 0) return undefined;
    const where = await origin();
    const paid = asked.filter(({ paidUntil }) => where.timestamp < paidUntil);
    const first = [...new Set(paid.map(({ programId }) => programId))].slice(0, PROGRAMS_PER_LOG);
    const programIds = first.sort();
    if (programIds.length === 0) return undefined;
    const { topics, data } = log;
    return { kind: "log", ...where, programIds, emitter: lower(log.address), topics, data: toBytes(data) };
  }

  /** Notes what a log says of a subscription of this cloud. @returns whether it says anything */
  #followIfOurs(log: RpcLog, followed: Subscriptions): boolean {
    const said = this.served.subscriptions.parse(log);
    if (said === undefined || !this.#isOurs(said.args["cloudId"])) return false;
    follow(followed, said.name, said.args.toObject());
    return true;
  }

  #isOurs(cloudId: string): boolean {
    return cloudId.toLowerCase() === this.#cloudId;
  }
}

/** Applies an event of NexusSubscriptions.sol. */
function follow(followed: Subscriptions, name: string, args: Record<string, unknown>): void {
  const id = args["subscriptionId"] as string;
  const paidUntil = args["paidUntil"] as bigint;
  if (name === "Subscribed") {
    const { programId, emitter, topic0 } = args as Record<"programId" | "emitter" | "topic0", string>;
    followed.set(id, { programId, emitter: lower(emitter), topic0, paidUntil });
  } else if (name === "Extended") {
    const known = followed.get(id);
    if (known !== undefined) followed.set(id, { ...known, paidUntil });
  } else if (name === "Cancelled") {
    followed.delete(id);
  }
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
