import type { IField } from "@noble/curves/abstract/modular.js";
import type { Fp2 } from "@noble/curves/abstract/tower.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";

/** A point of G1: hashed messages, signatures, partial signatures. */
export type G1Point = WeierstrassPoint<bigint>;

/** A point of G2: public keys, key shares, Feldman commitments. */
export type G2Point = WeierstrassPoint<Fp2>;

/** What a signature is made for; each has a hash-to-curve domain of its own, so none can stand in for the other. */
export type Domain = "signature" | "possession";

/** Why bytes are not a point: the same checks, in the same order, as the contracts make. */
export type EncodingFault = "length" | "coordinate" | "infinity" | "curve" | "subgroup";

/** Bytes (or a point about to become bytes) that no contract would accept. */
export class BlsEncodingError extends Error {
  /** Which check failed. */
  readonly fault: EncodingFault;

  constructor(fault: EncodingFault, message: string) {
    super(message);
    this.name = "BlsEncodingError";
    this.fault = fault;
  }
}

/**
 * One of the two groups of prime order `Suite.fr.ORDER`.
 *
 * Points are immutable noble points: `add`, `subtract`, `negate`, `double`, `equals` and `is0` are methods of the point.
 */
export interface Group<P> {
  readonly generator: P;
  readonly infinity: P;
  /** Length of an encoded point in bytes. */
  readonly encodedLength: number;

  /**
   * `scalar · point`, for secret scalars too: the number of point operations does not depend on the scalar (as far as
   * bigint arithmetic allows). The generator has a table and is several times faster.
   *
   * @param scalar in [0, order)
   * @throws RangeError when the scalar is outside
   */
  multiply(point: P, scalar: bigint): P;

  /**
   * Σ scalars[i] · points[i], in variable time: for public scalars only, such as Lagrange coefficients.
   *
   * @param scalars each in [0, order), as many as there are points; none at all give infinity
   */
  linearCombination(points: readonly P[], scalars: readonly bigint[]): P;

  /**
   * Σ index^k · commitment[k]: the polynomial that a Feldman commitment hides in the exponent, evaluated at a public
   * index, in variable time (Horner; a small index costs a few doublings per coefficient).
   *
   * @param index in [0, order)
   */
  evaluate(commitment: readonly P[], index: bigint): P;

  /**
   * The point exactly as the contracts take it.
   *
   * @throws BlsEncodingError for infinity, which nothing accepts
   */
  encode(point: P): Uint8Array;

  /**
   * The point behind `bytes`: canonical, on the curve, in the subgroup of prime order and not infinity.
   *
   * @throws BlsEncodingError naming the first check that failed
   */
  decode(bytes: Uint8Array): P;
}

/**
 * A BLS signature suite: signatures in G1, public keys in G2, RFC 9380 hash-to-curve. The twin of the contract
 * `IThresholdVerifier`, with the same encodings, domains and refusals.
 */
export interface Suite {
  /** The suite's number in the contracts and in stored keys. */
  readonly id: 0 | 1;
  readonly name: "BN254" | "BLS12-381";
  /** The scalar field: secrets, shares, Lagrange coefficients. Its `ORDER` is that of both groups. */
  readonly fr: IField<bigint>;
  /** Length of an encoded signature (G1) in bytes. */
  readonly signatureLength: number;
  /** Length of an encoded public key (G2) in bytes. */
  readonly publicKeyLength: number;
  readonly g1: Group<G1Point>;
  readonly g2: Group<G2Point>;

  /** A uniform secret in [1, order) from the system's random number generator. */
  randomSecret(): bigint;

  /** The encoded public key of `secret`, which must be in [1, order). */
  publicKey(secret: bigint): Uint8Array;

  /**
   * Whether `p1` and `p2` are the same multiple of their groups' generators: e(p1, g₂) = e(g₁, p2). Both must be points
   * that this suite decoded or computed.
   */
  sameLogarithm(p1: G1Point, p2: G2Point): boolean;

  /** `digest` (32 bytes) hashed to G1 in the given domain: RFC 9380, random-oracle variant. */
  hashToG1(digest: Uint8Array, domain: Domain): G1Point;

  /** The encoded signature of a 32-byte digest; also a partial signature, when `secret` is a share. */
  sign(secret: bigint, digest: Uint8Array): Uint8Array;

  /** A signature of a 32-byte digest in the possession domain: shows that its maker holds the secret. */
  provePossession(secret: bigint, digest: Uint8Array): Uint8Array;

  /**
   * Whether `signature` is that of `digest` under `publicKey`. Either may be given as a point that this suite decoded or
   * computed; the Miller-loop lines of a key given as a point are kept for as long as the point object lives, which
   * makes checking many signatures under one key about a third faster.
   *
   * @throws BlsEncodingError when bytes are not a point or a given point is infinity, as the contracts revert
   */
  verify(digest: Uint8Array, signature: Uint8Array | G1Point, publicKey: Uint8Array | G2Point): boolean;

  /** Like `verify`, in the possession domain. */
  verifyPossession(digest: Uint8Array, proof: Uint8Array | G1Point, publicKey: Uint8Array | G2Point): boolean;
}
