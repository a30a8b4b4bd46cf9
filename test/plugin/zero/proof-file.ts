import { expect } from "chai";

import { formatProofFile, parseProofFile } from "../../../plugin/zero/proof-file.ts";

const run = {
  programId: `0x${"ab".repeat(32)}`,
  input: new Uint8Array([1, 2]),
  journal: new Uint8Array(0),
  proof: new Uint8Array([0, 255, 7]),
};

describe("a proof's file", () => {
  it("gives back what was written", () => {
    expect(parseProofFile(formatProofFile(run))).to.deep.equal(run);
    const shouted = formatProofFile(run).replace(/ab/g, "AB");
    expect(parseProofFile(shouted)).to.deep.equal(run);
  });

  it("refuses everything else, naming the key", () => {
    const file = JSON.parse(formatProofFile(run)) as Record<string, unknown>;
    const of = (changes: Record<string, unknown>) => () =>
      parseProofFile(JSON.stringify({ ...file, ...changes }));
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
});
