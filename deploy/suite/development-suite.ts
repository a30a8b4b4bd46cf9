import type { IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";

import { part } from "./part.ts";
import { cloudHome, zero } from "./suite.ts";

/**
 * The whole suite with what only development may have: a token that anybody mints, and a verifier that accepts
 * instant proofs. The deployer owns the router, and verifiers that it adds work at once.
 *
 * Both refuse in their constructors to be anywhere but on a development chain, and all else waits for them, so that
 * elsewhere nothing at all is sent.
 *
 * @param bls12381 whether the chain has EIP-2537
 */
export function development(m: IgnitionModuleBuilder, bls12381: boolean) {
  const DevelopmentToken = part(m, "DevelopmentToken");
  const ZeroMockVerifier = part(m, "ZeroMockVerifier", [], { after: [DevelopmentToken] });
  const zeroParts = zero(m, m.getAccount(0), 0, [ZeroMockVerifier]);
  m.call(zeroParts.ZeroRouter, "add", [ZeroMockVerifier]);
  return {
    DevelopmentToken,
    ZeroMockVerifier,
    ...cloudHome(m, DevelopmentToken, bls12381, 0, [ZeroMockVerifier]),
    ...zeroParts,
  };
}
