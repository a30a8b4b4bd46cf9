/**
 * A proof as bytes: four of its selector, then words of 32 bytes, big-endian. There is one encoding of a proof. That does not make one proof
 * of a statement: Groth16's points can be replaced by anybody, (A, B, C) by (uA, B/u, C), so bytes of a proof identify nothing.
 *
 * | words            | what                                                                           |
 * | ---------------- | ------------------------------------------------------------------------------ |
 * | 0                | header                                                                         |
 * | 1, 2, 3          | commitment of the program, its constants                                       |
 * | 4 …              | commitments of the M slabs                                                     |
 * | 4 + 2M …         | commitments C_h, C_q, C_g, C_S, C_D, W, W'                                     |
 * | 18 + 2M …        | σ, ε, π                                                                        |
 * | 21 + 2M …        | scalars of the M slabs, the program, C_h, C_q, C_g, C_S, C_D, W, W', generator |
 * | 30 + 3M … 37+3M  | Groth16's A, B (imaginary parts first), C                                      |
 */
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";

import { r } from "../field/scalar-field.ts";
import { ZeroProofError } from "../arithmetic/zero-proof-error.ts";
import { slabsOf } from "./header.ts";
import { scalarWords, type G1Point, type G2Point, type Proof } from "./messages.ts";
import { g1Words, g2Words, wordsToBytes } from "./words.ts";
import { mostSlabs, productionSizes } from "./sizes.ts";

/** q: what coordinates are counted modulo (EIP-196). */
export const q = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;

const selectorBytes = 4;

/** Length in bytes of a proof with `slabs` slabs. */
export function proofLength(slabs: number): number {
  return selectorBytes + 32 * (38 + 3 * slabs);
}

/** @throws RangeError unless there is a scalar for each of the slabs, as many as the header says */
export function encodeProof(proof: Proof): Uint8Array {
  const slabs = slabsOf(proof.header);
  if (proof.group.slabs.length !== slabs || proof.scalars.slabs.length !== slabs) {
    const [points, scalars] = [proof.group.slabs.length, proof.scalars.slabs.length];
    throw new RangeError(`the header says ${slabs} slabs, there are ${points} with ${scalars} scalars`);
  }
  const { h, q, g, S, D, W, Wp } = proof.group.opening;
  const { a, b, c } = proof.groth16;
  const words = [
    proof.header,
    ...[...g1Words(proof.program.commitment), proof.program.constants],
    ...[...proof.group.slabs, h, q, g, S, D, W, Wp].flatMap(g1Words),
    ...[proof.sigma, proof.epsilon, proof.pi],
    ...scalarWords(proof.scalars),
    ...[...g1Words(a), ...g2Words(b), ...g1Words(c)],
  ];
  return concatBytes(numberToBytesBE(proof.selector, selectorBytes), wordsToBytes(words));
}

/**
 * The proof that bytes encode. Points of G1 are on the curve and not infinity; of Groth16's B only the coordinates' range is checked.
 *
 * @throws ZeroProofError for a wrong length, a number of slabs that no proof has, a word that is not below its field's order, and
 *     a point that is not on the curve or infinity; `what` names the first such word by its index behind the selector
 */
export function decodeProof(bytes: Uint8Array): Proof {
  const shortest = proofLength(1);
  if (bytes.length < shortest) {
    throw new ZeroProofError("length", `${bytes.length} bytes, no proof has fewer than ${shortest}`);
  }
  const selector = Number(bytesToNumberBE(bytes.subarray(0, selectorBytes)));
  const reader = new WordReader(bytes.subarray(selectorBytes));
  const header = reader.element();
  const slabs = slabsOf(header);
  const most = mostSlabs(productionSizes);
  if (slabs < 1 || slabs > most)
    throw new ZeroProofError("number of slabs", `${slabs}, there are 1 to ${most}`);
  if (bytes.length !== proofLength(slabs)) {
    throw new ZeroProofError("length", `${bytes.length} bytes, not ${proofLength(slabs)}`);
  }
  const times = <T>(count: number, read: () => T): T[] => Array.from({ length: count }, read);
  const element = (): bigint => reader.element();
  const g1 = (): G1Point => reader.g1();
  return {
    selector,
    header,
    program: { commitment: g1(), constants: element() },
    group: {
      slabs: times(slabs, g1),
      opening: { h: g1(), q: g1(), g: g1(), S: g1(), D: g1(), W: g1(), Wp: g1() },
    },
    sigma: element(),
    epsilon: element(),
    pi: element(),
    scalars: {
      slabs: times(slabs, element),
      program: element(),
      h: element(),
      q: element(),
      g: element(),
      S: element(),
      D: element(),
      W: element(),
      Wp: element(),
      generator: element(),
    },
    groth16: { a: g1(), b: reader.g2(), c: g1() },
  };
}

class WordReader {
  readonly #bytes: Uint8Array;
  #next = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  #below(order: bigint, name: string): bigint {
    const index = this.#next++;
    const word = bytesToNumberBE(this.#bytes.subarray(32 * index, 32 * index + 32));
    if (word >= order) throw new ZeroProofError(`word ${index}`, `${word} is not below ${name}`);
    return word;
  }

  element(): bigint {
    return this.#below(r, "r");
  }

  #coordinate(): bigint {
    return this.#below(q, "q");
  }

  g1(): G1Point {
    const index = this.#next;
    const [x, y] = [this.#coordinate(), this.#coordinate()];
    // Infinity is encoded as (0, 0), which is not on the curve either.
    if ((y * y - x * x * x - 3n) % q !== 0n) {
      throw new ZeroProofError(`word ${index}`, `(${x}, ${y}) is not on the curve`);
    }
    return { x, y };
  }

  g2(): G2Point {
    const index = this.#next;
    const [xIm, xRe, yIm, yRe] = [
      this.#coordinate(),
      this.#coordinate(),
      this.#coordinate(),
      this.#coordinate(),
    ];
    if ((xIm | xRe | yIm | yRe) === 0n) {
      throw new ZeroProofError(`word ${index}`, "the point at infinity");
    }
    return { x: [xRe, xIm], y: [yRe, yIm] };
  }
}
