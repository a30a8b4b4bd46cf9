import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** An Ed25519 key, by which CometBFT nodes know their peers. */
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

  /** By what CometBFT names the node: the first 20 bytes of SHA-256 of the public key, 40 hex digits in lower case. */
  get address(): string {
    return Buffer.from(sha256(this.publicKey).subarray(0, 20)).toString("hex");
  }

  /** Seed and public key, as CometBFT's files have them: 64 bytes in Base64. */
  get encoded(): string {
    return Buffer.concat([this.seed, this.publicKey]).toString("base64");
  }
}
