/** The way of a cloud from its creation to a committee in office, each step looked up on the chain before it is taken. */
import { setTimeout as sleep } from "node:timers/promises";

import { formatUnits } from "ethers";
import { HardhatPluginError } from "hardhat/plugins";

import type { EvmChain } from "../../plugin/chain/evm-chain.ts";
import { failureOf } from "../../plugin/chain/provider-failure.ts";
import { Phase, RegistryReader, type PendingEpoch } from "../../plugin/cloud/node/registry.ts";
import { revertedWith } from "../../plugin/contracts/revert-data.ts";
import { transact } from "../../plugin/node/transact.ts";
import type { CloudParameters } from "./cloud-parameters.ts";
import type { FoundingContracts } from "./founding-contracts.ts";

/** A chain to found a cloud on, and who pays. */
export interface FoundingSite {
  readonly chain: EvmChain;
  /** The account that sends; the chain's provider signs for it. */
  readonly from: string;
  readonly contracts: FoundingContracts;
  /** Milliseconds between two looks at the chain. */
  readonly interval: number;
  /** Makes a block, on a chain where none comes by itself. */
  readonly mine?: (() => Promise<unknown>) | undefined;
  /** Aborted when nobody waits any more. */
  readonly stopped?: AbortSignal;
}

/** Told what goes on. */
export interface FoundingProgress {
  /** What is done, or waited for, now. */
  step(what: string): void;
  /** What came of it. */
  note(what: string): void;
}

/** An operator that stands for a cloud. */
export interface Candidate {
  readonly operator: string;
  /** Active stake, units of the staking token. */
  readonly stake: bigint;
  /** Whether that is as much as the cloud asks for. */
  readonly isEligible: boolean;
}

/** Where a cloud is on its way. */
export interface CloudState {
  readonly cloudId: string;
  readonly size: number;
  readonly threshold: number;
  readonly minStake: bigint;
  /** The epoch whose committee is in office; 0 when nobody is. */
  readonly live: bigint;
  /** Unix time, seconds, at which that epoch ends; 0 without one. */
  readonly liveUntil: bigint;
  readonly pending: PendingEpoch;
}

/** Stakes asked for at once. */
const AT_ONCE = 32;

/** Creates a cloud. @returns its id @throws NodeError when the registry refuses */
export async function createCloud(
  { chain, from, contracts: { registry } }: FoundingSite,
  parameters: CloudParameters,
  { note }: FoundingProgress,
): Promise<string> {
  const wish = { contract: registry, method: "createCloud", args: [parameters] };
  const receipt = await transact(chain, from, wish, (hash) => note(`createCloud sent: ${hash}`));
  for (const log of receipt.logs) {
    const event = registry.parse(log);
    if (event?.name === "CloudCreated") return event.args.getValue("cloudId") as string;
  }
  throw new HardhatPluginError(
    "hardhat-nexus",
    `Transaction ${receipt.transactionHash} created no cloud: ${registry.address} is another contract than the registry of this suite.`,
  );
}

/** @throws HardhatPluginError when the registry knows no such cloud */
export async function cloudState(
  { chain, contracts: { registry } }: FoundingSite,
  cloudId: string,
): Promise<CloudState> {
  const parameters = await chain.read(registry, "cloud", cloudId).catch((error: unknown) => {
    if (!revertedWith(error, "CommitteesUnknownCloud")) throw error;
    throw new HardhatPluginError(
      "hardhat-nexus",
      `The registry ${registry.address} on chain ${chain.chainId} knows no cloud ${cloudId}: correct --cloud, or leave it out to found one.`,
    );
  });
  const { size, threshold, minStake } = parameters[0] as Record<"size" | "threshold" | "minStake", bigint>;
  // Before the epoch in office: one that comes into office in between is then seen as both, and never as neither.
  const pending = await new RegistryReader(chain, registry, cloudId).pending();
  const live = (await chain.read(registry, "liveEpoch", cloudId))[0] as bigint;
  const committee =
    live === 0n
      ? undefined
      : ((await chain.read(registry, "committee", cloudId, live))[0] as { validUntil: bigint });
  return {
    cloudId,
    size: Number(size),
    threshold: Number(threshold),
    minStake,
    live,
    liveUntil: committee?.validUntil ?? 0n,
    pending,
  };
}

/** Who stands for a cloud, those with the most stake first. */
export async function candidatesOf(
  { chain, contracts: { registry, staking } }: FoundingSite,
  { cloudId, minStake }: CloudState,
): Promise<Candidate[]> {
  const operators = [...((await chain.read(registry, "candidates", cloudId))[0] as string[])];
  const candidates: Candidate[] = [];
  for (let i = 0; i < operators.length; i += AT_ONCE) {
    const some = operators.slice(i, i + AT_ONCE).map(async (operator) => {
      const stake = (await chain.read(staking, "activeStake", operator))[0] as bigint;
      return { operator, stake, isEligible: stake >= minStake };
    });
    candidates.push(...(await Promise.all(some)));
  }
  return candidates.sort((a, b) => (a.stake < b.stake ? 1 : a.stake > b.stake ? -1 : 0));
}

/**
 * Takes a cloud on until a committee is in office: waits for candidates, opens the epoch, selects the committee, waits for its
 * confirmations. Others may take the same steps meanwhile.
 *
 * @param waits whether to wait for others; otherwise it ends where they have to act
 * @returns where it ended
 * @throws HardhatPluginError when the committee did not confirm a key in time; called again, it gives that epoch up. The signal's
 *   reason, or an AbortError, when it was stopped
 */
