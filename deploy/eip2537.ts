import type { EthereumProvider } from "hardhat/types/providers";

const G1_ADD = "0x000000000000000000000000000000000000000b";

/**
 * Whether the chain behind `provider` has the BLS12-381 precompiles of EIP-2537: asks it to add the point at infinity
 * to itself, which takes 256 zero bytes and gives 128. Without the precompile the call gives nothing.
 */
export async function hasBls12381(provider: EthereumProvider): Promise<boolean> {
  const infinities = `0x${"00".repeat(256)}`;
  try {
    const sum = await provider.request({
      method: "eth_call",
      params: [{ to: G1_ADD, data: infinities, gas: "0x186a0" }, "latest"],
    });
    return sum === `0x${"00".repeat(128)}`;
  } catch {
    return false;
  }
}
