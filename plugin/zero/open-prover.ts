import { MockProver } from "./mock-prover.ts";
import type { ZeroProver } from "./zero-prover.ts";

/** What a prover is opened with. */
export interface ProverOptions {
  readonly mode: "groth16" | "mock";
  /** Folder where keys are kept, under a folder of their own. */
  readonly cache: string;
}

/** The prover that a configuration asks for. @param progress told of what takes long when it begins */
export async function openProver(
  { mode, cache }: ProverOptions,
  progress: (what: string) => void = () => undefined,
): Promise<ZeroProver> {
  if (mode === "mock") return new MockProver();
  // snarkjs and the kernels take a while to load, and nothing else needs them.
  const { Groth16Prover } = await import("./groth16-prover.ts");
  return Groth16Prover.open(cache, progress);
}
