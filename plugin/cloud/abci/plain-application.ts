import * as abci from "cosmjs-types/tendermint/abci/types";

/** The answers of an application that is asked nothing, extends no votes and has no snapshots. */
export class PlainApplication {
  async query(_: abci.RequestQuery): Promise<abci.ResponseQuery> {
    return abci.ResponseQuery.fromPartial({ code: 1, log: "This application answers no queries." });
  }

  async extendVote(_: abci.RequestExtendVote): Promise<abci.ResponseExtendVote> {
    return { voteExtension: new Uint8Array() };
  }

  async verifyVoteExtension({
    voteExtension,
  }: abci.RequestVerifyVoteExtension): Promise<abci.ResponseVerifyVoteExtension> {
    const { ACCEPT, REJECT } = abci.ResponseVerifyVoteExtension_VerifyStatus;
    return { status: voteExtension.length === 0 ? ACCEPT : REJECT };
  }

  async listSnapshots(): Promise<abci.ResponseListSnapshots> {
    return { snapshots: [] };
  }

  async offerSnapshot(_: abci.RequestOfferSnapshot): Promise<abci.ResponseOfferSnapshot> {
    return { result: abci.ResponseOfferSnapshot_Result.REJECT };
  }

  async loadSnapshotChunk(_: abci.RequestLoadSnapshotChunk): Promise<abci.ResponseLoadSnapshotChunk> {
    return { chunk: new Uint8Array() };
  }

  async applySnapshotChunk(_: abci.RequestApplySnapshotChunk): Promise<abci.ResponseApplySnapshotChunk> {
    const { ABORT } = abci.ResponseApplySnapshotChunk_Result;
    return abci.ResponseApplySnapshotChunk.fromPartial({ result: ABORT });
  }
}
