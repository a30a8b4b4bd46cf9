import type { G1Point, G2Point } from "../proof/messages.ts";
import type { ZeroVerifyingKey } from "../proof/verifying-key.ts";

/** A verifying key as ethers passes it to the constructors of `ZeroVerifier` and `ZeroDevelopmentVerifier`. */
export function verifierArgument({ alpha, beta, delta, inputs, tau }: ZeroVerifyingKey) {
  const [one, two, three, four] = inputs;
  return {
    alpha: g1Argument(alpha),
    beta: g2Argument(beta),
    delta: g2Argument(delta),
    inputs: [g1Argument(one), g1Argument(two), g1Argument(three), g1Argument(four)] as Four<
      ReturnType<typeof g1Argument>
    >,
    tau: g2Argument(tau),
  };
}

type Four<T> = [T, T, T, T];

function g1Argument({ x, y }: G1Point) {
  return { x, y };
}

function g2Argument({ x, y }: G2Point) {
  return { xIm: x[1], xRe: x[0], yIm: y[1], yRe: y[0] };
}
