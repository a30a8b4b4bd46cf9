import { hexlify } from "ethers";

import * as digests from "../../contracts/digests.ts";
import type { ChainRecord } from "../replication/block-record.ts";
import type { EvmContract, Transaction } from "../../chain/evm-chain.ts";
import { failureOf } from "../../chain/provider-failure.ts";
import {
  SendRefusedError,
  type AccountCall,
  type AccountSender,
  type SendOutcome,
} from "./account-sender.ts";
import { encodeFulfil } from "./fulfil-call.ts";
import { topicOf, type ServedChain } from "./served-chain.ts";

/** A transaction that delivered something. */
export interface Delivery {
  readonly kind: "fulfil" | "execute";
  readonly transactionHash: string;
  readonly gasUsed: bigint;
}

/** What one transaction may take of a chain. */
export interface DeliveryBounds {
  /** Most gas: what the chain takes of one transaction. */
  readonly gas: bigint;
  /** Whether the chain is asked how much gas a transaction needs. One that is not asked gets the most, and refuses what would fail. */
  readonly estimates: boolean;
}

/** 2^24 gas is Ethereum's own bound (EIP-7825). */
const LIVE_BOUNDS: DeliveryBounds = { gas: 1n << 24n, estimates: true };

/** A simulated chain runs a transaction some twenty times to estimate its gas, and nobody pays for that. */
export const SIMULATED_BOUNDS: DeliveryBounds = { ...LIVE_BOUNDS, estimates: false };

/**
 * Gas of the first try, and of those after one that failed, as a percentage of the chain's estimate. An estimate is of the newest block; what
 * comes before the transaction may make it dearer, above all data on the chain below.
 */
const GAS_PERCENT = [125n, 200n, 400n] as const;

/** Requests that are asked for one by one, and blocks whose logs are asked for instead when there are more. */
const [FEW, LATELY] = [3, 1_000n];

/** A delivery that the chain refused; trying again as it is would not help. */
export class DeliveryError extends Error {
  override readonly name = "DeliveryError";
}

/**
 * Brings a cloud's signed blocks to one chain. It holds no truth and no trust: what is left to deliver follows from the
 * record and from the chain, and whatever it does, the contracts accept only what the committee signed.
 */
export class Relayer {
  readonly #served: ServedChain;
  readonly #cloudId: string;
  readonly #sender: AccountSender;
  readonly #bounds: DeliveryBounds;

  /**
   * @param sender of an account on the chain, which pays the gas and earns the relayer's fees
   * @param bounds what one transaction may take: 2^24 gas, unless given
   */
  constructor(
    served: ServedChain,
    cloudId: string,
    sender: AccountSender,
    bounds: DeliveryBounds = LIVE_BOUNDS,
  ) {
    this.#served = served;
    this.#cloudId = cloudId;
    this.#sender = sender;
    this.#bounds = bounds;
  }

