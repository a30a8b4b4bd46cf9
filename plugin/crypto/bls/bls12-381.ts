/**
 * BLS over BLS12-381, for chains with the precompiles of EIP-2537: its encodings (64-byte field numbers, real part first)
 * and RFC 9380's suite `BLS12381G1_XMD:SHA-256_SSWU_RO_`. About 120 bits of security.
 */
import { bls12_381 as curve } from "@noble/curves/bls12-381.js";

import { pairingSuite, type PairingSuiteOptions } from "./pairing-suite.ts";
import type { Suite } from "./suite.ts";

export const bls12381Options: PairingSuiteOptions = {
  id: 1,
  name: "BLS12-381",
  curve,
  numberLength: 64,
  imaginaryFirst: false,
  hashToCurve: (message, tag) => curve.G1.hashToCurve(message, { DST: tag }),
  tags: {
    signature: "NEXUS-V1-SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_",
    possession: "NEXUS-V1-POP_BLS12381G1_XMD:SHA-256_SSWU_RO_",
  },
};

export const bls12381: Suite = pairingSuite(bls12381Options);
