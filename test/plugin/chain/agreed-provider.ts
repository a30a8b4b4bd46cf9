import { expect } from "chai";

import { AgreedProvider } from "../../../plugin/chain/agreed-provider.ts";
import { WrongChainError } from "../../../plugin/chain/chain-check.ts";
import { Endpoints } from "../../../plugin/chain/endpoints.ts";
import type { Eip1193 } from "../../../plugin/chain/eip1193.ts";
import { JsonRpcError } from "../../../plugin/chain/http-provider.ts";

/** An endpoint that always says this; what it says is thrown where it is an error. */
const saying = (said: unknown): Eip1193 => ({
  request: async () => {
    if (said instanceof Error) throw said;
    return said;
  },
});
const [TRUE, FALSE] = [saying("0x01"), saying("0x02")];
const refusing = (message: string): Eip1193 => saying(new JsonRpcError(message, -32_000, undefined));
const PRUNED = refusing("missing trie node 3f2a (path )");
const BEHIND = refusing("header not found");
const AWAY = saying(new Error("rpc.example cannot be reached: fetch failed (ECONNREFUSED)"));
const LIMITED = saying(new Error("429 Too Many Requests"));
const FOREIGN = saying(new WrongChainError("rpc.example is of chain 5, and not of chain 1"));
const reverting = (data: string): Eip1193 => saying(new JsonRpcError("execution reverted", 3, data));

const call = { method: "eth_call" };
const asked = async (endpoints: readonly Eip1193[]): Promise<unknown> =>
  new AgreedProvider(endpoints).request(call);
const refusal = async (answer: Promise<unknown>): Promise<string> =>
  answer.then(
    (value) => expect.fail(`It believes ${JSON.stringify(value)}.`),
    (error: Error) => error.message,
  );

describe("plugin/chain/agreed-provider", () => {
  it("believes what two say, also while the others are away", async () => {
    expect(await asked([TRUE])).to.equal("0x01");
    expect(await asked([TRUE, TRUE])).to.equal("0x01");
    expect(await asked([FALSE, TRUE, TRUE])).to.equal("0x01");
    expect(await asked([PRUNED, TRUE, TRUE])).to.equal("0x01");
    for (const away of [AWAY, LIMITED, FOREIGN]) expect(await asked([away, TRUE, TRUE])).to.equal("0x01");
  });

  it("believes nobody alone while the others are away, left alone after they failed or not", async () => {
    for (const away of [AWAY, LIMITED, FOREIGN]) {
      const sentence = /^Asked for eth_call, 1 of 2 endpoints answered, and 2 must\. One said: /;
      expect(await refusal(asked([away, FALSE]))).to.match(sentence);
      expect(await refusal(asked([FALSE, away]))).to.match(sentence);
      const resting = new Endpoints([away, FALSE]).endpoints;
      for (let i = 0; i < 2; i++) expect(await refusal(asked(resting))).to.match(sentence);
    }
    expect(await refusal(asked([AWAY, AWAY, FALSE]))).to.match(/1 of 3 endpoints answered, and 2 must/);
  });

  it("believes nobody alone where another is there and refuses the question", async () => {
    for (const [refuses, why] of [
      [PRUNED, "missing trie node 3f2a (path )"],
      [BEHIND, "header not found"],
    ] as const) {
      const sentence = `Asked for eth_call, 1 of 2 endpoints answered, and 2 must. One said: ${why}`;
      expect(await refusal(asked([FALSE, refuses]))).to.equal(sentence);
      expect(await refusal(asked([refuses, FALSE]))).to.equal(sentence);
      expect(await refusal(asked([AWAY, refuses, FALSE]))).to.equal(sentence.replace("of 2", "of 3"));
    }
  });

  it("believes neither of two that differ", async () => {
    const differing = "Asked for eth_call, no 2 of 2 endpoints say the same.";
    expect(await refusal(asked([TRUE, FALSE]))).to.equal(differing);
    expect(await refusal(asked([AWAY, AWAY]))).to.match(/0 of 2 endpoints answered, and 2 must/);
  });

  it("takes a revert for an answer, which others must give too", async () => {
    const [one, other] = [reverting("0x11223344"), reverting("0x55667788")];
    const thrown = await asked([one, one]).catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(JsonRpcError).and.to.include({ data: "0x11223344" });
    expect(await refusal(asked([one, other]))).to.match(/no 2 of 2 endpoints say the same/);
    expect(await refusal(asked([one, TRUE]))).to.match(/no 2 of 2 endpoints say the same/);
  });

  it("says of a single endpoint what that says", async () => {
    expect(await refusal(asked([BEHIND]))).to.equal("header not found");
    expect(await refusal(asked([AWAY]))).to.match(/ECONNREFUSED/);
  });

  it("takes for final what enough endpoints say is final", async () => {
    const final = async (...endpoints: Eip1193[]): Promise<bigint> =>
      new AgreedProvider(endpoints).finalHead(1n, 2);
    expect(await final(saying("0x10"))).to.equal(14n);
    expect(await final(saying("0x10"), saying("0x20"))).to.equal(14n);
    expect(await final(saying("0x10"), saying("0x20"), saying("0xffff"))).to.equal(30n);
    expect(await final(saying("0x10"), saying("0x20"), AWAY)).to.equal(14n);
    expect(await refusal(final(saying("0xffff"), AWAY))).to.match(
      /its final block, 1 of 2 endpoints answered, and 2 must/,
    );
    expect(await refusal(final(saying("0xffff"), BEHIND))).to.match(
      /its final block, 1 of 2 endpoints answered, and 2 must/,
    );
  });
});
