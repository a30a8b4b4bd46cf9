import { expect } from "chai";

import { ChainDelivery, type SignedBlocks } from "../../../../plugin/cloud/chains/chain-delivery.ts";
import { Deliveries } from "../../../../plugin/cloud/embedded/deliveries.ts";
import type { BlockRecord, ChainRecord } from "../../../../plugin/cloud/replication/block-record.ts";

const HOME = 1n;
const AWAY = 10n;
const GATEWAY = `0x${"aB".repeat(20)}`;

/** Blocks that say something to both chains, and chains that take it as a test has them. */
function scene(patience: number) {
  const state = { height: 1, now: 0, away: async (): Promise<void> => {} };
  const arrived: string[] = [];
  const noted: string[] = [];
  const blocks: SignedBlocks = {
    get height() {
      return state.height;
    },
    record: (height) => {
      const said = (chainId: bigint): Partial<ChainRecord> => {
        return { chainId, gateway: GATEWAY.toLowerCase(), answers: [{} as never], calls: [] };
      };
      return { height, chains: [said(HOME), said(AWAY)] } as unknown as BlockRecord;
    },
    certificate: async () => ({ epoch: 1n, headers: [], signatures: [new Uint8Array(), new Uint8Array()] }),
    noteDelivered: async (chainId, height) => void noted.push(`${chainId}:${height}`),
  };
  const deliveries = new Deliveries(patience);
  for (const chainId of [HOME, AWAY]) {
    const delivery: ChainDelivery = new ChainDelivery({
      chainId,
      gateway: GATEWAY,
      delivered: 0,
      blocks: () => blocks,
      relayer: {
        has: async () => false,
        head: async () => 0n,
        isFinal: async () => true,
        deliver: async () => {
          const height = delivery.delivered + 1;
          if (chainId === AWAY) await state.away();
          arrived.push(`${chainId}:${height}`);
          return [{ kind: "fulfil", transactionHash: `0x${height}`, gasUsed: 1n }];
        },
      },
      onDelivered: (height, some) => deliveries.note(chainId, height, some),
      clock: { now: () => state.now },
      backoff: { first: 100, longest: 100 },
    });
    deliveries.add(delivery);
  }
  return { state, deliveries, arrived, noted };
}

describe("plugin/cloud/embedded/deliveries", () => {
  it("delivers to the home chain while another refuses, and to that one once when it takes things again", async () => {
    const { state, deliveries, arrived, noted } = scene(60_000);
    state.away = () => Promise.reject(new Error("the mirror has lapsed"));
    for (state.height = 1; state.height <= 3; state.height++) await deliveries.advance(() => false);
    state.height = 3;
    expect(arrived).to.deep.equal(["1:1", "1:2", "1:3"]);
    expect(deliveries.trouble(AWAY)!.error.message).to.equal("the mirror has lapsed");
    expect(deliveries.trouble(HOME)).to.equal(undefined);
    expect(deliveries.take(2).map(({ chainId }) => chainId)).to.deep.equal([HOME]);
    state.away = async () => {};
    state.now = 100;
    await deliveries.advance(() => false);
    await deliveries.advance(() => true);
    expect(arrived).to.deep.equal(["1:1", "1:2", "1:3", "10:1", "10:2", "10:3"]);
    expect(noted).to.deep.equal(arrived);
    expect(deliveries.trouble(AWAY)).to.equal(undefined);
    expect(deliveries.delivered).to.deep.equal(new Map([1n, 10n].map((chainId) => [chainId, 3])));
  });

  it("waits for a chain that does not answer once, and not at all until it has", async () => {
    const { state, deliveries, arrived } = scene(1);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    state.away = () => held;
    for (state.height = 1; state.height <= 3; state.height++) await deliveries.advance(() => true);
    state.height = 3;
    expect(arrived).to.deep.equal(["1:1", "1:2", "1:3"]);
    release();
    while (deliveries.delivered.get(AWAY) !== 3) await deliveries.advance(() => false);
    expect(arrived.slice(3)).to.deep.equal(["10:1", "10:2", "10:3"]);
  });

  it("counts nothing that was under way when the chains went back in time", async () => {
    const { state, deliveries, arrived } = scene(1);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    state.away = () => held;
    state.height = 2;
    await deliveries.advance(() => true);
    deliveries.resume(new Map([[HOME, 2]]), 0);
    release();
    while (deliveries.delivered.get(AWAY) !== 2) await deliveries.advance(() => false);
    expect(arrived.filter((one) => one.startsWith("10:"))).to.deep.equal(["10:1", "10:1", "10:2"]);
    expect(deliveries.deliveredHome).to.equal(2);
  });

  it("keeps nothing of what comes after a block was told of, unless blocks are taken back", () => {
    const { deliveries } = scene(60_000);
    const transaction = { kind: "fulfil", transactionHash: "0x1", gasUsed: 1n } as const;
    for (const height of [1, 2]) deliveries.note(HOME, height, [transaction]);
    expect([1, 2].map((height) => deliveries.take(height).length)).to.deep.equal([1, 1]);
    for (const height of [1, 2, 3]) deliveries.note(AWAY, height, [transaction]);
    expect([1, 2, 3].map((height) => deliveries.take(height).length)).to.deep.equal([0, 0, 1]);
    deliveries.resume(new Map(), 1);
    deliveries.note(HOME, 2, [transaction]);
    expect(deliveries.take(2)).to.have.length(1);
  });
});
