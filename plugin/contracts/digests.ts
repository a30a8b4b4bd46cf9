/**
 * Every message that is ever signed in Nexus: the twin of `contracts/committee/Digests.sol`, function by function, under
 * the same names. What Solidity reads from `block.chainid` is the first argument here.
 *
 * Every digest is the keccak256 of the Solidity ABI encoding of static words, so encoding is the concatenation of
 * 32-byte words.
 */
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { address, bytes32, toBytes, uint, type BytesLike } from "./abi-words.ts";
import { keccak256 } from "../crypto/keccak.ts";

/** A block of a cloud as one served chain sees it; see `Header` in Digests.sol. */
export interface Header {
  readonly height: bigint;
  readonly stateRoot: BytesLike;
  readonly resultsHash: BytesLike;
  readonly callsHash: BytesLike;
}

/** A request as the gateway recorded it; see `Request` in Digests.sol. */
export interface Request {
  readonly cloudId: BytesLike;
  readonly programId: BytesLike;
  readonly requester: BytesLike;
  readonly nonce: bigint;
  readonly fee: bigint;
  readonly deadline: bigint;
  readonly callbackGas: bigint;
  readonly fuelLimit: bigint;
  readonly outputLimit: bigint;
  readonly inputHash: BytesLike;
}

/** How an execution ended, with the numbers Solidity gives to `Outcome`. */
export const Outcome = {
  Success: 0,
  Trapped: 1,
  OutOfFuel: 2,
  LimitExceeded: 3,
  UnknownProgram: 4,
  ExitedWithError: 5,
  /** The nodes' machines could not do it, and their operators left it out. */
  Skipped: 6,
} as const;

export type Outcome = (typeof Outcome)[keyof typeof Outcome];

const tag = (name: string): Uint8Array => keccak256(utf8ToBytes(name));

const HEADER_TAG = tag("Nexus header v1");
const REQUEST_TAG = tag("Nexus request v1");
const ROTATION_TAG = tag("Nexus rotation v1");
const CONFIRMATION_TAG = tag("Nexus confirmation v1");
const LIVENESS_TAG = tag("Nexus liveness v1");
const VOTE_TAG = tag("Nexus vote v1");
const IDENTITY_TAG = tag("Nexus identity v1");
const CLOUD_TAG = tag("Nexus cloud v1");

/** Threshold-signed once per block and chain. `gateway` is that of the chain served. */
export function header(
  chainId: bigint,
  gateway: BytesLike,
  cloudId: BytesLike,
  epoch: bigint,
  h: Header,
): Uint8Array {
  return hash(
    HEADER_TAG,
    uint(chainId, 256),
    address(gateway),
    bytes32(cloudId),
    uint(epoch, 64),
    uint(h.height, 64),
    bytes32(h.stateRoot),
    bytes32(h.resultsHash),
    bytes32(h.callsHash),
  );
}

/** A request's id at `gateway` on chain `chainId`. */
export function request(chainId: bigint, gateway: BytesLike, r: Request): Uint8Array {
  return hash(
    REQUEST_TAG,
    uint(chainId, 256),
    address(gateway),
    bytes32(r.cloudId),
    bytes32(r.programId),
    address(r.requester),
    uint(r.nonce, 64),
    uint(r.fee, 96),
    uint(r.deadline, 40),
    uint(r.callbackGas, 32),
    uint(r.fuelLimit, 64),
    uint(r.outputLimit, 32),
    bytes32(r.inputHash),
  );
}

/** One answer within `Header.resultsHash`. */
export function result(requestId: BytesLike, outcome: Outcome, output: BytesLike): Uint8Array {
  return hash(bytes32(requestId), uint(BigInt(outcome), 8), keccak256(toBytes(output)));
}

/** One outbound call within `Header.callsHash`: the `nonce`-th of `programId` to this chain, counted from 0. */
export function call(
  programId: BytesLike,
  nonce: bigint,
  target: BytesLike,
  gasLimit: bigint,
  data: BytesLike,
): Uint8Array {
  return hash(
    bytes32(programId),
    uint(nonce, 64),
    address(target),
    uint(gasLimit, 32),
    keccak256(toBytes(data)),
  );
}

/** Hash of a list of digests; the empty list has hash keccak256(""). */
export function list(digests: readonly BytesLike[]): Uint8Array {
  return hash(...digests.map(bytes32));
}

/** Signed by the old group key to hand a cloud over to the next committee; bound to no chain, see Digests.sol. */
export function rotation(
  cloudId: BytesLike,
  fromEpoch: bigint,
  toEpoch: bigint,
  validFrom: bigint,
  validUntil: bigint,
  size: number,
  threshold: number,
  groupKey: BytesLike,
  membersHash: BytesLike,
): Uint8Array {
  return hash(
    ROTATION_TAG,
    bytes32(cloudId),
    uint(fromEpoch, 64),
    uint(toEpoch, 64),
    uint(validFrom, 64),
    uint(validUntil, 64),
    uint(BigInt(size), 16),
    uint(BigInt(threshold), 16),
    keccak256(toBytes(groupKey)),
    bytes32(membersHash),
  );
}

/** A member's word on the outcome of the key generation of `epoch`. */
export function confirmation(
  chainId: bigint,
  registry: BytesLike,
  cloudId: BytesLike,
  epoch: bigint,
  membersHash: BytesLike,
  groupKey: BytesLike,
  shareKey: BytesLike,
): Uint8Array {
  return hash(
    CONFIRMATION_TAG,
    uint(chainId, 256),
    address(registry),
    bytes32(cloudId),
    uint(epoch, 64),
    bytes32(membersHash),
    keccak256(toBytes(groupKey)),
    keccak256(toBytes(shareKey)),
  );
}

/** Signed by the group key to show that the committee of `epoch` can still sign: the answer to challenge `number`. */
export function liveness(
  chainId: bigint,
  challenges: BytesLike,
  cloudId: BytesLike,
  epoch: bigint,
  number: bigint,
): Uint8Array {
  return hash(
    LIVENESS_TAG,
    uint(chainId, 256),
    address(challenges),
    bytes32(cloudId),
    uint(epoch, 64),
    uint(number, 64),
  );
}

/** A node's vote for a block; `blockHash` is `list` of the block's `header` digests, in the cloud's order of chains. */
export function vote(cloudId: BytesLike, epoch: bigint, height: bigint, blockHash: BytesLike): Uint8Array {
  return hash(VOTE_TAG, bytes32(cloudId), uint(epoch, 64), uint(height, 64), bytes32(blockHash));
}

/** Signed by an identity key to show that its holder wants it bound to `operator`. */
export function identity(chainId: bigint, registry: BytesLike, operator: BytesLike): Uint8Array {
  return hash(IDENTITY_TAG, uint(chainId, 256), address(registry), address(operator));
}

/** A cloud's id, unique over chains and registries. */
export function cloud(chainId: bigint, registry: BytesLike, creator: BytesLike, nonce: bigint): Uint8Array {
  return hash(CLOUD_TAG, uint(chainId, 256), address(registry), address(creator), uint(nonce, 256));
}

function hash(...words: Uint8Array[]): Uint8Array {
  return keccak256(concatBytes(...words));
}
