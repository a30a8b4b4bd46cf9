import type { MessageKind } from "./message.ts";

/** Why `receive` did not take a message. None of these stops a ceremony. */
export type RefusalReason =
  | "too short"
  | "oversized"
  | "unknown version"
  | "unknown kind"
  | "foreign session"
  | "out of phase"
  | "unknown sender"
  | "duplicate"
  | "bad signature"
  | "malformed"
  | "equivocation";

/** A message that was not taken. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** More about it, for people. */
  readonly detail: string;
}

/** What `receive` answers. */
export type Receipt = { readonly accepted: true } | ({ readonly accepted: false } & Refusal);

/** What a dealer or member did wrong, proven by messages that it signed, or that it was silent. */
export type FaultReason =
  | "silent"
  | "equivocation"
  | "malformed message"
  | "wrong proof of possession"
  | "constant is not the dealer's share"
  | "too many complaints"
  | "unjustified complaint"
  | "wrong share public key";

/** A fault, attributable to the dealer or member of that index. All honest participants record the same ones. */
export interface Fault {
  readonly role: "dealer" | "member";
  readonly index: number;
  readonly phase: MessageKind;
  readonly reason: FaultReason;
}

/** Refusals kept; anybody can cause them, so memory for them is bounded. */
const KEPT_REFUSALS = 256;

/** What went wrong in a ceremony, for its operator. Holds no secret. */
export class CeremonyLog {
  readonly #faults: Fault[] = [];
  readonly #refusals: Refusal[] = [];
  #refused = 0;

  get faults(): readonly Fault[] {
    return this.#faults;
  }

  /** The first refusals, up to 256 of them. */
  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  /** How many messages were refused altogether. */
  get refused(): number {
    return this.#refused;
  }

  fault(fault: Fault): void {
    this.#faults.push(fault);
  }

  refuse(reason: RefusalReason, detail: string): Receipt {
    this.#refused++;
    if (this.#refusals.length < KEPT_REFUSALS) this.#refusals.push({ reason, detail });
    return { accepted: false, reason, detail };
  }
}
