/** Decodes the WebAssembly binary format (Core Specification 2.0, §5). Function bodies stay bytes; validate.ts reads them. */
import { ByteReader } from "./byte-reader.ts";
import { decodeFunctionNames } from "./function-names.ts";
import { WasmError } from "./error.ts";
import { proposalOfLimits, proposalOfType } from "./features.ts";
import { InstructionReader, readValueType } from "./instruction-reader.ts";
import { op } from "./instructions.ts";
import { moduleLimits } from "./limits.ts";
import type {
  CustomSection,
  DataSegment,
  DefinedFunction,
  ElementSegment,
  Export,
  Expression,
  ExternalKind,
  FunctionType,
  Global,
  GlobalType,
  Import,
  ImportDescription,
  Limits,
  ReferenceType,
  SegmentMode,
  TableType,
  WasmModule,
} from "./module.ts";

const externalKinds: readonly ExternalKind[] = ["function", "table", "memory", "global"];

/** The order in which sections may come, by id (data count, 12, comes before code, 10). */
const sectionOrder = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/**
 * Decodes a module.
 *
 * @throws WasmError `malformed`, `unsupported` or `limit`. Types of instructions and indices are left to `validate`.
 */
export function decode(bytes: Uint8Array): WasmModule {
  if (bytes.length > moduleLimits.moduleBytes) {
    throw new WasmError(
      "limit",
      `the module has ${bytes.length} bytes, at most ${moduleLimits.moduleBytes} are taken`,
      0,
    );
  }
  return new Decoder(bytes).module();
}

