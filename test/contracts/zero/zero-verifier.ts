import { expect } from "chai";
import {
  concat,
  dataLength,
  dataSlice,
  getBytes,
  hexlify,
  keccak256,
  toBeHex,
  toBigInt,
  ZeroHash,
} from "ethers";
import { network } from "hardhat";

import { decodeProof, encodeProof, proofLength } from "../../../plugin/zero/proof/encoding.ts";
import { programIdentity } from "../../../plugin/zero/proof/program-identity.ts";
import { selectorOf } from "../../../plugin/zero/proof/verifying-key.ts";
import { verifierArgument } from "../../../plugin/zero/chain/verifier-argument.ts";
import type { ZeroVerifier } from "../../../types/ethers-contracts/zero/ZeroVerifier.ts";
import { executionGas, expectGas } from "../../gas-snapshot.ts";
import { seeded } from "../../seeded.ts";
import { outsideSubgroup } from "../bls/outside-subgroup.ts";
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
} from "./forged-proof.ts";
import { realKey, realRun } from "./real-proof.ts";

const SEED = "zero verifier";
const INPUT = new TextEncoder().encode("a public input of more than one word");
const JOURNAL = new TextEncoder().encode("832040");

const trapdoor = trapdoorOf(SEED);
const key = verifyingKeyOf(trapdoor);
const argument = verifierArgument(key);

async function deploy(chain = "l1") {
  const { ethers } = await network.create({ network: chain });
  const verifier = await ethers.deployContract("ZeroVerifier", [argument]);
  const selector = await verifier.selector();
  const forge = (options: Partial<ForgeryOptions> = {}) =>
    forgeProof({ trapdoor, selector, input: INPUT, journal: JOURNAL, slabs: 2, seed: SEED, ...options });
  return { ethers, verifier, selector, forge };
}

