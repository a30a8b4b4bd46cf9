/** What a member sends to `CommitteeRegistry.confirm` once its ceremony is done. */
import type { BytesLike } from "../../contracts/abi-words.ts";
import { confirmation } from "../../contracts/digests.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import { KeyError } from "../../crypto/threshold/key-error.ts";
import type { KeyShare } from "../../crypto/threshold/key-share.ts";
import { shareMatches } from "./deal.ts";
import { IdentitySecret } from "./identity.ts";

/** The registry and committee that a confirmation is for. */
export interface ConfirmationContext {
  readonly chainId: bigint;
  readonly registry: BytesLike;
  readonly cloudId: BytesLike;
  readonly epoch: bigint;
  /** keccak256(abi.encode(address[] operators)), as in `Committee.membersHash`. */
  readonly membersHash: BytesLike;
}

/** The registry's struct `Confirmation`, field by field. */
export interface Confirmation {
  readonly epoch: bigint;
  /** The member's position in the committee, from 0: its share index − 1. */
  readonly index: number;
  readonly groupKey: Uint8Array;
  readonly shareKey: Uint8Array;
  /** r ‖ s ‖ v of the identity over `Digests.confirmation`, 65 bytes. */
  readonly identitySignature: Uint8Array;
  /** The share's BLS proof of possession over the same digest. */
  readonly possession: Uint8Array;
}

/**
 * A member's word that the ceremony ended with `key` and gave it `share`.
 * @throws KeyError BAD_PARAMETER when the share is not one of this key
 */
export function confirm(
  context: ConfirmationContext,
  key: GroupKey,
  share: KeyShare,
  identitySecret: Uint8Array,
): Confirmation {
  const { chainId, registry, cloudId, epoch, membersHash } = context;
  const { suite, groupPublicKey: groupKey } = key;
  const shareKey = key.sharePublicKeys[share.index - 1];
  const polynomial = key.publicPolynomial.map((coefficient) => suite.g1.decode(coefficient));
  if (shareKey === undefined || !shareMatches(suite, polynomial, share.index, share.secret)) {
    throw new KeyError("BAD_PARAMETER", `the share of index ${share.index} does not belong to this key`);
  }
  const digest = confirmation(chainId, registry, cloudId, epoch, membersHash, groupKey, shareKey);
  return {
    epoch,
    index: share.index - 1,
    groupKey,
    shareKey,
    identitySignature: new IdentitySecret(identitySecret).signDigest(digest),
    possession: suite.provePossession(share.secret, digest),
  };
}
