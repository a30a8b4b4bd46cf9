import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { expect } from "chai";
import { network } from "hardhat";

import { bls12381Options } from "../../../plugin/crypto/bls/bls12-381.ts";
import { bn254Options } from "../../../plugin/crypto/bls/bn254.ts";
import type { Suite } from "../../../plugin/crypto/bls/suite.ts";
import { suiteById } from "../../../plugin/crypto/bls/suites.ts";
import { seeded } from "../../seeded.ts";
import { contractOutcome, suiteOutcome, type Outcome } from "./outcome.ts";
import { outsideSubgroup } from "./outside-subgroup.ts";

const CONTRACTS = ["Bn254Verifier", "Bls12381Verifier"] as const;

async function deploy(id: number, chain: "l1" | "op" | "generic" | "cancun" = "l1") {
  const { ethers } = await network.create({ network: chain });
  return id === 0 ? ethers.deployContract("Bn254Verifier") : ethers.deployContract("Bls12381Verifier");
}

/** A key, a digest and their signature, the same in every run. */
function example(suite: Suite, seed: string) {
  const random = seeded(seed);
  const secret = random.scalar(suite.fr.ORDER);
  const digest = random.bytes(32);
  return { secret, digest, publicKey: suite.publicKey(secret), signature: suite.sign(secret, digest) };
}

/** Changes one bit of one byte. */
const flipped = (bytes: Uint8Array, position: number): Uint8Array =>
  bytes.map((byte, i) => (i === position ? byte ^ 1 : byte));

