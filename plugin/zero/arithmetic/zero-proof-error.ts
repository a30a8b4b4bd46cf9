/** A statement that a proof of Nexus Zero makes and that does not hold. The proof is not accepted. */
export class ZeroProofError extends Error {
  override readonly name = "ZeroProofError";
  /** The equation or range that fails, named as docs/zero/protocol.md does. */
  readonly what: string;

  constructor(what: string, detail: string) {
    super(`the proof is not valid: ${what} (${detail})`);
    this.what = what;
  }
}
