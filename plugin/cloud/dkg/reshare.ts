/**
 * Resharing: the members of an old committee deal their shares to a new committee, whose shares belong to a new
 * polynomial with the same constant term, so the group public key stays (Desmedt and Jajodia 1997; Wong, Wang and Wing
 * 2002). Proactive refresh is resharing to oneself. `DkgParticipant` runs it; here is what its session adds.
 */
import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";

import type { G1Point } from "../../crypto/bls/suite.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import { KeyError } from "../../crypto/threshold/key-error.ts";
import {
  checkedMembers,
  commonFields,
  encodeMembers,
  sessionId,
  type Session,
  type SessionParameters,
} from "./session.ts";

export interface ResharingParameters extends SessionParameters {
  /** The key to keep, as the old ceremony's result gave it. */
  readonly previous: GroupKey;
  /** Compressed identity public keys of the old committee, in its order. */
  readonly previousMembers: readonly Uint8Array[];
}

/**
 * A session that moves `previous` from `previousMembers` to `members` with threshold `threshold`.
 * @throws KeyError BAD_PARAMETER naming the parameter that is wrong
 */
export function resharingSession(parameters: ResharingParameters): Session {
  const { suite, previous, previousMembers, members, threshold } = parameters;
  const dealers = checkedMembers(previousMembers, previous.threshold);
  if (previous.suite.id !== suite.id) {
    throw new KeyError(
      "BAD_PARAMETER",
      `a key of ${previous.suite.name} cannot be reshared in ${suite.name}`,
    );
  }
  if (previous.sharePublicKeys.length !== dealers.length) {
    throw new KeyError(
      "BAD_PARAMETER",
      `the previous key has ${previous.sharePublicKeys.length} shares, its committee ${dealers.length} members`,
    );
  }
  const polynomial = checkedPolynomial(previous);
  const extension = concatBytes(
    numberToBytesBE(previous.threshold, 2),
    encodeMembers(previousMembers),
    ...previous.publicPolynomial,
    previous.groupPublicKey,
  );
  return {
    ...commonFields(parameters),
    kind: "resharing",
    id: sessionId(parameters, 1, extension),
    dealers,
    members: checkedMembers(members, threshold),
    dealersNeeded: previous.threshold,
    previous,
    dealerConstants: dealers.map((_, i) => suite.g1.evaluate(polynomial, BigInt(i + 1))),
  };
}

/** The old public polynomial, decoded; it must have t coefficients and belong to the group public key. */
function checkedPolynomial({ suite, threshold, publicPolynomial, groupPublicKey }: GroupKey): G1Point[] {
  if (publicPolynomial.length !== threshold) {
    throw new KeyError(
      "BAD_PARAMETER",
      `the previous public polynomial has ${publicPolynomial.length} coefficients, its threshold is ${threshold}`,
    );
  }
  const polynomial = publicPolynomial.map((coefficient) => suite.g1.decode(coefficient));
  if (!suite.sameLogarithm(polynomial[0]!, suite.g2.decode(groupPublicKey))) {
    throw new KeyError("BAD_PARAMETER", "the previous public polynomial is not that of the group public key");
  }
  return polynomial;
}
