import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { openProver } from "../plugin/zero/modes/open-prover.ts";
import type { ZeroProver } from "../plugin/zero/modes/zero-prover.ts";
import type { Progress } from "./progress.ts";
import { orTaskError } from "./task-error.ts";

/** Does something with the prover that the configuration asks for, and ends the prover. @throws HardhatPluginError */
export async function withProver<T>(
  hre: HardhatRuntimeEnvironment,
  progress: Progress,
  action: (prover: ZeroProver) => Promise<T>,
): Promise<T> {
  const { nexus, paths } = hre.config;
  const prover = await orTaskError(() =>
    openProver({ mode: nexus.zero.mode, cache: paths.cache }, progress.step),
  );
  try {
    return await orTaskError(() => action(prover));
  } finally {
    await prover.close();
  }
}
