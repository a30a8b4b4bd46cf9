import type { Amounts } from "./amounts.ts";
import type { Answer, OutboundCall } from "./block-record.ts";
import type { LogEvent, Place, RequestEvent } from "./event.ts";

/** What waits to be said to one chain; headers take from the front what fits. */
export interface Outgoing {
  readonly answers: Answer[];
  readonly calls: OutboundCall[];
  /** How many answers, and how many calls, headers have taken: the number of the first that waits. */
  answersTaken: number;
  callsTaken: number;
}

/** A served chain, as far as it is part of what is signed. */
export interface GatewayAddress {
  readonly chainId: bigint;
  readonly gateway: string;
}

/** A served chain, with what calls to it cost. */
export interface ServedGateway extends GatewayAddress {
  /** Wei that a program must have for each unit of gas that a call of it may take: `callGasPrice` of the outbox beside the gateway. */
  readonly callGasPrice: bigint;
}

/**
 * The part of the replicated state that is not programs' storage. It follows from the blocks alone, so it is the same at
 * every node; the state trie holds it under an account of its own (`state-entries.ts`), so headers commit to it.
 */
export interface ReplicatedState {
  /** Chains served, ascending by id; headers are signed for those that are not paused. */
  chains: readonly ServedGateway[];
  /** Ids of those among them that take part in no block. */
  paused: ReadonlySet<bigint>;
  /** Gateways that were removed for good, as `chainId:gateway`. */
  retired: ReadonlySet<string>;
  /** Epoch under which headers are signed. */
  epoch: bigint;
  /** Place of the last event of each chain that a block contained, by chain id. */
  readonly cursors: Map<bigint, Place>;
  readonly outgoing: Map<bigint, Outgoing>;
  /** Events of the last block that lead to runs: these happen in the next one, with a seed that nobody knew before. */
  waiting: readonly (RequestEvent | LogEvent)[];
  /** Number of outbound calls that a program has asked for on a chain, by `programId:chainId`, as the outbox beside its gateway counts. */
  readonly callNonces: Amounts;
  /** Wei that a program has for further calls to a chain, by `programId:chainId`. */
  readonly callCredit: Amounts;
}

/** A copy to change; the two share what is never changed. */
export function copyOf(state: ReplicatedState): ReplicatedState {
  const outgoing = new Map<bigint, Outgoing>();
  for (const [chainId, one] of state.outgoing) {
    outgoing.set(chainId, { ...one, answers: [...one.answers], calls: [...one.calls] });
  }
  return {
    chains: state.chains,
    paused: state.paused,
    retired: state.retired,
    epoch: state.epoch,
    cursors: new Map(state.cursors),
    outgoing,
    waiting: state.waiting,
    callNonces: state.callNonces.fork(),
    callCredit: state.callCredit.fork(),
  };
}

/** Has a copy take the place of what it was made of. */
export function settle({ callNonces, callCredit }: ReplicatedState): void {
  callNonces.settle();
  callCredit.settle();
}

/** What waits for a chain, to be changed in place. */
export function outgoingOf(state: ReplicatedState, chainId: bigint): Outgoing {
  let outgoing = state.outgoing.get(chainId);
  if (outgoing === undefined) {
    outgoing = { answers: [], calls: [], answersTaken: 0, callsTaken: 0 };
    state.outgoing.set(chainId, outgoing);
  }
  return outgoing;
}
