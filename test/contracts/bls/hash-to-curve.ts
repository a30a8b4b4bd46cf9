import { expand_message_xmd } from "@noble/curves/abstract/hash-to-curve.js";
import { bn254 as noble254 } from "@noble/curves/bn254.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { hexlify, toUtf8Bytes } from "ethers";
import { network } from "hardhat";

import { bls12381, bls12381Options } from "../../../plugin/crypto/bls/bls12-381.ts";
import { bn254, bn254Options, mapToG1 } from "../../../plugin/crypto/bls/bn254.ts";
import { seeded } from "../../seeded.ts";
import { bls12381HashVectors, bn254HashVectors, signatureVectors, xmdVectors } from "./vectors.ts";

const SEED = "contracts/bls/hash-to-curve";

describe(`hash-to-curve of contracts/bls (seed ${SEED})`, () => {
  const { Fp } = noble254.fields;

  async function deploy() {
    const { ethers } = await network.create({ network: "l1" });
    const harness = await ethers.deployContract("BlsHarness");
    const call = (name: string, ...args: unknown[]) => harness.getFunction(name).staticCall(...args);
    const bn254Point = async (message: Uint8Array, tag: Uint8Array): Promise<string> => {
      const [x, y] = await call("bn254HashToG1", message, tag);
      return hexlify(bn254.g1.encode(noble254.G1.Point.fromAffine({ x, y })));
    };
    return { harness, call, bn254Point };
  }

  it("expands with SHA-256 as RFC 9380 does", async () => {
    const { call } = await deploy();
    const tag = toUtf8Bytes(xmdVectors.dst);
    for (const { message, length, uniformBytes } of xmdVectors.cases) {
      expect(await call("xmdSha256", message, tag, length)).to.equal(hexlify(uniformBytes));
    }
  });

  it("expands with KECCAK-256 as noble does, for lengths around words and any tag up to 255 bytes", async () => {
    const { call } = await deploy();
    const random = seeded(SEED);
    for (const [messageLength, tagLength, length] of [
      [0, 1, 1],
      [31, 32, 31],
      [32, 33, 32],
      [33, 255, 33],
      [136, 43, 96],
      [500, 16, 255],
    ] as const) {
      const message = random.bytes(messageLength);
      const tag = random.bytes(tagLength);
      const expected = expand_message_xmd(message, tag, length, keccak_256);
      expect(await call("xmdKeccak256", message, tag, length)).to.equal(hexlify(expected));
    }
    const longest = expand_message_xmd(new Uint8Array(), toUtf8Bytes("tag"), 8160, keccak_256);
    expect(await call("xmdKeccak256", "0x", toUtf8Bytes("tag"), 8160)).to.equal(hexlify(longest));
  });

  it("refuses tags and lengths that RFC 9380 does not take as they are", async () => {
    const { harness, call } = await deploy();
    for (const expand of ["xmdKeccak256", "xmdSha256"]) {
      await expect(call(expand, "0x", new Uint8Array(256), 32))
        .to.be.revertedWithCustomError(harness, "BlsTagTooLong")
        .withArgs(256);
      await expect(call(expand, "0x", "0x01", 8161))
        .to.be.revertedWithCustomError(harness, "BlsExpansionTooLong")
        .withArgs(8161);
    }
  });

  it("reduces 48-byte numbers modulo the prime of BN254", async () => {
    const { call } = await deploy();
    const random = seeded(`${SEED} reduce`);
    for (const uniform of [
      new Uint8Array(96),
      new Uint8Array(96).fill(255),
      random.bytes(96),
      random.bytes(96),
    ]) {
      const expected = [uniform.subarray(0, 48), uniform.subarray(48)].map(
        (u) => bytesToNumberBE(u) % Fp.ORDER,
      );
      expect([...(await call("bn254HashToField", uniform))]).to.deep.equal(expected);
    }
  });

  it("maps to BN254 as gnark-crypto does", async () => {
    const { call } = await deploy();
    for (const { u, q, p } of bn254HashVectors.cases) {
      for (const [i, element] of u.entries()) {
        expect([...(await call("bn254MapToG1", element))]).to.deep.equal([q[i]!.x, q[i]!.y]);
      }
      const [q0, q1] = [q[0]!, q[1]!];
      expect([...(await call("bn254Add", q0.x, q0.y, q1.x, q1.y))]).to.deep.equal([p.x, p.y]);
    }
  });

  it("maps to BN254 as the twin does: edges, exceptional elements and 100 at random, by all three candidates", async () => {
    const { call } = await deploy();
    const random = seeded(`${SEED} map`);
    const half = Fp.inv(2n);
    const edges = [0n, 1n, 2n, Fp.ORDER - 1n, Fp.ORDER - 2n, half, Fp.neg(half)];
    for (const u of [...edges, ...Array.from({ length: 100 }, () => random.scalar(Fp.ORDER))]) {
      const { x, y } = mapToG1(u);
      expect([...(await call("bn254MapToG1", u))], `u = ${u}`).to.deep.equal([x, y]);
    }
  });

  it("hashes to BLS12-381 as RFC 9380 does", async () => {
    const { call } = await deploy();
    const tag = toUtf8Bytes(bls12381HashVectors.dst);
    for (const { message, p } of bls12381HashVectors.cases) {
      const expected = bls12381.g1.encode(bls12381Options.curve.G1.Point.fromAffine(p));
      expect(await call("bls12381HashToG1", message, tag)).to.equal(hexlify(expected));
    }
  });

  it("hashes as the implementations behind drand and its contracts do", async () => {
    const { call, bn254Point } = await deploy();
    for (const { scheme, dst, message, hash } of signatureVectors) {
      if (!hash) continue;
      const tag = toUtf8Bytes(dst);
      const got =
        scheme === "BN254" ? await bn254Point(message, tag) : await call("bls12381HashToG1", message, tag);
      expect(got).to.equal(hexlify(hash));
    }
  });

  it("accepts the signatures of drand beacons and of other implementations, and not their negatives", async () => {
    const { call } = await deploy();
    let accepted = 0;
    for (const { scheme, title, dst, message, publicKey, signature } of signatureVectors) {
      if (!signature || !publicKey) continue;
      const [name, { g1 }] = scheme === "BN254" ? ["bn254Verify", bn254] : ["bls12381Verify", bls12381];
      const minus = g1.encode(g1.decode(signature).negate());
      const tag = toUtf8Bytes(dst);
      expect([...(await call(name, message, tag, signature, publicKey))], title).to.deep.equal([true, true]);
      expect([...(await call(name, message, tag, minus, publicKey))], title).to.deep.equal([true, false]);
      accepted++;
    }
    expect(accepted).to.equal(13);
  });

  it("hashes as noble does, 24 random messages of random length", async () => {
    const { call, bn254Point } = await deploy();
    const random = seeded(`${SEED} hash`);
    for (let i = 0; i < 24; i++) {
      const message = random.bytes(Number(random.scalar(200n)));
      const tag = `tag ${i}`;
      const [first, second] = [bn254Options, bls12381Options].map((o) => o.hashToCurve(message, tag));
      expect(await bn254Point(message, toUtf8Bytes(tag))).to.equal(hexlify(bn254.g1.encode(first!)));
      const got = await call("bls12381HashToG1", message, toUtf8Bytes(tag));
      expect(got).to.equal(hexlify(bls12381.g1.encode(second!)));
    }
  });
});
