import { Interface, type ErrorFragment } from "ethers";

import { artifactNames, loadArtifact } from "./artifacts.ts";

let errors: ReadonlyMap<string, ErrorFragment> | undefined;

/**
 * What a custom error of the suite says, in the manner of Hardhat: `GatewayInputTooLong(65537, 65536)`.
 *
 * @param data what a call reverted with, as hex digits after 0x
 * @returns undefined when it is no error of the suite
 */
export function suiteError(data: string): string | undefined {
  errors ??= allErrors();
  const fragment = errors.get(data.slice(0, 10).toLowerCase());
  return fragment === undefined ? undefined : errorText(fragment, data);
}

/** An error with its arguments; undefined when the data is another's, with the same selector. */
export function errorText(fragment: ErrorFragment, data: string): string | undefined {
  try {
    const values = new Interface([fragment]).decodeErrorResult(fragment, data);
    return `${fragment.name}(${values.toArray(true).map(shown).join(", ")})`;
  } catch {
    return undefined;
  }
}

function allErrors(): Map<string, ErrorFragment> {
  const found = new Map<string, ErrorFragment>();
  for (const name of artifactNames()) {
    new Interface(loadArtifact(name).abi).forEachError((error) => found.set(error.selector, error));
  }
  return found;
}

/** A decoded value as Hardhat shows it: text in quotes, lists in brackets. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  return typeof value === "string" && !value.startsWith("0x") ? JSON.stringify(value) : String(value);
}
