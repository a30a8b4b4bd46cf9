/** Random programs on the machine and on V8. */
import { expect } from "chai";

import { seeded } from "../../../seeded.ts";
import { assemble, BothEngines } from "./both-engines.ts";
import { randomModule } from "./random-module.ts";

describe("Nexus Zero's machine: random programs", function () {
  const modules = Number(process.env["ZERO_RANDOM_MODULES"] ?? 150);
  this.timeout(30_000 + 300 * modules);

  it(`agrees with V8 on ${modules} random modules (seeds "nexus zero program 0"…)`, () => {
    let returned = 0;
    for (let i = 0; i < modules; i++) {
      const seed = `nexus zero program ${i}`;
      const random = seeded(seed);
      const { text, params } = randomModule(random);
      try {
        const both = new BothEngines(assemble(text));
        for (let call = 0; call < 6; call++) {
          const given = params.map(
            (type) => random.scalar(1n << (type === "i32" ? 32n : 64n)) >> BigInt(call * 7),
          );
          if (typeof both.call("f0", ...given) !== "string") returned++;
          expect(Buffer.compare(both.machine.memory, both.memory), "memory").to.equal(0);
        }
      } catch (error) {
        throw new Error(`seed "${seed}"`, { cause: error });
      }
    }
    // Otherwise the generator makes nothing but traps.
    expect(returned).to.be.greaterThan(modules * 3);
  });
});
