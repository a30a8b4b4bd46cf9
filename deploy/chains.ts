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
  /** Seconds in which `block.number` goes up by one, as a rule. On Arbitrum that is the number of Ethereum's block. */
  readonly blockTime: number;
  /**
   * Seconds after which a block is final, amply: what the chain's nodes call `finalized`. On rollups this is when Ethereum has finalized
   * what was posted there, on those with validity proofs when it has finalized the proof.
   */
  readonly finality: number;
  /** Address of its block explorer. */
  readonly explorer: string;
  /** What its gas, and the clouds on it, are paid in. */
  readonly coin: "ether" | "POL";
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** Every chain, main networks before their test networks. */
export const CHAINS: readonly Chain[] = [
  chain("mainnet", "Ethereum", 1, "l1", true, 12, 20 * MINUTE, "https://etherscan.io"),
  chain("sepolia", "Sepolia", 11155111, "l1", true, 12, 20 * MINUTE, "https://sepolia.etherscan.io"),
  chain("optimism", "OP Mainnet", 10, "op", true, 2, 60 * MINUTE, "https://optimistic.etherscan.io"),
  chain(
    "optimismSepolia",
    "OP Sepolia",
    11155420,
    "op",
    true,
    2,
    60 * MINUTE,
    "https://sepolia-optimism.etherscan.io",
  ),
  chain("base", "Base", 8453, "op", true, 2, 60 * MINUTE, "https://basescan.org"),
  chain("baseSepolia", "Base Sepolia", 84532, "op", true, 2, 60 * MINUTE, "https://sepolia.basescan.org"),
  chain("arbitrum", "Arbitrum One", 42161, "generic", true, 12, 60 * MINUTE, "https://arbiscan.io"),
  chain(
    "arbitrumSepolia",
    "Arbitrum Sepolia",
    421614,
    "generic",
    true,
    12,
    60 * MINUTE,
    "https://sepolia.arbiscan.io",
  ),
  chain("polygon", "Polygon", 137, "generic", false, 2, 10 * MINUTE, "https://polygonscan.com", "POL"),
  chain(
    "polygonAmoy",
    "Polygon Amoy",
    80002,
    "generic",
    false,
    2,
    10 * MINUTE,
    "https://amoy.polygonscan.com",
    "POL",
  ),
  chain("scroll", "Scroll", 534352, "generic", false, 3, 8 * HOUR, "https://scrollscan.com"),
  chain(
    "scrollSepolia",
    "Scroll Sepolia",
    534351,
    "generic",
    false,
    3,
    8 * HOUR,
    "https://sepolia.scrollscan.com",
  ),
  chain("linea", "Linea", 59144, "generic", true, 2, 24 * HOUR, "https://lineascan.build"),
  chain(
    "lineaSepolia",
    "Linea Sepolia",
    59141,
    "generic",
    true,
    2,
    24 * HOUR,
    "https://sepolia.lineascan.build",
  ),
  chain("zksync", "zkSync Era", 324, "generic", false, 1, 24 * HOUR, "https://explorer.zksync.io"),
  chain(
    "zksyncSepolia",
    "zkSync Sepolia",
    300,
    "generic",
    false,
    1,
    24 * HOUR,
    "https://sepolia.explorer.zksync.io",
  ),
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
  blockTime: number,
  finality: number,
  explorer: string,
  coin: Chain["coin"] = "ether",
): Chain {
  return { network, name, chainId, chainType, bls12381, blockTime, finality, explorer, coin };
}
