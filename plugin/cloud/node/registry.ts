/** What the registry of a cloud's home chain says of its committees, as nodes read it. */
import { getBytes } from "ethers";

import type { EvmChain, EvmContract } from "../../chain/evm-chain.ts";
import { revertedWith } from "../../contracts/revert-data.ts";
import type { Suite } from "../../crypto/bls/suite.ts";
import { IdentityKey } from "../dkg/identity.ts";
import type { PublicCommittee } from "./signatures.ts";

/** The struct `Committee` of ICommittees.sol. */
export interface CommitteeStruct {
  readonly epoch: bigint;
  readonly validFrom: bigint;
  readonly validUntil: bigint;
  readonly size: bigint;
  readonly threshold: bigint;
  readonly groupKey: string;
  readonly membersHash: string;
}

/** `Phase` of CommitteeRegistry.sol. */
export const Phase = { None: 0, Opened: 1, Selected: 2, Ready: 3 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** What people read of a phase. */
export const PHASE_NAMES = ["none", "opened", "selected", "ready"] as const;

/** The struct `PendingEpoch` of CommitteeRegistry.sol. */
export interface PendingEpoch {
  /** With phase `None` the last number that was used. */
  readonly epoch: bigint;
  readonly phase: Phase;
  readonly seedBlock: bigint;
  readonly deadline: bigint;
  readonly validFrom: bigint;
  readonly validUntil: bigint;
  /** Operators in committee order. */
  readonly members: readonly string[];
  /** Their nodes' identities, as addresses. */
  readonly identities: readonly string[];
  readonly membersHash: string;
  /** Bit i is set once the member at position i has confirmed. */
  readonly confirmed: bigint;
  readonly groupKey: string;
}

/** What of the struct `CloudParams` of CommitteeRegistry.sol nodes use. */
export interface CloudParameters {
  readonly size: number;
  readonly threshold: number;
  /** Id of the BLS suite. */
  readonly scheme: number;
  /** Seconds. */
  readonly epochLength: bigint;
  readonly confirmationWindow: bigint;
}

/** The registry as it was after a block, or as it is after the newest one. */
export class RegistryReader {
  readonly chain: EvmChain;
  readonly registry: EvmContract;
  readonly cloudId: string;
  readonly #block: bigint | undefined;

  /** @param block the newest one unless given */
  constructor(chain: EvmChain, registry: EvmContract, cloudId: string, block?: bigint) {
    this.chain = chain;
    this.registry = registry;
    this.cloudId = cloudId;
    this.#block = block;
  }

  /** The same registry as it was after a block; as it is after the newest one unless given. */
  at(block?: bigint): RegistryReader {
    return new RegistryReader(this.chain, this.registry, this.cloudId, block);
  }

  async cloud(): Promise<CloudParameters> {
    const found = (await this.#read("cloud", this.cloudId)) as Record<
      "size" | "threshold" | "scheme" | "epochLength" | "confirmationWindow",
      bigint
    >;
    const { epochLength, confirmationWindow } = found;
    const [size, threshold, scheme] = [found.size, found.threshold, found.scheme].map(Number);
    return { size: size!, threshold: threshold!, scheme: scheme!, epochLength, confirmationWindow };
  }

  /** The newest active epoch; 0 before the first. */
  async currentEpoch(): Promise<bigint> {
    return (await this.#read("currentEpoch", this.cloudId)) as bigint;
  }

  /** Operators who stand for the cloud's committees. */
  async candidates(): Promise<string[]> {
    return [...((await this.#read("candidates", this.cloudId)) as string[])];
  }

  async pending(): Promise<PendingEpoch> {
    const found = (await this.#read("pendingEpoch", this.cloudId)) as Omit<PendingEpoch, "phase"> & {
      readonly phase: bigint;
    };
    const { epoch, seedBlock, deadline, validFrom, validUntil, membersHash, confirmed, groupKey } = found;
    return {
      epoch,
      phase: Number(found.phase) as Phase,
      seedBlock,
      deadline,
      validFrom,
      validUntil,
      members: [...found.members],
      identities: [...found.identities],
      membersHash,
      confirmed,
      groupKey,
    };
  }

  /** An epoch's committee; undefined when the epoch never became active. Its `validUntil` moves when it is replaced. */
  async committee(epoch: bigint): Promise<CommitteeStruct | undefined> {
    const found = await this.#read("committee", this.cloudId, epoch).catch((error: unknown) => {
      if (revertedWith(error, "CommitteesUnknownEpoch")) return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    const { validFrom, validUntil, size, threshold, groupKey, membersHash } = found as CommitteeStruct;
    return { epoch, validFrom, validUntil, size, threshold, groupKey, membersHash };
  }

  /** Operators of an active epoch's committee, in its order. */
  async operators(epoch: bigint): Promise<string[]> {
    return [...((await this.#read("members", this.cloudId, epoch)) as string[])];
  }

  /** Identities of an active epoch's committee, in its order, as addresses. */
  async identities(epoch: bigint): Promise<string[]> {
    return [...((await this.#read("identities", this.cloudId, epoch)) as string[])];
  }

  /** The key of a node's identity, by its address. */
  async identityKey(address: string): Promise<IdentityKey> {
    const point = getBytes((await this.#read("publicKeyOf", address)) as string);
    const [x, y] = [point.subarray(0, 32), point.subarray(32)];
    return new IdentityKey(Uint8Array.of(2 + (y.at(-1)! & 1), ...x));
  }

  async #read(method: string, ...args: unknown[]): Promise<unknown> {
    const { chain, registry } = this;
    const result =
      this.#block === undefined
        ? await chain.read(registry, method, ...args)
        : await chain.readAt(this.#block, registry, method, ...args);
    return result[0];
  }
}

/** What signatures of a committee are checked with. */
export function publicCommittee(
  suite: Suite,
  { size, threshold, groupKey }: CommitteeStruct,
): PublicCommittee {
  return {
    suite,
    size: Number(size),
    threshold: Number(threshold),
    groupPublicKey: getBytes(groupKey),
  };
}
