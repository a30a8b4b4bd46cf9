/**
 * A node of a live cloud: it waits for the first committee, taking part in the key ceremony if it is selected, and then works on the
 * cloud's chain, as a member or as one that follows, until it is stopped.
 */
import { join } from "node:path";

import type { AccountSender } from "../chains/account-sender.ts";
import type { CometPlace } from "../cometbft/comet-place.ts";
import { CloudChain, type CloudChainParts } from "./cloud-chain.ts";
import { startCometCeremony } from "./comet-ceremony.ts";
import type { DutyAccount } from "./duty-sender.ts";
import { EpochDuties } from "./epoch-duties.ts";
import { reasonOf } from "./journal.ts";
import type { KeyRing } from "./key-ring.ts";
import { MirrorDuties } from "./mirror-duties.ts";
import type { RegistryView } from "./registry-view.ts";
import type { ServedPlace } from "./served.ts";

/** Milliseconds between two looks at the registry, and for which each operator leaves a step there to those before it. */
const [REGISTRY_INTERVAL, TURN] = [2_000, 15_000];

type ChainParts = Omit<CloudChainParts, "view" | "keys" | "first" | "cloudId" | "accuse">;

export interface LiveNodeParts extends ChainParts {
  readonly view: RegistryView;
  readonly keyRing: KeyRing;
  /** The identity's secret, 32 bytes. */
  readonly secret: Uint8Array;
  /** Where the CometBFT of key ceremonies runs. */
  readonly ceremony: CometPlace;
  /** The operator whose node this is, as the registry said at the start; the account may be another. */
  readonly operator: string;
  /** Gives the modules of the programs that the operator approves, now and until it is stopped. */
  programs(approve: (module: Uint8Array) => void, stopped: AbortSignal): Promise<void>;
}

export class LiveNode {
  readonly #parts: LiveNodeParts;
  readonly #duties: EpochDuties;
  #ceremony: string | undefined;
  #chain: CloudChain | undefined;
  #founded: () => void = () => undefined;
  #saidKeyless = 0n;

  constructor(parts: LiveNodeParts) {
    const { view, keyRing, secret, identity, served, folder, ceremony } = parts;
    this.#parts = parts;
    const ceremonies = {
      ...parts,
      folder: join(folder, "ceremonies"),
      comet: ceremony,
      entered: (phase: string) => (this.#ceremony = phase),
    };
    this.#duties = new EpochDuties({
      view,
      ring: keyRing,
      account: this.#account(served[0]!.sender),
      identity: { secret, publicKey: identity.publicKey },
      startCeremony: async (selection, seed) => startCometCeremony(ceremonies, selection, seed),
      signTogether: async (...asked) => {
        if (this.#chain === undefined) throw new Error("The cloud's chain does not run yet.");
        return this.#chain.signTogether(...asked);
      },
    });
  }

  /** The cloud's chain; undefined before the first epoch. */
  get chain(): CloudChain | undefined {
    return this.#chain;
  }

  /** How far the key ceremony of the next epoch has come; undefined while there is none. */
  get ceremony(): string | undefined {
    return this.#parts.view.selection === undefined ? undefined : this.#ceremony;
  }

  get view(): RegistryView {
    return this.#parts.view;
  }

  /** Whether this node has its share of the active epoch's key. */
  get hasShare(): boolean {
    const { view, keyRing } = this.#parts;
    return keyRing.keys.has(view.current);
  }

  /** Works until it is stopped; when this ends, nothing is at work any more. @throws HaltedError; CometFailedError */
  async run(stopped: AbortSignal): Promise<void> {
    const { view, journal } = this.#parts;
    const end = new AbortController();
    const signal = AbortSignal.any([stopped, end.signal]);
    // What a transaction comes to is seen after the next start.
    const close = (): void => {
      for (const { sender } of this.#parts.served) sender.close();
    };
    const founded = new Promise<void>((resolve) => {
      this.#founded = resolve;
      signal.addEventListener("abort", close, { once: true });
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    const complain = (what: string, error: unknown): void => journal.warn(what, { reason: reasonOf(error) });
    this.#changed();
    const watching = Promise.all([
      view.watch(REGISTRY_INTERVAL, signal, () => this.#changed(), complain),
      this.#duties.run(REGISTRY_INTERVAL, signal),
    ]);
    try {
      if (view.current === 0n)
        journal.info("waiting for the cloud's first committee", { cloud: view.cloudId });
      await founded;
      if (!signal.aborted) await this.#work(signal);
    } finally {
      end.abort();
      await watching;
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { view, keyRing, programs, journal } = this.#parts;
    const [first] = [...view.epochs.keys()].sort((a, b) => (a < b ? -1 : 1));
    const { validFrom } = view.epochs.get(first!)!.committee;
    const chain = await CloudChain.open({
      ...this.#parts,
      served: this.#following(),
      cloudId: view.cloudId,
      view,
      keys: keyRing.keys,
      first: { epoch: first!, validFrom },
      accuse: (equivocation) => this.#duties.accuse(equivocation),
    });
    this.#chain = chain;
    const end = new AbortController();
    const looking = programs(
      (module) => this.#approve(chain, module),
      AbortSignal.any([signal, end.signal]),
    ).catch((error: unknown) => journal.error("programs cannot be approved", { reason: reasonOf(error) }));
    try {
      await chain.run(signal);
    } finally {
      end.abort();
      await looking;
    }
  }

  /** What sends a chain's share of the duties. */
  #account(sender: AccountSender): DutyAccount {
    const { view, identity, operator, journal } = this.#parts;
    return {
      sender,
      // A node may be registered, for another operator than its account, after it was started.
      get operator() {
        return view.operatorOf(identity.publicKey) ?? operator;
      },
      turn: TURN,
      clock: () => performance.now(),
      progress: (what) => journal.info(what),
      complain: (what, error) => journal.warn(what, { reason: reasonOf(error) }),
    };
  }

  /** The chains that are served, of which mirrors follow the home chain's committees. */
  #following(): ServedPlace[] {
    const { view, served } = this.#parts;
    const { deployedAt } = served.find(({ source }) => source.served.isHome)!.source.served;
    return served.map((place) => {
      const { isHome, committees } = place.paying;
      if (isHome) return place;
      const account = this.#account(place.sender);
      const duties = new MirrorDuties({ view, deployedAt, mirror: committees, account });
      return { ...place, follow: () => duties.step() };
    });
  }

  #approve(chain: CloudChain, module: Uint8Array): void {
    const { journal } = this.#parts;
    chain.node.propose({ kind: "program", module });
    journal.info("a program is approved", { bytes: module.length });
    chain
      .tellApprovals()
      .catch((error: unknown) =>
        journal.warn("The others were not told of a program", { reason: reasonOf(error) }),
      );
  }

  #changed(): void {
    const { view, keyRing, journal } = this.#parts;
    keyRing.matchTo(view.committees);
    if (view.current > 0n) this.#founded();
    const { publicKey } = this.#parts.identity;
    const isMember = view
      .members(view.current)
      ?.identities.some((identity) => Buffer.compare(identity.publicKey, publicKey) === 0);
    if (isMember === true && !this.hasShare && this.#saidKeyless !== view.current) {
      this.#saidKeyless = view.current;
      journal.error("this node is a member and has no share of the epoch's key", { epoch: view.current });
    }
  }
}
