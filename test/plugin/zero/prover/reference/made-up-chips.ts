/**
 * A machine of a few tables that uses everything the protocol has, small enough for bigints: a counter that walks through a
 * program of 4-bit values and squares them, and an io table whose journal is twice the input. A block has at most four columns, so the
 * counter's seven are three blocks, and the input and the journal are in different ones.
 */
import { defineChip, type Chip } from "../../../../../plugin/zero/air/chip.ts";
import { parameter, virtual } from "../../../../../plugin/zero/air/expression.ts";
import type { Sizes } from "../../../../../plugin/zero/proof/sizes.ts";
import type { Parameters, Table, Trace } from "../../../../../plugin/zero/trace/trace.ts";

export const madeUpSizes: Sizes = {
  rowBits: 6,
  leafBits: 4,
  columnBits: 2,
  slabBits: { least: 8, most: 9 },
  slotBits: 3,
  ioBits: 4,
  programBits: 4,
  imageBits: 3,
};

const rangeBits = 6;

export const madeUpChips: readonly Chip[] = [
  defineChip("counter", "declared", (chip) => {
    const real = chip.bit("real");
    const last = chip.bit("last");
    const pc = chip.column("pc", 16);
    const ts = chip.column("ts", 32);
    const value = chip.column("value", 8);
    const square = chip.column("square", 16);
    const double = chip.column("double", 8);
    chip.zero("only a real row is the last", last.times(real.minus(1)));
    chip.zero("square", real.times(square.minus(value.times(value))));
    chip.zero("double", double.minus(value.times(2)));
    chip.take("state", real, pc, 0, ts);
    chip.put("state", real.minus(last), pc.plus(1), 0, ts.plus(4));
    chip.take("range", real, value);
    chip.take("program", real, pc, value);
    chip.take("growth", real, square);
    chip.put("growth", 1, square);
    chip.take("growth", real.times(-1).plus(1), square);
  }),
  defineChip("program", "program", (chip) => {
    const value = chip.column("value", 8, true);
    const count = chip.column("count", 32);
    chip.put("program", count, virtual("row"), value);
  }),
  defineChip("image", "image", (chip) => {
    const word = chip.column("word", 64, true);
    const time = chip.column("time", 32);
    const address = virtual("row").plus(parameter("imageFirst"));
    chip.put("memory", 1, address, word, 0);
    chip.take("memory", 1, address, word, time);
  }),
  defineChip("io", "declared", (chip) => {
    const input = chip.column("in", 64);
    const secret = chip.column("private", 64);
    const sum = chip.column("sum", 64);
    const difference = chip.column("difference", 64);
    const journal = chip.column("journal", 64);
    chip.zero("the journal is twice the input", journal.minus(input.times(2)));
    chip.zero("the private input is three times the input", secret.minus(input.times(3)));
    chip.zero("the sum of both", sum.minus(input).minus(secret));
    chip.zero("their difference", difference.plus(input).minus(secret));
  }),
  defineChip("range", rangeBits, (chip) => {
    const count = chip.column("count", 32);
    chip.put("range", count, virtual("row"));
  }),
];

export const madeUpParameters: Parameters = { imageFirst: 3n, imageEnd: 7n, firstPages: 1n, mostPages: 2n };

export interface MadeUpRun {
  readonly trace: Trace;
  readonly input: Uint8Array;
  readonly journal: Uint8Array;
}

/**
 * A valid trace.
 *
 * @param values the program, each below 16
 * @param words input words, each below 2^62
 */
export function madeUpRun(values: readonly number[], words: readonly bigint[]): MadeUpRun {
  const steps = values.length;
  const pad = <T>(list: readonly T[], length: number, filler: T): T[] =>
    Array.from({ length }, (_, i) => list[i] ?? filler);
  const fit = (length: number): number => Math.ceil(Math.log2(Math.max(2, length)));

  const height = fit(steps);
  const rows = 2 ** height;
  const numbers = (value: (row: number) => number): number[] =>
    pad(
      values.map((_, row) => value(row)),
      rows,
      0,
    );
  const counter: Table = {
    height,
    columns: [
      Uint8Array.from(numbers(() => 1)),
      Uint8Array.from(numbers((row) => (row === steps - 1 ? 1 : 0))),
      Uint16Array.from(numbers((row) => row)),
      Uint32Array.from(numbers((row) => 4 + 4 * row)),
      Uint8Array.from(numbers((row) => values[row]!)),
      Uint16Array.from(numbers((row) => values[row]! ** 2)),
      Uint8Array.from(numbers((row) => 2 * values[row]!)),
    ],
  };
  const program: Table = {
    height,
    columns: [Uint8Array.from(numbers((row) => values[row]!)), Uint32Array.from(numbers(() => 1))],
  };
  const image: Table = {
    height: 2,
    columns: [BigUint64Array.from([5n, 2n ** 64n - 1n, 0n, 7n]), new Uint32Array(4)],
  };
  const ioHeight = fit(words.length + 2);
  const inputBytes = 8n * BigInt(words.length);
  // the journal holds twice as many bytes: the doubled words and as many zero words
  const io: Table = {
    height: ioHeight,
    columns: [1n, 3n, 4n, 2n, 2n].map((factor) =>
      BigUint64Array.from(pad([inputBytes, ...words], 2 ** ioHeight, 0n), (word) => word * factor),
    ),
  };
  const counts = new Uint32Array(2 ** rangeBits);
  for (const value of values) counts[value]! += 1;
  return {
    trace: [counter, program, image, io, { height: rangeBits, columns: [counts] }],
    input: bytesOf(words),
    journal: bytesOf([...words.map((word) => 2n * word), ...words.map(() => 0n)]),
  };
}

function bytesOf(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}
