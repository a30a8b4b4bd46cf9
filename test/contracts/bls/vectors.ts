/** Known answers of other implementations, from `vectors/*.json` (each names its source), in the contracts' encodings. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { hexToBytes } from "@noble/hashes/utils.js";

import sswu from "./vectors/bls12381g1-xmd-sha256-sswu-ro.json" with { type: "json" };
import svdw from "./vectors/bn254g1-xmd-sha256-svdw-ro.json" with { type: "json" };
import xmd from "./vectors/expand-message-xmd-sha256.json" with { type: "json" };
import signatures from "./vectors/signatures.json" with { type: "json" };

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A signature, or only a hash, by another implementation. */
export interface SignatureVector {
  readonly scheme: "BN254" | "BLS12-381";
  readonly title: string;
  readonly dst: string;
  readonly message: Uint8Array;
  readonly hash?: Uint8Array;
  readonly publicKey?: Uint8Array;
  readonly signature?: Uint8Array;
}

export const signatureVectors: readonly SignatureVector[] = signatures.cases.map((vector) => {
  const scheme = vector.scheme === "BN254" ? "BN254" : "BLS12-381";
  const encode = scheme === "BN254" ? hexToBytes : eip2537;
  const message =
    vector.message === undefined
      ? keccak_256(hexToBytes(vector.keccakRound.toString(16).padStart(16, "0")))
      : hexToBytes(vector.message);
  const round = vector.keccakRound ?? vector.drandRound;
  return {
    scheme,
    title: round ? `drand round ${round}` : `${vector.dst} of 0x${vector.message}`,
    dst: vector.dst,
    message,
    ...(vector.hash && { hash: encode(vector.hash) }),
    ...(vector.publicKey && { publicKey: encode(vector.publicKey) }),
    ...(vector.signature && { signature: encode(vector.signature) }),
  };
});

/** 48-byte numbers, imaginary part first, into 64-byte numbers, real part first. */
function eip2537(hex: string): Uint8Array {
  const numbers = hex.match(/.{96}/g)!.map((number) => number.padStart(128, "0"));
  const order = numbers.length === 4 ? [1, 0, 3, 2] : [0, 1];
  return hexToBytes(order.map((i) => numbers[i]).join(""));
}

/** One message hashed to a curve: field elements u, their images q, the sum p; affine coordinates. */
export interface HashVector {
  readonly message: Uint8Array;
  readonly u: readonly bigint[];
  readonly q: readonly { x: bigint; y: bigint }[];
  readonly p: { x: bigint; y: bigint };
}

function hashVectors(file: typeof svdw): { dst: string; cases: HashVector[] } {
  const number = (hex: string): bigint => BigInt(`0x${hex}`);
  const point = (xy: string[]): { x: bigint; y: bigint } => ({ x: number(xy[0]!), y: number(xy[1]!) });
  return {
    dst: file.dst,
    cases: file.cases.map(({ message, u, q, p }) => ({
      message: utf8(message),
      u: u.map(number),
      q: q.map(point),
      p: point(p),
    })),
  };
}

/** `BN254G1_XMD:SHA-256_SVDW_RO_`: the map is the suite's own, the hash is not. */
export const bn254HashVectors = hashVectors(svdw);

/** `BLS12381G1_XMD:SHA-256_SSWU_RO_`. */
export const bls12381HashVectors = hashVectors(sswu);

/** expand_message_xmd with SHA-256. */
export const xmdVectors = {
  dst: xmd.dst,
  cases: xmd.cases.map(({ message, length, uniformBytes }) => ({
    message: utf8(message),
    length,
    uniformBytes: hexToBytes(uniformBytes),
  })),
};
