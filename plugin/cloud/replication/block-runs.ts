/** The runs of a block: what the events of the block before lead to. */
import { hexlify } from "ethers";

import { Outcome } from "../../contracts/digests.ts";
import type { OutboundCall } from "../runtime/invocation.ts";
import type { Block } from "./block.ts";
import { runLimits } from "./block-limits.ts";
import type { RunReport } from "./block-record.ts";
import { callKey, RunCredit } from "./call-credit.ts";
import { eventId, isOrdered, programsRunBy, type LogEvent, type RequestEvent } from "./event.ts";
import { outgoingOf, type ReplicatedState } from "./replicated-state.ts";
import { runEvent, type Run, type RunEnvironment } from "./run-event.ts";
import { runName, skippedRun, StuckError, stuckRun, type StuckRun } from "./stuck-run.ts";

/**
 * Runs what the last block's events lead to. That block's signature is the seed, so it was made when the events, and all that
 * goes into the runs besides, could not be changed any more. Left out are the runs that the block skips.
 *
 * @param environment its limits are deviations from `executionLimits` that hold for all runs of the cloud
 * @param replicated takes the answers and calls
 * @throws StuckError naming all that this machine cannot do
 */
export function runWaiting(
  environment: RunEnvironment,
  replicated: ReplicatedState,
  clocks: ReadonlyMap<bigint, bigint>,
): RunReport[] {
  const skips = environment.block.events.filter((event) => event.kind === "skip");
  const skipped = new Set(skips.map((skip) => runName(skip.eventId, skip.programId)));
  const runs: RunReport[] = [];
  const stuck: StuckRun[] = [];
  for (const event of replicated.waiting) {
    if (isExpired(event, clocks)) continue;
    for (const programId of programsRunBy(event)) {
      const credit = new RunCredit(replicated, programId);
      let run: Run;
      if (skipped.has(runName(eventId(event), programId))) run = skippedRun(event, programId);
      else {
        const limits = runLimits(replicated, environment.limits, event);
        try {
          run = runEvent({ ...environment, limits }, event, programId, credit);
        } catch (error) {
          // The others are tried as well, so that operators need not skip one after the other.
          stuck.push(stuckRun(event, programId, error));
          continue;
        }
      }
      runs.push(run.report);
      if (event.kind === "request") {
        const answer = { request: event.request, outcome: run.outcome, output: run.output };
        outgoingOf(replicated, event.chainId).answers.push(answer);
      }
      if (run.outcome === Outcome.Success) credit.settle();
      for (const call of run.calls) queueCall(replicated, programId, call);
    }
  }
  if (stuck.length > 0) throw new StuckError(stuck);
  return runs;
}

/** Gives a call that was admitted its nonce. */
function queueCall(replicated: ReplicatedState, programId: string, call: OutboundCall): void {
  const key = callKey(programId, call.chainId);
  const nonce = replicated.callNonces.get(key) ?? 0n;
  replicated.callNonces.set(key, nonce + 1n);
  outgoingOf(replicated, call.chainId).calls.push({
    programId,
    nonce,
    target: hexlify(call.target),
    gasLimit: BigInt(call.gasLimit),
    data: call.data,
  });
}

/** Whether its chain takes no answer any more: the requester may have its fee back, and pays for no run. */
export function isExpired(event: RequestEvent | LogEvent, clocks: ReadonlyMap<bigint, bigint>): boolean {
  const now = clocks.get(event.chainId);
  return event.kind === "request" && now !== undefined && event.request.deadline <= now;
}

/** What time it is at least on each chain, in Unix seconds, by chain id: all that a block's events say of it. */
export function clocksOf(block: Block): Map<bigint, bigint> {
  const clocks = new Map<bigint, bigint>();
  for (const event of block.events) {
    if (!isOrdered(event)) continue;
    if (event.timestamp > (clocks.get(event.chainId) ?? -1n)) clocks.set(event.chainId, event.timestamp);
  }
  return clocks;
}
