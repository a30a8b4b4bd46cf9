import { expect } from "chai";
import { getBytes } from "ethers";
import { network } from "hardhat";

import { formatProofFile, parseProofFile } from "../../../../plugin/zero/proof/proof-file.ts";
import { verifierArgument } from "../../../../plugin/zero/chain/verifier-argument.ts";
import { verifyProof } from "../../../../plugin/zero/proof/verify-proof.ts";
import { realKey, realRun } from "../../../contracts/zero/real-proof.ts";
import { seeded } from "../../../seeded.ts";

const run = {
  programId: `0x${"ab".repeat(32)}`,
  input: new Uint8Array([1, 2]),
  journal: new Uint8Array(0),
  proof: new Uint8Array([0, 255, 7]),
};

const SEED = "proof file";
/** Of how many bytes one is changed: all of them take a quarter of an hour. */
const share = process.env["NEXUS_SLOW"] === "1" ? 6n : 60n;

describe("a proof's file", () => {
  it("gives back what was written", () => {
    expect(parseProofFile(formatProofFile(run))).to.deep.equal(run);
    const shouted = { ...run, programId: `0x${"AB".repeat(32)}` };
    expect(formatProofFile(shouted)).to.equal(formatProofFile(run));
  });

  it("refuses everything else, naming the key", () => {
    const file = JSON.parse(formatProofFile(run)) as Record<string, unknown>;
    const of = (changes: Record<string, unknown>) => () =>
      parseProofFile(`${JSON.stringify({ ...file, ...changes }, undefined, 2)}\n`);
    expect(() => parseProofFile("")).to.throw("it is not JSON");
    expect(() => parseProofFile(formatProofFile(run).slice(0, -3))).to.throw("it is not JSON");
    expect(() => parseProofFile("[]")).to.throw("it must be an object");
    expect(() => parseProofFile("null")).to.throw("it must be an object");
    expect(of({ privateInput: "0x" })).to.throw("it has a key that no proof has");
    expect(of({ format: "Nexus Zero proof 2" })).to.throw('format must be "Nexus Zero proof 1"');
    expect(of({ proof: undefined })).to.throw("proof is missing");
    expect(of({ programId: "0xabab" })).to.throw("programId must be 32 bytes");
    for (const bad of ["", "0x0", "ff", "0xfg", "0x 00", "0x00\n", 7, null]) {
      for (const key of ["programId", "input", "journal", "proof"]) {
        expect(of({ [key]: bad }), `${key} ${bad}`).to.throw(new RegExp(`^${key} must be`));
      }
    }
  });

  it("refuses other texts of the same run, and says from where on", () => {
    const text = formatProofFile(run);
    const { format, ...rest } = JSON.parse(text) as Record<string, string>;
    const others = new Map([
      ["another case", text.replace("abab", "abAB")],
      ["no line break at the end", text.slice(0, -1)],
      ["one more", `${text}\n`],
      ["a space before", ` ${text}`],
      ["line breaks of two characters", text.replaceAll("\n", "\r\n")],
      ["tabs", text.replaceAll("  ", "\t")],
      ["one line", `${JSON.stringify(JSON.parse(text))}\n`],
      ["a key twice", text.replace('  "input"', '  "input": "0x0102",\n  "input"')],
      ["an escaped digit", text.replace("0x0102", "0x010\\u0032")],
      ["keys in another order", `${JSON.stringify({ ...rest, format }, undefined, 2)}\n`],
    ]);
    for (const [what, other] of others) {
      expect(() => parseProofFile(other), what).to.throw(
        /from character \d+ on: take the file as it was written/,
      );
    }
    expect(() => parseProofFile(`${text}x`)).to.throw("it is not JSON");
    expect(() => parseProofFile(`\uFEFF${text}`)).to.throw("it is not JSON");
  });

  it(`is refused, here and by the contract, with a byte another, of one in ${share} (seed ${SEED})`, async function () {
    this.timeout(900_000);
    const { ethers } = await network.create("l1");
    const verifier = await ethers.deployContract("ZeroDevelopmentVerifier", [verifierArgument(realKey)]);
    const bytes = new TextEncoder().encode(formatProofFile(realRun));
    const read = (changed: Uint8Array) => parseProofFile(new TextDecoder().decode(changed));
    const here = ({ programId, input, journal, proof }: typeof realRun) =>
      verifyProof(realKey, { programId: getBytes(programId), input, journal }, proof);
    const there = ({ programId, input, journal, proof }: typeof realRun) =>
      verifier.verify(programId, input, journal, proof);
    here(read(bytes));
    await there(read(bytes));

    const random = seeded(SEED);
    let judged = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (random.scalar(share + 1n) !== 1n) continue;
      // The next character, among them the next digit; and any byte, which few files take.
      const digit = bytes.with(at, bytes[at]! === 0x39 ? 0x61 : bytes[at]! + 1);
      const any = bytes.with(at, bytes[at]! ^ Number(random.scalar(256n)));
      for (const changed of [digit, any]) {
        let other: typeof realRun;
        try {
          other = read(changed);
        } catch {
          continue;
        }
        judged++;
        expect(() => here(other), `byte ${at}`).to.throw();
        await expect(there(other), `byte ${at}`).to.revert(ethers);
      }
    }
    expect(judged).to.be.greaterThan(bytes.length / (3 * Number(share)));
  });
});
