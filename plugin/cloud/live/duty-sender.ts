import { setTimeout as sleep } from "node:timers/promises";

import { concat, id, keccak256 } from "ethers";

import { callDataOf, TransactionError, type Wish } from "../../chain/transact.ts";
import { revertDataOf } from "../../contracts/revert-data.ts";
import { suiteError } from "../../contracts/suite-errors.ts";
import type { AccountSender } from "../chains/account-sender.ts";

/** What a node sends transactions with, and whom it tells. */
export interface DutyAccount {
  /** Sends whatever the account sends on the chain. */
  readonly sender: AccountSender;
  /** The operator whose node this is: its place in the order of turns. */
  readonly operator: string;
  /** Milliseconds for which each operator leaves a step to those before it. */
  readonly turn: number;
  /** Milliseconds, from any beginning. */
  readonly clock: () => number;
  /** Told of what was sent. */
  readonly progress: (what: string) => void;
  readonly complain: (what: string, error: unknown) => void;
}

/** A step that every node can take and one is enough for. */
export interface Duty extends Wish {
  /** Names the step, the same on every node: another one each time that it is to be taken. */
  readonly name: string;
  /** Operators whose nodes may take it. */
  readonly operators: readonly string[];
  /** How many of them take it at once, 1 unless given. */
  readonly together?: number;
}

/** Milliseconds for which a step's transaction is waited for before it goes on beside what comes next. */
const PATIENCE = 5_000;
/** Longest pause between two tries of a step that is refused, in milliseconds. */
const LONGEST_PAUSE = 300_000;

/** What a contract says when another node was faster, or it is a moment too early: nothing is wrong. */
const NOT_NOW = new Set([
  "RegistryWrongPhase",
  "RegistryTooEarly",
  "RegistrySeedNotReady",
  "RegistrySeedExpired",
  "RegistryWrongEpoch",
  "RegistryConfirmationsClosed",
  "RegistryAlreadyConfirmed",
  "RegistryStillLive",
  "RegistryLapsed",
  "LivenessNotChallenged",
  "SlashingAlreadyPunished",
  "MirrorWrongEpoch",
  "MirrorNotYetValid",
]);

/**
 * Takes steps on a chain, each once among all nodes: they are tried on the chain's newest state before anything is paid, and nodes go one
 * after the other, in an order that differs from step to step and is the same for all. Who comes later finds the step taken. One
 * step is under way at a time; until its transaction is mined, no other is taken.
 */
export class DutySender {
  readonly #account: DutyAccount;
  /** When this node first saw that a step can be taken, by its name. */
  readonly #since = new Map<string, number>();
  readonly #refused = new Map<
    string,
    { readonly until: number; readonly pause: number; readonly why: string }
  >();
  #isSending = false;

  constructor(account: DutyAccount) {
    this.#account = account;
  }

  /**
   * Takes a step if it can be taken and it is this node's turn.
   *
   * @returns whether it was taken; false too while its transaction is not mined after some seconds
   */
  async take(duty: Duty): Promise<boolean> {
    const { name } = duty;
    if (this.#isSending || (this.#refused.get(name)?.until ?? -Infinity) > this.#account.clock())
      return false;
    try {
      await this.#estimate(duty);
    } catch (error) {
      this.#refuse(name, error);
      return false;
    }
    if (!this.#isTurn(duty) || this.#isSending) return false;
    const patience = new AbortController();
    const late = sleep(PATIENCE, false, { signal: patience.signal }).catch(() => false);
    const taken = await Promise.race([this.#send(duty), late]);
    patience.abort();
    return taken;
  }

  /** Gas of a step after the newest block. @throws what the contract says when it cannot be taken */
  async #estimate(duty: Duty): Promise<bigint> {
    const { chain, address } = this.#account.sender;
    return chain.estimateGas({ from: address, to: duty.contract.address, data: callDataOf(duty) });
  }

  /** Sends a step's transaction and waits until it is mined. Never rejects. @returns whether it did what it was sent for */
  async #send(duty: Duty): Promise<boolean> {
    const { sender, progress } = this.#account;
    const { name, method, contract } = duty;
    this.#isSending = true;
    try {
      const outcome = await sender.inTurn(async (send) => {
        // While the account sent something else, another node may have taken the step.
        const gas = ((await this.#estimate(duty)) * 5n) / 4n;
        const onSent = (hash: string): void => progress(`${name}: ${method} sent, ${hash}`);
        return send({ name: method, to: contract.address, data: callDataOf(duty), gas, onSent });
      });
      // By one from before a crash, which may have taken the step.
      if (outcome === "taken") return false;
      if (outcome === "too little gas") throw new TransactionError(`${method} needs more gas by now.`);
      if (BigInt(outcome.status) !== 1n)
        throw new TransactionError(`${method} failed in transaction ${outcome.transactionHash}.`);
      this.#refused.delete(name);
      return true;
    } catch (error) {
      if (!sender.isClosed) this.#refuse(name, error);
      return false;
    } finally {
      this.#isSending = false;
    }
  }

  /** Forgets all steps but those with these names. */
  retain(names: ReadonlySet<string>): void {
    for (const known of [this.#since, this.#refused]) {
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
    }
  }

  #isTurn(duty: Duty): boolean {
    const { operator, turn, clock } = this.#account;
    const since = this.#since.get(duty.name) ?? clock();
    this.#since.set(duty.name, since);
    const place = inOrder(duty.name, duty.operators).indexOf(operator.toLowerCase());
    if (place === -1) return false;
    return clock() - since >= Math.max(0, place - (duty.together ?? 1) + 1) * turn;
  }

  #refuse(name: string, error: unknown): void {
    const { clock, turn, complain } = this.#account;
    const data = revertDataOf(error);
    const said = data === undefined ? undefined : suiteError(data);
    const errorName = said?.split("(")[0];
    if (errorName !== undefined && NOT_NOW.has(errorName)) return;
    const why = said ?? (error as Error).message;
    const before = this.#refused.get(name);
    const pause = Math.min(before === undefined ? turn : 2 * before.pause, LONGEST_PAUSE);
    this.#refused.set(name, { until: clock() + pause, pause, why });
    if (before?.why !== why) complain(`${name} was not done`, said === undefined ? error : new Error(said));
  }
}

/** The order in which operators take a step; in lower case. */
export function inOrder(name: string, operators: readonly string[]): string[] {
  const rank = (operator: string): string => keccak256(concat([id(name), operator]));
  return operators.map((operator) => operator.toLowerCase()).sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}
