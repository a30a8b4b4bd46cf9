import type { LoadedProgram } from "../programs/load.ts";
import type { ProvenRun } from "./proven-run.ts";
import type { MachineTrap } from "./vm/trap.ts";
import type { ZeroChain } from "./zero-chain.ts";

/** A proven run, and what it took. */
export interface ZeroProof extends ProvenRun {
  /** Name of the program. */
  readonly program: string;
  /** What the program wrote to its log; nothing of it is proven. */
  readonly log: string;
  /** Instructions executed. */
  readonly instructions: number;
  /** What was done, one after the other. */
  readonly steps: readonly ProvingStep[];
}

export interface ProvingStep {
  readonly name: string;
  readonly milliseconds: number;
}

/** What makes and checks proofs, with one verifying key. */
export interface ZeroProver {
  /** The identity of a program: what contracts name it by. @throws Error saying in one sentence why it has none */
  identify(program: LoadedProgram): Promise<string>;

  /**
   * Runs a program and proves the run.
   *
   * @param progress told of every step when it begins
   * @throws Error saying in one sentence why there is no proof
   */
  prove(
    program: LoadedProgram,
    input: Uint8Array,
    privateInput: Uint8Array,
    progress?: (what: string) => void,
  ): Promise<ZeroProof>;

  /** Checks a proof here, without a chain. @throws Error saying in one sentence what is wrong with it */
  verify(run: ProvenRun): Promise<void>;

  /** Lets the router of a development chain take the proofs of this prover. */
  addVerifier(chain: ZeroChain): Promise<void>;

  /** Ends its threads. */
  close(): Promise<void>;
}

/** There is no proof of a run that did not end well; the message says how it ended and what it said. */
export function failedRun(program: string, trap: MachineTrap): Error {
  const said = new TextDecoder().decode(trap.log).trim();
  const how =
    trap.kind === "exit with an error" ? `ended with exit code ${trap.exitCode}` : `trapped: ${trap.message}`;
  const why = `${program} ${how}, and only a run with exit code 0 can be proven.`;
  return new Error(said === "" ? why : `${why} It said: ${said}`, { cause: trap });
}
