import { getBytes, hexlify, keccak256, randomBytes } from "ethers";
import type { IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

import { part } from "../../../deploy/suite/part.ts";
import { zero } from "../../../deploy/suite/suite.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import { EvmContract, type EvmChain, type RpcLog, type RpcReceipt } from "../../chain/evm-chain.ts";
import { deployParts } from "../../chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../chain/development-account.ts";
import { hex, type Hex } from "../../contracts/hex.ts";
import { mockSelector } from "../proof/mock-proof.ts";
import { selectorOf, type ZeroVerifyingKey } from "../proof/verifying-key.ts";
import type { ProvenRun } from "../proof/proven-run.ts";
import { verifierArgument } from "./verifier-argument.ts";

/** A request as the market recorded it; later calls hand it in again. */
export interface ProofRequest {
  readonly programId: string;
  /** Of the verifier that may decide: first four bytes of the proof. */
  readonly selector: string;
  readonly requester: string;
  readonly nonce: bigint;
  readonly bounty: bigint;
  readonly deadline: bigint;
  readonly callbackGas: bigint;
  readonly inputHash: string;
}

/** A request as the market's event tells of it. */
export interface AskedProof {
  readonly id: string;
  readonly request: ProofRequest;
  /** The public input. */
  readonly input: Uint8Array;
}

/** A proof that was committed to for a request, and the salt that the commitment was hidden with. */
export interface CommittedProof {
  readonly request: ProofRequest;
  readonly run: ProvenRun;
  readonly salt: Uint8Array;
}

/** A day: how long a request made from here waits for its proof, in seconds of the chain. */
const PATIENCE = 86_400n;
/** Status of a selector that the router does not know. */
const UNKNOWN = 0n;
/** `Status.Open` of ZeroMarket.sol. */
const OPEN = 1n;

/**
 * Zero's contracts on a development chain: the router and its verifiers, and the market where proofs are bought. All is sent by
 * accounts of its own, which the chain impersonates.
 */
export class ZeroChain {
  readonly router: EvmContract;
  readonly market: EvmContract;
  readonly #chain: EvmChain;

  /** @param addresses of `ZeroRouter`, owned by the embedded cloud's deployer, and of `ZeroMarket` */
  constructor(chain: EvmChain, addresses: { readonly router: string; readonly market: string }) {
    this.#chain = chain;
    this.router = new EvmContract(addresses.router, loadArtifact("ZeroRouter").abi);
    this.market = new EvmContract(addresses.market, loadArtifact("ZeroMarket").abi);
  }

  /** Deploys a router, without any verifier and without a delay before one that is added can be used, and a market. */
  static async deploy(chain: EvmChain): Promise<ZeroChain> {
    const deployer = await DevelopmentAccount.open(chain, "deployer");
    const parts = await deployParts(deployer, (m) => zero(m, m.getAccount(0), 0));
    return new ZeroChain(chain, { router: parts.get("ZeroRouter")!, market: parts.get("ZeroMarket")! });
  }

  /** Lets the router take proofs for a development key; does nothing where it does already. @returns their selector */
  async addVerifier(key: ZeroVerifyingKey): Promise<Hex> {
    const selector: Hex = `0x${selectorOf(key).toString(16).padStart(8, "0")}`;
    const argument = verifierArgument(key);
    await this.#add(selector, (m) => part(m, "ZeroDevelopmentVerifier", [argument]));
    return selector;
  }

  /** Lets the router take mock proofs; does nothing where it does already. @returns their selector */
  async addMockVerifier(): Promise<Hex> {
    await this.#add(mockSelector, (m) => part(m, "ZeroMockVerifier"));
    return hex(mockSelector);
  }

  async #add(selector: string, describe: (m: IgnitionModuleBuilder) => unknown): Promise<void> {
    // Asked every time: the chain may have gone back to before it was added.
    const [, status] = await this.#chain.read(this.router, "entryOf", selector);
    if (status !== UNKNOWN) return;
    const deployer = await DevelopmentAccount.open(this.#chain, "deployer");
    const parts = await deployParts(deployer, describe);
    await deployer.call(this.router, "add", [...parts.values()]);
  }

  /**
   * Asks the market for a proof, offering `bounty` wei.
   *
   * @param selector of the verifier that may decide; the router must take its proofs
   */
  async request(
    programId: string,
    selector: string,
    input: Uint8Array,
    bounty: bigint,
  ): Promise<ProofRequest> {
    const caller = await DevelopmentAccount.open(this.#chain, "caller");
    const deadline = (await this.#chain.latestTimestamp()) + PATIENCE;
    const { logs } = await caller.call(
      this.market,
      "request",
      [programId, selector, input, deadline, 0],
      bounty,
    );
    return this.requestsIn(logs)[0]!.request;
  }

  /** The requests that logs tell of. */
  requestsIn(logs: readonly RpcLog[]): AskedProof[] {
    return logs
      .map((log) => this.market.parse(log))
      .filter((log) => log?.name === "ProofRequested")
      .map((log) => ({
        id: String(log!.args.getValue("id")),
        request: log!.args.getValue("asked").toObject() as ProofRequest,
        input: getBytes(log!.args.getValue("input") as string),
      }));
  }

  /** The requests made in the blocks [from, to]. */
  async requests(from: bigint, to: bigint): Promise<AskedProof[]> {
    const topics = [this.market.abi.getEvent("ProofRequested")!.topicHash];
    return this.requestsIn(await this.#chain.logs([this.market.address], from, to, topics));
  }

  /** Whether the market still pays for a proof: the request is open, and its deadline is ahead. */
  async isOpen({ id, request }: AskedProof): Promise<boolean> {
    const [status] = await this.#chain.read(this.market, "statusOf", id);
    return status === OPEN && (await this.#chain.latestTimestamp()) < request.deadline;
  }

  /**
   * Commits to a proof, lets the blocks pass that the market asks for, and shows it.
   *
   * @returns the receipt of the transaction with which the market took the proof
   * @throws Error when the market or its verifier refuses
   */
  async fulfil(request: ProofRequest, run: ProvenRun): Promise<RpcReceipt> {
    const committed = await this.commit(request, run);
    await this.passRevealDelay();
    return this.reveal(committed);
  }

  /** Commits to a proof. */
  async commit(request: ProofRequest, run: ProvenRun): Promise<CommittedProof> {
    const prover = await DevelopmentAccount.open(this.#chain, "prover");
    const salt = randomBytes(32);
    const [id] = await this.#chain.read(this.market, "idOf", request);
    const hashes = [keccak256(run.journal), keccak256(run.proof)];
    const names = [id, prover.address, ...hashes, salt];
    const [commitment] = await this.#chain.read(this.market, "commitmentOf", ...names);
    await prover.call(this.market, "commit", [commitment]);
    return { request, run, salt };
  }

  /** Has the chain mine the blocks between a commitment and the earliest reveal. */
  async passRevealDelay(): Promise<void> {
    const [delay] = await this.#chain.read(this.market, "revealDelay");
    await this.#chain.rpc("hardhat_mine", `0x${(delay as bigint).toString(16)}`);
  }

  /**
   * Shows a proof that was committed to `revealDelay` blocks ago.
   *
   * @returns the receipt of the transaction with which the market took the proof
   * @throws Error when the market or its verifier refuses
   */
  async reveal({ request, run, salt }: CommittedProof): Promise<RpcReceipt> {
    const prover = await DevelopmentAccount.open(this.#chain, "prover");
    const { input, journal, proof } = run;
    return prover.call(this.market, "fulfil", [request, input, journal, proof, salt]);
  }

  /** Asks the router about a proof. @throws Error naming the contract's error when it refuses */
  async verify({ programId, input, journal, proof }: ProvenRun): Promise<void> {
    await this.#chain.read(this.router, "verify", programId, input, journal, hexlify(proof));
  }
}
