import { getBytes, toBeHex, zeroPadValue } from "ethers";

import type { EvmContract } from "../../chain/evm-chain.ts";
import { failureOf } from "../../chain/provider-failure.ts";
import * as digests from "../../contracts/digests.ts";
import { isGroupSignature } from "../../crypto/threshold/verify.ts";
import type { CommitteeStruct } from "../node/registry.ts";
import { DutySender, type DutyAccount } from "./duty-sender.ts";
import type { RegistryView } from "./registry-view.ts";

/** What a node needs to bring a mirror from committee to committee. */
export interface MirrorDutiesParts {
  /** The registry of the home chain. */
  readonly view: RegistryView;
  /** Block of the registry's deployment on the home chain: nothing is looked for before it. */
  readonly deployedAt: bigint;
  /** Most blocks of the home chain whose logs are asked for at once; 2,000 unless given. */
  readonly blocksPerCall?: bigint;
  /** The mirror, on the chain of `account`. */
  readonly mirror: EvmContract;
  readonly account: DutyAccount;
}

/** Milliseconds after which the home chain is asked again for a hand-over that it did not have. */
const FORGOTTEN_AFTER = 600_000;

/** A hand-over at home, as the mirror takes it. */
interface HandOver {
  readonly next: CommitteeStruct;
  readonly signature: string;
}

/**
 * Has a mirror follow the committees of the home chain, one hand-over after the other. Each is looked up in the registry's events when the
 * mirror lacks it, whoever sent the one before and whenever.
 */
export class MirrorDuties {
  readonly #parts: MirrorDutiesParts;
  readonly #sender: DutySender;
  /** The hand-over that was looked for last; undefined where the home chain had none, as it was asked then (by the account's clock). */
  #found: { readonly from: bigint; readonly at: number; readonly handOver: HandOver | undefined } | undefined;

  constructor(parts: MirrorDutiesParts) {
    this.#parts = parts;
    this.#sender = new DutySender(parts.account);
  }

  /** Takes the mirror one hand-over further if there is one and it is this node's turn. @returns whether it did */
  async step(): Promise<boolean> {
    const { view, mirror, account } = this.#parts;
    const { chain } = account.sender;
    const from = (await chain.read(mirror, "currentEpoch", view.cloudId))[0] as bigint;
    const handOver = from < view.current ? await this.#handOver(from) : undefined;
    const next = handOver && view.epochs.get(handOver.next.epoch);
    if (next === undefined) return false;
    const name = `follow from epoch ${from} on chain ${chain.chainId}`;
    this.#sender.retain(new Set([name]));
    return this.#sender.take({
      name,
      contract: mirror,
      method: "follow",
      args: [from, handOver!.next, next.operators, handOver!.signature],
      operators: view.epochs.get(view.current)!.operators,
    });
  }

  async #handOver(from: bigint): Promise<HandOver | undefined> {
    const { account } = this.#parts;
    const known = this.#found?.from === from ? this.#found : undefined;
    const isFresh = known !== undefined && account.clock() - known.at < FORGOTTEN_AFTER;
    if (known?.handOver !== undefined || isFresh) return known?.handOver;
    const handOver = await this.#lookFor(from);
    this.#found = { from, at: account.clock(), handOver };
    // An endpoint may have been behind, so it is asked again; the operator is told once.
    if (handOver === undefined && known === undefined) {
      const why = new Error(
        `The committee of epoch ${from} signed no hand-over: only its guardian can move it on.`,
      );
      account.complain(`The mirror on chain ${account.sender.chain.chainId} cannot follow`, why);
    }
    return handOver;
  }

  /** Whether a hand-over is to a committee that the registry has, and the one before it signed it. */
  #isTrue(from: bigint, { next, signature }: HandOver): boolean {
    const { view } = this.#parts;
    const [committee, known] = [view.committees.get(from), view.epochs.get(next.epoch)?.committee];
    if (committee === undefined || known === undefined) return false;
    const { epoch, validFrom, validUntil, size, threshold, groupKey, membersHash } = next;
    if (groupKey !== known.groupKey || membersHash !== known.membersHash) return false;
    const terms = [validFrom, validUntil, Number(size), Number(threshold)] as const;
    const digest = digests.rotation(view.cloudId, from, epoch, ...terms, groupKey, membersHash);
    return isGroupSignature(committee, digest, getBytes(signature));
  }

  /** The hand-over from an epoch in the home chain's final blocks. It is looked for from the newest on, where it mostly is. */
  async #lookFor(from: bigint): Promise<HandOver | undefined> {
    const { view, deployedAt, blocksPerCall = 2_000n } = this.#parts;
    const { chain, registry } = view.latest;
    const topics = [
      registry.abi.getEvent("EpochRotated")!.topicHash,
      view.cloudId,
      zeroPadValue(toBeHex(from), 32),
    ];
    let span = blocksPerCall;
    for (let last = view.block; last >= deployedAt;) {
      const first = last - span + 1n > deployedAt ? last - span + 1n : deployedAt;
      try {
        for (const log of await chain.logs([registry.address], first, last, topics)) {
          const event = registry.parse(log);
          if (event == null) continue;
          const { next, signature } = event.args as unknown as HandOver;
          if (this.#isTrue(from, { next, signature })) return { next, signature };
        }
        last = first - 1n;
      } catch (error) {
        if (failureOf(error) !== "too much" || span === 1n) throw error;
        span = (span + 1n) / 2n;
      }
    }
    return undefined;
  }
}
