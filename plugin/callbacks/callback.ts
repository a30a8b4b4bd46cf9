import { toQuantity } from "ethers";

import type { EvmChain, RpcLog, RpcReceipt } from "../chain/evm-chain.ts";
import { revertReason, type ProjectArtifacts } from "./revert-reason.ts";

/** What came of the callback of a request. */
export interface CallbackResult {
  /** `none`: the request asked for none. */
  readonly status: "none" | "returned" | "failed";
  /** Why it failed, in a few words; undefined unless it did. */
  readonly reason: string | undefined;
  /** How Hardhat tells of the failure, with a stack trace through the Solidity code; undefined where it does not. */
  readonly error: Error | undefined;
  /** What the callback emitted, and the contracts that it called; in order. */
  readonly logs: readonly RpcLog[];
}

/** The call of a callback, in the transaction that made it. */
export interface CallbackCall {
  readonly receipt: RpcReceipt;
  /** Whoever calls back: the gateway, or a market. */
  readonly from: string;
  /** The contract that is called back. */
  readonly to: string;
  readonly data: string;
  /** What it was given. */
  readonly gas: bigint;
}

/** A call as `debug_traceTransaction` shows it, with the tracer `callTracer`. */
interface Frame {
  readonly from: string;
  readonly to?: string;
  readonly input: string;
  readonly output?: string;
  readonly error?: string;
  readonly calls?: readonly Frame[];
}

/** Why a callback failed, from the trace of its transaction; done once more before it, for Hardhat to say where. */
export async function failedCallback(
  chain: EvmChain,
  call: CallbackCall,
  artifacts: ProjectArtifacts | undefined,
): Promise<Pick<CallbackResult, "reason" | "error">> {
  const { receipt, from, to, data, gas } = call;
  if ((await chain.rpc("eth_getCode", to, receipt.blockNumber)) === "0x") {
    return { reason: `there is no contract at ${to}`, error: undefined };
  }
  const before = toQuantity(BigInt(receipt.blockNumber) - 1n);
  const transaction = { from, to, data, gas: toQuantity(gas + intrinsicGas(data)) };
  const error = await chain.rpc("eth_call", transaction, before).then(
    () => undefined,
    (thrown: Error) => thrown,
  );
  const frame = await traced(chain, call).catch(() => undefined);
  const output = frame === undefined ? returnedBy(error) : (frame.output ?? "0x");
  const isOutOfGas = /out of ?gas/i.test(frame === undefined ? (error?.message ?? "") : (frame.error ?? ""));
  if (isOutOfGas) return { reason: `it ran out of its ${gas} gas`, error };
  // Alone and before the block's other answers it may have ended otherwise: then what it says is not about this failure.
  const isSame = error !== undefined && (returnedBy(error) ?? output) === output;
  return {
    reason: output === undefined ? undefined : `it ${await revertReason(output, artifacts)}`,
    error: isSame ? error : undefined,
  };
}

async function traced(chain: EvmChain, call: CallbackCall): Promise<Frame | undefined> {
  const hash = call.receipt.transactionHash;
  const root = (await chain.rpc("debug_traceTransaction", hash, { tracer: "callTracer" })) as Frame;
  return find(root, call);
}

function find(frame: Frame, call: CallbackCall): Frame | undefined {
  const is = (one: string | undefined, other: string): boolean => one?.toLowerCase() === other.toLowerCase();
  if (is(frame.from, call.from) && is(frame.to, call.to) && is(frame.input, call.data)) return frame;
  for (const inner of frame.calls ?? []) {
    const found = find(inner, call);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The logs between the last one before `end` that `isBoundary`, and `end`. */
export function logsBefore(
  logs: readonly RpcLog[],
  end: RpcLog,
  isBoundary: (log: RpcLog) => boolean,
): RpcLog[] {
  const to = logs.findIndex(({ logIndex }) => logIndex === end.logIndex);
  const from = logs.slice(0, to).findLastIndex(isBoundary);
  return logs.slice(from + 1, to);
}

/** What a failed call returned; undefined where the error does not say. */
function returnedBy(error: unknown): string | undefined {
  const { data } = (error ?? {}) as { data?: unknown };
  if (typeof data === "string") return data;
  if (typeof data !== "object" || data === null) return undefined;
  return returnedBy(data);
}

/** What a transaction with this data costs before anything is executed: a call's gas limit includes it (EIP-2028, EIP-3860). */
function intrinsicGas(data: string): bigint {
  const bytes = data.slice(2).match(/../g) ?? [];
  const zeros = bytes.filter((byte) => byte === "00").length;
  return BigInt(21_000 + 4 * zeros + 16 * (bytes.length - zeros));
}
