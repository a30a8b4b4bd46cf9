/**
 * Messages as they come in from a broadcast channel, until their phase ends.
 *
 * What the inbox holds at the end of a phase depends on the set of messages received, not on their order: of one
 * sender and kind exactly one signed payload counts, and two different ones are equivocation whatever they say.
 */
import { sha256 } from "@noble/hashes/sha2.js";

import type { CeremonyLog, Receipt } from "./ceremony-log.ts";
import type { Session } from "./session.ts";
import {
  decodeDeal,
  decodeJustification,
  decodePublication,
  decodeResponse,
  isSignedBy,
  longestMessage,
  MalformedBodyError,
  open,
  sendersOf,
  type Deal,
  type Envelope,
  type Justification,
  type MessageKind,
  type Publication,
  type Response,
} from "./message.ts";

interface Bodies {
  deal: Deal;
  response: Response;
  justification: Justification;
  publication: Publication;
}

/** The one payload of a sender, or that there is none to go by. */
interface Slot<B> {
  readonly payloadHash: Buffer;
  readonly body: B | "malformed";
  equivocated: boolean;
}

const DECODERS: { [K in MessageKind]: (session: Session, body: Uint8Array) => Bodies[K] } = {
  deal: decodeDeal,
  response: decodeResponse,
  justification: decodeJustification,
  publication: decodePublication,
};

export class Inbox {
  readonly #session: Session;
  readonly #log: CeremonyLog;
  readonly #longest: number;
  readonly #slots: { [K in MessageKind]: Map<number, Slot<Bodies[K]>> } = {
    deal: new Map(),
    response: new Map(),
    justification: new Map(),
    publication: new Map(),
  };

  constructor(session: Session, log: CeremonyLog) {
    this.#session = session;
    this.#log = log;
    this.#longest = longestMessage(session);
  }

  /** Takes a message of kind `phase`; everything else is refused. Never throws. */
  receive(message: Uint8Array, phase: MessageKind | undefined): Receipt {
    if (message.length > this.#longest) {
      return this.#log.refuse("oversized", `${message.length} bytes, at most ${this.#longest} are possible`);
    }
    const envelope = open(message);
    if (typeof envelope === "string") return this.#log.refuse(envelope, `${message.length} bytes`);
    const { kind, sender, sessionId } = envelope;
    const what = `${kind} of ${sender}`;
    if (!Buffer.from(sessionId).equals(this.#session.id)) {
      return this.#log.refuse(
        "foreign session",
        `${what} in session 0x${Buffer.from(sessionId).toString("hex")}`,
      );
    }
    if (kind !== phase) return this.#log.refuse("out of phase", `${what} in phase ${phase ?? "none"}`);
    const identity = sendersOf(this.#session, kind)[sender - 1];
    if (identity === undefined) return this.#log.refuse("unknown sender", what);
    const payloadHash = Buffer.from(sha256(envelope.payload));
    const slot = this.#slots[kind].get(sender);
    if (slot?.payloadHash.equals(payloadHash)) return this.#log.refuse("duplicate", what);
    if (slot?.equivocated) return this.#log.refuse("equivocation", `${what}, again`);
    if (!isSignedBy(envelope, identity)) return this.#log.refuse("bad signature", what);
    if (slot !== undefined) {
      slot.equivocated = true;
      return this.#log.refuse("equivocation", `${what}: it signed another one before`);
    }
    return this.#store(kind, envelope, payloadHash);
  }

  /** The bodies that count, by sender in increasing order; what was wrong with the others goes to the log. */
  close<K extends MessageKind>(kind: K): Map<number, Bodies[K]> {
    const role = kind === "deal" || kind === "justification" ? "dealer" : "member";
    const bodies = new Map<number, Bodies[K]>();
    for (let index = 1; index <= sendersOf(this.#session, kind).length; index++) {
      const slot = this.#slots[kind].get(index);
      if (slot === undefined) {
        // Only complaints call for a justification; whoever owed one is found by `participant.ts`.
        if (kind !== "justification") this.#log.fault({ role, index, phase: kind, reason: "silent" });
      } else if (slot.equivocated) {
        this.#log.fault({ role, index, phase: kind, reason: "equivocation" });
      } else if (slot.body === "malformed") {
        this.#log.fault({ role, index, phase: kind, reason: "malformed message" });
      } else {
        bodies.set(index, slot.body);
      }
    }
    return bodies;
  }

  /** Whether a sender has signed something of a kind, whatever it says. */
  hasHeard(kind: MessageKind, sender: number): boolean {
    return this.#slots[kind].has(sender);
  }

  /** Who equivocated in a phase already closed or not. */
  equivocators(kind: MessageKind): number[] {
    return [...this.#slots[kind]].filter(([, slot]) => slot.equivocated).map(([index]) => index);
  }

  #store<K extends MessageKind>(kind: K, envelope: Envelope, payloadHash: Buffer): Receipt {
    const slots: Map<number, Slot<Bodies[K]>> = this.#slots[kind];
    try {
      const body = DECODERS[kind](this.#session, envelope.body);
      slots.set(envelope.sender, { payloadHash, body, equivocated: false });
      return { accepted: true };
    } catch (error) {
      if (!(error instanceof MalformedBodyError)) throw error;
      slots.set(envelope.sender, { payloadHash, body: "malformed", equivocated: false });
      return this.#log.refuse("malformed", `${kind} of ${envelope.sender}: ${error.message}`);
    }
  }
}
