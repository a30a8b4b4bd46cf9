import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";

import { ProgramFailedError } from "../plugin/api/cloud-program.ts";
import { Outcome } from "../plugin/contracts/digests.ts";
import { ProgramStore } from "../plugin/cloud/replication/program-store.ts";
import type { NexusConfig } from "../plugin/api/config.ts";
import type { LoadedProgram } from "../plugin/programs/load.ts";
import { ensureCompiledSuite } from "./compiled-suite.ts";
import { connectToDevelopmentNetwork } from "./development-network.ts";
import type { Progress } from "./progress.ts";
import { jsonReport, tableReport, type RunReport } from "./run-report.ts";
import { runZero } from "./run-zero.ts";
import { orTaskError } from "./task-error.ts";
import { terminalText } from "./terminal-text.ts";
import { withProver } from "./with-prover.ts";
import { zeroJsonReport, zeroTableReport, type ZeroReport } from "./zero-report.ts";

/** What is run, where, and how it is told. */
interface LoadedRun {
  readonly loaded: LoadedProgram;
  readonly input: Uint8Array;
  readonly privateInput: Uint8Array;
  readonly inCloud: boolean;
  readonly inZero: boolean;
  /** Refuses a run that cannot be proven. */
  readonly refuse: () => Promise<void>;
  /** Whether to say what to run next. */
  readonly hint: boolean;
  readonly json: boolean;
  readonly hre: HardhatRuntimeEnvironment;
  readonly progress: Progress;
}

/** Runs a program that was loaded, in a cloud, for a proof, or both; prints and returns what came of it. @throws HardhatPluginError */
export async function runLoaded({
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
}: LoadedRun): Promise<RunReport | ZeroReport | { answered: RunReport; proven: ZeroReport } | undefined> {
  const programId = inCloud ? await orTaskError(() => check(loaded)) : undefined;
  await ensureCompiledSuite(hre, progress.step);
  const connection = await connectToDevelopmentNetwork(hre, "nexus:run");
  try {
    const answered =
      programId === undefined
        ? undefined
        : await runInCloud({ connection, loaded, programId, input, nexus: hre.config.nexus, progress });
    // A script gets the answer to a failed run too; the error follows on standard error.
    if (answered !== undefined && answered.answer.outcome !== Outcome.Success) {
      progress.end();
      if (json) console.log(jsonReport(answered));
      throw failure(answered, hre.config.nexus.cloud.fuel);
    }
    if (inZero && inCloud) await refuse();
    const proven = inZero
      ? await withProver(hre, progress, (prover) =>
          runZero(connection, prover, loaded, input, privateInput, progress.step),
        )
      : undefined;
    progress.end();
    if (json) {
      const reports = [
        ...(answered === undefined ? [] : [["cloud", jsonReport(answered)]]),
        ...(proven === undefined ? [] : [["zero", zeroJsonReport(proven)]]),
      ];
      console.log(
        reports.length === 1
          ? reports[0]![1]
          : `{${reports.map(([name, report]) => `"${name}":${report}`).join(",")}}`,
      );
    } else {
      if (answered !== undefined) console.log(tableReport(answered));
      if (proven !== undefined) console.log(zeroTableReport(proven));
      if (hint) {
        console.log('Run another with: npx hardhat nexus:run wordcount --input "to be or not to be"');
      }
    }
    return answered === undefined ? proven : proven === undefined ? answered : { answered, proven };
  } finally {
    progress.end();
    await connection.close();
  }
}

interface CloudRun {
  readonly connection: NetworkConnection;
  readonly loaded: LoadedProgram;
  readonly programId: string;
  readonly input: Uint8Array;
  readonly nexus: NexusConfig;
  readonly progress: Progress;
}

async function runInCloud({
  connection,
  loaded,
  programId,
  input,
  nexus: config,
  progress,
}: CloudRun): Promise<RunReport> {
  const { nexus } = connection;
  const begun = performance.now();
  const cloud = await orTaskError(() => nexus.session.cloud(progress.step));
  const booted = performance.now();
  progress.step(`Running ${loaded.name}`);
  const published = await nexus.program(loaded.module);
  const asked = performance.now();
  const answer = await orTaskError(() => published.run(input));
  const answered = performance.now();
  return {
    network: connection.networkName,
    chainId: Number(cloud.chains[0]!.chainId),
    program: loaded.name,
    programId,
    inputBytes: input.length,
    answer,
    cloudId: cloud.cloudId,
    nodes: cloud.replicas.length,
    suite: config.cloud.suite,
    gateway: await nexus.gateway(),
    groupKey: cloud.committee.active!.committee.groupKey,
    bootMs: booted - begun,
    answerMs: answered - asked,
  };
}

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
