import { AbiCoder, Interface, type JsonFragment } from "ethers";

import { errorText, suiteError } from "../contracts/suite-errors.ts";

/** The compiled contracts of a project, as Hardhat gives them. */
export interface ProjectArtifacts {
  getAllFullyQualifiedNames(): Promise<ReadonlySet<string>>;
  readArtifact(name: string): Promise<{ readonly abi: readonly unknown[] }>;
}

/**
 * What a contract reverted with, in a few words: `reverted with CounterTooLate(5)`. Errors are those of Solidity itself, of the
 * project's contracts, and of the suite's.
 *
 * @param data what the call returned, 0x-prefixed
 */
export async function revertReason(data: string, artifacts: ProjectArtifacts | undefined): Promise<string> {
  if (data === "0x") return "reverted without a reason";
  const { reason } = AbiCoder.getBuiltinCallException("call", { to: null }, data);
  if (data.startsWith(ERROR) && reason !== null) return `reverted with "${reason}"`;
  if (data.startsWith(PANIC) && reason !== null) return `reverted: ${reason}`;
  const error = await errorOf(data, artifacts);
  return error === undefined
    ? `reverted with an error that is none of the project's, ${data}`
    : `reverted with ${error}`;
}

/** Selectors of `Error(string)` and `Panic(uint256)`. */
const [ERROR, PANIC] = ["0x08c379a0", "0x4e487b71"];
/** Digits of a selector and its 0x. */
const SELECTOR = 10;

async function errorOf(data: string, artifacts: ProjectArtifacts | undefined): Promise<string | undefined> {
  if (data.length < SELECTOR) return undefined;
  for (const name of (await artifacts?.getAllFullyQualifiedNames()) ?? []) {
    const abi = (await artifacts!.readArtifact(name)).abi as readonly JsonFragment[];
    const errors = new Interface(abi.filter(({ type }) => type === "error"));
    const fragment = errors.getError(data.slice(0, SELECTOR));
    const text = fragment === null ? undefined : errorText(fragment, data);
    if (text !== undefined) return text;
  }
  return suiteError(data);
}
