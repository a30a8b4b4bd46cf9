/** The tables of Nexus Zero's machine. Their order is part of the protocol: columns, constraints and leaves are numbered by it. */
import { add } from "./add/chip.ts";
import type { Chip } from "./chip.ts";

/** Instruction chips first, in the order of docs/zero/machine.md §4; then the tables of §5. */
export const chips: readonly Chip[] = [add];
