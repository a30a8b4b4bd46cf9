/** The transactions of a node's operator: sent from the account in its folder, or printed for whoever has the operator's key. */
import { getAddress, isAddress } from "ethers";

import { EvmChain } from "../chain/evm-chain.ts";
import { SigningProvider } from "../chain/signing-provider.ts";
import { textOf, UsageError, type Arguments, type Surroundings } from "./command.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { endpointsOf } from "./endpoints-of.ts";
import type { NodeFolder } from "./node-folder.ts";
import type { Wish } from "../chain/transact.ts";
import { transact } from "./transact.ts";

export const PRINT_OPTIONS = { print: { type: "boolean" }, operator: { type: "string" } } as const;

export const PRINT_HELP = `  --print                print the transactions instead, one JSON object a line, to be sent from elsewhere
  --operator ADDRESS     with --print: who sends them (default: the account in the folder)`;

/** Whether transactions are to be printed, and for which operator; undefined is the account in the folder. @throws UsageError */
export function printingOf(given: Arguments): { isPrinted: boolean; operator: string | undefined } {
  const isPrinted = given.options["print"] === true;
  const operator = textOf(given, "operator");
  if (operator === undefined) return { isPrinted, operator };
  if (!isPrinted)
    throw new UsageError("--operator goes with --print: other accounts' transactions are not sent here.");
  if (!isAddress(operator)) throw new UsageError(`--operator takes an address, and not ${operator}.`);
  return { isPrinted, operator: getAddress(operator) };
}

/** The home chain, for which the folder's account signs. */
export async function openHome(
  { home }: NodeConfiguration,
  folder: NodeFolder,
  password: string,
): Promise<{ chain: EvmChain; account: string }> {
  const chainId = BigInt(home.chainId);
  const provider = new SigningProvider(endpointsOf(home), chainId, await folder.openAccount(password));
  return { chain: new EvmChain(provider, chainId, home.finality), account: provider.address };
}

/** Prints transactions of an operator, an object of JSON each. */
export function printWishes(
  { chainId }: EvmChain,
  from: string,
  wishes: readonly Wish[],
  around: Surroundings,
): void {
  for (const { contract, method, args } of wishes) {
    const data = contract.abi.encodeFunctionData(method, args);
    const transaction = { method, chainId: Number(chainId), from, to: contract.address, value: "0", data };
    around.print(JSON.stringify(transaction));
  }
}

/** Sends transactions one after the other, each once the one before is mined. @throws NodeError */
export async function sendWishes(
  chain: EvmChain,
  from: string,
  wishes: readonly Wish[],
  around: Surroundings,
): Promise<void> {
  for (const wish of wishes) {
    const receipt = await transact(chain, from, wish, (hash) => around.note(`${wish.method} sent: ${hash}`));
    around.print(`${wish.method} is in block ${BigInt(receipt.blockNumber)}`);
  }
}
