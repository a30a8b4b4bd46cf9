import { expect } from "chai";

import { ChainDelivery, type SignedBlocks } from "../../../../plugin/cloud/chains/chain-delivery.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";

const CHAIN = 10n;
const GATEWAY = `0x${"ab".repeat(20)}`;
const FINALITY = 3n;

/** A chain of finality 3, whose transactions are mined at once, and that may lose its last blocks. */
function scene(silent: readonly number[] = [], isDue?: (height: number) => boolean) {
  const state = { head: 100n, height: 0, noted: 0, isSigned: true };
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
    certificate: async () =>
      state.isSigned ? { epoch: 1n, headers: [], signatures: [new Uint8Array()] } : undefined,
    noteDelivered: async (_, height) => void (state.noted = height),
  };
  const open = (): ChainDelivery =>
    new ChainDelivery({
      chainId: CHAIN,
      gateway: GATEWAY,
      delivered: state.noted,
      blocks: () => blocks,
      ...(isDue && { isDue }),
      relayer: {
        has: async ({ header }) => arrived.has(Number(header.height)),
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
  /** Another relayer brings a block. */
  const bring = (height: number): void => void arrived.set(height, ++state.head);
  return { state, sent, open, reorganise, bring };
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

  it("leaves a block to others while it is their turn, passes over what they brought, and brings it in its own", async () => {
    let due = 1;
    const { state, sent, open, bring, reorganise } = scene([], (height) => height === 2 || height <= due);
    const delivery = open();
    state.height = 3;
    due = 0;
    await delivery.queue.advance();
    expect([delivery.delivered, sent], "block 2 waits for block 1").to.deep.equal([0, []]);
    bring(1);
    await delivery.queue.advance();
    expect([delivery.delivered, sent]).to.deep.equal([2, [2]]);
    due = 3;
    await delivery.queue.advance();
    expect([delivery.delivered, sent]).to.deep.equal([3, [2, 3]]);
    due = 0;
    reorganise(100n, 101n);
    await delivery.queue.advance();
    expect(sent, "what was taken back comes again by turns").to.deep.equal([2, 3, 2]);
    state.head = 110n;
    due = 3;
    await delivery.queue.advance();
    expect(sent).to.deep.equal([2, 3, 2, 1, 3]);
    state.head += FINALITY;
    await delivery.queue.advance();
    expect(state.noted).to.equal(3);
  });

  it("goes on past a block whose signature it never heard once the chain has it", async () => {
    const { state, sent, open, bring } = scene();
    const delivery = open();
    [state.height, state.isSigned] = [1, false];
    await delivery.queue.advance();
    expect(delivery.delivered).to.equal(0);
    bring(1);
    await delivery.queue.advance();
    expect([delivery.delivered, sent]).to.deep.equal([1, []]);
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
