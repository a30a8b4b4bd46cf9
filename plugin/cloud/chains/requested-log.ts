import { toBytes } from "../../contracts/abi-words.ts";
import type { Request } from "../../contracts/digests.ts";
import type { RequestEvent } from "../replication/event.ts";
import type { RpcLog } from "../../chain/evm-chain.ts";

/** Words before the input: the request's ten fields, where the input begins, and its length. */
const FIELDS = 10;
const HEAD = FIELDS + 2;

/**
 * What a gateway's `Requested` log says: topics [event, requestId, cloudId, requester], data (Request, bytes input) in
 * the ABI's one canonical encoding. All nodes read every request's log, and a general decoder takes forty times as long.
 *
 * @throws Error when the log is not one that the gateway makes
 */
export function readRequested({
  topics,
  data,
}: Pick<RpcLog, "topics" | "data">): Pick<RequestEvent, "requestId" | "request" | "input"> {
  const hex = data.slice(2).toLowerCase();
  const word = (index: number): string => hex.slice(64 * index, 64 * index + 64);
  const number = (index: number): bigint => BigInt(`0x${word(index)}`);
  if (topics.length !== 4 || hex.length < 64 * HEAD || number(FIELDS) !== BigInt(32 * (FIELDS + 1))) {
    throw new Error(
      `A Requested log has ${topics.length} topics and malformed data of ${hex.length / 2} bytes.`,
    );
  }
  const length = number(HEAD - 1);
  if (BigInt(hex.length - 64 * HEAD) !== 64n * ((length + 31n) / 32n)) {
    throw new Error(
      `A Requested log has ${hex.length / 2} bytes of data, which do not fit an input of ${length}.`,
    );
  }
  const request: Request = {
    cloudId: `0x${word(0)}`,
    programId: `0x${word(1)}`,
    requester: `0x${word(2).slice(24)}`,
    nonce: number(3),
    fee: number(4),
    deadline: number(5),
    callbackGas: number(6),
    fuelLimit: number(7),
    outputLimit: number(8),
    inputHash: `0x${word(9)}`,
  };
  const input = toBytes(`0x${hex.slice(64 * HEAD, 64 * HEAD + 2 * Number(length))}`);
  return { requestId: topics[1]!.toLowerCase(), request, input };
}
