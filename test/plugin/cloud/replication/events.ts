/** Events for tests of replication, as a chain's gateway would record them. */
import { getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";

import * as digests from "../../../../plugin/contracts/digests.ts";
import type { Outlook } from "../../../../plugin/cloud/replication/application.ts";
import {
  isBefore,
  type OrderedEvent,
  type RequestEvent,
} from "../../../../plugin/cloud/replication/event.ts";

export const CLOUD = keccak256(toUtf8Bytes("a cloud"));
export const CHAIN = 31_337n;
export const GATEWAY = `0x${"aa".repeat(20)}`;
const REQUESTER = `0x${"bb".repeat(20)}`;

/** The `nonce`-th request of one requester, alone in its block. */
export function requestEvent(
  nonce: number,
  programId: string,
  input: string | Uint8Array = "",
  chainId = CHAIN,
): RequestEvent {
  const bytes = typeof input === "string" ? toUtf8Bytes(input) : input;
  const request = {
    cloudId: CLOUD,
    programId,
    requester: REQUESTER,
    nonce: BigInt(nonce),
    fee: 0n,
    deadline: 2_000_000_000n,
    callbackGas: 0n,
    fuelLimit: 1_000_000_000n,
    outputLimit: 65_536n,
    inputHash: keccak256(bytes),
  };
  return {
    kind: "request",
    chainId,
    place: { block: BigInt(100 + nonce), logIndex: 0 },
    timestamp: 1_700_000_000n,
    requestId: hexlify(digests.request(chainId, GATEWAY, request)),
    request,
    input: getBytes(bytes),
  };
}

/** What a node sees that has seen these events, and serves every chain. */
export function seeing(events: readonly OrderedEvent[]): Outlook {
  return {
    after: async (chainId, cursor, limit) =>
      events
        .filter((event) => event.chainId === chainId)
        .filter(({ place }) => cursor === undefined || isBefore(cursor, place))
        .slice(0, limit),
    approves: () => true,
    attests: () => false,
  };
}
