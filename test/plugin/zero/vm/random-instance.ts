/** Random modules whose imports, memories, tables, globals, segments and start functions matter, and their code little. */
import { ByteWriter } from "../../../../plugin/wasm/byte-writer.ts";
import { encode } from "../../../../plugin/wasm/encode.ts";
import { op } from "../../../../plugin/wasm/instructions.ts";
import { wasiModule } from "../../../../plugin/wasm/wasi.ts";
import {
  valueType,
  type ElementSegment,
  type Expression,
  type FunctionType,
  type Global,
  type Import,
  type Limits,
  type ReferenceType,
  type TableType,
} from "../../../../plugin/wasm/module.ts";
import type { Seeded } from "../../../seeded.ts";

const { i32, i64, f64, funcref, externref } = valueType;
const types: readonly FunctionType[] = [
  { params: [], results: [] },
  { params: [], results: [i32] },
  { params: [i32], results: [] },
  { params: [i32, i32, i32, i32], results: [i32] },
  { params: [i32], results: [i32] },
];

/** An expression: opcodes and indices below 128 as numbers, signed constants as bigints. */
function expression(...parts: (number | bigint)[]): Expression {
  const out = new ByteWriter();
  for (const part of parts) {
    if (typeof part === "bigint") out.signed(part);
    else out.byte(part);
  }
  out.opcode(op.end);
  return { code: out.finish(), offset: 0 };
}

const store = (at: number, value: (number | bigint)[], opcode = 0x36): (number | bigint)[] => [
  ...[op.i32Const, BigInt(at)],
  ...value,
  ...[opcode, 0, 0],
];

