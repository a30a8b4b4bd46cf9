import { getAddress } from "ethers";

import { loadArtifact } from "../contracts/artifacts.ts";
import { EvmContract, type EvmChain } from "../chain/evm-chain.ts";
import { Phase, PHASE_NAMES, RegistryReader } from "../cloud/node/registry.ts";
import { revertedWith } from "../contracts/revert-data.ts";
import { NodeError } from "./command.ts";
import type { NodeConfiguration } from "./configuration.ts";
import { requireContract } from "./require-contract.ts";

/** Where an operator stands with the registry, and with the cloud if there is one. */
export interface Standing {
  /** The identity that is registered for the operator; undefined when none is. */
  readonly identity: string | undefined;
  readonly cloud: CloudStanding | undefined;
}

/** Where an operator stands with a cloud. */
export interface CloudStanding {
  /** Stake behind the operator that counts, and the least that a candidate needs, in units of the token. */
  readonly stake: bigint;
  readonly minStake: bigint;
  readonly isCandidate: boolean;
  /** The epoch that is active, 0 before the first. */
  readonly epoch: bigint;
  /** Whether the operator is of that epoch's committee. */
  readonly isMember: boolean;
  /** The next epoch, while it is under way. */
  readonly next:
    | {
        readonly epoch: bigint;
        readonly phase: (typeof PHASE_NAMES)[number];
        readonly isMember: boolean;
        /** Unix time, seconds, at which it ends; 0 before the selection. */
        readonly validUntil: bigint;
      }
    | undefined;
}

/** The registry of a configuration. */
export function registryOf({ home }: NodeConfiguration): EvmContract {
  return new EvmContract(home.contracts.CommitteeRegistry, loadArtifact("CommitteeRegistry").abi);
}

/** What the registry says of an operator. @throws NodeError when there is no registry, or no such cloud */
export async function standingOf(
  chain: EvmChain,
  configuration: NodeConfiguration,
  operator: string,
): Promise<Standing> {
  const registry = registryOf(configuration);
  await requireContract(chain, registry, "CommitteeRegistry");
  const read = async (method: string, ...args: unknown[]): Promise<unknown> =>
    (await chain.read(registry, method, ...args))[0];
  const identity = await read("nodeOf", operator).then(
    (found) => getAddress(found as string),
    (error: unknown) => {
      if (revertedWith(error, "RegistryUnknownNode")) return undefined;
      throw error;
    },
  );
  const { cloud: cloudId } = configuration;
  if (cloudId === undefined) return { identity, cloud: undefined };
  const parameters = (await read("cloud", cloudId).catch((error: unknown) => {
    if (!revertedWith(error, "CommitteesUnknownCloud")) throw error;
    throw new NodeError(`The registry knows no cloud ${cloudId}: correct cloud in the configuration.`);
  })) as { readonly minStake: bigint };
  const staking = new EvmContract((await read("staking")) as string, loadArtifact("NexusStaking").abi);
  const pending = await new RegistryReader(chain, registry, cloudId).pending();
  const epoch = (await read("currentEpoch", cloudId)) as bigint;
  const isOperator = (one: string): boolean => one.toLowerCase() === operator.toLowerCase();
  return {
    identity,
    cloud: {
      minStake: parameters.minStake,
      stake: (await chain.read(staking, "activeStake", operator))[0] as bigint,
      isCandidate: (await read("isCandidate", cloudId, operator)) as boolean,
      epoch,
      isMember: epoch > 0n && ((await read("isMember", cloudId, epoch, operator)) as boolean),
      next:
        pending.phase === Phase.None
          ? undefined
          : {
              epoch: pending.epoch,
              phase: PHASE_NAMES[pending.phase],
              isMember: pending.members.some(isOperator),
              validUntil: pending.validUntil,
            },
    },
  };
}
