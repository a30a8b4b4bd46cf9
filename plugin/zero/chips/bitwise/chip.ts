import { defineChip } from "../../air/chip.ts";
import { sum, type Expression } from "../../air/expression.ts";
import { InstructionRow } from "../../air/instruction-row.ts";

/** and, or, xor, byte by byte. README.md says why the lookups mean them. */
export const bitwise = defineChip("bitwise", "declared", (chip) => {
  const row = new InstructionRow(chip, ["and", "or", "xor"], { fields: ["d", "a", "b"], hasImmediate: true });
  row.goOn();
  const bytes = (name: string) => Array.from({ length: 8 }, (_, i) => chip.column(`${name} byte ${i}`, 8));
  const [a, b, both] = [bytes("A"), bytes("B"), bytes("both")];
  for (let i = 0; i < 8; i++) chip.take("bytes", row.real, a[i]!, b[i]!, both[i]!);
  const A = row.readA(row.real, joined(a));
  const B = row.readB(row.real, joined(b));
  const D = row.writeD();

  const C = joined(both);
  chip.zero("and: D = A & B", row.flag("and").times(D.minus(C)));
  chip.zero("or: D = A + B - (A & B)", row.flag("or").times(D.plus(C).minus(A).minus(B)));
  chip.zero("xor: D = A + B - 2 (A & B)", row.flag("xor").times(D.plus(C.times(2)).minus(A).minus(B)));
});

/** Σ 256^i of the bytes. */
function joined(bytes: readonly Expression[]): Expression {
  return sum(...bytes.map((byte, i) => byte.times(1n << BigInt(8 * i))));
}
