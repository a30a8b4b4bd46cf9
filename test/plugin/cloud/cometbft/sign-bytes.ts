import { expect } from "chai";
import { Proposal, SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";

import {
  extensionSignBytes,
  proposalSignBytes,
  readSignBytes,
  STEPS,
  voteSignBytes,
} from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import { key, messageOf } from "./signer-requests.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** Go's zero time, the year 1. */
const NEVER = { seconds: -62_135_596_800n, nanos: 0 };
const TIME = "2a0b088092b8c398feffffff01";
const CHAIN = "320d746573745f636861696e5f6964";

describe("plugin/cloud/cometbft/sign-bytes", () => {
  it("are those of CometBFT's vectors for votes (TestVoteSignBytesTestVectors)", () => {
    const vote = (partial: Partial<Vote>): Vote => Vote.fromPartial({ timestamp: NEVER, ...partial });
    const first = { height: 1n, round: 1 };
    const place = "110100000000000000190100000000000000";
    const vectors: [string, Partial<Vote>, string][] = [
      ["", {}, `0d${TIME}`],
      ["", { ...first, type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT }, `210802${place}${TIME}`],
      ["", { ...first, type: SignedMsgType.SIGNED_MSG_TYPE_PREVOTE }, `210801${place}${TIME}`],
      ["", first, `1f${place}${TIME}`],
      ["test_chain_id", first, `2e${place}${TIME}${CHAIN}`],
      ["test_chain_id", { ...first, extension: Buffer.from("extension") }, `2e${place}${TIME}${CHAIN}`],
    ];
    for (const [chainId, partial, expected] of vectors) {
      expect(hexOf(voteSignBytes(chainId, vote(partial)))).to.equal(expected);
    }
  });

  it("are what CometBFT computes for a proposal and an extension", () => {
    // The proposal of CometBFT's proposal_test.go and the vote of its last vector, whose sign bytes CometBFT 0.38.25 has said.
    const hash = new TextEncoder().encode("--June_15_2020_amino_was_removed");
    const proposal = Proposal.fromPartial({
      height: 12_345n,
      round: 23_456,
      polRound: -1,
      blockId: { hash, partSetHeader: { total: 111, hash } },
      timestamp: { seconds: BigInt(Date.UTC(2018, 1, 11, 7, 9, 22) / 1_000), nanos: 765_000_000 },
    });
    expect(hexOf(proposalSignBytes("test_chain_id", proposal))).to.equal(
      "8601082011393000000000000019a05b00000000000020ffffffffffffffffff01" +
        "2a480a202d2d4a756e655f31355f323032305f616d696e6f5f7761735f72656d6f766564" +
        "1224086f12202d2d4a756e655f31355f323032305f616d696e6f5f7761735f72656d6f766564" +
        "320c08a2d8ffd30510c0f2e3ec023a0d746573745f636861696e5f6964",
    );
    const vote = Vote.fromPartial({ height: 1n, round: 1, extension: Buffer.from("extension") });
    expect(hexOf(extensionSignBytes("test_chain_id", vote))).to.equal(
      "2c0a09657874656e73696f6e110100000000000000190100000000000000220d746573745f636861696e5f6964",
    );
  });

  it("say where they belong, and what but the time they say", () => {
    const asked = { height: 5, round: 2, block: "A", seconds: 1_000 };
    for (const kind of ["proposal", "prevote", "precommit"] as const) {
      const bytesAt = (seconds: number, block = "A"): Uint8Array => {
        const message = messageOf({ ...asked, kind, seconds, block }, key.publicKey);
        return "validatorIndex" in message ? voteSignBytes("c", message) : proposalSignBytes("c", message);
      };
      const signed = readSignBytes(bytesAt(1_000));
      const { chainId, height, round, step, timestamp, timeless } = signed;
      expect({ chainId, height, round, step }).to.deep.equal({
        chainId: "c",
        height: 5n,
        round: 2n,
        step: STEPS[kind],
      });
      expect(timestamp).to.deep.equal({ seconds: 1_000n, nanos: 5 });
      expect(readSignBytes(bytesAt(2_000)).timeless).to.deep.equal(timeless);
      expect(readSignBytes(bytesAt(1_000, "B")).timeless).to.not.deep.equal(timeless);
      expect(() => readSignBytes(bytesAt(1_000).slice(0, -1))).to.throw(RangeError);
    }
    for (const bytes of [[], [0], [1, 8], [2, 8, 3], [2, 8, 1]]) {
      expect(() => readSignBytes(Uint8Array.from(bytes)), bytes.join()).to.throw(RangeError);
    }
  });
});
