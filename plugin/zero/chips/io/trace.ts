import { heightFor, limbFiller } from "../../trace/instruction-trace.ts";
import type { Lookups } from "../../trace/lookups.ts";
import type { Recorder, Region } from "../../trace/recorder.ts";
import { Rows } from "../../trace/rows.ts";
import type { Table } from "../../trace/trace.ts";
import { io } from "./chip.ts";

/** As many rows as the longest of the streams has words. */
export function ioTable({ input, privateInput, journal }: Recorder, lookups: Lookups): Table {
  // The executor's journal has room for the longest; what the run used of it is what it touched.
  const used = journal.times.findLastIndex((time) => time > 0) + 1;
  const rows = new Rows(io, heightFor(Math.max(input.times.length, privateInput.times.length, used)));
  const count = 2 ** rows.height;
  const fill = (name: string, { values, times }: Region): void => {
    const words = new BigUint64Array(values.buffer, values.byteOffset, values.length / 2);
    rows.wide(name).set(words.subarray(0, count));
    rows.narrow(`${name} time`).set(times.subarray(0, count));
  };
  fill("in", input);
  fill("private", privateInput);
  fill("journal", journal);
  const limbs = limbFiller(rows, lookups, "private");
  rows.wide("private").forEach((word, row) => limbs(row, word));
  return rows.table();
}
