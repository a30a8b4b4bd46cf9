import type { Mnemonic } from "../../vm/instruction.ts";
import {
  dataColumns,
  extendedLoad,
  placeColumns,
  signedLoads,
  signOf,
  windowColumns,
} from "../../air/byte-window.ts";
import { defineChip } from "../../air/chip.ts";
import { sum } from "../../air/expression.ts";
import { inRange, InstructionRow, limbBelow } from "../../air/instruction-row.ts";

const loads = ["ld8u", "ld16u", "ld32u"] as const satisfies readonly Mnemonic[];
const stores = ["st8", "st16", "st32"] as const satisfies readonly Mnemonic[];

export const narrowVariants = signedLoads(loads);

/** Accesses of 8, 16 and 32 bits inside of one word of linear memory. README.md says why the equations mean them. */
export const narrow = defineChip("narrow", "declared", (chip) => {
  const row = new InstructionRow(chip, [...loads, ...stores], {
    fields: ["d", "a", "b", "c"],
    hasImmediate: true,
    variants: narrowVariants,
  });
  const { real } = row;
  const [st8, st16, st32] = [row.flag("st8"), row.flag("st16"), row.flag("st32")];
  row.goOn();
  const A = row.readA();
  const data = dataColumns(row, row.any(...stores));
  const place = placeColumns(row, A);
  const [old, now] = [chip.column("cell before", 64), chip.column("cell", 64)];
  row.write("cell", 2, real, place.cell, old, now);
  const { limbs, power } = windowColumns(row, place, [old]);
  const [low, high] = [limbs[0]!, limbs[1]!];
  const bytes = sum(
    row.any("ld8u", "st8"),
    row.any("ld16u", "st16").times(2),
    row.any("ld32u", "st32").times(4),
  );
  inRange(chip, real, real.times(8).minus(bytes).minus(place.offset));

  const sign = chip.bit("sign");
  const second = chip.column("window byte 1", 8);
  const byte = low.minus(second.times(256));
  inRange(chip, row.any("ld8u", "st8"), second);
  limbBelow(chip, row.any("ld8u", "st8"), byte.minus(sign.times(1n << 7n)), 7);
  signOf(row, row.flag("ld16u"), low, sign);
  signOf(row, row.flag("ld32u"), high, sign);
  const D = data.value;
  extendedLoad(row, "ld8u", 8, { D, value: byte, sign });
  extendedLoad(row, "ld16u", 16, { D, value: low, sign });
  extendedLoad(row, "ld32u", 32, { D, value: low.plus(high.times(1n << 16n)), sign });

  const above = chip.column("data byte 1", 8);
  const stored = data.limbs[0]!.minus(above.times(256));
  inRange(chip, st8, above);
  limbBelow(chip, st8, stored, 8);
  const changes = [data.limbs[0]!.minus(low), data.limbs[1]!.minus(high)] as const;
  const change = sum(
    st8.times(stored.minus(byte)),
    st16.times(changes[0]),
    st32.times(changes[0].plus(changes[1].times(1n << 16n))),
  );
  chip.zero(
    "a store changes its bytes, a load none",
    now
      .minus(old)
      .times(power)
      .minus(change.times(1n << 56n)),
  );
});
