// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Groth16 keys in snarkjs' .zkey format, made from known secrets by direct evaluation: section 1 says Groth16, 2 has the verifying key,
 * 3 the public inputs' points, 4 the matrices A and B, 5 to 9 the points A, B1, B2, C and H, 10 the (no) contributions.
 */
import { inverseOf, r, residue } from "../field/scalar-field.ts";
import { ByteWriter, fieldHead, type Section } from "../circuit/section-file.ts";
import type { Combination } from "../arithmetic/combination.ts";
import type { ConstraintSystem } from "../arithmetic/constraints.ts";
import { q } from "./coordinates.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { generatorMultiples, type Multiples } from "./generator-multiples.ts";
import { lagrangeAt } from "./lagrange.ts";
import { domainBits, quadraticProgram } from "./quadratic-program.ts";
import type { Groth16Trapdoor } from "./trapdoor.ts";

/** What is done, and how much of it, 0 to 1. */
export type KeyProgress = (what: string, part: number) => void | Promise<void>;

/**
 * @param kernels whose memory is used and given back
 * @param note is put where a ceremony's key has its circuit hash: at most 64 ASCII characters
 * @returns the file's sections, in snarkjs' order
 */
export async function zkeySections(
  kernels: Kernels,
  system: ConstraintSystem,
  trapdoor: Groth16Trapdoor,
  note: string,
  progress: KeyProgress = () => undefined,
): Promise<Section[]> {
  const { alpha, beta, delta, tau } = trapdoor;
  const firstPrivate = system.publicInputs + 1;
  const size = 2 ** domainBits(system);
  await progress("evaluate the circuit", 0);
  const { a, b, c } = quadraticProgram(system, tau);
  const combined = a.map((element, j) => residue(beta * element + alpha * b[j]! + c[j]!));
  const byDelta = inverseOf(delta);
  const heights = lagrangeAt(tau, domainBits(system) + 1).filter((_, i) => i % 2 === 1);
  const scaled = (elements: readonly bigint[]) => elements.map((element) => (element * byDelta) % r);

  const mark = kernels.mark();
  const g1 = generatorMultiples(kernels, "g1", "zkey");
  const g2 = generatorMultiples(kernels, "g2", "zkey");
  const points = (multiples: Multiples, what: string, scalars: readonly bigint[]) =>
    multiples(scalars, (part) => progress(what, part));
  const [alpha1, beta1, delta1] = await pointsOf(g1, [alpha, beta, delta]);
  const [beta2, gamma2, delta2] = await pointsOf(g2, [beta, 1n, delta]);

  const header = fieldHead(new ByteWriter(84), q);
  fieldHead(header).uint32(system.variables).uint32(system.publicInputs).uint32(size);
  const contributions = new ByteWriter(68);
  for (const letter of note) contributions.uint8(letter.charCodeAt(0));
  const sections = [
    { id: 1, parts: [new ByteWriter(4).uint32(1).bytes] },
    { id: 2, parts: [header.bytes, alpha1!, beta1!, beta2!, gamma2!, delta1!, delta2!] },
    { id: 4, parts: [matrices(system)] },
    { id: 3, parts: [await g1(combined.slice(0, firstPrivate))] },
    { id: 9, parts: [await points(g1, "H", scaled(heights))] },
    { id: 8, parts: [await points(g1, "C", scaled(combined.slice(firstPrivate)))] },
    { id: 5, parts: [await points(g1, "A", a)] },
    { id: 6, parts: [await points(g1, "B1", b)] },
    { id: 7, parts: [await points(g2, "B2", b)] },
    { id: 10, parts: [contributions.bytes] },
  ];
  kernels.release(mark);
  return sections;
}

async function pointsOf(multiples: Multiples, scalars: readonly bigint[]): Promise<Uint8Array[]> {
  const all = await multiples(scalars);
  const size = all.length / scalars.length;
  return scalars.map((_, i) => all.subarray(i * size, (i + 1) * size));
}

/** Section 4: every coefficient of A (0) and B (1) with its row and variable, times 2^512. */
function matrices({ constraints, publicInputs }: ConstraintSystem): Uint8Array {
  const montgomerySquared = (1n << 512n) % r;
  const terms = constraints.reduce((sum, { a, b }) => sum + a.variables.length + b.variables.length, 0);
  const count = terms + publicInputs + 1;
  const writer = new ByteWriter(4 + 44 * count).uint32(count);
  const write = (matrix: number, row: number, { variables, coefficients }: Combination): void => {
    variables.forEach((variable, i) => {
      const value = (coefficients[i]! * montgomerySquared) % r;
      writer.uint32(matrix).uint32(row).uint32(variable).number256(value);
    });
  };
  constraints.forEach(({ a, b }, row) => {
    write(0, row, a);
    write(1, row, b);
  });
  for (let s = 0; s <= publicInputs; s++) {
    write(0, constraints.length + s, { form: "variable", variables: [s], coefficients: [1n] });
  }
  return writer.bytes;
}
