import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbBelow, limbColumns } from "../../air/instruction-row.ts";

/** Quotients and remainders. README.md says why the equations mean them. */
export const div = defineChip("div", "declared", (chip) => {
  const row = new InstructionRow(chip, ["divu", "remu", "divs32", "divs64", "rems32", "rems64"], {
    fields: ["d", "a", "b"],
    hasImmediate: true,
  });
  const { real } = row;
  const signed32 = row.any("divs32", "rems32");
  const signed64 = row.any("divs64", "rems64");
  /** 2^w where the instruction is signed, else 0. */
  const modulus = signed32.times(1n << 32n).plus(signed64.times(1n << 64n));
  row.goOn();

  const operand = (name: string) => {
    const { limbs, value } = limbColumns(chip, name, real);
    const sign = chip.bit(`${name} sign`);
    limbBelow(chip, signed64, limbs[3]!.minus(sign.times(1n << 15n)), 15);
    limbBelow(chip, signed32, limbs[1]!.minus(sign.times(1n << 15n)), 15);
    return { limbs, value, sign, magnitude: value.plus(sign.times(modulus.minus(value.times(2)))) };
  };
  const A = operand("A");
  const B = operand("B");
  row.readA(real, A.value);
  row.readB(real, B.value);
  chip.zero("unsigned: no signs", A.sign.plus(B.sign).times(signed32.plus(signed64).minus(1)));
  chip.zero(
    "signed, of 32 bits: A and B are below 2^32",
    signed32.times(A.limbs[2]!.plus(A.limbs[3]!, B.limbs[2]!, B.limbs[3]!)),
  );

  // Magnitudes. One is kept out of the limbs where the result is negative: such a number is not zero.
  const negativeQ = chip.bit("Q is negative");
  const negativeM = chip.bit("M is negative");
  const q = limbColumns(chip, "Q", real);
  const Q = q.value.plus(negativeQ);
  const M = limbColumns(chip, "M", real).value.plus(negativeM);
  chip.zero("|A| = |B| Q + M", A.magnitude.minus(B.magnitude.times(Q)).minus(M));
  const room = limbColumns(chip, "room", real);
  chip.zero("M is below |B|", B.magnitude.minus(M).minus(room.value).minus(real));

  const differ = A.sign.plus(B.sign).minus(A.sign.times(B.sign).times(2));
  chip.zero("Q is negative only if the signs differ", negativeQ.times(differ.minus(1)));
  chip.zero("Q is negative if the signs differ and Q is not 0", differ.minus(negativeQ).times(Q));
  chip.zero("M is negative only if A is", negativeM.times(A.sign.minus(1)));
  chip.zero("M is negative if A is and M is not 0", A.sign.minus(negativeM).times(M));
  // 2^(w - 1) fits as a negative quotient only, and there the limbs hold one less.
  limbBelow(chip, row.flag("divs64"), q.limbs[3]!, 15);
  limbBelow(chip, row.flag("divs32"), q.limbs[1]!, 15);

  const D = row.writeD();
  chip.zero(
    "D = Q, or 2^w - Q",
    row.any("divu", "divs32", "divs64").times(D.minus(Q).minus(negativeQ.times(modulus.minus(Q.times(2))))),
  );
  chip.zero(
    "D = M, or 2^w - M",
    row.any("remu", "rems32", "rems64").times(D.minus(M).minus(negativeM.times(modulus.minus(M.times(2))))),
  );
});
