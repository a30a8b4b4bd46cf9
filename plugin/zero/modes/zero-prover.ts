import type { Hex } from "../../contracts/hex.ts";
import type { LoadedProgram } from "../../programs/load.ts";
import type { ProvenRun } from "../proof/proven-run.ts";
import { MachineTrap } from "../vm/trap.ts";
import type { ZeroChain } from "../chain/zero-chain.ts";

/** A proven run, and what it took. */
export interface ZeroProof extends ProvenRun {
  readonly programId: Hex;
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
  identify(program: LoadedProgram): Promise<Hex>;

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

  /** Lets the router of a development chain take the proofs of this prover. @returns their selector */
  addVerifier(chain: ZeroChain): Promise<Hex>;

  /** Ends its threads. */
  close(): Promise<void>;
}

/** The sentence to throw for `error`, which the machine or the prover threw; `error` itself where it says nothing about the run. */
export function unprovable(program: string, error: unknown): unknown {
  if (error instanceof MachineTrap) return failedRun(program, error);
  if (!(error instanceof RangeError)) return error;
  return new Error(`This run of ${program} cannot be proven: ${error.message}.`, { cause: error });
}

/** There is no proof of a run that did not end well; the message says how it ended and what it said. */
function failedRun(program: string, trap: MachineTrap): Error {
  const said = new TextDecoder().decode(trap.log).trim();
  const why = `${program} ${howItEnded(trap)}.`;
  return new Error(said === "" ? why : `${why} It said: ${said}`, { cause: trap });
}

function howItEnded({ kind, message, exitCode }: MachineTrap): string {
  if (kind === "too many instructions") {
    return `was stopped: ${message}, and a proof has room for no more; give it less to do, or see whether it ends at all`;
  }
  const how = kind === "exit with an error" ? `ended with exit code ${exitCode}` : `trapped: ${message}`;
  return `${how}, and only a run with exit code 0 can be proven`;
}
