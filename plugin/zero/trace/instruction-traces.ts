import { addTrace } from "../chips/add/trace.ts";
import type { InstructionTrace } from "./instruction-trace.ts";

/** How each instruction chip is filled, in any order. */
export const instructionTraces: readonly InstructionTrace[] = [addTrace];
