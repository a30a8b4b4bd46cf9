/** A proof that the prover made, changed in every way but one: what the verifier here and the contract refuse alike. */
import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { concat, dataSlice, getBytes, hexlify, toBeHex, toBigInt } from "ethers";
import { network } from "hardhat";

import { declaringChips, logarithmBits, slabCountBits } from "../../../plugin/zero/proof/header.ts";
import { productionShape } from "../../../plugin/zero/circuit/production-circuit.ts";
import { selectorOf } from "../../../plugin/zero/proof/verifying-key.ts";
import type { ProvenRun } from "../../../plugin/zero/proof/proven-run.ts";
import { verifierArgument } from "../../../plugin/zero/chain/verifier-argument.ts";
import { verifyProof } from "../../../plugin/zero/proof/verify-proof.ts";
import { outsideSubgroup } from "../bls/outside-subgroup.ts";
import { g1, g2, packed, q, r } from "./forged-proof.ts";
import { realKey, realRun } from "./real-proof.ts";

const isSlow = process.env["NEXUS_SLOW"] === "1";

const selector = dataSlice(realRun.proof, 0, 4);
const words = Array.from({ length: (realRun.proof.length - 4) / 32 }, (_, i) =>
  toBigInt(realRun.proof.subarray(4 + 32 * i, 36 + 32 * i)),
);
/** M */
const slabs = (words.length - 38) / 3;
const groth16 = 30 + 3 * slabs;
const scalars = 21 + 2 * slabs;
const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
/** First words of the points of G1, and of them those that are committed to one polynomial each. */
const commitments = [1, ...range(4, 18 + 2 * slabs, 2)];
const points = [...commitments, groth16, groth16 + 6];
/** Header, constants, σ, ε, π and the scalars: numbers below r. */
const elements = [0, 3, ...range(18 + 2 * slabs, groth16)];
const twist = range(groth16 + 2, groth16 + 6);

/** By what was changed: the whole proof. */
type Changes = [what: string, proof: Uint8Array][];

const withWords = (changes: Readonly<Record<number, bigint>>, of = words): Uint8Array =>
  getBytes(concat([selector, packed(of.map((word, i) => changes[i] ?? word))]));
const exchanged = (i: number, j: number, length: number): Uint8Array =>
  withWords(
    Object.fromEntries(
      range(0, length).flatMap((k) => [
        [i + k, words[j + k]!],
        [j + k, words[i + k]!],
      ]),
    ),
  );

function changedWords(): Changes {
  return words.flatMap((word, i): Changes => [
    [`a bit of word ${i}`, withWords({ [i]: word ^ 1n })],
    [`word ${i} as 0`, withWords({ [i]: 0n })],
    [`word ${i} as all ones`, withWords({ [i]: (1n << 256n) - 1n })],
    ...[r, q, 2n * r, 2n * q].map((order): Changes[number] => [
      `word ${i} with a multiple of the order more`,
      withWords({ [i]: word + order }),
    ]),
    ...(i + 1 < words.length ? ([[`words ${i} and ${i + 1}`, exchanged(i, i + 1, 1)]] as Changes) : []),
  ]);
}

function changedPoints(): Changes {
  const [x, y] = g1(7n);
  const { publicKey } = outsideSubgroup(0);
  const outside = range(0, 4).map((i) => toBigInt(publicKey.subarray(32 * i, 32 * i + 32)));
  const withB = (point: readonly bigint[]): Uint8Array =>
    withWords(Object.fromEntries(twist.map((at, i) => [at, point[i]!])));
  return [
    ...points.flatMap((at): Changes => [
      [`the point at ${at} as infinity`, withWords({ [at]: 0n, [at + 1]: 0n })],
      [`the point at ${at} as another`, withWords({ [at]: x, [at + 1]: y })],
      [`the point at ${at} as its negative`, withWords({ [at + 1]: q - words[at + 1]! })],
    ]),
    ...points.flatMap((one, i) =>
      points
        .slice(i + 1, isSlow ? undefined : i + 2)
        .map((other): Changes[number] => [`the points at ${one} and ${other}`, exchanged(one, other, 2)]),
    ),
    ["B as infinity", withB([0n, 0n, 0n, 0n])],
    ["B as another point", withB(g2(7n))],
    ["B outside of the subgroup", withB(outside)],
    ["B with its parts exchanged", withB([1, 0, 3, 2].map((i) => words[twist[i]!]!))],
  ];
}

function changedSizes(): Changes {
  const fields = range(0, 1 + declaringChips(productionShape.chips).length);
  const shift = (field: number): bigint => BigInt(slabCountBits + logarithmBits * field);
  const rest = words.slice(1);
  const header = (change: (word: bigint) => bigint): Uint8Array => withWords({ 0: change(words[0]!) });
  const [x, y] = g1(7n);
  const longer = [
    words[0]! + 1n,
    ...rest.slice(0, 3 + 2 * slabs),
    ...[x, y],
    ...rest.slice(3 + 2 * slabs, scalars + slabs - 1),
    0n,
    ...rest.slice(scalars + slabs - 1),
  ];
  const shorter = [
    words[0]! - 1n,
    ...words.slice(1, 2 + 2 * slabs),
    ...words.slice(4 + 2 * slabs, scalars + slabs - 1),
    ...words.slice(scalars + slabs),
  ];
  return [
    ...[0, 1, 3, 9, 15].map((count): Changes[number] => [
      `${count} slabs`,
      header((word) => word - BigInt(slabs) + BigInt(count)),
    ]),
    ["a slab more, with a point and a scalar of its own", withWords({}, longer)],
    ["a slab less, with its point and its scalar", withWords({}, shorter)],
    ...fields.flatMap((field): Changes => [
      [`field ${field} of the header as 31`, header((word) => word | (31n << shift(field)))],
      [`field ${field} of the header, a bit of it`, header((word) => word ^ (1n << shift(field)))],
    ]),
    ["a bit behind the header's fields", header((word) => word ^ (1n << shift(fields.length)))],
    ["a bit behind the constants' fields", withWords({ 3: words[3]! ^ (1n << 80n) })],
  ];
}

