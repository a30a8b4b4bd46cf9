import { expect } from "chai";
import fc from "fast-check";

import {
  DELIVERY_BYTES,
  DELIVERY_GAS,
  DELIVERY_ITEMS,
  answerBytes,
  answerGas,
  takeDeliverable,
} from "../../../../plugin/cloud/replication/delivery-budget.ts";
import { requestEvent } from "./events.ts";

const SEED = 64;
const answer = (callbackGas: number, outputBytes: number) => ({
  request: { ...requestEvent(1, `0x${"11".repeat(32)}`).request, callbackGas: BigInt(callbackGas) },
  outcome: 0 as const,
  output: new Uint8Array(outputBytes),
});
const arbitrary = fc
  .tuple(fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: 0, max: 65_536 }))
  .map(([gas, bytes]) => answer(gas, bytes));

describe(`plugin/cloud/replication/delivery-budget (seed ${SEED})`, () => {
  it("delivers everything once and in order, with every header within its bounds", () => {
    fc.assert(
      fc.property(fc.array(arbitrary, { maxLength: 100 }), (answers) => {
        const queue = [...answers];
        const delivered: typeof answers = [];
        while (queue.length > 0) {
          const taken = takeDeliverable(queue, answerGas, answerBytes);
          expect(taken.length).to.be.within(1, DELIVERY_ITEMS);
          expect(taken.reduce((sum, one) => sum + answerGas(one), 0n) <= DELIVERY_GAS).to.equal(true);
          expect(taken.reduce((sum, one) => sum + answerBytes(one), 0)).to.be.at.most(DELIVERY_BYTES);
          delivered.push(...taken);
        }
        expect(delivered).to.deep.equal(answers);
      }),
      { seed: SEED },
    );
  });

  it("takes nothing from an empty queue, and one item however large", () => {
    expect(takeDeliverable([], answerGas, answerBytes)).to.deep.equal([]);
    const large = [answer(50_000_000, 1_000_000), answer(0, 0)];
    expect(takeDeliverable(large, answerGas, answerBytes)).to.have.length(1);
    expect(large).to.have.length(1);
  });
});
