/**
 * One node's part in a key generation or resharing: a state machine without I/O (docs/keys.md).
 *
 *   const participant = new DkgParticipant({ session, identitySecret });
 *   broadcast(participant.start());                     // phase "deal"
 *   … participant.receive(message) for every message that the channel delivers …
 *   broadcast(participant.endPhase());                  // "response", then "justification", "publication", "done"
 *   participant.result();
 *
 * The channel is a broadcast: in every phase all honest participants get the same set of messages (in any order)
 * before any of them ends it. That includes the sender: its own message counts for it only once the channel delivers
 * it back, or it would count a message that nobody else saw.
 */
import type { G1Point, G2Point } from "../../crypto/bls/suite.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import { KeyError } from "../../crypto/threshold/key-error.ts";
import { KeyShare } from "../../crypto/threshold/key-share.ts";
import {
  evaluate,
  randomScalar,
  systemRandom,
  type RandomSource,
} from "../../crypto/threshold/polynomial.ts";
import { CeremonyLog, type Fault, type Receipt, type Refusal } from "./ceremony-log.ts";
import { createDealing, openShare } from "./deal.ts";
import { IdentitySecret } from "./identity.ts";
import { Inbox } from "./inbox.ts";
import { unjustified, type Answer } from "./justify.ts";
import {
  encodeDeal,
  encodeJustification,
  encodePublication,
  encodeResponse,
  seal,
  sendersOf,
  type Deal,
  type MessageKind,
} from "./message.ts";
import {
  assembleGroupKey,
  combineCommitments,
  combineShares,
  qualifiedDealers,
  wrongPublications,
} from "./outcome.ts";
import { wrongPossessions } from "./possession.ts";
import { indexOf, type Session } from "./session.ts";

export type Phase = MessageKind | "done" | "failed";

export interface DkgOptions {
  readonly session: Session;
  /** This node's secp256k1 secret key, 32 bytes. */
  readonly identitySecret: Uint8Array;
  /** In a resharing, the share that this node deals. Without it an old member does not deal. */
  readonly previousShare?: KeyShare;
  /** Randomness; the operating system's unless a test injects its own. */
  readonly random?: RandomSource;
}

/** What a ceremony ends with. */
export interface DkgResult {
  readonly key: GroupKey;
  /**
   * This node's share. Undefined for an old member that is not of the new committee, and for a member whose complaint
   * never reached the channel.
   */
  readonly share: KeyShare | undefined;
  /** Indices of the dealers whose deals make up the key. */
  readonly qualified: readonly number[];
}

export class DkgParticipant {
  readonly session: Session;
  readonly #identity: IdentitySecret;
  readonly #random: RandomSource;
  readonly #log = new CeremonyLog();
  readonly #inbox: Inbox;
  readonly #dealerIndex: number | undefined;
  readonly #memberIndex: number | undefined;
  readonly #previousShare: KeyShare | undefined;

  #phase: Phase = "deal";
  #started = false;
  /** This node's own secret polynomial, until nobody can ask for a share of it any more. */
  #polynomial: readonly bigint[] | undefined;
  #deals = new Map<number, Deal>();
  /** This member's shares of the deals, by dealer. */
  #shares = new Map<number, bigint>();
  /** Who complained, by dealer. */
  #complaints = new Map<number, number[]>();
  /** The members whose response counted. */
  #responded: readonly number[] = [];
  #qualified: number[] = [];
  #publicPolynomial: G1Point[] = [];
  #share: KeyShare | undefined;
  #key: GroupKey | undefined;
  #failure: KeyError | undefined;

