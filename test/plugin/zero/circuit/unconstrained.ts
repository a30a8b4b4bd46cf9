import { evaluateCombination, type Combination } from "../../../../plugin/zero/arithmetic/combination.ts";
import type { ConstraintSystem } from "../../../../plugin/zero/arithmetic/constraints.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";

/**
 * Changes each variable by itself. One pass over the constraints: changed by δ, a·b = c becomes
 * (a + δ·a_v)(b + δ·b_v) = c + δ·c_v with the variable's coefficients.
 *
 * @param values satisfy the system
 * @param changeOf a variable, in [1, r)
 * @returns variables whose change violates no constraint
 */
export function unconstrainedVariables(
  { constraints, variables }: ConstraintSystem,
  values: readonly bigint[],
  changeOf: (variable: number) => bigint,
): number[] {
  const caught = new Uint8Array(variables);
  const evaluate = (combination: Combination) => evaluateCombination(combination, (i) => values[i]!);
  for (const constraint of constraints) {
    const parts = [constraint.a, constraint.b, constraint.c];
    const [a, b, c] = parts.map(evaluate) as [bigint, bigint, bigint];
    const changes = new Map<number, [bigint, bigint, bigint]>();
    parts.forEach((part, side) => {
      part.variables.forEach((variable, i) => {
        const change = changes.get(variable) ?? [0n, 0n, 0n];
        change[side] = part.coefficients[i]!;
        changes.set(variable, change);
      });
    });
    for (const [variable, [ofA, ofB, ofC]] of changes) {
      if (caught[variable] === 1) continue;
      const delta = changeOf(variable);
      const product = (a + delta * ofA) * (b + delta * ofB);
      if (residue(product - c - delta * ofC) !== 0n) caught[variable] = 1;
    }
  }
  return Array.from({ length: variables }, (_, variable) => variable).filter((v) => caught[v] === 0);
}
