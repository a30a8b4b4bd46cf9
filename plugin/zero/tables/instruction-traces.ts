import { addTrace } from "../chips/add/trace.ts";
import { bitwiseTrace } from "../chips/bitwise/trace.ts";
import { branchTrace } from "../chips/branch/trace.ts";
import { callTrace } from "../chips/call/trace.ts";
import { countTrace } from "../chips/count/trace.ts";
import { crossingTrace } from "../chips/crossing/trace.ts";
import { divTrace } from "../chips/div/trace.ts";
import { mulTrace } from "../chips/mul/trace.ts";
import { narrowTrace } from "../chips/narrow/trace.ts";
import { selectTrace } from "../chips/select/trace.ts";
import { shiftTrace } from "../chips/shift/trace.ts";
import { signedTrace } from "../chips/signed/trace.ts";
import { systemTrace } from "../chips/system/trace.ts";
import { wordTrace } from "../chips/word/trace.ts";
import type { InstructionTrace } from "../trace/instruction-trace.ts";

/** How each instruction chip is filled, in any order. */
export const instructionTraces: readonly InstructionTrace[] = [
  addTrace,
  branchTrace,
  signedTrace,
  selectTrace,
  bitwiseTrace,
  shiftTrace,
  countTrace,
  mulTrace,
  divTrace,
  wordTrace,
  narrowTrace,
  crossingTrace,
  callTrace,
  systemTrace,
];
