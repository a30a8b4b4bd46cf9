import { development } from "../../../deploy/suite/development-suite.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import * as digests from "../../contracts/digests.ts";
import { bls12381 } from "../../crypto/bls/bls12-381.ts";
import { bn254 } from "../../crypto/bls/bn254.ts";
import type { Suite } from "../../crypto/bls/suite.ts";
import { EvmContract } from "../../chain/evm-chain.ts";
import type { EpochKey } from "../node/signatures.ts";
import type { ExecutionLimits } from "../runtime/limits.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { deployParts } from "../../chain/deploy-parts.ts";
import type { DevelopmentAccount } from "../../chain/development-account.ts";
import { EmbeddedCommittee, type Prices } from "./embedded-committee.ts";
import { readKey, writeKey, type Foundation } from "./foundation.ts";

/** What an embedded cloud asks. */
export interface Fees extends Prices {
  /** Wei that a program must have for each unit of gas that a call of it may take. */
  readonly callGas: bigint;
}

/** What an embedded cloud is like. */
export interface EmbeddedCloudOptions {
  /** Number of nodes, n. */
  readonly nodes: number;
  readonly suite: "BN254" | "BLS12-381";
  /** What requests and calls cost; `"none"`: nothing, and their gas neither. */
  readonly fees: Fees | "none";
  /** Deviations from the default limits of a run. */
  readonly limits: Partial<ExecutionLimits>;
  /** Folder where the nodes keep their data, to go on from after the process ended; memory unless given. */
  readonly directory?: string;
}

/** Deploys the suite and founds a committee with its first epoch. */
export async function foundCloud(
  account: DevelopmentAccount,
  { suite: suiteName, nodes, fees }: EmbeddedCloudOptions,
  stores: readonly KeyValueStore[],
  progress: (what: string) => void,
): Promise<{ foundation: Foundation; committee: EmbeddedCommittee }> {
  const { chain } = account;
  const suite = suiteOf(suiteName);
  progress("Deploying the Nexus suite");
  const parts = await deployParts(account, (m) => development(m, suite.id === 1), {
    callbackBps: callbackBps(fees),
    callGasPrice: callGasPriceOf(fees),
    // Contracts that name no cloud ask this one: the first of its founder.
    defaultCloud: (deployed: ReadonlyMap<string, string>) =>
      digests.cloud(chain.chainId, deployed.get("CommitteeRegistry")!, account.address, 0n),
  });
  const contract = (name: string): EvmContract => new EvmContract(parts.get(name)!, loadArtifact(name).abi);
  progress(`Founding a committee of ${nodes}`);
  const committee = await EmbeddedCommittee.found(
    account,
    {
      staking: contract("NexusStaking"),
      token: contract("DevelopmentToken"),
      registry: contract("CommitteeRegistry"),
    },
    { size: nodes, suite, prices: pricesOf(fees) },
  );
  progress("Generating the committee's key");
  await committee.openEpoch(keeper(committee, stores));
  const deployedAt = (await chain.head()) + 1n;
  const { cloudId } = committee;
  return {
    foundation: { chainId: chain.chainId, cloudId, parts, deployedAt },
    committee,
  };
}

/** Goes on with a cloud that was founded before. @throws Error when its chain is not this one */
export async function resumeCloud(
  account: DevelopmentAccount,
  { suite: suiteName, nodes, fees, directory }: EmbeddedCloudOptions,
  stores: readonly KeyValueStore[],
  foundation: Foundation,
): Promise<{ foundation: Foundation; committee: EmbeddedCommittee }> {
  const { chain } = account;
  const { chainId, cloudId, parts } = foundation;
  const code = await chain.rpc("eth_getCode", parts.get("NexusGateway")!, "latest");
  if (chainId !== chain.chainId || code === "0x") {
    throw new Error(
      `The cloud in ${directory} was founded on chain ${chainId}, which is another one or was started anew. ` +
        "Delete the folder, or choose another with --data.",
    );
  }
  const suite = suiteOf(suiteName);
  const registry = new EvmContract(parts.get("CommitteeRegistry")!, loadArtifact("CommitteeRegistry").abi);
  const committee = await EmbeddedCommittee.resume(
    account,
    registry,
    cloudId,
    { size: nodes, suite, prices: pricesOf(fees) },
    (node, epoch) => readKey(stores[node]!, epoch, suite),
  );
  return { foundation, committee };
}

/** Keeps every new key with its node's data. */
export function keeper(committee: EmbeddedCommittee, stores: readonly KeyValueStore[]) {
  return async (epoch: bigint, keys: ReadonlyMap<string, EpochKey>): Promise<void> => {
    for (const [i, { operator }] of committee.members.entries()) {
      await writeKey(stores[i]!, epoch, keys.get(operator.address.toLowerCase())!);
    }
  };
}

/** What a cloud with these fees asks for its work. */
export function pricesOf(fees: EmbeddedCloudOptions["fees"]): Prices {
  if (fees === "none") return { perRequest: 0n, perFuel: 0n, perByte: 0n };
  const { perRequest, perFuel, perByte } = fees;
  return { perRequest, perFuel, perByte };
}

/** What an outbox asks of programs for the gas of their calls, in wei for a unit. */
export function callGasPriceOf(fees: EmbeddedCloudOptions["fees"]): bigint {
  return fees === "none" ? 0n : fees.callGas;
}

/** The part of a chain's base fee that requests pay for their gas, in 1/10,000. */
export function callbackBps(fees: EmbeddedCloudOptions["fees"]): number {
  return fees === "none" ? 0 : 10_000;
}

function suiteOf(name: EmbeddedCloudOptions["suite"]): Suite {
  return name === "BN254" ? bn254 : bls12381;
}
