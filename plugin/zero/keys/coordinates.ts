/** Affine points of BN254's groups as bytes: coordinates of 32 bytes, little-endian, in G2 the real part of each first. */
import type { G1Point, G2Point } from "../proof/messages.ts";

/** The modulus of coordinates. */
export const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

/** Of G2 (EIP-197). */
export const g2Generator: G2Point = {
  x: [
    10857046999023057135944570762232829481370756359578518086990519993285655852781n,
    11559732032986387107991004021392285783925812861821192530917403151452391805634n,
  ],
  y: [
    8495653923123431417604973247489272438418190587263600148770280649306958101930n,
    4082367875863433681332203403145435568316851327593401208105741076214120093531n,
  ],
};

export function isSameG2Point(a: G2Point, b: G2Point): boolean {
  return a.x[0] === b.x[0] && a.x[1] === b.x[1] && a.y[0] === b.y[0] && a.y[1] === b.y[1];
}

/** 2^−256 mod q: out of the Montgomery form of .zkey files. */
const fromMontgomery = 20988524275117001072002809824448087578619730785600314334253784976379291040311n;

function numberAt(bytes: Uint8Array, offset: number): bigint {
  const hex = Buffer.from(bytes.subarray(offset, offset + 32))
    .reverse()
    .toString("hex");
  return BigInt(`0x${hex}`);
}

/** @param bytes 64 from `offset` on, coordinates as numbers */
export function g1FromNumbers(bytes: Uint8Array, offset = 0): G1Point {
  return { x: numberAt(bytes, offset), y: numberAt(bytes, offset + 32) };
}

/** @param bytes 128 from `offset` on, coordinates as numbers */
export function g2FromNumbers(bytes: Uint8Array, offset = 0): G2Point {
  const [xReal, xImaginary, yReal, yImaginary] = [0, 32, 64, 96].map((at) =>
    numberAt(bytes, offset + at),
  ) as [bigint, bigint, bigint, bigint];
  return { x: [xReal, xImaginary], y: [yReal, yImaginary] };
}

/** @param bytes 64 from `offset` on, in Montgomery form */
export function g1FromMontgomery(bytes: Uint8Array, offset = 0): G1Point {
  const { x, y } = g1FromNumbers(bytes, offset);
  return { x: ordinary(x), y: ordinary(y) };
}

/** @param bytes 128 from `offset` on, in Montgomery form */
export function g2FromMontgomery(bytes: Uint8Array, offset = 0): G2Point {
  const { x, y } = g2FromNumbers(bytes, offset);
  return { x: [ordinary(x[0]), ordinary(x[1])], y: [ordinary(y[0]), ordinary(y[1])] };
}

function ordinary(montgomery: bigint): bigint {
  return (montgomery * fromMontgomery) % q;
}
