/** What members of a selected committee derive alike from what the registry says of it: chain, genesis and sessions. */
import { kmac256xof } from "@noble/hashes/sha3-addons.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";

import type { Suite } from "../../crypto/bls/suite.ts";
import { KeyError } from "../../crypto/threshold/key-error.ts";
import type { RandomSource } from "../../crypto/threshold/polynomial.ts";
import type { Genesis } from "../cometbft/genesis.ts";
import { keyGenerationSession, type Session } from "../dkg/session.ts";

/** A committee that the registry has selected and that has no key yet. */
export interface Selection {
  readonly suite: Suite;
  /** 32 bytes. */
  readonly cloudId: Uint8Array;
  readonly epoch: bigint;
  /** keccak256(abi.encode(address[] operators)), 32 bytes. */
  readonly membersHash: Uint8Array;
  /** First second (Unix time) at which the registry takes no confirmation. */
  readonly deadline: bigint;
  /** Seconds from selection to deadline. */
  readonly confirmationWindow: bigint;
  readonly threshold: number;
  /** Compressed identity public keys in committee order, as fixed at selection. */
  readonly members: readonly Uint8Array[];
}

/** Attempts of one selection at most: what is left of a session's four bytes. */
export const MOST_ATTEMPTS = 256;

/** Most bytes of a block: any message fits, and so do the deals of a committee of usual size. */
const BLOCK_BYTES = 1_000_000;
const RANDOM_TAG = utf8ToBytes("Nexus key ceremony randomness v1");

/**
 * What CometBFT begins the ceremony's chain with. Its name tells selections apart, so that no vote of one counts in another.
 *
 * @throws KeyError BAD_PARAMETER
 */
export function genesisOf({ cloudId, epoch, membersHash, deadline, confirmationWindow }: Selection): Genesis {
  if (membersHash.length !== 32) {
    throw new KeyError("BAD_PARAMETER", `a hash of members has 32 bytes, got ${membersHash.length}`);
  }
  const hash = keccak_256(
    concatBytes(cloudId, numberToBytesBE(epoch, 8), membersHash, numberToBytesBE(deadline, 8)),
  );
  return {
    chainId: `nexus-key-${bytesToHex(hash.subarray(0, 16))}`,
    time: new Date(Number(deadline - confirmationWindow) * 1_000),
    blockBytes: BLOCK_BYTES,
  };
}

/**
 * The session of a selection's try, counted from 0. An epoch may be selected again; its deadline keeps the sessions apart.
 *
 * @throws KeyError BAD_PARAMETER
 */
export function sessionOf(selection: Selection, attempt: number): Session {
  const { suite, cloudId, epoch, deadline, threshold, members } = selection;
  const first = Number(deadline % 2n ** 24n) * MOST_ATTEMPTS;
  return keyGenerationSession({ suite, cloudId, epoch, attempt: first + attempt, threshold, members });
}

/**
 * What a member draws in a session: KMACXOF256 (NIST SP 800-185) of the session's id under its seed. So after a restart it draws, and says, the
 * same again, and what it draws in one session tells nothing of another.
 *
 * @param seed 32 bytes, secret
 */
export function memberRandom(seed: Uint8Array, session: Session): RandomSource {
  if (seed.length !== 32) {
    throw new KeyError("BAD_PARAMETER", `a ceremony's seed has 32 bytes, got ${seed.length}`);
  }
  const stream = kmac256xof.create(seed, { personalization: RANDOM_TAG }).update(session.id);
  return (length) => stream.xof(length);
}
