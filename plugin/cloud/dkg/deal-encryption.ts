/**
 * A share on its way to its member: ECIES over the secp256k1 identities.
 *
 *   z = ECDH(ephemeral secret, member key)                                      x coordinate, 32 bytes
 *   key ‖ nonce = HKDF-SHA256(z, salt = session id, info = tag ‖ ephemeral key ‖ member key)   32 + 24 bytes
 *   ciphertext = XChaCha20-Poly1305(key, nonce, share, AAD = session id ‖ dealer ‖ member)      32 + 16 bytes
 *
 * One ephemeral key serves all shares of a deal: keys differ by member, and a key encrypts one message, ever, so the
 * nonce may be derived. The deal's signature covers the ciphertexts.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { SCALAR_BYTES } from "../../crypto/threshold/key-share.ts";
import type { IdentitySecret } from "./identity.ts";

/** Bytes of an encrypted share. */
export const ENCRYPTED_SHARE_BYTES = SCALAR_BYTES + 16;

const INFO = utf8ToBytes("Nexus deal encryption v1");

/** Who sends a share to whom, in which session. */
export interface Route {
  readonly sessionId: Uint8Array;
  /** Dealer index, from 1. */
  readonly dealer: number;
  /** Share index of the recipient, from 1. */
  readonly member: number;
  /** The recipient's compressed identity key. */
  readonly memberKey: Uint8Array;
}

/** Encrypts a share under the deal's ephemeral key. */
export function encryptShare(route: Route, ephemeral: IdentitySecret, share: bigint): Uint8Array {
  const shared = ephemeral.sharedSecret(route.memberKey);
  const plaintext = numberToBytesBE(share, SCALAR_BYTES);
  const ciphertext = cipher(route, shared, ephemeral.publicKey).encrypt(plaintext);
  plaintext.fill(0);
  return ciphertext;
}

/**
 * The share as an integer, not yet checked against anything; undefined when `ephemeralKey` is no point or the
 * ciphertext was not made for this route.
 */
export function decryptShare(
  route: Route,
  identity: IdentitySecret,
  ephemeralKey: Uint8Array,
  ciphertext: Uint8Array,
): bigint | undefined {
  try {
    const shared = identity.sharedSecret(ephemeralKey);
    const plaintext = cipher(route, shared, ephemeralKey).decrypt(ciphertext);
    if (plaintext.length !== SCALAR_BYTES) return undefined;
    const share = bytesToNumberBE(plaintext);
    plaintext.fill(0);
    return share;
  } catch {
    // OpenSSL and the cipher say no more than that; the reason is the dealer's fault either way.
    return undefined;
  }
}

function cipher(route: Route, shared: Uint8Array, ephemeralKey: Uint8Array) {
  const info = concatBytes(INFO, ephemeralKey, route.memberKey);
  const keys = hkdf(sha256, shared, route.sessionId, info, 56);
  const associated = concatBytes(
    route.sessionId,
    numberToBytesBE(route.dealer, 2),
    numberToBytesBE(route.member, 2),
  );
  shared.fill(0);
  return xchacha20poly1305(keys.subarray(0, 32), keys.subarray(32), associated);
}
