import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { suiteIsCompiled } from "../plugin/artifacts.ts";

/** The package ships its contracts compiled; a fresh clone of the repository compiles them here, once. */
export async function ensureCompiledSuite(
  hre: HardhatRuntimeEnvironment,
  progress: (what: string) => void,
): Promise<void> {
  if (suiteIsCompiled()) return;
  progress("Compiling the Nexus contracts (a minute, once)");
  await hre.tasks.getTask("build").run({ quiet: true });
}
