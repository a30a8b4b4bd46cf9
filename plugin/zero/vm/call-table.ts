/**
 * Calls through tables, without an instruction of their own. For every table and function type there is one piece of code, in
 * which a jump table leads to the functions of that type; other entries lead to traps. A call through the table writes the index
 * into the callee's frame and calls that code.
 *
 * This needs tables that never change. They do not, as long as the translator takes no instruction that changes one.
 */
import { WasmError } from "../../wasm/error.ts";
import { InstructionReader } from "../../wasm/instruction-reader.ts";
import { op } from "../../wasm/instructions.ts";
import type { FunctionType } from "../../wasm/module.ts";
import type { ValidModule } from "../../wasm/validate.ts";
import { newLabel, value, type CodeBuffer, type Label } from "./code-buffer.ts";
import { constantOf } from "./constant-expression.ts";
import type { Callee, Dispatch } from "./translate-function.ts";
import { trapKinds } from "./trap.ts";

/** Two types are the same when they look the same. */
export const signature = ({ params, results }: FunctionType): string => `${params.join()}>${results.join()}`;

const mostEntries = 65_536;

/** Function indices of every table's entries; undefined where an entry is null. @throws WasmError when instantiation would trap */
export function tableEntries({ module, context }: ValidModule): (number | undefined)[][] {
  const tables = context.tables.map(({ limits }) => {
    if (limits.min > mostEntries) {
      throw new WasmError(
        "limit",
        `a table has ${limits.min} entries, at most ${mostEntries} are taken in Nexus Zero`,
      );
    }
    return new Array<number | undefined>(limits.min).fill(undefined);
  });
  for (const { mode, items } of module.elements) {
    if (mode.kind !== "active") continue;
    const start = Number(constantOf(mode.offset));
    const indices =
      items.kind === "functions"
        ? items.indices
        : items.expressions.map((expression) => {
            const walk = new InstructionReader(expression);
            return walk.next().opcode === op.refFunc ? walk.first : undefined;
          });
    const table = tables[mode.index]!;
    if (start + indices.length > table.length) {
      throw new WasmError(
        "invalid",
        `an element segment of ${indices.length} entries at ${start} leaves its table of ${table.length}, so the program traps at once`,
        mode.offset.offset,
      );
    }
    indices.forEach((index, i) => (table[start + i] = index));
  }
  return tables;
}

/** The code behind a table for one type. `callees` holds the entries' functions; undefined where an entry is null. */
export class CallTable {
  readonly dispatch: Dispatch;
  readonly #targets: readonly (Label | "null" | "other")[];

  constructor(type: FunctionType, callees: readonly (Callee | undefined)[]) {
    const wanted = signature(type);
    const linkage = Math.max(type.params.length, type.results.length);
    let cells = linkage + 3;
    this.#targets = callees.map((callee) => {
      if (callee === undefined) return "null";
      if (callee.kind !== "code" || signature(callee.type) !== wanted) return "other";
      cells = Math.max(cells, callee.layout.cells);
      return callee.entry;
    });
    this.dispatch = { entry: newLabel(), linkage, cells };
  }

  write(out: CodeBuffer): void {
    const { entry, linkage } = this.dispatch;
    const traps = { null: newLabel(), other: newLabel(), beyond: newLabel() };
    out.bind(entry);
    const entries = BigInt(this.#targets.length);
    out.emit("jt", { a: linkage + 2, b: value(entries), c: out.length + 1 });
    out.fence();
    for (const target of [...this.#targets, "beyond" as const]) {
      out.jump("jmp", typeof target === "string" ? traps[target] : target);
      out.fence();
    }
    const trap = (label: Label, kind: (typeof trapKinds)[number]): void => {
      out.bind(label);
      out.emit("trap", { a: linkage, c: trapKinds.indexOf(kind) });
    };
    trap(traps.null, "uninitialized element");
    trap(traps.other, "indirect call type mismatch");
    trap(traps.beyond, "undefined element");
  }
}