export async function untilInOffice(
  site: FoundingSite,
  cloudId: string,
  progress: FoundingProgress,
  waits: boolean,
): Promise<CloudState> {
  let said = "";
  const say = (what: string): void => {
    if (what !== said) progress.step(what);
    said = what;
  };
  /** The epoch that was seen in its time here, and so is not given up here. */
  let attended: bigint | undefined;
  /** Looks once, and takes the next step if it is anybody's. @returns where it ended, if it did; or else whether there is to wait */
  const advance = async (): Promise<CloudState | "at once" | "later"> => {
    const state = await cloudState(site, cloudId);
    const { live, pending, size } = state;
    if (live > 0n) return state;
    const now = await site.chain.latestTimestamp();
    switch (pending.phase) {
      case Phase.None: {
        const candidates = await candidatesOf(site, state);
        const eligible = candidates.filter(({ isEligible }) => isEligible).length;
        if (eligible >= size) {
          progress.note(standing(site, candidates));
          await take(site, state, "openEpoch", progress);
          return "at once";
        }
        if (!waits) return state;
        const who = candidates.length === 0 ? "" : `: ${standing(site, candidates)}`;
        say(`${eligible} of ${size} candidates stand${who}`);
        return "later";
      }
      case Phase.Opened: {
        const seed = await seedOf(site, cloudId);
        if (seed !== "to come") {
          await take(site, state, seed === "known" ? "selectCommittee" : "openEpoch", progress);
          return "at once";
        }
        say(`The seed of epoch ${pending.epoch} is the hash of a block that is still to come`);
        if (site.mine === undefined) return "later";
        await site.mine();
        return "at once";
      }
      case Phase.Selected: {
        if (now >= pending.deadline) {
          if (attended === pending.epoch) throw late(state);
          progress.note(`Epoch ${pending.epoch} is given up: its committee confirmed no key in time`);
          await take(site, state, "abandonEpoch", progress);
          return "at once";
        }
        attended = pending.epoch;
        if (!waits) return state;
        say(confirmations(state));
        return "later";
      }
      case Phase.Ready:
        await take(site, state, now < pending.validUntil ? "activate" : "abandonEpoch", progress);
        return "at once";
    }
  };
  for (;;) {
    site.stopped?.throwIfAborted();
    const found = await advance().catch((error: unknown) => {
      // Who waits for days does not end for an endpoint that is away for a minute.
      if (!waits || !["unreachable", "too often"].includes(failureOf(error))) throw error;
      say(`The chain does not answer, and is asked again: ${(error as Error).message}`);
      return "later" as const;
    });
    if (typeof found !== "string") return found;
    if (found === "later")
      await sleep(site.interval, undefined, { ...(site.stopped && { signal: site.stopped }) });
  }
}

/** Sends a step, unless somebody else took it meanwhile. */
async function take(
  { chain, from, contracts: { registry } }: FoundingSite,
  { cloudId, pending }: CloudState,
  method: "openEpoch" | "selectCommittee" | "abandonEpoch" | "activate",
  { step, note }: FoundingProgress,
): Promise<void> {
  step(`Sending ${method}`);
  try {
    const wish = { contract: registry, method, args: [cloudId] };
    const { blockNumber } = await transact(chain, from, wish, (hash) => note(`${method} sent: ${hash}`));
    note(`${method} is in block ${BigInt(blockNumber)}`);
  } catch (error) {
    const present = await new RegistryReader(chain, registry, cloudId).pending();
    if (present.epoch === pending.epoch && present.phase === pending.phase) throw error;
    note(`${method} was somebody else's`);
  }
}

/** What the chain knows of the seed: its block is named as the contracts count blocks, which is not the chain's own count on Arbitrum. */
async function seedOf(
  { chain, from, contracts: { registry } }: FoundingSite,
  cloudId: string,
): Promise<"to come" | "known" | "expired"> {
  try {
    const data = registry.abi.encodeFunctionData("selectCommittee", [cloudId]);
    await chain.attempt({ from, to: registry.address, data });
    return "known";
  } catch (error) {
    if (revertedWith(error, "RegistrySeedNotReady")) return "to come";
    if (revertedWith(error, "RegistrySeedExpired")) return "expired";
    // Whatever else is wrong, or that somebody else selected, the transaction will tell.
    return "known";
  }
}

function standing({ contracts: { token } }: FoundingSite, candidates: readonly Candidate[]): string {
  const texts = candidates.map(
    ({ operator, stake, isEligible }) =>
      `${operator} with ${formatUnits(stake, token.decimals)} ${token.symbol}${isEligible ? "" : " (too little)"}`,
  );
  return texts.join(", ");
}

function confirmations({ pending, size, threshold }: CloudState): string {
  const count = countOf(pending);
  const until = new Date(Number(pending.deadline) * 1_000).toISOString();
  return `The committee of epoch ${pending.epoch} generates its key: ${count} of ${size} confirmed, ${threshold} needed until ${until}`;
}

function countOf({ confirmed, members }: PendingEpoch): number {
  return members.filter((_, i) => ((confirmed >> BigInt(i)) & 1n) === 1n).length;
}

function late({ cloudId, pending, threshold }: CloudState): HardhatPluginError {
  const { confirmed, members, epoch } = pending;
  const silent = members.filter((_, i) => ((confirmed >> BigInt(i)) & 1n) === 0n);
  return new HardhatPluginError(
    "hardhat-nexus",
    `The committee of epoch ${epoch} confirmed no key in time: ${countOf(pending)} of ${members.length} did, and ${threshold} are needed. ` +
      `See whether the nodes of ${silent.join(", ")} run, then call again with --cloud ${cloudId}: it gives the epoch up and selects another committee.`,
  );
}
