import type { LoadedProgram } from "../../programs/load.ts";
import type { ZeroProver } from "./zero-prover.ts";

/** What a prover is opened with. */
export interface ProverOptions {
  readonly mode: "groth16" | "mock";
  /** Folder where keys are kept, under a folder of their own. */
  readonly cache: string;
}

/**
 * Refuses a run that cannot be proven, before a prover is opened for it: that may take a minute.
 *
 * @throws Error saying in one sentence why there is no proof
 */
export async function refuseUnprovable(
  program: LoadedProgram,
  input: Uint8Array,
  privateInput: Uint8Array,
  mode: ProverOptions["mode"],
): Promise<void> {
  // A module that no machine takes is refused without loading what foresees the run of one.
  const { machineProgram } = await import("../vm/machine-program.ts");
  machineProgram(program);
  const { foreseeRun } = await import("./foreseen-run.ts");
  // A mock proof takes none.
  foreseeRun(program, input, privateInput, mode === "mock" ? Infinity : process.availableMemory());
}

/** The prover that a configuration asks for. @param progress told of what takes long when it begins */
export async function openProver(
  { mode, cache }: ProverOptions,
  progress: (what: string) => void = () => undefined,
): Promise<ZeroProver> {
  // Loaded when asked for: a run in the cloud needs neither.
  if (mode === "mock") {
    const { MockProver } = await import("./mock-prover.ts");
    return new MockProver();
  }
  const { Groth16Prover } = await import("./groth16-prover.ts");
  return Groth16Prover.open(cache, progress);
}
