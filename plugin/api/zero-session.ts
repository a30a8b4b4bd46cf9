import type { CloudSession } from "./cloud-session.ts";
import type { EvmChain } from "../chain/evm-chain.ts";
import type { LoadedProgram } from "../programs/load.ts";
import { openProver, refuseUnprovable, type ProverOptions } from "../zero/modes/open-prover.ts";
import type { Hex } from "../contracts/hex.ts";
import type { ProvenRun } from "../zero/proof/proven-run.ts";
import { ZeroChain } from "../zero/chain/zero-chain.ts";
import type { ZeroProof, ZeroProver } from "../zero/modes/zero-prover.ts";

/** The network whose contracts are to take the proofs. */
export interface ZeroNetwork {
  /** Read at every use: a network may join the cloud of another. */
  readonly session: CloudSession;
  chain(): Promise<EvmChain>;
  addressOf(part: string): Promise<string>;
}

/** Nexus Zero for one connection: a prover, opened at first use, and the verifier that its proofs need. */
export class ZeroSession {
  readonly #network: ZeroNetwork;
  readonly #options: ProverOptions;
  #prover: Promise<ZeroProver> | undefined;

  constructor(network: ZeroNetwork, options: ProverOptions) {
    this.#network = network;
    this.#options = options;
  }

  /** The identity of a program. */
  async identify(program: LoadedProgram): Promise<Hex> {
    return (await this.#opened()).identify(program);
  }

  /** Proves a run, and sees to it that the router of the network takes the proof. */
  async prove(program: LoadedProgram, input: Uint8Array, privateInput: Uint8Array): Promise<ZeroProof> {
    await refuseUnprovable(program, input, privateInput, this.#options.mode);
    const prover = await this.#opened();
    const proof = await prover.prove(program, input, privateInput);
    const zero = await this.#contracts();
    await this.#network.session.change(() => prover.addVerifier(zero));
    return proof;
  }

  /** Asks the router of the network. @returns why it refuses the proof; undefined when it accepts it */
  async refusal(run: ProvenRun): Promise<string | undefined> {
    const zero = await this.#contracts();
    try {
      await zero.verify(run);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      // Anything else, such as a network that does not answer, says nothing about the proof.
      if (!message.includes("revert")) throw error;
      return message;
    }
  }

  /** Ends the prover. */
  async close(): Promise<void> {
    const prover = await this.#prover?.catch(() => undefined);
    this.#prover = undefined;
    await prover?.close();
  }

  async #contracts(): Promise<ZeroChain> {
    const router = await this.#network.addressOf("ZeroRouter");
    const market = await this.#network.addressOf("ZeroMarket");
    return new ZeroChain(await this.#network.chain(), { router, market });
  }

  async #opened(): Promise<ZeroProver> {
    this.#prover ??= openProver(this.#options);
    try {
      return await this.#prover;
    } catch (error) {
      this.#prover = undefined;
      throw error;
    }
  }
}
