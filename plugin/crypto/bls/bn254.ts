/**
 * BLS over BN254 (alt_bn128), the pairing curve that every EVM chain has: EIP-196 and EIP-197 encodings,
 * `BN254G1_XMD:KECCAK-256_SVDW_RO_` hash-to-curve (RFC 9380, L = 48, Z = 1, cofactor 1). About 100 bits of security.
 */
import { createHasher } from "@noble/curves/abstract/hash-to-curve.js";
import { bn254 as curve } from "@noble/curves/bn254.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { pairingSuite, type PairingSuiteOptions } from "./pairing-suite.ts";
import type { Suite } from "./suite.ts";
import { svdwMap } from "./svdw.ts";

const { Fp } = curve.fields;

/** RFC 9380 map_to_curve of BN254's G1: svdw with Z = 1. */
export const mapToG1 = svdwMap(Fp, { a: 0n, b: 3n, z: 1n });

const hasher = createHasher(curve.G1.Point, ([u]) => mapToG1(u!), {
  DST: "BN254G1_XMD:KECCAK-256_SVDW_RO_",
  p: Fp.ORDER,
  m: 1,
  k: 128,
  expand: "xmd",
  hash: keccak_256,
});

export const bn254Options: PairingSuiteOptions = {
  id: 0,
  name: "BN254",
  curve,
  numberLength: 32,
  imaginaryFirst: true,
  hashToCurve: (message, tag) => hasher.hashToCurve(message, { DST: tag }),
  tags: {
    signature: "NEXUS-V1-SIG_BN254G1_XMD:KECCAK-256_SVDW_RO_",
    possession: "NEXUS-V1-POP_BN254G1_XMD:KECCAK-256_SVDW_RO_",
  },
};

export const bn254: Suite = pairingSuite(bn254Options);
