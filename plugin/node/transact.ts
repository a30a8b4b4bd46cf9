import { revertReason } from "../callbacks/revert-reason.ts";
import type { EvmChain, RpcReceipt } from "../chain/evm-chain.ts";
import { transact as send, TransactionError, type Wish } from "../chain/transact.ts";
import { NodeError } from "./command.ts";

/**
 * Sends a transaction from an account that the chain's provider signs for, and waits until it is mined.
 *
 * @throws NodeError when the contract refuses, with its reason; when it failed; or when it is not mined within ten minutes
 */
export async function transact(
  chain: EvmChain,
  from: string,
  wish: Wish,
  onSent: (hash: string) => void,
): Promise<RpcReceipt> {
  try {
    return await send(chain, from, wish, onSent);
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const { message, revertData } = error;
    if (revertData === undefined) throw new NodeError(message);
    throw new NodeError(
      `${wish.method} was not sent: the contract ${await revertReason(revertData, undefined)}`,
    );
  }
}
