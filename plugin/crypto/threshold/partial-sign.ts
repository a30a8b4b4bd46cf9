import type { Suite } from "../bls/suite.ts";
import type { KeyShare } from "./key-share.ts";

/** One member's part of a threshold signature. */
export interface PartialSignature {
  /** The signer's share index, from 1. */
  readonly index: number;
  /** An encoded G1 point: H(digest) times the share. */
  readonly signature: Uint8Array;
}

/** Signs a 32-byte digest with a share. Threshold BLS needs no interaction and no randomness. */
export function partialSign(suite: Suite, share: KeyShare, digest: Uint8Array): PartialSignature {
  return { index: share.index, signature: suite.sign(share.secret, digest) };
}
