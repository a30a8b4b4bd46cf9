/** Tables of Nexus Zero's machine: columns, constraints and bus interactions, described once (docs/zero/protocol.md §3). */
import { longestTuple, type Bus } from "./bus.ts";
import { Expression, expression, type Operand } from "./expression.ts";

/** Width in bits of the narrowest unsigned integer that holds every value of a column. */
export type Width = 1 | 8 | 16 | 32 | 64;

export interface Column {
  readonly name: string;
  readonly width: Width;
  /** Committed with the program, not with the trace. */
  readonly preprocessed: boolean;
}

/** Zero in every row. */
export interface Constraint {
  readonly name: string;
  readonly expression: Expression;
}

/** Puts `tuple` on the bus `multiplicity` times; takes it off where that is negative. Both are affine. */
export interface Interaction {
  readonly bus: Bus;
  readonly multiplicity: Expression;
  readonly tuple: readonly Expression[];
}

/**
 * log₂ of the rows: `declared` by the proof's header, that of the `program` or of its memory `image`, or a fixed number.
 */
export type Height = "declared" | "program" | "image" | number;

export interface Chip {
  readonly name: string;
  readonly height: Height;
  /** Preprocessed ones first. */
  readonly columns: readonly Column[];
  readonly constraints: readonly Constraint[];
  readonly interactions: readonly Interaction[];
}

/** One or two interactions that make one leaf of the bus argument (protocol.md §5). */
export type Leaf = readonly [Interaction] | readonly [Interaction, Interaction];

/** log₂ of the rows of the largest table: H of the protocol. */
export const mostHeight = 20;

/** A chip's interactions, two to a leaf, in their order. */
export function leavesOf({ interactions }: Chip): Leaf[] {
  const leaves: Leaf[] = [];
  for (let i = 0; i < interactions.length; i += 2) {
    const [first, second] = [interactions[i]!, interactions[i + 1]];
    leaves.push(second === undefined ? [first] : [first, second]);
  }
  return leaves;
}

/** Number of a chip's column. @throws Error for a name it does not have */
export function columnIndex({ name: chip, columns }: Chip, name: string): number {
  const index = columns.findIndex((column) => column.name === name);
  if (index < 0) throw new Error(`the chip ${chip} has no column ${name}`);
  return index;
}

/** log₂ of the columns that a block of `count` columns is padded to. */
export function columnBits(count: number): number {
  return Math.ceil(Math.log2(Math.max(1, count)));
}

/** What a description is written with; one for each chip, made by `defineChip`. */
export class ChipBuilder {
  readonly columns: Column[] = [];
  readonly constraints: Constraint[] = [];
  readonly interactions: Interaction[] = [];

  column(name: string, width: Width, preprocessed = false): Expression {
    if (this.columns.some((column) => column.name === name))
      throw new Error(`column ${name} is there already`);
    if (preprocessed && this.columns.some((column) => !column.preprocessed)) {
      throw new Error(`preprocessed column ${name} must come before the others`);
    }
    this.columns.push({ name, width, preprocessed });
    return new Expression({ kind: "column", index: this.columns.length - 1 });
  }

  /** A column that is constrained to 0 and 1. */
  bit(name: string): Expression {
    const bit = this.column(name, 1);
    this.zero(`${name} is a bit`, bit.times(bit.minus(1)));
    return bit;
  }

  /** @throws Error over degree 3 */
  zero(name: string, value: Expression): void {
    if (value.degree > 3) throw new Error(`constraint "${name}" has degree ${value.degree}, more than 3`);
    this.constraints.push({ name, expression: value });
  }

  /** @throws Error unless multiplicity and tuple are affine */
  put(bus: Bus, multiplicity: Operand, ...tuple: Operand[]): void {
    const interaction = { bus, multiplicity: expression(multiplicity), tuple: tuple.map(expression) };
    if ([interaction.multiplicity, ...interaction.tuple].some(({ degree }) => degree > 1)) {
      throw new Error(`an interaction with the ${bus} bus is not affine`);
    }
    if (tuple.length > longestTuple) throw new Error(`a tuple of the ${bus} bus is too long`);
    this.interactions.push(interaction);
  }

  take(bus: Bus, multiplicity: Operand, ...tuple: Operand[]): void {
    this.put(bus, expression(multiplicity).times(-1), ...tuple);
  }
}

export function defineChip(name: string, height: Height, describe: (chip: ChipBuilder) => void): Chip {
  const builder = new ChipBuilder();
  describe(builder);
  const { columns, constraints, interactions } = builder;
  return { name, height, columns, constraints, interactions };
}
