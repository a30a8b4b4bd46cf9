/** A proof of the made-up machine, by the slow reference prover, and its messages by number. */
import { mapFieldMessages, type FieldMessages } from "../../../../plugin/zero/proof/messages.ts";
import { shapeOf } from "../../../../plugin/zero/proof/shape.ts";
import type { Trace } from "../../../../plugin/zero/trace/trace.ts";
import { numbersFrom } from "../prover/reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "../prover/reference/made-up-chips.ts";
import { proveReference, type CommittedSlabs, type ReferenceProof } from "../prover/reference/prove.ts";

export const madeUpShape = shapeOf(madeUpChips, madeUpSizes);
export const madeUpSlabBits = 8;

export function madeUpWitness() {
  return madeUpRun([3, 1, 4, 1, 5, 9, 2, 6], [7n, 2n ** 60n + 1n]);
}

/** What the reference prover makes of any trace, also of one that is not a run, and of slabs that are not the trace's. */
export function madeUpProof(
  witness: {
    readonly trace: Trace;
    readonly input: Uint8Array;
    readonly journal: Uint8Array;
  } = madeUpWitness(),
  tamper?: (committed: CommittedSlabs) => void,
): ReferenceProof {
  return proveReference({
    shape: madeUpShape,
    ...witness,
    parameters: madeUpParameters,
    slabBits: madeUpSlabBits,
    tau: 987654321987654321n,
    selector: 7,
    random: numbersFrom("made-up proof"),
    ...(tamper && { tamper }),
  });
}

/** The messages with the one of this number, in the order of the transcript, replaced. */
export function changeMessage<E>(
  messages: FieldMessages<E>,
  number: number,
  change: (element: E) => E,
): FieldMessages<E> {
  let next = 0;
  return mapFieldMessages(messages, (element) => (next++ === number ? change(element) : element));
}

export interface Line {
  readonly name: string;
  /** How many messages are absorbed, and how many challenges are drawn after them. */
  readonly absorbed: number;
  readonly drawn: number;
}

/** Lines 3 to 9 and 13 of the table in docs/zero/protocol.md §4, for the made-up machine. */
export const lines: readonly Line[] = (() => {
  const { rowBits, leafBits, columnBits, slabBits, slotBits } = madeUpSizes;
  const repeat = (count: number, name: string, absorbed: number): Line[] =>
    Array.from({ length: count }, () => ({ name, absorbed, drawn: 1 }));
  const columns = madeUpChips.reduce((sum, chip) => sum + chip.columns.length, 0);
  return [
    { name: "positions", absorbed: madeUpShape.traceBlocks.length, drawn: 2 },
    { name: "root", absorbed: 8, drawn: 3 },
    ...Array.from({ length: (rowBits + leafBits) / 2 - 1 }, (_, i) => [
      ...repeat(2 * (i + 1), "layer", 4),
      { name: "layer", absorbed: 8, drawn: 3 },
    ]).flat(),
    ...repeat(rowBits, "zerocheck", 3),
    { name: "columns", absorbed: columns, drawn: columnBits + 1 },
    ...repeat(slabBits.most + slotBits, "stacking", 2),
    { name: "evaluation", absorbed: 1, drawn: 1 },
    { name: "opening", absorbed: 7, drawn: 1 },
  ];
})();

/** The line of each message, by the message's number. */
export const lineOfMessage: readonly number[] = lines.flatMap(({ absorbed }, line) =>
  new Array<number>(absorbed).fill(line),
);
