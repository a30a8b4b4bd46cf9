import { BaseContract, BrowserProvider, type EventLog, type Provider } from "ethers";
import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { loadArtifact } from "../plugin/contracts/artifacts.ts";
import type { CommitteeRegistry } from "../types/ethers-contracts/committee/CommitteeRegistry.ts";
import type { NexusStaking } from "../types/ethers-contracts/staking/NexusStaking.ts";
import type { ZeroRouter } from "../types/ethers-contracts/zero/ZeroRouter.ts";
import { find, type AddressBook, type Deployment } from "./address-book.ts";

/** One part, and whether the chain has code where it is recorded. */
export interface PartStatus extends Deployment {
  readonly hasCode: boolean;
}

/** One cloud of the registry. */
export interface CloudStatus {
  readonly cloudId: string;
  readonly suite: "BN254" | "BLS12-381";
  /** Newest active epoch; 0 when there never was one. */
  readonly epoch: number;
  /** Unix time at which that epoch ends; 0 without one. */
  readonly validUntil: number;
  readonly threshold: number;
  readonly size: number;
  /** Operators of the active committee, in its order. */
  readonly members: readonly string[];
}

/** What is staked, in token units. */
export interface StakingStatus {
  readonly token: string;
  readonly operators: number;
  /** Stake that counts for selection: bonded and delegated, not unbonding, not jailed. */
  readonly active: bigint;
  /** All tokens that the staking contract holds. */
  readonly held: bigint;
}

/** One selector of the Zero router. */
export interface SelectorStatus {
  readonly selector: string;
  readonly verifier: string;
  readonly state: "unknown" | "pending" | "active" | "retired" | "stopped";
  /** Unix time from which on its proofs are taken, or would have been. */
  readonly activeFrom: number;
}

/** What there is of the suite on one chain. */
export interface SuiteStatus {
  readonly chainId: number;
  readonly parts: readonly PartStatus[];
  readonly clouds: readonly CloudStatus[];
  readonly staking?: StakingStatus;
  readonly selectors: readonly SelectorStatus[];
}

const SELECTOR_STATES = ["unknown", "active", "retired", "stopped"] as const;
/** Blocks asked for at once of a node that refuses to search them all. */
const LOG_RANGE = 10_000;

/** Asks the chain behind `connection` about every part in `book`. */
export async function suiteStatus<T extends ChainType | string>(
  connection: NetworkConnection<T>,
  book: AddressBook,
): Promise<SuiteStatus> {
  const parts = await Promise.all(
    book.deployments.map(async (one): Promise<PartStatus> => {
      const code = await connection.provider.request({
        method: "eth_getCode",
        params: [one.address, "latest"],
      });
      return { ...one, hasCode: code !== "0x" };
    }),
  );
  const present = (part: string): Deployment | undefined => {
    const found = find(book, part);
    return parts.some((one) => one.address === found?.address && one.hasCode) ? found : undefined;
  };
  const registry = present("CommitteeRegistry");
  const staking = present("NexusStaking");
  const router = present("ZeroRouter");
  // Of this package's own ethers: the project may use viem.
  const chain = new BrowserProvider(connection.provider, book.chainId, { cacheTimeout: -1 });
  try {
    return {
      chainId: book.chainId,
      parts,
      clouds: registry === undefined ? [] : await cloudsOf(chain, registry),
      ...(staking === undefined ? {} : { staking: await stakingOf(chain, staking) }),
      selectors: router === undefined ? [] : await selectorsOf(chain, router),
    };
  } finally {
    chain.destroy();
  }
}

async function cloudsOf(chain: Provider, { address, block }: Deployment): Promise<CloudStatus[]> {
  const registry = suiteContract<CommitteeRegistry>("CommitteeRegistry", address, chain);
  const latest = await chain.getBlockNumber();
  const created = await eventsOf(registry, "CloudCreated", block ?? 0, latest);
  return Promise.all(
    created.map(async ({ args }): Promise<CloudStatus> => {
      const cloudId = args.getValue("cloudId") as string;
      const [epoch, params] = await Promise.all([registry.currentEpoch(cloudId), registry.cloud(cloudId)]);
      const committee = epoch === 0n ? undefined : await registry.committee(cloudId, epoch);
      return {
        cloudId,
        suite: params.scheme === 0n ? "BN254" : "BLS12-381",
        epoch: Number(epoch),
        validUntil: Number(committee?.validUntil ?? 0n),
        threshold: Number(params.threshold),
        size: Number(params.size),
        members: epoch === 0n ? [] : [...(await registry.members(cloudId, epoch))],
      };
    }),
  );
}

async function stakingOf(chain: Provider, { address, block }: Deployment): Promise<StakingStatus> {
  const staking = suiteContract<NexusStaking>("NexusStaking", address, chain);
  const token = await staking.token();
  const erc20 = new BaseContract(token, ["function balanceOf(address) view returns (uint256)"], chain);
  const latest = await chain.getBlockNumber();
  const registered = await eventsOf(staking, "OperatorRegistered", block ?? 0, latest);
  const stakes = await Promise.all(
    registered.map(({ args }) => staking.activeStake(args.getValue("operator") as string)),
  );
  return {
    token,
    operators: registered.length,
    active: stakes.reduce((sum, one) => sum + one, 0n),
    held: (await erc20.getFunction("balanceOf").staticCall(address)) as bigint,
  };
}

async function selectorsOf(chain: Provider, { address }: Deployment): Promise<SelectorStatus[]> {
  const router = suiteContract<ZeroRouter>("ZeroRouter", address, chain);
  return Promise.all(
    (await router.selectors()).map(async (selector): Promise<SelectorStatus> => {
      const { verifier, status, activeFrom } = await router.entryOf(selector);
      const state = SELECTOR_STATES[Number(status)] ?? "unknown";
      const isPending = state === "active" && !(await router.accepts(selector));
      return {
        selector,
        verifier,
        state: isPending ? "pending" : state,
        activeFrom: Number(activeFrom),
      };
    }),
  );
}

/** All events `name` of `contract` between two blocks: in one search, or in pieces where the node allows no more. */
async function eventsOf(contract: BaseContract, name: string, from: number, to: number): Promise<EventLog[]> {
  try {
    return (await contract.queryFilter(name, from, to)) as EventLog[];
  } catch (error) {
    if (to - from < LOG_RANGE) throw error;
  }
  const events: EventLog[] = [];
  for (let start = from; start <= to; start += LOG_RANGE) {
    const end = Math.min(start + LOG_RANGE - 1, to);
    events.push(...((await contract.queryFilter(name, start, end)) as EventLog[]));
  }
  return events;
}

/** A part of the suite, by the interface that this package brings: the user's project need not compile it. */
function suiteContract<Part extends BaseContract>(name: string, address: string, chain: Provider): Part {
  return new BaseContract(address, loadArtifact(name).abi, chain) as Part;
}