for (const id of [0, 1]) {
  const suite = suiteById(id);
  const seed = `contracts/bls ${suite.name}`;
  const { secret, digest, publicKey, signature } = example(suite, seed);
  const { curve, numberLength: width } = id === 0 ? bn254Options : bls12381Options;

  /** Adds the prime to the `index`-th number: the same point to whoever reduces. */
  function grow(bytes: Uint8Array, index: number): Uint8Array {
    const [start, end] = [index * width, (index + 1) * width];
    const number = bytesToNumberBE(bytes.subarray(start, end)) + curve.fields.Fp.ORDER;
    return concatBytes(bytes.subarray(0, start), numberToBytesBE(number, width), bytes.subarray(end));
  }

  describe(`${CONTRACTS[id]} (seed ${seed})`, () => {
    for (const chain of ["l1", "op", "generic", "cancun"] as const) {
      if (chain === "cancun" && id === 1) continue;
      it(`verifies on ${chain} what the twin signs, in both domains, and nothing else`, async () => {
        const verifier = await deploy(id, chain);
        expect(await verifier.suite()).to.equal(suite.name);
        expect(await verifier.signatureLength()).to.equal(suite.signatureLength);
        expect(await verifier.publicKeyLength()).to.equal(suite.publicKeyLength);
        const proof = suite.provePossession(secret, digest);
        const otherKey = suite.publicKey(secret + 1n);
        const minus = suite.g1.encode(suite.g1.decode(signature).negate());
        const verify = (...args: Uint8Array[]) => contractOutcome(verifier, "verify", args);
        const possess = (...args: Uint8Array[]) => contractOutcome(verifier, "verifyPossession", args);
        expect(await verify(digest, signature, publicKey)).to.equal(true);
        expect(await possess(digest, proof, publicKey)).to.equal(true);
        expect(await verify(digest, proof, publicKey)).to.equal(false);
        expect(await possess(digest, signature, publicKey)).to.equal(false);
        expect(await verify(flipped(digest, 31), signature, publicKey)).to.equal(false);
        expect(await verify(digest, signature, otherKey)).to.equal(false);
        expect(await verify(digest, minus, publicKey)).to.equal(false);
        expect(await contractOutcome(verifier, "checkPublicKey", [publicKey])).to.equal(true);
      });
    }

    it("agrees with the twin on random keys and digests", async () => {
      const verifier = await deploy(id);
      const random = seeded(`${seed} random`);
      for (let i = 0; i < 24; i++) {
        const key = random.scalar(suite.fr.ORDER);
        const message = random.bytes(32);
        const args = [message, suite.sign(key, message), suite.publicKey(key)];
        expect(await contractOutcome(verifier, "verify", args)).to.equal(true);
      }
    });

    it("refuses wrong lengths", async () => {
      const verifier = await deploy(id);
      const wrong = (length: number) => [0, 32, length - 1, length + 1, length + 32, 2 * length];
      for (const length of wrong(suite.signatureLength)) {
        await expect(verifier.verify(digest, new Uint8Array(length).fill(1), publicKey))
          .to.be.revertedWithCustomError(verifier, "BlsWrongLength")
          .withArgs(0, length, suite.signatureLength);
      }
      for (const length of wrong(suite.publicKeyLength)) {
        const key = new Uint8Array(length).fill(1);
        const refused = [verifier.verify(digest, signature, key), verifier.checkPublicKey(key)];
        for (const call of refused) {
          await expect(call)
            .to.be.revertedWithCustomError(verifier, "BlsWrongLength")
            .withArgs(1, length, suite.publicKeyLength);
        }
      }
    });

    it("refuses infinity, which would verify everything", async () => {
      const verifier = await deploy(id);
      const [noSignature, noKey] = [new Uint8Array(signature.length), new Uint8Array(publicKey.length)];
      await expect(verifier.verify(digest, noSignature, publicKey))
        .to.be.revertedWithCustomError(verifier, "BlsInfinity")
        .withArgs(0);
      const calls = [
        verifier.verify(digest, signature, noKey),
        verifier.verifyPossession(digest, signature, noKey),
        verifier.checkPublicKey(noKey),
      ];
      for (const call of calls) {
        await expect(call).to.be.revertedWithCustomError(verifier, "BlsInfinity").withArgs(1);
      }
      expect(await contractOutcome(verifier, "verify", [digest, noSignature, noKey])).to.equal("BlsInfinity");
    });

    it("refuses every coordinate that is not below the prime, also one that reduces to a good point", async () => {
      const verifier = await deploy(id);
      for (const [input, bytes] of [signature, publicKey].entries()) {
        for (let index = 0; index < bytes.length / width; index++) {
          const grown = grow(bytes, index);
          const args = input === 0 ? ([grown, publicKey] as const) : ([signature, grown] as const);
          await expect(verifier.verify(digest, ...args))
            .to.be.revertedWithCustomError(verifier, "BlsNotCanonical")
            .withArgs(input, index);
          if (input === 0) continue;
          await expect(verifier.checkPublicKey(grown))
            .to.be.revertedWithCustomError(verifier, "BlsNotCanonical")
            .withArgs(input, index);
        }
      }
    });

    it("refuses points off the curve", async () => {
      const verifier = await deploy(id);
      await expect(verifier.verify(digest, flipped(signature, width - 1), publicKey))
        .to.be.revertedWithCustomError(verifier, "BlsNotOnCurve")
        .withArgs(0);
      const key = flipped(publicKey, 2 * width - 1);
      for (const call of [verifier.verify(digest, signature, key), verifier.checkPublicKey(key)]) {
        await expect(call).to.be.revertedWithCustomError(verifier, "BlsNotOnCurve").withArgs(1);
      }
    });

    it("refuses points outside the subgroup", async () => {
      const verifier = await deploy(id);
      const outside = outsideSubgroup(suite.id);
      for (const call of [
        verifier.verify(digest, signature, outside.publicKey),
        verifier.checkPublicKey(outside.publicKey),
      ]) {
        await expect(call).to.be.revertedWithCustomError(verifier, "BlsNotInSubgroup").withArgs(1);
      }
      if (outside.signature) {
        await expect(verifier.verify(digest, outside.signature, publicKey))
          .to.be.revertedWithCustomError(verifier, "BlsNotInSubgroup")
          .withArgs(0);
      }
    });

    it("ends as the twin does when any byte of the signature or the key is changed, and never verifies", async () => {
      const verifier = await deploy(id);
      const random = seeded(`${seed} mutation`);
      const seen = new Set<Outcome>();
      const change = (bytes: Uint8Array, position: number): Uint8Array =>
        bytes.map((byte, i) => (i === position ? byte ^ Number(random.scalar(256n)) : byte));
      for (const [input, bytes] of [signature, publicKey].entries()) {
        for (let position = 0; position < bytes.length; position++) {
          const changed = change(bytes, position);
          const args =
            input === 0 ? ([digest, changed, publicKey] as const) : ([digest, signature, changed] as const);
          const outcome = await contractOutcome(verifier, "verify", args);
          expect(outcome, `byte ${position} of input ${input}`).to.equal(suiteOutcome(suite, "verify", args));
          seen.add(outcome);
        }
      }
      expect([...seen].sort()).to.deep.equal(["BlsNotCanonical", "BlsNotOnCurve"]);
    });

    it("refuses a bad signature for little gas", async () => {
      const verifier = await deploy(id);
      const bad = {
        BlsNotOnCurve: flipped(signature, width - 1),
        BlsNotCanonical: grow(signature, 1),
        BlsInfinity: new Uint8Array(signature.length),
        BlsWrongLength: signature.subarray(1),
      };
      for (const [name, bytes] of Object.entries(bad)) {
        // 21,000 and calldata are paid before, at no more than 40 a byte (EIP-7623).
        const gasLimit = 21_000n + 40n * BigInt(4 + 7 * 32 + signature.length + publicKey.length);
        const args = [digest, bytes, publicKey];
        expect(await contractOutcome(verifier, "verify", args, gasLimit)).to.equal(name);
      }
    });

    it("takes want of gas neither for a bad signature nor for a bad key", async () => {
      const verifier = await deploy(id);
      const seen = new Set<Outcome>();
      for (let gasLimit = 40_000n; gasLimit <= 180_000n; gasLimit += 3_500n) {
        seen.add(await contractOutcome(verifier, "verify", [digest, signature, publicKey], gasLimit));
      }
      expect([...seen]).to.have.members([true, "BlsOutOfGas", "no data"]);
    });
  });
}

describe("Bls12381Verifier on a chain without EIP-2537", () => {
  it("says which precompile is missing, whatever it is asked", async () => {
    const suite = suiteById(1);
    const { secret, digest, publicKey, signature } = example(suite, "missing");
    const verifier = await deploy(1, "cancun");
    const calls = [
      verifier.verify(digest, signature, publicKey),
      verifier.verifyPossession(digest, suite.provePossession(secret, digest), publicKey),
      verifier.checkPublicKey(publicKey),
    ];
    for (const call of calls) {
      await expect(call).to.be.revertedWithCustomError(verifier, "BlsPrecompileMissing");
    }
  });
});
