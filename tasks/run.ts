import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { ProgramFailedError } from "../plugin/cloud-program.ts";
import { Outcome } from "../plugin/cloud/digests.ts";
import { ProgramStore } from "../plugin/cloud/replication/program-store.ts";
import { loadProgram } from "../plugin/programs/load.ts";
import { ensureCompiledSuite } from "./compiled-suite.ts";
import { connectToDevelopmentNetwork } from "./development-network.ts";
import { Progress } from "./progress.ts";
import { readInput, type InputArguments } from "./run-input.ts";
import { jsonReport, tableReport, type RunReport } from "./run-report.ts";
import { orTaskError } from "./task-error.ts";
import { terminalText } from "./terminal-text.ts";

interface RunArguments extends InputArguments {
  readonly program?: string | undefined;
  readonly json: boolean;
}

const EXAMPLE = { program: "fibonacci", input: "30" };

/**
 * Runs a program in an embedded cloud, through a real request, and prints the answer that the gateway accepted; returns
 * it too. Whatever keeps it from succeeding is a HardhatPluginError of one sentence.
 */
const run: NewTaskActionFunction<RunArguments> = async ({ program, json, ...given }, hre) => {
  const isExample = program === undefined;
  const bytes = await readInput(given);
  const input = bytes ?? Buffer.from(isExample ? EXAMPLE.input : "");
  const progress = new Progress({ json });
  try {
    const { programs } = hre.config.nexus;
    progress.step(`Building ${program ?? EXAMPLE.program}`);
    const loaded = await orTaskError(() =>
      loadProgram(program ?? EXAMPLE.program, { programs, cache: hre.config.paths.cache }),
    );
    const programId = await orTaskError(() => check(loaded));
    await ensureCompiledSuite(hre, progress.step);

    const connection = await connectToDevelopmentNetwork(hre, "nexus:run");
    try {
      const { nexus } = connection;
      const begun = performance.now();
      const cloud = await orTaskError(() => nexus.session.cloud(progress.step));
      const booted = performance.now();
      progress.step(`Running ${loaded.name}`);
      const published = await nexus.program(loaded.module);
      const asked = performance.now();
      const answer = await orTaskError(() => published.run(input));
      const answered = performance.now();
      const { groupKey } = cloud.committee.active!.committee;
      const report: RunReport = {
        network: connection.networkName,
        chainId: Number(cloud.chains[0]!.chainId),
        program: loaded.name,
        programId,
        inputBytes: input.length,
        answer,
        cloudId: cloud.cloudId,
        nodes: cloud.replicas.length,
        suite: hre.config.nexus.cloud.suite,
        gateway: await nexus.gateway(),
        groupKey,
        bootMs: booted - begun,
        answerMs: answered - asked,
      };
      progress.end();
      // A script gets the answer to a failed run too; the error follows on standard error.
      if (json) console.log(jsonReport(report));
      if (answer.outcome !== Outcome.Success) throw failure(report, hre.config.nexus.cloud.fuel);
      if (!json) {
        console.log(tableReport(report));
        if (isExample && bytes === undefined) {
          console.log("Run another with: npx hardhat nexus:run wordcount --input-file README.md");
        }
      }
      return report;
    } finally {
      progress.end();
      await connection.close();
    }
  } finally {
    progress.end();
  }
};

function check({ name, module }: { readonly name: string; readonly module: Uint8Array }): string {
  try {
    return ProgramStore.check(module);
  } catch (error) {
    throw new Error(`The cloud does not run ${name}: ${(error as Error).message}.`, { cause: error });
  }
}

function failure({ program, answer }: RunReport, fuel: bigint): HardhatPluginError {
  const { message } = new ProgramFailedError(program, answer);
  const hint =
    answer.outcome === Outcome.OutOfFuel
      ? `. A run has ${fuel.toLocaleString("en-US")} units: raise nexus.cloud.fuel in your Hardhat configuration, or give it less to do.`
      : "";
  return new HardhatPluginError("hardhat-nexus", terminalText(message.trimEnd()) + hint);
}

export default run;
