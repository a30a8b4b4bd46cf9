import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** An Ed25519 key as CometBFT uses them: one of a node's for its peers, one of a validator for its votes. */
export class Ed25519Key {
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;

  /** @param seed 32 bytes, the secret (RFC 8032, §5.1.5) */
  constructor(seed: Uint8Array) {
    if (seed.length !== 32) throw new RangeError(`An Ed25519 key has 32 bytes, and not ${seed.length}.`);
    this.seed = seed;
    this.publicKey = ed25519.getPublicKey(seed);
  }

  /** CometBFT's address of the key, by which nodes and validators are named: 40 hex digits in lower case. */
  get address(): string {
    return addressOf(this.publicKey);
  }

  /** Seed and public key, as CometBFT's files have them: 64 bytes in Base64. */
  get encoded(): string {
    return Buffer.concat([this.seed, this.publicKey]).toString("base64");
  }
}

/** The first 20 bytes of SHA-256 of an Ed25519 public key (CometBFT, "Data structures: Address"). */
export function addressOf(publicKey: Uint8Array): string {
  return Buffer.from(sha256(publicKey).subarray(0, 20)).toString("hex");
}
