/** What a prover commits to: the columns of every table of Nexus Zero's machine, filled for one run (docs/zero/machine.md §3–§5). */
import type { Parameter } from "../air/expression.ts";

/** Unsigned integers; the narrowest array that the column's `width` fits in. */
export type ColumnData = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** The rows of one chip. */
export interface Table {
  /** log₂ of the rows. */
  readonly height: number;
  /** In the order of the chip's `columns`, preprocessed ones among them; each of 2^height entries, unused rows zero. */
  readonly columns: readonly ColumnData[];
}

/** One table for each chip, in the order of `chips` in chips/index.ts. */
export type Trace = readonly Table[];

/** The constants of a program that expressions name (docs/zero/protocol.md §3). */
export type Parameters = Readonly<Record<Parameter, bigint>>;

/** A run that can be proven. */
export interface TracedRun {
  readonly trace: Trace;
  readonly parameters: Parameters;
  readonly journal: Uint8Array;
  readonly log: Uint8Array;
  /** Instructions executed. */
  readonly instructions: number;
}
