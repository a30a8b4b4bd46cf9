import { deserialize, serialize } from "node:v8";

import type { Answer, OutboundCall } from "./block-record.ts";
import type { Place } from "./event.ts";

/** What waits to be said to one chain; headers take from the front what fits. */
export interface Outgoing {
  readonly answers: Answer[];
  readonly calls: OutboundCall[];
}

/** A served chain, as far as it is part of what is signed. */
export interface GatewayAddress {
  readonly chainId: bigint;
  readonly gateway: string;
}

/**
 * The part of the replicated state that is not programs' storage. It follows from the blocks alone, so it is the same at
 * every node; it is kept with the head of the storage, in the same atomic write.
 */
export interface ReplicatedState {
  /** Chains served, ascending by id: what headers are signed for. */
  chains: readonly GatewayAddress[];
  /** Epoch under which headers are signed. */
  epoch: bigint;
  /** Place of the last event of each chain that a block contained, by chain id. */
  readonly cursors: Map<bigint, Place>;
  readonly outgoing: Map<bigint, Outgoing>;
  /** Number of outbound calls that a program has asked for on a chain, by `programId:chainId`. */
  readonly callNonces: Map<string, bigint>;
}

/** Bytes of the state; a local format, never compared between nodes. */
export function encodeReplicatedState(state: ReplicatedState): Uint8Array {
  return serialize(state);
}

/**
 * The state behind the bytes; the state before the first block when there are none.
 *
 * @param genesis what is configured for the first block
 */
export function decodeReplicatedState(
  bytes: Uint8Array,
  genesis: Pick<ReplicatedState, "chains" | "epoch">,
): ReplicatedState {
  if (bytes.length === 0)
    return { ...genesis, cursors: new Map(), outgoing: new Map(), callNonces: new Map() };
  return deserialize(bytes) as ReplicatedState;
}

/** What waits for a chain, to be changed in place. */
export function outgoingOf(state: ReplicatedState, chainId: bigint): Outgoing {
  let outgoing = state.outgoing.get(chainId);
  if (outgoing === undefined) state.outgoing.set(chainId, (outgoing = { answers: [], calls: [] }));
  return outgoing;
}
