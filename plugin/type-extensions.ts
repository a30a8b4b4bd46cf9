import "hardhat/types/config";
import "hardhat/types/network";

import type { NexusConfig, NexusUserConfig } from "./api/config.ts";
import type { Nexus } from "./api/nexus.ts";

declare module "hardhat/types/config" {
  interface HardhatUserConfig {
    nexus?: NexusUserConfig;
  }
  interface HardhatConfig {
    nexus: NexusConfig;
  }
}

declare module "hardhat/types/network" {
  // The parameter's name and default must be those of the declaration that this extends.
  interface NetworkConnection<
    // eslint-disable-next-line @typescript-eslint/no-unused-vars
    ChainTypeT extends ChainType | string = DefaultChainType,
  > {
    /** Off-chain compute for contracts of this network. */
    nexus: Nexus;
  }
}
