/** Where the host puts what every kernel reads: the constants of `assembly/thread.ts`, whose offsets are these. */

/** Order of G1 and G2, modulus of Fr. */
export const FR_MODULUS = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
/** Modulus of Fq, the field of coordinates. */
export const FQ_MODULUS = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Bytes of a field element in memory. */
export const ELEMENT = 32;

/** In memory an element x is x·2^261 mod p. */
export const MONTGOMERY_BITS = 261n;

const R = 1n << MONTGOMERY_BITS;

/** The constants in their order, each a number of 32 bytes. */
export const CONSTANTS: readonly bigint[] = [
  0n,
  1n,
  R % FR_MODULUS,
  (R * R) % FR_MODULUS,
  R % FQ_MODULUS,
  (R * R) % FQ_MODULUS,
];

/** Bytes of a thread's stack of temporaries. */
export const STACK = 65_536;

/** Bytes of a WebAssembly page. */
export const PAGE = 65_536;
