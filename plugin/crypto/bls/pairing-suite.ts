import type { BlsCurvePair } from "@noble/curves/abstract/bls.js";
import { mapHashToField } from "@noble/curves/abstract/modular.js";
import { bytesToNumberBE, randomBytes } from "@noble/curves/utils.js";

import { group } from "./group.ts";
import { BlsEncodingError, type Domain, type G1Point, type G2Point, type Suite } from "./suite.ts";

/** What a curve brings to become a suite. */
export interface PairingSuiteOptions {
  readonly id: Suite["id"];
  readonly name: Suite["name"];
  readonly curve: BlsCurvePair;
  /** Bytes of one base-field number in the contracts' encoding. */
  readonly numberLength: number;
  /** Whether an Fp2 coordinate is written imaginary part first (EIP-197) or real part first (EIP-2537). */
  readonly imaginaryFirst: boolean;
  /** RFC 9380 hash_to_curve of a message in the domain of a tag. */
  readonly hashToCurve: (message: Uint8Array, tag: string) => G1Point;
  readonly tags: Readonly<Record<Domain, string>>;
}

type Lines = ReturnType<BlsCurvePair["utils"]["calcPairingPrecomputes"]>;

/** A BLS suite over a pairing curve, with signatures in G1 and keys in G2. */
export function pairingSuite(options: PairingSuiteOptions): Suite {
  const { id, name, curve, numberLength, imaginaryFirst, tags } = options;
  const { Fp, Fp2, Fp12, Fr } = curve.fields;

  const g1 = group(curve.G1.Point, {
    name: `${name} G1`,
    numberLength,
    degree: 1,
    p: Fp.ORDER,
    toNumbers: (x) => [x],
    fromNumbers: ([x]) => Fp.create(x!),
  });
  const g2 = group(curve.G2.Point, {
    name: `${name} G2`,
    numberLength,
    degree: 2,
    p: Fp.ORDER,
    toNumbers: ({ c0, c1 }) => (imaginaryFirst ? [c1, c0] : [c0, c1]),
    fromNumbers: ([first, second]) =>
      Fp2.create(imaginaryFirst ? { c0: second!, c1: first! } : { c0: first!, c1: second! }),
  });

  // The lines of a Miller loop depend on the G2 point alone and cost about as much as the loop.
  const lines = new WeakMap<G2Point, Lines>();
  function linesOf(point: G2Point): Lines {
    let found = lines.get(point);
    if (found === undefined) {
      found = curve.utils.calcPairingPrecomputes(point);
      lines.set(point, found);
    }
    return found;
  }
  const minusGenerator = g2.generator.negate();

  // All members sign the same digest and whoever combines it verifies it: public values, and a fifth of the work of signing.
  const lastHash = new Map<Domain, { readonly digest: Uint8Array; readonly point: G1Point }>();
  function hashToG1(digest: Uint8Array, domain: Domain): G1Point {
    if (digest.length !== 32) throw new RangeError(`${name}: a digest has 32 bytes, ${digest.length} given`);
    const last = lastHash.get(domain);
    if (last !== undefined && digest.every((byte, i) => byte === last.digest[i])) return last.point;
    const point = options.hashToCurve(digest, tags[domain]);
    lastHash.set(domain, { digest: digest.slice(), point });
    return point;
  }

  function signIn(domain: Domain, secret: bigint, digest: Uint8Array): Uint8Array {
    requireSecret(secret);
    return g1.encode(g1.multiply(hashToG1(digest, domain), secret));
  }

  function requireSecret(secret: bigint): void {
    // The value stays out of the message: it is, or nearly is, a secret.
    if (!Fr.isValidNot0(secret)) throw new RangeError(`${name}: a secret is a number in [1, order)`);
  }

  // e(signature, -g2) · e(hash, key) = 1, with one final exponentiation for both.
  function verifyIn(
    domain: Domain,
    digest: Uint8Array,
    signature: Uint8Array | G1Point,
    publicKey: Uint8Array | G2Point,
  ): boolean {
    const point = signature instanceof Uint8Array ? g1.decode(signature) : signature;
    const key = publicKey instanceof Uint8Array ? g2.decode(publicKey) : publicKey;
    if (point.is0()) throw new BlsEncodingError("infinity", `${name}: the signature is infinity`);
    if (key.is0()) throw new BlsEncodingError("infinity", `${name}: the public key is infinity`);
    const signed = point.toAffine();
    const hash = hashToG1(digest, domain).toAffine();
    const product = curve.millerLoopBatch([
      [linesOf(minusGenerator), signed.x, signed.y],
      [linesOf(key), hash.x, hash.y],
    ]);
    return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE);
  }

  // e(p1, -g2) · e(g1, p2) = 1. Infinity has logarithm 0 and no Miller loop.
  function sameLogarithm(p1: G1Point, p2: G2Point): boolean {
    if (p1.is0() || p2.is0()) return p1.is0() && p2.is0();
    const left = p1.toAffine();
    const { x, y } = g1.generator.toAffine();
    const product = curve.millerLoopBatch([
      [linesOf(minusGenerator), left.x, left.y],
      [linesOf(p2), x, y],
    ]);
    return Fp12.eql(Fp12.finalExponentiate(product), Fp12.ONE);
  }

  return {
    id,
    name,
    fr: Fr,
    signatureLength: g1.encodedLength,
    publicKeyLength: g2.encodedLength,
    g1,
    g2,
    randomSecret: () => bytesToNumberBE(mapHashToField(randomBytes(48), Fr.ORDER)),
    publicKey: (secret) => {
      requireSecret(secret);
      return g2.encode(g2.multiply(g2.generator, secret));
    },
    hashToG1,
    sign: (secret, digest) => signIn("signature", secret, digest),
    provePossession: (secret, digest) => signIn("possession", secret, digest),
    sameLogarithm,
    verify: (digest, signature, publicKey) => verifyIn("signature", digest, signature, publicKey),
    verifyPossession: (digest, proof, publicKey) => verifyIn("possession", digest, proof, publicKey),
  };
}