class Decoder {
  readonly #bytes: Uint8Array;
  #reader: ByteReader;
  #types: FunctionType[] = [];
  #imports: Import[] = [];
  #typeIndices: number[] = [];
  #functions: DefinedFunction[] = [];
  #tables: TableType[] = [];
  #memories: Limits[] = [];
  #globals: Global[] = [];
  #exports: Export[] = [];
  #start: number | undefined;
  #elements: ElementSegment[] = [];
  #dataCount: number | undefined;
  #data: DataSegment[] = [];
  #customs: CustomSection[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#reader = new ByteReader(bytes);
  }

  module(): WasmModule {
    this.#header();
    const outer = this.#reader;
    let last = -1;
    while (!outer.done) {
      const at = outer.position;
      const id = outer.byte();
      const size = outer.u32();
      if (size > outer.end - outer.position) throw outer.malformed(`section ${id} is cut off`);
      const section = new ByteReader(this.#bytes, outer.position, outer.position + size);
      if (id === 0) {
        const name = section.name();
        this.#customs.push({ name, bytes: section.take(section.end - section.position) });
      } else {
        if (id === 13) throw new WasmError("unsupported", "exception handling", at);
        const place = sectionOrder.indexOf(id);
        if (place < 0) throw new WasmError("malformed", `malformed section id ${id}`, at);
        if (place <= last)
          throw new WasmError("malformed", `section ${id} is out of order or given twice`, at);
        last = place;
        this.#reader = section;
        this.#section(id);
        if (!section.done)
          throw section.malformed(`section size mismatch: section ${id} is longer than its content`);
      }
      outer.position = section.end;
    }
    if (this.#typeIndices.length !== this.#functions.length) {
      throw outer.malformed(
        `function and code section have inconsistent lengths: ${this.#typeIndices.length} and ${this.#functions.length}`,
      );
    }
    if (this.#dataCount !== undefined && this.#dataCount !== this.#data.length) {
      throw outer.malformed(
        `data count and data section have inconsistent lengths: ${this.#dataCount} and ${this.#data.length}`,
      );
    }
    return {
      types: this.#types,
      imports: this.#imports,
      functions: this.#functions,
      tables: this.#tables,
      memories: this.#memories,
      globals: this.#globals,
      exports: this.#exports,
      start: this.#start,
      elements: this.#elements,
      dataCount: this.#dataCount,
      data: this.#data,
      customs: this.#customs,
      functionNames: decodeFunctionNames(this.#customs),
    };
  }

  #header(): void {
    const header = this.#bytes.subarray(0, 8);
    const wanted = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    wanted.forEach((byte, i) => {
      if (header[i] === byte) return;
      const what = i < 4 ? "magic header not detected" : "unknown binary version";
      throw new WasmError("malformed", header.length < 8 ? `unexpected end: ${what}` : what, i);
    });
    this.#reader.position = 8;
  }

  #section(id: number): void {
    switch (id) {
      case 1:
        this.#types = this.#vector("types", moduleLimits.types, () => this.#functionType());
        return;
      case 2:
        this.#imports = this.#vector("imports", moduleLimits.imports, () => this.#import());
        return;
      case 3:
        this.#typeIndices = this.#vector("functions", moduleLimits.functions, () => this.#reader.u32());
        return;
      case 4:
        this.#tables = this.#vector("tables", moduleLimits.tables, () => this.#tableType());
        return;
      case 5:
        this.#memories = this.#vector("memories", moduleLimits.imports, () => this.#limits());
        return;
      case 6:
        this.#globals = this.#vector("globals", moduleLimits.globals, () => ({
          type: this.#globalType(),
          init: this.#expression(),
        }));
        return;
      case 7:
        this.#exports = this.#vector("exports", moduleLimits.exports, () => ({
          name: this.#reader.name(),
          kind: this.#externalKind(),
          index: this.#reader.u32(),
        }));
        return;
      case 8:
        this.#start = this.#reader.u32();
        return;
      case 9:
        this.#elements = this.#vector("element segments", moduleLimits.segments, () => this.#element());
        return;
      case 10:
        this.#code();
        return;
      case 11:
        this.#data = this.#vector("data segments", moduleLimits.segments, () => this.#dataSegment());
        return;
      case 12:
        this.#dataCount = this.#reader.u32();
    }
  }

  #limit(what: string, count: number, most: number): void {
    if (count > most) {
      throw new WasmError("limit", `${count} ${what}, at most ${most} are taken`, this.#reader.position);
    }
  }

  #vector<T>(what: string, most: number, read: () => T): T[] {
    const count = this.#reader.count();
    this.#limit(what, count, most);
    return Array.from({ length: count }, read);
  }

  #functionType(): FunctionType {
    const reader = this.#reader;
    const form = reader.byte();
    if (form !== 0x60) {
      reader.position--;
      const proposal = proposalOfType(form);
      if (proposal) throw new WasmError("unsupported", proposal, reader.position);
      throw reader.malformed(`malformed function type 0x${form.toString(16)}`);
    }
    const params = this.#vector("parameters", moduleLimits.params, () => readValueType(reader));
    const results = this.#vector("results", moduleLimits.results, () => readValueType(reader));
    return { params, results };
  }

  #import(): Import {
    const reader = this.#reader;
    const offset = reader.position;
    const module = reader.name();
    const name = reader.name();
    const kind = this.#externalKind();
    let description: ImportDescription;
    switch (kind) {
      case "function":
        description = { kind, typeIndex: reader.u32() };
        break;
      case "table":
        description = { kind, type: this.#tableType() };
        break;
      case "memory":
        description = { kind, limits: this.#limits() };
        break;
      case "global":
        description = { kind, type: this.#globalType() };
    }
    return { module, name, description, offset };
  }

  #externalKind(): ExternalKind {
    const code = this.#reader.byte();
    if (code === 4) throw new WasmError("unsupported", "exception handling", this.#reader.position - 1);
    const kind = externalKinds[code];
    if (kind === undefined) throw this.#reader.malformed(`malformed import or export kind ${code}`);
    return kind;
  }

  #referenceType(): ReferenceType {
    const type = readValueType(this.#reader);
    if (type !== 0x70 && type !== 0x6f) throw this.#reader.malformed("malformed reference type");
    return type;
  }

  #tableType(): TableType {
    if (this.#reader.bytes[this.#reader.position] === 0x40) {
      throw new WasmError("unsupported", "typed function references", this.#reader.position);
    }
    return { element: this.#referenceType(), limits: this.#limits() };
  }

  #limits(): Limits {
    const reader = this.#reader;
    const flags = reader.byte();
    if (flags > 1) {
      const proposal = proposalOfLimits(flags);
      if (proposal) throw new WasmError("unsupported", proposal, reader.position - 1);
      throw reader.malformed(`malformed limits flags ${flags}`);
    }
    return { min: reader.u32(), max: flags === 1 ? reader.u32() : undefined };
  }

  #globalType(): GlobalType {
    const value = readValueType(this.#reader);
    const mutability = this.#reader.byte();
    if (mutability > 1) throw this.#reader.malformed(`malformed mutability ${mutability}`);
    return { value, mutable: mutability === 1 };
  }

  /** A constant expression: its instructions are read to find where it ends. Blocks cannot occur in one. */
  #expression(): Expression {
    const reader = this.#reader;
    const start = reader.position;
    const rest: Expression = { code: reader.bytes.subarray(start, reader.end), offset: start };
    const walk = new InstructionReader(rest);
    while (walk.next().opcode !== op.end);
    return { code: reader.take(walk.end), offset: start };
  }

  /** The eight forms of an element segment: bit 0 passive or declarative, bit 1 explicit table or declarative, bit 2 expressions. */
  #element(): ElementSegment {
    const reader = this.#reader;
    const flags = reader.u32();
    if (flags > 7) throw reader.malformed(`malformed element segment flags ${flags}`);
    let mode: SegmentMode;
    if (flags & 1) mode = { kind: flags & 2 ? "declarative" : "passive" };
    else mode = { kind: "active", index: flags & 2 ? reader.u32() : 0, offset: this.#expression() };
    if (flags & 4) {
      const type = flags & 3 ? this.#referenceType() : 0x70;
      const expressions = this.#vector("elements", moduleLimits.tableEntries, () => this.#expression());
      return { mode, type, items: { kind: "expressions", expressions } };
    }
    if (flags & 3 && reader.byte() !== 0) throw reader.malformed("malformed element kind");
    const indices = this.#vector("elements", moduleLimits.tableEntries, () => reader.u32());
    return { mode, type: 0x70, items: { kind: "functions", indices } };
  }

  #dataSegment(): DataSegment {
    const reader = this.#reader;
    const flags = reader.u32();
    if (flags > 2) throw reader.malformed(`malformed data segment flags ${flags}`);
    const mode: SegmentMode =
      flags === 1
        ? { kind: "passive" }
        : { kind: "active", index: flags === 2 ? reader.u32() : 0, offset: this.#expression() };
    return { mode, bytes: reader.take(reader.u32()) };
  }

  #code(): void {
    const reader = this.#reader;
    const imported = this.#imports.filter((item) => item.description.kind === "function").length;
    const count = reader.count();
    if (count !== this.#typeIndices.length) {
      throw reader.malformed(
        `function and code section have inconsistent lengths: ${this.#typeIndices.length} and ${count}`,
      );
    }
    for (let i = 0; i < count; i++) {
      const functionIndex = imported + i;
      const size = reader.u32();
      if (size > reader.end - reader.position) throw reader.malformed(`function body is cut off`);
      if (size > moduleLimits.bodyBytes) {
        throw new WasmError(
          "limit",
          `the body has ${size} bytes, at most ${moduleLimits.bodyBytes} are taken`,
          reader.position,
          functionIndex,
        );
      }
      const body = new ByteReader(reader.bytes, reader.position, reader.position + size, functionIndex);
      const locals = this.#locals(body);
      const offset = body.position;
      this.#functions.push({
        typeIndex: this.#typeIndices[i]!,
        locals,
        body: { code: body.take(body.end - offset), offset },
      });
      reader.position = body.end;
    }
  }

  #locals(body: ByteReader): DefinedFunction["locals"] {
    let total = 0;
    return Array.from({ length: body.count() }, () => {
      const count = body.u32();
      total += count;
      if (total > 0xffff_ffff) throw body.malformed(`too many locals: ${total}`);
      if (total > moduleLimits.locals) {
        throw new WasmError(
          "limit",
          `${total} locals, at most ${moduleLimits.locals} are taken`,
          body.position,
          body.functionIndex,
        );
      }
      return { count, type: readValueType(body) };
    });
  }
}
