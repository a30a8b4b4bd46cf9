/**
 * Fixed sizes of the protocol (docs/zero/protocol.md §2). One circuit has one set of them. Production's is below; tests run the same
 * code with small ones.
 */
export interface Sizes {
  /** H: row bits of the largest table. */
  readonly rowBits: number;
  /** I: bits of a leaf's number; H + I is even. */
  readonly leafBits: number;
  /** Most column bits of a block: a chip with more columns has several. */
  readonly columnBits: number;
  /** N: log₂ of a slab's length, from the least to the most. */
  readonly slabBits: { readonly least: number; readonly most: number };
  /** Bits of a slot's number: the lower half of the slots are the slabs', the first of the upper half is the program's. */
  readonly slotBits: number;
  /** Most row bits of the io chip, of the program table and of the memory image. */
  readonly ioBits: number;
  readonly programBits: number;
  readonly imageBits: number;
}

export const productionSizes: Sizes = {
  rowBits: 20,
  leafBits: 8,
  columnBits: 3,
  slabBits: { least: 14, most: 22 },
  slotBits: 5,
  ioBits: 16,
  programBits: 18,
  imageBits: 20,
};

/** The most slabs of a proof: half of the slots. */
export function mostSlabs(sizes: Sizes): number {
  return 2 ** (sizes.slotBits - 1);
}

/** n: variables of the stacked vector. */
export function stackedBits(sizes: Sizes): number {
  return sizes.slabBits.most + sizes.slotBits;
}

/** Number of the layer of the bus argument that has the leaves; layer j has 2j variables. */
export function leafLayer(sizes: Sizes): number {
  return (sizes.rowBits + sizes.leafBits) / 2;
}
