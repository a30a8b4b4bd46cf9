/** The tables of Nexus Zero's machine. Their order is part of the protocol: columns, constraints and leaves are numbered by it. */
import type { Chip } from "../air/chip.ts";
import { add } from "./add/chip.ts";
import { bitwise } from "./bitwise/chip.ts";
import { boundary } from "./boundary/chip.ts";
import { branch } from "./branch/chip.ts";
import { bytes } from "./bytes/chip.ts";
import { call } from "./call/chip.ts";
import { count } from "./count/chip.ts";
import { crossing } from "./crossing/chip.ts";
import { div } from "./div/chip.ts";
import { image } from "./image/chip.ts";
import { io } from "./io/chip.ts";
import { mul } from "./mul/chip.ts";
import { narrow } from "./narrow/chip.ts";
import { popcount } from "./popcount/chip.ts";
import { powers } from "./powers/chip.ts";
import { program } from "./program/chip.ts";
import { range } from "./range/chip.ts";
import { select } from "./select/chip.ts";
import { shift } from "./shift/chip.ts";
import { signed } from "./signed/chip.ts";
import { system } from "./system/chip.ts";
import { word } from "./word/chip.ts";

/** Instruction chips first, in the order of docs/zero/machine.md §4; then the tables of §5. */
export const chips: readonly Chip[] = [
  add,
  branch,
  signed,
  select,
  bitwise,
  shift,
  count,
  mul,
  div,
  word,
  narrow,
  crossing,
  call,
  system,
  program,
  image,
  boundary,
  io,
  range,
  bytes,
  powers,
  popcount,
];
