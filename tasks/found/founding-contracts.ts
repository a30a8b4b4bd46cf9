import { loadArtifact } from "../../plugin/contracts/artifacts.ts";
import { EvmContract, type EvmChain } from "../../plugin/chain/evm-chain.ts";

/** The contracts that found a cloud. */
export interface FoundingContracts {
  readonly registry: EvmContract;
  readonly staking: EvmContract;
  readonly token: {
    readonly address: string;
    /** 0 where the token does not say: amounts are then in its smallest units. */
    readonly decimals: number;
    readonly symbol: string;
  };
}

const TOKEN = ["function decimals() view returns (uint8)", "function symbol() view returns (string)"];

/** The registry at an address, with what it stands on. */
export async function foundingContracts(chain: EvmChain, address: string): Promise<FoundingContracts> {
  const registry = new EvmContract(address, loadArtifact("CommitteeRegistry").abi);
  const [stakingAddress] = await chain.read(registry, "staking");
  const staking = new EvmContract(stakingAddress as string, loadArtifact("NexusStaking").abi);
  const token = new EvmContract((await chain.read(staking, "token"))[0] as string, TOKEN);
  // An ERC-20 need have neither.
  const [decimals, symbol] = await Promise.all([
    chain.read(token, "decimals").then(
      ([value]) => Number(value),
      () => 0,
    ),
    chain.read(token, "symbol").then(
      ([value]) => String(value),
      () => "units",
    ),
  ]);
  return { registry, staking, token: { address: token.address, decimals, symbol } };
}