describe(`ZeroVerifier (seed ${SEED})`, () => {
  for (const chain of ["l1", "op", "generic", "cancun"]) {
    it(`accepts on ${chain}, also through the router, what satisfies both equations`, async () => {
      const { ethers, verifier, forge } = await deploy(chain);
      const [owner] = await ethers.getSigners();
      const router = await ethers.deployContract("ZeroRouter", [owner!.address, 0, []]);
      await router.add(verifier);
      for (const slabs of [1, 16]) {
        const { programId, proof } = forge({ slabs });
        await verifier.verify(programId, INPUT, JOURNAL, proof);
        await router.verify(programId, INPUT, JOURNAL, proof);
        await expect(router.verify(programId, INPUT, INPUT, proof)).to.be.revertedWithCustomError(
          verifier,
          "ZeroVerifierNotProven",
        );
        // Identity 0 is not that of another program.
        await expect(router.stop(INPUT, JOURNAL, proof))
          .to.be.revertedWithCustomError(verifier, "ZeroVerifierWrongProgram")
          .withArgs(programId, ZeroHash);
      }
    });
  }

  it("is stopped at the router by whoever can forge proofs, and not by a proof of another program", async () => {
    const { ethers, verifier, selector, forge } = await deploy();
    const [owner] = await ethers.getSigners();
    const router = await ethers.deployContract("ZeroRouter", [owner!.address, 0, []]);
    await router.add(verifier);
    const { words, proof } = forge({ endless: true });
    for (const changes of [{ 1: words[4]!, 2: words[5]! }, { 2: q - 2n }, { 3: 1n }] as Record<
      number,
      bigint
    >[]) {
      const changed = concat([selector, packed(words.map((word, i) => changes[i] ?? word))]);
      await refused(router.stop(INPUT, JOURNAL, changed), verifier, "WrongProgram");
    }
    await refused(verifier.verify(keccak256("0x"), INPUT, JOURNAL, proof), verifier, "WrongProgram");
    const flawed = forge({ endless: true, flaw: "groth16" });
    await refused(router.stop(INPUT, JOURNAL, flawed.proof), verifier, "NotProven");
    await expect(router.stop(INPUT, JOURNAL, proof)).to.emit(router, "VerifierStopped");
  });

  it("accepts a proof that the prover made, of what was run and of nothing else", async () => {
    for (const chain of ["l1", "op", "generic"]) {
      const { ethers } = await network.create({ network: chain });
      const verifier = await ethers.deployContract("ZeroDevelopmentVerifier", [verifierArgument(realKey)]);
      const { programId, input, journal, proof } = realRun;
      expect(new TextDecoder().decode(journal)).to.equal("832040");
      await verifier.verify(programId, input, journal, proof);
      for (let at = 4; at < proof.length; at += 97) {
        const changed = proof.map((byte, i) => (i === at ? byte ^ 1 : byte));
        await expect(verifier.verify(programId, input, journal, changed)).to.revert(ethers);
      }
      await refused(verifier.verify(programId, input, input, proof), verifier, "NotProven");
      await refused(verifier.verify(programId, journal, journal, proof), verifier, "NotProven");
    }
  });

  it("takes every number of slabs, in the encoding of the prover", async () => {
    const { verifier, forge } = await deploy();
    for (let slabs = 1; slabs <= 16; slabs++) {
      const { programId, proof } = forge({ slabs });
      expect(dataLength(proof)).to.equal(proofLength(slabs));
      const decoded = decodeProof(getBytes(proof));
      expect(hexlify(encodeProof(decoded))).to.equal(proof);
      const { commitment, constants } = decoded.program;
      expect(hexlify(programIdentity(commitment, constants))).to.equal(programId);
      await verifier.verify(programId, INPUT, JOURNAL, proof);
    }
  });

  it("takes inputs and journals of every length, and tells trailing zeros apart", async () => {
    const { verifier, forge } = await deploy();
    const random = seeded(`${SEED} lengths`);
    for (const length of [0, 1, 7, 8, 9, 31, 32, 33, 63, 64, 65, 256, 4001]) {
      const [input, journal] = [random.bytes(length), random.bytes(Math.max(0, length - 1))];
      const { programId, proof } = forge({ input, journal });
      await verifier.verify(programId, input, journal, proof);
      const longer = concat([journal, "0x00"]);
      await refused(verifier.verify(programId, input, longer, proof), verifier, "NotProven");
      await refused(
        verifier.verify(programId, concat([input, "0x00"]), journal, proof),
        verifier,
        "NotProven",
      );
    }
  });

  it("refuses a proof with one wrong equation, or with two that would cancel", async () => {
    const { verifier, forge } = await deploy();
    for (const flaw of ["groth16", "kzg", "both, cancelling"] as const) {
      const { programId, proof } = forge({ flaw });
      await refused(verifier.verify(programId, INPUT, JOURNAL, proof), verifier, "NotProven");
    }
  });

  it("refuses another claim", async () => {
    const { verifier, forge } = await deploy();
    const { programId, proof } = forge();
    const other = keccak256(programId);
    await refused(verifier.verify(other, INPUT, JOURNAL, proof), verifier, "WrongProgram", programId, other);
    for (const [input, journal] of [
      [JOURNAL, INPUT],
      [INPUT.slice(1), JOURNAL],
      [INPUT, JOURNAL.slice(0, -1)],
      [concat([INPUT, JOURNAL]), "0x"],
    ] as const) {
      await refused(verifier.verify(programId, input, journal, proof), verifier, "NotProven");
    }
  });

  it("refuses every proof with one word changed, and says which word is none", async () => {
    const { verifier, selector, forge } = await deploy();
    const slabs = 2;
    const { programId, words } = forge({ slabs });
    const [behindSlabs, scalars, groth16] = [4 + 2 * slabs, 21 + 2 * slabs, 30 + 3 * slabs];
    const attempt = (changes: Record<number, bigint>) => {
      const proof = concat([selector, packed(words.map((word, i) => changes[i] ?? word))]);
      return verifier.verify(programId, INPUT, JOURNAL, proof);
    };
    const points = [1, ...range(4, behindSlabs + 14, 2), groth16, groth16 + 6];
    const elements = [3, ...range(behindSlabs + 14, scalars), ...range(scalars, groth16)];
    const twist = range(groth16 + 2, groth16 + 6);
    expect(
      [0, ...points.flatMap((at) => [at, at + 1]), ...elements, ...twist].sort((a, b) => a - b),
    ).to.deep.equal(range(0, words.length));

    await refused(attempt({ 0: words[0]! ^ 32n }), verifier, "NotProven");
    await refused(attempt({ 0: words[0]! + r }), verifier, "NotCanonical", 0, words[0]! + r);
    for (const at of elements) {
      const wrong = at === 3 ? "WrongProgram" : "NotProven";
      await refused(attempt({ [at]: words[at]! ^ 1n }), verifier, wrong);
      await refused(attempt({ [at]: words[at]! + r }), verifier, "NotCanonical", at, words[at]! + r);
      await refused(attempt({ [at]: r }), verifier, "NotCanonical", at, r);
    }
    const [x, y] = g1(7n);
    for (const at of points) {
      await refused(attempt({ [at]: words[at]! ^ 1n }), verifier, "NotOnCurve", at);
      await refused(attempt({ [at + 1]: words[at + 1]! ^ 1n }), verifier, "NotOnCurve", at);
      await refused(attempt({ [at]: words[at]! + q }), verifier, "NotCanonical", at, words[at]! + q);
      await refused(
        attempt({ [at + 1]: words[at + 1]! + q }),
        verifier,
        "NotCanonical",
        at + 1,
        words[at + 1]! + q,
      );
      await refused(attempt({ [at]: 0n, [at + 1]: 0n }), verifier, "Infinity", at);
      const wrong = at === 1 ? "WrongProgram" : "NotProven";
      await refused(attempt({ [at]: x, [at + 1]: y }), verifier, wrong);
      await refused(attempt({ [at + 1]: q - words[at + 1]! }), verifier, wrong);
    }
    const replaceB = (point: readonly bigint[]) =>
      attempt(Object.fromEntries(twist.map((at, i) => [at, point[i]!])));
    for (const at of twist) {
      await refused(attempt({ [at]: words[at]! ^ 1n }), verifier, "NotOnCurve", groth16 + 2);
      await refused(attempt({ [at]: words[at]! + q }), verifier, "NotCanonical", at, words[at]! + q);
    }
    await refused(replaceB([0n, 0n, 0n, 0n]), verifier, "Infinity", groth16 + 2);
    await refused(replaceB(g2(7n)), verifier, "NotProven");
    await refused(replaceB(outsideG2()), verifier, "NotInSubgroup", groth16 + 2);
  });

  it("refuses every other length and number of slabs", async () => {
    const { verifier, selector, forge } = await deploy();
    const { programId, proof, words } = forge({ slabs: 2 });
    const of = (bytes: string) => verifier.verify(programId, INPUT, JOURNAL, bytes);
    const [least, length] = [4 + 32 * 41, 4 + 32 * 44];
    for (const short of [0, 3, 4, 36, least - 1]) {
      await refused(of(dataSlice(proof, 0, short)), verifier, "WrongLength", short, least);
    }
    for (const other of [
      dataSlice(proof, 0, length - 1),
      dataSlice(proof, 0, length - 32),
      `${proof}00`,
      proof + "00".repeat(96),
    ]) {
      await refused(of(other), verifier, "WrongLength", dataLength(other), length);
    }
    const withSlabs = (slabs: bigint) =>
      of(concat([selector, packed([words[0]! - 2n + slabs, ...words.slice(1)])]));
    for (const slabs of [0n, 17n, 31n]) await refused(withSlabs(slabs), verifier, "BadSlabCount", slabs, 16);
    await refused(withSlabs(1n), verifier, "WrongLength", length, least);
    await refused(withSlabs(8n), verifier, "WrongLength", length, 4 + 32 * 62);
  });

  it("derives its selector from the key, and takes proofs with no other", async () => {
    const { ethers, verifier, selector, forge } = await deploy();
    const { programId, proof } = forge();
    const wrong = "0x01020304";
    await refused(
      verifier.verify(programId, INPUT, JOURNAL, concat([wrong, dataSlice(proof, 4)])),
      verifier,
      "WrongSelector",
      wrong,
      selector,
    );
    expect(selector).to.equal(toBeHex(selectorOf(key), 4));
    // Whoever knows the secrets of another key proves nothing here.
    const otherKey = trapdoorOf(`${SEED} other`);
    const other = await ethers.deployContract("ZeroVerifier", [verifierArgument(verifyingKeyOf(otherKey))]);
    expect(await other.selector()).to.not.equal(selector);
    const forged = forge({ trapdoor: otherKey });
    await refused(verifier.verify(forged.programId, INPUT, JOURNAL, forged.proof), verifier, "NotProven");
  });

  it("refuses a key with a point that is none", async () => {
    const { ethers, verifier } = await deploy();
    const refusedKey = (bad: Partial<typeof argument>, point: number) =>
      refused(ethers.deployContract("ZeroVerifier", [{ ...argument, ...bad }]), verifier, "BadKey", point);
    for (const [x, y] of [
      [0n, 0n],
      [1n, 3n],
      [1n + q, 2n],
      [1n, 2n + q],
    ] as const) {
      await refusedKey({ alpha: { x, y } }, 0);
      const [one, pi, fold] = argument.inputs;
      await refusedKey({ inputs: [one, pi, fold, { x, y }] }, 6);
      await refusedKey({ inputs: [{ x, y }, pi, fold, one] }, 3);
    }
    const [a, b, c, d] = g2(1n);
    for (const [xIm, xRe, yIm, yRe] of [
      [0n, 0n, 0n, 0n],
      [a, b, c, d + 1n],
      [a, b, c, d + q],
      outsideG2(),
    ] as const) {
      const bad = { xIm, xRe, yIm, yRe };
      await refusedKey({ beta: bad }, 1);
      await refusedKey({ delta: bad }, 2);
      await refusedKey({ tau: bad }, 7);
    }
  });

  it("refuses a key that nobody has contributed a secret to", async () => {
    const { ethers, verifier } = await deploy();
    for (const known of [1n, -1n]) {
      const [x, y] = g1(known);
      const [xIm, xRe, yIm, yRe] = g2(known);
      const twisted = { xIm, xRe, yIm, yRe };
      for (const [bad, point] of [
        [{ alpha: { x, y } }, 0],
        [{ beta: twisted }, 1],
        [{ delta: twisted }, 2],
        [{ tau: twisted }, 7],
      ] as const) {
        const deployment = ethers.deployContract("ZeroVerifier", [{ ...argument, ...bad }]);
        await refused(deployment, verifier, "BadKey", point);
      }
    }
  });

  it("never mistakes a lack of gas for a bad proof", async () => {
    const { verifier, forge } = await deploy();
    const { programId, proof } = forge();
    let accepted = 0;
    for (let gasLimit = 100_000n; gasLimit < 440_000n; gasLimit += 40_000n) {
      const message = await verifier.verify.staticCall(programId, INPUT, JOURNAL, proof, { gasLimit }).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (message === undefined) accepted += 1;
      else {
        expect(accepted, message).to.equal(0);
        expect(message).to.match(/ran out of gas|custom error 'BlsOutOfGas/);
      }
    }
    expect(accepted).to.be.greaterThan(0);
  });

  it("costs little, whatever is wrong", async () => {
    const { ethers, verifier, forge } = await deploy();
    const [sender] = await ethers.getSigners();
    const journal = seeded(`${SEED} gas`).bytes(256);
    const input = journal.slice(0, 32);
    for (const slabs of [1, 8, 16]) {
      const { programId, proof } = forge({ slabs, input, journal });
      const data = verifier.interface.encodeFunctionData("verify", [programId, input, journal, proof]);
      const sent = await sender!.sendTransaction({ to: verifier.target, data });
      const gas = executionGas((await sent.wait())!, data);
      expectGas(`zero: verify, ${slabs} of 16 slabs, 256 bytes of journal`, gas, 500_000);
    }
  });
});

/** Coordinates of a point of G2's curve outside its subgroup. */
function outsideG2(): [bigint, bigint, bigint, bigint] {
  const { publicKey } = outsideSubgroup(0);
  const coordinate = (i: number) => toBigInt(publicKey.subarray(32 * i, 32 * i + 32));
  return [coordinate(0), coordinate(1), coordinate(2), coordinate(3)];
}

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
}

/** Expects `attempt` to revert with `ZeroVerifier<name>` and, where given, these arguments. */
async function refused(
  attempt: Promise<unknown>,
  verifier: Pick<ZeroVerifier, "interface">,
  name: string,
  ...args: unknown[]
): Promise<void> {
  const assertion = expect(attempt).to.be.revertedWithCustomError(verifier, `ZeroVerifier${name}`);
  await (args.length === 0 ? assertion : assertion.withArgs(...args));
}
