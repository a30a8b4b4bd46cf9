import { type Header, type Outcome, type Request } from "../../contracts/digests.ts";
import type { CallStatus } from "../runtime/invocation.ts";

/** The answer to a request, as the gateway takes it. */
export interface Answer {
  readonly request: Request;
  readonly outcome: Outcome;
  readonly output: Uint8Array;
}

/** An outbound call, as the outbox takes it. */
export interface OutboundCall {
  readonly programId: string;
  /** Counts the calls that the program makes to this chain, from 0. */
  readonly nonce: bigint;
  readonly target: string;
  readonly gasLimit: bigint;
  readonly data: Uint8Array;
}

/** What a block says to one chain. */
export interface ChainRecord {
  readonly chainId: bigint;
  readonly gateway: string;
  readonly header: Header;
  readonly answers: readonly Answer[];
  readonly calls: readonly OutboundCall[];
}

/** A call that a program asked for and that is not made. */
export interface RefusedCall {
  readonly chainId: bigint;
  readonly status: Exclude<CallStatus, typeof CallStatus.Accepted>;
  /** Wei that the program would have needed, and that it had, for want of which the call is refused. */
  readonly price?: bigint;
  readonly credit?: bigint;
}

/** How one event's execution went; for people, not part of what is signed. */
export interface RunReport {
  readonly programId: string;
  readonly requestId?: string;
  readonly outcome: Outcome;
  readonly fuelUsed: bigint;
  /** What trapped or which limit was broken; undefined on success. */
  readonly reason?: string;
  /** What the program wrote to its log (standard error). */
  readonly log: string;
  /** Calls that it asked for in vain, in order; whether it succeeded or not. */
  readonly refusedCalls: readonly RefusedCall[];
}

/** What came of a block: a record per served chain, chains ascending. */
export interface BlockRecord {
  readonly height: number;
  readonly epoch: bigint;
  readonly blockHash: string;
  readonly chains: readonly ChainRecord[];
  readonly runs: readonly RunReport[];
}
