import { heightFor } from "../../trace/instruction-trace.ts";
import { Rows } from "../../trace/rows.ts";
import type { Program } from "../../vm/program.ts";
import { program as chip } from "./chip.ts";

/** The table's preprocessed columns. */
export function programRows({ code }: Program): Rows {
  const rows = new Rows(chip, heightFor(code.op.length));
  for (const name of ["op", "d", "a", "c"] as const) rows.narrow(name).set(code[name]);
  rows.wide("b").set(code.b);
  return rows;
}
