/** 64-bit integers as two 32-bit halves, for what JavaScript has no operator for. All halves are int32. */

/** The upper 32 bits of the unsigned product of two 32-bit numbers. */
export function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  // (2^16 - 1)^2 + 2^16 - 1 is below 2^32, so no sum loses a bit.
  const first = aHigh * bLow + ((aLow * bLow) >>> 16);
  const second = aLow * bHigh + (first & 0xffff);
  return (aHigh * bHigh + (first >>> 16) + (second >>> 16)) | 0;
}

export const joined = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

export const lowHalf = (value: bigint): number => Number(value & 0xffff_ffffn) | 0;
export const highHalf = (value: bigint): number => Number((value >> 32n) & 0xffff_ffffn) | 0;

export function populationCount(bits: number): number {
  let sum = bits - ((bits >>> 1) & 0x5555_5555);
  sum = (sum & 0x3333_3333) + ((sum >>> 2) & 0x3333_3333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

/** Zeros below the lowest one; 32 for zero. */
export const trailingZeros = (bits: number): number => (bits === 0 ? 32 : 31 - Math.clz32(bits & -bits));
