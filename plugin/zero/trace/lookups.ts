/** How often rows look each entry of the shared tables up: the tables' multiplicity columns. */
export class Lookups {
  readonly ranges = new Uint32Array(2 ** 16);
  /** By x + 256 y. */
  readonly bytePairs = new Uint32Array(2 ** 16);
  readonly exponents = new Uint32Array(64);
  readonly ones = new Uint32Array(2 ** 16);
  /** By number of the instruction in the program. */
  readonly instructions: Uint32Array;
  /** Touched words of pages that memory.grow made, by its time. */
  readonly growths = new Map<number, number>();

  constructor(instructions: number) {
    this.instructions = new Uint32Array(instructions);
  }

  range(value: number): void {
    count(this.ranges, value, "16 bits");
  }
  /** The pair whose bitwise and is looked up. */
  bytes(x: number, y: number): void {
    count(this.bytePairs, x + 256 * y, "bytes");
  }
  power(exponent: number): void {
    count(this.exponents, exponent, "powers");
  }
  popcount(limb: number): void {
    count(this.ones, limb, "popcount");
  }
}

function count(counts: Uint32Array, index: number, table: string): void {
  if (!(index in counts)) throw new Error(`${index} is not in the table of ${table}`);
  counts[index]!++;
}
