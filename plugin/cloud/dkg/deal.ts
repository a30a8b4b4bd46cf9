/** A dealer's part: Feldman's verifiable secret sharing, with commitments in G1. */
import { secp256k1 } from "@noble/curves/secp256k1.js";

import type { G1Point, Suite } from "../../crypto/bls/suite.ts";
import { evaluate, randomPolynomial, type RandomSource } from "../../crypto/threshold/polynomial.ts";
import { decryptShare, encryptShare } from "./deal-encryption.ts";
import { IdentitySecret } from "./identity.ts";
import type { Deal } from "./message.ts";
import { provePossession } from "./possession.ts";
import type { Session } from "./session.ts";

/** A dealer's secret polynomial and the deal that commits to it. */
export interface Dealing {
  readonly polynomial: readonly bigint[];
  readonly deal: Deal;
}

/** Shares `constant` among the session's members, as dealer `dealer`. */
export function createDealing(
  session: Session,
  dealer: number,
  constant: bigint,
  random: RandomSource,
): Dealing {
  const { suite, threshold, members, id } = session;
  const { fr, g1 } = suite;
  const polynomial = randomPolynomial(constant, threshold, fr, random);
  const commitments = polynomial.map((coefficient) => g1.multiply(g1.generator, coefficient));
  const ephemeral = ephemeralIdentity(random);
  return {
    polynomial,
    deal: {
      commitments,
      proof: provePossession(suite, id, dealer, constant, commitments[0]!, random),
      ephemeralKey: ephemeral.publicKey,
      encryptedShares: members.map(({ publicKey }, i) =>
        encryptShare(
          { sessionId: id, dealer, member: i + 1, memberKey: publicKey },
          ephemeral,
          evaluate(polynomial, i + 1, fr),
        ),
      ),
    },
  };
}

/** Member `member`'s share of a deal, if it is there and fits the commitments. */
export function openShare(
  session: Session,
  dealer: number,
  member: number,
  identity: IdentitySecret,
  deal: Deal,
): bigint | undefined {
  const route = { sessionId: session.id, dealer, member, memberKey: identity.publicKey };
  const share = decryptShare(route, identity, deal.ephemeralKey, deal.encryptedShares[member - 1]!);
  if (share === undefined || !shareMatches(session.suite, deal.commitments, member, share)) return undefined;
  return share;
}

/** Feldman's check: share·g₁ = Σ memberᵏ·Aₖ, for a canonical share. */
export function shareMatches(
  { fr, g1 }: Suite,
  commitments: readonly G1Point[],
  member: number,
  share: bigint,
): boolean {
  if (share >= fr.ORDER) return false;
  return g1.multiply(g1.generator, share).equals(g1.evaluate(commitments, BigInt(member)));
}

function ephemeralIdentity(random: RandomSource): IdentitySecret {
  for (;;) {
    const secret = random(32);
    if (secp256k1.utils.isValidSecretKey(secret)) return new IdentitySecret(secret);
  }
}
