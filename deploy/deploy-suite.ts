import type {
  DeploymentParameters,
  IgnitionModule,
  ModuleParameterType,
} from "@nomicfoundation/ignition-core";
import { HardhatPluginError } from "hardhat/plugins";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { addressBook, type AddressBook } from "./address-book.ts";
import { deployModule } from "./deploy-module.ts";
import {
  isDevelopmentChain,
  isDevelopmentNetwork,
  markDevelopmentChain,
} from "../plugin/chain/development-chain.ts";
import { hasBls12381 } from "./eip2537.ts";
import developmentBn254 from "./modules/development-bn254.ts";
import development from "./modules/development.ts";
import suiteBn254 from "./modules/suite-bn254.ts";
import suite from "./modules/suite.ts";
import { refusal } from "./refusals.ts";

/** How to deploy the suite. */
export interface SuiteOptions {
  /** The ERC-20 to stake. Without one, a development chain gets a `DevelopmentToken` and a `ZeroMockVerifier`. */
  readonly token?: string;
  /** Who may add Zero verifiers, which work after a delay, and retire them; needed with `token`. */
  readonly owner?: string;
  /** Parameters of the parts, by the names that `suite.ts` documents. */
  readonly parameters?: Readonly<Record<string, ModuleParameterType>>;
  /** Told what is about to be deployed, once nothing speaks against it and before anything is sent; may throw. */
  readonly beforeSending?: (plan: SuitePlan) => Promise<void>;
}

/** A deployment that is about to begin. */
export interface SuitePlan {
  readonly module: IgnitionModule;
  readonly parameters: DeploymentParameters;
  readonly chainId: number;
  readonly deployer: string;
}

/**
 * Deploys the whole suite over `connection` with its first account, through the same Ignition modules as the command
 * line. On a simulated network nothing is written to disk; on any other, Ignition records the deployment, and calling
 * this again continues one that was interrupted.
 *
 * @returns where each part is
 * @throws HardhatPluginError before anything is sent, when the deployment is one that `refusal` refuses; or
 * after it, when Ignition's record is of another chain
 */
export async function deploySuite<T extends ChainType | string>(
  connection: NetworkConnection<T>,
  options: SuiteOptions = {},
): Promise<AddressBook> {
  const { provider, networkConfig } = connection;
  const [chainIdHex, accounts, bls12381] = await Promise.all([
    provider.request({ method: "eth_chainId" }) as Promise<string>,
    provider.request({ method: "eth_accounts" }) as Promise<string[]>,
    hasBls12381(provider),
  ]);
  const chainId = Number(chainIdHex);
  const isDevelopment = isDevelopmentNetwork(networkConfig, chainId);
  const module =
    options.token === undefined && isDevelopment
      ? bls12381
        ? development
        : developmentBn254
      : bls12381
        ? suite
        : suiteBn254;
  const parameters: DeploymentParameters = {
    $global: {
      ...options.parameters,
      ...(options.token === undefined ? {} : { token: options.token }),
      ...(options.owner === undefined ? {} : { owner: options.owner }),
    },
  };
  const why = refusal({ module, chainId, isDevelopment, deployer: accounts[0], parameters, bls12381 });
  if (why !== undefined) throw new HardhatPluginError("hardhat-nexus", why);

  await options.beforeSending?.({ module, parameters, chainId, deployer: accounts[0]! });
  if (isDevelopment) await markDevelopmentChain(provider, chainId);
  const book = addressBook(chainId, await deployModule(connection, module, parameters));
  await requireCode(connection, book);
  return book;
}

/** Ignition trusts its record, which outlives a development node that was restarted. */
async function requireCode<T extends ChainType | string>(
  { provider }: NetworkConnection<T>,
  { chainId, deployments }: AddressBook,
): Promise<void> {
  for (const { part, address } of deployments) {
    if ((await provider.request({ method: "eth_getCode", params: [address, "latest"] })) !== "0x") continue;
    throw new HardhatPluginError(
      "hardhat-nexus",
      `${part} is recorded at ${address} on chain ${chainId}, but there is no code. ` +
        (isDevelopmentChain(chainId)
          ? "The node was restarted: forget what was on it and deploy anew with `npx hardhat nexus:deploy --reset`."
          : "The node is that of another chain, or has not caught up."),
    );
  }
}
