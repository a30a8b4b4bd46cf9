/** A run with its proof: what convinces whoever trusts the verifying key, a contract among them. */
export interface ProvenRun {
  /** Identity of the program, 32 bytes as hex digits after 0x. */
  readonly programId: string;
  /** The public input. */
  readonly input: Uint8Array;
  /** What the program wrote. */
  readonly journal: Uint8Array;
  /** The verifier's selector (4 bytes), then its proof. */
  readonly proof: Uint8Array;
}
