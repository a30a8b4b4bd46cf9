import { mkdtemp, readFile, readdir, rename, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { g1FromNumbers } from "../../../../plugin/zero/keys/coordinates.ts";
import { developmentPowers, developmentTauPoint } from "../../../../plugin/zero/keys/development-powers.ts";
import { developmentTau } from "../../../../plugin/zero/keys/trapdoor.ts";

describe("Development key of commitments", function () {
  this.timeout(60_000);

  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-powers-"));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  const expectPower = (powers: Uint8Array, i: number) => {
    const expected = bn254.G1.Point.BASE.multiply(bn254.fields.Fr.pow(developmentTau, BigInt(i))).toAffine();
    expect(g1FromNumbers(powers, 64 * i), `power ${i}`).to.deep.equal({ x: expected.x, y: expected.y });
  };

  it("has the powers of one τ, in G1 and in G2", async () => {
    const powers = await developmentPowers(130, folder);
    expect(powers.length).to.equal(130 * 64);
    for (const i of [0, 1, 2, 77, 129]) expectPower(powers, i);
    const tau = bn254.G2.Point.BASE.multiply(developmentTau).toAffine();
    expect(developmentTauPoint()).to.deep.equal({
      x: [tau.x.c0, tau.x.c1],
      y: [tau.y.c0, tau.y.c1],
    });
    expect(developmentTau > 1n && developmentTau < r).to.equal(true);
  });

  it("grows by what is missing, and is made anew when damaged", async () => {
    const [before] = await readdir(folder);
    expect(before).to.equal("kzg-development-16384.powers");
    const first = await readFile(join(folder, before!));
    const powers = await developmentPowers(16_385, folder);
    expectPower(powers, 16_383);
    expectPower(powers, 16_384);
    expect(await readdir(folder)).to.deep.equal(["kzg-development-32768.powers"]);
    expect(Buffer.from(powers.subarray(0, 16_384 * 64)).equals(first.subarray(0, 16_384 * 64))).to.equal(
      true,
    );

    await truncate(join(folder, "kzg-development-32768.powers"), 1_000_000);
    expect(Buffer.from(await developmentPowers(130, folder)).equals(first.subarray(0, 130 * 64))).to.equal(
      true,
    );
  });

  it("does not mind that another process extends it meanwhile and takes the smaller file away", async () => {
    await developmentPowers(1, folder);
    const [smaller] = await readdir(folder);
    let taken = 0;
    const powers = await developmentPowers(16_385, folder, async () => {
      if (taken++ === 0) await rm(join(folder, smaller!));
    });
    expect(taken).to.be.greaterThan(0);
    for (const i of [16_383, 16_384]) expectPower(powers, i);
  });

  it("takes no file at its word about how many powers it has", async () => {
    await developmentPowers(16_385, folder);
    const [larger] = await readdir(folder);
    expect(larger).to.equal("kzg-development-32768.powers");
    await rename(join(folder, larger!), join(folder, "kzg-development-49152.powers"));
    const powers = await developmentPowers(32_769, folder);
    expectPower(powers, 32_768);
    expect(await readdir(folder)).to.deep.equal(["kzg-development-49152.powers"]);
  });

  it("refuses sizes that no proof has", async () => {
    for (const count of [0, -1, 1.5, 2 ** 23]) {
      let refused = false;
      await developmentPowers(count, folder).catch((error: Error) => (refused = error instanceof RangeError));
      expect(refused, String(count)).to.equal(true);
    }
  });
});
