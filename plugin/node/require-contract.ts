import type { EvmChain, EvmContract } from "../chain/evm-chain.ts";
import { NodeError } from "./command.ts";

/** @throws NodeError when nothing is at a contract's address */
export async function requireContract(
  chain: EvmChain,
  { address }: EvmContract,
  name: string,
): Promise<void> {
  if ((await chain.rpc("eth_getCode", address, "latest")) !== "0x") return;
  throw new NodeError(
    `Chain ${chain.chainId} has no contract at ${address}: correct contracts.${name} in the configuration.`,
  );
}
