import { styleText } from "node:util";

import type { LoadedProgram } from "../plugin/programs/load.ts";
import { refuseUnprovable as refuse, type ProverOptions } from "../plugin/zero/modes/open-prover.ts";
import type { Progress } from "./progress.ts";
import { orTaskError } from "./task-error.ts";

/** What is to be proven. */
export interface PlannedRun {
  readonly loaded: LoadedProgram;
  readonly input: Uint8Array;
  readonly privateInput: Uint8Array;
  readonly mode: ProverOptions["mode"];
}

/**
 * Refuses a run that cannot be proven, before a prover is opened for it, and warns of what a proven run is not fit for.
 *
 * @param json whether nothing but JSON may be printed
 * @throws HardhatPluginError
 */
export async function refuseUnprovable(
  { loaded, input, privateInput, mode }: PlannedRun,
  progress: Progress,
  json: boolean,
): Promise<void> {
  progress.step(`Running ${loaded.name}`);
  await orTaskError(() => refuse(loaded, input, privateInput, mode));
  const { knownRandomness } = await import("../plugin/zero/vm/known-randomness.ts");
  const warning = knownRandomness(loaded);
  if (warning === undefined || json) return;
  progress.end();
  console.error(styleText("yellow", `Warning: ${warning}`));
}
