/** The leaf layer of the bus argument: numerator and denominator of every leaf in every row (docs/zero/protocol.md §5). */
import { leavesOf, type Chip } from "../air/chip.ts";
import type { Parameters } from "../trace/trace.ts";
import type { LeafVectors } from "./prove-bus-argument.ts";
import { compileLeaves, type BusChallenges } from "./chip-program.ts";
import { columnTable, constantPool, copyWords, type TableInMemory } from "./column-memory.ts";
import { Jobs } from "../kernels/jobs.ts";
import { leafCells } from "./memory-need.ts";
import { blockRows, registerBytes } from "./row-program.ts";

const element = 32;

export function makeLeafLayer(
  jobs: Jobs,
  chips: readonly Chip[],
  tables: readonly TableInMemory[],
  parameters: Parameters,
  challenges: BusChallenges,
): LeafVectors[] {
  const { kernels } = jobs;
  const layer: LeafVectors[] = [];
  let firstLeaf = 0;
  chips.forEach((chip, c) => {
    const leaves = leavesOf(chip).length;
    if (leaves > 0) {
      const cells = leafCells(tables[c]!.height);
      const [p, q] = [kernels.vector(leaves * cells), kernels.vector(leaves * cells)];
      layer.push({ p, q, firstLeaf, leaves, cells });
    }
    firstLeaf += leaves;
  });
  const mark = kernels.mark();
  const constantAt = constantPool(kernels);
  const [zero, one] = [constantAt(0n), constantAt(1n)];
  let part = 0;
  chips.forEach((chip, c) => {
    if (leavesOf(chip).length === 0) return;
    const { p, q, leaves, cells } = layer[part++]!;
    const { height, columns } = tables[c]!;
    const rows = 2 ** height;
    if (rows < cells) {
      kernels.fill(p, zero, leaves * cells);
      kernels.fill(q, one, leaves * cells);
    }
    const vectors = Array.from({ length: leaves }, (_, leaf) => ({
      p: p + leaf * cells * element,
      q: q + leaf * cells * element,
    }));
    const program = compileLeaves(chip, parameters, challenges, vectors, constantAt);
    const words = copyWords(kernels, program.words);
    const table = columnTable(kernels, columns);
    const scratchBytes = program.registers * registerBytes;
    const scratch = kernels.alloc(scratchBytes * kernels.threads);
    for (const [from, to] of Jobs.parts(rows, 2 * blockRows, 64)) {
      const cost = (to - from) * program.length;
      jobs.add("runRows", cost, words, program.length, table, scratch, scratchBytes, from, to);
    }
    jobs.run();
  });
  kernels.release(mark);
  return layer;
}
