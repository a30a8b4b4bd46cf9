/**
 * Polynomials in the columns of one row: what constraints and bus interactions are made of (docs/zero/protocol.md §3).
 *
 * An expression is data. The reference evaluator, the prover, the verifier and its circuit all read it through `evaluate`, each
 * over a ring of its own, so there is one description of the machine and no second text to disagree with it.
 */

/** Columns that are computed from the row's index and never committed (protocol.md §6). */
export const virtualColumns = [
  /** The row's index. */
  "row",
  /** 1 in row 0, 0 elsewhere. */
  "first",
  /** Bits 0–7 of the index. */
  "lowByte",
  /** Bits 8–15 of the index. */
  "highByte",
  /** Bitwise and of both bytes. */
  "byteAnd",
  /** 2 to the power of the index; for tables of at most 64 rows. */
  "power",
  /** Number of ones in the index. */
  "ones",
] as const;
export type VirtualColumn = (typeof virtualColumns)[number];

/** Constants of a program, known to the verifier from the program's identity (protocol.md §3). */
export const parameters = [
  /** First word of linear memory that the image table covers. */
  "imageFirst",
  /** The word after the last that the image table covers. */
  "imageEnd",
  /** 64 KiB pages of linear memory at the start. */
  "firstPages",
  /** The most pages that memory.grow reaches. */
  "mostPages",
] as const;
export type Parameter = (typeof parameters)[number];

export type Node =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "column"; readonly index: number }
  | { readonly kind: "virtual"; readonly name: VirtualColumn }
  | { readonly kind: "parameter"; readonly name: Parameter }
  | { readonly kind: "sum"; readonly terms: readonly Expression[] }
  | { readonly kind: "scaled"; readonly factor: bigint; readonly term: Expression }
  | { readonly kind: "product"; readonly factors: readonly [Expression, Expression] };

/** What an expression can be combined with: integers stand for constants, negative ones for their residues mod r. */
export type Operand = Expression | bigint | number;

export class Expression {
  readonly node: Node;
  /** Total degree in committed and virtual columns; parameters and constants count 0. */
  readonly degree: number;

  constructor(node: Node) {
    this.node = node;
    this.degree = degreeOf(node);
  }

  plus(...operands: Operand[]): Expression {
    return sum(this, ...operands);
  }

  minus(operand: Operand): Expression {
    return sum(this, scaled(-1n, expression(operand)));
  }

  times(operand: Operand): Expression {
    if (!(operand instanceof Expression)) return scaled(BigInt(operand), this);
    return new Expression({ kind: "product", factors: [this, operand] });
  }
}

function degreeOf(node: Node): number {
  switch (node.kind) {
    case "constant":
    case "parameter":
      return 0;
    case "column":
    case "virtual":
      return 1;
    case "sum":
      return Math.max(0, ...node.terms.map(({ degree }) => degree));
    case "scaled":
      return node.term.degree;
    case "product":
      return node.factors[0].degree + node.factors[1].degree;
  }
}

export function expression(operand: Operand): Expression {
  return operand instanceof Expression
    ? operand
    : new Expression({ kind: "constant", value: BigInt(operand) });
}

export function sum(...operands: Operand[]): Expression {
  return new Expression({ kind: "sum", terms: operands.map(expression) });
}

function scaled(factor: bigint, term: Expression): Expression {
  return new Expression({ kind: "scaled", factor, term });
}

export function virtual(name: VirtualColumn): Expression {
  return new Expression({ kind: "virtual", name });
}

export function parameter(name: Parameter): Expression {
  return new Expression({ kind: "parameter", name });
}

/** The arithmetic that an expression is evaluated in; field elements, vectors of them, linear combinations, text. */
export interface Ring<E> {
  constant(value: bigint): E;
  sum(terms: readonly E[]): E;
  scale(a: E, factor: bigint): E;
  mul(a: E, b: E): E;
}

/** What an expression's leaves stand for. */
export interface Leaves<E> {
  column(index: number): E;
  virtual(name: VirtualColumn): E;
  parameter(name: Parameter): E;
}

/**
 * Evaluates expressions that share parts, each part once.
 *
 * @returns a function to be called for each expression of one row
 */
export function evaluator<E>(ring: Ring<E>, leaves: Leaves<E>): (expression: Expression) => E {
  const known = new Map<Expression, E>();
  const valueOf = ({ node }: Expression): E => {
    switch (node.kind) {
      case "constant":
        return ring.constant(node.value);
      case "column":
        return leaves.column(node.index);
      case "virtual":
        return leaves.virtual(node.name);
      case "parameter":
        return leaves.parameter(node.name);
      case "sum":
        return ring.sum(node.terms.map(evaluate));
      case "scaled":
        return ring.scale(evaluate(node.term), node.factor);
      case "product":
        return ring.mul(evaluate(node.factors[0]), evaluate(node.factors[1]));
    }
  };
  const evaluate = (expression: Expression): E => {
    const before = known.get(expression);
    if (before !== undefined) return before;
    const value = valueOf(expression);
    known.set(expression, value);
    return value;
  };
  return evaluate;
}
