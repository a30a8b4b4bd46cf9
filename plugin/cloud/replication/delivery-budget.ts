import type { Answer, OutboundCall } from "./block-record.ts";

/**
 * Gas that one header's answers, and likewise its calls, may need on a chain. With what a delivery costs by itself it
 * stays below 2^24, the most that a transaction may ask for since EIP-7825.
 */
export const DELIVERY_GAS = 14_000_000n;

/**
 * Bytes of call data that one header's answers, and likewise its calls, may need: with the rest of the transaction it
 * stays below 128 KiB, the most that Ethereum's nodes pass on.
 */
export const DELIVERY_BYTES = 120_000;

/** Most answers, and most calls, under one header. */
export const DELIVERY_ITEMS = 128;

/** EIP-7623: a byte of call data costs at most 40 gas. */
const GAS_PER_BYTE = 40n;
/** Gas to check, settle and record one answer, and its fields as call data. */
const GAS_PER_ITEM = 60_000n;

/** ABI: at most 15 words besides the contents, which are padded to whole words. */
const BYTES_PER_ITEM = 15 * 32;

/** What the 63/64 rule of EIP-150 adds to the gas of a nested call. */
function forwarded(gas: bigint): bigint {
  return gas + gas / 63n + 1n;
}

/** An upper bound of the gas that delivering an answer adds. */
export function answerGas({ request, output }: Answer): bigint {
  return GAS_PER_ITEM + forwarded(request.callbackGas) + GAS_PER_BYTE * BigInt(output.length);
}

/** An upper bound of the gas that making an outbound call adds; the first of a program also creates its account. */
export function callGas({ gasLimit, data }: OutboundCall): bigint {
  return 2n * GAS_PER_ITEM + forwarded(gasLimit) + GAS_PER_BYTE * BigInt(data.length);
}

/** An upper bound of the call data that delivering an item adds, in bytes. */
function bytesOf(content: Uint8Array): number {
  return BYTES_PER_ITEM + content.length + 31;
}

/** See `bytesOf`. */
export function answerBytes({ output }: Answer): number {
  return bytesOf(output);
}

/** See `bytesOf`. */
export function callBytes({ data }: OutboundCall): number {
  return bytesOf(data);
}

/**
 * Takes from the front of a queue what fits under one header: at least one item, so that the queue always moves.
 *
 * @param gasOf bound of the gas that an item needs
 * @param sizeOf bound of the bytes that an item needs
 */
export function takeDeliverable<T>(queue: T[], gasOf: (item: T) => bigint, sizeOf: (item: T) => number): T[] {
  let gas = 0n;
  let bytes = 0;
  let count = 0;
  while (count < queue.length && count < DELIVERY_ITEMS) {
    gas += gasOf(queue[count]!);
    bytes += sizeOf(queue[count]!);
    if (count > 0 && (gas > DELIVERY_GAS || bytes > DELIVERY_BYTES)) break;
    count++;
  }
  return queue.splice(0, count);
}
