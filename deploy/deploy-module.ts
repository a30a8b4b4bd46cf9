import { join } from "node:path";

import {
  errorDeploymentResultToExceptionMessage,
  HardhatArtifactResolver,
  resolveDeploymentId,
} from "@nomicfoundation/hardhat-ignition/helpers";
import {
  deploy,
  DeploymentResultType,
  type DeploymentParameters,
  type IgnitionModule,
} from "@nomicfoundation/ignition-core";
import { HardhatPluginError } from "hardhat/plugins";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

/**
 * Deploys an Ignition module over `connection` with its first account, whichever of Ignition's extensions the project
 * has, if any: the project may use ethers or viem. On a simulated network nothing is written to disk; on any other,
 * Ignition records the deployment and continues one that was interrupted.
 *
 * @returns addresses by Ignition's future ids, such as `NexusV1#NexusGateway`
 * @throws HardhatPluginError with what Ignition says when the deployment does not succeed
 */
export async function deployModule<T extends ChainType | string>(
  connection: NetworkConnection<T>,
  module: IgnitionModule,
  parameters: DeploymentParameters,
): Promise<Record<string, string>> {
  const { provider, networkConfig } = connection;
  const { config, artifacts } = connection.nexus.environment;
  const [chainId, accounts] = await Promise.all([
    provider.request({ method: "eth_chainId" }) as Promise<string>,
    provider.request({ method: "eth_accounts" }) as Promise<string[]>,
  ]);
  const isSimulated = networkConfig.type === "edr-simulated";
  const deploymentId = resolveDeploymentId(undefined, Number(chainId));
  const { maxRetries, retryInterval, ...fees } = networkConfig.ignition;
  const result = await deploy({
    config: {
      ...givenOf({ maxRetries, retryInterval }),
      ...config.ignition,
      // A simulated network has mined a transaction by the time it answers: there is nothing to wait for.
      ...(isSimulated && { blockPollingInterval: 1 }),
    },
    ...givenOf(fees),
    provider,
    artifactResolver: new HardhatArtifactResolver(artifacts),
    ignitionModule: module,
    deploymentParameters: parameters,
    accounts,
    ...(!isSimulated && {
      deploymentDir: join(config.paths.ignition, "deployments", deploymentId),
    }),
  });
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) {
    throw new HardhatPluginError("hardhat-nexus", errorDeploymentResultToExceptionMessage(result));
  }
  return Object.fromEntries(Object.entries(result.contracts).map(([id, { address }]) => [id, address]));
}

/** What is set of `settings`; Hardhat has `undefined` for what is not, which Ignition would take for a value. */
function givenOf<T extends object>(settings: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
