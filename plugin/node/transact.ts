import { setTimeout as sleep } from "node:timers/promises";

import type { EvmChain, EvmContract, RpcReceipt } from "../chain/evm-chain.ts";
import { revertReason } from "../callbacks/revert-reason.ts";
import { NodeError } from "./command.ts";
import { revertDataOf } from "../contracts/revert-data.ts";

/** Milliseconds between two looks for a receipt, and until nobody waits for it any more. */
const [POLL, PATIENCE] = [1_000, 600_000];

/** A transaction that an operator wants, for one contract. */
export interface Wish {
  readonly contract: EvmContract;
  readonly method: string;
  readonly args: readonly unknown[];
}

/**
 * Sends a transaction from an account that the chain's provider signs for, and waits until it is mined.
 *
 * @throws NodeError when the contract refuses, with its reason; when it failed; or when it is not mined within ten minutes
 */
export async function transact(
  chain: EvmChain,
  from: string,
  { contract, method, args }: Wish,
  onSent: (hash: string) => void,
): Promise<RpcReceipt> {
  const data = contract.abi.encodeFunctionData(method, args);
  let hash: string;
  try {
    hash = await chain.send({ from, to: contract.address, data });
  } catch (error) {
    throw new NodeError(`${method} was not sent: ${await reasonOf(error as Error)}`);
  }
  onSent(hash);
  for (const until = performance.now() + PATIENCE; performance.now() < until; await sleep(POLL)) {
    const receipt = await chain.receipt(hash);
    if (receipt === undefined) continue;
    if (BigInt(receipt.status) === 1n) return receipt;
    throw new NodeError(`${method} failed in transaction ${hash} of block ${BigInt(receipt.blockNumber)}.`);
  }
  throw new NodeError(
    `${method} is not mined after ten minutes, in transaction ${hash}: look at it later, and call again if it is gone.`,
  );
}

/** Why a node did not take a transaction: what the contract reverted with, if that is it. */
async function reasonOf(error: Error): Promise<string> {
  const data = revertDataOf(error);
  return data === undefined ? error.message : `the contract ${await revertReason(data, undefined)}`;
}
