import * as abci from "cosmjs-types/tendermint/abci/types";

import type { AbciApplication } from "../abci/application.ts";
import { PlainApplication } from "../abci/plain-application.ts";
import type { RefusalReason } from "../dkg/ceremony-log.ts";
import { KIND_BYTE, type MessageKind } from "../dkg/message.ts";
import { Admission } from "./admission.ts";
import type { ReplicatedCeremony } from "./replicated-ceremony.ts";
import { MOST_ATTEMPTS, sessionOf } from "./selection.ts";

const { ACCEPT, REJECT } = abci.ResponseProcessProposal_ProposalStatus;

/**
 * A key ceremony as CometBFT drives it: its members are the validators, one vote each, its messages the transactions. It keeps nothing on disk: CometBFT
 * has all blocks, and has a new application execute them again.
 */
export class CeremonyApplication extends PlainApplication implements AbciApplication {
  readonly #ceremony: ReplicatedCeremony;
  readonly #committed: () => void;
  #attempt: number;
  /** What is in CometBFT's memory, or was, of this attempt; and of the next, which others may have begun. */
  #heard: Admission;
  #ahead: Admission | undefined;

  /** @param committed is told after each block */
  constructor(ceremony: ReplicatedCeremony, committed: () => void) {
    super();
    this.#ceremony = ceremony;
    this.#committed = committed;
    this.#attempt = ceremony.attempt;
    this.#heard = new Admission(ceremony.session);
    this.#ahead = this.#nextAttempt();
  }

  async info(): Promise<abci.ResponseInfo> {
    const { height, hash } = this.#ceremony;
    return abci.ResponseInfo.fromPartial({ lastBlockHeight: height, lastBlockAppHash: hash });
  }

  async initChain(): Promise<abci.ResponseInitChain> {
    const { hash, selection } = this.#ceremony;
    const validators = selection.members.map((secp256k1) => ({ pubKey: { secp256k1 }, power: 1n }));
    return abci.ResponseInitChain.fromPartial({ appHash: hash, validators });
  }

  /**
   * Takes what a block may hold now or soon: CometBFT gives a peer a message once, and the peer may be a block behind. Of each
   * member two messages of a kind, whoever sends them.
   */
  async checkTx({ tx }: abci.RequestCheckTx): Promise<abci.ResponseCheckTx> {
    const reason = this.#ceremony.isOver ? "out of phase" : this.#refusal(tx);
    return abci.ResponseCheckTx.fromPartial(reason === undefined ? {} : { code: 1, log: reason });
  }

  #refusal(message: Uint8Array): RefusalReason | undefined {
    const { phase } = this.#ceremony;
    const isToCome = (kind: MessageKind): boolean => KIND_BYTE[kind] >= KIND_BYTE[phase as MessageKind];
    const reason = heard(this.#heard, message, isToCome);
    if (reason === "foreign session" && this.#ahead !== undefined)
      return heard(this.#ahead, message, (kind) => kind === "deal");
    if (reason !== undefined) return reason;
    const decided = this.#ceremony.refusal([message]);
    return decided === "duplicate" || decided === "equivocation" ? decided : undefined;
  }

  /** This member's own messages first: they get into a block although nobody else passes them on. */
  async prepareProposal({
    txs,
    maxTxBytes,
  }: abci.RequestPrepareProposal): Promise<abci.ResponsePrepareProposal> {
    const { pending } = this.#ceremony;
    return { txs: this.#ceremony.choose([...pending, ...txs], Number(maxTxBytes)) };
  }

  /** What a block may hold follows from the blocks before it: all honest members accept and refuse the same. */
  async processProposal({ txs }: abci.RequestProcessProposal): Promise<abci.ResponseProcessProposal> {
    return { status: this.#ceremony.refusal(txs) === undefined ? ACCEPT : REJECT };
  }

  /** @throws Error when it is not the next block: CometBFT and the application do not belong together */
  async finalizeBlock({ height, txs }: abci.RequestFinalizeBlock): Promise<abci.ResponseFinalizeBlock> {
    const ceremony = this.#ceremony;
    if (height !== ceremony.height + 1n) {
      throw new Error(`Block ${height} was decided, and ${ceremony.height + 1n} is the next.`);
    }
    ceremony.execute(txs);
    this.#followAttempt();
    const txResults = txs.map(() => abci.ExecTxResult.fromPartial({}));
    return abci.ResponseFinalizeBlock.fromPartial({ appHash: ceremony.hash, txResults });
  }

  async commit(): Promise<abci.ResponseCommit> {
    this.#committed();
    // Members that come late need all blocks.
    return abci.ResponseCommit.fromPartial({ retainHeight: 0n });
  }

  /** What was heard ahead is of this attempt, once it has begun. */
  #followAttempt(): void {
    if (this.#ceremony.attempt === this.#attempt) return;
    this.#attempt = this.#ceremony.attempt;
    this.#heard = this.#ahead ?? new Admission(this.#ceremony.session);
    this.#ahead = this.#nextAttempt();
  }

  #nextAttempt(): Admission | undefined {
    const { attempt, selection } = this.#ceremony;
    return attempt + 1 < MOST_ATTEMPTS ? new Admission(sessionOf(selection, attempt + 1)) : undefined;
  }
}

/** Hears a message. What was heard may be said again as it was, which CometBFT asks after each block. */
function heard(
  admission: Admission,
  message: Uint8Array,
  isTime: (kind: MessageKind) => boolean,
): RefusalReason | undefined {
  const reason = admission.take(message, isTime);
  return reason === "duplicate" && admission.hasTaken(message) ? undefined : reason;
}
