/** The contract's challenges: pinned, and dependent on every word that they absorb. */
import { bytesToHex } from "@noble/curves/utils.js";
import { expect } from "chai";
import { AbiCoder, keccak256, solidityPackedKeccak256, toUtf8Bytes } from "ethers";

import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import {
  alphaChallenge,
  betaChallenge,
  deltaChallenge,
  gammaChallenge,
  kappaChallenge,
  omegaChallenge,
  rhoChallenge,
  seedChallenge,
  zetaChallenge,
  type Statement,
} from "../../../../plugin/zero/proof/contract-transcript.ts";
import { programIdentity } from "../../../../plugin/zero/proof/program-identity.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { streamValue } from "../../../../plugin/zero/proof/stream-value.ts";
import { selectorOf } from "../../../../plugin/zero/proof/verifying-key.ts";
import { sampleG1, sampleG2, sampleProof } from "./sample-proof.ts";

const proof = sampleProof("contract transcript", 2);
const statement: Statement = {
  programId: programIdentity(proof.program.commitment, proof.program.constants),
  input: Uint8Array.from({ length: 13 }, (_, i) => i + 1),
  journal: toUtf8Bytes("journal"),
};

const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`;
const packed = (words: (bigint | string)[]): bigint =>
  BigInt(
    solidityPackedKeccak256(
      words.map((word) => (typeof word === "bigint" ? "uint256" : "bytes32")),
      words,
    ),
  ) % r;

const pointOf = (words: readonly bigint[], at: number) => ({ x: words[at]!, y: words[at + 1]! });

describe("the contract's transcript", () => {
  it("is keccak256 of packed words, as a contract computes it", () => {
    const { h, q, g, S, D, W, Wp } = proof.group.opening;
    const [first, second] = proof.group.slabs as [{ x: bigint; y: bigint }, { x: bigint; y: bigint }];
    const seed = packed([
      keccak256(toUtf8Bytes("Nexus Zero proof v1")),
      "0x0badcafe".padEnd(66, "0"),
      hex(statement.programId),
      keccak256(statement.input),
      keccak256(statement.journal),
      proof.header,
      ...[first.x, first.y, second.x, second.y],
    ]);
    expect(seedChallenge(proof.selector, statement, proof.header, proof.group.slabs)).to.equal(seed);
    expect(rhoChallenge(seed)).to.equal(packed([seed, 1n]));
    expect(alphaChallenge(seed, 5n, h)).to.equal(packed([seed, 5n, h.x, h.y]));
    expect(gammaChallenge(6n, q, g)).to.equal(packed([6n, q.x, q.y, g.x, g.y]));
    expect(zetaChallenge(7n, S, D)).to.equal(packed([7n, S.x, S.y, D.x, D.y]));
    expect(deltaChallenge(8n, 9n)).to.equal(packed([8n, 9n]));
    expect(omegaChallenge(10n, W)).to.equal(packed([10n, W.x, W.y]));
    expect(betaChallenge(11n, Wp, 12n, [13n, 14n])).to.equal(packed([11n, Wp.x, Wp.y, 12n, 13n, 14n]));
    const { a, b, c } = proof.groth16;
    const groth16 = [a.x, a.y, b.x[1], b.x[0], b.y[1], b.y[0], c.x, c.y];
    expect(kappaChallenge(15n, 16n, proof.groth16)).to.equal(packed([15n, 16n, ...groth16]));
  });

  /** Every challenge of words, as a function of all its words. */
  const challenges: readonly (readonly [name: string, count: number, of: (words: bigint[]) => bigint])[] = [
    ["rho", 1, ([seed]) => rhoChallenge(seed!)],
    ["alpha", 4, ([seed, sigma, x, y]) => alphaChallenge(seed!, sigma!, { x: x!, y: y! })],
    ["gamma", 5, ([alpha, ...words]) => gammaChallenge(alpha!, pointOf(words, 0), pointOf(words, 2))],
    ["zeta", 5, ([gamma, ...words]) => zetaChallenge(gamma!, pointOf(words, 0), pointOf(words, 2))],
    ["delta", 2, ([zeta, epsilon]) => deltaChallenge(zeta!, epsilon!)],
    ["omega", 3, ([delta, ...words]) => omegaChallenge(delta!, pointOf(words, 0))],
    ["beta", 34, ([omega, x, y, pi, ...values]) => betaChallenge(omega!, { x: x!, y: y! }, pi!, values)],
    [
      "kappa",
      10,
      ([beta, lambda, ...words]) =>
        kappaChallenge(beta!, lambda!, {
          a: pointOf(words, 0),
          b: { x: [words[3]!, words[2]!], y: [words[5]!, words[4]!] },
          c: pointOf(words, 6),
        }),
    ],
  ];
  for (const [name, count, of] of challenges) {
    it(`draws ${name} from all its ${count} words, in their order`, () => {
      const words = Array.from({ length: count }, (_, i) => 1000n + BigInt(i));
      const absorbed = name === "rho" ? [...words, 1n] : words;
      expect(of(words)).to.equal(packed(absorbed));
      words.forEach((word, i) => {
        expect(of(words.with(i, word + 1n)), `word ${i} another`).not.to.equal(of(words));
        // A challenge that left the word out would be this one.
        expect(packed(absorbed.toSpliced(i, 1)), `word ${i} left out`).not.to.equal(of(words));
      });
    });
  }

  it("draws another seed when anything of the statement or the trace changes", () => {
    const { programId, input, journal } = statement;
    const { slabs } = proof.group;
    const other = sampleG1(3n);
    const seeds = [
      seedChallenge(1, statement, 2n, slabs),
      seedChallenge(2, statement, 2n, slabs),
      seedChallenge(1, { programId: programId.toReversed(), input, journal }, 2n, slabs),
      seedChallenge(1, { programId, input: journal, journal }, 2n, slabs),
      seedChallenge(1, { programId, input, journal: input }, 2n, slabs),
      seedChallenge(1, { programId, input: journal, journal: input }, 2n, slabs),
      seedChallenge(1, statement, 3n, slabs),
      seedChallenge(1, statement, 2n, [...slabs, other]),
      seedChallenge(1, statement, 2n, [slabs[0]!, other]),
      seedChallenge(1, statement, 2n, [slabs[1]!, slabs[0]!]),
    ];
    expect(new Set(seeds).size).to.equal(seeds.length);
  });

  it("identifies a program and a key as abi.encode does", () => {
    const encode = (types: string[], values: unknown[]): string =>
      keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
    const { commitment, constants } = proof.program;
    expect(hex(statement.programId)).to.equal(
      encode(
        ["bytes32", "uint256[2]", "uint256"],
        [keccak256(toUtf8Bytes("Nexus Zero program v1")), [commitment.x, commitment.y], constants],
      ),
    );
    const g1 = [1n, 2n, 3n, 4n, 5n].map(sampleG1);
    const g2 = [6n, 7n, 8n].map(sampleG2);
    const key = {
      alpha: g1[0]!,
      beta: g2[0]!,
      delta: g2[1]!,
      inputs: [g1[1]!, g1[2]!, g1[3]!, g1[4]!],
      tau: g2[2]!,
    } as const;
    const pair = ({ x, y }: (typeof g1)[number]): bigint[] => [x, y];
    const four = ({ x, y }: (typeof g2)[number]): bigint[] => [x[1], x[0], y[1], y[0]];
    const expected = encode(
      ["bytes32", "uint256[2]", "uint256[4]", "uint256[4]", "uint256[2][4]", "uint256[4]"],
      [
        keccak256(toUtf8Bytes("Nexus Zero v1")),
        pair(key.alpha),
        four(key.beta),
        four(key.delta),
        key.inputs.map(pair),
        four(key.tau),
      ],
    );
    expect(selectorOf(key)).to.equal(Number(expected.slice(0, 10)));
  });

  it("evaluates input and journal by words of eight bytes, the length first", () => {
    const words = [13n, 0x0807060504030201n, 0x0d0c0b0a09n];
    const rho = 10n ** 20n;
    const expected = words.reduce((sum, word, i) => sum + word * rho ** BigInt(i), 0n);
    expect(streamValue(statement.input, rho, "the input")).to.equal(expected % r);
    expect(streamValue(new Uint8Array(), rho, "the input")).to.equal(0n);
    expect(streamValue(new Uint8Array(1), rho, "the input")).to.equal(1n);
    // As many as a proof can be about: the length and the words fill the rows of io.
    const most = 8 * (2 ** productionSizes.ioBits - 1);
    expect(streamValue(new Uint8Array(most), rho, "the input")).to.equal(BigInt(most));
    expect(() => streamValue(new Uint8Array(most + 1), rho, "the input")).to.throw(
      RangeError,
      `${most + 1} bytes`,
    );
  });
});
