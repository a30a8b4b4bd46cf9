import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";

import { isDevelopmentChain } from "../plugin/chain/development-chain.ts";

/**
 * A connection to the selected network, if the embedded cloud can work there: a simulated network, or a development
 * node. Nothing is sent to any other.
 *
 * @param task what asks, for the message
 * @throws HardhatPluginError for any other network
 */
export async function connectToDevelopmentNetwork(
  hre: HardhatRuntimeEnvironment,
  task: string,
): Promise<NetworkConnection> {
  const name = hre.globalOptions.network ?? "default";
  const configured = hre.config.networks[name];
  // Known before the network's address and keys are asked for.
  if (configured?.type === "http" && configured.chainId !== undefined) {
    refuseLive(name, configured.chainId, task);
  }
  const connection = await hre.network.create();
  if (connection.networkConfig.type === "edr-simulated") return connection;
  try {
    refuseLive(name, Number(await connection.provider.request({ method: "eth_chainId" })), task);
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

function refuseLive(network: string, chainId: number, task: string): void {
  if (isDevelopmentChain(chainId)) return;
  throw new HardhatPluginError(
    "hardhat-nexus",
    `${task} boots a cloud whose keys are for development, and network ${network} is chain ${chainId}, a live one: ` +
      "select a simulated network, or a development node (npx hardhat node) with --network localhost.",
  );
}
