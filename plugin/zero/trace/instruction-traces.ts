import { addTrace } from "../chips/add/trace.ts";
import { branchTrace } from "../chips/branch/trace.ts";
import { callTrace } from "../chips/call/trace.ts";
import { selectTrace } from "../chips/select/trace.ts";
import { signedTrace } from "../chips/signed/trace.ts";
import { systemTrace } from "../chips/system/trace.ts";
import { wordTrace } from "../chips/word/trace.ts";
import type { InstructionTrace } from "./instruction-trace.ts";

/** How each instruction chip is filled, in any order. */
export const instructionTraces: readonly InstructionTrace[] = [
  addTrace,
  branchTrace,
  signedTrace,
  selectTrace,
  wordTrace,
  callTrace,
  systemTrace,
];
