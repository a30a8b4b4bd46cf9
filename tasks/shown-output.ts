import { styleText } from "node:util";

import { asText, terminalText } from "./terminal-text.ts";

/** What a program wrote, for people: its text, or hex digits where it is none. */
export function outputText(output: Uint8Array): string {
  if (output.length === 0) return "(empty)";
  const text = asText(output);
  return text === undefined || text.includes("\0")
    ? `0x${Buffer.from(output).toString("hex")}`
    : terminalText(text).replace(/\n$/, "");
}

/** Whether a text fits in a cell of a table. */
export function isShort(text: string): boolean {
  return !text.includes("\n") && text.length <= 60;
}

const LINES = 20;
const COLUMNS = 160;

/** The beginning of a text that may be long. */
export function firstLines(text: string): string {
  const lines = text.split("\n");
  const shown = lines
    .slice(0, LINES)
    .map((line) => (line.length > COLUMNS ? `${line.slice(0, COLUMNS)}…` : line));
  const more = lines.length - shown.length;
  if (more > 0) shown.push(styleText("dim", `… ${more} more lines; --json prints all of it`));
  return shown.join("\n");
}

/** The beginning and the end of long hex digits. */
export function shortened(hex: string): string {
  return hex.length <= 24 ? hex : `${hex.slice(0, 12)}…${hex.slice(-8)}`;
}
