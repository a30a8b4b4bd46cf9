/**
 * A member's secp256k1 identity: it signs the ceremony's messages (ECDSA over SHA-256, 64 bytes r ‖ s, low s) and
 * receives its shares (ECDH, see `deal-encryption.ts`). Verification and ECDH are OpenSSL's, several times faster than
 * JavaScript's; a ceremony of 16 makes hundreds of each.
 */
import { createECDH, createPublicKey, verify, type ECDH, type KeyObject } from "node:crypto";
import { inspect } from "node:util";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { KeyError } from "../../crypto/threshold/key-error.ts";

/** Bytes of a compressed identity public key. */
export const IDENTITY_KEY_BYTES = 33;

/** Bytes of a message signature, r ‖ s. */
export const SIGNATURE_BYTES = 64;

const HALF_ORDER = secp256k1.Point.Fn.ORDER >> 1n;

/** The public side of a member. */
export class IdentityKey {
  /** Compressed secp256k1 point, 33 bytes. */
  readonly publicKey: Uint8Array;
  /** The Ethereum address of the key, 20 bytes: what the registry calls a member's identity. */
  readonly address: Uint8Array;
  readonly #verifier: KeyObject;

  /** @throws KeyError BAD_PARAMETER when `publicKey` is no compressed secp256k1 point */
  constructor(publicKey: Uint8Array) {
    const point = decodePoint(publicKey);
    const { x, y } = point.toAffine();
    this.publicKey = publicKey.slice();
    this.address = keccak_256(point.toBytes(false).subarray(1)).slice(12);
    const base64 = (coordinate: bigint): string =>
      Buffer.from(numberToBytesBE(coordinate, 32)).toString("base64url");
    this.#verifier = createPublicKey({
      format: "jwk",
      key: { kty: "EC", crv: "secp256k1", x: base64(x), y: base64(y) },
    });
  }

  /** Whether `signature` is this identity's over SHA-256 of `message`. High-s signatures are refused. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    if (bytesToNumberBE(signature.subarray(32)) > HALF_ORDER) return false;
    return verify("sha256", message, { key: this.#verifier, dsaEncoding: "ieee-p1363" }, signature);
  }
}

/** The secret side of a member. It is never printed. */
export class IdentitySecret {
  readonly publicKey: Uint8Array;
  readonly #secret: Uint8Array;
  readonly #ecdh: ECDH;

  /** @param secret 32 bytes, a secp256k1 secret key */
  constructor(secret: Uint8Array) {
    if (!secp256k1.utils.isValidSecretKey(secret)) {
      throw new KeyError("BAD_PARAMETER", "an identity secret is a secp256k1 secret key of 32 bytes");
    }
    this.#secret = secret.slice();
    this.publicKey = secp256k1.getPublicKey(secret, true);
    this.#ecdh = createECDH("secp256k1");
    this.#ecdh.setPrivateKey(secret);
  }

  /** r ‖ s over SHA-256 of `message`, deterministic (RFC 6979), low s. */
  sign(message: Uint8Array): Uint8Array {
    return secp256k1.sign(message, this.#secret);
  }

  /** r ‖ s ‖ v (27 or 28) over a 32-byte digest as it is: what `ecrecover` on chain takes. */
  signDigest(digest: Uint8Array): Uint8Array {
    const recovered = secp256k1.sign(digest, this.#secret, { prehash: false, format: "recovered" });
    return concatBytes(recovered.subarray(1), Uint8Array.of(27 + recovered[0]!));
  }

  /** The x coordinate of secret · `publicKey`. Throws when the bytes are no point of the curve. */
  sharedSecret(publicKey: Uint8Array): Uint8Array {
    return new Uint8Array(this.#ecdh.computeSecret(publicKey));
  }

  toJSON(): string {
    return "[redacted]";
  }

  [inspect.custom](): string {
    return "IdentitySecret [redacted]";
  }
}

function decodePoint(publicKey: Uint8Array) {
  if (publicKey.length === IDENTITY_KEY_BYTES) {
    try {
      return secp256k1.Point.fromBytes(publicKey);
    } catch {
      // Told below, with the value.
    }
  }
  throw new KeyError(
    "BAD_PARAMETER",
    `0x${Buffer.from(publicKey).toString("hex")} is no compressed secp256k1 public key`,
  );
}
