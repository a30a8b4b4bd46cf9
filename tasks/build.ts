import { join } from "node:path";

import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";
import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { prepareProgram } from "../plugin/cloud/runtime/prepare.ts";
import { buildProgram } from "../plugin/programs/build.ts";
import { programsIn } from "../plugin/programs/load.ts";
import { decode } from "../plugin/wasm/decode.ts";
import { InstructionReader } from "../plugin/wasm/instruction-reader.ts";
import { Progress } from "./progress.ts";
import { orTaskError } from "./task-error.ts";

interface BuildArguments {
  readonly programs: readonly string[];
  readonly json: boolean;
}

/** A built program, as it is shown. */
interface BuildReport {
  readonly name: string;
  /** keccak256 of the module. */
  readonly programId: string;
  readonly bytes: number;
  /** Functions that the module defines. */
  readonly functions: number;
  /** Instructions in its code; not how many a run executes. */
  readonly instructions: number;
  readonly toolchain: string;
  /** Whether nothing had changed since it was last built. */
  readonly cached: boolean;
}

/** Builds the project's programs from source, prints and returns what they are. */
const build: NewTaskActionFunction<BuildArguments> = async ({ programs, json }, hre) => {
  const folder = hre.config.nexus.programs;
  const known = (await programsIn(folder)).sort();
  const unknown = programs.find((name) => !known.includes(name));
  if (unknown !== undefined || known.length === 0) {
    const missing = unknown === undefined ? "There are no programs" : `There is no program ${unknown}`;
    const others = known.length === 0 ? "" : ` There are: ${known.join(", ")}.`;
    throw new HardhatPluginError(
      "hardhat-nexus",
      `${missing} in ${folder}.${others} Add one with: npx hardhat nexus:init ${unknown ?? ""}`.trimEnd(),
    );
  }
  const cacheDirectory = join(hre.config.paths.cache, "nexus", "programs");
  const progress = new Progress({ json });
  const reports: BuildReport[] = [];
  try {
    for (const name of programs.length === 0 ? known : programs) {
      progress.step(`Building ${name}`);
      const built = await orTaskError(() => buildProgram(join(folder, name), { cacheDirectory }));
      const { programId, toolchain, cached, wasm } = built;
      reports.push({ name, programId, ...sizeOf(name, wasm), toolchain, cached });
    }
  } finally {
    progress.end();
  }
  console.log(json ? JSON.stringify(reports) : table(reports));
  return reports;
};

/** @throws HardhatPluginError when no cloud would run the program */
function sizeOf(name: string, wasm: Uint8Array): Pick<BuildReport, "bytes" | "functions" | "instructions"> {
  try {
    prepareProgram(wasm);
  } catch (error) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `${name} builds, but no cloud would run it: ${(error as Error).message}.`,
      error as Error,
    );
  }
  const { functions } = decode(wasm);
  let instructions = 0;
  for (const { body } of functions) {
    for (const reader = new InstructionReader(body); !reader.done; reader.next()) instructions++;
  }
  return { bytes: wasm.length, functions: functions.length, instructions };
}

function table(reports: readonly BuildReport[]): string {
  const sizes: TableItem[] = [
    { type: "title", text: "Programs" },
    { type: "section-header", text: "As clouds run them" },
    { type: "header", cells: ["Program", "Bytes", "Functions", "Instructions", "Toolchain", ""] },
    ...reports.map(({ name, bytes, functions, instructions, toolchain, cached }): TableItem => {
      const numbers = [bytes, functions, instructions].map((number) => number.toLocaleString("en-US"));
      return { type: "row", cells: [name, ...numbers, toolchain, cached ? "unchanged" : "built"] };
    }),
  ];
  const ids: TableItem[] = [
    { type: "section-header", text: "Ids, for contracts" },
    { type: "header", cells: ["Program", "keccak256 of the module"] },
    ...reports.map(({ name, programId }): TableItem => ({ type: "row", cells: [name, programId] })),
  ];
  return `${formatTable(sizes)}\n${formatTable(ids)}`;
}

export default build;
