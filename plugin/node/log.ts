import { pino } from "pino";

import type { Fields, Journal } from "../cloud/live/journal.ts";

const LEVELS: Readonly<Record<number, string>> = { 30: "info", 40: "WARN", 50: "ERROR" };

/**
 * What a running node tells, a line each: an object of JSON with `level`, `time` (ISO 8601), `msg`, and what belongs to the message; or the
 * same for people.
 */
export function journalOf(print: (line: string) => void, isPretty: boolean): Journal {
  const write = (line: string): void => print(isPretty ? prettied(line) : line.trimEnd());
  const log = pino(
    {
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      ...(!isPretty && { formatters: { level: (level: string) => ({ level }) } }),
    },
    { write },
  );
  return {
    info: (message, fields) => log.info(plain(fields), message),
    warn: (message, fields) => log.warn(plain(fields), message),
    error: (message, fields) => log.error(plain(fields), message),
  };
}

/** JSON has no bigints: those that its numbers hold exactly become numbers, others text. */
function plain(fields: Fields = {}): Record<string, unknown> {
  const number = (value: bigint): number | string =>
    value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === "bigint" ? number(value) : value]),
  );
}

function prettied(line: string): string {
  const { level, time, msg, ...rest } = JSON.parse(line) as { level: number; time: string; msg: string };
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${String(value)}`);
  return [time.slice(11, 23), (LEVELS[level] ?? "").padEnd(5), msg, ...fields].join(" ");
}
