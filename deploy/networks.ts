import { configVariable } from "hardhat/config";
import type { HttpNetworkUserConfig } from "hardhat/types/config";

import { CHAINS } from "./chains.ts";

/**
 * Entries for `networks` in a Hardhat configuration, one for each of `CHAINS`. The address of a node and the
 * deployer's key come from configuration variables, which Hardhat asks the keystore or the environment for when the
 * network is used, and never before.
 *
 * @example
 * ```ts
 * import { liveNetworks } from "hardhat-nexus/deploy/networks";
 * export default defineConfig({ networks: { ...liveNetworks() } });
 * ```
 */
export function liveNetworks(): Record<string, HttpNetworkUserConfig> {
  return Object.fromEntries(
    CHAINS.map(({ network, chainId, chainType }) => [
      network,
      {
        type: "http",
        chainId,
        chainType,
        url: configVariable(rpcVariable(network)),
        accounts: [configVariable(DEPLOYER_VARIABLE)],
      },
    ]),
  );
}

/** Configuration variable that holds the deployer's private key. */
export const DEPLOYER_VARIABLE = "NEXUS_DEPLOYER_KEY";

/** Configuration variable that holds the address of a node: `NEXUS_BASE_SEPOLIA_RPC_URL` for `baseSepolia`. */
export function rpcVariable(network: string): string {
  return `NEXUS_${network.replace(/([A-Z])/g, "_$1").toUpperCase()}_RPC_URL`;
}
