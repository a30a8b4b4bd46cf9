import type { IgnitionModuleBuilder } from "@nomicfoundation/ignition-core";
import { Interface } from "ethers";

import { loadArtifact } from "../contracts/artifacts.ts";
import { EvmContract } from "./evm-chain.ts";
import type { DevelopmentAccount } from "./development-account.ts";

/** A contract of the description, with its address once it is deployed. */
class Part {
  readonly name: string;
  address: string | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * Deploys what an Ignition module describes, at once and without Ignition: no journal, no files, no confirmations, for
 * the embedded cloud to be there in no time. The description is the same that `hardhat ignition deploy` runs.
 *
 * @param describe a function of `deploy/`, such as `development`
 * @param parameters the module's parameters by name; others have the description's defaults. A function is called with
 * the addresses of the parts deployed before it is needed
 * @returns the address of each part, by contract name
 */
export async function deployParts(
  account: DevelopmentAccount,
  describe: (m: IgnitionModuleBuilder) => unknown,
  parameters: Readonly<Record<string, unknown>> = {},
): Promise<Map<string, string>> {
  const steps: (() => Promise<void>)[] = [];
  const parts: Part[] = [];
  const builder = {
    // Called as Ignition's: with or without an artifact before the arguments, which is that of `loadArtifact` anyway.
    contract(name: string, artifactOrArgs: unknown = [], argsOrOptions: unknown = []): Part {
      const args = (Array.isArray(artifactOrArgs) ? artifactOrArgs : argsOrOptions) as readonly unknown[];
      const part = new Part(name);
      parts.push(part);
      steps.push(async () => {
        const { abi, bytecode } = loadArtifact(name);
        part.address = await account.deploy(new Interface(abi), bytecode, args.map(resolve));
      });
      return part;
    },
    call(part: Part, method: string, args: readonly unknown[] = []): void {
      steps.push(async () => {
        const contract = new EvmContract(part.address!, loadArtifact(part.name).abi);
        await account.call(contract, method, args.map(resolve));
      });
    },
    getParameter(name: string, fallback?: unknown): unknown {
      const value = name in parameters ? parameters[name] : fallback;
      if (value === undefined) throw new Error(`The deployment needs the parameter ${name}.`);
      return value;
    },
    getAccount: (): string => account.address,
  };
  const resolve = (argument: unknown): unknown => {
    if (argument instanceof Part) return argument.address;
    if (typeof argument === "function") return argument(addressesOf(parts));
    if (Array.isArray(argument)) return argument.map(resolve);
    if (argument instanceof Uint8Array || typeof argument !== "object" || argument === null) return argument;
    return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, resolve(value)]));
  };
  // Ignition's builder has more, which descriptions for development do not use.
  describe(builder as unknown as IgnitionModuleBuilder);
  for (const step of steps) await step();
  return addressesOf(parts);
}

/** The parts that are deployed, by name. */
function addressesOf(parts: readonly Part[]): Map<string, string> {
  return new Map(
    parts.flatMap(({ name, address }) => (address === undefined ? [] : [[name, address] as const])),
  );
}
