import { expect } from "chai";

import type { Eip1193 } from "../../../plugin/chain/eip1193.ts";
import { Endpoints } from "../../../plugin/chain/endpoints.ts";
import { EvmChain } from "../../../plugin/chain/evm-chain.ts";

/** An endpoint that answers with its name, or fails with `failure` while there is one. */
function endpoint(name: string): Eip1193 & { failure: string | undefined; calls: number } {
  const one = {
    failure: undefined as string | undefined,
    calls: 0,
    request: async () => {
      one.calls++;
      if (one.failure !== undefined) throw new Error(one.failure);
      return name;
    },
  };
  return one;
}

async function messageOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no failure",
    (error: Error) => error.message,
  );
}

describe("plugin/chain/endpoints", () => {
  const REST = { first: 1_000, longest: 5_000 };
  const call = { method: "eth_blockNumber" };

  it("asks the endpoint that answered last, and the next one when that is away", async () => {
    const [a, b] = [endpoint("a"), endpoint("b")];
    const both = new Endpoints([a, b], REST, () => 0);
    expect(await both.request(call)).to.equal("a");
    a.failure = "connect ECONNREFUSED";
    expect(await both.request(call)).to.equal("b");
    a.failure = undefined;
    expect(await both.request(call)).to.equal("b");
    expect([a.calls, b.calls]).to.deep.equal([2, 2]);
  });

  it("passes on what an endpoint refuses, and asks no other", async () => {
    const [a, b] = [endpoint("a"), endpoint("b")];
    const both = new Endpoints([a, b], REST, () => 0);
    a.failure = "execution reverted: no";
    expect(await messageOf(both.request(call))).to.equal("execution reverted: no");
    expect(b.calls).to.equal(0);
    a.failure = undefined;
    expect(await both.request(call), "it is not left alone for that").to.equal("a");
  });

  it("leaves an endpoint alone that limits calls or is away, longer each time, and says why", async () => {
    const only = endpoint("a");
    let now = 0;
    const one = new Endpoints([only], REST, () => now);
    only.failure = "429 Too Many Requests";
    for (const rest of [1_000, 2_000, 4_000, 5_000, 5_000]) {
      only.calls = 0;
      for (let i = 0; i < 10; i++)
        expect(await messageOf(one.request(call))).to.contain("429 Too Many Requests");
      now += rest - 1;
      await messageOf(one.request(call));
      expect(only.calls, `within ${rest} ms`).to.equal(1);
      now += 1;
    }
    only.failure = undefined;
    expect(await one.request(call)).to.equal("a");
    only.failure = "fetch failed";
    await messageOf(one.request(call));
    now += 1_000;
    only.failure = undefined;
    expect(await one.request(call), "an answer makes good for what was").to.equal("a");
  });

  it("gives a chain each of them to ask by itself", async () => {
    const [a, b] = [endpoint("a"), endpoint("b")];
    const chain = new EvmChain(new Endpoints([a, b]), 1n, 0);
    const answers = await Promise.all(chain.endpoints.map((one) => one.request(call)));
    expect(answers).to.deep.equal(["a", "b"]);
    expect(new EvmChain(a, 1n, 0).endpoints).to.deep.equal([a]);
  });
});
