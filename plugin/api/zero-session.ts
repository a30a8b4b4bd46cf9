import type { CloudSession, Companion } from "./cloud-session.ts";
import type { EmbeddedCloud } from "../cloud/embedded/embedded-cloud.ts";
import { MarketProver } from "../zero/chain/market-prover.ts";
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

/**
 * Nexus Zero for one connection: a prover, opened at first use, the verifier that its proofs need, and the market whose requests it
 * answers after each transaction.
 */
export class ZeroSession implements Companion {
  readonly market: MarketProver;
  readonly #network: ZeroNetwork;
  readonly #options: ProverOptions;
  #prover: Promise<ZeroProver> | undefined;

  constructor(network: ZeroNetwork, options: ProverOptions) {
    this.#network = network;
    this.#options = options;
    this.market = new MarketProver({
      identify: async (program) => this.identify(program),
      prove: async (program, input, privateInput) => this.#prove(program, input, privateInput),
      prepare: async (zero) => (await this.#opened()).addVerifier(zero),
    });
  }

  /** Answers what contracts asked the market for. */
  async serve(cloud: EmbeddedCloud): Promise<boolean> {
    const chain = await this.#network.chain();
    const router = cloud.findAddress(chain.chainId, "ZeroRouter");
    const market = cloud.findAddress(chain.chainId, "ZeroMarket");
    if (router === undefined || market === undefined) return false;
    return this.market.serve(new ZeroChain(chain, { router, market }), await chain.head());
  }

  rewind(): void {
    this.market.rewind();
  }

  /** Zero's contracts on this network. */
  async contracts(): Promise<ZeroChain> {
    const router = await this.#network.addressOf("ZeroRouter");
    const market = await this.#network.addressOf("ZeroMarket");
    return new ZeroChain(await this.#network.chain(), { router, market });
  }

  /** The identity of a program. */
  async identify(program: LoadedProgram): Promise<Hex> {
    return (await this.#opened()).identify(program);
  }

  /** The selector of the verifier of the proofs made here, which the router of the network takes from now on. */
  async selector(): Promise<Hex> {
    const zero = await this.contracts();
    const prover = await this.#opened();
    return this.#network.session.change(() => prover.addVerifier(zero));
  }

  /** Proves a run, and sees to it that the router of the network takes the proof. */
  async prove(program: LoadedProgram, input: Uint8Array, privateInput: Uint8Array): Promise<ZeroProof> {
    const proof = await this.#prove(program, input, privateInput);
    await this.selector();
    return proof;
  }

  /** Asks the router of the network. @returns why it refuses the proof; undefined when it accepts it */
  async refusal(run: ProvenRun): Promise<string | undefined> {
    const zero = await this.contracts();
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

  async #prove(program: LoadedProgram, input: Uint8Array, privateInput: Uint8Array): Promise<ZeroProof> {
    await refuseUnprovable(program, input, privateInput, this.#options.mode);
    return (await this.#opened()).prove(program, input, privateInput);
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
