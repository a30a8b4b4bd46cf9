/** The chains of a configuration, as the cloud's code takes them. */
import type { Eip1193 } from "../chain/eip1193.ts";
import { EvmChain, EvmContract } from "../chain/evm-chain.ts";
import type { Reading } from "../cloud/chains/event-source.ts";
import { servedChain, type ServedChain } from "../cloud/chains/served-chain.ts";
import { loadArtifact } from "../contracts/artifacts.ts";
import type { HomeConfiguration, MirrorConfiguration } from "./configuration.ts";
import { endpointsOf } from "./endpoints-of.ts";
import { requireContract } from "./require-contract.ts";

export type ChainConfiguration = HomeConfiguration | MirrorConfiguration;

/** The chain through its endpoints, or through another provider of it. */
export function chainOf(configuration: ChainConfiguration, provider?: Eip1193): EvmChain {
  const { chainId, finality } = configuration;
  return new EvmChain(provider ?? endpointsOf(configuration), BigInt(chainId), finality);
}

/** The chain with the suite's contracts on it. @throws NodeError when the outbox is not there */
export async function servedOf(
  chain: EvmChain,
  { contracts, deployedAt }: ChainConfiguration,
): Promise<ServedChain> {
  const isHome = "CommitteeRegistry" in contracts;
  const addresses = {
    committees: isHome ? contracts.CommitteeRegistry : contracts.CommitteeMirror,
    gateway: contracts.NexusGateway,
    outbox: contracts.NexusOutbox,
    checkpoints: contracts.StateCheckpoints,
    subscriptions: contracts.NexusSubscriptions,
  };
  const outbox = new EvmContract(contracts.NexusOutbox, loadArtifact("NexusOutbox").abi);
  await requireContract(chain, outbox, "NexusOutbox");
  const [callGasPrice] = await chain.read(outbox, "callGasPrice");
  return servedChain(chain, addresses, {
    isHome,
    deployedAt: BigInt(deployedAt),
    callGasPrice: callGasPrice as bigint,
  });
}

/** How the chain's endpoints are asked. */
export function readingOf({ quorum, blocksPerCall, addressesPerCall }: ChainConfiguration): Partial<Reading> {
  return {
    ...(quorum !== undefined && { quorum }),
    ...(blocksPerCall !== undefined && { blocksPerCall: BigInt(blocksPerCall) }),
    ...(addressesPerCall !== undefined && { addressesPerCall }),
  };
}
