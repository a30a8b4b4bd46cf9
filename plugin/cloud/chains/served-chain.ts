import type { Interface } from "ethers";

import { loadArtifact } from "../../contracts/artifacts.ts";
import { EvmContract, type EvmChain } from "../../chain/evm-chain.ts";

/** Addresses of the suite's contracts on one chain that a cloud serves. */
export interface SuiteAddresses {
  /** `CommitteeRegistry` on the home chain, `CommitteeMirror` elsewhere. */
  readonly committees: string;
  readonly gateway: string;
  readonly outbox: string;
  readonly checkpoints: string;
  readonly subscriptions: string;
}

/** A chain that a cloud serves, with the contracts through which it does. */
export interface ServedChain {
  readonly chain: EvmChain;
  readonly chainId: bigint;
  /** Whether the cloud's registry is here; a cloud has one home chain. */
  readonly isHome: boolean;
  readonly committees: EvmContract;
  readonly gateway: EvmContract;
  readonly outbox: EvmContract;
  readonly checkpoints: EvmContract;
  readonly subscriptions: EvmContract;
  /** First block that can contain anything of the suite. */
  readonly deployedAt: bigint;
  /** `callGasPrice` of the outbox: what programs must have for the gas of their calls. */
  readonly callGasPrice: bigint;
  /** Whether it is a development chain: one process, whose answers are whole. */
  readonly isDevelopment: boolean;
}

/** The served chain behind `chain`, whose suite is at `addresses`; a live one unless it is said to be for development. */
export function servedChain(
  chain: EvmChain,
  addresses: SuiteAddresses,
  options: { isHome: boolean; deployedAt: bigint; callGasPrice: bigint; isDevelopment?: boolean },
): ServedChain {
  const contract = (name: string, address: string): EvmContract =>
    new EvmContract(address, loadArtifact(name).abi);
  return {
    chain,
    chainId: chain.chainId,
    isDevelopment: false,
    ...options,
    committees: contract(options.isHome ? "CommitteeRegistry" : "CommitteeMirror", addresses.committees),
    gateway: contract("NexusGateway", addresses.gateway),
    outbox: contract("NexusOutbox", addresses.outbox),
    checkpoints: contract("StateCheckpoints", addresses.checkpoints),
    subscriptions: contract("NexusSubscriptions", addresses.subscriptions),
  };
}

/** First topic of an event, by its name. @throws when the interface has no such event */
export function topicOf(abi: Interface, event: string): string {
  const fragment = abi.getEvent(event);
  if (fragment === null) throw new Error(`The contract has no event ${event}.`);
  return fragment.topicHash;
}
