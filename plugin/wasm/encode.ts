/** Encodes a module to the WebAssembly binary format (Core Specification 2.0, §5). The inverse of decode.ts. */
import { ByteWriter } from "./byte-writer.ts";
import { op } from "./instructions.ts";
import type {
  DefinedFunction,
  ElementSegment,
  Expression,
  FunctionType,
  GlobalType,
  Import,
  Limits,
  SegmentMode,
  TableType,
  WasmModule,
} from "./module.ts";

const externalCodes = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** Encodes a module; custom sections come last. */
export function encode(module: WasmModule): Uint8Array {
  const out = new ByteWriter(1 << 16);
  out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  vector(out, 1, module.types, functionType);
  vector(out, 2, module.imports, importEntry);
  vector(out, 3, module.functions, (to, item) => to.u32(item.typeIndex));
  vector(out, 4, module.tables, tableType);
  vector(out, 5, module.memories, limits);
  vector(out, 6, module.globals, (to, item) => {
    globalType(to, item.type);
    to.append(item.init.code);
  });
  vector(out, 7, module.exports, (to, item) => {
    to.name(item.name);
    to.byte(externalCodes[item.kind]);
    to.u32(item.index);
  });
  if (module.start !== undefined) {
    const section = new ByteWriter(8);
    section.u32(module.start);
    out.byte(8);
    out.prefixed(section.finish());
  }
  vector(out, 9, module.elements, elementSegment);
  if (module.dataCount !== undefined) {
    const section = new ByteWriter(8);
    section.u32(module.dataCount);
    out.byte(12);
    out.prefixed(section.finish());
  }
  vector(out, 10, module.functions, functionBody);
  vector(out, 11, module.data, (to, item) => {
    segmentMode(
      to,
      item.mode,
      item.mode.kind === "passive" ? 1 : item.mode.kind === "active" && item.mode.index ? 2 : 0,
    );
    to.prefixed(item.bytes);
  });
  for (const custom of module.customs) {
    const section = new ByteWriter(custom.bytes.length + 64);
    section.name(custom.name);
    section.append(custom.bytes);
    out.byte(0);
    out.prefixed(section.finish());
  }
  return out.finish();
}

/** A section holding a vector; left out when empty. */
function vector<T>(
  out: ByteWriter,
  id: number,
  items: readonly T[],
  write: (to: ByteWriter, item: T) => void,
): void {
  if (items.length === 0) return;
  const section = new ByteWriter(1 << 12);
  section.u32(items.length);
  for (const item of items) write(section, item);
  out.byte(id);
  out.prefixed(section.finish());
}

function functionType(to: ByteWriter, type: FunctionType): void {
  to.byte(0x60);
  to.prefixed(Uint8Array.from(type.params));
  to.prefixed(Uint8Array.from(type.results));
}

function importEntry(to: ByteWriter, item: Import): void {
  to.name(item.module);
  to.name(item.name);
  const description = item.description;
  to.byte(externalCodes[description.kind]);
  switch (description.kind) {
    case "function":
      to.u32(description.typeIndex);
      return;
    case "table":
      tableType(to, description.type);
      return;
    case "memory":
      limits(to, description.limits);
      return;
    case "global":
      globalType(to, description.type);
  }
}

function tableType(to: ByteWriter, type: TableType): void {
  to.byte(type.element);
  limits(to, type.limits);
}

function limits(to: ByteWriter, range: Limits): void {
  to.byte(range.max === undefined ? 0 : 1);
  to.u32(range.min);
  if (range.max !== undefined) to.u32(range.max);
}

function globalType(to: ByteWriter, type: GlobalType): void {
  to.byte(type.value);
  to.byte(type.mutable ? 1 : 0);
}

function segmentMode(to: ByteWriter, mode: SegmentMode, flags: number): void {
  to.u32(flags);
  if (mode.kind !== "active") return;
  if (flags & 2) to.u32(mode.index);
  to.append(mode.offset.code);
}

function elementSegment(to: ByteWriter, segment: ElementSegment): void {
  const { mode, items, type } = segment;
  // The short form of an active segment means table 0 and funcref; anything else says so.
  const explicit = mode.kind === "active" && (mode.index !== 0 || type !== 0x70);
  const modeBits = mode.kind === "passive" ? 1 : mode.kind === "declarative" ? 3 : explicit ? 2 : 0;
  segmentMode(to, mode, modeBits | (items.kind === "expressions" ? 4 : 0));
  if (modeBits !== 0) to.byte(items.kind === "expressions" ? type : 0);
  if (items.kind === "expressions") {
    to.u32(items.expressions.length);
    for (const expression of items.expressions) to.append(expression.code);
  } else {
    to.u32(items.indices.length);
    for (const index of items.indices) to.u32(index);
  }
}

function functionBody(to: ByteWriter, item: DefinedFunction): void {
  const body = new ByteWriter(item.body.code.length + 64);
  body.u32(item.locals.length);
  for (const run of item.locals) {
    body.u32(run.count);
    body.byte(run.type);
  }
  body.append(item.body.code);
  to.prefixed(body.finish());
}

/** An i64 constant as an expression, for the initial value of a global. */
export function i64Constant(value: bigint): Expression {
  const code = new ByteWriter(16);
  code.opcode(op.i64Const);
  code.signed(value);
  code.opcode(op.end);
  return { code: code.finish(), offset: 0 };
}
