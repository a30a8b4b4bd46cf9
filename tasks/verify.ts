import { readFile } from "node:fs/promises";

import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import type { ProvenRun } from "../plugin/zero/proof/proven-run.ts";
import { Progress } from "./progress.ts";

interface VerifyArguments {
  readonly file: string;
  readonly json: boolean;
}

/**
 * Checks the proof in a file: here, or with the selected network's contract. Prints and returns what is proven; a proof that is refused
 * is a HardhatPluginError of one sentence.
 */
const verify: NewTaskActionFunction<VerifyArguments> = async ({ file, json }, hre) => {
  const run = await read(file);
  const progress = new Progress({ json });
  try {
    const { verifyHere, verifyOnChain } = await import("./verify-run.ts");
    const { verifyJsonReport, verifyTableReport } = await import("./verify-report.ts");
    const report =
      hre.globalOptions.network === undefined
        ? await verifyHere(run, hre, progress)
        : await verifyOnChain(run, hre, progress);
    progress.end();
    console.log((json ? verifyJsonReport : verifyTableReport)(report));
    return report;
  } finally {
    progress.end();
  }
};

async function read(file: string): Promise<ProvenRun> {
  const refuse = (why: string) => new HardhatPluginError("hardhat-nexus", `${file} is no proof: ${why}.`);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw refuse(error.code === "ENOENT" ? "it does not exist" : `it cannot be read (${error.code})`);
  });
  // Whatever is wrong with the text is said before anything large is loaded.
  const { parseProofFile } = await import("../plugin/zero/proof/proof-file.ts");
  try {
    return parseProofFile(text);
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

export default verify;
