import { getBytes, toUtf8Bytes } from "ethers";

import type { CloudSession } from "./cloud-session.ts";
import type { EvmChain } from "../chain/evm-chain.ts";
import type { ServedChain } from "../cloud/chains/served-chain.ts";
import { topicOf } from "../cloud/chains/served-chain.ts";
import { gatewayLimits } from "../contracts/gateway-limits.ts";
import { hex, type Hex } from "../contracts/hex.ts";
import { Outcome } from "../contracts/digests.ts";
import { executionLimits } from "../cloud/runtime/limits.ts";
import { DevelopmentAccount } from "../chain/development-account.ts";
import type { ServedBlock } from "../cloud/embedded/embedded-cloud.ts";
import type { RunReport } from "../cloud/replication/block-record.ts";
import { missesFunds, refusalText, UnfundedCallError } from "./call-funds.ts";
import type { LoadedProgram } from "../programs/load.ts";
import type { ZeroSession } from "./zero-session.ts";
import type { ZeroProof } from "../zero/modes/zero-prover.ts";

/** An answer that the gateway accepted. */
export interface CloudAnswer {
  readonly requestId: Hex;
  readonly outcome: Outcome;
  readonly output: Uint8Array;
  /** What the program wrote to its log. */
  readonly log: string;
  /** Why the run failed; undefined when it succeeded. */
  readonly reason: string | undefined;
  /** Why calls that the program asked for are not made, in its order. */
  readonly refusedCalls: readonly string[];
  readonly fuelUsed: bigint;
  /** Height of the cloud's block. */
  readonly height: number;
  /** Share indices of the members that signed. */
  readonly signers: readonly number[];
  /** Gas of the transaction that delivered the answer. */
  readonly gasUsed: bigint;
  readonly transactionHash: Hex;
}

/** The program did not succeed; the answer says how. */
export class ProgramFailedError extends Error {
  override readonly name = "ProgramFailedError";
  readonly answer: CloudAnswer;

  constructor(program: string, answer: CloudAnswer) {
    const outcome = Object.entries(Outcome).find(([, value]) => value === answer.outcome)?.[0];
    const log = answer.log.trim();
    super(
      `${program} ended with ${outcome}: ${answer.reason ?? "no reason given"}${log === "" ? "" : ` It said: ${log}`}`,
    );
    this.answer = answer;
  }
}

/** How long a request made from here waits for its answer, in seconds of the chain. */
const PATIENCE = 86_400n;

/** A program that is published to the cloud. */
export class CloudProgram {
  readonly name: string;
  /** keccak256 of the module: what contracts name in their requests. */
  readonly id: Hex;
  readonly #module: Uint8Array;
  readonly #session: CloudSession;
  readonly #chain: EvmChain;
  readonly #zero: ZeroSession;

  constructor(
    { name, module }: LoadedProgram,
    id: Hex,
    session: CloudSession,
    chain: EvmChain,
    zero: ZeroSession,
  ) {
    this.name = name;
    this.id = id;
    this.#module = module;
    this.#session = session;
    this.#chain = chain;
    this.#zero = zero;
  }

  /**
   * Runs the program on `input` and returns what it wrote, as text without a final line break.
   *
   * @throws ProgramFailedError unless it succeeds
   * @throws UnfundedCallError when a call is not made for want of funds, and the program took no notice
   */
  async call(input: string | Uint8Array = ""): Promise<string> {
    const { answer, run } = await this.#ask(input);
    if (missesFunds(run)) throw new UnfundedCallError(run);
    if (answer.outcome !== Outcome.Success) throw new ProgramFailedError(this.name, answer);
    return new TextDecoder().decode(answer.output).replace(/\r?\n$/, "");
  }

