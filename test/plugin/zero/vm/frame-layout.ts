/**
 * Frames as large as a module may make them, on V8, on the machine and in its trace. The modules are written byte by byte: an assembler would
 * make locals of what is to lie on the operand stack.
 */
import { expect } from "chai";

import { ByteWriter } from "../../../../plugin/wasm/byte-writer.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { op } from "../../../../plugin/wasm/instructions.ts";
import { moduleLimits } from "../../../../plugin/wasm/limits.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { checkTrace } from "../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../plugin/zero/tables/trace-program.ts";
import { execute, Machine } from "../../../../plugin/zero/vm/executor.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { BothEngines } from "./both-engines.ts";

const [i32, i64, empty] = [0x7f, 0x7e, 0x40];
const [i64Ne, i32And] = [0x52, 0x71];

type Code = readonly number[];

const times = <T>(count: number, each: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => each(i));
const flat = (count: number, each: (i: number) => Code): Code => times(count, each).flat();

function written(write: (writer: ByteWriter) => void): Code {
  const writer = new ByteWriter();
  write(writer);
  return [...writer.finish()];
}
const unsigned = (value: number): Code => written((writer) => writer.u32(value));
const signed = (value: number | bigint): Code => written((writer) => writer.signed(value));
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
const get = (local: number): Code => [op.localGet, ...unsigned(local)];
const set = (local: number): Code => [op.localSet, ...unsigned(local)];
const constant = (value: number): Code => [op.i32Const, ...signed(value)];
const wide = (value: bigint): Code => [op.i64Const, ...signed(value)];

interface Written {
  readonly name: string;
  /** Number of the function's type. */
  readonly type: number;
  readonly locals?: readonly (readonly [count: number, type: number])[];
  readonly code: Code;
}

type Signature = readonly [params: Code, results: Code];

/** All functions are exported, and stand in table 0. */
function moduleOf(types: readonly Signature[], functions: readonly Written[]): Uint8Array {
  const section = (id: number, items: readonly Code[]): Code => [id, ...sized(vector(items))];
  const name = (text: string): Code => sized([...new TextEncoder().encode(text)]);
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(
      1,
      types.map(([params, results]) => [0x60, ...sized(params), ...sized(results)]),
    ),
    ...section(
      3,
      functions.map(({ type }) => unsigned(type)),
    ),
    ...section(4, [[0x70, 0, functions.length]]),
    ...section(
      7,
      functions.map((each, i) => [...name(each.name), 0, i]),
    ),
    ...section(9, [[0, ...constant(0), op.end, ...vector(functions.map((_, i) => unsigned(i)))]]),
    ...section(
      10,
      functions.map(({ locals = [], code }) =>
        sized([...vector(locals.map(([count, type]) => [...unsigned(count), type])), ...code, op.end]),
      ),
    ),
  ]);
}

