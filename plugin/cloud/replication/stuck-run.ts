/** Runs that a node's machine cannot do, and what t operators can have done about them. */
import { Outcome } from "../../contracts/digests.ts";
import { eventId, programsRunBy, type LogEvent, type RequestEvent, type SkipEvent } from "./event.ts";
import type { Run } from "./run-event.ts";

/** A run of the next block that this node's machine cannot do. The program is not at fault, so there is no outcome. */
export interface StuckRun {
  /** `eventId` of what leads to the run. */
  readonly eventId: string;
  readonly programId: string;
  /** Of the request, if it is one. */
  readonly requestId?: string;
  /** What went wrong at this node. */
  readonly reason: string;
}

/** A block holds runs that this node's machine cannot do, so it has no result here and must not be voted for. */
export class StuckError extends Error {
  override readonly name = "StuckError";
  /** In the order of the block, one at least. */
  readonly runs: readonly StuckRun[];

  constructor(runs: readonly StuckRun[]) {
    const [{ programId, eventId: event, reason }] = runs as [StuckRun];
    const more = runs.length === 1 ? "" : ` (nor ${runs.length - 1} more runs of this block)`;
    super(
      `this node cannot run program ${programId} on event ${event}${more}: ${reason}. ` +
        "If that lasts at too many nodes, the operators of as many as sign can have the run left out: propose a skip of it",
    );
    this.runs = runs;
  }
}

/** @param error what this machine failed with */
export function stuckRun(event: RequestEvent | LogEvent, programId: string, error: unknown): StuckRun {
  const requestId = event.kind === "request" ? { requestId: event.requestId } : {};
  const reason = error instanceof Error ? error.message : String(error);
  return { eventId: eventId(event), programId, ...requestId, reason };
}

/** One name for each run that may wait. */
export function runName(event: string, programId: string): string {
  return `${event}/${programId}`.toLowerCase();
}

/** Whether the run that a skip names is one of those that wait. */
export function isWaiting(waiting: readonly (RequestEvent | LogEvent)[], skip: SkipEvent): boolean {
  const wanted = runName(skip.eventId, skip.programId);
  return waiting.some((event) =>
    programsRunBy(event).some((programId) => runName(eventId(event), programId) === wanted),
  );
}

/** What comes of a run that is left out: nothing but the answer that says so. */
export function skippedRun(event: RequestEvent | LogEvent, programId: string): Run {
  const outcome = Outcome.Skipped;
  const report = {
    programId,
    ...(event.kind === "request" && { requestId: event.requestId }),
    outcome,
    fuelUsed: 0n,
    reason: "The nodes' machines could not do this run, and their operators left it out.",
    log: "",
    refusedCalls: [],
  };
  return { report, outcome, output: new Uint8Array(), calls: [] };
}
