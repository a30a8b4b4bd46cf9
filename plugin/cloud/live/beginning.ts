import { hasBegun, type StateSyncSettings } from "../cometbft/home.ts";
import { SigningFloor } from "../cometbft/signing-floor.ts";
import type { Journal } from "./journal.ts";
import type { LightPeers, PeerStanding } from "./light-peers.ts";

/** Milliseconds for which peers are asked before CometBFT starts, and between two times afterwards. */
const [PATIENCE, INTERVAL] = [20_000, 5_000];
/**
 * How much further than enough peers show the chain to be a validator may have signed: whoever decided a block has the one before it, and
 * signed the next one at most; one more while they were asked.
 */
const MARGIN = 3n;

export interface BeginningParts {
  readonly peers: LightPeers;
  /** CometBFT's home, and the folder of the records of what the validator has signed. */
  readonly home: string;
  readonly lastSigned: string;
  /** CometBFT's. */
  readonly chainId: string;
  /** Whether the node's identity is of an epoch that is or was active, so that it may have signed. */
  mayHaveSigned(): boolean;
  readonly journal: Journal;
}

/** What a node whose folder lacks something asks its peers for, before its CometBFT starts: a snapshot, and what it may have signed. */
export class Beginning {
  readonly #parts: BeginningParts;
  #floor: SigningFloor | undefined;

  constructor(parts: BeginningParts) {
    this.#parts = parts;
  }

  /** The height up to which the validator signs nothing, unless it has a record; undefined while that is not known. */
  get signsAbove(): bigint | undefined {
    return this.#floor?.above;
  }

  /** @param stopped ends the asking, which goes on when this has resolved @returns what CometBFT is to begin with; undefined: its blocks */
  async prepare(stopped: AbortSignal): Promise<StateSyncSettings | undefined> {
    const { peers, home, lastSigned, chainId, mayHaveSigned, journal } = this.#parts;
    const floor = (this.#floor ??= await SigningFloor.open(lastSigned, chainId));
    if (floor.above === undefined && !mayHaveSigned()) await floor.set(0n);
    const begun = await hasBegun(home);
    if (begun && floor.above !== undefined) return undefined;
    const standings = await peers.ask(PATIENCE, stopped);
    await this.#settle(floor, standings);
    if (floor.above === undefined) void this.#goOn(floor, stopped);
    const snapshot = begun ? undefined : await peers.snapshot(standings);
    if (snapshot !== undefined) {
      const { trustHeight, servers } = snapshot;
      journal.info("beginning with a snapshot", { height: trustHeight, from: servers.join(" ") });
    }
    return snapshot;
  }

  async #settle(floor: SigningFloor, standings: readonly PeerStanding[]): Promise<void> {
    const { peers, journal } = this.#parts;
    if (floor.above !== undefined || standings.length < peers.enough) return;
    const height = standings.reduce((most, one) => (one.height > most ? one.height : most), 0n);
    await floor.set(height === 0n ? 0n : height + MARGIN);
    if (height > 0n)
      journal.warn("there is no record of what this node has signed", { signsNothingUpTo: floor.above });
  }

  async #goOn(floor: SigningFloor, stopped: AbortSignal): Promise<void> {
    const { peers, journal } = this.#parts;
    journal.warn(
      "there is no record of what this node has signed, and too few peers say how far the chain is",
      {
        awaited: peers.enough,
      },
    );
    while (floor.above === undefined && !stopped.aborted)
      await this.#settle(floor, await peers.ask(INTERVAL, stopped)).catch(() => undefined);
  }
}
