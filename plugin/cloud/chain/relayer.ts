import { setTimeout as sleep } from "node:timers/promises";

import { hexlify } from "ethers";

import * as digests from "../digests.ts";
import type { ChainRecord } from "../replication/block-record.ts";
import { answerGas, callGas } from "../replication/delivery-budget.ts";
import type { EvmContract, RpcReceipt } from "./evm-chain.ts";
import type { ServedChain } from "./served-chain.ts";

/** A transaction that delivered something. */
export interface Delivery {
  readonly kind: "fulfil" | "execute";
  readonly transactionHash: string;
  readonly gasUsed: bigint;
}

/** How long to wait for a transaction, in milliseconds. */
export interface Patience {
  /** Between two looks for a receipt. */
  readonly poll: number;
  /** Until a transaction that is not mined is sent again with a higher fee. */
  readonly bump: number;
  /** Called when a transaction just sent is not mined yet: makes a simulated chain mine that does so only when told. */
  readonly mine?: () => Promise<void>;
}

const LIVE: Patience = { poll: 1_000, bump: 45_000 };

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
  readonly #account: string;
  readonly #patience: Patience;

  /** @param account an account that the chain's provider signs for; it pays the gas and earns the relayer's fees */
  constructor(served: ServedChain, cloudId: string, account: string, patience: Patience = LIVE) {
    this.#served = served;
    this.#cloudId = cloudId;
    this.#account = account;
    this.#patience = patience;
  }

  /**
   * Delivers what of a block has not arrived yet; nothing when all has.
   *
   * @param signature group signature of the record's header
   * @throws DeliveryError when the chain refuses
   */
  async deliver(epoch: bigint, record: ChainRecord, signature: Uint8Array): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    const { gateway, outbox } = this.#served;
    const signed = [this.#cloudId, epoch, record.header];
    if (await this.#hasOpenRequest(record)) {
      const answers = record.answers.map((a) => ({ ...a, output: hexlify(a.output) }));
      const gas = record.answers.reduce((sum, answer) => sum + answerGas(answer), 0n);
      const arguments_ = [...signed, answers, hexlify(signature)];
      deliveries.push({ kind: "fulfil", ...(await this.#transact(gateway, "fulfil", arguments_, gas)) });
    }
    if (await this.#hasOpenCall(record)) {
      const calls = record.calls.map((c) => ({ ...c, data: hexlify(c.data) }));
      const gas = record.calls.reduce((sum, call) => sum + callGas(call), 0n);
      const arguments_ = [...signed, calls, hexlify(signature)];
      deliveries.push({ kind: "execute", ...(await this.#transact(outbox, "execute", arguments_, gas)) });
    }
    return deliveries;
  }

  async #hasOpenRequest(record: ChainRecord): Promise<boolean> {
    const { chain, gateway } = this.#served;
    for (const { request } of record.answers) {
      const id = hexlify(digests.request(record.chainId, record.gateway, request));
      const [status] = await chain.read(gateway, "statusOf", id);
      if (status === OPEN) return true;
    }
    return false;
  }

  async #hasOpenCall(record: ChainRecord): Promise<boolean> {
    const { chain, outbox } = this.#served;
    for (const { programId, nonce } of record.calls) {
      const [next] = await chain.read(outbox, "nonceOf", this.#cloudId, programId);
      if (nonce >= (next as bigint)) return true;
    }
    return false;
  }

  async #transact(
    contract: EvmContract,
    method: string,
    args: unknown[],
    gas: bigint,
  ): Promise<{ transactionHash: string; gasUsed: bigint }> {
    const { chain } = this.#served;
    const data = contract.abi.encodeFunctionData(method, args);
    const nonce = await chain.nonce(this.#account);
    let { maxFeePerGas, maxPriorityFeePerGas } = await chain.fees();
    const sent: string[] = [];
    for (;;) {
      sent.push(
        await chain.send({
          from: this.#account,
          to: contract.address,
          data,
          gas: gas + BASE_GAS,
          nonce,
          maxFeePerGas,
          maxPriorityFeePerGas,
        }),
      );
      if (this.#patience.mine !== undefined && (await chain.receipt(sent.at(-1)!)) === undefined) {
        await this.#patience.mine();
      }
      const receipt = await this.#mined(sent);
      if (receipt !== undefined) {
        const { status, transactionHash, gasUsed } = receipt;
        if (BigInt(status) === 1n) return { transactionHash, gasUsed: BigInt(gasUsed) };
        throw new DeliveryError(
          `Chain ${chain.chainId} refused ${method} in transaction ${transactionHash}. See its trace for the error.`,
        );
      }
      // Nodes accept a replacement that pays at least a tenth more.
      maxFeePerGas = (maxFeePerGas * 5n) / 4n + 1n;
      maxPriorityFeePerGas = (maxPriorityFeePerGas * 5n) / 4n + 1n;
    }
  }

  /** The receipt of whichever of these transactions of one nonce is mined, or undefined after `bump` milliseconds. */
  async #mined(hashes: readonly string[]): Promise<RpcReceipt | undefined> {
    const until = performance.now() + this.#patience.bump;
    for (;;) {
      for (const hash of hashes) {
        const receipt = await this.#served.chain.receipt(hash);
        if (receipt !== undefined) return receipt;
      }
      if (performance.now() >= until) return undefined;
      await sleep(this.#patience.poll);
    }
  }
}

/** `Status.Open` of INexusGateway.sol. */
const OPEN = 1n;
/** Gas of a delivery without its items: the transaction, the signature and the settlement, with room to spare. */
const BASE_GAS = 400_000n;
