import { createHash } from "node:crypto";

import * as abci from "cosmjs-types/tendermint/abci/types";

import type { AbciApplication } from "../../../../plugin/cloud/abci/application.ts";
import { PlainApplication } from "../../../../plugin/cloud/abci/plain-application.ts";

/** An application that keeps a log of transactions, and counts the vote extensions that proposals brought it. */
export class LogApplication extends PlainApplication implements AbciApplication {
  height = 0n;
  /** secp256k1 public keys of the validators that the chain begins with. */
  validators: readonly Uint8Array[] = [];
  hash = new Uint8Array(32);
  readonly log: string[] = [];
  /** Texts of the vote extensions that this node saw when it proposed. */
  readonly extensions: string[] = [];
  /** Methods in the order of their calls. */
  readonly calls: string[] = [];
  #pending: { height: bigint; hash: Uint8Array<ArrayBuffer>; txs: string[] } | undefined;

  async info(): Promise<abci.ResponseInfo> {
    this.calls.push("info");
    return abci.ResponseInfo.fromPartial({ lastBlockHeight: this.height, lastBlockAppHash: this.hash });
  }

  override async query(request: abci.RequestQuery): Promise<abci.ResponseQuery> {
    const value = Buffer.from(this.log.join(","));
    return abci.ResponseQuery.fromPartial({ key: request.data, value, height: this.height });
  }

  async checkTx(request: abci.RequestCheckTx): Promise<abci.ResponseCheckTx> {
    return abci.ResponseCheckTx.fromPartial({ code: request.tx.length > 100 ? 1 : 0 });
  }

  async initChain(): Promise<abci.ResponseInitChain> {
    this.calls.push("initChain");
    const validators = this.validators.map((secp256k1) => ({ pubKey: { secp256k1 }, power: 1n }));
    return abci.ResponseInitChain.fromPartial({ validators, appHash: this.hash });
  }

  async prepareProposal(request: abci.RequestPrepareProposal): Promise<abci.ResponsePrepareProposal> {
    for (const { voteExtension } of request.localLastCommit.votes) {
      this.extensions.push(Buffer.from(voteExtension).toString());
    }
    return abci.ResponsePrepareProposal.fromPartial({ txs: request.txs });
  }

  async processProposal(): Promise<abci.ResponseProcessProposal> {
    return { status: abci.ResponseProcessProposal_ProposalStatus.ACCEPT };
  }

  override async extendVote(request: abci.RequestExtendVote): Promise<abci.ResponseExtendVote> {
    return { voteExtension: Buffer.from(`height ${request.height}`) };
  }

  override async verifyVoteExtension(): Promise<abci.ResponseVerifyVoteExtension> {
    return { status: abci.ResponseVerifyVoteExtension_VerifyStatus.ACCEPT };
  }

  async finalizeBlock(request: abci.RequestFinalizeBlock): Promise<abci.ResponseFinalizeBlock> {
    this.calls.push("finalizeBlock");
    const txs = request.txs.map((tx) => Buffer.from(tx).toString());
    const hash = new Uint8Array(createHash("sha256").update(this.hash).update(txs.join()).digest());
    this.#pending = { height: request.height, hash, txs };
    const txResults = txs.map(() => abci.ExecTxResult.fromPartial({}));
    return abci.ResponseFinalizeBlock.fromPartial({ appHash: hash, txResults });
  }

  async commit(): Promise<abci.ResponseCommit> {
    this.calls.push("commit");
    const { height, hash, txs } = this.#pending!;
    this.height = height;
    this.hash = hash;
    this.log.push(...txs);
    return abci.ResponseCommit.fromPartial({});
  }
}
