import type { FunctionType } from "../../wasm/module.ts";

/**
 * Where a function keeps what, in cells from its frame base:
 *
 *     0 … m-1      parameters, later results (m = the larger number)
 *     m, m+1       return pc, caller's frame base
 *     m+2 …        locals that are not parameters
 *     …            operands, one cell for every height of the stack
 *
 * A caller puts a callee's frame where the arguments already are: its own operand cell of the first argument is the callee's cell
 * 0, and the results are left where the caller expects them.
 */
export interface FrameLayout {
  readonly linkage: number;
  readonly operandBase: number;
  readonly cells: number;
}

/** @param locals parameters and locals @param operands the most operands at once */
export function frameLayout(type: FunctionType, locals: number, operands: number): FrameLayout {
  const linkage = Math.max(type.params.length, type.results.length);
  const operandBase = linkage + 2 + locals - type.params.length;
  return { linkage, operandBase, cells: operandBase + operands };
}
