import { expect } from "chai";
import { concat, dataSlice, getBytes, toBeHex } from "ethers";

import { selectorOf } from "../../../../plugin/zero/proof/verifying-key.ts";
import { verifyProof } from "../../../../plugin/zero/proof/verify-proof.ts";
import { outsideSubgroup } from "../../../contracts/bls/outside-subgroup.ts";
import {
  forgeProof,
  g1,
  g2,
  packed,
  q,
  r,
  trapdoorOf,
  verifyingKeyOf,
  type ForgeryOptions,
} from "../../../contracts/zero/forged-proof.ts";
import { realKey, realRun } from "../../../contracts/zero/real-proof.ts";

const SEED = "verify proof";
const trapdoor = trapdoorOf(SEED);
const key = verifyingKeyOf(trapdoor);
const selector = toBeHex(selectorOf(key), 4);
const input = new TextEncoder().encode("a public input of more than one word");
const journal = new TextEncoder().encode("832040");

function forge(options: Partial<ForgeryOptions> = {}) {
  const forged = forgeProof({ trapdoor, selector, input, journal, slabs: 2, seed: SEED, ...options });
  return { ...forged, statement: { programId: getBytes(forged.programId), input, journal } };
}

describe(`verifyProof (seed ${SEED})`, () => {
  it("accepts what the contract accepts", () => {
    for (const slabs of [1, 2, 16]) {
      const { statement, proof } = forge({ slabs });
      verifyProof(key, statement, getBytes(proof));
    }
    const endless = forge({ endless: true });
    verifyProof(key, endless.statement, getBytes(endless.proof));
    for (const length of [0, 31, 33, 64]) {
      const programId = new Uint8Array(length);
      const attempt = () => verifyProof(key, { ...endless.statement, programId }, getBytes(endless.proof));
      expect(attempt, `identity of ${length} zeros`).to.throw(/is about program/);
    }
    const empty = new Uint8Array(0);
    const { statement, proof } = forge({ input: empty, journal: empty });
    verifyProof(key, { ...statement, input: empty, journal: empty }, getBytes(proof));
  });

  it("accepts a proof that the prover made, of what was run and of nothing else", () => {
    const { programId, input: x, journal: y, proof } = realRun;
    const statement = { programId: getBytes(programId), input: x, journal: y };
    verifyProof(realKey, statement, proof);
    expect(() => verifyProof(realKey, { ...statement, journal: x }, proof)).to.throw(/does not hold/);
    const changed = proof.map((byte, i) => (i === proof.length - 700 ? byte ^ 1 : byte));
    expect(() => verifyProof(realKey, statement, changed)).to.throw(/does not hold|not on the curve/);
  });

  it("refuses another claim, another key, and an equation that is wrong", () => {
    const { statement, proof } = forge();
    const bytes = getBytes(proof);
    const refused = (changes: object, message: RegExp) =>
      expect(() => verifyProof(key, { ...statement, ...changes }, bytes)).to.throw(message);
    refused({ programId: new Uint8Array(32) }, /about program/);
    refused({ input: journal }, /does not hold/);
    refused({ journal: new Uint8Array([...journal, 0]) }, /does not hold/);
    const other = verifyingKeyOf(trapdoorOf(`${SEED} other`));
    expect(() => verifyProof(other, statement, bytes)).to.throw(/is for verifier/);
    for (const flaw of ["groth16", "kzg", "both, cancelling"] as const) {
      const flawed = forge({ flaw });
      expect(() => verifyProof(key, flawed.statement, getBytes(flawed.proof))).to.throw(/does not hold/);
    }
  });

  it("refuses every proof with one word changed", () => {
    const { statement, proof, words } = forge();
    const attempt = (changes: Record<number, bigint>) => () => {
      const changed = concat([selector, packed(words.map((word, i) => changes[i] ?? word))]);
      verifyProof(key, statement, getBytes(changed));
    };
    words.forEach((word, i) => {
      expect(attempt({ [i]: word ^ 16n }), String(i)).to.throw();
      for (const order of [r, q]) expect(attempt({ [i]: word + order }), String(i)).to.throw();
    });
    const [x, y] = g1(7n);
    const groth16 = 36;
    for (const at of [1, 4, 6, 8, 20, groth16, groth16 + 6]) {
      expect(attempt({ [at]: x, [at + 1]: y }), String(at)).to.throw(/about program|does not hold/);
      expect(attempt({ [at]: 0n, [at + 1]: 0n }), String(at)).to.throw(/not on the curve/);
    }
    const { publicKey } = outsideSubgroup(0);
    const outside = [0, 1, 2, 3].map((i) => BigInt(dataSlice(publicKey, 32 * i, 32 * i + 32)));
    for (const point of [outside, g2(7n), [0n, 0n, 0n, 0n]]) {
      expect(attempt(Object.fromEntries(point.map((value, i) => [groth16 + 2 + i, value])))).to.throw();
    }
    for (const bytes of [proof.slice(0, -2), `${proof}00`, "0x"]) {
      expect(() => verifyProof(key, statement, getBytes(bytes))).to.throw(/bytes/);
    }
  });
});