  /**
   * Asks the gateway to run the program on `input`, and waits for the answer that it accepts: executed by every node,
   * signed by the committee, verified by the contract. Does not throw when the program fails.
   *
   * @param input text, or bytes as they are
   * @throws RangeError when it is longer than the gateway takes
   */
  async run(input: string | Uint8Array = ""): Promise<CloudAnswer> {
    return (await this.#ask(input)).answer;
  }

  async #ask(input: string | Uint8Array): Promise<{ answer: CloudAnswer; run: RunReport }> {
    const bytes = typeof input === "string" ? toUtf8Bytes(input) : input;
    const { inputBytes } = gatewayLimits;
    if (bytes.length > inputBytes) {
      const [given, most] = [bytes.length, inputBytes].map((count) => count.toLocaleString("en-US"));
      throw new RangeError(`The input is too long: ${given} bytes, and the gateway takes at most ${most}.`);
    }
    const cloud = await this.#session.cloud();
    const served = this.#served(cloud.chains);
    const blocks: ServedBlock[] = [];
    const stop = this.#session.onBlock((block) => blocks.push(block));
    try {
      const receipt = await this.#session.change(async () => {
        const caller = await DevelopmentAccount.open(this.#chain, "caller");
        const deadline = (await this.#chain.latestTimestamp()) + PATIENCE;
        // All that the cloud gives to one run.
        const { fuel, outputBytes } = { ...executionLimits, ...cloud.options.limits };
        const limits = [fuel, outputBytes];
        const quote = [cloud.cloudId, bytes.length, 0, limits];
        const [fee] = await this.#chain.readPaying(caller.address, served.gateway, "quote", ...quote);
        const args = [cloud.cloudId, this.id, bytes, 0, deadline, limits];
        // The base fee may rise before the transaction is mined; what is too much is tip.
        return caller.call(served.gateway, "request", args, 2n * (fee as bigint));
      });
      const requested = receipt.logs.map((log) => served.gateway.parse(log));
      const requestId = requested.find((log) => log?.name === "Requested")!.args["requestId"] as Hex;
      await this.#session.service(this.#chain.chainId);
      return await this.#answer(served, requestId, BigInt(receipt.blockNumber), blocks);
    } finally {
      stop();
    }
  }

  /** The program's identity in Nexus Zero: what contracts name in their requests for proofs. It is not `id`. */
  async zeroId(): Promise<Hex> {
    return this.#zero.identify({ name: this.name, module: this.#module });
  }

  /**
   * Runs the program here and proves the run; afterwards the router of this network takes the proof.
   *
   * @param input text, or bytes as they are
   * @param options `privateInput` is read by the program and is not in the proof
   * @throws Error when the run does not end with exit code 0, or is too large to be proven
   */
  async prove(
    input: string | Uint8Array = "",
    { privateInput = "" }: { readonly privateInput?: string | Uint8Array } = {},
  ): Promise<ZeroProof> {
    const bytes = (given: string | Uint8Array) => (typeof given === "string" ? toUtf8Bytes(given) : given);
    const { name } = this;
    return this.#zero.prove({ name, module: this.#module }, bytes(input), bytes(privateInput));
  }

  /** Gives the program the logs of a contract from now on; rent for a year is paid. */
  async subscribe(emitter: string, topic0: string): Promise<void> {
    const cloud = await this.#session.cloud();
    const { subscriptions } = this.#served(cloud.chains);
    await this.#session.change(async () => {
      const caller = await DevelopmentAccount.open(this.#chain, "caller");
      const [rentPerDay] = await this.#chain.read(subscriptions, "rentPerDay");
      await caller.call(
        subscriptions,
        "subscribe",
        [cloud.cloudId, this.id, emitter, topic0],
        (rentPerDay as bigint) * 365n,
      );
    });
  }

  #served(chains: readonly ServedChain[]): ServedChain {
    return chains.find(({ chainId }) => chainId === this.#chain.chainId)!;
  }

  async #answer(
    { gateway }: ServedChain,
    requestId: Hex,
    since: bigint,
    blocks: readonly ServedBlock[],
  ): Promise<{ answer: CloudAnswer; run: RunReport }> {
    const topics = [topicOf(gateway.abi, "Fulfilled"), requestId];
    const [log] = await this.#chain.logs([gateway.address], since, await this.#chain.head(), topics);
    const fulfilled = log && gateway.parse(log);
    const block = blocks.find(({ record }) => record.runs.some((run) => run.requestId === requestId));
    const run = block?.record.runs.find((one) => one.requestId === requestId);
    if (log === undefined || fulfilled === undefined || block === undefined || run === undefined) {
      throw new Error(
        `Request ${requestId} was not answered: too few nodes of the cloud agree. See nexus.misbehaviours().`,
      );
    }
    const receipt = await this.#chain.receipt(log.transactionHash);
    const answer = {
      requestId,
      outcome: Number(fulfilled.args["outcome"]) as Outcome,
      output: getBytes(fulfilled.args["output"]),
      log: run.log,
      reason: run.reason,
      refusedCalls: run.refusedCalls.map((one) => refusalText(this.id, one)),
      fuelUsed: run.fuelUsed,
      height: block.height,
      signers: block.signers,
      gasUsed: BigInt(receipt!.gasUsed),
      transactionHash: hex(log.transactionHash),
    };
    return { answer, run };
  }
}
