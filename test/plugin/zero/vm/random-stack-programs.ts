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

  /** Assemblers turn parameters of blocks into locals, so these bytes are written by hand; type 0 is i32 to i32. */
  const byHand = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
    ...[3, 3, 2, 0, 0],
    ...[7, 9, 2, 1, 0x61, 0, 0, 1, 0x62, 0, 1],
    ...[10, 40, 2],
    // a: loop (type 0): the operand times 3, once more while it is below 1000
    ...[22, 1, 1, 0x7f, 0x20, 0, 0x03, 0, 0x41, 3, 0x6c, 0x22, 1, 0x20, 1, 0x41, 0xe8, 7, 0x49],
    ...[0x0d, 0, 0x0b, 0x0b],
    // b: if (type 0) it is more than 5: ten more; there is no else
    ...[15, 0, 0x20, 0, 0x20, 0, 0x41, 5, 0x4b, 0x04, 0, 0x41, 10, 0x6a, 0x0b, 0x0b],
  ]);

  it("gives a loop's next round what a branch carries", () => {
    expect(new BothEngines(byHand).call("a", 7n)).to.deep.equal([1701n]);
  });

  it("passes the parameters of an if without else on, where the condition does not hold", () => {
    const both = new BothEngines(byHand);
    expect([both.call("b", 5n), both.call("b", 7n)]).to.deep.equal([[5n], [17n]]);
  });
});
