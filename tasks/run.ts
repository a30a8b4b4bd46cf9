import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { loadProgram } from "../plugin/programs/load.ts";
import { Progress } from "./progress.ts";
import { refuseUnprovable } from "./refuse-unprovable.ts";
import {
  gatewayLimit,
  readInput,
  readPrivateInput,
  zeroLimit,
  type InputArguments,
  type PrivateInputArguments,
} from "./run-input.ts";
import { orTaskError } from "./task-error.ts";

interface RunArguments extends InputArguments, PrivateInputArguments {
  readonly program?: string | undefined;
  readonly cloud: boolean;
  readonly zero: boolean;
  readonly json: boolean;
}

const EXAMPLE = { program: "fibonacci", input: "30" };

/**
 * Runs a program in an embedded cloud, through a real request, and prints the answer that the gateway accepted; or proves the run, and
 * prints the proof that the market accepted; or both, as it does with the example. Returns it too. Whatever keeps it from succeeding is a HardhatPluginError of one
 * sentence.
 */
const run: NewTaskActionFunction<RunArguments> = async ({ program, cloud, zero, json, ...given }, hre) => {
  const isExample = program === undefined;
  const inCloud = cloud || !zero;
  const inZero = zero || (isExample && !cloud);
  const bytes = await readInput(given, inCloud ? gatewayLimit : zeroLimit);
  const input = bytes ?? Buffer.from(isExample ? EXAMPLE.input : "");
  const privateInput = await readPrivateInput(given);
  if (inCloud && privateInput.length > 0) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      "A cloud keeps nothing private from its nodes: give a private input with --zero, and without --cloud.",
    );
  }
  const progress = new Progress({ json });
  try {
    const {
      programs,
      zero: { mode },
    } = hre.config.nexus;
    const { cache } = hre.config.paths;
    progress.step(`Building ${program ?? EXAMPLE.program}`);
    const loaded = await orTaskError(() => loadProgram(program ?? EXAMPLE.program, { programs, cache }));
    const refuse = () => refuseUnprovable({ loaded, input, privateInput, mode }, progress, json);
    // In the cloud it runs first where both are asked for: a program that fails there has an answer to be seen.
    if (!inCloud) await refuse();
    // What takes long to load comes after everything that may be wrong so far.
    const { runLoaded } = await import("./run-loaded.ts");
    const hint = isExample && bytes === undefined;
    return await runLoaded({
      loaded,
      input,
      privateInput,
      inCloud,
      inZero,
      refuse,
      hint,
      json,
      hre,
      progress,
    });
  } finally {
    progress.end();
  }
};

export default run;
