/** What a block may hold, and how much may wait behind it, so that nobody can make a cloud's work or memory grow without end. */
import { executionLimits, type ExecutionLimits } from "../runtime/limits.ts";
import type { CloudEvent, LogEvent, RequestEvent } from "./event.ts";
import { outgoingOf, type ReplicatedState } from "./replicated-state.ts";
import { activeChains } from "./served-chains.ts";

/** Most events of one chain in a block. */
const EVENTS_PER_CHAIN = 128;
/** Most bytes of all events in a block, counted by `sizeOf`. */
const BYTES_PER_BLOCK = 8 * 1024 * 1024;
/** Most runs of programs that the events of a block may lead to; a log leads to one for every program subscribed. */
const RUNS_PER_BLOCK = 256;
/**
 * Most fuel of those runs together, each counted with all that it may use. So a block is executed within seconds on any machine
 * that is fit to be a node, whatever it holds.
 */
export const FUEL_PER_BLOCK = 2_000_000_000n;
/**
 * Most programs that one log is given to, of those subscribed to it: the ones paid the furthest ahead. So no event of a chain leads to
 * more runs than a block holds, however cheap subscriptions are.
 */
export const PROGRAMS_PER_LOG = 64;

/** Answers to one chain that wait for a header: from here on no more of its events are taken. */
const WAITING_ANSWERS = 256;
/** Outbound calls that wait for headers, to all chains together that are not paused: from here on runs may not ask for more. */
const WAITING_CALLS = 1_024;

/** Fuel of a run that a log leads to: nobody names a limit for it, and rent pays for it. */
const FUEL_PER_LOG_RUN = 20_000_000n;

/** How many more events of a chain the next block may hold. */
export function eventsWanted(state: ReplicatedState, chainId: bigint): number {
  const answers = state.outgoing.get(chainId)?.answers.length ?? 0;
  const waiting = answers + state.waiting.filter((event) => event.chainId === chainId).length;
  return Math.max(0, Math.min(EVENTS_PER_CHAIN, WAITING_ANSWERS - waiting));
}

/**
 * The limits of the next run: of the cloud's own, no more than is paid for, nor more outbound calls than there is room for.
 *
 * @param limits deviations from `executionLimits` that hold for all runs of the cloud
 */
export function runLimits(
  state: ReplicatedState,
  limits: Partial<ExecutionLimits>,
  event: RequestEvent | LogEvent,
): Partial<ExecutionLimits> {
  const waiting = activeChains(state).reduce(
    (sum, { chainId }) => sum + outgoingOf(state, chainId).calls.length,
    0,
  );
  const calls = Math.min(limits.calls ?? executionLimits.calls, Math.max(0, WAITING_CALLS - waiting));
  return { ...limits, calls, ...paidLimits(event, limits) };
}

/** What is paid for of what a cloud gives to one run. */
function paidLimits(
  event: RequestEvent | LogEvent,
  limits: Partial<ExecutionLimits>,
): Pick<ExecutionLimits, "fuel" | "outputBytes"> {
  const { fuel, outputBytes } = { ...executionLimits, ...limits };
  if (event.kind === "log") return { fuel: least(fuel, FUEL_PER_LOG_RUN), outputBytes };
  const { fuelLimit, outputLimit } = event.request;
  return { fuel: least(fuel, fuelLimit), outputBytes: Math.min(outputBytes, Number(outputLimit)) };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** Counts what the events of a block ask for together: the same at who proposes it and at who accepts it. */
export class BlockBudget {
  readonly #limits: Partial<ExecutionLimits>;
  #events = 0;
  #bytes = 0;
  #runs = 0;
  #fuel = 0n;

  /** @param limits deviations from `executionLimits` that hold for all runs of the cloud */
  constructor(limits: Partial<ExecutionLimits>) {
    this.#limits = limits;
  }

  /**
   * Counts one more event, in the block's order.
   *
   * @returns what is too much with it; undefined when it fits, as the first one always does, or the cloud would stand still
   */
  add(event: CloudEvent): string | undefined {
    this.#events++;
    this.#bytes += sizeOf(event);
    const runs = runsOf(event);
    this.#runs += runs;
    if (event.kind === "request" || event.kind === "log") {
      this.#fuel += BigInt(runs) * paidLimits(event, this.#limits).fuel;
    }
    if (this.#events === 1) return undefined;
    if (this.#bytes > BYTES_PER_BLOCK) return `${this.#bytes} bytes`;
    if (this.#runs > RUNS_PER_BLOCK) return `${this.#runs} runs`;
    return this.#fuel > FUEL_PER_BLOCK ? `${this.#fuel} units of fuel` : undefined;
  }
}

/** Bytes that an event takes in a block, about. */
function sizeOf(event: CloudEvent): number {
  switch (event.kind) {
    case "request":
      return event.input.length + 500;
    case "log":
      return event.data.length + 33 * event.programIds.length + 500;
    case "program":
      return event.module.length;
    case "chain":
    case "pause":
    case "resume":
    case "removal":
    case "skip":
    case "epoch":
    case "funds":
      return 100;
  }
}

/** Runs of programs that an event leads to. */
function runsOf(event: CloudEvent): number {
  if (event.kind === "log") return event.programIds.length;
  return event.kind === "request" ? 1 : 0;
}
