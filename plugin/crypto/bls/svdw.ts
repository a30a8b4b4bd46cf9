/**
 * The Shallue–van de Woestijne map to a curve y² = g(x) = x³ + ax + b over a prime field with p ≡ 3 (mod 4), RFC 9380
 * section 6.6.1. It exists for every curve; BN254 needs it, because simplified SWU asks for ab ≠ 0 or a small isogeny,
 * and BN254 has neither.
 */
import { FpIsSquare, type IField } from "@noble/curves/abstract/modular.js";

export interface SvdwCurve {
  readonly a: bigint;
  readonly b: bigint;
  /** RFC 9380's Z, found by the procedure of its appendix H.1. */
  readonly z: bigint;
}

/** A function that maps a field element to an affine point of the curve, without clearing a cofactor. */
export function svdwMap(Fp: IField<bigint>, { a, b, z }: SvdwCurve): (u: bigint) => { x: bigint; y: bigint } {
  const g = (x: bigint): bigint => Fp.add(Fp.mul(Fp.add(Fp.sqr(x), a), x), b);
  const gz = g(z);
  const h = Fp.add(Fp.mul(Fp.sqr(z), 3n), Fp.mul(a, 4n));
  const c1 = gz;
  const c2 = Fp.div(Fp.neg(z), 2n);
  const c3 = even(Fp.sqrt(Fp.neg(Fp.mul(gz, h))));
  const c4 = Fp.div(Fp.neg(Fp.mul(gz, 4n)), h);

  /** Of the two square roots, the one with sgn0 = 0. */
  function even(root: bigint): bigint {
    return root & 1n ? Fp.neg(root) : root;
  }

  return (u) => {
    const t1 = Fp.mul(Fp.sqr(u), c1);
    const t2 = Fp.add(Fp.ONE, t1);
    const t1n = Fp.sub(Fp.ONE, t1);
    const product = Fp.mul(t1n, t2);
    const t3 = Fp.is0(product) ? Fp.ZERO : Fp.inv(product);
    const t4 = Fp.mul(Fp.mul(Fp.mul(u, t1n), t3), c3);
    const x1 = Fp.sub(c2, t4);
    const x2 = Fp.add(c2, t4);
    const x3 = Fp.add(Fp.mul(Fp.sqr(Fp.mul(Fp.sqr(t2), t3)), c4), z);
    const x = FpIsSquare(Fp, g(x1)) ? x1 : FpIsSquare(Fp, g(x2)) ? x2 : x3;
    const y = Fp.sqrt(g(x));
    return { x, y: (u & 1n) === (y & 1n) ? y : Fp.neg(y) };
  };
}
