import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { KeyError } from "../../crypto/threshold/key-error.ts";
import type { Fault, RefusalReason } from "../dkg/ceremony-log.ts";
import { open } from "../dkg/message.ts";
import { DkgParticipant, type DkgResult, type Phase } from "../dkg/participant.ts";
import type { Session } from "../dkg/session.ts";
import { Admission } from "./admission.ts";
import { memberRandom, MOST_ATTEMPTS, sessionOf, type Selection } from "./selection.ts";

/** Bytes that a message takes in a block beside its own, at most. */
const FRAMING_BYTES = 8;

export interface MemberOptions {
  readonly selection: Selection;
  /** This member's secp256k1 secret key, 32 bytes. */
  readonly identity: Uint8Array;
  /** Where all that it draws comes from: 32 bytes, secret, the same after a restart. */
  readonly seed: Uint8Array;
  /** Blocks after which a phase ends though not everybody has spoken; the same for all members. */
  readonly phaseBlocks: number;
}

/** How far a ceremony has come, for its operator. */
export interface CeremonyProgress {
  /** Counted from 0. */
  readonly attempt: number;
  readonly phase: Phase;
  /** Blocks so far. */
  readonly height: bigint;
  /** Indices, from 1, of those that have yet to speak in the phase. */
  readonly awaited: readonly number[];
  /** Faults of this attempt. */
  readonly faults: readonly Fault[];
}

/**
 * A selection's ceremony as one member's copy of a replicated state machine: whoever executes the same blocks comes to the same hash. It has no
 * clock, and keeps nothing that the blocks and the member's seed do not give again. A phase ends with the block in which the last that is awaited has
 * spoken, or with the last of its blocks. After a failed attempt the next one begins.
 */
export class ReplicatedCeremony {
  readonly #options: MemberOptions;
  #height = 0n;
  #hash: Uint8Array;
  #attempt = 0;
  #participant: DkgParticipant;
  /** What blocks hold of the attempt. */
  #admission: Admission;
  /** What this member says in the phase. */
  #own: readonly Uint8Array[] = [];
  /** Blocks of the phase so far. */
  #blocks = 0;

  /** @throws KeyError NOT_A_MEMBER or BAD_PARAMETER */
  constructor(options: MemberOptions) {
    const { phaseBlocks, selection } = options;
    if (!Number.isSafeInteger(phaseBlocks) || phaseBlocks < 1) {
      throw new KeyError("BAD_PARAMETER", `a phase has at least one block, and not ${phaseBlocks}`);
    }
    this.#options = options;
    const session = sessionOf(selection, 0);
    this.#hash = keccak_256(concatBytes(session.id, numberToBytesBE(phaseBlocks, 8)));
    this.#admission = new Admission(session);
    this.#participant = this.#begin(session);
  }

  get height(): bigint {
    return this.#height;
  }

  /** Covers all blocks executed and what they led to, 32 bytes. It changes with every block while the ceremony goes on, and no more when it is over. */
  get hash(): Uint8Array {
    return this.#hash;
  }

  get selection(): Selection {
    return this.#options.selection;
  }

  get session(): Session {
    return this.#participant.session;
  }

  get attempt(): number {
    return this.#attempt;
  }

  get phase(): Phase {
    return this.#participant.phase;
  }

  /** Whether there is a key, or no attempt left. */
  get isOver(): boolean {
    return this.phase === "done" || this.phase === "failed";
  }

  get progress(): CeremonyProgress {
    const { awaited, faults, phase } = this.#participant;
    return { attempt: this.#attempt, phase, height: this.#height, awaited, faults: [...faults] };
  }

  /** What this member has to say and no block holds. */
  get pending(): readonly Uint8Array[] {
    return this.#own.filter((message) => {
      const envelope = open(message);
      return typeof envelope === "string" || !this.#admission.hasHeard(envelope.kind, envelope.sender);
    });
  }

  /**
   * The key, once the ceremony is over.
   *
   * @throws KeyError NOT_FINISHED, or why the last attempt failed
   */
  result(): DkgResult {
    return this.#participant.result();
  }

  /** Why the next block may not hold these messages; undefined when it may. */
  refusal(messages: readonly Uint8Array[]): RefusalReason | undefined {
    const admission = this.#admission.copy();
    for (const message of messages) {
      const reason = this.#take(admission, message);
      if (reason !== undefined) return reason;
    }
    return undefined;
  }

  /** Those of `candidates` that the next block may hold, in their order, of which it holds no more than `bytes`. */
  choose(candidates: readonly Uint8Array[], bytes: number): Uint8Array[] {
    const admission = this.#admission.copy();
    let room = bytes;
    return candidates.filter((message) => {
      const size = message.length + FRAMING_BYTES;
      if (size > room || this.#take(admission, message) !== undefined) return false;
      room -= size;
      return true;
    });
  }

  /** Executes the next block. What it must not hold counts for nothing. */
  execute(messages: readonly Uint8Array[]): void {
    this.#height++;
    if (this.isOver) return;
    for (const message of messages) {
      if (this.#take(this.#admission, message) === undefined) this.#participant.receive(message);
    }
    this.#blocks++;
    while (!this.isOver && this.#isPhaseOver()) this.#endPhase();
    this.#hash = keccak_256(
      concatBytes(
        this.#hash,
        numberToBytesBE(this.#height, 8),
        numberToBytesBE(messages.length, 4),
        ...messages.map((message) => sha256(message)),
        numberToBytesBE(this.#attempt, 4),
        utf8ToBytes(this.phase),
        this.phase === "done" ? this.result().key.groupPublicKey : new Uint8Array(),
      ),
    );
  }

  #take(admission: Admission, message: Uint8Array): RefusalReason | undefined {
    return admission.take(message, (kind) => kind === this.phase);
  }

  #isPhaseOver(): boolean {
    return this.#blocks >= this.#options.phaseBlocks || this.#participant.awaited.length === 0;
  }

  #endPhase(): void {
    this.#blocks = 0;
    this.#own = this.#participant.endPhase();
    if (this.phase !== "failed" || this.#attempt + 1 === MOST_ATTEMPTS) return;
    this.#attempt++;
    const session = sessionOf(this.selection, this.#attempt);
    this.#admission = new Admission(session);
    this.#participant = this.#begin(session);
  }

  /** Begins an attempt, with this member's deal. */
  #begin(session: Session): DkgParticipant {
    const { identity: identitySecret, seed } = this.#options;
    const participant = new DkgParticipant({ session, identitySecret, random: memberRandom(seed, session) });
    this.#own = participant.start();
    return participant;
  }
}
