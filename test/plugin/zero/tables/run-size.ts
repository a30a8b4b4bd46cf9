import { expect } from "chai";

import { chips } from "../../../../plugin/zero/chips/index.ts";
import { machineProgram } from "../../../../plugin/zero/vm/machine-program.ts";
import { runSize } from "../../../../plugin/zero/tables/run-size.ts";
import { traceProgram } from "../../../../plugin/zero/tables/trace-program.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { assemble } from "../vm/both-engines.ts";
import { guestCalls, guestCommand, guestInput } from "../vm/guest-programs.ts";

const start = (body: string): Program =>
  machineProgram({
    name: "it",
    module: assemble(
      `(module (memory (export "memory") 1) (func (export "_start") (local $i i32) (local $s i64) ${body}))`,
    ),
  });

describe("runSize", function () {
  this.timeout(60_000);

  /** Compares with the trace; that the two differ in the boundary chip is what "at least" is about. */
  function agree(program: Program, input: Uint8Array = new Uint8Array(0)): void {
    const size = runSize(program, { input });
    const { trace, journal, log, instructions } = traceProgram(program, { input });
    expect(size).to.include({ instructions });
    expect([size.journal, size.log]).to.deep.equal([journal, log]);
    chips.forEach(({ name }, c) => {
      if (name === "boundary") expect(size.heights[c], name).to.be.at.most(trace[c]!.height);
      else expect(size.heights[c], name).to.equal(trace[c]!.height);
    });
  }

  it("knows the heights of all tables but the boundary's", async () => {
    const program = machineProgram({ name: "guests", module: await guestCommand() });
    guestCalls.forEach(([, argument], number) => {
      agree(program, guestInput(number, argument));
    });
  });

  it("has rows for an input of the most bytes", () => {
    const { ioBits } = productionSizes;
    const input = new Uint8Array(machineLimits.streamBytes);
    agree(start(""), input);
    expect(runSize(start(""), { input }).heights[chips.findIndex(({ name }) => name === "io")]).to.equal(
      ioBits,
    );
  });

  it("tells accesses of two words from those of one", () => {
    agree(
      start(`(loop $again
        (local.set $s (i64.add (local.get $s) (i64.load offset=3 (local.get $i))))
        (i32.store16 offset=1 (local.get $i) (i32.const 7))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 300))))`),
    );
  });

  it("stops a run that does not end, and refuses one with more rows than a table has", () => {
    expect(() => runSize(start("(loop $again (br $again))")))
      .to.throw(MachineTrap)
      .with.property("kind", "too many instructions");
    expect(() => runSize(start("(loop $again (br $again))"), { steps: 1_000 })).to.throw(
      /1000 were executed/,
    );
    const long = start(`(loop $again (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 1048576))))`);
    expect(() => runSize(long)).to.throw(RangeError, /1048577 instructions of the chip add/);
  });
});
