/** What a row without defects says about the machine, and whether that is so. */
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { regionStart, regions } from "../../../../plugin/zero/air/regions.ts";
import { immediate, mnemonicOf, shapeOf, type Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import { accessBits, loaded, resultOf, stored, widthOf } from "./meaning.ts";
import { tokensOf, type Row } from "./row-defects.ts";

interface Access {
  readonly address: bigint;
  readonly before: bigint;
  readonly after: bigint;
}

const below = (bits: number, ...values: bigint[]): boolean =>
  values.every((value) => value < 1n << BigInt(bits));

/**
 * A sentence about what a row says falsely. Nothing, if what it says is so; or if the rest of a proof refuses it: because no program has the
 * instruction, or no access put the tokens it takes.
 */
export function falseStatement(chip: Chip, row: Row): string | undefined {
  const tokens = tokensOf(chip, row);
  const on = (wanted: string) => tokens.filter(({ bus }) => bus === wanted);
  const [instruction, ...others] = on("program");
  if (instruction === undefined) return tokens.length === 0 ? undefined : "padding has tokens";
  if (others.length > 0 || instruction.multiplicity !== -1n) return "not one instruction";

  const [pc, opcode, d, a, b, c] = instruction.tuple as [bigint, bigint, bigint, bigint, bigint, bigint];
  const isValue = opcode >= immediate;
  const name = nameOf(opcode);
  if (name === undefined) return undefined;
  const shape = shapeOf(name);
  const isMemory = /^(ld|st)\d/.test(name);
  const isProgram =
    below(32, pc, d, a, c) &&
    below(isValue ? 64 : 32, b) &&
    (!isValue || shape.readsB) &&
    [
      shape.writes || d === 0n,
      shape.readsA || a === 0n,
      shape.readsB || b === 0n,
      isMemory || c === 0n,
    ].every((holds) => holds);
  if (!isProgram) return undefined;

  const [from, to] = on("state");
  if (from?.multiplicity !== -1n || to?.multiplicity !== 1n || on("state").length !== 2)
    return "not one step";
  const [, fp, ts] = from.tuple as [bigint, bigint, bigint];
  if (!below(36, fp) || !below(27, ts)) return undefined;
  if (from.tuple[0] !== pc || to.tuple.join() !== [pc + 1n, fp, ts + 4n].join()) return "a wrong step";

  const accesses = new Map<number, Access>();
  const memory = on("memory");
  if (memory.length % 2 !== 0) return "an access without its half";
  for (let i = 0; i < memory.length; i += 2) {
    const [take, put] = [memory[i]!, memory[i + 1]!];
    if (take.multiplicity !== -1n || put.multiplicity !== 1n) return "an access that is not one";
    const [address, before, since] = take.tuple as [bigint, bigint, bigint];
    const [same, after, now] = put.tuple as [bigint, bigint, bigint];
    if (same !== address) return "an access to two cells";
    // No token of another kind was ever put.
    if (!below(64, before) || !below(27, since)) return undefined;
    if (now < ts || now > ts + 3n) return "an access at another time";
    if (since >= now) return "an access before the last one";
    if (accesses.has(Number(now - ts))) return "two accesses at a time";
    accesses.set(Number(now - ts), { address, before, after });
  }
  return wrongAccess(name, { fp, d, a, b, c, isValue, crosses: chip.name === "crossing" }, accesses);
}

function nameOf(opcode: bigint): Mnemonic | undefined {
  if (opcode >= 256n) return undefined;
  try {
    return mnemonicOf(Number(opcode));
  } catch {
    return undefined;
  }
}

interface Operands {
  readonly fp: bigint;
  readonly d: bigint;
  readonly a: bigint;
  readonly b: bigint;
  readonly c: bigint;
  readonly isValue: boolean;
  readonly crosses: boolean;
}

function wrongAccess(
  name: Mnemonic,
  { fp, d, a, b, c, isValue, crosses }: Operands,
  accesses: ReadonlyMap<number, Access>,
): string | undefined {
  const { writes, readsB } = shapeOf(name);
  const isLoad = name.startsWith("ld");
  const isStore = name.startsWith("st");
  const wordSlots = isLoad || isStore ? (crosses ? (isLoad ? [1, 2] : [2, 3]) : [2]) : [];
  const slots = [0, ...(readsB && !isValue ? [1] : []), ...wordSlots, ...(writes ? [3] : [])];
  if (slots.length !== accesses.size || !slots.every((slot) => accesses.has(slot))) return "other accesses";
  const at = (slot: number): Access => accesses.get(slot)!;

  if (at(0).address !== fp + a || at(0).after !== at(0).before) return "operand a is not read";
  const A = at(0).before;
  let B = isValue ? b : 0n;
  if (readsB && !isValue) {
    if (at(1).address !== fp + b || at(1).after !== at(1).before) return "operand b is not read";
    B = at(1).before;
  }
  if (writes && at(3).address !== fp + d) return "the result goes elsewhere";

  if (!isLoad && !isStore) {
    // A cell that holds an i32 is zero-extended.
    if (!below(widthOf(name), A, B)) return undefined;
    const D = at(3).after;
    return D === resultOf(name, A, B) ? undefined : `${name} ${A}, ${B} = ${D}`;
  }
  if (!below(32, A)) return undefined;
  const address = A + c;
  const offset = Number(address % 8n);
  const words = wordSlots.map(at);
  if (words.some((word, i) => word.address !== regionStart(regions.memory) + address / 8n + BigInt(i))) {
    return `${name} at ${address} goes elsewhere`;
  }
  const joined = (which: "before" | "after"): bigint =>
    words.reduceRight((number, word) => (number << 64n) + word[which], 0n);
  if (words.some(({ after }) => !below(64, after))) return `${name} leaves a cell that is no word`;
  if (offset + accessBits(name) / 8 > 8 * words.length) return `${name} at ${address} reaches another word`;
  const left = isLoad ? joined("before") : stored(name, joined("before"), offset, B);
  if (joined("after") !== left) return `${name} at ${address} leaves other bytes`;
  if (!isLoad) return undefined;
  const D = at(3).after;
  return D === loaded(name, left, offset) ? undefined : `${name} at ${address} gives ${D}`;
}
