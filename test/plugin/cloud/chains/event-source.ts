import { expect } from "chai";
import { toBeHex, toQuantity, ZeroHash } from "ethers";

import { EventSource, isTooMuch } from "../../../../plugin/cloud/chains/event-source.ts";
import { EvmChain, type Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import { servedChain } from "../../../../plugin/cloud/chains/served-chain.ts";
import type { OrderedEvent } from "../../../../plugin/cloud/replication/event.ts";

const CLOUD = toBeHex(1, 32);
const address = (byte: string): string => `0x${byte.repeat(20)}`;
const addresses = {
  committees: address("c1"),
  gateway: address("c2"),
  outbox: address("c3"),
  checkpoints: address("c4"),
  subscriptions: address("c5"),
};
const HEAD = 2_500;

/** A chain whose home registry activates `perBlock` epochs in every block, behind a provider that returns few logs at once. */
function floodedChain(perBlock: number, mostLogs: number): { source: EventSource; asked: number[] } {
  const asked: number[] = [];
  const provider: Eip1193 = {
    request: async ({ method, params }) => {
      if (method === "eth_blockNumber") return toQuantity(HEAD);
      if (method === "eth_getBlockByNumber") return { timestamp: "0x64" };
      if (method !== "eth_getLogs") throw new Error(`${method} is not expected`);
      const { fromBlock, toBlock } = params![0] as { fromBlock: string; toBlock: string };
      const blocks = Array.from(
        { length: Number(toBlock) - Number(fromBlock) + 1 },
        (_, i) => Number(fromBlock) + i,
      );
      asked.push(blocks.length);
      if (blocks.length * perBlock > mostLogs) throw new Error("query returned more than 10000 results");
      return blocks.flatMap((block) => Array.from({ length: perBlock }, (_, i) => log(block, i)));
    },
  };
  const chain = new EvmChain(provider, 1n, 0);
  const served = servedChain(chain, addresses, { isHome: true, deployedAt: 1n });
  const { abi } = served.committees;
  const fragment = abi.getEvent("EpochActivated")!;
  const values = fragment.inputs.map(({ name, baseType }) =>
    name === "cloudId" ? CLOUD : name === "epoch" ? 2n : baseType === "bytes" ? "0x" : 0n,
  );
  const encoded = abi.encodeEventLog(
    fragment,
    values.map((value, i) => (fragment.inputs[i]!.baseType === "bytes32" && i > 0 ? ZeroHash : value)),
  );
  const log = (block: number, logIndex: number) => ({
    address: addresses.committees,
    ...encoded,
    blockNumber: toQuantity(block),
    logIndex: toQuantity(logIndex),
  });
  return { source: new EventSource(served, CLOUD), asked };
}

describe("plugin/cloud/chains/event-source", () => {
  it("asks for fewer blocks when the provider refuses, and gets through all of them", async () => {
    const { source, asked } = floodedChain(2, 100);
    let cursor: OrderedEvent["place"] | undefined;
    let seen = 0;
    for (;;) {
      const events = await source.after(cursor, 500);
      if (events.length === 0) break;
      for (const { place } of events) {
        expect(place).to.deep.equal({ block: BigInt(1 + (seen >> 1)), logIndex: seen & 1 });
        seen++;
      }
      cursor = events.at(-1)!.place;
    }
    expect(seen).to.equal(2 * HEAD);
    expect(Math.max(...asked.slice(10))).to.be.at.most(100);
  });

  it("reads no further than it needs", async () => {
    const { source, asked } = floodedChain(1, 100_000);
    expect(await source.after(undefined, 64)).to.have.length(64);
    expect(await source.after({ block: 33n, logIndex: 0 }, 64)).to.have.length(64);
    expect(asked).to.deep.equal([2_000]);
  });

  it("passes on the refusal of a single block", async () => {
    const { source } = floodedChain(101, 100);
    let refusal: unknown;
    await source.after(undefined, 1).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.contain("more than 10000 results");
  });

  it("asks once and no more when the provider limits calls or is down", async () => {
    const calls: string[] = [];
    const provider: Eip1193 = {
      request: async ({ method }) => {
        if (method === "eth_blockNumber") return toQuantity(HEAD);
        calls.push(method);
        throw new Error("429 Too Many Requests");
      },
    };
    const served = servedChain(new EvmChain(provider, 1n, 0), addresses, { isHome: true, deployedAt: 1n });
    let refusal: unknown;
    await new EventSource(served, CLOUD).after(undefined, 10).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.contain("429");
    expect(calls).to.deep.equal(["eth_getLogs"]);
  });

  it("tells a range that is too much from calls that are too many, in the words of services", () => {
    for (const message of [
      "query returned more than 10000 results",
      "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range",
      "eth_getLogs is limited to a 10,000 range",
      "block range is too wide",
      "exceed maximum block range: 50000",
      "Max range: 800",
      "query timeout exceeded",
    ]) {
      expect(isTooMuch(new Error(message)), message).to.equal(true);
    }
    for (const message of [
      "429 Too Many Requests",
      "project ID request rate exceeded",
      "Your app has exceeded its compute units per second capacity",
      "daily request count exceeded, request rate limited",
      "connect ECONNREFUSED 127.0.0.1:8545",
      "fetch failed",
      "block range extends beyond current head block",
    ]) {
      expect(isTooMuch(new Error(message)), message).to.equal(false);
    }
  });
});
