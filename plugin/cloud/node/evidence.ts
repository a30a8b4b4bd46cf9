/**
 * Evidence that a key signed what no honest holder signs, as `SignatureSlashing` takes it: by partial signatures against the
 * member whose share made them, by group signatures against the whole committee.
 */
import { hexlify } from "ethers";

import * as digests from "../../contracts/digests.ts";
import { verifyPartial, type SigningKey } from "../../crypto/threshold/combine.ts";
import { isGroupSignature, type VerificationKey } from "../../crypto/threshold/verify.ts";
import type { Certificate, ChainHeader } from "../replication/engine.ts";
import type { CommitteeStruct } from "./registry.ts";
import { headerDigests } from "./signatures.ts";

/** The member whose share signed. */
export interface AccusedShare {
  /** Share index, from 1. */
  readonly index: number;
  /** Public key of the share, as it was confirmed to the registry. */
  readonly publicKey: Uint8Array;
}

/** A header with one signature of it. */
export interface SignedHeader extends ChainHeader {
  readonly signature: Uint8Array;
}

/** Evidence against a member, or against all of an epoch when `share` is undefined. */
export type Evidence = { readonly epoch: bigint; readonly share: AccusedShare | undefined } & (
  | { readonly kind: "headers"; readonly first: SignedHeader; readonly second: SignedHeader }
  | { readonly kind: "rotation"; readonly next: CommitteeStruct; readonly signature: Uint8Array }
);

/**
 * Evidence that a member signed two headers of one height, out of two sets of headers with its partial signatures; undefined when there
 * is none, as between any two sets of an honest member.
 *
 * @param key of the epoch under which both are signed
 * @param index share index, from 1
 */
export function contradictingPartials(
  cloudId: string,
  key: SigningKey,
  index: number,
  one: Certificate,
  other: Certificate,
): Evidence | undefined {
  const publicKey = key.sharePublicKeys[index - 1];
  if (publicKey === undefined) return undefined;
  return contradiction(cloudId, { index, publicKey }, one, other, (digest, signature) =>
    verifyPartial(key, digest, { index, signature }),
  );
}

/** Evidence that a committee signed two headers of one height, out of two certificates; undefined when there is none. */
export function contradictingCertificates(
  cloudId: string,
  key: VerificationKey,
  one: Certificate,
  other: Certificate,
): Evidence | undefined {
  return contradiction(cloudId, undefined, one, other, (digest, signature) =>
    isGroupSignature(key, digest, signature),
  );
}

/** How many members of a committee one transaction slashes: 64 take up to 15 million gas, and Ethereum's have 2^24 (EIP-7825). */
const MOST_MEMBERS = 64n;

/**
 * The call of `EquivocationSlashing` that hands evidence in: its method, and what it takes. What the group key signed slashes as many members
 * as one transaction can; it is handed in again until no member is left.
 */
export function reportCall(cloudId: string, evidence: Evidence): { method: string; args: unknown[] } {
  const { epoch, share } = evidence;
  const by = share === undefined ? [] : [{ index: share.index - 1, key: hexlify(share.publicKey) }];
  const who = share === undefined ? "report" : "reportPartial";
  const most = share === undefined ? [MOST_MEMBERS] : [];
  if (evidence.kind === "rotation") {
    const { next, signature } = evidence;
    const step = { next, signature: hexlify(signature) };
    return { method: `${who}Rotation`, args: [cloudId, epoch, ...by, step, ...most] };
  }
  const { first, second } = evidence;
  const conflict = {
    chainId: first.chainId,
    gateway: first.gateway,
    first: first.header,
    firstSignature: hexlify(first.signature),
    second: second.header,
    secondSignature: hexlify(second.signature),
  };
  return { method: `${who}Headers`, args: [cloudId, epoch, ...by, conflict, ...most] };
}

/** What the committee of `epoch` signs to hand over to `next`. */
export function rotationDigest(cloudId: string, epoch: bigint, next: CommitteeStruct): Uint8Array {
  return digests.rotation(
    cloudId,
    epoch,
    next.epoch,
    next.validFrom,
    next.validUntil,
    Number(next.size),
    Number(next.threshold),
    next.groupKey,
    next.membersHash,
  );
}

function contradiction(
  cloudId: string,
  share: AccusedShare | undefined,
  one: Certificate,
  other: Certificate,
  isSigned: (digest: Uint8Array, signature: Uint8Array) => boolean,
): Evidence | undefined {
  if (one.epoch !== other.epoch) return undefined;
  const { epoch } = one;
  const [ours, theirs] = [one, other].map(({ headers, signatures }) => {
    const all = headerDigests(cloudId, epoch, headers);
    return headers.map((header, i) => ({ ...header, digest: all[i]!, signature: signatures[i]! }));
  });
  for (const first of ours!) {
    const second = theirs!.find(
      ({ chainId, gateway, header, digest }) =>
        chainId === first.chainId &&
        gateway.toLowerCase() === first.gateway.toLowerCase() &&
        header.height === first.header.height &&
        hexlify(digest) !== hexlify(first.digest),
    );
    if (second === undefined) continue;
    if (!isSigned(first.digest, first.signature) || !isSigned(second.digest, second.signature)) continue;
    return { kind: "headers", epoch, share, first, second };
  }
  return undefined;
}
