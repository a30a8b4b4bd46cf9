/** Random stack code on the machine and on V8. */
import { expect } from "chai";

import { seeded } from "../../../seeded.ts";
import { BothEngines } from "./both-engines.ts";
import { randomStackModule } from "./random-stack-module.ts";

describe("Nexus Zero's machine: random stack code", function () {
  const modules = Number(process.env["ZERO_RANDOM_MODULES"] ?? 150);
  this.timeout(30_000 + 300 * modules);

  it(`agrees with V8 on ${modules} random modules (seeds "nexus zero stack 0"…)`, () => {
    let returned = 0;
    for (let i = 0; i < modules; i++) {
      const seed = `nexus zero stack ${i}`;
      const random = seeded(seed);
      const { wasm, signatures } = randomStackModule(random);
      try {
        const both = new BothEngines(wasm);
        for (let call = 0; call < 8; call++) {
          const { params } = signatures[call % signatures.length]!;
          const given = params.map(
            (type) => random.scalar(1n << (type === 0x7f ? 32n : 64n)) >> BigInt(call * 7),
          );
          both.call("refuel");
          if (typeof both.call(`f${call % signatures.length}`, ...given) !== "string") returned++;
          both.call("mixed");
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