  /**
   * @throws KeyError NOT_A_MEMBER when the identity neither deals nor receives in this session; BAD_PARAMETER when
   * `previousShare` is not the one that this dealer had under the previous key
   */
  constructor({ session, identitySecret, previousShare, random = systemRandom }: DkgOptions) {
    this.session = session;
    this.#identity = new IdentitySecret(identitySecret);
    this.#random = random;
    this.#inbox = new Inbox(session, this.#log);
    this.#dealerIndex = indexOf(session.dealers, this.#identity.publicKey);
    this.#memberIndex = indexOf(session.members, this.#identity.publicKey);
    if (this.#dealerIndex === undefined && this.#memberIndex === undefined) {
      const key = Buffer.from(this.#identity.publicKey).toString("hex");
      throw new KeyError("NOT_A_MEMBER", `identity 0x${key} has no part in this session`);
    }
    this.#previousShare = previousShare;
    this.#checkPreviousShare();
  }

  /** The kind of message taken now, or how the ceremony ended. */
  get phase(): Phase {
    return this.#phase;
  }

  /** Faults found in the phases that have ended. */
  get faults(): readonly Fault[] {
    return this.#log.faults;
  }

  /** The first messages refused, at most 256. */
  get refusals(): readonly Refusal[] {
    return this.#log.refusals;
  }

  /**
   * Indices of those that have yet to speak in this phase; when there are none, nothing is gained by waiting longer. All participants that
   * received the same messages await the same.
   */
  get awaited(): number[] {
    const phase = this.#phase;
    if (phase === "done" || phase === "failed") return [];
    return this.#expected(phase).filter((index) => !this.#inbox.hasHeard(phase, index));
  }

  /** This node's deal, to broadcast. Nothing when it is no dealer, or an old member without its share. */
  start(): Uint8Array[] {
    if (this.#started || this.#phase !== "deal") {
      throw new KeyError("WRONG_PHASE", "a participant starts once, in its deal phase");
    }
    this.#started = true;
    const constant = this.#constantToDeal();
    if (this.#dealerIndex === undefined || constant === undefined) return [];
    const { polynomial, deal } = createDealing(this.session, this.#dealerIndex, constant, this.#random);
    this.#polynomial = polynomial;
    return this.#send("deal", this.#dealerIndex, encodeDeal(this.session, deal));
  }

  /** Takes a message from the channel, whoever it is from. Refuses with a reason; never throws. */
  receive(message: Uint8Array): Receipt {
    const phase = this.#phase === "done" || this.#phase === "failed" ? undefined : this.#phase;
    return this.#inbox.receive(message, phase);
  }

  /**
   * Ends the current phase once its messages are in, and begins the next: what it returns is to be broadcast.
   * @throws KeyError WRONG_PHASE when the ceremony has ended
   */
  endPhase(): Uint8Array[] {
    try {
      switch (this.#phase) {
        case "deal":
          return this.#endDeals();
        case "response":
          return this.#endResponses();
        case "justification":
          return this.#endJustifications();
        case "publication":
          return this.#endPublications();
        case "done":
        case "failed":
          throw new KeyError("WRONG_PHASE", `the ceremony is ${this.#phase}: there is no phase to end`);
      }
    } catch (error) {
      if (error instanceof KeyError && error.code !== "WRONG_PHASE") {
        this.#fail(error);
        return [];
      }
      throw error;
    }
  }

  /**
   * The key, once the phase is "done".
   * @throws KeyError why the ceremony failed (the old key, if any, is untouched), or NOT_FINISHED
   */
  result(): DkgResult {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#key === undefined) {
      throw new KeyError("NOT_FINISHED", `the ceremony is in its ${this.#phase} phase; end it first`);
    }
    return { key: this.#key, share: this.#share, qualified: this.#qualified };
  }

  toJSON(): { phase: Phase } {
    return { phase: this.#phase };
  }

  #endDeals(): Uint8Array[] {
    const deals = this.#inbox.close("deal");
    this.#removeBadConstants(deals);
    const claims = [...deals].map(([dealer, { commitments, proof }]) => ({
      dealer,
      constant: commitments[0]!,
      proof,
    }));
    for (const dealer of wrongPossessions(this.session.suite, this.session.id, claims, this.#random)) {
      deals.delete(dealer);
      this.#blame(dealer, "deal", "wrong proof of possession");
    }
    this.#deals = deals;
    this.#phase = "response";
    if (this.#memberIndex === undefined) return [];

    for (const [dealer, deal] of deals) {
      const share = openShare(this.session, dealer, this.#memberIndex, this.#identity, deal);
      if (share !== undefined) this.#shares.set(dealer, share);
    }
    const complaints = [...deals.keys()].filter((dealer) => !this.#shares.has(dealer));
    return this.#send("response", this.#memberIndex, encodeResponse({ complaints }));
  }

  #endResponses(): Uint8Array[] {
    const responses = this.#inbox.close("response");
    this.#responded = [...responses.keys()];
    for (const [member, { complaints }] of responses) {
      for (const dealer of complaints) {
        if (!this.#deals.has(dealer)) continue;
        this.#complaints.set(dealer, [...(this.#complaints.get(dealer) ?? []), member]);
      }
    }
    this.#phase = "justification";
    const dealer = this.#dealerIndex;
    const complainers = dealer === undefined ? [] : (this.#complaints.get(dealer) ?? []);
    // Above the bound the deal is lost anyway, and t revealed shares would be the secret.
    if (complainers.length === 0 || complainers.length > this.session.complaintBound) return [];
    if (dealer === undefined || this.#polynomial === undefined) return [];
    const polynomial = this.#polynomial;
    const revealed = new Map(
      complainers.map((member) => [member, evaluate(polynomial, member, this.session.suite.fr)]),
    );
    return this.#send("justification", dealer, encodeJustification({ revealed }));
  }

  #endJustifications(): Uint8Array[] {
    const justifications = this.#inbox.close("justification");
    const equivocators = this.#inbox.equivocators("justification");
    for (const dealer of equivocators) this.#deals.delete(dealer);
    const answers: Answer[] = [];
    for (const [dealer, complainers] of this.#complaints) {
      const deal = this.#deals.get(dealer);
      if (deal === undefined) continue;
      if (complainers.length > this.session.complaintBound) {
        this.#deals.delete(dealer);
        this.#blame(dealer, "response", "too many complaints");
      } else {
        const revealed = justifications.get(dealer)?.revealed ?? new Map<number, bigint>();
        answers.push({ dealer, commitments: deal.commitments, complainers, revealed });
      }
    }
    for (const dealer of unjustified(this.session.suite, answers, this.#random)) {
      this.#deals.delete(dealer);
      this.#blame(dealer, "justification", "unjustified complaint");
    }
    for (const { dealer, revealed } of answers) {
      const own = revealed.get(this.#memberIndex ?? 0);
      if (own !== undefined) this.#shares.set(dealer, own);
    }
    this.#polynomial = undefined;
    this.#combine();
    this.#phase = "publication";
    if (this.#memberIndex === undefined || this.#share === undefined) return [];
    const { g2 } = this.session.suite;
    // A copy of the generator has no table, and building one takes longer than the one multiplication made here.
    const generator = g2.infinity.add(g2.generator);
    const sharePublicKey = g2.multiply(generator, this.#share.secret);
    return this.#send("publication", this.#memberIndex, encodePublication(this.session, { sharePublicKey }));
  }

  #endPublications(): Uint8Array[] {
    const published = new Map<number, G2Point>(
      [...this.#inbox.close("publication")].map(([member, body]) => [member, body.sharePublicKey]),
    );
    for (const index of wrongPublications(this.session, this.#publicPolynomial, published, this.#random)) {
      published.delete(index);
      this.#log.fault({ role: "member", index, phase: "publication", reason: "wrong share public key" });
    }
    this.#key = assembleGroupKey(this.session, this.#publicPolynomial, published);
    this.#phase = "done";
    return [];
  }

  /** Who should speak in a phase. */
  #expected(phase: MessageKind): readonly number[] {
    const all = sendersOf(this.session, phase).map((_, i) => i + 1);
    const { complaintBound, threshold } = this.session;
    switch (phase) {
      case "deal":
      case "response":
        return all;
      case "justification":
        return [...this.#complaints]
          .filter(([, complainers]) => complainers.length <= complaintBound)
          .map(([dealer]) => dealer);
      case "publication":
        // Who did not say what it lacks may have no share. But without these there may be too few.
        return this.#responded.length < threshold ? all : this.#responded;
    }
  }

  /** From the qualified deals: the public polynomial and, if every one of them gave this member a share, its share. */
  #combine(): void {
    this.#qualified = qualifiedDealers(
      this.session,
      [...this.#deals.keys()].sort((a, b) => a - b),
    );
    const commitments = this.#qualified.map((dealer) => this.#deals.get(dealer)!.commitments);
    this.#publicPolynomial = combineCommitments(this.session, this.#qualified, commitments);
    const shares = this.#qualified.flatMap((dealer) => this.#shares.get(dealer) ?? []);
    this.#shares.clear();
    this.#deals.clear();
    if (this.#memberIndex === undefined || shares.length < this.#qualified.length) return;
    this.#share = new KeyShare(this.#memberIndex, combineShares(this.session, this.#qualified, shares));
  }

  #removeBadConstants(deals: Map<number, Deal>): void {
    const expected = this.session.dealerConstants;
    if (expected === undefined) return;
    for (const [dealer, { commitments }] of deals) {
      if (commitments[0]!.equals(expected[dealer - 1]!)) continue;
      deals.delete(dealer);
      this.#blame(dealer, "deal", "constant is not the dealer's share");
    }
  }

  #constantToDeal(): bigint | undefined {
    if (this.session.kind === "resharing") return this.#previousShare?.secret;
    return randomScalar(this.session.suite.fr, this.#random);
  }

  #checkPreviousShare(): void {
    const share = this.#previousShare;
    if (share === undefined) return;
    const { suite, dealerConstants } = this.session;
    const expected = dealerConstants?.[share.index - 1];
    const own = share.index === this.#dealerIndex && expected !== undefined;
    if (!own || !suite.g1.multiply(suite.g1.generator, share.secret).equals(expected)) {
      throw new KeyError(
        "BAD_PARAMETER",
        `the previous share (index ${share.index}) is not this identity's under the session's previous key`,
      );
    }
  }

  #blame(dealer: number, phase: MessageKind, reason: Fault["reason"]): void {
    this.#log.fault({ role: "dealer", index: dealer, phase, reason });
  }

  #fail(error: KeyError): void {
    this.#failure = error;
    this.#phase = "failed";
    this.#share?.destroy();
    this.#share = undefined;
    this.#polynomial = undefined;
    this.#shares.clear();
  }

  #send(kind: MessageKind, sender: number, body: Uint8Array): Uint8Array[] {
    return [seal(this.session, kind, sender, body, this.#identity)];
  }
}
