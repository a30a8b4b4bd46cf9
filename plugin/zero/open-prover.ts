import { MockProver } from "./mock-prover.ts";
import type { ZeroProver } from "./zero-prover.ts";

/** What a prover is opened with. */
export interface ProverOptions {
  readonly mode: "groth16" | "mock";
  /** Folder where keys are kept, under a folder of their own. */
  readonly cache: string;
}

/**
 * The prover that a configuration asks for.
 *
 * @throws Error for real proofs, which there is no prover for yet
 */
export async function openProver({ mode }: ProverOptions): Promise<ZeroProver> {
  if (mode === "mock") return Promise.resolve(new MockProver());
  throw new Error(
    'There are no real proofs of Nexus Zero yet: set nexus.zero.mode to "mock" in your Hardhat configuration for instant ' +
      "ones, which prove nothing and which development chains take.",
  );
}
