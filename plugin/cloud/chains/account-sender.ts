import { setTimeout as sleep } from "node:timers/promises";

import type { EvmChain, Fees, RpcReceipt, Transaction } from "../../chain/evm-chain.ts";
import { firstOffer, raisedOffer, type FeeBounds } from "./fee-offer.ts";
import { sendFailureOf } from "./send-failure.ts";

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
const LIVE_FEES: FeeBounds = { multiple: 4n, budget: 2n * 10n ** 18n };

/** A transaction that is wanted. */
export interface AccountCall {
  /** For whoever reads what came of it. */
  readonly name: string;
  readonly to: string;
  readonly data: string;
  readonly gas: bigint;
  /** Told of each transaction that is sent for it: of the first, and of those that replace it. */
  readonly onSent?: (hash: string) => void;
}

/**
 * What came of a transaction: its receipt; `taken` when another one of the account has its nonce, as one from before a crash; `too little
 * gas` when no node takes it with so little.
 */
export type SendOutcome = RpcReceipt | "taken" | "too little gas";

/** The chain does not take a transaction; sending it again as it is would not help. */
export class SendRefusedError extends Error {
  override readonly name = "SendRefusedError";
}

/**
 * All that an account sends on a chain, for whatever purpose: one transaction at a time, the next when that is mined, so that no two
 * have one nonce and none waits behind another that is stuck. One that is not mined is replaced by itself with a higher fee, within bounds.
 */
export class AccountSender {
  readonly chain: EvmChain;
  readonly address: string;
  readonly #patience: Patience;
  readonly #bounds: FeeBounds;
  readonly #closed = new AbortController();
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * @param address an account that the chain's provider signs for
   * @param bounds what one transaction may cost: 4 times what the chain asks for, and 2 ether, unless given
   */
  constructor(chain: EvmChain, address: string, patience: Patience = LIVE, bounds: FeeBounds = LIVE_FEES) {
    this.chain = chain;
    this.address = address;
    this.#patience = patience;
    this.#bounds = bounds;
  }

  get isClosed(): boolean {
    return this.#closed.signal.aborted;
  }

  /** Sends nothing more and waits for nothing: whoever does gets an error. What is under way may be mined all the same. */
  close(): void {
    this.#closed.abort(new Error(`Account ${this.address} sends nothing any more, for the node stops.`));
  }

  /**
   * Does what needs transactions when nothing else of the account is under way, so that what it reads of the chain before it sends is
   * not about to change by another of them.
   *
   * @param work gets what sends a transaction and waits until it is mined, which throws SendRefusedError
   */
  async inTurn<T>(work: (send: (call: AccountCall) => Promise<SendOutcome>) => Promise<T>): Promise<T> {
    const turn = this.#turn.then(async () => {
      this.#closed.signal.throwIfAborted();
      return work((call) => this.#transact(call));
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #transact(call: AccountCall): Promise<SendOutcome> {
    const { chain } = this;
    const { to, data, gas } = call;
    const nonce = await chain.nonce(this.address);
    let offer: Fees | undefined = firstOffer(await chain.fees(), gas, this.#bounds);
    let last = offer;
    let head = 0n;
    const sent: string[] = [];
    for (;;) {
      if (offer !== undefined) {
        last = offer;
        head = await chain.head();
        this.#closed.signal.throwIfAborted();
        const hash = await this.#send(call, { from: this.address, to, data, gas, nonce, ...offer });
        if (hash === "too little gas") return hash;
        if (hash !== undefined) sent.push(hash);
      }
      const newest = sent.at(-1);
      const isMined = newest !== undefined && (await chain.receipt(newest)) !== undefined;
      if (!isMined) await this.#patience.mine?.();
      const outcome = await this.#mined(sent, nonce);
      if (outcome !== "waiting") return outcome;
      // A chain that stands still takes no offer, however high; and what is offered is paid once it goes on.
      const hasMoved = (await chain.head()) > head;
      offer = hasMoved ? raisedOffer(last, await chain.fees(), gas, this.#bounds) : undefined;
    }
  }

  /**
   * @returns the transaction's hash; undefined when one with its nonce has been sent or mined, as before a crash
   * @throws SendRefusedError when it would be refused again
   */
  async #send(
    { name, onSent }: AccountCall,
    transaction: Transaction & { gas: bigint },
  ): Promise<string | "too little gas" | undefined> {
    try {
      const hash = await this.chain.send(transaction);
      onSent?.(hash);
      return hash;
    } catch (error) {
      const { message } = error as Error;
      const refused = (why: string): Error =>
        new SendRefusedError(`Chain ${this.chain.chainId} refused ${name}${why}: ${message}`);
      switch (sendFailureOf(message)) {
        case "outrun":
          // That one may do, or has to be outbid.
          return undefined;
        case "too little gas":
          return "too little gas";
        case "too much gas":
          throw refused(` with ${transaction.gas} gas`);
        case "unfunded":
          throw refused(`, for account ${this.address} cannot pay for it`);
        case "refused":
          throw error;
      }
    }
  }

  /** The receipt of whichever of these transactions is mined; or what became of their nonce within `bump` milliseconds. */
  async #mined(hashes: readonly string[], nonce: bigint): Promise<RpcReceipt | "taken" | "waiting"> {
    const { chain } = this;
    const until = performance.now() + this.#patience.bump;
    for (;;) {
      // Asked for first: once the nonce is taken, so are the receipts there.
      const next = await chain.nonce(this.address);
      for (const hash of hashes) {
        const receipt = await chain.receipt(hash);
        if (receipt !== undefined) return receipt;
      }
      if (next > nonce) return "taken";
      if (performance.now() >= until) return "waiting";
      await sleep(this.#patience.poll, undefined, { signal: this.#closed.signal }).catch(() =>
        this.#closed.signal.throwIfAborted(),
      );
    }
  }
}
