import { getBytes } from "ethers";

import * as digests from "../../contracts/digests.ts";
import { Outcome } from "../../contracts/digests.ts";
import { execute } from "../runtime/execute.ts";
import type { EventContext, ExecutionResult, OutboundCall } from "../runtime/invocation.ts";
import type { ExecutionLimits } from "../runtime/limits.ts";
import type { PreparedProgram } from "../runtime/prepare.ts";
import type { Block as StorageBlock } from "../storage/state-block.ts";
import type { Block } from "./block.ts";
import type { RunReport } from "./block-record.ts";
import type { RunCredit } from "./call-credit.ts";
import { eventId, type LogEvent, type RequestEvent } from "./event.ts";

/** What every run of a block is given. */
export interface RunEnvironment {
  /** 32 bytes. */
  readonly cloudId: Uint8Array;
  readonly block: Block;
  /** `randomness` of the signature of the block that ordered the event: it was made after that block was fixed. */
  readonly seed: Uint8Array;
  readonly storage: StorageBlock;
  /** The program of an id, or undefined when the cloud has none. */
  readonly program: (programId: string) => PreparedProgram | undefined;
  /** Address of the gateway of a served chain. */
  readonly gatewayOf: (chainId: bigint) => string;
  readonly limits: Partial<ExecutionLimits>;
}

/** A run that is over. Its writes are in the storage block if it succeeded, and nowhere if not. */
export interface Run {
  readonly report: RunReport;
  readonly outcome: Outcome;
  readonly output: Uint8Array;
  readonly calls: readonly OutboundCall[];
}

/**
 * Runs one program on one event.
 *
 * @param credit what the run may call; charged by whoever keeps the run
 * @throws whatever this machine fails with, which is no outcome of the program; nothing is written then
 */
export function runEvent(
  environment: RunEnvironment,
  event: RequestEvent | LogEvent,
  programId: string,
  credit: RunCredit,
): Run {
  const { seed, storage, limits } = environment;
  const identity = { programId, ...(event.kind === "request" && { requestId: event.requestId }) };
  const program = environment.program(programId);
  if (program === undefined) {
    const reason = `The cloud has no program ${programId}. Publish its module first.`;
    const report = {
      ...identity,
      outcome: Outcome.UnknownProgram,
      fuelUsed: 0n,
      reason,
      log: "",
      refusedCalls: [],
    };
    return { report, outcome: Outcome.UnknownProgram, output: new Uint8Array(), calls: [] };
  }
  const invocation = storage.invocation(getBytes(programId));
  let result: ExecutionResult;
  try {
    result = execute(program, {
      input: event.kind === "request" ? event.input : new Uint8Array(),
      event: contextOf(event, environment),
      randomness: digests.list([seed, eventId(event), programId]),
      storage: invocation,
      admitCall: (call) => credit.admit(call),
      limits,
    });
    for (const { key, value } of result.writes) {
      if (value === undefined) invocation.delete(key);
      else invocation.set(key, value);
    }
    result.calls.forEach(() => invocation.nextOutboundNonce());
  } catch (error) {
    invocation.discard();
    throw error;
  }
  if (result.outcome === Outcome.Success) invocation.keep();
  else invocation.discard();

  const exit =
    result.outcome === Outcome.ExitedWithError
      ? `The program exited with code ${result.exitCode}.`
      : undefined;
  const reason = result.trap?.message ?? exit;
  const report = {
    ...identity,
    outcome: result.outcome,
    fuelUsed: result.fuelUsed,
    ...(reason !== undefined && { reason }),
    log: new TextDecoder().decode(result.log),
    refusedCalls: credit.refused,
  };
  // A failed run's partial output would be an answer that the program never meant to give.
  const output = result.outcome === Outcome.Success ? result.output : new Uint8Array();
  return { report, outcome: result.outcome, output, calls: result.calls };
}

function contextOf(
  event: RequestEvent | LogEvent,
  { cloudId, block, gatewayOf }: RunEnvironment,
): EventContext {
  const origin = {
    chainId: event.chainId,
    blockNumber: event.place.block,
    blockTimestamp: event.timestamp,
    height: BigInt(block.height),
    cloudId,
  };
  if (event.kind === "log") {
    const emitter = getBytes(event.emitter);
    const topics = event.topics.map((topic) => getBytes(topic));
    return { ...origin, emitter, caller: emitter, topics, data: event.data };
  }
  const emitter = getBytes(gatewayOf(event.chainId));
  const caller = getBytes(event.request.requester);
  return { ...origin, emitter, caller, topics: [], data: new Uint8Array() };
}
