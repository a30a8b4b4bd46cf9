import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { makeFolderDurably, writeDurably } from "../cloud/keystore/durable-file.ts";
import { ProgramStore } from "../cloud/replication/program-store.ts";
import { NodeError, textOf, UsageError, type Command } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { NodeFolder } from "./node-folder.ts";

/** Approves a program as this node's operator. */
export const approve: Command = {
  summary: "approve a program, which the cloud runs once t operators did",
  help: `Checks that the cloud would run a module, prints its id, and puts it into the folder's programs/, where the running
node finds it. Compare the id with what the program's makers say before you approve: what is run is the operators' word.

  --program FILE         the program, a WebAssembly module`,
  options: { program: { type: "string" } },
  run: async (given, around) => {
    const file = textOf(given, "program");
    if (file === undefined) throw new UsageError("--program names the module to approve.");
    const folder = new NodeFolder(given.folder);
    await readConfiguration(folder.configuration, around.environment);
    let module: Uint8Array;
    try {
      module = await readFile(file);
    } catch (error) {
      throw new NodeError(`${file} cannot be read: ${(error as Error).message}`);
    }
    let programId: string;
    try {
      programId = ProgramStore.check(module);
    } catch (error) {
      throw new NodeError(`The cloud does not run ${file}: ${(error as Error).message}.`);
    }
    await makeFolderDurably(folder.programs);
    await writeDurably(join(folder.programs, `${programId}.wasm`), module);
    around.print(`program ${programId}, ${module.length} bytes, is approved`);
    return true;
  },
};
