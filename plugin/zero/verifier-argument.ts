import type { G2Point } from "./proof/messages.ts";
import type { ZeroVerifyingKey } from "./proof/verifying-key.ts";

/** A verifying key as ethers passes it to the constructors of `ZeroVerifier` and `ZeroDevelopmentVerifier`. */
export function verifierArgument({ beta, delta, inputs, tau, alpha }: ZeroVerifyingKey) {
  const [one, two, three, four] = inputs;
  return {
    alpha,
    beta: g2Argument(beta),
    delta: g2Argument(delta),
    // Not the tuple itself: ethers takes no read-only one.
    inputs: [one, two, three, four] as [typeof one, typeof two, typeof three, typeof four],
    tau: g2Argument(tau),
  };
}

function g2Argument({ x, y }: G2Point) {
  return { xIm: x[1], xRe: x[0], yIm: y[1], yRe: y[0] };
}
