import { defineChip } from "../../air/chip.ts";
import { expression, virtual } from "../../air/expression.ts";
import { inRange } from "../../air/instruction-row.ts";
import { regionStart, regions } from "../../air/regions.ts";
import { sum } from "../../air/expression.ts";

/**
 * The streams: a row for each word of the input, of the private input and of the journal. `in` and `journal` are what the proof
 * is about (docs/zero/protocol.md §9); `private` is the prover's.
 */
export const io = defineChip("io", "declared", (chip) => {
  const one = expression(1);
  const input = chip.column("in", 64);
  const secret = chip.column("private", 64);
  const journal = chip.column("journal", 64);
  const stream = (name: string, region: number, first: typeof one, last: typeof one): void => {
    const address = virtual("row").plus(regionStart(region));
    chip.put("memory", one, address, first, 0);
    chip.take("memory", one, address, last, chip.column(`${name} time`, 32));
  };
  stream("in", regions.input, input, input);
  stream("private", regions.privateInput, secret, secret);
  stream("journal", regions.journal, expression(0), journal);
  const limbs = [0, 1, 2, 3].map((i) => chip.column(`private ${i}`, 16));
  inRange(chip, one, ...limbs);
  chip.zero(
    "a word of the private input is below 2^64",
    secret.minus(sum(...limbs.map((limb, i) => limb.times(1n << BigInt(16 * i))))),
  );
});