describe("Nexus Zero's frames at their limits", function () {
  this.timeout(60_000);

  const most = moduleLimits.params;
  const params = times(most, (i) => (i % 2 === 0 ? i32 : i64));
  const reversed: Signature = [params, params.toReversed()];
  const given = times(most, (i) => (i % 2 === 0 ? BigInt(i) : (1n << 64n) - BigInt(i)));

  /** As many parameters as there may be become as many results, in the opposite order: each result's cell is a parameter's. */
  const exchanging = moduleOf(
    [reversed, [[], []]],
    [
      { name: "exchange", type: 0, code: flat(most, (i) => get(most - 1 - i)) },
      {
        name: "twice",
        type: 0,
        code: [...flat(most, get), op.call, 0, ...constant(0), op.callIndirect, 0, 0],
      },
      {
        name: "_start",
        type: 1,
        // Above an operand that stays; then the results are compared with what was given.
        code: [
          ...constant(7),
          ...flat(most, (i) => (i % 2 === 0 ? constant(i) : wide(BigInt(-i)))),
          ...[op.call, 0],
          ...flat(most, (i) => [
            ...(i % 2 === 0 ? [...constant(i), 0x47] : [...wide(BigInt(-i)), i64Ne]),
            ...[op.if, empty, op.unreachable, op.end],
          ]),
          ...[...constant(7), op.i32Sub, op.if, empty, op.unreachable, op.end],
        ],
      },
    ],
  );

  it(`exchange ${most} parameters with as many results, directly and through a table`, () => {
    const both = new BothEngines(exchanging);
    expect(both.call("exchange", ...given)).to.deep.equal(given.toReversed());
    expect(both.call("twice", ...given)).to.deep.equal(given);
  });

  it("are proven like small ones", () => {
    const program = translate(validate(decode(exchanging)));
    const { trace, parameters, instructions } = traceProgram(program);
    checkTrace(trace, parameters);
    expect(instructions).to.equal(execute(program).instructions);
  });

  it(`hold ${moduleLimits.locals} locals, and as many operands above them`, () => {
    const [locals, operands] = [moduleLimits.locals - 1, moduleLimits.operands];
    const both = new BothEngines(
      moduleOf(
        [[[i32], [i32]]],
        [
          {
            // Every local is the parameter plus its number; all are on the stack at once.
            name: "sum",
            type: 0,
            locals: [[locals, i32]],
            code: [
              ...flat(locals, (i) => [...get(0), ...constant(i), op.i32Add, ...set(1 + i)]),
              ...flat(operands, get),
              ...flat(operands - 1, () => [op.i32Add]),
            ],
          },
          {
            // All operands are one parameter, which is then written.
            name: "kept",
            type: 0,
            code: [
              ...flat(operands - 1, () => get(0)),
              ...[...constant(5), ...set(0)],
              ...flat(operands - 2, () => [op.i32Add]),
              ...[...get(0), op.i32Add],
            ],
          },
        ],
      ),
    );
    const sum = BigInt(((locals - 1) * locals) / 2);
    expect(both.call("sum", 3n)).to.deep.equal([3n * BigInt(operands) + sum]);
    expect(both.call("kept", 3n)).to.deep.equal([3n * BigInt(operands - 1) + 5n]);
    both.call("sum", 0xffff_ffffn);
  });

  it("are left by branches with many values to every block around, by numbers up to 2^32 − 1", () => {
    const results = times(most, () => i64);
    const both = new BothEngines(
      moduleOf(
        [
          [[i32], results],
          [[], results],
        ],
        [
          {
            name: "leave",
            type: 0,
            code: [
              // Of three blocks, each puts another last value; the fourth target is the function.
              ...[op.block, 1, op.block, 1, op.block, 1],
              ...flat(most, (i) => wide(BigInt(i) << 50n)),
              ...[...get(0), op.brTable, ...vector([[0], [1], [3], [0]]), 2],
              ...flat(3, (i) => [op.end, op.drop, ...wide(BigInt(-1 - i))]),
            ],
          },
        ],
      ),
    );
    const values = times(most - 1, (i) => BigInt(i) << 50n);
    const last = (index: bigint): bigint => {
      const outcome = both.call("leave", index) as readonly bigint[];
      expect(outcome.slice(0, -1)).to.deep.equal(values.map((bits) => BigInt.asUintN(64, bits)));
      return BigInt.asIntN(64, outcome.at(-1)!);
    };
    const kept = BigInt.asIntN(64, BigInt(most - 1) << 50n);
    expect([0n, 1n, 2n, 3n, 4n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn].map(last)).to.deep.equal([
      ...[-3n, -3n, kept, -3n],
      ...[-3n, -3n, -3n, -3n],
    ]);
  });

  it(`are reached by the ${moduleLimits.branchTableTargets} targets of a table, through a thousand blocks`, () => {
    const depth = 1000;
    const targets = moduleLimits.branchTableTargets;
    const both = new BothEngines(
      moduleOf(
        [[[i32], [i32]]],
        [
          {
            name: "depth",
            type: 0,
            locals: [[1, i32]],
            code: [
              ...flat(depth, () => [op.block, empty]),
              ...[...get(0), op.brTable, ...vector(times(targets, (i) => unsigned(i % depth)))],
              ...unsigned(depth - 1),
              // Counts the blocks that are left one by one.
              ...flat(depth, () => [op.end, ...get(1), ...constant(1), op.i32Add, ...set(1)]),
              ...get(1),
            ],
          },
        ],
      ),
    );
    for (const index of [0, 1, depth - 1, depth, targets - 1, targets, targets + 1, 2 ** 31, 2 ** 32 - 1]) {
      const expected = index < targets ? depth - (index % depth) : 1;
      expect(both.call("depth", BigInt(index)), String(index)).to.deep.equal([BigInt(expected)]);
    }
  });

  it("follow one another to the last cell of the stack and no further", () => {
    const wasm = moduleOf(
      [[[i32], [i32]]],
      [
        {
          // n calls, one inside of another; every frame keeps its parameter for afterwards.
          name: "deep",
          type: 0,
          locals: [[100, i64]],
          code: [
            ...[...get(0), op.if, i32],
            ...[
              ...get(0),
              ...constant(1),
              op.i32Sub,
              op.call,
              0,
              ...get(0),
              ...constant(1),
              i32And,
              op.i32Add,
            ],
            ...[op.else, ...constant(0), op.end],
          ],
        },
      ],
    );
    const program = translate(validate(decode(wasm)), ["deep"]);
    const { frameCells } = program.entryPoints.get("deep")!;
    const call = [...program.code.op.keys()].find(
      (pc) =>
        program.code.c[pc] === program.entryPoints.get("deep")!.pc &&
        program.code.b[pc] === BigInt(frameCells),
    )!;
    const deepest = Math.floor((machineLimits.stackCells - frameCells) / program.code.d[call]!);
    const machine = new Machine(program);
    const outcome = (calls: number): bigint | string => {
      try {
        return machine.invoke("deep", [BigInt(calls)])[0]!;
      } catch (error) {
        if (error instanceof MachineTrap) return error.kind;
        throw error;
      }
    };
    expect(deepest).to.be.greaterThan(10_000);
    expect(outcome(deepest)).to.equal(BigInt(Math.ceil(deepest / 2)));
    expect(outcome(deepest + 1)).to.equal("call stack exhausted");
    expect(outcome(0xffff_ffff)).to.equal("call stack exhausted");
    expect(outcome(10), "a trap leaves nothing behind").to.equal(5n);
  });
});
