import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { styleText } from "node:util";

import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { assemblyScriptProgram } from "./init/assemblyscript.ts";
import { rustSdkFrom } from "../plugin/programs/sdk.ts";
import { missingCompiler } from "./init/compilers.ts";
import { consumerContract } from "./init/consumer-contract.ts";
import { consumerTest } from "./init/consumer-test.ts";
import { testTools } from "./init/project.ts";
import { rustProgram } from "./init/rust.ts";
import { tscTrips } from "./init/typescript.ts";

interface InitArguments {
  readonly name: string;
  readonly language: string;
}

/**
 * Adds a program, a contract that asks for it and a test in the manner of the project's own to the project; returns their
 * paths. Overwrites nothing. Says first which compiler is missing.
 */
const init: NewTaskActionFunction<InitArguments> = async ({ name, language }, hre) => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `A program cannot be called ${JSON.stringify(name)}: use lower-case letters and digits, words joined by hyphens, such as my-program.`,
    );
  }
  const { nexus, paths } = hre.config;
  const tools = testTools(hre);
  const contract = `${name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())}Consumer`;
  const programFolder = join(nexus.programs, name);
  const files = new Map(
    Object.entries(programIn(language, name, programFolder)).map(([path, text]) => [
      join(programFolder, path),
      text,
    ]),
  );
  files.set(join(paths.sources.solidity[0]!, `${contract}.sol`), consumerContract(contract));
  const test = tools === undefined ? undefined : join(tools.folder, `${name}.ts`);
  if (tools !== undefined && test !== undefined) files.set(test, consumerTest(name, contract, tools));

  const taken = [programFolder, ...files.keys()].find((path) => existsSync(path));
  if (taken !== undefined) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `${relative(paths.root, taken)} exists already, and nothing is overwritten: choose another name.`,
    );
  }
  const missing = await missingCompiler(language, paths.root);
  if (missing !== undefined) console.log(styleText("yellow", `First: ${missing.why}\n`));
  for (const [path, text] of files) {
    await mkdir(dirname(path), { recursive: true });
    // A file that came meanwhile is not overwritten either.
    await writeFile(path, text, { flag: "wx" });
  }
  const written = [...files.keys()];
  console.log(["Written:", ...written.map((path) => `  ${relative(paths.root, path)}`)].join("\n"));
  if (tools === undefined) {
    console.log(
      "\nNo test was written: the project has no test runner, or nothing that deploys contracts. Install " +
        "@nomicfoundation/hardhat-toolbox-mocha-ethers or @nomicfoundation/hardhat-toolbox-viem.",
    );
  }
  if (language === "assemblyscript" && (await tscTrips(paths.root, programFolder))) {
    console.log(
      `\nAssemblyScript is no TypeScript: have tsc leave it alone with "exclude": ["${relative(paths.root, nexus.programs)}"] in tsconfig.json.`,
    );
  }
  console.log(
    [
      "\nNext:",
      ...(missing === undefined ? [] : [`  ${missing.command}`]),
      `  npx hardhat nexus:build ${name}`,
      `  npx hardhat nexus:run ${name} --input "1 2 39"`,
      ...(tools === undefined || test === undefined
        ? []
        : [`  npx hardhat test ${tools.runner} ${relative(paths.root, test)}`]),
    ].join("\n"),
  );
  return written;
};

function programIn(language: string, name: string, folder: string): Record<string, string> {
  if (language === "rust") return rustProgram(name, rustSdkFrom(folder));
  if (language === "assemblyscript") return assemblyScriptProgram();
  throw new HardhatPluginError(
    "hardhat-nexus",
    `There is no language ${JSON.stringify(language)}: choose --language rust or --language assemblyscript.`,
  );
}

export default init;
