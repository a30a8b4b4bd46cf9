/** What the translator must know of a body's locals before it starts. */
import { InstructionReader } from "../../wasm/instruction-reader.ts";
import { op } from "../../wasm/instructions.ts";
import type { Expression } from "../../wasm/module.ts";

export interface LocalAnalysis {
  /** Locals that may be read before they are written, so that they need their initial zero. */
  readonly zeroed: ReadonlySet<number>;
  /** For every block, loop and if that writes any, by where it starts in the body: locals written inside. */
  readonly writtenIn: ReadonlyMap<number, LocalSet>;
}

/** Locals as one bit each: blocks in blocks each have a set, and may be as many as there are locals. */
export class LocalSet {
  readonly #bits: Uint32Array;

  constructor(locals: number) {
    this.#bits = new Uint32Array((locals + 31) >>> 5);
  }

  has(local: number): boolean {
    return ((this.#bits[local >>> 5]! >>> (local & 31)) & 1) === 1;
  }

  add(local: number): void {
    this.#bits[local >>> 5]! |= 1 << (local & 31);
  }

  addAll(other: LocalSet): void {
    other.#bits.forEach((word, i) => (this.#bits[i]! |= word));
  }
}

/** One bit for every local; undefined stands for unreachable code, where everything counts as written. */
type Written = Uint32Array | undefined;

interface Scope {
  readonly opcode: number;
  readonly start: number;
  /** What is written when the scope is entered; an `if` without `else` may do nothing more. */
  readonly entry: Written;
  /** What is written on every branch to the scope's end so far. */
  exit: Written;
  hasElse: boolean;
  /** Undefined as long as there are none. */
  written: LocalSet | undefined;
}

const meet = (one: Written, other: Written): Written => {
  if (one === undefined || other === undefined) return (one ?? other)?.slice();
  return one.map((word, i) => word & other[i]!);
};

/** Walks a validated body once; a definite-assignment analysis over its structured control flow. */
export function analyseLocals(body: Expression, parameters: number, locals: number): LocalAnalysis {
  const walk = new InstructionReader(body);
  const zeroed = new Set<number>();
  const writtenIn = new Map<number, LocalSet>();
  let current: Written = new Uint32Array((locals + 31) >>> 5);
  for (let i = 0; i < parameters; i++) current[i >>> 5]! |= 1 << (i & 31);
  const scopes: Scope[] = [
    { opcode: op.block, start: -1, entry: undefined, exit: undefined, hasElse: false, written: undefined },
  ];
  const branch = (depth: number): void => {
    const scope = scopes[scopes.length - 1 - depth]!;
    if (scope.opcode !== op.loop && current !== undefined) scope.exit = meet(scope.exit, current);
  };

  while (scopes.length > 0) {
    const { opcode } = walk.next();
    const scope = scopes[scopes.length - 1]!;
    switch (opcode) {
      case op.block:
      case op.loop:
      case op.if:
        scopes.push({
          opcode,
          start: walk.start,
          entry: opcode === op.if ? current?.slice() : undefined,
          exit: undefined,
          hasElse: false,
          written: undefined,
        });
        break;
      case op.else:
        scope.exit = meet(scope.exit, current);
        scope.hasElse = true;
        current = scope.entry?.slice();
        break;
      case op.end: {
        scopes.pop();
        current = meet(scope.exit, current);
        if (scope.opcode === op.if && !scope.hasElse) current = meet(current, scope.entry);
        if (scope.written === undefined) break;
        writtenIn.set(scope.start, scope.written);
        const outer = scopes.at(-1);
        if (outer) (outer.written ??= new LocalSet(locals)).addAll(scope.written);
        break;
      }
      case op.br:
        branch(walk.first);
        current = undefined;
        break;
      case op.brIf:
        branch(walk.first);
        break;
      case op.brTable:
        for (const depth of new Set(walk.labels)) branch(depth);
        current = undefined;
        break;
      case op.return:
      case op.unreachable:
        current = undefined;
        break;
      case op.localGet:
        if (current !== undefined && ((current[walk.first >>> 5]! >>> (walk.first & 31)) & 1) === 0) {
          zeroed.add(walk.first);
        }
        break;
      case op.localSet:
      case op.localTee:
        (scope.written ??= new LocalSet(locals)).add(walk.first);
        if (current !== undefined) current[walk.first >>> 5]! |= 1 << (walk.first & 31);
        break;
      default:
    }
  }
  return { zeroed, writtenIn };
}
