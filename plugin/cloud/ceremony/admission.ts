import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import type { RefusalReason } from "../dkg/ceremony-log.ts";
import { isSignedBy, longestMessage, open, sendersOf, type MessageKind } from "../dkg/message.ts";
import type { Session } from "../dkg/session.ts";
import { equalBytes } from "../storage/bytes.ts";

/** Payloads of one sender and kind that are taken: the second proves that it equivocates, and a third proves nothing more. */
const MOST_PAYLOADS = 2;

/**
 * Which messages of a session are worth a place in a block or in memory: those of the session's senders, two different payloads of each sender and
 * kind. So what is kept of them is bounded by the committee's size, whoever sends how much. Bodies are not looked at.
 */
export class Admission {
  readonly session: Session;
  readonly #longest: number;
  /** By kind and sender: the hashes of its payloads, with those of the whole messages. */
  readonly #taken: Map<string, ReadonlyMap<string, string>>;

  constructor(session: Session, taken: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map()) {
    this.session = session;
    this.#longest = longestMessage(session);
    this.#taken = new Map(taken);
  }

  /** One that has taken the same and goes its own way from here. */
  copy(): Admission {
    return new Admission(this.session, this.#taken);
  }

  /**
   * Takes a message, unless there is a reason not to.
   *
   * @param isTime whether messages of a kind are taken now
   * @returns the reason; "duplicate" for a payload that it has taken
   */
  take(message: Uint8Array, isTime: (kind: MessageKind) => boolean): RefusalReason | undefined {
    if (message.length > this.#longest) return "oversized";
    const envelope = open(message);
    if (typeof envelope === "string") return envelope;
    const { kind, sender, sessionId, payload } = envelope;
    if (!equalBytes(sessionId, this.session.id)) return "foreign session";
    if (!isTime(kind)) return "out of phase";
    const identity = sendersOf(this.session, kind)[sender - 1];
    if (identity === undefined) return "unknown sender";
    const name = `${kind} ${sender}`;
    const taken = this.#taken.get(name) ?? new Map<string, string>();
    const hash = hashOf(payload);
    if (taken.has(hash)) return "duplicate";
    if (taken.size >= MOST_PAYLOADS) return "equivocation";
    if (!isSignedBy(envelope, identity)) return "bad signature";
    this.#taken.set(name, new Map([...taken, [hash, hashOf(message)]]));
    return undefined;
  }

  /** Whether it has taken exactly these bytes: signatures are not unique, so a payload may come in many. */
  hasTaken(message: Uint8Array): boolean {
    const envelope = open(message);
    if (typeof envelope === "string") return false;
    const taken = this.#taken.get(`${envelope.kind} ${envelope.sender}`);
    return taken?.get(hashOf(envelope.payload)) === hashOf(message);
  }

  /** Whether a sender has said something of a kind. */
  hasHeard(kind: MessageKind, sender: number): boolean {
    return this.#taken.has(`${kind} ${sender}`);
  }
}

const hashOf = (bytes: Uint8Array): string => bytesToHex(sha256(bytes));
