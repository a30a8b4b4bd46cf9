import { concat, hexlify, id, keccak256 } from "ethers";

import { hex, type Hex } from "../../contracts/hex.ts";
import type { LoadedProgram } from "../../programs/load.ts";
import { machineProgram } from "../vm/machine-program.ts";
import { mockProof, mockSelector } from "../proof/mock-proof.ts";
import type { ProvenRun } from "../proof/proven-run.ts";
import { execute, type RunResult } from "../vm/executor.ts";
import type { ZeroChain } from "../chain/zero-chain.ts";
import { unprovable, type ZeroProof, type ZeroProver } from "./zero-prover.ts";

/** Runs programs as the real prover does, and makes instant proofs of it that prove nothing: for development. */
export class MockProver implements ZeroProver {
  /** Not the identity that real proofs are about, so that neither passes for the other. */
  async identify({ module }: LoadedProgram): Promise<Hex> {
    return Promise.resolve(hex(keccak256(concat([id("Nexus Zero mock program v1"), keccak256(module)]))));
  }

  async prove(
    program: LoadedProgram,
    input: Uint8Array,
    privateInput: Uint8Array,
    progress: (what: string) => void = () => undefined,
  ): Promise<ZeroProof> {
    progress(`Running ${program.name}`);
    const begun = performance.now();
    const { journal, log, instructions } = run(program, input, privateInput);
    const steps = [{ name: "Run", milliseconds: performance.now() - begun }];
    const claim = { programId: await this.identify(program), input, journal };
    return {
      ...claim,
      proof: mockProof(claim),
      program: program.name,
      log: new TextDecoder().decode(log),
      instructions,
      steps,
    };
  }

  async verify(run: ProvenRun): Promise<void> {
    const selector = hexlify(run.proof.slice(0, 4));
    if (selector !== mockSelector) {
      throw new Error(`The proof is for verifier ${selector}, not for the mock verifier (${mockSelector}).`);
    }
    if (hexlify(run.proof) !== hexlify(mockProof(run))) {
      throw new Error("The proof is a mock proof, but not of this program, input and output.");
    }
    return Promise.resolve();
  }

  async addVerifier(chain: ZeroChain): Promise<Hex> {
    return chain.addMockVerifier();
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }
}

function run(program: LoadedProgram, input: Uint8Array, privateInput: Uint8Array): RunResult {
  try {
    return execute(machineProgram(program), { input, privateInput });
  } catch (error) {
    throw unprovable(program.name, error);
  }
}
