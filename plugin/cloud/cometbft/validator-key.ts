import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ripemd160 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";

/** What a validator signs its votes with, as its signer needs it: a secp256k1 key, the node's identity. */
export interface SigningKey {
  /** A compressed point, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** r ‖ s over SHA-256 of `message`, low s, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** A validator's key from its 32 bytes. It is never printed. */
export class ValidatorKey implements SigningKey {
  readonly publicKey: Uint8Array;
  readonly #secret: Uint8Array;

  /** @param secret 32 bytes, a secp256k1 secret key */
  constructor(secret: Uint8Array) {
    if (!secp256k1.utils.isValidSecretKey(secret))
      throw new RangeError("A validator's key is a secp256k1 secret key of 32 bytes.");
    this.#secret = secret.slice();
    this.publicKey = secp256k1.getPublicKey(secret, true);
  }

  sign(message: Uint8Array): Uint8Array {
    return secp256k1.sign(message, this.#secret);
  }

  /** By what CometBFT names the validator: 40 hex digits in lower case. */
  get address(): string {
    return validatorAddress(this.publicKey);
  }
}

/**
 * RIPEMD-160 of SHA-256 of a compressed secp256k1 public key, as CometBFT names validators: 40 hex digits in lower case. It is not
 * the key's Ethereum address.
 */
export function validatorAddress(publicKey: Uint8Array): string {
  return Buffer.from(ripemd160(sha256(publicKey))).toString("hex");
}
