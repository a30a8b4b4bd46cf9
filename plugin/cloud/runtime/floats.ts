/**
 * Where floating point is not deterministic, and how little must be done about it.
 *
 * WebAssembly leaves one thing open: sign and payload of a NaN that an arithmetic instruction makes. So exactly the
 * instructions that make NaNs get their result replaced by the canonical NaN when it is one. Loads, stores, constants,
 * reinterpretations, abs, neg and copysign only move bits, so they need nothing.
 *
 * A NaN that nobody looks at closely needs nothing either: most results only go into further arithmetic and comparisons,
 * which treat all NaNs alike, directly or through a local. `NanFlow` finds out which do, conservatively.
 */
import { InstructionReader } from "../../wasm/instruction-reader.ts";
import { op } from "../../wasm/instructions.ts";
import { valueType, type DefinedFunction, type FunctionType, type ValueType } from "../../wasm/module.ts";

/** The type of NaN that an instruction can make: ceil … max (copysign is past the end), demotion, promotion. */
export function madeNan(opcode: number): 0x7d | 0x7c | undefined {
  if ((opcode >= 0x8d && opcode <= 0x97) || opcode === 0xb6) return valueType.f32;
  if ((opcode >= 0x9b && opcode <= 0xa5) || opcode === 0xbb) return valueType.f64;
  return undefined;
}

/** Whether an instruction treats all NaNs alike: makers of NaNs, comparisons, conversions to integers, drop. */
function ignoresPayload(opcode: number): boolean {
  return (
    madeNan(opcode) !== undefined ||
    (opcode >= 0x5b && opcode <= 0x66) ||
    (opcode >= 0xa8 && opcode <= 0xab) ||
    (opcode >= 0xae && opcode <= 0xb1) ||
    (opcode >= 0xfc00 && opcode <= 0xfc07) ||
    opcode === op.drop
  );
}

/** abs and neg hand the payload on. */
function passesPayload(opcode: number): boolean {
  return opcode === 0x8b || opcode === 0x8c || opcode === 0x99 || opcode === 0x9a;
}

/** How many instructions to look ahead for the one that takes a value. */
const lookahead = 24;

/** Follows float values through one function. */
export class NanFlow {
  readonly #walk: InstructionReader;
  /** Locals whose payload some instruction may look at. */
  readonly #observedLocals: Set<number>;

  constructor(item: DefinedFunction, type: FunctionType) {
    this.#walk = new InstructionReader(item.body);
    this.#observedLocals = this.#findObservedLocals(item, localTypes(item, type));
  }

  /** Whether the payload of the value that the instruction ending at `position` leaves on the stack may be looked at. */
  observed(position: number): boolean {
    const { observed, locals } = this.#follow(position);
    return observed || locals.some((local) => this.#observedLocals.has(local));
  }

  #findObservedLocals(item: DefinedFunction, types: readonly ValueType[]): Set<number> {
    const observed = new Set<number>();
    /** From a local to those whose value is copied into it. */
    const sources = new Map<number, Set<number>>();
    const reader = new InstructionReader(item.body);
    while (!reader.done) {
      if (reader.next().opcode !== op.localGet) continue;
      const local = reader.first;
      const type = types[local];
      if ((type !== valueType.f32 && type !== valueType.f64) || observed.has(local)) continue;
      const use = this.#follow(reader.end);
      if (use.observed) observed.add(local);
      for (const target of use.locals) {
        const known = sources.get(target);
        if (known === undefined) sources.set(target, new Set([local]));
        else known.add(local);
      }
    }
    // Whatever is copied into an observed local is observed.
    const pending = [...observed];
    for (let target = pending.pop(); target !== undefined; target = pending.pop()) {
      for (const local of sources.get(target) ?? []) {
        if (observed.has(local)) continue;
        observed.add(local);
        pending.push(local);
      }
    }
    return observed;
  }

  /**
   * What becomes of the value on top of the stack at `position`: which locals it goes to, and whether something may look at its
   * payload on the way. Whatever is not understood counts as looking: control flow, calls, stores, select.
   */
  #follow(position: number): { observed: boolean; locals: number[] } {
    const walk = this.#walk;
    walk.reader.position = position;
    const locals: number[] = [];
    let above = 0; // operands on top of the value
    for (let i = 0; i < lookahead; i++) {
      const { opcode, operands, results } = walk.next();
      if (opcode === op.localGet || opcode === op.globalGet) {
        above += 1;
      } else if (opcode === op.localTee) {
        if (above === 0) locals.push(walk.first);
      } else if (opcode === op.localSet) {
        if (above === 0) return { observed: false, locals: [...locals, walk.first] };
        above -= 1;
      } else if (opcode === op.drop) {
        if (above === 0) return { observed: false, locals };
        above -= 1;
      } else if (operands === undefined) {
        break;
      } else if (operands.length > above) {
        if (ignoresPayload(opcode)) return { observed: false, locals };
        if (!passesPayload(opcode)) break;
      } else {
        above += results!.length - operands.length;
      }
    }
    return { observed: true, locals };
  }
}

function localTypes(item: DefinedFunction, type: FunctionType): ValueType[] {
  const types = [...type.params];
  for (const run of item.locals) for (let i = 0; i < run.count; i++) types.push(run.type);
  return types;
}
