import { getAddress, id, Indexed, Interface, type InterfaceAbi } from "ethers";

import type { CallbackResult } from "./callback.ts";

/** A contract as ethers has it, or as viem has it. */
export type EmittingContract =
  | { readonly target: string | { getAddress(): Promise<string> }; readonly interface: Interface }
  | { readonly address: string; readonly abi: readonly unknown[] };

/** An event that a callback emitted. */
export interface EmittedEvent {
  readonly name: string;
  /** Its arguments, as ethers decodes them. */
  readonly args: readonly unknown[];
}

/**
 * What a contract emitted during callbacks, in order.
 *
 * @param event its name, or its signature where the contract has several of that name
 * @throws Error when the contract has no such event
 */
export async function eventsOf(
  callbacks: readonly CallbackResult[],
  contract: EmittingContract,
  event: string,
): Promise<EmittedEvent[]> {
  const abi = "interface" in contract ? contract.interface : new Interface(contract.abi as InterfaceAbi);
  const fragment = abi.getEvent(event);
  if (fragment === null) {
    const known: string[] = [];
    abi.forEachEvent(({ name }) => known.push(name));
    throw new Error(
      `The contract has no event "${event}". ${known.length === 0 ? "It has none." : `It has ${known.join(", ")}.`}`,
    );
  }
  const address = getAddress(await addressOf(contract));
  return callbacks
    .flatMap(({ logs }) => logs)
    .filter((log) => getAddress(log.address) === address && log.topics[0] === fragment.topicHash)
    .map(({ data, topics }) => ({
      name: fragment.name,
      args: abi.decodeEventLog(fragment, data, topics).toArray() as unknown[],
    }));
}

async function addressOf(contract: EmittingContract): Promise<string> {
  if ("address" in contract) return contract.address;
  return typeof contract.target === "string" ? contract.target : contract.target.getAddress();
}

/**
 * Whether an argument of an event is the expected one: numbers by value, addresses and bytes in upper or lower case, indexed text by
 * its hash; a function is asked, as Hardhat's `anyValue` is.
 */
export function isArgument(actual: unknown, expected: unknown): boolean {
  if (typeof expected === "function") return (expected as (value: unknown) => unknown)(actual) !== false;
  if (Indexed.isIndexed(actual)) return actual.hash === expected || actual.hash === id(String(expected));
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.length === expected.length && actual.every((one, i) => isArgument(one, expected[i]));
  }
  if (typeof actual === "bigint" && (typeof expected === "number" || typeof expected === "string")) {
    return String(actual) === String(expected);
  }
  if (expected instanceof Uint8Array) return isArgument(actual, `0x${Buffer.from(expected).toString("hex")}`);
  if (typeof actual === "string" && typeof expected === "string" && actual.startsWith("0x")) {
    return actual.toLowerCase() === expected.toLowerCase();
  }
  return actual === expected;
}
