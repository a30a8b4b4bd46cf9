/** What a chip's description compiles to: a program that computes its leaves, and one for its part of the zerocheck. */
import { buses } from "../air/bus.ts";
import { leavesOf, type Chip, type Interaction } from "../air/chip.ts";
import {
  evaluator,
  type Expression,
  sum,
  virtualColumns,
  type Leaves,
  type VirtualColumn,
} from "../air/expression.ts";
import { residue } from "../field/scalar-field.ts";
import type { Parameters } from "../trace/trace.ts";
import { RowProgram, type FinishedProgram, type RowValue } from "./row-program.ts";

/** α_b and γ_b (protocol.md §5). */
export interface BusChallenges {
  readonly alpha: bigint;
  readonly gamma: bigint;
}

/** Numerator and denominator of a leaf, as expressions. */
export interface LeafExpressions {
  readonly p: Expression;
  readonly q: Expression;
}

export function leafExpressions(chip: Chip, { alpha, gamma }: BusChallenges): LeafExpressions[] {
  const denominator = ({ bus, tuple }: Interaction): Expression => {
    let power = 1n;
    return sum(
      gamma - BigInt(buses[bus]),
      ...tuple.map((part) => {
        power = residue(power * alpha);
        return part.times(-power);
      }),
    );
  };
  return leavesOf(chip).map(([first, second]) => {
    const q1 = denominator(first);
    if (second === undefined) return { p: first.multiplicity, q: q1 };
    const q2 = denominator(second);
    return {
      p: first.multiplicity.times(q2).plus(second.multiplicity.times(q1)),
      q: q1.times(q2),
    };
  });
}

/** Columns of a program are numbered: the chip's own, then the virtual ones. */
export function virtualIndex(chip: Chip, name: VirtualColumn): number {
  return chip.columns.length + virtualColumns.indexOf(name);
}

function leavesIn(program: RowProgram, chip: Chip, parameters: Parameters): Leaves<RowValue> {
  return {
    column: (index) => program.column(index),
    virtual: (name) => program.column(virtualIndex(chip, name)),
    parameter: (name) => program.constant(parameters[name]),
  };
}

/** Stores p of leaf ℓ at `vectors[ℓ].p` and q at `vectors[ℓ].q`. */
export function compileLeaves(
  chip: Chip,
  parameters: Parameters,
  challenges: BusChallenges,
  vectors: readonly { readonly p: number; readonly q: number }[],
  constantAt: (value: bigint) => number,
): FinishedProgram {
  const program = new RowProgram(constantAt);
  const value = evaluator(program, leavesIn(program, chip, parameters));
  leafExpressions(chip, challenges).forEach(({ p, q }, leaf) => {
    program.store(value(p), vectors[leaf]!.p);
    program.store(value(q), vectors[leaf]!.q);
  });
  return program.finish(0);
}

/** A chip's summand in the zerocheck: Σ_ℓ weight_ℓ (p + θ(q − 1)) + Σ_j θ^{2+j} C_j, j counted over all chips. */
export function zerocheckExpression(
  chip: Chip,
  challenges: BusChallenges,
  weights: readonly bigint[],
  theta: bigint,
  constraintFactors: readonly bigint[],
): Expression {
  return sum(
    ...leafExpressions(chip, challenges).map(({ p, q }, leaf) =>
      p.plus(q.minus(1).times(theta)).times(weights[leaf]!),
    ),
    ...chip.constraints.map(({ expression }, j) => expression.times(constraintFactors[j]!)),
  );
}

export interface ZerocheckProgram {
  /** Leaves the affine forms in registers [0, forms). */
  readonly affine: FinishedProgram;
  readonly forms: number;
  /** Computes the summand from them, into `result`. */
  readonly rest: FinishedProgram;
  readonly result: number;
}

interface Term {
  readonly term: Expression;
  readonly factor: bigint;
}

/**
 * Splits a summand into affine forms, which are lines along an edge of the cube and so need to be computed twice only, and the
 * products of them. Products that share a factor are summed before it is multiplied in.
 */
