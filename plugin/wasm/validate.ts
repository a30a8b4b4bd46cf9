/** Validates modules (Core Specification 2.0, §3), so that a refusal does not depend on the engine that runs them. */
import { WasmError, type WasmErrorKind } from "./error.ts";
import { InstructionReader } from "./instruction-reader.ts";
import { op } from "./instructions.ts";
import { moduleLimits, type ModuleLimits } from "./limits.ts";
import type { ModuleContext } from "./module-context.ts";
import {
  importsOf,
  valueTypeNames,
  type Expression,
  type FunctionType,
  type Limits,
  type SegmentMode,
  type ValueType,
  type WasmModule,
} from "./module.ts";
import { validateBody, type FunctionShape } from "./validate-function.ts";

/** What validation learns, for those who rewrite or translate the module. */
export interface ValidModule {
  readonly module: WasmModule;
  readonly context: ModuleContext;
  /** One per defined function. */
  readonly shapes: readonly FunctionShape[];
}

/**
 * Validates a decoded module.
 *
 * @throws WasmError `invalid`, `limit` or `unsupported`; `malformed` where a body is not even well-formed
 */
export function validate(module: WasmModule, limits: ModuleLimits = moduleLimits): ValidModule {
  return new Validator(module, limits).run();
}

class Validator {
  readonly #module: WasmModule;
  readonly #limits: ModuleLimits;
  readonly #declared = new Set<number>();
  #importedGlobals = 0;
  #context!: ModuleContext;

  constructor(module: WasmModule, limits: ModuleLimits) {
    this.#module = module;
    this.#limits = limits;
  }

