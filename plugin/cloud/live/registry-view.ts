import { setTimeout as sleep } from "node:timers/promises";

import { toQuantity } from "ethers";

import { AgreedProvider } from "../../chain/agreed-provider.ts";
import { EvmChain, type EvmContract, type Finality, type RpcHeader } from "../../chain/evm-chain.ts";
import { suiteById } from "../../crypto/bls/suites.ts";
import type { Suite } from "../../crypto/bls/suite.ts";
import { ReorganisedError } from "../chains/block-range.ts";
import type { IdentityKey } from "../dkg/identity.ts";
import type { Members } from "../engines/ordered-replica.ts";
import {
  Phase,
  publicCommittee,
  RegistryReader,
  type CloudParameters,
  type CommitteeStruct,
  type PendingEpoch,
} from "../node/registry.ts";
import type { PublicCommittee } from "../node/signatures.ts";
import { equalBytes } from "../storage/bytes.ts";

/** The home chain, and the cloud whose committees are looked at. */
export interface RegistryPlace {
  readonly chain: EvmChain;
  readonly finality: Finality;
  readonly registry: EvmContract;
  /** 32 bytes, 0x-prefixed. */
  readonly cloudId: string;
}

/** An epoch that has become active. */
export interface ActiveEpoch {
  /** As of the block that was looked at last, while the epoch was the newest. */
  readonly committee: CommitteeStruct;
  /** In committee order. */
  readonly operators: readonly string[];
  readonly identities: readonly IdentityKey[];
}

/** The next epoch once its members are drawn. */
export interface Selection extends PendingEpoch {
  readonly identityKeys: readonly IdentityKey[];
}

/** How many members' keys are asked for at once. */
const AT_ONCE = 16;

/**
 * What the registry of the home chain says of a cloud's committees, as of a final block: what is signed or counted depends on nothing
 * younger. It is read piece by piece as final blocks come, and what never changes is read once. While the chain cannot be asked, it is as
 * it was.
 */
export class RegistryView {
  readonly cloudId: string;
  readonly parameters: CloudParameters;
  readonly suite: Suite;
  /** The registry as it is now, for those who send transactions. */
  readonly latest: RegistryReader;
  readonly #place: RegistryPlace;
  readonly #agreed: AgreedProvider;
  readonly #reader: RegistryReader;
  readonly #epochs = new Map<bigint, ActiveEpoch>();
  readonly #committees = new Map<bigint, PublicCommittee>();
  readonly #keys = new Map<string, IdentityKey>();
  #block = -1n;
  #hash = "";
  #moved = performance.now();
  #time = 0n;
  #current = 0n;
  #pending: PendingEpoch | undefined;
  #selection: Selection | undefined;
  #candidates: readonly string[] = [];
  #trouble: Error | undefined;

  private constructor(
    place: RegistryPlace,
    agreed: AgreedProvider,
    reader: RegistryReader,
    cloud: CloudParameters,
  ) {
    this.#place = place;
    this.#agreed = agreed;
    this.#reader = reader;
    this.cloudId = place.cloudId;
    this.parameters = cloud;
    this.suite = suiteById(cloud.scheme);
    this.latest = new RegistryReader(place.chain, place.registry, place.cloudId);
  }

  /** @throws Error when the chain cannot be asked, or knows no such cloud in a final block */
  static async open(place: RegistryPlace): Promise<RegistryView> {
    const { chain, registry, cloudId } = place;
    const agreed = new AgreedProvider(chain.endpoints);
    const reader = new RegistryReader(new EvmChain(agreed, chain.chainId, place.finality), registry, cloudId);
    const final = await agreed.finalHead(chain.chainId, place.finality);
    if (final < 0n) throw new Error(`Chain ${chain.chainId} has no final block yet.`);
    const view = new RegistryView(place, agreed, reader, await reader.at(final).cloud());
    await view.#readAt(final);
    return view;
  }

  /** The registry as it was after the final block that this is as of, as enough endpoints say it. */
  get final(): RegistryReader {
    return this.#reader.at(this.#block);
  }

  /** Milliseconds since its final block was another one: an endpoint that stands still answers as one of a chain that does. */
  get age(): number {
    return performance.now() - this.#moved;
  }

  /** The final block that it is as of. */
  get block(): bigint {
    return this.#block;
  }

  /** That block's time, Unix seconds. */
  get time(): bigint {
    return this.#time;
  }

  /** The newest active epoch, 0 before the first. */
  get current(): bigint {
    return this.#current;
  }

  /** Committees of all epochs that became active, for checking what they signed. */
  get committees(): ReadonlyMap<bigint, PublicCommittee> {
    return this.#committees;
  }

  /** All epochs that became active. */
  get epochs(): ReadonlyMap<bigint, ActiveEpoch> {
    return this.#epochs;
  }

  /** Members of an active epoch; undefined when there is none, or it is not final yet. */
  members(epoch: bigint): Members | undefined {
    const found = this.#epochs.get(epoch);
    return found && { identities: found.identities, threshold: Number(found.committee.threshold) };
  }

  /** Whose node has an identity, in the next epoch's selection or the current epoch; undefined when it is in neither. */
  operatorOf(identity: Uint8Array): string | undefined {
    const { selection } = this;
    const active = this.#epochs.get(this.#current);
    for (const [keys, operators] of [
      [selection?.identityKeys ?? [], selection?.members ?? []],
      [active?.identities ?? [], active?.operators ?? []],
    ] as const) {
      const place = keys.findIndex(({ publicKey }) => equalBytes(publicKey, identity));
      if (place !== -1) return operators[place];
    }
    return undefined;
  }

