import { computeAddress, Transaction as SignedTransaction, type SigningKey } from "ethers";

import type { Eip1193 } from "./eip1193.ts";
import { EvmChain } from "./evm-chain.ts";
import { failureOf } from "./provider-failure.ts";

/** What `eth_sendTransaction` is asked to send here; quantities are 0x-prefixed. */
interface Wanted {
  readonly from?: string;
  readonly to?: string | null;
  readonly data?: string;
  readonly value?: string;
  readonly gas?: string;
  readonly nonce?: string;
  readonly maxFeePerGas?: string;
  readonly maxPriorityFeePerGas?: string;
}

const KNOWN = ["from", "to", "data", "value", "gas", "nonce", "maxFeePerGas", "maxPriorityFeePerGas"];

/** A transaction is not signed; the message says why. */
export class SigningError extends Error {
  override readonly name = "SigningError";
}

/**
 * A provider with an account of its own: what `eth_sendTransaction` asks for is signed here (EIP-1559, for one chain alone) and sent as a
 * raw transaction. Everything else goes to the chain's provider as it is. The key never leaves it.
 */
export class SigningProvider implements Eip1193 {
  /** The account's address, with its checksum. */
  readonly address: string;
  readonly endpoints: readonly Eip1193[];
  readonly #key: SigningKey;
  readonly #chain: EvmChain;
  /** What was sent and may not be mined yet, by nonce. */
  readonly #sent = new Map<bigint, { readonly raw: string; readonly hash: string }>();
  /** Nonces are given out one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(provider: Eip1193, chainId: bigint, key: SigningKey) {
    this.#chain = new EvmChain(provider, chainId, 0);
    this.endpoints = this.#chain.endpoints;
    this.#key = key;
    this.address = computeAddress(key.publicKey);
  }

  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    switch (args.method) {
      case "eth_accounts":
      case "eth_requestAccounts":
        return [this.address];
      case "eth_sendTransaction": {
        const sent = this.#turn.then(() => this.#send((args.params?.[0] ?? {}) as Wanted));
        this.#turn = sent.catch(() => undefined);
        return sent;
      }
      default:
        return this.#chain.request(args);
    }
  }

  /** Signs and sends; what is left out is filled in. @returns the transaction's hash */
  async #send(wanted: Wanted): Promise<string> {
    this.#requireSignable(wanted);
    const { to = null, data = "0x", value = "0x0" } = wanted;
    const gas = wanted.gas ?? (await this.#estimate({ ...(to !== null && { to }), data, value }));
    const fees = wanted.maxFeePerGas === undefined ? await this.#chain.fees() : wanted;
    const mined = await this.#chain.nonce(this.address);
    for (const known of [...this.#sent.keys()]) if (known < mined) this.#sent.delete(known);
    const nonce = wanted.nonce === undefined ? await this.#nextNonce(mined) : BigInt(wanted.nonce);
    const transaction = SignedTransaction.from({
      type: 2,
      chainId: this.#chain.chainId,
      nonce: Number(nonce),
      to,
      data,
      value,
      gasLimit: gas,
      maxFeePerGas: fees.maxFeePerGas!,
      maxPriorityFeePerGas: fees.maxPriorityFeePerGas ?? 0n,
    });
    transaction.signature = this.#key.sign(transaction.unsignedHash);
    const signed = { raw: transaction.serialized, hash: transaction.hash! };
    await this.#broadcast(signed);
    this.#sent.set(nonce, signed);
    return signed.hash;
  }

  #requireSignable(wanted: Wanted): void {
    if (wanted.from !== undefined && wanted.from.toLowerCase() !== this.address.toLowerCase()) {
      throw new SigningError(`Account ${this.address} signs here, and not ${wanted.from}.`);
    }
    const other = Object.keys(wanted).find((key) => !KNOWN.includes(key));
    if (other === undefined) return;
    throw new SigningError(`A transaction is signed here with ${KNOWN.join(", ")}, and has no ${other}.`);
  }

  /** A quarter more than the chain's own estimate, which is of the newest block. */
  async #estimate(call: { to?: string; data: string; value: string }): Promise<bigint> {
    const estimate = await this.#chain.rpc("eth_estimateGas", { from: this.address, ...call });
    return (BigInt(estimate as string) * 5n) / 4n;
  }

  /**
   * The first nonce that neither the chain nor this provider has used. The node's own count of what waits may lack what was sent a moment ago,
   * or what it has dropped since; that is sent once more.
   */
  async #nextNonce(mined: bigint): Promise<bigint> {
    const pending = BigInt(
      (await this.#chain.rpc("eth_getTransactionCount", this.address, "pending")) as string,
    );
    for (let nonce = pending > mined ? pending : mined; ; nonce++) {
      const sent = this.#sent.get(nonce);
      if (sent === undefined) return nonce;
      try {
        await this.#broadcast(sent);
      } catch (error) {
        if (failureOf(error) !== "refused") throw error;
        // It can enter the chain no more, and its place is free.
        this.#sent.delete(nonce);
        return nonce;
      }
    }
  }

  async #broadcast({ raw, hash }: { readonly raw: string; readonly hash: string }): Promise<void> {
    try {
      await this.#chain.rpc("eth_sendRawTransaction", raw);
    } catch (error) {
      // A node refuses what it has already, such as by a first try whose answer was lost.
      const known = await this.#chain.rpc("eth_getTransactionByHash", hash).catch(() => null);
      if (known === null) throw error;
    }
  }
}