export function compileZerocheck(
  chip: Chip,
  parameters: Parameters,
  summand: Expression,
  constantAt: (value: bigint) => number,
): ZerocheckProgram {
  const affine = new RowProgram(constantAt);
  const value = evaluator(affine, leavesIn(affine, chip, parameters));
  const forms: number[] = [];
  const formOf = new Map<number, number>();
  /** The number of the form that is this value, which is not constant. */
  const formFor = (of: RowValue): number => {
    const register = affine.settle(of);
    const before = formOf.get(register);
    if (before !== undefined) return before;
    forms.push(register);
    formOf.set(register, forms.length - 1);
    return forms.length - 1;
  };
  // The second program is written when the number of forms, which are its inputs, is known.
  type Plan = {
    readonly line: RowValue | number;
    readonly products: readonly { readonly form: number; readonly rest: Plan }[];
  };
  const keyOf = formKeys(parameters);

  const planOf = (terms: readonly Term[]): Plan => {
    const lines: Term[] = [];
    const products: { factors: readonly [Expression, Expression]; factor: bigint }[] = [];
    const split = ({ term, factor }: Term): void => {
      const { node } = term;
      if (term.degree <= 1) lines.push({ term, factor });
      else if (node.kind === "sum") for (const part of node.terms) split({ term: part, factor });
      else if (node.kind === "scaled") split({ term: node.term, factor: residue(factor * node.factor) });
      else if (node.kind === "product") {
        const [a, b] = node.factors;
        const constant = a.degree === 0 ? value(a) : b.degree === 0 ? value(b) : undefined;
        if (constant !== undefined && "constant" in constant) {
          split({ term: a.degree === 0 ? b : a, factor: residue(factor * constant.constant) });
        } else products.push({ factors: node.factors, factor });
      }
    };
    for (const term of terms) split(term);
    const line = affine.sum(lines.map(({ term, factor }) => affine.scale(value(term), factor)));
    return {
      line: "constant" in line ? line : formFor(line),
      products: group(products, keyOf).map(({ common, others }) => ({
        form: formFor(value(common)),
        rest: planOf(others),
      })),
    };
  };
  const plan = planOf([{ term: summand, factor: 1n }]);

  const rest = new RowProgram(constantAt, forms.length);
  const run = ({ line, products }: Plan): RowValue =>
    rest.sum([
      typeof line === "number" ? { register: line, factor: 1n } : line,
      ...products.map((product) => rest.mul({ register: product.form, factor: 1n }, run(product.rest))),
    ]);
  let result = rest.settle(run(plan));
  const finished = rest.finish(forms.length);
  if (result >= forms.length) result = finished.place(result);
  return { affine: affine.finish(0, forms), forms: forms.length, rest: finished, result };
}

interface Product {
  readonly factors: readonly [Expression, Expression];
  readonly factor: bigint;
}

/** Takes out the affine factor that most products share, until each product is in a group. */
function group(
  products: readonly Product[],
  keyOf: (factor: Expression) => string,
): { common: Expression; others: Term[] }[] {
  const groups: { common: Expression; others: Term[] }[] = [];
  let left = [...products];
  while (left.length > 0) {
    const counts = new Map<string, { count: number; common: Expression }>();
    for (const { factors } of left) {
      for (const key of new Set(factors.filter(({ degree }) => degree <= 1).map(keyOf))) {
        const common = factors.find((factor) => factor.degree <= 1 && keyOf(factor) === key)!;
        const entry = counts.get(key);
        if (entry === undefined) counts.set(key, { count: 1, common });
        else entry.count++;
      }
    }
    const [key, { common }] = [...counts].reduce((most, entry) =>
      entry[1].count > most[1].count ? entry : most,
    );
    const others: Term[] = [];
    left = left.filter(({ factors: [a, b], factor }) => {
      if (a.degree <= 1 && keyOf(a) === key) others.push({ term: b, factor });
      else if (b.degree <= 1 && keyOf(b) === key) others.push({ term: a, factor });
      else return true;
      return false;
    });
    groups.push({ common, others });
  }
  return groups;
}

/** A text for each affine expression, the same for those with the same coefficients. */
function formKeys(parameters: Parameters): (form: Expression) => string {
  type Coefficients = ReadonlyMap<string, bigint>;
  const single = (name: string): Coefficients => new Map([[name, 1n]]);
  const scale = (a: Coefficients, factor: bigint): Coefficients =>
    new Map([...a].map(([name, coefficient]) => [name, residue(coefficient * factor)]));
  const coefficients = evaluator<Coefficients>(
    {
      constant: (value) => new Map([["", residue(value)]]),
      sum: (terms) => {
        const total = new Map<string, bigint>();
        for (const [name, coefficient] of terms.flatMap((term) => [...term])) {
          total.set(name, residue((total.get(name) ?? 0n) + coefficient));
        }
        return total;
      },
      scale,
      mul: (a, b) => {
        // Of an affine product one factor is a constant.
        const [constant, other] = [...a.keys()].every((name) => name === "") ? [a, b] : [b, a];
        return scale(other, constant.get("") ?? 0n);
      },
    },
    {
      column: (index) => single(`${index}`),
      virtual: single,
      parameter: (name) => new Map([["", parameters[name]]]),
    },
  );
  const keys = new Map<Expression, string>();
  return (form) => {
    let key = keys.get(form);
    if (key === undefined) {
      key = [...coefficients(form)]
        .filter(([, coefficient]) => coefficient !== 0n)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, coefficient]) => `${name}:${coefficient}`)
        .join(" ");
      keys.set(form, key);
    }
    return key;
  };
}
