/** What an executed instruction computed with, for chips that keep it in parts. */
import { immediate } from "../vm/instruction.ts";
import { slots, type Execution } from "./execution.ts";

export const operandA = (execution: Execution, step: number): bigint => execution.after[slots * step]!;

/** The value of the cell, or the value itself. */
export function operandB(execution: Execution, step: number): bigint {
  const { code } = execution.program;
  const pc = execution.pc[step]!;
  return (code.op[pc]! & immediate) !== 0 ? code.b[pc]! : execution.after[slots * step + 1]!;
}

export const resultOf = (execution: Execution, step: number): bigint => execution.after[slots * step + 3]!;
