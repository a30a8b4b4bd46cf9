import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";

import { circuitDigest } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { g2Generator } from "../../../../plugin/zero/keys/coordinates.ts";
import { developmentGroth16Key } from "../../../../plugin/zero/keys/development-groth16.ts";
import { developmentTrapdoor } from "../../../../plugin/zero/keys/trapdoor.ts";
import { placeOf, readZkey } from "../../../../plugin/zero/keys/zkey-sections.ts";
import { constraintsOf, tinyCircuit } from "./small-circuit.ts";

describe("Sections of a .zkey file", function () {
  this.timeout(60_000);

  const system = constraintsOf(tinyCircuit);
  let folder: string;
  let path: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-zkey-"));
    path = await developmentGroth16Key({ digest: circuitDigest(system), compile: () => system }, folder);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  it("say of which circuit the key is, and from which secrets", async () => {
    const zkey = await readZkey(path);
    expect(zkey.variables).to.equal(system.variables);
    expect(zkey.publicInputs).to.equal(3);
    expect(zkey.domainSize).to.equal(16);
    const { alpha, beta, delta } = developmentTrapdoor;
    const g1 = (scalar: bigint) => ({ ...bn254.G1.Point.BASE.multiply(scalar).toAffine() });
    const g2 = (scalar: bigint) => {
      const { x, y } = bn254.G2.Point.BASE.multiply(scalar).toAffine();
      return { x: [x.c0, x.c1], y: [y.c0, y.c1] };
    };
    expect([zkey.alpha1, zkey.beta1, zkey.delta1]).to.deep.equal([g1(alpha), g1(beta), g1(delta)]);
    expect([zkey.beta2, zkey.delta2]).to.deep.equal([g2(beta), g2(delta)]);
    expect(zkey.gamma2).to.deep.equal(g2Generator);
  });

  it("are refused where they are of another format, protocol or curve, or too short", async () => {
    const zkey = await readZkey(path);
    const header = zkey.sections.get(2)!.start;
    const damages = [
      [0, "is no .zkey file"],
      [zkey.sections.get(1)!.start, "is no key of Groth16"],
      [header, "is no key over BN254"],
      [header + 5, "is no key over BN254"],
      [header + 36, "is no key over BN254"],
      [header + 50, "is no key over BN254"],
    ] as const;
    const file = await readFile(path);
    for (const [at, expected] of damages) {
      const damaged = Buffer.from(file);
      damaged[at]! ^= 1;
      const other = join(folder, "damaged.zkey");
      await writeFile(other, damaged);
      const message = await readZkey(other).then(String, (error: Error) => error.message);
      expect(message, `at ${at}`).to.equal(`${other} ${expected}`);
    }
    expect(() => placeOf(zkey, 12, 4)).to.throw("has no section 12 of a key: 0 bytes, not 4");
    const { length } = zkey.sections.get(5)!;
    expect(() => placeOf(zkey, 5, length + 1)).to.throw(`${length} bytes, not ${length + 1}`);
  });

  it("are refused where they are cut, reach beyond the file, or are there twice", async () => {
    const file = await readFile(path);
    const { sections } = await readZkey(path);
    const other = join(folder, "other.zkey");
    const refusal = async (bytes: Buffer): Promise<string> => {
      await writeFile(other, bytes);
      return readZkey(other).then(String, (error: Error) => error.message);
    };
    const lengthAt = sections.get(5)!.start - 8;
    for (const length of [
      2n ** 64n - 1n,
      2n ** 63n,
      2n ** 53n + 1n,
      2n ** 32n,
      BigInt(file.length - lengthAt - 7),
    ]) {
      const changed = Buffer.from(file);
      changed.writeBigUInt64LE(length, lengthAt);
      expect(await refusal(changed), String(length)).to.match(/section 5 has \d+: it is not whole$/);
    }
    // Within a section's head, and within a section.
    for (const cut of [5, lengthAt - 2]) {
      expect(await refusal(file.subarray(0, cut)), `${cut} bytes`).to.match(/ends within the part at \d+$/);
    }
    expect(await refusal(file.subarray(0, file.length - 1))).to.contain("it is not whole");
    const moreSections = Buffer.from(file);
    moreSections.writeUInt32LE(0xffff_ffff, 8);
    expect(await refusal(moreSections)).to.match(/ends within the part at \d+$/);

    const twice = Buffer.from(file);
    twice.writeUInt32LE(3, sections.get(10)!.start - 12);
    expect(await refusal(twice)).to.equal(`${other} has two sections 3`);
  });
});
