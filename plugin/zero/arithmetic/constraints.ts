/** Arithmetic over linear combinations of variables: runs the verifier and leaves its rank-1 constraint system behind. */
import { Circuit, formOf } from "./circuit-arithmetic.ts";
import {
  constantCombination,
  evaluateCombination,
  scaledCombination,
  sumOfMany,
  sumOfTwo,
  variableCombination,
  type Combination,
} from "./combination.ts";
import { r } from "../field/scalar-field.ts";

/** a·b = c. */
export interface Constraint {
  readonly a: Combination;
  readonly b: Combination;
  readonly c: Combination;
  /** The equation or range it stands for. */
  readonly what: string;
}

/** Variable 0 is the constant 1, then come the public inputs, then all others. */
export interface ConstraintSystem {
  readonly publicInputs: number;
  /** The constant and public inputs included. */
  readonly variables: number;
  readonly constraints: readonly Constraint[];
}

export class Constraints extends Circuit<Combination> implements ConstraintSystem {
  readonly publicInputs: number;
  readonly constraints: Constraint[] = [];
  variables = 1;

  /** @param publicInputs how many of the first inputs are public */
  constructor(publicInputs: number) {
    super();
    this.publicInputs = publicInputs;
  }

  constant(value: bigint): Combination {
    return constantCombination(value);
  }

  add(a: Combination, b: Combination): Combination {
    return sumOfTwo(a, b, formOf([a, b]));
  }

  sub(a: Combination, b: Combination): Combination {
    return sumOfTwo(a, scaledCombination(b, r - 1n), formOf([a, b]));
  }

  scale(a: Combination, factor: bigint): Combination {
    return scaledCombination(a, factor);
  }

  sum(terms: readonly Combination[]): Combination {
    return sumOfMany(terms, formOf(terms));
  }

  input(): Combination {
    return variableCombination(this.variables++);
  }

  protected allocate(): Combination {
    if (this.variables <= this.publicInputs) {
      throw new Error(`the ${this.publicInputs} public inputs must come before anything computed from them`);
    }
    return variableCombination(this.variables++);
  }

  /** @throws Error if it says nothing about any variable, which the verifier's text should not */
  protected enforce(a: Combination, b: Combination, c: Combination, what: string): void {
    const isLinear = b.form === "constant";
    if (
      isLinear &&
      sumOfTwo(a, scaledCombination(c, r - 1n), "combination").variables.every((v) => v === 0)
    ) {
      throw new Error(`"${what}" is no constraint: the variables on both sides cancel out`);
    }
    this.constraints.push({ a, b, c, what });
  }

  protected constantOf({ coefficients }: Combination): bigint {
    return coefficients[0] ?? 0n;
  }
}

/** @returns the first constraint that the values of all variables do not satisfy */
export function violatedConstraint(
  constraints: readonly Constraint[],
  values: readonly bigint[],
): Constraint | undefined {
  const evaluate = (combination: Combination) => evaluateCombination(combination, (i) => values[i]!);
  return constraints.find(({ a, b, c }) => (evaluate(a) * evaluate(b)) % r !== evaluate(c));
}
