/** What members sign of a block, and what that is worth. */
import { hexlify, isHexString, recoverAddress } from "ethers";

import * as digests from "../../contracts/digests.ts";
import type { KeyShare } from "../../crypto/threshold/key-share.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import { partialSign } from "../../crypto/threshold/partial-sign.ts";
import { isGroupSignature, type VerificationKey } from "../../crypto/threshold/verify.ts";
import type { IdentityKey, IdentitySecret } from "../dkg/identity.ts";
import type { BlockRecord } from "../replication/block-record.ts";
import type { Certificate, ChainHeader, Extension, Vote } from "../replication/engine.ts";

/** What a member of an epoch's committee signs with. */
export interface EpochKey {
  readonly group: GroupKey;
  readonly share: KeyShare;
}

/** What everybody can know of an epoch's committee: the registry says it. */
export interface PublicCommittee extends VerificationKey {
  /** Number of members, n. */
  readonly size: number;
  /** How many of them sign, t. */
  readonly threshold: number;
}

/** A vote of an identity for a block hash. */
export function signVote(
  identity: IdentitySecret,
  cloudId: string,
  index: number,
  { epoch, height, blockHash }: Pick<BlockRecord, "epoch" | "height" | "blockHash">,
): Vote {
  const digest = digests.vote(cloudId, epoch, BigInt(height), blockHash);
  return { index, height, blockHash, signature: hexlify(identity.signDigest(digest)) };
}

/** Whether a signature, 0x-prefixed, is an identity's vote for a block hash. */
export function isVoteOf(
  identity: IdentityKey,
  cloudId: string,
  { epoch, height, blockHash }: Pick<BlockRecord, "epoch" | "height" | "blockHash">,
  signature: string,
): boolean {
  if (!isHexString(blockHash, 32) || !isHexString(signature, 65)) return false;
  const digest = digests.vote(cloudId, epoch, BigInt(height), blockHash);
  try {
    return recoverAddress(hexlify(digest), signature).toLowerCase() === hexlify(identity.address);
  } catch {
    return false;
  }
}

/** A member's partial signatures of digests under an epoch. */
export function signPartials(
  epoch: bigint,
  { group, share }: EpochKey,
  signed: readonly Uint8Array[],
): Extension {
  const partials = signed.map((digest) => partialSign(group.suite, share, digest).signature);
  return { epoch, index: share.index, partials };
}

/** What a committee signs of headers under an epoch, in their order. */
export function headerDigests(cloudId: string, epoch: bigint, headers: readonly ChainHeader[]): Uint8Array[] {
  return headers.map(({ chainId, gateway, header }) =>
    digests.header(chainId, gateway, cloudId, epoch, header),
  );
}

/** Why a certificate is not that committee's for a block at `height`, or undefined when it is. */
export function certificateFault(
  cloudId: string,
  height: number,
  committee: PublicCommittee,
  { epoch, headers, signatures }: Certificate,
): string | undefined {
  if (headers.length === 0 || headers.length !== signatures.length)
    return `it has ${signatures.length} signatures of ${headers.length} headers`;
  const odd = headers.find(({ header }) => header.height !== BigInt(height));
  if (odd !== undefined) return `it is for height ${odd.header.height} and not ${height}`;
  let all: Uint8Array[];
  try {
    all = headerDigests(cloudId, epoch, headers);
  } catch (error) {
    return `it has a malformed header: ${(error as Error).message}`;
  }
  const bad = all.findIndex((digest, i) => !isGroupSignature(committee, digest, signatures[i]!));
  if (bad === -1) return undefined;
  return `its signature for chain ${headers[bad]!.chainId} is not that of epoch ${epoch}'s committee`;
}

/** How headers that a committee signed stand to those that a node computed. */
export function compareHeaders(
  cloudId: string,
  signed: readonly ChainHeader[],
  own: readonly ChainHeader[],
): "same" | "incomplete" | "different" {
  const [theirs, mine] = [signed, own].map((headers) => headerDigests(cloudId, 0n, headers).map(hexlify));
  if (theirs!.some((digest) => !mine!.includes(digest))) return "different";
  // Signed headers may be handed on in part, or mixed up: that says nothing about who computed the same ones.
  return theirs!.join() === mine!.join() ? "same" : "incomplete";
}
