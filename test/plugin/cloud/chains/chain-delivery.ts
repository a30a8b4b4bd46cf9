import { expect } from "chai";

import { ChainDelivery, type SignedBlocks } from "../../../../plugin/cloud/chains/chain-delivery.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";

const CHAIN = 10n;
const GATEWAY = `0x${"ab".repeat(20)}`;
const FINALITY = 3n;

/** A chain of finality 3, whose transactions are mined at once, and that may lose its last blocks. */
function scene(silent: readonly number[] = []) {
  const state = { head: 100n, height: 0, noted: 0 };
  /** At which block each height arrived. */
  const arrived = new Map<number, bigint>();
  const sent: number[] = [];
  const blocks: SignedBlocks = {
    get height() {
      return state.height;
    },
    record: (height) => {
      const answers = silent.includes(height) ? [] : [{}];
      const header = { height: BigInt(height) };
      const chains = [{ chainId: CHAIN, gateway: GATEWAY, header, answers, calls: [] }];
      return { height, chains } as unknown as BlockRecord;
    },
    certificate: async () => ({ epoch: 1n, headers: [], signatures: [new Uint8Array()] }),
    noteDelivered: async (_, height) => void (state.noted = height),
  };
  const open = (): ChainDelivery =>
    new ChainDelivery({
      chainId: CHAIN,
      gateway: GATEWAY,
      delivered: state.noted,
      blocks: () => blocks,
      relayer: {
        head: async () => state.head,
        isFinal: async ({ header }, since) => {
          const block = arrived.get(Number(header.height));
          const final = state.head - FINALITY;
          return final >= since && block !== undefined && block <= final;
        },
        deliver: async (_, { header }) => {
          const height = Number(header.height);
          if (arrived.has(height)) return [];
          arrived.set(height, ++state.head);
          sent.push(height);
          return [{ kind: "fulfil", transactionHash: `0x${height}`, gasUsed: 1n }];
        },
      },
    });
  /** Takes the chain back to a block, and on to a higher head than before, on another branch. */
  const reorganise = (to: bigint, head: bigint): void => {
    for (const [height, block] of arrived) if (block > to) arrived.delete(height);
    state.head = head;
  };
  return { state, sent, open, reorganise };
}

describe("plugin/cloud/chains/chain-delivery", () => {
  it("goes on to the next block at once, and notes a block as delivered below finality alone", async () => {
    const { state, sent, open } = scene([2]);
    const delivery = open();
    state.height = 3;
    await delivery.queue.advance();
    expect(sent).to.deep.equal([1, 3]);
    expect([delivery.delivered, state.noted]).to.deep.equal([3, 0]);
    state.head = 104n;
    await delivery.queue.advance();
    expect(state.noted, "the first one and the silent one").to.equal(2);
    state.head = 105n;
    await delivery.queue.advance();
    expect(state.noted).to.equal(3);
    expect(sent).to.deep.equal([1, 3]);
  });

  it("brings again, in their order, what a reorganisation took back", async () => {
    const { state, sent, open, reorganise } = scene();
    const delivery = open();
    state.height = 2;
    await delivery.queue.advance();
    reorganise(101n, 103n);
    await delivery.queue.advance();
    expect(sent, "the second one is gone, the first one is not").to.deep.equal([1, 2, 2]);
    reorganise(100n, 110n);
    await delivery.queue.advance();
    expect(sent).to.deep.equal([1, 2, 2, 1, 2]);
    state.head = 115n;
    await delivery.queue.advance();
    expect(state.noted).to.equal(2);
  });

  it("looks after a restart at all that was not final before it", async () => {
    const { state, sent, open, reorganise } = scene();
    state.height = 3;
    const before = open();
    await before.queue.advance();
    state.head = 104n;
    await before.queue.advance();
    expect(state.noted, "a process that dies has noted nothing of what may be lost").to.equal(1);
    reorganise(101n, 120n);
    const delivery = open();
    await delivery.queue.advance();
    expect(sent).to.deep.equal([1, 2, 3, 2, 3]);
    expect(delivery.delivered).to.equal(3);
    state.head += FINALITY;
    await delivery.queue.advance();
    expect(state.noted).to.equal(3);
  });
});