  #refuse(what: string, kind: WasmErrorKind = "invalid", offset?: number): never {
    throw new WasmError(kind, what, offset);
  }

  run(): ValidModule {
    const module = this.#module;
    const functionImports = importsOf(module, "function");
    const globalImports = importsOf(module, "global");
    this.#importedGlobals = globalImports.length;
    this.#context = {
      types: module.types,
      functions: [...functionImports, ...module.functions].map((item) => this.#typeAt(item.typeIndex)),
      tables: [...importsOf(module, "table").map((item) => item.type), ...module.tables],
      memories: [...importsOf(module, "memory").map((item) => item.limits), ...module.memories],
      globals: [...globalImports.map((item) => item.type), ...module.globals.map((item) => item.type)],
      elementTypes: module.elements.map((segment) => segment.type),
      dataCount: module.dataCount,
      declared: this.#declared,
    };
    this.#sizes();
    module.globals.forEach((global) => this.#constant(global.init, global.type.value));
    this.#exports();
    this.#segments();
    this.#start();
    const budget = { left: this.#limits.steps };
    const shapes = module.functions.map((item, i) =>
      validateBody(this.#context, item, functionImports.length + i, this.#limits, budget),
    );
    return { module, context: this.#context, shapes };
  }

  #typeAt(index: number): FunctionType {
    return this.#module.types[index] ?? this.#refuse(`unknown type ${index}`);
  }

  #sizes(): void {
    const { functions, tables, memories, globals } = this.#context;
    const most = this.#limits;
    const limit = (what: string, count: number, bound: number): void => {
      if (count > bound) this.#refuse(`${count} ${what}, at most ${bound} are taken`, "limit");
    };
    limit("functions", functions.length, most.functions);
    limit("tables", tables.length, most.tables);
    limit("globals", globals.length, most.globals);
    if (memories.length > 1) this.#refuse(`multi-memory: ${memories.length} memories`, "unsupported");
    for (const memory of memories) {
      for (const pages of [memory.min, memory.max ?? 0]) {
        if (pages > 65_536) this.#refuse(`memory size must be at most 65536 pages (4 GiB), not ${pages}`);
      }
      this.#range(memory, "memory");
      limit("pages of memory", memory.min, most.memoryPages);
    }
    for (const table of tables) {
      this.#range(table.limits, "table");
      limit("entries of a table", table.limits.min, most.tableEntries);
    }
  }

  #range(limits: Limits, what: string): void {
    if (limits.max !== undefined && limits.min > limits.max) {
      this.#refuse(
        `size minimum of the ${what}, ${limits.min}, must not be greater than the maximum, ${limits.max}`,
      );
    }
  }

  #exports(): void {
    const names = new Set<string>();
    const spaces = {
      function: this.#context.functions,
      table: this.#context.tables,
      memory: this.#context.memories,
      global: this.#context.globals,
    };
    for (const { name, kind, index } of this.#module.exports) {
      if (names.has(name)) this.#refuse(`duplicate export name "${name}"`);
      names.add(name);
      if (index >= spaces[kind].length) this.#refuse(`unknown ${kind} ${index} in export "${name}"`);
      if (kind === "function") this.#declared.add(index);
    }
  }

  #segments(): void {
    const { tables, memories, functions } = this.#context;
    for (const segment of this.#module.elements) {
      if (segment.mode.kind === "active") {
        const table = tables[segment.mode.index];
        if (table === undefined) this.#refuse(`unknown table ${segment.mode.index} in an element segment`);
        if (table.element !== segment.type) this.#refuse("type mismatch: element segment and its table");
      }
      this.#offset(segment.mode);
      if (segment.items.kind === "functions") {
        for (const index of segment.items.indices) {
          if (index >= functions.length) this.#refuse(`unknown function ${index} in an element segment`);
          this.#declared.add(index);
        }
      } else {
        for (const expression of segment.items.expressions) this.#constant(expression, segment.type);
      }
    }
    for (const segment of this.#module.data) {
      if (segment.mode.kind === "active" && segment.mode.index >= memories.length) {
        this.#refuse(`unknown memory ${segment.mode.index} in a data segment`);
      }
      this.#offset(segment.mode);
    }
  }

  #offset(mode: SegmentMode): void {
    if (mode.kind === "active") this.#constant(mode.offset, 0x7f);
  }

  #start(): void {
    const start = this.#module.start;
    if (start === undefined) return;
    const type =
      this.#context.functions[start] ?? this.#refuse(`unknown function ${start} as start function`);
    if (type.params.length + type.results.length > 0) {
      this.#refuse("the start function must have no parameters and no results");
    }
  }

  /** A constant expression, extended constant arithmetic included, that leaves one value of `wanted`. */
  #constant(expression: Expression, wanted: ValueType): void {
    const walk = new InstructionReader(expression);
    const stack: ValueType[] = [];
    const mismatch = (): never =>
      this.#refuse("type mismatch in a constant expression", "invalid", walk.offset);
    for (let done = false; !done;) {
      const { opcode, name, results } = walk.next();
      switch (opcode) {
        case op.i32Const:
          stack.push(0x7f);
          break;
        case op.i64Const:
          stack.push(0x7e);
          break;
        case op.f32Const:
          stack.push(0x7d);
          break;
        case op.f64Const:
          stack.push(0x7c);
          break;
        case op.refNull:
          stack.push(walk.first as ValueType);
          break;
        case op.refFunc:
          if (walk.first >= this.#context.functions.length) {
            this.#refuse(`unknown function ${walk.first}`, "invalid", walk.offset);
          }
          this.#declared.add(walk.first);
          stack.push(0x70);
          break;
        case op.globalGet: {
          const global = walk.first < this.#importedGlobals ? this.#context.globals[walk.first] : undefined;
          if (global === undefined) this.#refuse(`unknown global ${walk.first}`, "invalid", walk.offset);
          if (global.mutable) {
            this.#refuse(
              `constant expression required: global ${walk.first} is mutable`,
              "invalid",
              walk.offset,
            );
          }
          stack.push(global.value);
          break;
        }
        case op.i32Add:
        case op.i32Sub:
        case op.i32Add + 2:
        case op.i64Add:
        case op.i64Sub:
        case op.i64Mul: {
          const type = results === "i" ? 0x7f : 0x7e;
          if (stack.pop() !== type || stack.pop() !== type) mismatch();
          stack.push(type);
          break;
        }
        case op.end:
          done = true;
          break;
        default:
          this.#refuse(`constant expression required, ${name} is none`, "invalid", walk.offset);
      }
    }
    if (stack.length !== 1 || stack[0] !== wanted) {
      const found = stack.map((type) => valueTypeNames[type]).join(" ") || "nothing";
      this.#refuse(`type mismatch: a constant expression gives ${found}, not ${valueTypeNames[wanted]}`);
    }
  }
}
