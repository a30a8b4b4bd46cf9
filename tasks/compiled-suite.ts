import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { suiteIsCompiled, suiteIsPackaged } from "../plugin/contracts/artifacts.ts";

/**
 * The package ships its contracts compiled. In the repository they are built here: all in a fresh clone, what changed or what
 * an earlier build left out later.
 */
export async function ensureCompiledSuite(
  hre: HardhatRuntimeEnvironment,
  progress: (what: string) => void,
): Promise<void> {
  if (suiteIsPackaged()) return;
  if (!suiteIsCompiled()) progress("Compiling the Nexus contracts (a minute, once)");
  await hre.tasks.getTask("build").run({ quiet: true });
}
