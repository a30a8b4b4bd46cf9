import { setTimeout as sleep } from "node:timers/promises";

import { hexlify } from "ethers";

import * as digests from "../../contracts/digests.ts";
import type { ChainRecord } from "../replication/block-record.ts";
import { answerGas, callGas } from "../replication/delivery-budget.ts";
import type { EvmContract, Fees, RpcReceipt, Transaction } from "../../chain/evm-chain.ts";
import { firstOffer, raisedOffer, type FeeBounds } from "./fee-offer.ts";
import { encodeFulfil } from "./fulfil-call.ts";
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
  /** Until a transaction that is not mined is sent again with a higher fee, if blocks came without it. */
  readonly bump: number;
  /** Called when a transaction just sent is not mined yet: makes a simulated chain mine that does so only when told. */
  readonly mine?: () => Promise<void>;
}

const LIVE: Patience = { poll: 1_000, bump: 45_000 };

const BOUNDS: FeeBounds = { multiple: 4n, budget: 2n * 10n ** 18n };

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
  readonly #bounds: FeeBounds;

  /**
   * @param account an account that the chain's provider signs for; it pays the gas and earns the relayer's fees
   * @param bounds what one transaction may cost: 4 times what the chain asks for, and 2 ether, unless given
   */
  constructor(
    served: ServedChain,
    cloudId: string,
    account: string,
    patience: Patience = LIVE,
    bounds: FeeBounds = BOUNDS,
  ) {
    this.#served = served;
    this.#cloudId = cloudId;
    this.#account = account;
    this.#patience = patience;
    this.#bounds = bounds;
  }

  /**
   * Delivers what of a block has not arrived yet; nothing when all has.
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
      await this.#deliverPart("fulfil", {
        contract: gateway,
        data: gateway.abi.getFunction("fulfil")!.selector + hexlify(fulfil).slice(2),
        gas: answers.reduce((sum, answer) => sum + answerGas(answer), BASE_GAS),
        isOpen: () => this.#hasOpenRequest(record),
      }),
      await this.#deliverPart("execute", {
        contract: outbox,
        data: outbox.abi.encodeFunctionData("execute", execute),
        gas: record.calls.reduce((sum, call) => sum + callGas(call), BASE_GAS),
        isOpen: () => this.#hasOpenCall(record),
      }),
    ];
    return deliveries.filter((delivery) => delivery !== undefined);
  }

  /** Sends the part until the chain has it: by this transaction, by one from before a crash, or by another relayer's. */
  async #deliverPart(kind: Delivery["kind"], part: Part): Promise<Delivery | undefined> {
    while (await part.isOpen()) {
      const receipt = await this.#transact(part);
      if (receipt === undefined) continue;
      const { status, transactionHash, gasUsed } = receipt;
      if (BigInt(status) === 1n) return { kind, transactionHash, gasUsed: BigInt(gasUsed) };
      if (!(await part.isOpen())) return undefined;
      throw new DeliveryError(
        `Chain ${this.#served.chainId} refused ${kind} in transaction ${transactionHash}. See its trace for the error.`,
      );
    }
    return undefined;
  }

  /** Past its deadline a request stays open until it is refunded, but the gateway passes its answer over. */
  async #hasOpenRequest(record: ChainRecord): Promise<boolean> {
    const { chain, gateway } = this.#served;
    if (record.answers.length === 0) return false;
    const now = await chain.latestTimestamp();
    for (const { request } of record.answers.filter(({ request }) => now < request.deadline)) {
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

  /** The receipt of the transaction; undefined when another one of this account took its place. */
  async #transact({ contract, data, gas }: Part): Promise<RpcReceipt | undefined> {
    const { chain } = this.#served;
    const nonce = await chain.nonce(this.#account);
    let offer: Fees | undefined = firstOffer(await chain.fees(), gas, this.#bounds);
    let last = offer;
    let head = 0n;
    const sent: string[] = [];
    for (;;) {
      if (offer !== undefined) {
        last = offer;
        head = await chain.head();
        const hash = await this.#send({
          from: this.#account,
          to: contract.address,
          data,
          gas,
          nonce,
          ...offer,
        });
        if (hash !== undefined) sent.push(hash);
      }
      const newest = sent.at(-1);
      const isMined = newest !== undefined && (await chain.receipt(newest)) !== undefined;
      if (!isMined) await this.#patience.mine?.();
      const outcome = await this.#mined(sent, nonce);
      if (outcome !== "waiting") return outcome === "taken" ? undefined : outcome;
      // A chain that stands still takes no offer, however high; and what is offered is paid once it goes on.
      const hasMoved = (await chain.head()) > head;
      offer = hasMoved ? raisedOffer(last, await chain.fees(), gas, this.#bounds) : undefined;
    }
  }

  /** @returns the transaction's hash; undefined when one with its nonce has been sent or mined, as before a crash */
  async #send(transaction: Transaction): Promise<string | undefined> {
    try {
      return await this.#served.chain.send(transaction);
    } catch (error) {
      // That one may do, or has to be outbid.
      if (isOutrun((error as Error).message)) return undefined;
      throw error;
    }
  }

  /** The receipt of whichever of these transactions is mined; or what became of their nonce within `bump` milliseconds. */
  async #mined(hashes: readonly string[], nonce: bigint): Promise<RpcReceipt | "taken" | "waiting"> {
    const { chain } = this.#served;
    const until = performance.now() + this.#patience.bump;
    for (;;) {
      // Asked for first: once the nonce is taken, so are the receipts there.
      const next = await chain.nonce(this.#account);
      for (const hash of hashes) {
        const receipt = await chain.receipt(hash);
        if (receipt !== undefined) return receipt;
      }
      if (next > nonce) return "taken";
      if (performance.now() >= until) return "waiting";
      await sleep(this.#patience.poll);
    }
  }
}

/** One transaction's worth of a block, for one contract. */
interface Part {
  readonly contract: EvmContract;
  readonly data: string;
  readonly gas: bigint;
  /** Whether the chain still lacks any of it. */
  readonly isOpen: () => Promise<boolean>;
}

/** Whether a node says with `message` that a nonce is used, or that a transaction with it waits already. */
export function isOutrun(message: string): boolean {
  return OUTRUN.test(message);
}

/** As geth and Reth, Besu, Erigon, Nethermind and Parity's heirs word it. */
const OUTRUN = new RegExp(
  [
    "underpriced|already known|nonce too low|nonce is too low",
    "known transaction",
    "could not replace existing|existing tx with same hash",
    "OldNonce|AlreadyKnown|ReplacementNotAllowed|ReplacementNotAllowedNonce|OwnNonceAlreadyUsed",
    "already imported|gas price too low to replace",
  ].join("|"),
  "i",
);
/** `Status.Open` of INexusGateway.sol. */
const OPEN = 1n;
/** Gas of a delivery without its items: the transaction, the signature and the settlement, with room to spare. */
const BASE_GAS = 400_000n;