function changedLengths(): Changes {
  const whole = realRun.proof;
  return [
    ...[0, 3, 4, 36, whole.length - 96, whole.length - 32, whole.length - 1].map(
      (length): Changes[number] => [`${length} bytes of it`, whole.subarray(0, length)],
    ),
    ...[1, 32, 96].map((more): Changes[number] => [
      `${more} bytes more`,
      new Uint8Array([...whole, ...new Uint8Array(more)]),
    ]),
    ["a byte in front of it", new Uint8Array([0, ...whole])],
    ...range(0, 4).map((i): Changes[number] => [`byte ${i} of the selector`, whole.with(i, whole[i]! ^ 1)]),
  ];
}

/** The run that is claimed to be proven, by what of it is another. */
function changedStatements(): [what: string, run: ProvenRun][] {
  const of = (what: string, changes: Partial<ProvenRun>): [string, ProvenRun] => [
    what,
    { ...realRun, ...changes },
  ];
  const programId = getBytes(realRun.programId);
  const { input, journal } = realRun;
  return [
    ...range(0, 32).map((i) =>
      of(`byte ${i} of the program`, { programId: hexlify(programId.with(i, programId[i]! ^ 1)) }),
    ),
    ...(["input", "journal"] as const).flatMap((name) => [
      ...range(0, realRun[name].length).map((i) =>
        of(`byte ${i} of the ${name}`, { [name]: realRun[name].with(i, realRun[name][i]! ^ 1) }),
      ),
      of(`a zero behind the ${name}`, { [name]: new Uint8Array([...realRun[name], 0]) }),
      of(`the ${name} but its last byte`, { [name]: realRun[name].slice(0, -1) }),
      of(`no ${name}`, { [name]: new Uint8Array(0) }),
    ]),
    of("input and journal exchanged", { input: journal, journal: input }),
  ];
}

/** Of the points (A, B, C): (uA, B/u, C) satisfies Groth16's equation, too. */
function rerandomised(u: bigint): Uint8Array {
  const { G1, G2, fields } = bn254;
  const [xIm, xRe, yIm, yRe] = twist.map((at) => words[at]!) as [bigint, bigint, bigint, bigint];
  const a = G1.Point.fromAffine({ x: words[groth16]!, y: words[groth16 + 1]! })
    .multiply(u)
    .toAffine();
  const b = G2.Point.fromAffine({
    x: fields.Fp2.create({ c0: xRe, c1: xIm }),
    y: fields.Fp2.create({ c0: yRe, c1: yIm }),
  })
    .multiply(fields.Fr.inv(u))
    .toAffine();
  const changed = [a.x, a.y, b.x.c1, b.x.c0, b.y.c1, b.y.c0];
  return withWords(Object.fromEntries(changed.map((value, i) => [groth16 + i, value])));
}

describe("a real proof, changed", function () {
  this.timeout(600_000);

  async function judges() {
    const { ethers } = await network.create("l1");
    const verifier = await ethers.deployContract("ZeroDevelopmentVerifier", [verifierArgument(realKey)]);
    const here = ({ programId, input, journal, proof }: ProvenRun): void =>
      verifyProof(realKey, { programId: getBytes(programId), input, journal }, proof);
    const there = ({ programId, input, journal, proof }: ProvenRun): Promise<void> =>
      verifier.verify(programId, input, journal, proof);
    const refused = async (what: string, run: ProvenRun): Promise<void> => {
      expect(() => here(run), what).to.throw();
      await expect(there(run), what).to.revert(ethers);
    };
    return { here, there, refused };
  }

  it("is one of the words that this test takes it for", () => {
    expect(selector).to.equal(toBeHex(selectorOf(realKey), 4));
    expect(Number(words[0]! & 15n)).to.equal(slabs);
    const known = [...points.flatMap((at) => [at, at + 1]), ...elements, ...twist];
    expect(known.sort((a, b) => a - b)).to.deep.equal(range(0, words.length));
    expect(withWords({})).to.deep.equal(realRun.proof);
  });

  for (const [what, changes] of [
    ["word", changedWords],
    ["point", changedPoints],
    ["size", changedSizes],
    ["length and selector", changedLengths],
  ] as const) {
    it(`is refused with another ${what}, here and by the contract`, async () => {
      const { here, there, refused } = await judges();
      here(realRun);
      await there(realRun);
      for (const [name, proof] of changes()) {
        // Two equal words exchanged, or a number that was 0 already, are no change.
        if (hexlify(proof) !== hexlify(realRun.proof)) await refused(name, { ...realRun, proof });
      }
    });
  }

  it("is refused for another program, input or journal, here and by the contract", async () => {
    const { refused } = await judges();
    for (const [what, run] of changedStatements()) await refused(what, run);
  });

  it("can be given other points of Groth16 by anybody, as every Groth16 proof: it is then a proof of the same", async () => {
    const { here, there, refused } = await judges();
    const run = { ...realRun, proof: rerandomised(12345n) };
    expect(run.proof).not.to.deep.equal(realRun.proof);
    here(run);
    await there(run);
    await refused("another journal", { ...run, journal: realRun.input });
  });
});
