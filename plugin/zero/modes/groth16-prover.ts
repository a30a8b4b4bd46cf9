import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { getBytes, hexlify } from "ethers";

import { hex, type Hex } from "../../contracts/hex.ts";
import type { LoadedProgram } from "../../programs/load.ts";
import { productionCircuit } from "../circuit/production-circuit.ts";
import { ZeroProofError } from "../arithmetic/zero-proof-error.ts";
import { Kernels } from "../kernels/kernels.ts";
import { developmentGroth16Key } from "../keys/development-groth16.ts";
import { developmentPowers, developmentTauPoint } from "../keys/development-powers.ts";
import { readVerifyingKey } from "../keys/zkey-reader.ts";
import { readZkey, type Zkey } from "../keys/zkey-sections.ts";
import { machineProgram } from "../vm/machine-program.ts";
import { selectorOf, type ZeroVerifyingKey } from "../proof/verifying-key.ts";
import { identityOf, prove, type ProvingKey } from "./prove.ts";
import type { ProvenRun } from "../proof/proven-run.ts";
import { verifyProof } from "../proof/verify-proof.ts";
import type { ZeroChain } from "../chain/zero-chain.ts";
import { unprovable, type ProvingStep, type ZeroProof, type ZeroProver } from "./zero-prover.ts";

/** Makes real proofs, for the development key. */
export class Groth16Prover implements ZeroProver {
  readonly #folder: string;
  readonly #zkey: Zkey;
  readonly #key: ZeroVerifyingKey;
  #kernels: Promise<Kernels> | undefined;

  private constructor(folder: string, zkey: Zkey, key: ZeroVerifyingKey) {
    this.#folder = folder;
    this.#zkey = zkey;
    this.#key = key;
  }

  /**
   * Opens the development key, and makes it where it is not there yet, which takes about a minute.
   *
   * @param cache folder under which it is kept
   */
  static async open(cache: string, progress: (what: string) => void): Promise<Groth16Prover> {
    const folder = join(cache, "nexus", "keys");
    await mkdir(folder, { recursive: true });
    progress("Reading the development key");
    const circuit = await productionCircuit(folder);
    let shown = "";
    const path = await developmentGroth16Key(circuit, folder, (what, part) => {
      const line = `Making the development key, once: ${what}, ${Math.floor(part * 10) * 10} %`;
      if (line !== shown) progress(line);
      shown = line;
    });
    const key = { ...(await readVerifyingKey(path)), tau: developmentTauPoint() };
    return new Groth16Prover(folder, await readZkey(path), key);
  }

  /** What verifiers of these proofs trust. */
  get verifyingKey(): ZeroVerifyingKey {
    return this.#key;
  }

  /** Bytes of the kernels' memory, which grows with the longest run and does not shrink. */
  async memory(): Promise<number> {
    return (await this.#started()).memory.buffer.byteLength;
  }

  async identify(program: LoadedProgram): Promise<Hex> {
    const key = { kernels: await this.#started(), powers: this.#powers() };
    return hex(hexlify(await identityOf(key, machineProgram(program))));
  }

  async prove(
    loaded: LoadedProgram,
    input: Uint8Array,
    privateInput: Uint8Array,
    progress: (what: string) => void = () => undefined,
  ): Promise<ZeroProof> {
    const kernels = await this.#started();
    const steps: ProvingStep[] = [];
    let current: { name: string; since: number } | undefined;
    const begin = (name?: string): void => {
      const now = performance.now();
      if (current !== undefined) steps.push({ name: current.name, milliseconds: now - current.since });
      current = name === undefined ? undefined : { name: sentence(name), since: now };
      if (current !== undefined) progress(`Proving ${loaded.name}: ${name}`);
    };
    const powers = this.#powers(progress);
    const key = { kernels, powers, zkey: this.#zkey, selector: selectorOf(this.#key) };
    try {
      const program = machineProgram(loaded);
      const { programId, run, bytes } = await prove(key, program, input, privateInput, begin);
      begin("verify");
      verifyProof(this.#key, { programId, input, journal: run.journal }, bytes);
      begin();
      return {
        programId: hex(hexlify(programId)),
        ...{ input, journal: run.journal, proof: bytes, program: loaded.name, steps },
        log: new TextDecoder().decode(run.log),
        instructions: run.instructions,
      };
    } catch (error) {
      throw unprovable(loaded.name, error);
    }
  }

  async verify({ programId, input, journal, proof }: ProvenRun): Promise<void> {
    try {
      verifyProof(this.#key, { programId: getBytes(programId), input, journal }, proof);
    } catch (error) {
      if (!(error instanceof ZeroProofError || error instanceof RangeError)) throw error;
      throw new Error(sentence(`${error.message}.`), { cause: error });
    }
    return Promise.resolve();
  }

  async addVerifier(chain: ZeroChain): Promise<Hex> {
    return chain.addVerifier(this.#key);
  }

  async close(): Promise<void> {
    const kernels = await this.#kernels;
    this.#kernels = undefined;
    await kernels?.close();
  }

  #powers(progress: (what: string) => void = () => undefined): ProvingKey["powers"] {
    return (count) =>
      developmentPowers(count, this.#folder, (what, part) => {
        progress(`Making the development key, once: ${what}, ${Math.floor(part * 10) * 10} %`);
      });
  }

  async #started(): Promise<Kernels> {
    this.#kernels ??= Kernels.start();
    return this.#kernels;
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
