/**
 * How a simulated chain whose id is that of a live one, such as a fork, is known to be simulated: by code at an address that
 * nobody can put code at, beginning with a byte that no code of a transaction begins with. Twin of `DevelopmentChain.sol`.
 */
export const DEVELOPMENT_MARK = {
  /** The last 20 bytes of keccak256("Nexus development chain"). */
  address: "0x511162d5a214f64808bbd8ad1111ba3bb3166803",
  /** 0xef, which EIP-3541 lets no transaction deploy, then "Nexus". */
  code: "0xef4e65787573",
} as const;

/** Chain ids of Hardhat and Anvil (31337), and of Geth's `--dev` and Ganache (1337). Twin of `DevelopmentChain.sol`. */
export const DEVELOPMENT_CHAIN_IDS: readonly number[] = [31337, 1337];

/** Whether `chainId` is one where development parts and keys are in order. */
export function isDevelopmentChain(chainId: number): boolean {
  return DEVELOPMENT_CHAIN_IDS.includes(chainId);
}

/**
 * Whether development parts and keys are in order on a network: on one that this process simulates whatever its id, on
 * any other by the id of its chain.
 */
export function isDevelopmentNetwork(network: { readonly type: string }, chainId: number): boolean {
  return network.type === "edr-simulated" || isDevelopmentChain(chainId);
}

/**
 * Has a simulated chain say so to its contracts, which its id alone does not tell; does nothing where the id does. It takes
 * a node that lets its state be set: a live chain's answers with an error.
 */
export async function markDevelopmentChain(
  provider: { request(args: { method: string; params?: unknown[] }): Promise<unknown> },
  chainId: number,
): Promise<void> {
  if (isDevelopmentChain(chainId)) return;
  const { address, code } = DEVELOPMENT_MARK;
  // Asked every time: the chain may have gone back to before it was marked.
  if ((await provider.request({ method: "eth_getCode", params: [address, "latest"] })) === code) return;
  await provider.request({ method: "hardhat_setCode", params: [address, code] });
}
