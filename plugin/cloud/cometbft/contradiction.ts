import type { LogLine } from "./process.ts";

/**
 * Said by CometBFT of a block that more than two thirds of the validators signed, and which follows another result than the application
 * has. It says so in its log alone: consensus stops, and what catches up asks one peer after the other for another block, for ever.
 */
const SIGNED = /CONSENSUS FAILURE!!!|Error in validation/;
const OTHER_RESULT = /wrong Block\.Header\.AppHash\. +Expected ([0-9A-F]{64}), got ([0-9A-F]{64})/;

/** Results of the application, as CometBFT's `app_hash`: 0x-prefixed, 32 bytes. */
export interface Contradiction {
  readonly own: string;
  /** More than two thirds of the validators'. */
  readonly others: string;
}

/** The contradiction that a line of CometBFT's log tells of; undefined when it tells of something else. */
export function contradictionIn({ level, message }: LogLine): Contradiction | undefined {
  if (level !== "error" || !SIGNED.test(message)) return undefined;
  const [, own, others] = OTHER_RESULT.exec(message) ?? [];
  if (own === undefined || others === undefined) return undefined;
  return { own: `0x${own.toLowerCase()}`, others: `0x${others.toLowerCase()}` };
}
