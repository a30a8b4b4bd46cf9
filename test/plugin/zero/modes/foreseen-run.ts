import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { loadProgram, type LoadedProgram } from "../../../../plugin/programs/load.ts";
import { foreseeRun } from "../../../../plugin/zero/modes/foreseen-run.ts";
import { assemble } from "../vm/both-engines.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const none = new Uint8Array(0);

describe("foreseeRun", () => {
  let fibonacci: LoadedProgram;
  before(async () => {
    fibonacci = await loadProgram("fibonacci", { programs: `${root}programs`, cache: `${root}cache` });
  });

  it("says what a run comes to", () => {
    const { journal, instructions } = foreseeRun(fibonacci, new TextEncoder().encode("30"), none);
    expect(new TextDecoder().decode(journal)).to.equal("832040");
    expect(instructions).to.be.greaterThan(1_000);
  });

  it("refuses a run whose proof needs more memory than there is, with both figures", () => {
    expect(() => foreseeRun(fibonacci, none, none, 2 ** 30)).to.throw(/^fibonacci ended with exit code 1/);
    expect(() => foreseeRun(fibonacci, new TextEncoder().encode("30"), none, 64 * 2 ** 20)).to.throw(
      /^This run of fibonacci cannot be proven: its proof takes about [\d,]+ MiB of memory and can have 64 MiB/,
    );
  });

  it("refuses a run whose trace does not fit the slabs", () => {
    const module = assemble(`(module (memory (export "memory") 1) (func (export "_start") (local i32 i32)
      (loop $again (local.set 0 (i32.add (local.get 0) (i32.const 1)))
        (local.set 1 (i32.mul (local.get 0) (local.get 0)))
        (br_if $again (i32.lt_u (local.get 0) (i32.const 1000000))))))`);
    expect(() => foreseeRun({ name: "long", module }, none, none)).to.throw(
      /^This run of long cannot be proven: its trace has \d+ cells.*: prove a shorter run\.$/,
    );
  });
});
