import { setTimeout as sleep } from "node:timers/promises";

import { revertDataOf } from "../contracts/revert-data.ts";
import type { EvmChain, EvmContract, RpcReceipt } from "./evm-chain.ts";

/** Milliseconds between two looks for a receipt, and until nobody waits for it any more. */
const [POLL, PATIENCE] = [1_000, 600_000];

/** A transaction that is wanted, for one contract. */
export interface Wish {
  readonly contract: EvmContract;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** A transaction did not do what it was sent for; the message says why. */
export class TransactionError extends Error {
  override readonly name = "TransactionError";
  /** What the contract reverted with, 0x-prefixed, if it is known. */
  readonly revertData: string | undefined;

  constructor(message: string, revertData?: string, options?: ErrorOptions) {
    super(message, options);
    this.revertData = revertData;
  }
}

/** Calldata of a wish. */
export const callDataOf = ({ contract, method, args }: Wish): string =>
  contract.abi.encodeFunctionData(method, args);

/**
 * Sends a transaction from an account that the chain's provider signs for, and waits until it is mined.
 *
 * @param gas left to the provider unless given
 * @throws TransactionError when it is not taken, fails, or is not mined within ten minutes
 */
export async function transact(
  chain: EvmChain,
  from: string,
  wish: Wish,
  onSent: (hash: string) => void,
  gas?: bigint,
): Promise<RpcReceipt> {
  const { contract, method } = wish;
  const transaction = {
    from,
    to: contract.address,
    data: callDataOf(wish),
    ...(gas !== undefined && { gas }),
  };
  let hash: string;
  try {
    hash = await chain.send(transaction);
  } catch (error) {
    const { message } = error as Error;
    throw new TransactionError(`${method} was not sent: ${message}`, revertDataOf(error), { cause: error });
  }
  onSent(hash);
  for (const until = performance.now() + PATIENCE; performance.now() < until; await sleep(POLL)) {
    const receipt = await chain.receipt(hash);
    if (receipt === undefined) continue;
    if (BigInt(receipt.status) === 1n) return receipt;
    throw new TransactionError(
      `${method} failed in transaction ${hash} of block ${BigInt(receipt.blockNumber)}.`,
    );
  }
  throw new TransactionError(
    `${method} is not mined after ten minutes, in transaction ${hash}: look at it later, and call again if it is gone.`,
  );
}
