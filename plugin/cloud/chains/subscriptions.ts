import { PROGRAMS_PER_LOG } from "../replication/block-limits.ts";

/** What logs to ask a provider for at once: those at one of `addresses` whose first topic is one of `topics`. */
export interface LogFilter {
  readonly addresses: readonly string[];
  readonly topics: readonly string[];
}

/** What a program is subscribed to; addresses and topics in lower case. */
export interface Subscription {
  readonly programId: string;
  readonly emitter: string;
  readonly topic0: string;
  /** First second at which it is no longer paid, as Unix time. */
  readonly paidUntil: bigint;
}

/**
 * A cloud's subscriptions on one chain, as the chain's logs up to some place say. One that has lapsed is in nobody's way: it is
 * asked for no more and holds no place, but is remembered, for somebody may pay for it again.
 */
export class Subscriptions {
  #byId = new Map<string, Subscription>();
  /** Whether another one began with the same map, which is copied before it is changed. */
  #isShared = false;

  constructor(known?: Subscriptions) {
    if (known === undefined) return;
    this.#byId = known.#byId;
    this.#isShared = known.#isShared = true;
  }

  /** Those with these ids. */
  static of(entries: Iterable<readonly [id: string, Subscription]>): Subscriptions {
    const subscriptions = new Subscriptions();
    for (const [id, one] of entries) subscriptions.#byId.set(id, one);
    return subscriptions;
  }

  /** All of them by their ids, lapsed ones too. */
  get entries(): readonly (readonly [id: string, Subscription])[] {
    return [...this.#byId];
  }

  /** Applies an event of NexusSubscriptions.sol. */
  follow(event: string, args: Record<string, unknown>): void {
    const id = args["subscriptionId"] as string;
    const paidUntil = args["paidUntil"] as bigint;
    if (this.#isShared) this.#byId = new Map(this.#byId);
    this.#isShared = false;
    if (event === "Subscribed") {
      const { programId, emitter, topic0 } = args as Record<"programId" | "emitter" | "topic0", string>;
      this.#byId.set(id, { programId, emitter: emitter.toLowerCase(), topic0, paidUntil });
    } else if (event === "Extended") {
      const known = this.#byId.get(id);
      if (known !== undefined) this.#byId.set(id, { ...known, paidUntil });
    } else if (event === "Cancelled") {
      this.#byId.delete(id);
    }
  }

  get(subscriptionId: string): Subscription | undefined {
    return this.#byId.get(subscriptionId);
  }

  get isEmpty(): boolean {
    return this.#byId.size === 0;
  }

  /** Those paid at `time`, in Unix seconds, or later. */
  paidAt(time: bigint): Subscription[] {
    return [...this.#byId.values()].filter(({ paidUntil }) => time < paidUntil);
  }

  /** Programs whose subscriptions to these logs are paid at `time`: first the one that is paid the furthest ahead. */
  programsOf(emitter: string, topic0: string, time: bigint): string[] {
    const until = new Map<string, bigint>();
    for (const one of this.#byId.values()) {
      if (one.emitter !== emitter || one.topic0 !== topic0 || one.paidUntil <= time) continue;
      const known = until.get(one.programId);
      if (known === undefined || known < one.paidUntil) until.set(one.programId, one.paidUntil);
    }
    return [...until].sort(byPayment).map(([programId]) => programId);
  }
}

/** The programs that have a place at a log: of those that the cloud knows, the ones paid the furthest ahead; ascending. */
export function placed(programs: readonly string[], knows: (programId: string) => boolean): string[] {
  return programs.filter(knows).slice(0, PROGRAMS_PER_LOG).sort();
}

/**
 * Filters that find all logs subscribed to, and others that have to be sorted out. None has more than `most` addresses, nor more
 * topics.
 */
export function filtersOf(subscriptions: readonly Subscription[], most: number): LogFilter[] {
  const topicsOf = new Map<string, Set<string>>();
  for (const { emitter, topic0 } of subscriptions) {
    topicsOf.set(emitter, (topicsOf.get(emitter) ?? new Set()).add(topic0));
  }
  const filters: LogFilter[] = [];
  let addresses = new Set<string>();
  let topics = new Set<string>();
  const close = (): void => {
    if (addresses.size > 0) filters.push({ addresses: [...addresses], topics: [...topics] });
    [addresses, topics] = [new Set(), new Set()];
  };
  for (const emitter of [...topicsOf.keys()].sort()) {
    for (const topic of topicsOf.get(emitter)!) {
      const isFull = addresses.size === most && !addresses.has(emitter);
      if (isFull || (topics.size === most && !topics.has(topic))) close();
      addresses.add(emitter);
      topics.add(topic);
    }
  }
  close();
  return filters;
}

/** Ids decide between equals, so that all nodes order alike. */
function byPayment([a, aUntil]: readonly [string, bigint], [b, bUntil]: readonly [string, bigint]): number {
  if (aUntil !== bUntil) return aUntil > bUntil ? -1 : 1;
  return a < b ? -1 : 1;
}
