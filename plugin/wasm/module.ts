/** A WebAssembly module as Nexus sees it, decoded. Index spaces count imports first, as the specification does. */

/** A value type by its code in the binary format. */
export type ValueType = 0x7f | 0x7e | 0x7d | 0x7c | 0x70 | 0x6f;
export type ReferenceType = 0x70 | 0x6f;

export const valueType = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  funcref: 0x70,
  externref: 0x6f,
} as const;

export const valueTypeNames: Readonly<Record<ValueType, string>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x70: "funcref",
  0x6f: "externref",
};

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface Limits {
  readonly min: number;
  readonly max: number | undefined;
}

export interface TableType {
  readonly element: ReferenceType;
  readonly limits: Limits;
}

export interface GlobalType {
  readonly value: ValueType;
  readonly mutable: boolean;
}

/** Instructions as bytes, the final `end` included. */
export interface Expression {
  readonly code: Uint8Array;
  /** Where `code` starts in the module. */
  readonly offset: number;
}

export type ImportDescription =
  | { readonly kind: "function"; readonly typeIndex: number }
  | { readonly kind: "table"; readonly type: TableType }
  | { readonly kind: "memory"; readonly limits: Limits }
  | { readonly kind: "global"; readonly type: GlobalType };

export interface Import {
  readonly module: string;
  readonly name: string;
  readonly description: ImportDescription;
  readonly offset: number;
}

export type ExternalKind = ImportDescription["kind"];

export interface Export {
  readonly name: string;
  readonly kind: ExternalKind;
  readonly index: number;
}

/** A function with a body. `locals` are runs, as in the binary: parameters are not among them. */
export interface DefinedFunction {
  readonly typeIndex: number;
  readonly locals: readonly { readonly count: number; readonly type: ValueType }[];
  readonly body: Expression;
}

export interface Global {
  readonly type: GlobalType;
  readonly init: Expression;
}

export type SegmentMode =
  | { readonly kind: "passive" }
  | { readonly kind: "declarative" }
  /** `index` is the memory's (always 0) or the table's. */
  | { readonly kind: "active"; readonly index: number; readonly offset: Expression };

export interface ElementSegment {
  readonly mode: SegmentMode;
  readonly type: ReferenceType;
  /** Function indices, or one constant expression each. */
  readonly items:
    | { readonly kind: "functions"; readonly indices: readonly number[] }
    | { readonly kind: "expressions"; readonly expressions: readonly Expression[] };
}

export interface DataSegment {
  readonly mode: SegmentMode;
  readonly bytes: Uint8Array;
}

export interface CustomSection {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface WasmModule {
  readonly types: readonly FunctionType[];
  readonly imports: readonly Import[];
  readonly functions: readonly DefinedFunction[];
  readonly tables: readonly TableType[];
  readonly memories: readonly Limits[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly elements: readonly ElementSegment[];
  /** Value of the data count section, if there is one. */
  readonly dataCount: number | undefined;
  readonly data: readonly DataSegment[];
  readonly customs: readonly CustomSection[];
  /** Function names by function index, from the name section; empty when it is missing or broken. */
  readonly functionNames: ReadonlyMap<number, string>;
}

/** Imported functions, tables, memories or globals, in index order. */
export function importsOf<K extends ExternalKind>(
  module: WasmModule,
  kind: K,
): Extract<ImportDescription, { kind: K }>[] {
  return module.imports
    .map((item) => item.description)
    .filter(
      (description): description is Extract<ImportDescription, { kind: K }> => description.kind === kind,
    );
}
