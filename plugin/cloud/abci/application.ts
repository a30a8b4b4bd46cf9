import type * as abci from "cosmjs-types/tendermint/abci/types";

/**
 * What CometBFT 0.38 asks of an application (ABCI 2.0, "Methods"). The methods of consensus are called one after the other, and so are
 * those of each of the other three connections (`checkTx`; `info` and `query`; snapshots), which may be called while consensus waits.
 *
 * A method that throws ends the node: CometBFT stops when its application reports an exception. So what a peer sent is never a reason
 * to throw; a node that must not go on is.
 */
export interface AbciApplication {
  info(request: abci.RequestInfo): Promise<abci.ResponseInfo>;
  query(request: abci.RequestQuery): Promise<abci.ResponseQuery>;
  checkTx(request: abci.RequestCheckTx): Promise<abci.ResponseCheckTx>;
  initChain(request: abci.RequestInitChain): Promise<abci.ResponseInitChain>;
  prepareProposal(request: abci.RequestPrepareProposal): Promise<abci.ResponsePrepareProposal>;
  processProposal(request: abci.RequestProcessProposal): Promise<abci.ResponseProcessProposal>;
  extendVote(request: abci.RequestExtendVote): Promise<abci.ResponseExtendVote>;
  verifyVoteExtension(request: abci.RequestVerifyVoteExtension): Promise<abci.ResponseVerifyVoteExtension>;
  finalizeBlock(request: abci.RequestFinalizeBlock): Promise<abci.ResponseFinalizeBlock>;
  commit(request: abci.RequestCommit): Promise<abci.ResponseCommit>;
  listSnapshots(request: abci.RequestListSnapshots): Promise<abci.ResponseListSnapshots>;
  offerSnapshot(request: abci.RequestOfferSnapshot): Promise<abci.ResponseOfferSnapshot>;
  loadSnapshotChunk(request: abci.RequestLoadSnapshotChunk): Promise<abci.ResponseLoadSnapshotChunk>;
  applySnapshotChunk(request: abci.RequestApplySnapshotChunk): Promise<abci.ResponseApplySnapshotChunk>;
}

/** Names of the application's methods; `echo` and `flush` are the server's own. */
export const methods = [
  "info",
  "query",
  "checkTx",
  "initChain",
  "prepareProposal",
  "processProposal",
  "extendVote",
  "verifyVoteExtension",
  "finalizeBlock",
  "commit",
  "listSnapshots",
  "offerSnapshot",
  "loadSnapshotChunk",
  "applySnapshotChunk",
] as const satisfies readonly (keyof AbciApplication)[];
