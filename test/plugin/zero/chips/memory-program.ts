/** Programs of loads and stores, written down. */
import type { CodeBuffer } from "../../../../plugin/zero/vm/code-buffer.ts";
import { cell, value } from "../../../../plugin/zero/vm/code-buffer.ts";
import type { Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { handProgram, randomNumbers } from "./hand-program.ts";
import { accessBits } from "./meaning.ts";

const pageBytes = 65_536;

/** Whether an access of an instruction at an address touches two words. */
export const crosses = (name: Mnemonic, address: number): boolean => (address % 8) + accessBits(name) / 8 > 8;

export interface MemoryAccess {
  readonly name: Mnemonic;
  readonly address: number;
}

/** Accesses at every byte of a word, and at the end of memory, one page of bytes of all kinds; those that `wanted` chooses. */
export function memoryProgram(
  names: readonly Mnemonic[],
  wanted: (access: MemoryAccess) => boolean,
): Program {
  const next = randomNumbers(29n);
  const words = BigUint64Array.from(
    { length: 4 },
    (_, i) => next(64) ^ (i % 2 === 0 ? 0x80ff_807f_0080_ff00n : 0n),
  );
  const addresses = [
    ...Array.from({ length: 16 }, (_, i) => 8 + i),
    ...Array.from({ length: 15 }, (_, i) => pageBytes - 1 - i),
  ];
  return handProgram(
    (out) => {
      // Something to read at the end, too.
      out.emit("mov", { d: 0, b: value(BigInt(pageBytes - 16)) });
      for (const c of [0, 8]) out.emit("st64", { a: 0, b: value(next(64)), c });
      for (const name of names) {
        addresses.forEach((address, i) => {
          if (address + accessBits(name) / 8 > pageBytes || !wanted({ name, address })) return;
          emitAccess(out, name, address, i, next(64));
        });
      }
    },
    { pages: { first: 1, most: 1 }, image: { first: 1, words } },
  );
}

function emitAccess(out: CodeBuffer, name: Mnemonic, address: number, i: number, data: bigint): void {
  // Some of the address is in the instruction.
  const c = [0, address, 5][i % 3]!;
  out.emit("mov", { d: 0, b: value(BigInt(address - c)) });
  if (name.startsWith("ld")) {
    out.emit(name, { d: 2, a: 0, c });
    return;
  }
  const stored = accessBits(name) === 64 || i % 4 === 0 ? data : BigInt.asUintN(32, data);
  out.emit("mov", { d: 1, b: value(stored) });
  out.emit(name, { a: 0, b: i % 2 === 0 ? value(stored) : cell(1), c });
}