  /** The next epoch, in whatever phase; `Phase.None` while none is under way. */
  get pending(): PendingEpoch {
    return this.#pending!;
  }

  /** The next epoch while its members generate their key, or have it; undefined otherwise. */
  get selection(): Selection | undefined {
    return this.#selection;
  }

  /** Who stands for committees, while there is no committee that can sign; nobody otherwise. */
  get candidates(): readonly string[] {
    return this.#candidates;
  }

  /** Why the chain could not be asked when it last was; undefined when it could. */
  get trouble(): Error | undefined {
    return this.#trouble;
  }

  /**
   * Looks at the newest final block. @returns whether there was one.
   *
   * @throws ReorganisedError when the block that it is as of is another one now; Error when the chain cannot be asked: all is as it was
   */
  async refresh(): Promise<boolean> {
    try {
      const final = await this.#agreed.finalHead(this.#place.chain.chainId, this.#place.finality);
      // An endpoint that is behind says nothing new.
      const isNew = final > this.#block;
      if (isNew) {
        await this.#requireSameBranch();
        await this.#readAt(final);
      }
      this.#trouble = undefined;
      return isNew;
    } catch (error) {
      this.#trouble = error as Error;
      throw error;
    }
  }

  /**
   * Goes on looking until it is stopped.
   *
   * @param interval milliseconds between two looks
   * @param changed told after each new final block
   * @param complain told when the chain cannot be asked any more, once, and of what `changed` threw
   */
  async watch(
    interval: number,
    stopped: AbortSignal,
    changed: () => void | Promise<void>,
    complain: (what: string, error: unknown) => void,
  ): Promise<void> {
    while (!stopped.aborted) {
      const known = this.#trouble !== undefined;
      const isNew = await this.refresh().catch((error: unknown) => {
        if (!known) complain(`The registry cannot be read, and is taken as of block ${this.#block}`, error);
        return false;
      });
      try {
        if (isNew) await changed();
      } catch (error) {
        complain("What the registry says was not acted on", error);
      }
      await sleep(interval, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  async #requireSameBranch(): Promise<void> {
    const hash = await this.#hashOf(this.#block);
    if (hash === this.#hash) return;
    throw new ReorganisedError(
      `Block ${this.#block} is another one than it was when it was final (${this.#hash}): the chain was reorganised below its ` +
        "finality, or the endpoint is on another branch.",
    );
  }

  async #hashOf(block: bigint): Promise<string> {
    const params = [toQuantity(block), false];
    const header = (await this.#agreed.request({
      method: "eth_getBlockByNumber",
      params,
    })) as RpcHeader | null;
    if (header === null)
      throw new Error(`Chain ${this.#place.chain.chainId} does not know its block ${block}.`);
    return header.hash.toLowerCase();
  }

  /** Takes over what the registry says after a block, all of it or nothing. */
  async #readAt(block: bigint): Promise<void> {
    const reader = this.#reader.at(block);
    const current = await reader.currentEpoch();
    const pending = await reader.pending();
    const known = this.#current;
    const fresh = new Map<bigint, ActiveEpoch>();
    // The end of the one that was replaced has moved.
    if (known > 0n && known <= current) fresh.set(known, await this.#readEpoch(reader, known));
    for (let epoch = known + 1n; epoch <= current; epoch++) {
      const committee = await reader.committee(epoch);
      // Numbers of epochs that were given up are gaps.
      if (committee !== undefined) fresh.set(epoch, await this.#readEpoch(reader, epoch, committee));
    }
    const isSelected = pending.phase === Phase.Selected || pending.phase === Phase.Ready;
    const identityKeys = isSelected ? await this.#identityKeys(reader, pending.identities) : [];
    const time = await reader.chain.timestamp(block);
    const hash = await this.#hashOf(block);
    const { committee } = fresh.get(current) ?? {};
    const candidates =
      committee === undefined || time >= committee.validUntil ? await reader.candidates() : [];

    for (const [epoch, found] of fresh) {
      this.#epochs.set(epoch, found);
      if (!this.#committees.has(epoch))
        this.#committees.set(epoch, publicCommittee(this.suite, found.committee));
    }
    this.#candidates = candidates;
    this.#current = current;
    this.#pending = pending;
    this.#selection = isSelected ? { ...pending, identityKeys } : undefined;
    this.#time = time;
    [this.#block, this.#hash] = [block, hash];
    this.#moved = performance.now();
  }

  async #readEpoch(reader: RegistryReader, epoch: bigint, found?: CommitteeStruct): Promise<ActiveEpoch> {
    const committee = found ?? (await reader.committee(epoch))!;
    const known = this.#epochs.get(epoch);
    if (known !== undefined) return { ...known, committee };
    const operators = await reader.operators(epoch);
    return {
      committee,
      operators,
      identities: await this.#identityKeys(reader, await reader.identities(epoch)),
    };
  }

  async #identityKeys(reader: RegistryReader, addresses: readonly string[]): Promise<IdentityKey[]> {
    const missing = addresses.filter((address) => !this.#keys.has(address));
    for (let i = 0; i < missing.length; i += AT_ONCE) {
      const some = missing.slice(i, i + AT_ONCE);
      const keys = await Promise.all(some.map((address) => reader.identityKey(address)));
      for (const [j, key] of keys.entries()) this.#keys.set(some[j]!, key);
    }
    return addresses.map((address) => this.#keys.get(address)!);
  }
}
