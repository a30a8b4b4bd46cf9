/** The live chains that Nexus is prepared for, and what is particular about each. */

/** Facts about one chain. */
export interface Chain {
  /** Name of its network in a Hardhat configuration, and of its file in `deploy/parameters`. */
  readonly network: string;
  /** What people call it. */
  readonly name: string;
  readonly chainId: number;
  /** Hardhat's chain type. */
  readonly chainType: "l1" | "op" | "generic";
  /**
   * Whether it is known to have the BLS12-381 precompiles of EIP-2537. For people to plan with; a deployment asks the
   * chain itself (`hasBls12381`).
   */
  readonly bls12381: boolean;
  /** Address of its block explorer. */
  readonly explorer: string;
}

/** Every chain, main networks before their test networks. */
export const CHAINS: readonly Chain[] = [
  chain("mainnet", "Ethereum", 1, "l1", true, "https://etherscan.io"),
  chain("sepolia", "Sepolia", 11155111, "l1", true, "https://sepolia.etherscan.io"),
  chain("optimism", "OP Mainnet", 10, "op", true, "https://optimistic.etherscan.io"),
  chain("optimismSepolia", "OP Sepolia", 11155420, "op", true, "https://sepolia-optimism.etherscan.io"),
  chain("base", "Base", 8453, "op", true, "https://basescan.org"),
  chain("baseSepolia", "Base Sepolia", 84532, "op", true, "https://sepolia.basescan.org"),
  chain("arbitrum", "Arbitrum One", 42161, "generic", true, "https://arbiscan.io"),
  chain("arbitrumSepolia", "Arbitrum Sepolia", 421614, "generic", true, "https://sepolia.arbiscan.io"),
  chain("polygon", "Polygon", 137, "generic", false, "https://polygonscan.com"),
  chain("polygonAmoy", "Polygon Amoy", 80002, "generic", false, "https://amoy.polygonscan.com"),
  chain("scroll", "Scroll", 534352, "generic", false, "https://scrollscan.com"),
  chain("scrollSepolia", "Scroll Sepolia", 534351, "generic", false, "https://sepolia.scrollscan.com"),
  chain("linea", "Linea", 59144, "generic", true, "https://lineascan.build"),
  chain("lineaSepolia", "Linea Sepolia", 59141, "generic", true, "https://sepolia.lineascan.build"),
  chain("zksync", "zkSync Era", 324, "generic", false, "https://explorer.zksync.io"),
  chain("zksyncSepolia", "zkSync Sepolia", 300, "generic", false, "https://sepolia.explorer.zksync.io"),
];

/** The chain with this id, if Nexus knows it. */
export function chainOf(chainId: number): Chain | undefined {
  return CHAINS.find((one) => one.chainId === chainId);
}

function chain(
  network: string,
  name: string,
  chainId: number,
  chainType: Chain["chainType"],
  bls12381: boolean,
  explorer: string,
): Chain {
  return { network, name, chainId, chainType, bls12381, explorer };
}
