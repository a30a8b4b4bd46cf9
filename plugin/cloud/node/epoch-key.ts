/** A member's key of an epoch as bytes. They hold the share: whoever keeps them sees to it that nobody else reads them. */
import { KeyShare } from "../../crypto/threshold/key-share.ts";
import type { Suite } from "../../crypto/bls/suite.ts";
import { shareMatches } from "../dkg/deal.ts";
import { encode, integer, parseBytes, parseInteger, parseList } from "../replication/structure.ts";
import { decode } from "../storage/rlp.ts";
import type { EpochKey } from "./signatures.ts";

const VERSION = 1n;

/** RLP [version, suite, t, share index, share, group public key, share public keys, public polynomial]. */
export function encodeEpochKey({ group, share }: EpochKey): Uint8Array {
  const { suite, threshold, groupPublicKey, sharePublicKeys, publicPolynomial } = group;
  const numbers = [VERSION, suite.id, threshold, share.index].map(integer);
  return encode([...numbers, share.toBytes(), groupPublicKey, [...sharePublicKeys], [...publicPolynomial]]);
}

/** @throws Error when the bytes are no key of this suite, or the share in them does not belong to the key */
export function decodeEpochKey(bytes: Uint8Array, suite: Suite): EpochKey {
  const [version, suiteId, t, shareIndex, secret, groupKey, shareKeys, polynomial] = parseList(
    decode(bytes),
    8,
  );
  if (parseInteger(version) !== VERSION) throw new Error("It is no epoch key of this version.");
  if (parseInteger(suiteId) !== BigInt(suite.id)) throw new Error("It is an epoch key of another suite.");
  const [threshold, index] = [Number(parseInteger(t)), Number(parseInteger(shareIndex))];
  const group = {
    suite,
    threshold,
    groupPublicKey: parseBytes(groupKey),
    sharePublicKeys: parseList(shareKeys).map(parseBytes),
    publicPolynomial: parseList(polynomial).map(parseBytes),
  };
  const share = KeyShare.fromBytes(index, parseBytes(secret));
  const commitments = group.publicPolynomial.map((point) => suite.g1.decode(point));
  const fits = commitments.length === threshold && index <= group.sharePublicKeys.length;
  if (!fits || !shareMatches(suite, commitments, index, share.secret))
    throw new Error(`The share of index ${index} does not belong to its epoch's key.`);
  return { group, share };
}
