import { expect } from "chai";

import { chips } from "../../../../plugin/zero/chips/index.ts";
import { imageRows } from "../../../../plugin/zero/chips/image/trace.ts";
import { programRows } from "../../../../plugin/zero/chips/program/trace.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { packConstants } from "../../../../plugin/zero/proof/header.ts";
import { isEndlessProgram } from "../../../../plugin/zero/proof/program-identity.ts";
import { commitProgram } from "../../../../plugin/zero/prover/prove-trace.ts";
import type { Trace } from "../../../../plugin/zero/trace/trace.ts";
import { opcodes } from "../../../../plugin/zero/vm/instruction.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { TrapdoorKey } from "../prover/reference/trapdoor-key.ts";

/** One instruction with all operands 0, and no memory. */
function single(opcode: number): Program {
  return {
    code: {
      op: Uint8Array.of(opcode),
      d: new Uint32Array(1),
      a: new Uint32Array(1),
      b: new BigUint64Array(1),
      c: new Uint32Array(1),
    },
    image: { first: 0, words: new BigUint64Array(1) },
    pages: { first: 0, most: 0 },
    globals: 0,
    entryPoints: new Map(),
    end: 0,
    source: {
      functionIndex: new Uint32Array(1),
      offset: new Uint32Array(1),
      weight: new Uint16Array(1),
      functionNames: new Map(),
    },
  };
}

describe("the identity of a program", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(1);
  });
  after(() => kernels.close());

  it("is 0 for a mov with nothing behind it, which goes on to an instruction that is not there", () => {
    const endless = (opcode: number): boolean => {
      const program = single(opcode);
      const tables = new Map([
        ["program", programRows(program).table()],
        ["image", imageRows(program).table()],
      ]);
      const trace: Trace = chips.map(({ name }) => tables.get(name) ?? { height: 0, columns: [] });
      const constants = packConstants({
        programHeight: tables.get("program")!.height,
        imageHeight: tables.get("image")!.height,
        ...{ imageFirst: 0, firstPages: 0, mostPages: 0 },
      });
      expect(constants).to.equal(0n);
      return isEndlessProgram(
        commitProgram(new TrapdoorKey(kernels, 7n, 16), productionShape, trace),
        constants,
      );
    };
    expect(endless(opcodes.mov)).to.equal(true);
    for (const name of ["wrap", "jmp", "ret", "exit"] as const) {
      expect(endless(opcodes[name]), name).to.equal(false);
    }
  });
});
