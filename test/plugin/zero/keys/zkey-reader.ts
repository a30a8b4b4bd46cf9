import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bytesToNumberBE, numberToBytesLE } from "@noble/curves/utils.js";
import { expect } from "chai";

import { circuitDigest } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { q } from "../../../../plugin/zero/keys/coordinates.ts";
import { developmentGroth16Key } from "../../../../plugin/zero/keys/development-groth16.ts";
import { readVerifyingKey } from "../../../../plugin/zero/keys/zkey-reader.ts";
import { readZkey, type Zkey } from "../../../../plugin/zero/keys/zkey-sections.ts";
import { outsideSubgroup } from "../../../contracts/bls/outside-subgroup.ts";
import { g1, g2 } from "../../../contracts/zero/forged-proof.ts";
import { constraintsOf, tinyCircuit } from "./small-circuit.ts";

describe("The verifying key of a .zkey file", function () {
  this.timeout(60_000);

  const system = constraintsOf(tinyCircuit);
  let folder: string;
  let file: Buffer;
  let zkey: Zkey;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-key-"));
    const path = await developmentGroth16Key(
      { digest: circuitDigest(system), compile: () => system },
      folder,
    );
    file = await readFile(path);
    zkey = await readZkey(path);
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** Why the key is refused with other coordinates in a section, from a byte of it on. */
  async function refusal(section: number, at: number, coordinates: readonly bigint[]): Promise<string> {
    const changed = Buffer.from(file);
    coordinates.forEach((coordinate, i) => {
      const montgomery = (coordinate << 256n) % q;
      changed.set(numberToBytesLE(montgomery, 32), zkey.sections.get(section)!.start + at + 32 * i);
    });
    const path = join(folder, "changed.zkey");
    await writeFile(path, changed);
    return readVerifyingKey(path).then(
      () => "taken",
      (error: Error) => error.message,
    );
  }

  // Where points of the header are: α in G1, then β, γ and δ in G2.
  const [alpha, beta, gamma, delta] = [84, 212, 340, 532] as const;
  /** Real parts first, as the file has them. */
  const twisted = ([xIm, xRe, yIm, yRe]: readonly bigint[]): bigint[] => [xRe!, xIm!, yRe!, yIm!];

  it("is taken with other secrets, whoever knows them", async () => {
    expect(await refusal(2, alpha, g1(5n))).to.equal("taken");
    expect(await refusal(2, beta, twisted(g2(5n)))).to.equal("taken");
    expect(await refusal(2, delta, twisted(g2(5n)))).to.equal("taken");
  });

  it("is refused where nobody has contributed a secret: it is 1, or −1", async () => {
    for (const known of [1n, -1n]) {
      expect(await refusal(2, alpha, g1(known)), `α = ${known}`).to.contain("has α = ±1");
      expect(await refusal(2, beta, twisted(g2(known))), `β = ${known}`).to.contain("has β = ±1");
      expect(await refusal(2, delta, twisted(g2(known))), `δ = ${known}`).to.contain("has δ = ±1");
    }
    for (const other of [2n, -1n]) {
      expect(await refusal(2, gamma, twisted(g2(other)))).to.contain("has a γ other than the generator");
    }
  });

  it("is refused with infinity, and with points off their curve or outside of the subgroup", async () => {
    const none = "has a point that is not of its group, or infinity";
    const { publicKey } = outsideSubgroup(0);
    const outside = [0, 1, 2, 3].map((i) => bytesToNumberBE(publicKey.subarray(32 * i, 32 * i + 32)));
    for (const at of [beta, delta]) {
      for (const point of [[0n, 0n, 0n, 0n], twisted(outside), twisted(g2(5n)).with(3, 1n)]) {
        expect(await refusal(2, at, point)).to.contain(none);
      }
    }
    const infinityAndOff = [
      [0n, 0n],
      [1n, 3n],
    ];
    for (const point of infinityAndOff) {
      expect(await refusal(2, alpha, point)).to.contain(none);
      for (const at of [0, 64, 128, 192])
        expect(await refusal(3, at, point), `input at ${at}`).to.contain(none);
    }
  });
});
