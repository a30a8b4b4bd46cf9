import { keccak256, toUtf8Bytes } from "ethers";

import { exampleNames, loadExample, type LoadedProgram } from "../../programs/load.ts";
import type { ProvenRun } from "../proof/proven-run.ts";
import type { AskedProof, CommittedProof, ZeroChain } from "./zero-chain.ts";

/** Private input of a program: the same for every request, or what a function says for each. */
export type PrivateInput =
  string | Uint8Array | ((asked: AskedProof) => string | Uint8Array | Promise<string | Uint8Array>);

/** What it takes to answer requests. */
export interface MarketTools {
  identify(program: LoadedProgram): Promise<string>;
  /** @throws Error saying in one sentence why there is no proof */
  prove(program: LoadedProgram, input: Uint8Array, privateInput: Uint8Array): Promise<ProvenRun>;
  /** Lets the chain's router take the proofs. */
  prepare(zero: ZeroChain): Promise<unknown>;
}

interface KnownProgram {
  readonly program: LoadedProgram;
  privateInput: PrivateInput;
  /** Identity in Nexus Zero; undefined while it is not asked for, null where it has none. */
  zeroId: string | null | undefined;
}

interface OpenRequest {
  readonly asked: AskedProof;
  /** State of knowledge in which it was tried in vain; another one may help. */
  triedAt?: number;
  failure?: string;
}

/**
 * The prover of a development chain: proves what contracts ask a market for and sells the proofs there, as any prover would. It knows
 * the programs that it was told of and the examples of this package.
 */
export class MarketProver {
  readonly #tools: MarketTools;
  readonly #known = new Map<string, KnownProgram>();
  readonly #open = new Map<string, OpenRequest>();
  #nextBlock = 0n;
  /** Goes up with whatever may make a proof possible that was not. */
  #knowledge = 0;
  #stopped = false;

  constructor(tools: MarketTools) {
    this.#tools = tools;
  }

  /** Tells of a program. */
  know(program: LoadedProgram): void {
    const key = keccak256(program.module);
    if (this.#known.has(key)) return;
    this.#known.set(key, { program, privateInput: "", zeroId: undefined });
    this.#knowledge++;
  }

  /** What a program reads as its private input from now on. @param key keccak256 of its module */
  setPrivateInput(key: string, privateInput: PrivateInput): void {
    this.#known.get(key)!.privateInput = privateInput;
    this.#knowledge++;
  }

  /** Has requests wait until `start`. */
  stop(): void {
    this.#stopped = true;
  }

  /** Ends `stop`. */
  start(): void {
    this.#stopped = false;
  }

  /** Why a request is not answered; undefined when nothing is known against it. */
  failureOf(id: string): string | undefined {
    return this.#stopped ? "the prover is stopped" : this.#open.get(id)?.failure;
  }

  /** Forgets what it has seen: the chain is another one, or went back. */
  rewind(): void {
    this.#nextBlock = 0n;
    this.#open.clear();
  }

  /** Answers the requests made up to now. @param head the newest block @returns whether there was one to answer */
  async serve(zero: ZeroChain, head: bigint): Promise<boolean> {
    for (const asked of await zero.requests(this.#nextBlock, head)) this.#open.set(asked.id, { asked });
    this.#nextBlock = head + 1n;
    if (this.#stopped) return false;
    const committed: [OpenRequest, CommittedProof][] = [];
    for (const open of this.#open.values()) {
      if (open.triedAt === this.#knowledge) continue;
      if (!(await zero.isOpen(open.asked))) {
        this.#open.delete(open.asked.id);
        continue;
      }
      await this.#attempt(open, async () => {
        const run = await this.#prove(open.asked);
        committed.push([open, await zero.commit(open.asked.request, run)]);
      });
    }
    if (committed.length === 0) return false;
    // Once for all of them; on a chain where it cannot be done, it is what keeps each from being answered.
    let ready: Promise<void> | undefined;
    const prepare = async (): Promise<void> => {
      await this.#tools.prepare(zero);
      await zero.passRevealDelay();
    };
    for (const [open, proof] of committed) {
      await this.#attempt(open, async () => {
        await (ready ??= prepare());
        await zero.reveal(proof);
        this.#open.delete(open.asked.id);
      });
    }
    return true;
  }

  /** Does something for a request; what keeps it from being done is its failure, and no other request's. */
  async #attempt(open: OpenRequest, action: () => Promise<void>): Promise<void> {
    open.triedAt = this.#knowledge;
    delete open.failure;
    try {
      await action();
    } catch (error) {
      open.failure = (error as Error).message;
    }
  }

  async #prove(asked: AskedProof): Promise<ProvenRun> {
    const known = await this.#find(asked.request.programId);
    const given = known.privateInput;
    const privateInput = typeof given === "function" ? await given(asked) : given;
    const bytes = typeof privateInput === "string" ? toUtf8Bytes(privateInput) : privateInput;
    return this.#tools.prove(known.program, asked.input, bytes);
  }

  async #find(zeroId: string): Promise<KnownProgram> {
    for (const known of this.#known.values()) if ((await this.#idOf(known)) === zeroId) return known;
    // Few ask for one without having loaded it, so the examples are looked through last.
    for (const name of await exampleNames()) {
      const program = await loadExample(name);
      const known: KnownProgram = { program, privateInput: "", zeroId: undefined };
      if ((await this.#idOf(known)) !== zeroId) continue;
      this.#known.set(keccak256(program.module), known);
      return known;
    }
    throw new Error(
      `No program known here has the identity ${zeroId}. Load it with nexus.program(), and name it by its zeroId().`,
    );
  }

  async #idOf(known: KnownProgram): Promise<string | null> {
    if (known.zeroId === undefined) {
      // Programs that use the cloud have no identity in Nexus Zero.
      known.zeroId = await this.#tools.identify(known.program).catch(() => null);
    }
    return known.zeroId;
  }
}
