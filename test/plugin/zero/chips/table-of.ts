import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { chips } from "../../../../plugin/zero/chips/index.ts";
import type { Table, Trace } from "../../../../plugin/zero/trace/trace.ts";

/** A chip's table. */
export function tableOf(trace: Trace, chip: Chip): Table {
  return trace[chips.indexOf(chip)]!;
}
