/** What went wrong with keys, for callers that decide by it; the sentence beside it is for people. */
export type KeyErrorCode =
  | "BAD_PARAMETER"
  | "NOT_A_MEMBER"
  | "WRONG_PHASE"
  | "NOT_FINISHED"
  | "TOO_FEW_DEALERS"
  | "TOO_FEW_PUBLICATIONS"
  | "GROUP_KEY_CHANGED"
  | "DEGENERATE_KEY"
  | "TOO_FEW_PARTIALS"
  | "SHARE_DESTROYED";

/** An error of key generation, resharing or threshold signing. Its message never holds a secret. */
export class KeyError extends Error {
  readonly code: KeyErrorCode;

  constructor(code: KeyErrorCode, message: string) {
    super(message);
    this.name = "KeyError";
    this.code = code;
  }
}
