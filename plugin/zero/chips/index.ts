/** The tables of Nexus Zero's machine. Their order is part of the protocol: columns, constraints and leaves are numbered by it. */
import type { Chip } from "./chip.ts";

/** Instruction chips first, then tables. */
export const chips: readonly Chip[] = [];
