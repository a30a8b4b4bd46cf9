import { columnIndex, type Chip, type Width } from "../air/chip.ts";
import type { ColumnData, Table } from "./trace.ts";

/** A table being filled: columns of zeros, by name. */
export class Rows {
  readonly chip: Chip;
  readonly height: number;
  readonly columns: readonly ColumnData[];

  /** @param height log₂ of the rows */
  constructor(chip: Chip, height: number) {
    this.chip = chip;
    this.height = height;
    this.columns = chip.columns.map(({ width }) => zeros(width, 2 ** height));
  }

  has(name: string): boolean {
    return this.chip.columns.some((column) => column.name === name);
  }

  /** A column of width 64. */
  wide(name: string): BigUint64Array {
    const column = this.#find(name);
    if (!(column instanceof BigUint64Array)) throw new Error(`column ${name} of ${this.chip.name} is narrow`);
    return column;
  }

  /** A column of at most 32 bits. */
  narrow(name: string): Uint8Array | Uint16Array | Uint32Array {
    const column = this.#find(name);
    if (column instanceof BigUint64Array) throw new Error(`column ${name} of ${this.chip.name} is wide`);
    return column;
  }

  table(): Table {
    return { height: this.height, columns: this.columns };
  }

  #find(name: string): ColumnData {
    return this.columns[columnIndex(this.chip, name)]!;
  }
}

function zeros(width: Width, length: number): ColumnData {
  if (width <= 8) return new Uint8Array(length);
  if (width === 16) return new Uint16Array(length);
  return width === 32 ? new Uint32Array(length) : new BigUint64Array(length);
}
