/** The verifier here and the contract, asked about the same proofs: they must say the same of each. */
import { expect } from "chai";
import { getBytes, hexlify, toBeHex } from "ethers";
import { network } from "hardhat";

import { verifierArgument } from "../../../plugin/zero/chain/verifier-argument.ts";
import { ZeroProofError } from "../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { selectorOf } from "../../../plugin/zero/proof/verifying-key.ts";
import { verifyProof } from "../../../plugin/zero/proof/verify-proof.ts";
import { seeded } from "../../seeded.ts";
import { forgeProof, q, r, trapdoorOf, verifyingKeyOf, type ForgeryOptions } from "./forged-proof.ts";

const isSlow = process.env["NEXUS_SLOW"] === "1";
const SEED = "both verifiers";
const mutants = isSlow ? 1_000 : 40;

const trapdoor = trapdoorOf(SEED);
const key = verifyingKeyOf(trapdoor);
const selector = toBeHex(selectorOf(key), 4);

interface Claim {
  readonly programId: Uint8Array;
  readonly input: Uint8Array;
  readonly journal: Uint8Array;
  readonly proof: Uint8Array;
}

function forge(options: Partial<ForgeryOptions> & { slabs: number }): Claim {
  const [input, journal] = [getBytes(options.input ?? "0x"), getBytes(options.journal ?? "0x")];
  const { programId, proof } = forgeProof({ trapdoor, selector, seed: SEED, ...options, input, journal });
  return { programId: getBytes(programId), input, journal, proof: getBytes(proof) };
}

describe(`the verifier here and the contract (seed ${SEED})`, function () {
  this.timeout(120_000 + 1_000 * mutants);

  let there: (claim: Claim) => Promise<boolean>;
  before(async () => {
    const { ethers } = await network.create("l1");
    const verifier = await ethers.deployContract("ZeroVerifier", [verifierArgument(key)]);
    there = async ({ programId, input, journal, proof }) =>
      verifier.verify(programId, input, journal, proof).then(
        () => true,
        (error: Error) => {
          if (!/custom error 'ZeroVerifier/.test(error.message)) throw error;
          return false;
        },
      );
  });

  const here = ({ proof, ...statement }: Claim): boolean => {
    try {
      verifyProof(key, statement, proof);
      return true;
    } catch (error) {
      if (!(error instanceof ZeroProofError)) throw error;
      return false;
    }
  };

  /** What both say. */
  async function verdict(claim: Claim, what: string): Promise<boolean> {
    const accepted = here(claim);
    expect(await there(claim), what).to.equal(accepted);
    return accepted;
  }

  it("accept points that are equal, opposite or the generator, and numbers that are 0, 1 and r − 1", async () => {
    const slabs = 2;
    const all = (of: (i: number) => bigint): bigint[] => Array.from({ length: slabs + 8 }, (_, i) => of(i));
    const points = {
      "the generator": all(() => 1n),
      "the generator and its negative": all((i) => (i % 2 === 0 ? 1n : r - 1n)),
      "small multiples": all((i) => BigInt(1 + (i % 4))),
    };
    const numbers = {
      zeros: all(() => 0n),
      ones: all(() => 1n),
      "r − 1 and 1": all((i) => (i % 2 === 0 ? r - 1n : 1n)),
    };
    for (const [of, logs] of Object.entries(points)) {
      for (const [by, scalars] of Object.entries(numbers)) {
        const elements = scalars.slice(0, 3);
        const what = `${by} times ${of}`;
        expect(await verdict(forge({ slabs, logs, scalars, elements }), what), what).to.equal(true);
      }
    }
  });

  it(`say the same of ${mutants} proofs and claims that were changed at random`, async () => {
    const random = seeded(SEED);
    const below = (bound: number): number => (bound <= 1 ? 0 : Number(random.scalar(BigInt(bound) + 1n)) - 1);
    const claims = [1, 2, 3].map((slabs) =>
      forge({ slabs, input: random.bytes(40), journal: random.bytes(9), endless: slabs === 3 }),
    );
    const words = [
      0n,
      1n,
      2n,
      r - 1n,
      r,
      r + 1n,
      q - 1n,
      q,
      q + 1n,
      (1n << 254n) - 1n,
      1n << 255n,
      (1n << 256n) - 1n,
    ];
    const outcomes = { accepted: 0, refused: 0 };
    for (let i = 0; i < mutants; i++) {
      const claim = claims[below(claims.length)]!;
      const proof = claim.proof.slice();
      const wordAt = (): number => 4 + 32 * below((proof.length - 4) / 32);
      let changed: Claim = { ...claim, proof };
      switch (below(7)) {
        case 0:
          proof[below(proof.length)]! ^= 1 << below(8);
          break;
        case 1:
          proof.set(getBytes(toBeHex(words[below(words.length)]!, 32)), wordAt());
          break;
        case 2:
          proof.copyWithin(wordAt(), wordAt(), wordAt());
          break;
        case 3: {
          // A word of another proof at the same place, or at another.
          const other = claims[below(claims.length)]!.proof;
          const at = 4 + 32 * below((Math.min(proof.length, other.length) - 4) / 32);
          proof.set(other.subarray(at, at + 32 * (1 + below(2))).subarray(0, proof.length - at), at);
          break;
        }
        case 4:
          changed = { ...claim, proof: proof.subarray(0, below(proof.length + 1)) };
          break;
        case 5:
          changed = { ...claim, proof: new Uint8Array([...proof, ...random.bytes(1 + below(100))]) };
          break;
        default: {
          const other = claims[below(claims.length)]!;
          const name = (["programId", "input", "journal"] as const)[below(3)]!;
          changed = { ...claim, [name]: other[name] };
        }
      }
      const what = `mutant ${i}: ${hexlify(changed.proof)}`;
      outcomes[(await verdict(changed, what)) ? "accepted" : "refused"]++;
    }
    // Those that were exchanged for themselves are accepted.
    expect(outcomes.accepted).to.be.greaterThan(0);
    expect(outcomes.refused).to.be.greaterThan(mutants / 2);
  });
});
