import { expect } from "chai";

import { CheckedEndpoint, WrongChainError } from "../../../plugin/chain/chain-check.ts";
import type { Eip1193 } from "../../../plugin/chain/eip1193.ts";
import { Endpoints } from "../../../plugin/chain/endpoints.ts";

const call = { method: "eth_blockNumber" };

/** An endpoint of some chain that notes what it is asked. */
function endpoint(chainId: unknown) {
  const one = {
    chainId,
    failure: undefined as string | undefined,
    asked: [] as string[],
    request: async ({ method }: { method: string }) => {
      one.asked.push(method);
      if (one.failure !== undefined) throw new Error(one.failure);
      return method === "eth_chainId" ? one.chainId : "0x7";
    },
  };
  return one;
}
const messageOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no failure",
    (error: Error) => error.message,
  );
const checked = (provider: Eip1193): CheckedEndpoint => new CheckedEndpoint(provider, 1n, "rpc.example");

describe("plugin/chain/chain-check", () => {
  it("asks which chain it is once, before anything else", async () => {
    const right = endpoint("0x1");
    const provider = checked(right);
    expect(await Promise.all([provider.request(call), provider.request(call)])).to.deep.equal(["0x7", "0x7"]);
    await provider.request(call);
    expect(right.asked.filter((method) => method === "eth_chainId")).to.have.length(1);
    expect(right.asked[0]).to.equal("eth_chainId");
  });

  it("asks nothing else of one that is of another chain, or does not say", async () => {
    const other = endpoint("0xaa36a7");
    const provider = checked(other);
    const sentence =
      "rpc.example is of chain 11155111, and not of chain 1: correct its address, or the chain id beside it.";
    expect(await messageOf(provider.request(call))).to.equal(sentence);
    expect(await messageOf(provider.request(call))).to.equal(sentence);
    expect(other.asked).to.deep.equal(["eth_chainId", "eth_chainId"]);
    for (const answer of [null, "1", "0x", 1])
      expect(await messageOf(checked(endpoint(answer)).request(call))).to.match(
        /^rpc.example names no chain/,
      );
  });

  it("asks again after it was away, and after it could not say", async () => {
    const moved = endpoint("0x1");
    const provider = checked(moved);
    moved.failure = "connect ECONNREFUSED";
    expect(await messageOf(provider.request(call))).to.contain("ECONNREFUSED");
    moved.failure = undefined;
    await provider.request(call);
    moved.failure = "502 Bad Gateway";
    await messageOf(provider.request(call));
    moved.failure = undefined;
    moved.chainId = "0x2";
    expect(await messageOf(provider.request(call))).to.match(/is of chain 2/);
  });

  it("leaves its chain to the other endpoints, and says so when there is none", async () => {
    const [wrong, right] = [endpoint("0x2"), endpoint("0x1")];
    const both = new Endpoints([checked(wrong), checked(right)]);
    expect(await both.request(call)).to.equal("0x7");
    const refused = await new Endpoints([checked(wrong)]).request(call).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(WrongChainError);
  });
});