/** A command that shows in its output what instantiation left behind, unless it traps or exits before. */
export function randomInstance(random: Seeded): Uint8Array {
  const below = (bound: number): number => Number(random.scalar(BigInt(bound) + 1n)) - 1;
  const pick = <T>(...choices: readonly T[]): T => choices[below(choices.length)]!;
  const chance = (percent: number): boolean => below(100) < percent;
  // Most modules are to get as far as their code.
  const careful = chance(70);

  const range = (min: number, most: number): Limits => {
    const choices = [undefined, min, min + 1, most];
    return { min, max: careful ? pick(...choices) : pick(...choices, min - 1, most + 1) };
  };
  const pages = careful ? pick(1, 1, 2) : pick(0, 1, 1, 2, 1_024, 1_025);
  // Of a memory that would grow beyond what Nexus takes, V8 has another opinion.
  const memory = pages >= 1_024 ? { min: pages, max: pages } : range(pages, 65_536);
  const tables: TableType[] = Array.from({ length: below(4) }, () => {
    const entries = careful ? pick(0, 1, 3, 256, 257, 300) : pick(0, 1, 3, 1_000, 131_072, 131_073);
    return { element: pick<ReferenceType>(funcref, funcref, externref), limits: range(entries, 0xffff_fffe) };
  });

  const imports: Import[] = [];
  const importFunction = (name: string, typeIndex: number, module: string = wasiModule): number =>
    imports.push({ module, name, description: { kind: "function", typeIndex }, offset: 0 }) - 1;
  const write = importFunction("fd_write", 3);
  const exit = importFunction("proc_exit", !careful && chance(5) ? 4 : 2);
  if (chance(50)) importFunction("fd_close", 4);
  if (!careful && chance(10))
    importFunction(pick("fd_close", "memory.fill"), 4, pick("env", "nexus", wasiModule));
  const importedFunctions = imports.length;
  if (!careful && chance(10)) {
    const description = pick<Import["description"]>(
      { kind: "global", type: { value: i32, mutable: false } },
      { kind: "table", type: { element: funcref, limits: { min: 1, max: undefined } } },
    );
    imports.push({ module: "env", name: "thing", description, offset: 0 });
  }
  const importedGlobals = imports.filter((item) => item.description.kind === "global").length;

  const globals: Global[] = Array.from({ length: 1 + below(4) }, (_, i) => {
    const number = random.scalar(1n << 31n);
    const mutable = i === 0 || chance(50);
    if (i === 0) return { type: { value: i32, mutable }, init: expression(op.i32Const, number) };
    return pick<() => Global>(
      () => ({
        type: { value: i32, mutable },
        init: expression(op.i32Const, number, op.i32Const, 77n, op.i32Sub),
      }),
      () => ({
        type: { value: i64, mutable },
        init: expression(op.i64Const, -number, op.i64Const, number, op.i64Mul),
      }),
      () => ({
        type: { value: f64, mutable },
        init: { code: Uint8Array.of(op.f64Const, ...random.bytes(8), op.end), offset: 0 },
      }),
      () => ({ type: { value: funcref, mutable }, init: expression(op.refFunc, below(3)) }),
      () => ({ type: { value: externref, mutable }, init: expression(op.refNull, externref) }),
    )();
  });
  const counter = importedGlobals;

  const bodies: { typeIndex: number; body: Expression }[] = [];
  const define = (typeIndex: number, ...parts: (number | bigint)[]): number =>
    importedFunctions + bodies.push({ typeIndex, body: expression(...parts) }) - 1;
  const add = (n: number): (number | bigint)[] => [
    op.globalGet,
    counter,
    op.i32Const,
    BigInt(n),
    op.i32Add,
    op.globalSet,
    counter,
  ];
  const leaves = [
    define(0, ...add(1)),
    define(1, op.globalGet, counter),
    define(2, ...store(8, [op.localGet, 0])),
    define(4, op.localGet, 0, op.i32Const, 5n, op.i32Add),
    define(1, op.i32Const, BigInt(pick(0, 1, 2)), op.memoryGrow, 0),
  ];

  const elements: ElementSegment[] = Array.from({ length: tables.length === 0 ? 0 : below(5) }, () => {
    const index = below(tables.length);
    const { element, limits } = tables[index]!;
    const length = pick(0, 1, 2, 5);
    const functions = Array.from({ length }, () => below(importedFunctions + leaves.length));
    const items: ElementSegment["items"] =
      element === funcref && chance(60)
        ? { kind: "functions", indices: functions }
        : {
            kind: "expressions",
            expressions: functions.map((each) =>
              element === externref || chance(30)
                ? expression(op.refNull, element)
                : expression(op.refFunc, each),
            ),
          };
    const at = offset(limits.min, length);
    if (at === undefined || chance(15))
      return { mode: { kind: pick("passive", "declarative") }, type: element, items };
    const shift = imports.some((item) => item.description.kind === "table") ? 1 : 0;
    return { mode: { kind: "active", index: index + shift, offset: constant(at) }, type: element, items };
  });
  const data = Array.from({ length: below(4) }, () => {
    const bytes = random.bytes(pick(0, 1, 7, 64));
    const at = chance(60) ? pick(0, 3, 100, 200) : offset(pages * 65_536, bytes.length);
    if (at === undefined || chance(15)) return { mode: { kind: "passive" as const }, bytes };
    return { mode: { kind: "active" as const, index: 0, offset: constant(at) }, bytes };
  });

  /** Where a segment may begin: within, or where that matters also just beyond. Undefined when it fits nowhere. */
  function offset(size: number, length: number): number | undefined {
    const most = size - length;
    // Now and then such a segment is all that is wrong with a module.
    if (careful && !chance(10)) return most < 0 ? undefined : pick(0, most, below(most + 1));
    return pick(0, most, most, most + 1, size, size + 1, -1, -(2 ** 31));
  }

  function constant(at: number): Expression {
    return chance(70)
      ? expression(op.i32Const, BigInt(at | 0))
      : expression(op.i32Const, BigInt((at - 9) | 0), op.i32Const, 9n, op.i32Add);
  }

  let start: number | undefined;
  if (chance(40)) {
    start = pick(
      leaves[0]!,
      define(0, ...add(40), ...store(16, [op.call, leaves[4]!])),
      define(
        0,
        ...(careful
          ? []
          : pick<(number | bigint)[]>([op.unreachable], [op.i32Const, BigInt(pick(0, 3)), op.call, exit])),
      ),
    );
  }

  const firstTable = imports.some((item) => item.description.kind === "table") ? 1 : 0;
  const called = tables.flatMap(({ element }, i) => (element === funcref ? [i] : []));
  const observations = Array.from({ length: 8 }, (_, i): (number | bigint)[] => {
    const at = 24 + 8 * i;
    const table = called[below(called.length || 1)];
    const choice = below(careful ? 8 : 10);
    if (choice < 4 && table !== undefined) {
      const entry = BigInt(pick(0, 0, 1, 2, tables[table]!.limits.min - 1, tables[table]!.limits.min) | 0);
      return choice === 0
        ? [op.i32Const, entry, op.callIndirect, 0, firstTable + table]
        : choice === 1
          ? store(at, [op.i32Const, 9n, op.i32Const, entry, op.callIndirect, 4, firstTable + table])
          : choice === 2
            ? [op.i32Const, 0n, op.i32Const, entry, op.callIndirect, 2, firstTable + table]
            : store(at, [op.i32Const, entry, op.callIndirect, 1, firstTable + table]);
    }
    if (choice < 6) return store(at, [op.memorySize, 0]);
    const g = 1 + below(globals.length);
    const wide = globals[g]?.type.value === i64;
    if (wide && choice < 8) return store(at, [op.globalGet, importedGlobals + g], 0x37);
    return store(at, [op.globalGet, counter]);
  }).filter(() => chance(careful && called.length > 0 ? 25 : 60));
  const main = define(
    0,
    ...observations.flat(),
    ...store(512, [op.i32Const, 0n]),
    ...store(516, [op.i32Const, 300n]),
    ...[op.i32Const, 1n, op.i32Const, 512n, op.i32Const, 1n, op.i32Const, 520n, op.call, write, op.drop],
  );

  return encode({
    ...{ types, imports, tables, memories: [memory], globals, start, elements, data },
    functions: bodies.map(({ typeIndex, body }) => ({ typeIndex, locals: [], body })),
    exports: [
      { name: "_start", kind: "function", index: main },
      { name: "memory", kind: "memory", index: 0 },
    ],
    dataCount: chance(50) ? data.length : undefined,
    customs: [],
    functionNames: new Map(),
  });
}