  /**
   * Delivers what of a block has not arrived yet; nothing when all has. It may be called again at any time, as for a block that
   * has arrived and is not final: what a reorganisation took back is delivered again.
   *
   * @param signature group signature of the record's header
   * @throws DeliveryError when the chain refuses
   */
  async deliver(epoch: bigint, record: ChainRecord, signature: Uint8Array): Promise<Delivery[]> {
    const { gateway, outbox } = this.#served;
    const { header, answers } = record;
    const fulfil = encodeFulfil(this.#cloudId, epoch, header, answers, signature);
    const calls = record.calls.map((c) => ({ ...c, data: hexlify(c.data) }));
    const execute = [this.#cloudId, epoch, header, calls, hexlify(signature)];
    const deliveries = [
      await this.#inTurn("fulfil", {
        contract: gateway,
        data: gateway.abi.getFunction("fulfil")!.selector + hexlify(fulfil).slice(2),
        isOpen: () => this.#hasOpenRequest(record),
      }),
      await this.#inTurn("execute", {
        contract: outbox,
        data: outbox.abi.encodeFunctionData("execute", execute),
        isOpen: () => this.#hasOpenCall(record),
      }),
    ];
    return deliveries.filter((delivery) => delivery !== undefined);
  }

  /** Whether the chain lacks nothing of a block at present, as far as it knows of what the block answers. It may lose it again. */
  async has(record: ChainRecord): Promise<boolean> {
    return !(await this.#hasOpenRequest(record)) && !(await this.#hasOpenCall(record));
  }

  /** Number of the chain's newest block. */
  async head(): Promise<bigint> {
    return this.#served.chain.head();
  }

  /**
   * Whether all of a block is on the chain below its finality: no reorganisation takes it back any more.
   *
   * @param since a block of the chain by which the cloud had the requests, such as its head when they were delivered: a chain knows no
   * more of one that is answered than of one that is still to come
   */
  async isFinal(record: ChainRecord, since: bigint): Promise<boolean> {
    const at = await this.#served.chain.finalHead();
    if (at < since) return false;
    return !(await this.#hasOpenRequest(record, at)) && !(await this.#hasOpenCall(record, at));
  }

  async #inTurn(kind: Delivery["kind"], part: Part): Promise<Delivery | undefined> {
    return this.#sender
      .inTurn((send) => this.#deliverPart(send, kind, part))
      .catch((error: unknown) => {
        throw error instanceof SendRefusedError ? new DeliveryError(error.message, { cause: error }) : error;
      });
  }

  /** Sends the part until the chain has it: by this transaction, by one from before a crash, or by another relayer's. */
  async #deliverPart(
    send: (call: AccountCall) => Promise<SendOutcome>,
    kind: Delivery["kind"],
    part: Part,
  ): Promise<Delivery | undefined> {
    const { data, contract } = part;
    let tries = 0;
    while (await part.isOpen()) {
      const most = await this.#most();
      const estimate = await this.#estimate(kind, part, most);
      if (estimate === undefined) return undefined;
      const ample = (estimate * GAS_PERCENT[tries]!) / 100n;
      const gas = ample < most ? ample : most;
      const outcome = await send({ name: kind, to: contract.address, data, gas });
      if (outcome === "taken") continue;
      if (outcome !== "too little gas" && BigInt(outcome.status) === 1n) {
        return { kind, transactionHash: outcome.transactionHash, gasUsed: BigInt(outcome.gasUsed) };
      }
      if (!(await part.isOpen())) return undefined;
      // It would have succeeded on what the estimate saw, so what has changed since may ask for more gas.
      if (++tries < GAS_PERCENT.length) continue;
      const where = outcome === "too little gas" ? "" : ` in transaction ${outcome.transactionHash}`;
      throw this.#refusal(`${kind}${where}. See its trace for the error.`);
    }
    return undefined;
  }

  /** Gas that the part needs, as far as the chain knows; undefined when there is nothing to deliver any more. @throws DeliveryError */
  async #estimate(
    kind: Delivery["kind"],
    { contract, data, isOpen }: Part,
    most: bigint,
  ): Promise<bigint | undefined> {
    const { chain, chainId } = this.#served;
    const transaction = { from: this.#sender.address, to: contract.address, data };
    let estimate = most;
    try {
      if (this.#bounds.estimates) estimate = await chain.estimateGas(transaction);
      else await chain.attempt({ ...transaction, gas: most });
    } catch (error) {
      if (failureOf(error) !== "refused") throw error;
      if (!(await isOpen())) return undefined;
      // Hardhat's chain estimates nothing of which a part runs out of gas of its own, as a callback may.
      if (this.#bounds.estimates && (await this.#succeeds({ ...transaction, gas: most }))) return most;
      throw this.#refusal(`${kind}: ${(error as Error).message}`);
    }
    if (estimate <= most) return estimate;
    throw new DeliveryError(
      `Chain ${chainId} needs ${estimate} gas for ${kind}, and takes no transaction of more than ${most}.`,
    );
  }

  /** Most gas that one transaction may have now. */
  async #most(): Promise<bigint> {
    const limit = await this.#served.chain.blockGasLimit();
    return limit < this.#bounds.gas ? limit : this.#bounds.gas;
  }

  async #succeeds(transaction: Transaction): Promise<boolean> {
    return this.#served.chain.attempt(transaction).then(
      () => true,
      () => false,
    );
  }

  #refusal(what: string): DeliveryError {
    return new DeliveryError(`Chain ${this.#served.chainId} refused ${what}`);
  }

  /** Past its deadline a request stays open until it is refunded, but the gateway passes its answer over. */
  async #hasOpenRequest(record: ChainRecord, at?: bigint): Promise<boolean> {
    const { chain, gateway } = this.#served;
    if (record.answers.length === 0) return false;
    const now = at === undefined ? await chain.latestTimestamp() : await chain.timestamp(at);
    const ids = record.answers
      .filter(({ request }) => now < request.deadline)
      .map(({ request }) => hexlify(digests.request(record.chainId, record.gateway, request)));
    const answered = ids.length > FEW ? await this.#answeredLately(ids, at) : undefined;
    for (const id of ids) {
      if (answered?.has(id) === true) continue;
      const [status] = await this.#read(at, gateway, "statusOf", id);
      if (status === OPEN) return true;
    }
    return false;
  }

  /**
   * Which requests the chain's last blocks, up to `at`, have the answers of: one call for all of them. An answer that was taken back is not
   * there, so what is not among these is asked for by itself.
   */
  async #answeredLately(ids: readonly string[], at: bigint | undefined): Promise<ReadonlySet<string>> {
    const { chain, gateway } = this.#served;
    const last = at ?? (await chain.head());
    const first = last < LATELY ? 0n : last - LATELY + 1n;
    const topics = [topicOf(gateway.abi, "Fulfilled"), ids];
    // Whoever gives no logs may give the rest; if not, that is said there.
    const logs = await chain.logs([gateway.address], first, last, topics).catch(() => []);
    return new Set(logs.map((log) => log.topics[1]!));
  }

  async #hasOpenCall(record: ChainRecord, at?: bigint): Promise<boolean> {
    for (const { programId, nonce } of record.calls) {
      const [next] = await this.#read(at, this.#served.outbox, "nonceOf", this.#cloudId, programId);
      if (nonce >= (next as bigint)) return true;
    }
    return false;
  }

  /** What a contract says after block `at`, or after the newest one. */
  async #read(
    at: bigint | undefined,
    contract: EvmContract,
    method: string,
    ...args: unknown[]
  ): Promise<unknown[]> {
    const { chain } = this.#served;
    return at === undefined
      ? chain.read(contract, method, ...args)
      : chain.readAt(at, contract, method, ...args);
  }
}

/** One transaction's worth of a block, for one contract. */
interface Part {
  readonly contract: EvmContract;
  readonly data: string;
  /** Whether the chain still lacks any of it. */
  readonly isOpen: () => Promise<boolean>;
}

/** `Status.Open` of INexusGateway.sol. */
const OPEN = 1n;
