import { expect } from "chai";

import { Amounts } from "../../../../plugin/cloud/replication/amounts.ts";
import { seeded } from "../../../seeded.ts";

const SEED = "amounts";

describe(`plugin/cloud/replication/amounts (seed ${SEED})`, () => {
  it("is what a map is, and says what was changed, over forks that are settled or dropped", () => {
    const { scalar } = seeded(SEED);
    /** Below `bound`. */
    const random = (bound: number): number => Number(scalar(BigInt(bound) + 1n)) - 1;
    let settled = new Amounts();
    const model = new Map<string, bigint>();
    for (let block = 0; block < 300; block++) {
      const fork = settled.fork();
      const copy = new Map(model);
      for (let i = random(6); i > 0; i--) {
        const name = `program ${random(12)}`;
        if (random(4) === 0) {
          fork.delete(name);
          copy.delete(name);
        } else {
          const amount = BigInt(random(3));
          fork.set(name, amount);
          copy.set(name, amount);
        }
        expect(fork.get(name) === copy.get(name)).to.equal(true);
      }
      expect(fork.names().sort()).to.deep.equal([...copy.keys()].sort());
      const written = new Map(model);
      for (const [name, amount] of fork.changes()) {
        expect(amount === model.get(name), "only what is another").to.equal(false);
        if (amount === undefined) written.delete(name);
        else written.set(name, amount);
      }
      expect([...written].sort()).to.deep.equal([...copy].sort());
      for (const name of model.keys()) expect(settled.get(name) === model.get(name), "apart").to.equal(true);
      if (random(3) === 0) continue;
      fork.settle();
      expect(fork.changes().size).to.equal(0);
      settled = fork;
      model.clear();
      for (const [name, amount] of copy) model.set(name, amount);
    }
    expect(model.size).to.be.greaterThan(3);
  });

  it("forks nothing that may still be dropped", () => {
    const amounts = new Amounts();
    amounts.set("a", 1n);
    expect(() => amounts.fork()).to.throw("not settled");
    amounts.settle();
    expect(amounts.fork().get("a")).to.equal(1n);
  });
});
