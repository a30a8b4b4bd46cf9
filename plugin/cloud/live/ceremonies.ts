import { getAddress, hexlify } from "ethers";

import type { DkgResult } from "../dkg/participant.ts";
import { Phase } from "../node/registry.ts";
import { equalBytes } from "../storage/bytes.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RegistryView, Selection } from "./registry-view.ts";

/** A member's part in a key ceremony that goes on. */
export interface RunningCeremony {
  /** What it ends with. It goes on for those that come late. */
  result(): Promise<DkgResult>;
  stop(): Promise<void>;
}

/** Begins this node's part, or goes on with it: the same seed gives the same part. */
export type StartCeremony = (selection: Selection, seed: Uint8Array) => Promise<RunningCeremony>;

/** What ceremonies need of their node. */
export interface CeremonyParts {
  readonly start: StartCeremony;
  readonly ring: KeyRing;
  /** Compressed, 33 bytes. */
  readonly identity: Uint8Array;
  /** Milliseconds for which a ceremony goes on after its epoch became active. */
  readonly linger: number;
  /** Milliseconds until a ceremony that broke off is begun again. */
  readonly pause: number;
  readonly clock: () => number;
  readonly progress: (what: string) => void;
  readonly complain: (what: string, error: unknown) => void;
}

interface Current {
  readonly name: string;
  readonly epoch: bigint;
  readonly running: Promise<RunningCeremony | undefined>;
  /** When it is begun again, once it broke off. */
  again: number;
  /** When it ends, once its epoch is active. */
  until: number;
}

/** Takes this node's part in the key ceremony of the selection that is final, and keeps the key that it ends with. */
export class Ceremonies {
  readonly #parts: CeremonyParts;
  #current: Current | undefined;
  /** Keys that are being written. */
  readonly #writing = new Set<Promise<void>>();

  constructor(parts: CeremonyParts) {
    this.#parts = parts;
  }

  /** Whether a ceremony's seed may still be needed, by its name: it goes on, or an endpoint that is behind does not show it yet. */
  mayGoOn(ceremony: string, { pending }: RegistryView): boolean {
    const epoch = BigInt(ceremony.split(".")[0]!);
    const isPending = epoch > pending.epoch || (epoch === pending.epoch && pending.phase !== Phase.None);
    return isPending || ceremony === this.#current?.name;
  }

  /** Begins what the registry asks for and ends what is over. */
  async follow(view: RegistryView): Promise<void> {
    const { clock, linger } = this.#parts;
    const wanted = this.#own(view.selection) ?? this.#own(this.#missed(view));
    const current = this.#current;
    if (current !== undefined && current.name !== (wanted && nameOf(wanted))) {
      const isActive = view.epochs.has(current.epoch);
      if (current.until === Infinity) current.until = isActive ? clock() + linger : clock();
      if (wanted !== undefined || clock() >= current.until) await this.stop();
    }
    if (this.#current !== undefined && clock() >= this.#current.again) await this.stop();
    if (wanted !== undefined && this.#current === undefined) this.#begin(wanted);
  }

  /** Ends this node's part in any. */
  async stop(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await (await current?.running)?.stop();
    await Promise.all(this.#writing);
  }

  #own(selection: Selection | undefined): Selection | undefined {
    const isOwn = selection?.identityKeys.some(({ publicKey }) =>
      equalBytes(publicKey, this.#parts.identity),
    );
    return isOwn === true ? selection : undefined;
  }

  /**
   * The selection of the current epoch as it was, while this node has no key of it and others may still go on with its ceremony. An epoch
   * is valid from its selection on, and its deadline is a confirmation window later.
   */
  #missed(view: RegistryView): Selection | undefined {
    const { current: epoch, parameters, time } = view;
    const active = view.epochs.get(epoch);
    if (active === undefined || this.#parts.ring.keys.has(epoch)) return undefined;
    const { committee, operators: members, identities: identityKeys } = active;
    const { validFrom, validUntil, membersHash, groupKey } = committee;
    const deadline = validFrom + parameters.confirmationWindow;
    if (time >= deadline + parameters.confirmationWindow) return undefined;
    const identities = identityKeys.map(({ address }) => getAddress(hexlify(address)));
    const seen = { epoch, deadline, validFrom, validUntil, members, identities, identityKeys, membersHash };
    return { ...seen, phase: Phase.Ready, groupKey, seedBlock: 0n, confirmed: 0n };
  }

  #begin(selection: Selection): void {
    const { start, ring, clock, pause, progress, complain } = this.#parts;
    const { epoch } = selection;
    const name = nameOf(selection);
    progress(`the key ceremony of epoch ${epoch} begins`);
    const broken = (error: unknown): undefined => {
      if (this.#current !== current) return;
      complain(`The key ceremony of epoch ${epoch} broke off`, error);
      current.again = clock() + pause;
    };
    const running = ring
      .seedFor(name)
      .then((seed) => start(selection, seed))
      .catch(broken);
    const current: Current = { name, epoch, running, again: Infinity, until: Infinity };
    this.#current = current;
    // Nobody waits for it: a ceremony that is stopped may never have a result.
    void running
      .then(async (ceremony) => ceremony && this.#keep(selection, await ceremony.result()))
      .catch(broken);
  }

  async #keep({ epoch, deadline }: Selection, { key: group, share }: DkgResult): Promise<void> {
    const { ring, progress, complain } = this.#parts;
    if (share === undefined) {
      // It would end so again. The others may still need this node's part.
      complain(
        `The key ceremony of epoch ${epoch} left this node without a share`,
        new Error("Its complaint about a dealer did not reach the others in time."),
      );
      return;
    }
    const kept = ring.putKey(epoch, deadline, { group, share });
    const settled = kept.catch(() => undefined);
    this.#writing.add(settled);
    await kept.finally(() => this.#writing.delete(settled));
    progress(`the key of epoch ${epoch} is kept`);
  }
}

/** Names the ceremony of a selection, which nothing else has: after a reorganisation an epoch's number may have another. */
function nameOf({ epoch, deadline, membersHash }: Selection): string {
  return `${epoch}.${deadline}.${membersHash.slice(2, 18).toLowerCase()}`;
}
