import type { Outcome } from "../../contracts/digests.ts";
import type { ExecutionLimits } from "./limits.ts";
import type { StorageReader, StorageWrite } from "./program-storage.ts";

/** The log that caused a run, and where the cloud stands. */
export interface EventContext {
  readonly chainId: bigint;
  readonly blockNumber: bigint;
  /** Unix seconds. */
  readonly blockTimestamp: bigint;
  /** Height of the cloud's block that holds the run. */
  readonly height: bigint;
  /** 32 bytes. */
  readonly cloudId: Uint8Array;
  /** 20 bytes: the contract that emitted the log; for a request, the gateway. */
  readonly emitter: Uint8Array;
  /** 20 bytes: the contract that asked; for a request, the requester. */
  readonly caller: Uint8Array;
  /** Up to 4, of 32 bytes. */
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

/** All that a run depends on, besides the program: two runs of the same invocation are the same. */
export interface Invocation {
  /** Descriptor 0. */
  readonly input: Uint8Array;
  readonly event: EventContext;
  /** 32 bytes, different for every run: derived from the height's threshold signature and the request. */
  readonly randomness: Uint8Array;
  /** What becomes of a call that the program asks for; one that is not accepted is not made. */
  readonly admitCall: (call: OutboundCall) => CallStatus;
  /** Never written to. */
  readonly storage: StorageReader;
  /** Deviations from `executionLimits`, the same on every node. */
  readonly limits?: Partial<ExecutionLimits>;
}

/** What a program is told of a call that it asks for; docs/host-interface.md. */
export const CallStatus = {
  /** It is made if the run succeeds. */
  Accepted: 0,
  /** The program's funds on that chain do not suffice. */
  Unfunded: 1,
  /** The cloud does not serve that chain, or not at present. */
  NotServed: 2,
} as const;
export type CallStatus = (typeof CallStatus)[keyof typeof CallStatus];

/** A call that the program asks for. */
export interface OutboundCall {
  readonly chainId: bigint;
  /** 20 bytes. */
  readonly target: Uint8Array;
  readonly gasLimit: number;
  readonly data: Uint8Array;
}

/** Why a run was ended, for people: nothing here is signed. */
export interface Trap {
  /** What happened, such as "integer divide by zero". */
  readonly kind: string;
  /** Function in which it happened, if the engine says. */
  readonly functionIndex: number | undefined;
  readonly functionName: string | undefined;
  /** All of it in a sentence. */
  readonly message: string;
}

export interface ExecutionResult {
  readonly outcome: Outcome;
  /** What proc_exit was given; 0 when `_start` returned; undefined when the run did not end by itself. */
  readonly exitCode: number | undefined;
  /** What was written to descriptor 1. Only what came before, if the run failed. */
  readonly output: Uint8Array;
  /** What was written to descriptor 2, up to the limit. */
  readonly log: Uint8Array;
  /** Units used, at most the limit. A trap uses up all of it, as an exceptional halt does in the EVM. */
  readonly fuelUsed: bigint;
  /** Set unless the program ended by itself. */
  readonly trap: Trap | undefined;
  /** In the order of keys; empty unless the outcome is Success. */
  readonly writes: readonly StorageWrite[];
  /** In the order made; empty unless the outcome is Success. */
  readonly calls: readonly OutboundCall[];
}
