import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { circuitDigest } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { g2Generator, isSameG2Point } from "../../../../plugin/zero/keys/coordinates.ts";
import { developmentGroth16Key, developmentNote } from "../../../../plugin/zero/keys/development-groth16.ts";
import { readVerifyingKey } from "../../../../plugin/zero/keys/zkey-reader.ts";
import { snarkjsProof, snarkjsVerifies } from "../groth16/snarkjs-groth16.ts";
import { constraintsOf, hashCircuit, tinyCircuit, witnessOf } from "./small-circuit.ts";

describe("Development key of Groth16", function () {
  this.timeout(60_000);

  const system = constraintsOf(hashCircuit);
  let compiled = 0;
  const circuit = {
    digest: circuitDigest(system),
    compile: () => {
      compiled++;
      return system;
    },
  };
  let folder: string;
  let path: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-keys-"));
    path = await developmentGroth16Key(circuit, folder);
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("proves what holds, and nothing else", async () => {
    const key = await readVerifyingKey(path);
    const { proof, publicInputs } = await snarkjsProof(path, witnessOf(hashCircuit));
    expect(publicInputs).to.deep.equal(hashCircuit.publicInputs);
    expect(await snarkjsVerifies(key, publicInputs, proof)).to.equal(true);
    for (let i = 0; i < 3; i++) {
      const others = publicInputs.map((input, j) => (i === j ? input + 1n : input));
      expect(await snarkjsVerifies(key, others, proof), `input ${i}`).to.equal(false);
    }
    const [first, ...rest] = publicInputs;
    expect(await snarkjsVerifies(key, [first! + r, ...rest], proof), "not below r").to.equal(false);
    expect(await snarkjsVerifies(key, [first!, rest[0]!], proof), "too few").to.equal(false);
    expect(await snarkjsVerifies(key, publicInputs, { ...proof, c: proof.a }), "other C").to.equal(false);
    const off = { ...proof, a: { x: proof.a.x, y: proof.a.y + 1n } };
    expect(await snarkjsVerifies(key, publicInputs, off), "off the curve").to.equal(false);

    const wrong = witnessOf(hashCircuit);
    wrong[wrong.length - 3]! += 1n;
    const forged = await snarkjsProof(path, wrong);
    expect(await snarkjsVerifies(key, forged.publicInputs, forged.proof), "wrong witness").to.equal(false);
  });

  it("has γ and δ apart, and says what it is", async () => {
    const { delta } = await readVerifyingKey(path);
    expect(isSameG2Point(delta, g2Generator)).to.equal(false);
    expect((await readFile(path)).includes(developmentNote)).to.equal(true);
  });

  it("is made once, the same everywhere, and anew when the file is damaged", async () => {
    const whole = await readFile(path);
    compiled = 0;
    expect(await developmentGroth16Key(circuit, folder)).to.equal(path);
    expect(compiled, "from the cache").to.equal(0);

    await truncate(path, whole.length - 1000);
    await developmentGroth16Key(circuit, folder);
    expect((await readFile(path)).equals(whole), "after a cut").to.equal(true);

    const flipped = Buffer.from(whole);
    flipped[whole.length >> 1]! ^= 1;
    await writeFile(path, flipped);
    await developmentGroth16Key(circuit, folder);
    expect((await readFile(path)).equals(whole), "after a flipped bit").to.equal(true);
    expect(compiled).to.equal(2);
    expect(await readdir(folder), "nothing unfinished left").to.have.length(1);
  });

  it("is never of another circuit than asked for", async () => {
    const other = { digest: circuitDigest(constraintsOf(tinyCircuit)), compile: () => system };
    let message = "";
    await developmentGroth16Key(other, folder).catch((error: Error) => (message = error.message));
    expect(message).to.contain(`the circuit's digest is ${circuit.digest}, not ${other.digest}`);
  });
});
