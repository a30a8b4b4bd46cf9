import type { FunctionType, GlobalType, Limits, TableType, ValueType } from "./module.ts";

/** What function bodies may refer to: every index space with the imports first. */
export interface ModuleContext {
  readonly types: readonly FunctionType[];
  readonly functions: readonly FunctionType[];
  readonly tables: readonly TableType[];
  readonly memories: readonly Limits[];
  readonly globals: readonly GlobalType[];
  readonly elementTypes: readonly ValueType[];
  readonly dataCount: number | undefined;
  /** Functions that `ref.func` may name in a body. */
  readonly declared: ReadonlySet<number>;
}
