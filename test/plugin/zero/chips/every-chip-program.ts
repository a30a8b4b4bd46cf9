/** A short program that runs every instruction: in its trace, every column of every chip has a cell that may not be another. */
import { cell, newLabel, value, type CodeBuffer } from "../../../../plugin/zero/vm/code-buffer.ts";
import { opcodes, shapeOf, type Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { handProgram } from "./hand-program.ts";
import { accessBits, widthOf } from "./meaning.ts";

const names = Object.keys(opcodes) as Mnemonic[];
const between = (first: Mnemonic, last: Mnemonic): Mnemonic[] =>
  names.slice(names.indexOf(first), names.indexOf(last) + 1);

/** Input of one word, and private input of one. */
export const everyChipInput = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
export const everyChipPrivateInput = Uint8Array.of(9, 10, 11, 12, 13, 14, 15, 16);

export const everyChipProgram: Program = handProgram(
  (out) => {
    for (const width of [32, 64] as const) emitArithmetic(out, width);
    emitAccesses(out);
    emitStreams(out);
    emitPages(out);
    emitJumps(out);
    emitCalls(out);
  },
  { pages: { first: 1, most: 2 }, image: { first: 3, words: BigUint64Array.of(5n, ~0n, 7n) } },
);

/** Positive and negative operands, from cells and as values. */
function emitArithmetic(out: CodeBuffer, width: 32 | 64): void {
  const negative = (of: bigint): bigint => BigInt.asUintN(width, -of);
  const pairs: [bigint, bigint][] = [
    [0x1_2345n, 3n],
    [negative(0x77n), negative(2n)],
  ];
  pairs.forEach(([a, b], i) => {
    out.emit("mov", { d: 0, b: value(a) });
    out.emit("mov", { d: 1, b: value(b) });
    for (const name of between("wrap", "rems64").filter((each) => widthOf(each) === width)) {
      out.emit(name, {
        d: 2,
        a: 0,
        ...(shapeOf(name).readsB ? { b: i === 1 ? value(b) : cell(1) } : {}),
        ...(name === "select" ? { c: 1 } : {}),
      });
    }
  });
}

/** In one word and, but for single bytes, across two. */
function emitAccesses(out: CodeBuffer): void {
  out.emit("mov", { d: 0, b: value(22n) });
  out.emit("mov", { d: 1, b: value(0xa1b2_c3d4n) });
  for (const name of between("ld8u", "st64")) {
    for (const c of [5, 18 - Math.ceil(accessBits(name) / 16)]) {
      out.emit(name, { ...(shapeOf(name).writes ? { d: 2 } : { b: cell(1) }), a: 0, c });
    }
  }
}

function emitStreams(out: CodeBuffer): void {
  out.emit("mov", { d: 0, b: value(1n) });
  for (const name of ["input", "private", "jget", "sget"] as const) out.emit(name, { d: 1, a: 0 });
  for (const name of ["jset", "sset"] as const) {
    for (const b of [cell(1), value(0x0102_0304n)]) out.emit(name, { a: 0, b });
  }
  out.emit("mov", { d: 0, b: value(0n) });
  out.emit("jset", { a: 0, b: value(8n) });
  out.emit("gset", { b: value(77n), c: 2 });
  out.emit("gget", { d: 1, c: 2 });
}

/** Asks for too many pages, then for one, and writes there; below the image and above it, too. */
function emitPages(out: CodeBuffer): void {
  for (const more of [5n, 1n]) {
    out.emit("mov", { d: 0, b: value(more) });
    out.emit("mgrow", { d: 1, a: 0 });
  }
  out.emit("msize", { d: 1 });
  for (const address of [8n, 800n, 70_000n]) {
    out.emit("mov", { d: 0, b: value(address) });
    out.emit("st64", { a: 0, b: value(address) });
  }
  out.emit("mov", { d: 0, b: value(16n) });
  out.emit("mov", { d: 1, b: value(8n) });
  for (const b of [cell(1), value(8n)]) out.emit("log", { a: 0, b });
}

function emitJumps(out: CodeBuffer): void {
  const over = newLabel();
  out.jump("jmp", over);
  out.emit("mov", { d: 9, b: value(9n) });
  out.bind(over);
  for (const name of between("beq", "bges64")) {
    for (const [a, b] of [
      [5n, 5n],
      [3n, BigInt.asUintN(widthOf(name), -4n)],
    ] as const) {
      const next = newLabel();
      out.emit("mov", { d: 0, b: value(a) });
      out.emit("mov", { d: 1, b: value(b) });
      out.jump(name, next, { a: 0, b: a === 5n ? value(b) : cell(1) });
      out.emit("mov", { d: 1, b: value(b) });
      out.bind(next);
    }
  }
  for (const index of [1n, 9n]) {
    const table = newLabel();
    out.emit("mov", { d: 0, b: value(index) });
    out.jump("jt", table, { a: 0, b: value(2n) });
    out.bind(table);
    for (let i = 0; i < 3; i++) out.emit("mov", { d: 1, b: value(BigInt(i)) });
  }
}

function emitCalls(out: CodeBuffer): void {
  const [callee, main] = [newLabel(), newLabel()];
  out.jump("jmp", main);
  out.bind(callee);
  out.emit("mov", { d: 0, b: value(7n) });
  out.emit("ret", { a: 1 });
  out.bind(main);
  for (const d of [3, 40]) out.jump("call", callee, { d, a: 1, b: value(20n) });
}
