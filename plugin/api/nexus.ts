import type { HookContext } from "hardhat/types/hooks";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { answersOf, type TransactionAnswers } from "../callbacks/answers.ts";
import { eventsOf, type EmittedEvent, type EmittingContract } from "../callbacks/events.ts";
import { proofsOf, type TransactionProof } from "../callbacks/proofs.ts";
import { embeddedCloudOptions } from "./config.ts";
import { CloudSession } from "./cloud-session.ts";
import type { EvmChain } from "../chain/evm-chain.ts";
import type { EmbeddedCloud } from "../cloud/embedded/embedded-cloud.ts";
import type { EmbeddedCloudOptions } from "../cloud/embedded/founding.ts";
import { checkFault, type Fault } from "../cloud/embedded/faulty-replica.ts";
import type { Evidence } from "../cloud/node/evidence.ts";
import type { Misbehaviour } from "../cloud/replication/engine.ts";
import { hex, type Hex } from "../contracts/hex.ts";
import type { SuiteContract, SuitePart } from "../contracts/suite-contracts.ts";
import { creditOf, fundCalls } from "./call-funds.ts";
import { CloudProgram } from "./cloud-program.ts";
import { loadProgram } from "../programs/load.ts";
import type { PrivateInput } from "../zero/chain/market-prover.ts";
import type { ProvenRun } from "../zero/proof/proven-run.ts";
import { suitePart } from "./suite-part.ts";
import { ZeroSession } from "./zero-session.ts";

/** What of the project a connection's `nexus` works with. */
export type NexusEnvironment = Pick<HookContext, "config" | "artifacts">;

/**
 * Off-chain compute for the contracts of one network: what tests and scripts see as `connection.nexus`. The embedded
 * cloud is booted when it is first needed, and from then on serves after every transaction, before its promise resolves.
 *
 * @example
 * ```ts
 * const { ethers, nexus } = await network.create();
 * const fibonacci = await nexus.program("fibonacci");
 * expect(await fibonacci.call("30")).to.equal("832040");
 * ```
 */
export class Nexus {
  /** Configuration and artifacts of the project; for the plugin's own deployments. */
  readonly environment: NexusEnvironment;
  readonly #connection: NetworkConnection<ChainType | string>;
  readonly #zero: ZeroSession;
  #session: CloudSession;

  /** @param cloud how its cloud differs from what the configuration says */
  constructor(
    environment: NexusEnvironment,
    connection: NetworkConnection<ChainType | string>,
    cloud: Partial<EmbeddedCloudOptions> = {},
  ) {
    this.environment = environment;
    const { config } = environment;
    this.#connection = connection;
    this.#zero = new ZeroSession(this, { mode: config.nexus.zero.mode, cache: config.paths.cache });
    const options = { ...embeddedCloudOptions(config.nexus.cloud), ...cloud };
    this.#session = new CloudSession(connection, options, this.#zero);
  }

  /** The session behind it; for the plugin's own hooks and tasks. */
  get session(): CloudSession {
    return this.#session;
  }

  /** The chain of this connection. */
  async chain(): Promise<EvmChain> {
    return this.#session.chainOf(this.#connection);
  }

  /** The embedded cloud, booted if it does not run yet. */
  async cloud(): Promise<EmbeddedCloud> {
    return this.#session.cloud();
  }

  /** The cloud's id, which contracts name in their requests. */
  async cloudId(): Promise<Hex> {
    return hex((await this.cloud()).cloudId);
  }

  /** Address of the gateway on this network. */
  async gateway(): Promise<Hex> {
    return this.addressOf("NexusGateway");
  }

  /** Address of any part of the suite on this network, by contract name. */
  async addressOf(part: string): Promise<Hex> {
    const { chainId } = await this.#session.chainOf(this.#connection);
    return hex((await this.cloud()).addressOf(chainId, part));
  }

