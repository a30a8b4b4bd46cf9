import { expect } from "chai";

import { execute } from "../../../../plugin/zero/vm/executor.ts";
import { machineProgram } from "../../../../plugin/zero/vm/machine-program.ts";
import { prebuilt } from "../../../programs/guest.ts";

const input = new TextEncoder().encode("30");

describe("machineProgram", () => {
  it("translates a module once, and another with the same bytes again", () => {
    const fibonacci = { name: "fibonacci", module: prebuilt("fibonacci") };
    const first = machineProgram(fibonacci);
    expect(machineProgram({ ...fibonacci, name: "another name" })).to.equal(first);
    const copy = machineProgram({ ...fibonacci, module: fibonacci.module.slice() });
    expect(copy).not.to.equal(first);
    expect(copy).to.deep.equal(first);
  });

  it("gives a program that runs leave as it was", () => {
    const fibonacci = { name: "fibonacci", module: prebuilt("fibonacci") };
    const before = structuredClone(machineProgram(fibonacci));
    const runs = [1, 2].map(() => execute(machineProgram(fibonacci), { input }).instructions);
    expect(runs[0]).to.equal(runs[1]);
    expect(machineProgram(fibonacci)).to.deep.equal(before);
  });

  it("refuses a module every time", () => {
    const twap = { name: "twap", module: prebuilt("twap") };
    for (let i = 0; i < 2; i++) {
      expect(() => machineProgram(twap)).to.throw(/^Nexus Zero does not run twap: /);
    }
  });
});
