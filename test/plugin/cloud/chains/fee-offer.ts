import { expect } from "chai";
import { id, toBeHex, toQuantity } from "ethers";

import { EvmChain, type Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import { firstOffer, raisedOffer } from "../../../../plugin/cloud/chains/fee-offer.ts";
import { servedChain } from "../../../../plugin/cloud/chains/served-chain.ts";
import type { ChainRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import { relayerOf } from "./relayer-of.ts";

const GWEI = 10n ** 9n;
const ASKED = { maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI };
const GAS = 14_400_000n;
const BOUNDS = { multiple: 4n, budget: 10n ** 19n };
const address = (n: number): string => toBeHex(n, 20);

const addresses = {
  committees: address(1),
  gateway: address(2),
  outbox: address(3),
  checkpoints: address(4),
  subscriptions: address(5),
};

/** A relayer's offers on a chain that never mines a transaction, until `polls` looks for a receipt have been taken. */
async function offersWithin(polls: number, moves: boolean): Promise<{ fee: bigint; tip: bigint }[]> {
  const offers: { fee: bigint; tip: bigint }[] = [];
  let [height, looks] = [1n, 0];
  const provider: Eip1193 = {
    request: async ({ method, params }) => {
      switch (method) {
        case "eth_blockNumber":
          return toQuantity(moves ? ++height : height);
        case "eth_getBlockByNumber":
          return {
            number: toQuantity(height),
            timestamp: "0x1",
            baseFeePerGas: toQuantity(10n * GWEI),
            gasLimit: toQuantity(36_000_000n),
          };
        case "eth_maxPriorityFeePerGas":
          return toQuantity(GWEI);
        case "eth_getTransactionCount":
          if (++looks > polls) throw new Error("enough");
          return "0x0";
        case "eth_getTransactionReceipt":
          return null;
        case "eth_call":
          return toBeHex(1, 32);
        case "eth_estimateGas":
          return "0x61a80";
        case "eth_sendTransaction": {
          const { maxFeePerGas, maxPriorityFeePerGas } = params![0] as Record<string, string>;
          offers.push({ fee: BigInt(maxFeePerGas!), tip: BigInt(maxPriorityFeePerGas!) });
          return id(String(offers.length));
        }
        default:
          throw new Error(`${method} is not expected`);
      }
    },
  };
  const served = servedChain(new EvmChain(provider, 1n, 0), addresses, {
    isHome: true,
    deployedAt: 1n,
    callGasPrice: 0n,
  });
  const request = {
    cloudId: id("cloud"),
    programId: id("p"),
    requester: address(7),
    nonce: 0n,
    fee: 0n,
    deadline: 10n ** 12n - 1n,
    callbackGas: 0n,
    fuelLimit: 10n ** 8n,
    outputLimit: 1_024n,
    inputHash: id(""),
  };
  const record: ChainRecord = {
    chainId: 1n,
    gateway: address(2),
    header: { height: 1n, stateRoot: id("a"), resultsHash: id("b"), callsHash: id("c") },
    answers: [{ request, outcome: 0, output: new Uint8Array() }],
    calls: [],
  };
  const relayer = relayerOf(served, id("cloud"), address(9), { poll: 0, bump: 0 });
  let why: unknown;
  await relayer.deliver(1n, record, new Uint8Array(64)).catch((error: unknown) => (why = error));
  expect(String(why)).to.contain("enough");
  return offers;
}

describe("plugin/cloud/chains/fee-offer", () => {
  it("begins with what the chain asks for, unless the budget is less", () => {
    expect(firstOffer(ASKED, GAS, BOUNDS)).to.deep.equal(ASKED);
    const small = firstOffer(ASKED, GAS, { ...BOUNDS, budget: GAS * 5n });
    expect(small).to.deep.equal({ maxFeePerGas: 5n, maxPriorityFeePerGas: 5n });
  });

  it("replaces an offer with a quarter more, or with what is asked for by now", () => {
    const more = raisedOffer(ASKED, ASKED, GAS, BOUNDS)!;
    expect(more.maxFeePerGas).to.equal((ASKED.maxFeePerGas * 5n) / 4n + 1n);
    expect(more.maxPriorityFeePerGas).to.equal((GWEI * 5n) / 4n + 1n);
    const dear = { maxFeePerGas: 90n * GWEI, maxPriorityFeePerGas: 3n * GWEI };
    expect(raisedOffer(ASKED, dear, GAS, BOUNDS)).to.deep.equal(dear);
  });

  it("goes beyond neither the multiple nor the budget, and replaces nothing by less than a tenth more", () => {
    for (const bounds of [BOUNDS, { multiple: 1_000n, budget: GAS * 50n * GWEI }]) {
      let offers = 0;
      let last = firstOffer(ASKED, GAS, bounds);
      for (;;) {
        const next = raisedOffer(last, ASKED, GAS, bounds);
        if (next === undefined) break;
        expect(next.maxFeePerGas * 10n >= last.maxFeePerGas * 11n).to.equal(true);
        expect(next.maxPriorityFeePerGas * 10n >= last.maxPriorityFeePerGas * 11n).to.equal(true);
        expect(next.maxFeePerGas <= bounds.multiple * ASKED.maxFeePerGas).to.equal(true);
        expect(next.maxPriorityFeePerGas <= bounds.multiple * ASKED.maxPriorityFeePerGas).to.equal(true);
        expect(next.maxFeePerGas * GAS <= bounds.budget).to.equal(true);
        last = next;
        expect(++offers).to.be.below(10);
      }
      expect(offers).to.be.above(2);
    }
  });

  it("offers a chain that stands still no more, and one that moves without it at most four times its fees", async () => {
    expect(await offersWithin(300, false)).to.deep.equal([
      { fee: ASKED.maxFeePerGas, tip: ASKED.maxPriorityFeePerGas },
    ]);
    const offers = await offersWithin(300, true);
    expect(offers.length).to.be.within(4, 9);
    const { fee, tip } = offers.at(-1)!;
    expect(fee <= 4n * ASKED.maxFeePerGas && tip <= 4n * ASKED.maxPriorityFeePerGas).to.equal(true);
  });
});