  /**
   * Any part of the suite on this network, without the project compiling it: a contract of ethers for the first account, which has
   * the `address` and the `abi` that viem takes.
   *
   * @example
   * ```ts
   * const router = await nexus.contract("ZeroRouter");
   * await router.verify(programId, input, journal, proof); // with ethers
   * await publicClient.readContract({ ...router, functionName: "verify", args }); // with viem
   * ```
   * @throws when there is no such part here
   */
  async contract<Part extends SuitePart>(part: Part): Promise<SuiteContract<Part>> {
    return suitePart(this.#connection, part, await this.addressOf(part));
  }

  /**
   * A program, built if its source changed, and published to the cloud.
   *
   * @param program name of one of the project's programs or of the examples, path of a `.wasm` file, or a module
   * @throws when there is no such program, it does not build, or the cloud would not run it
   */
  async program(program: string | Uint8Array): Promise<CloudProgram> {
    const published = await this.publish(program);
    await this.#session.service();
    return published;
  }

  /** Like `program`, but the cloud takes it with the next that it serves: for many of them at once. */
  async publish(program: string | Uint8Array): Promise<CloudProgram> {
    const { nexus, paths } = this.environment.config;
    const loaded = await loadProgram(program, { programs: nexus.programs, cache: paths.cache });
    const id = await this.#session.change((cloud) => cloud.publish(loaded.module));
    this.#zero.market.know(loaded);
    return new CloudProgram(loaded, hex(id), this.#session, await this.chain(), this.#zero);
  }

  /**
   * Gives a program ether for the calls that it makes to this network, as `NexusOutbox.fund` does for whoever wants them made: without, the
   * cloud refuses them. Nothing is needed, or given, where calls are free.
   *
   * @param amount wei
   */
  async fund(program: Pick<CloudProgram, "id">, amount = 10n ** 18n): Promise<void> {
    const chain = await this.chain();
    await this.#session.change((cloud) => fundCalls(cloud, chain, program.id, amount));
    await this.#session.service(chain.chainId);
  }

  /** Wei that a program has for further calls to this network; what a call has not cost is back once the chain has made it. */
  async callCredit(program: Pick<CloudProgram, "id">): Promise<bigint> {
    return creditOf(await this.cloud(), (await this.chain()).chainId, program.id);
  }

  /**
   * Gives a program the logs of a contract, as `NexusSubscriptions` does for whoever pays the rent.
   *
   * @param emitter the contract whose logs to follow
   * @param topic0 first topic: the hash of the event's signature
   */
  async subscribe(program: CloudProgram, emitter: string, topic0: string): Promise<void> {
    await program.subscribe(emitter, topic0);
  }

  /**
   * The answers to what a transaction asked the gateway for, with what came of their callbacks: what the matchers look at, for whichever
   * library asserts.
   *
   * @param transaction a mined one, with its hash, or the hash
   */
  async answers(transaction: string | { readonly hash: string }): Promise<TransactionAnswers> {
    return answersOf(
      hashOf(transaction),
      await this.chain(),
      await this.gateway(),
      this.environment.artifacts,
    );
  }

  /**
   * What became of the proofs that a transaction asked the market for; the same for Nexus Zero.
   *
   * @param transaction a mined one, with its hash, or the hash
   */
  async proofs(transaction: string | { readonly hash: string }): Promise<readonly TransactionProof[]> {
    const chain = await this.chain();
    // A cloud that serves this network through a mirror has brought no market here.
    if ((await this.cloud()).findAddress(chain.chainId, "ZeroMarket") === undefined) return [];
    const zero = await this.#zero.contracts();
    return proofsOf(hashOf(transaction), chain, zero, this.#zero.market, this.environment.artifacts);
  }

  /**
   * What a contract emitted in the callbacks of a transaction's requests, those at the gateway first.
   *
   * @param contract of ethers or of viem
   * @param event its name
   * @throws Error when the contract has no such event
   */
  async callbackEvents(
    transaction: string | { readonly hash: string },
    contract: EmittingContract,
    event: string,
  ): Promise<EmittedEvent[]> {
    const { answers } = await this.answers(transaction);
    const results = [...answers, ...(await this.proofs(transaction))];
    return eventsOf(
      results.map(({ callback }) => callback),
      contract,
      event,
    );
  }

  /**
   * What a program reads as its private input when a contract asks the market for a proof of it, from now on.
   *
   * @param input text, bytes, or a function of the request that returns either
   */
  async privateInput(program: CloudProgram, input: PrivateInput): Promise<void> {
    await this.#session.change(() => this.#zero.market.setPrivateInput(program.id, input));
    await this.service();
  }

  /** Has requests for proofs wait, as if nobody proved, until `startProver`. */
  async stopProver(): Promise<void> {
    await this.#session.change(() => this.#zero.market.stop());
  }

  /** Ends `stopProver`; what was asked for meanwhile is answered. */
  async startProver(): Promise<void> {
    await this.#session.change(() => this.#zero.market.start());
    await this.service();
  }

  /**
   * First four bytes of every proof made here: contracts name by them the one verifier that they trust. From now on the Zero
   * router of this network takes such proofs.
   */
  async zeroSelector(): Promise<Hex> {
    return this.#zero.selector();
  }

  /** Why the Zero router of this network refuses a proof; undefined when it accepts it. */
  async proofRefusal(run: ProvenRun): Promise<string | undefined> {
    return this.#zero.refusal(run);
  }

  /** Serves this network from the cloud of another, through a mirror of its committee here. */
  async join(other: Nexus): Promise<void> {
    if (this.#session.booted) {
      throw new Error(
        "This network has a cloud of its own already. Call join before anything else uses nexus here.",
      );
    }
    await other.session.attach(this.#connection);
    this.#session = other.session;
  }

  /** Serves everything asked for so far; needed only where no transaction comes after. */
  async service(): Promise<void> {
    await this.#session.service();
  }

  /**
   * Makes a node misbehave from now on, or behave again.
   *
   * @param node from 1
   * @throws TypeError when there is no such fault
   */
  async setFault(node: number, fault: Fault): Promise<void> {
    checkFault(fault);
    await this.#session.change((cloud) => {
      const replica = cloud.replicas[node - 1];
      if (replica === undefined)
        throw new RangeError(`There is no node ${node}; the cloud has ${cloud.replicas.length}.`);
      replica.fault = fault;
    });
  }

  /** Stops a node. @param node from 1 */
  async stopNode(node: number): Promise<void> {
    await this.setFault(node, { kind: "stopped" });
  }

  /** Starts a stopped node, or ends any other fault of it; it catches up with the next block. @param node from 1 */
  async startNode(node: number): Promise<void> {
    await this.setFault(node, { kind: "none" });
    await this.service();
  }

  /** What nodes were seen doing wrong, oldest first. */
  async misbehaviours(): Promise<readonly Misbehaviour[]> {
    return (await this.cloud()).misbehaviours;
  }

  /**
   * Hands the evidence of an equivocation to `EquivocationSlashing`, which slashes the node's operator.
   *
   * @returns token units slashed
   * @throws TypeError for other misbehaviour, which is no evidence; Error when the contract refuses
   */
  async reportEquivocation(misbehaviour: Misbehaviour): Promise<bigint> {
    return this.#session.change((cloud) => cloud.reportEquivocation(misbehaviour));
  }

  /**
   * Hands evidence of what key shares or group keys signed to `EquivocationSlashing`, which slashes the member or all of them.
   *
   * @returns token units slashed
   * @throws Error when the contract refuses
   */
  async reportEvidence(evidence: Evidence): Promise<bigint> {
    return this.#session.change((cloud) => cloud.reportEvidence(evidence));
  }

  /** Ends the cloud and the prover of this connection. */
  async close(): Promise<void> {
    await this.#zero.close();
    await this.#session.close();
  }
}

function hashOf(transaction: string | { readonly hash: string }): string {
  return typeof transaction === "string" ? transaction : transaction.hash;
}
