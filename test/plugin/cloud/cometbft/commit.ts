import { expect } from "chai";

import { decidedBlock } from "../../../../plugin/cloud/cometbft/commit.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { commitOf, type Signature } from "./commits.ts";
import { blockIdOf } from "./signer-requests.ts";

const CHAIN = "nexus-test";
const keys = [1, 2, 3, 4].map((byte) => new ValidatorKey(new Uint8Array(32).fill(byte)));
const validators = keys.map(({ publicKey }) => publicKey);

describe("plugin/cloud/cometbft/commit", () => {
  it("believes what more than two thirds of the validators signed, whoever is missing", () => {
    for (const missing of [undefined, ...keys]) {
      const signers = keys.filter((key) => key !== missing);
      const { height, hash } = decidedBlock(CHAIN, commitOf(CHAIN, 7, "A", signers), validators);
      expect(height).to.equal(7n);
      expect(hash).to.equal(Buffer.from(blockIdOf("A").hash).toString("hex").toUpperCase());
    }
  });

  it("believes nothing that fewer signed, or that was signed for something else", () => {
    const three = keys.slice(1);
    const change = (edit: (signature: Signature) => void) => {
      const commit = commitOf(CHAIN, 7, "A", three);
      edit(commit.signed_header.commit.signatures[0]!);
      return commit;
    };
    const stranger = new ValidatorKey(new Uint8Array(32).fill(9));
    const twice = commitOf(CHAIN, 7, "A", [keys[1]!, keys[1]!, keys[2]!]);
    const [other, higher, round] = [0, 0, 0].map(() => commitOf(CHAIN, 7, "A", three));
    other!.signed_header.commit.block_id.hash = "AB".repeat(32);
    higher!.signed_header.commit.height = "8";
    round!.signed_header.commit.round = 1;
    const wrong: [string, unknown][] = [
      ["two of four", commitOf(CHAIN, 7, "A", keys.slice(2))],
      ["one twice", twice],
      ["a stranger", commitOf(CHAIN, 7, "A", [...keys.slice(2), stranger])],
      ["another chain", commitOf("nexus-other", 7, "A", keys)],
      ["another block", other],
      ["another height", higher],
      ["another round", round],
      ["a vote for none", change((one) => (one.block_id_flag = 3))],
      ["another time", change((one) => (one.timestamp = "2023-11-14T22:13:21Z"))],
      ["no signature", change((one) => (one.signature = null))],
      ["half a signature", change((one) => (one.signature = "AAAA"))],
    ];
    for (const [what, answer] of wrong)
      expect(() => decidedBlock(CHAIN, answer, validators), what).to.throw("too few to believe it");
  });

  it("takes what is no commit for none", () => {
    const half = commitOf(CHAIN, 7, "A", keys);
    half.signed_header.commit.signatures[0]!.timestamp = "yesterday";
    for (const answer of [undefined, null, 5, {}, { signed_header: {} }, half])
      expect(() => decidedBlock(CHAIN, answer, validators)).to.throw("no commit of CometBFT");
    expect(() => decidedBlock(CHAIN, commitOf(CHAIN, 7, "A", []), [])).to.throw("too few");
  });
});
