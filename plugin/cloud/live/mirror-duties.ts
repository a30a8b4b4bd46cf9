import { toBeHex, zeroPadValue } from "ethers";

import type { EvmContract } from "../../chain/evm-chain.ts";
import { failureOf } from "../../chain/provider-failure.ts";
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

/** A hand-over at home, as the mirror takes it. */
interface HandOver {
  readonly next: { readonly epoch: bigint };
  readonly signature: string;
}

/**
 * Has a mirror follow the committees of the home chain, one hand-over after the other. Each is looked up in the registry's events when the
 * mirror lacks it, whoever sent the one before and whenever.
 */
export class MirrorDuties {
  readonly #parts: MirrorDutiesParts;
  readonly #sender: DutySender;
  /** The hand-over that was looked for last; undefined where the home chain had none, as of its epoch then. */
  #found:
    { readonly from: bigint; readonly asOf: bigint; readonly handOver: HandOver | undefined } | undefined;

  constructor(parts: MirrorDutiesParts) {
    this.#parts = parts;
    this.#sender = new DutySender(parts.account);
  }

  /** Takes the mirror one hand-over further if there is one and it is this node's turn. @returns whether it did */
  async step(): Promise<boolean> {
    const { view, mirror, account } = this.#parts;
    const { chain } = account;
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
    const { view, account } = this.#parts;
    const isKnown =
      this.#found?.from === from && (this.#found.handOver !== undefined || this.#found.asOf === view.current);
    if (isKnown) return this.#found!.handOver;
    const asOf = view.current;
    const handOver = await this.#lookFor(from);
    this.#found = { from, asOf, handOver };
    if (handOver === undefined) {
      const why = new Error(
        `The committee of epoch ${from} signed no hand-over: only its guardian can move it on.`,
      );
      account.complain(`The mirror on chain ${account.chain.chainId} cannot follow`, why);
    }
    return handOver;
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
        const [log] = await chain.logs([registry.address], first, last, topics);
        const event = log && registry.parse(log);
        if (event != null) {
          const { next, signature } = event.args as unknown as HandOver;
          return { next, signature };
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
