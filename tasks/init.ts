import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";

import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { assemblyScriptProgram } from "./init/assemblyscript.ts";
import { consumerContract } from "./init/consumer-contract.ts";
import { rustProgram } from "./init/rust.ts";
import { consumerTest } from "./init/consumer-test.ts";

interface InitArguments {
  readonly name: string;
  readonly language: string;
}

/** Adds a program, a contract that asks for it and a test to the project; returns their paths. Overwrites nothing. */
const init: NewTaskActionFunction<InitArguments> = async ({ name, language }, hre) => {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `A program cannot be called ${JSON.stringify(name)}: use lower-case letters and digits, words joined by hyphens, such as my-program.`,
    );
  }
  const { nexus, paths } = hre.config;
  const contract = `${name.replace(/(^|-)([a-z0-9])/g, (_, __, letter: string) => letter.toUpperCase())}Consumer`;
  const files = new Map(
    Object.entries(programIn(language, name)).map(([path, text]) => [join(nexus.programs, name, path), text]),
  );
  files.set(join(paths.sources.solidity[0]!, `${contract}.sol`), consumerContract(contract));
  files.set(join(paths.tests.mocha ?? join(paths.root, "test"), `${name}.ts`), consumerTest(name, contract));

  const taken = [join(nexus.programs, name), ...files.keys()].find((path) => existsSync(path));
  if (taken !== undefined) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `${relative(paths.root, taken)} exists already, and nothing is overwritten: choose another name.`,
    );
  }
  for (const [path, text] of files) {
    await mkdir(dirname(path), { recursive: true });
    // A file that came meanwhile is not overwritten either.
    await writeFile(path, text, { flag: "wx" });
  }
  const written = [...files.keys()];
  console.log(["Written:", ...written.map((path) => `  ${relative(paths.root, path)}`)].join("\n"));
  console.log(
    [
      "\nNext:",
      ...(language === "assemblyscript" ? ["  npm install --save-dev assemblyscript"] : []),
      `  npx hardhat nexus:build ${name}`,
      `  npx hardhat nexus:run ${name} --input "1 2 39"`,
      `  npx hardhat test mocha ${relative(paths.root, written.at(-1)!)}`,
    ].join("\n"),
  );
  return written;
};

function programIn(language: string, name: string): Record<string, string> {
  if (language === "rust") return rustProgram(name);
  if (language === "assemblyscript") return assemblyScriptProgram();
  throw new HardhatPluginError(
    "hardhat-nexus",
    `There is no language ${JSON.stringify(language)}: choose --language rust or --language assemblyscript.`,
  );
}

export default init;
