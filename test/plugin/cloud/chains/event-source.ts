import { expect } from "chai";
import { toBeHex, toQuantity, ZeroHash } from "ethers";

import { EventSource } from "../../../../plugin/cloud/chains/event-source.ts";
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
      if (method === "eth_getBlockByNumber") return header(Number(params![0]));
      if (method !== "eth_getLogs") throw new Error(`${method} is not expected`);
      const { fromBlock, toBlock, blockHash } = params![0] as Record<string, string>;
      if (blockHash !== undefined) return logsOf(Number(blockHash));
      const blocks = Array.from(
        { length: Number(toBlock) - Number(fromBlock) + 1 },
        (_, i) => Number(fromBlock) + i,
      );
      asked.push(blocks.length);
      if (blocks.length * perBlock > mostLogs) throw new Error("query returned more than 10000 results");
      return blocks.flatMap(logsOf);
    },
  };
  const header = (block: number) => ({
    number: toQuantity(block),
    hash: toBeHex(block, 32),
    parentHash: toBeHex(block - 1, 32),
    timestamp: "0x64",
    transactions: [ZeroHash],
  });
  const logsOf = (block: number) => Array.from({ length: perBlock }, (_, i) => log(block, i));
  const chain = new EvmChain(provider, 1n, 0);
  const served = servedChain(chain, addresses, { isHome: true, deployedAt: 1n, callGasPrice: 0n });
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
    blockHash: toBeHex(block, 32),
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
    const served = servedChain(new EvmChain(provider, 1n, 0), addresses, {
      isHome: true,
      deployedAt: 1n,
      callGasPrice: 0n,
    });
    let refusal: unknown;
    await new EventSource(served, CLOUD).after(undefined, 10).catch((error: unknown) => (refusal = error));
    expect(String(refusal)).to.contain("429");
    expect(calls).to.deep.equal(["eth_getLogs"]);
  });
});
