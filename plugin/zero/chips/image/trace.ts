import { heightFor } from "../../trace/instruction-trace.ts";
import type { Region } from "../../trace/recorder.ts";
import { Rows } from "../../trace/rows.ts";
import type { Program } from "../../vm/program.ts";
import { wordsOfPage } from "../../air/regions.ts";
import { image as chip } from "./chip.ts";

/** log₂ of the words that the image table covers. */
export const imageHeight = ({ image }: Program): number => heightFor(image.words.length);

/** The table's preprocessed columns. */
export function imageRows(program: Program): Rows {
  const rows = new Rows(chip, imageHeight(program));
  rows.wide("value").set(program.image.words);
  const words = program.pages.first * wordsOfPage - program.image.first;
  rows.narrow("exists").fill(1, 0, Math.min(words, 2 ** rows.height));
  return rows;
}

/** Fills what a run leaves in the image's words. */
export function fillImage(rows: Rows, program: Program, { values, times }: Region): void {
  const [after, time, exists] = [rows.wide("after"), rows.narrow("time"), rows.narrow("exists")];
  const { first } = program.image;
  const words = new BigUint64Array(values.buffer, values.byteOffset, values.length / 2);
  exists.forEach((each, row) => {
    if (each === 0) return;
    after[row] = words[first + row]!;
    time[row] = times[first + row]!;
  });
}
