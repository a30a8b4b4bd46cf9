// SPDX-License-Identifier: GPL-3.0-or-later
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import * as snarkjs from "snarkjs";
import { circuitDigest, r1csFile } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { proveGroth16 } from "../../../../plugin/zero/groth16/prove.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { developmentGroth16Key } from "../../../../plugin/zero/keys/development-groth16.ts";
import { readVerifyingKey } from "../../../../plugin/zero/keys/zkey-reader.ts";
import { readZkey } from "../../../../plugin/zero/keys/zkey-sections.ts";
import { snarkjsProof, snarkjsVerifies } from "../groth16/snarkjs-groth16.ts";
import { witnessFile } from "../groth16/witness-file.ts";
import { constraintsOf, tinyCircuit, witnessOf } from "./small-circuit.ts";

/** Sections of a .zkey file by number. */
function sectionsOf(file: Buffer): Map<number, Buffer> {
  const sections = new Map<number, Buffer>();
  for (let at = 12, i = 0; i < file.readUInt32LE(8); i++) {
    const length = Number(file.readBigUInt64LE(at + 4));
    sections.set(file.readUInt32LE(at), file.subarray(at + 12, at + 12 + length));
    at += 12 + length;
  }
  return sections;
}

describe("snarkjs' own set-up", function () {
  this.timeout(60_000);

  const system = constraintsOf(tinyCircuit);
  let folder: string;
  const at = (name: string) => join(folder, name);

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-setup-"));
    await writeFile(at("circuit.r1cs"), Buffer.concat(r1csFile(system)));
    const curve = await snarkjs.curves.getCurveFromName("bn128");
    await snarkjs.powersOfTau.newAccumulator(curve, 4, at("0.ptau"));
    await snarkjs.powersOfTau.contribute(at("0.ptau"), at("1.ptau"), "first", "some entropy");
    await snarkjs.powersOfTau.preparePhase2(at("1.ptau"), at("2.ptau"));
    await snarkjs.zKey.newZKey(at("circuit.r1cs"), at("2.ptau"), at("0.zkey"));
    await snarkjs.zKey.contribute(at("0.zkey"), at("1.zkey"), "first", "more entropy");
    await curve.terminate();
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("reads the circuit's file", async () => {
    const info = await snarkjs.r1cs.info(at("circuit.r1cs"));
    expect(info.nVars).to.equal(system.variables);
    expect(info.nPubInputs).to.equal(3);
    expect(info.nConstraints).to.equal(system.constraints.length);
    expect(info.prime).to.equal(r);
    expect(await snarkjs.wtns.check(at("circuit.r1cs"), witnessFile(witnessOf(tinyCircuit)))).to.equal(true);
  });

  it("makes a key of the same form from it, with the same matrices", async () => {
    const path = await developmentGroth16Key(
      { digest: circuitDigest(system), compile: () => system },
      folder,
    );
    const [ours, theirs] = [sectionsOf(await readFile(path)), sectionsOf(await readFile(at("1.zkey")))];
    expect(ours.get(4)!.equals(theirs.get(4)!), "matrices").to.equal(true);
    expect(ours.get(2)!.subarray(0, 84).equals(theirs.get(2)!.subarray(0, 84)), "header").to.equal(true);
    for (const id of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
      expect(ours.get(id)!.length, `length of section ${id}`).to.equal(theirs.get(id)!.length);
    }
    // Whether a variable occurs in a matrix: its point is (0, 0) if not.
    for (const [id, size] of [[5, 64] as const, [6, 64] as const, [7, 128] as const]) {
      const absent = (section: Buffer) =>
        Array.from({ length: section.length / size }, (_, i) =>
          section.subarray(i * size, (i + 1) * size).every((byte) => byte === 0),
        );
      expect(absent(ours.get(id)!), `absent variables of section ${id}`).to.deep.equal(
        absent(theirs.get(id)!),
      );
    }
  });

  it("makes no key before somebody has contributed", async () => {
    let message = "";
    await readVerifyingKey(at("0.zkey")).catch((error: Error) => (message = error.message));
    expect(message).to.contain("δ = ±1");
  });

  it("makes a production key that proves the same circuit", async () => {
    const key = await readVerifyingKey(at("1.zkey"));
    const { proof, publicInputs } = await snarkjsProof(at("1.zkey"), witnessOf(tinyCircuit));
    expect(publicInputs).to.deep.equal(tinyCircuit.publicInputs);
    expect(await snarkjsVerifies(key, publicInputs, proof)).to.equal(true);
    expect(await snarkjsVerifies(key, [...publicInputs.slice(0, 2), 0n], proof)).to.equal(false);

    const kernels = await Kernels.start(2);
    const ours = proveGroth16(kernels, await readZkey(at("1.zkey")), witnessOf(tinyCircuit));
    await kernels.close();
    expect(await snarkjsVerifies(key, publicInputs, ours)).to.equal(true);
    expect(await snarkjsVerifies(key, [...publicInputs.slice(0, 2), 0n], ours)).to.equal(false);
  });
});
