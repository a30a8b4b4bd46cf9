import { access, constants, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { loadProgram } from "../plugin/programs/load.ts";
import { Progress } from "./progress.ts";
import { refuseUnprovable } from "./refuse-unprovable.ts";
import {
  readInput,
  readPrivateInput,
  zeroLimit,
  type InputArguments,
  type PrivateInputArguments,
} from "./run-input.ts";
import { orTaskError } from "./task-error.ts";

interface ProveArguments extends InputArguments, PrivateInputArguments {
  readonly program: string;
  readonly output: string;
  readonly json: boolean;
}

/** Runs a program, proves the run, and writes the proof to a file; returns it too. */
const prove: NewTaskActionFunction<ProveArguments> = async ({ program, output, json, ...given }, hre) => {
  const input = (await readInput(given, zeroLimit)) ?? Buffer.alloc(0);
  const privateInput = await readPrivateInput(given);
  const file = resolve(output);
  // Said before the work, not after it.
  await requireWritable(file);
  const progress = new Progress({ json });
  try {
    const { cache } = hre.config.paths;
    progress.step(`Building ${program}`);
    const loaded = await orTaskError(() =>
      loadProgram(program, { programs: hre.config.nexus.programs, cache }),
    );
    const { mode } = hre.config.nexus.zero;
    await refuseUnprovable({ loaded, input, privateInput, mode }, progress, json);
    // What takes long to load comes after everything that may be wrong.
    const { withProver } = await import("./with-prover.ts");
    const { formatProofFile } = await import("../plugin/zero/proof/proof-file.ts");
    const { zeroJsonReport, zeroTableReport } = await import("./zero-report.ts");
    const proof = await withProver(hre, progress, (prover) =>
      prover.prove(loaded, input, privateInput, progress.step),
    );
    await orTaskError(() => write(file, formatProofFile(proof)));
    progress.end();
    console.log((json ? zeroJsonReport : zeroTableReport)({ proof, file: output }));
    return proof;
  } finally {
    progress.end();
  }
};

async function requireWritable(file: string): Promise<void> {
  const refuse = (message: string) => new HardhatPluginError("hardhat-nexus", message);
  const folder = dirname(file);
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true) {
    throw refuse(`There is no folder ${folder} to write the proof to.`);
  }
  const existing = await stat(file).catch(() => undefined);
  if (existing?.isDirectory() === true) throw refuse(`${file} is a folder: name a file for the proof.`);
  // Even a file that exists is replaced and not written to, so both must be open to us.
  for (const path of existing === undefined ? [folder] : [folder, file]) {
    await access(path, constants.W_OK).catch((error: NodeJS.ErrnoException) => {
      throw refuse(`The proof cannot be written to ${file}: ${path} is read-only (${error.code}).`);
    });
  }
}

/** All of the file or nothing. */
async function write(file: string, text: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`The proof cannot be written to ${file} (${code}).`, { cause: error });
  } finally {
    await rm(partial, { force: true });
  }
}

export default prove;
