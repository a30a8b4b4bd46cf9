import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { getBytes } from "ethers";

import { KeyCeremony } from "../ceremony/key-ceremony.ts";
import type { Selection as CeremonySelection } from "../ceremony/selection.ts";
import type { Ed25519Key } from "../cometbft/ed25519-key.ts";
import { equalBytes } from "../storage/bytes.ts";
import type { CometPlace } from "./cloud-chain.ts";
import { reasonOf, type Journal } from "./journal.ts";
import type { KeyRing } from "./key-ring.ts";
import type { RegistryView, Selection } from "./registry-view.ts";

export interface CeremonyDutyParts {
  readonly view: RegistryView;
  readonly keyRing: KeyRing;
  /** The identity's secret, 32 bytes, and its compressed public key. */
  readonly identity: { readonly secret: Uint8Array; readonly publicKey: Uint8Array };
  readonly peer: Ed25519Key;
  /** Folder for CometBFT's homes, one for each ceremony. */
  readonly folder: string;
  readonly lastSigned: string;
  readonly comet: CometPlace;
  readonly journal: Journal;
}

/** One node's part in the key ceremonies of the epochs that it is selected for: the key ends in its key ring. */
export class CeremonyDuty {
  readonly #parts: CeremonyDutyParts;
  #running: { readonly name: string; readonly ceremony: KeyCeremony } | undefined;
  #phase: string | undefined;
  /** The registry is acted on by one look at a time. */
  #turn: Promise<void> = Promise.resolve();

  constructor(parts: CeremonyDutyParts) {
    this.#parts = parts;
  }

  /** How far the ceremony has come; undefined when there is none. */
  get phase(): string | undefined {
    return this.#running && this.#phase;
  }

  /** Begins and ends ceremonies as the registry says now. */
  async look(): Promise<void> {
    const turn = this.#turn.then(() => this.#look());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async stop(): Promise<void> {
    await this.#turn;
    await this.#running?.ceremony.stop();
    this.#running = undefined;
  }

  async #look(): Promise<void> {
    const { view, identity } = this.#parts;
    const { selection } = view;
    const isMember = selection?.identityKeys.some(({ publicKey }) =>
      equalBytes(publicKey, identity.publicKey),
    );
    const isOpen = selection !== undefined && isMember === true && view.time < selection.deadline;
    const name = isOpen ? nameOf(selection) : undefined;
    // Those that come late to it need the others, until the epoch is active or given up.
    if (this.#running !== undefined && this.#running.name !== name) {
      const { ceremony, name: over } = this.#running;
      this.#running = undefined;
      await ceremony.stop();
      await rm(join(this.#parts.folder, over), { recursive: true, force: true });
    }
    if (name !== undefined && this.#running === undefined) await this.#begin(name, selection!);
  }

  async #begin(name: string, selection: Selection): Promise<void> {
    const { view, keyRing, identity, peer, folder, lastSigned, comet, journal } = this.#parts;
    const { epoch, deadline } = selection;
    const of: CeremonySelection = {
      suite: view.suite,
      cloudId: getBytes(view.cloudId),
      epoch,
      membersHash: getBytes(selection.membersHash),
      deadline,
      confirmationWindow: view.parameters.confirmationWindow,
      threshold: view.parameters.threshold,
      members: selection.identityKeys.map(({ publicKey }) => publicKey),
    };
    const { external, ...place } = comet;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const ceremony = await KeyCeremony.start({
      selection: of,
      identity: identity.secret,
      seed: await keyRing.seedFor(name),
      comet: {
        ...place,
        lastSigned,
        home: join(folder, name),
        nodeKey: peer,
        ...(external === undefined ? {} : { external }),
      },
      progress: ({ attempt, phase, awaited }) => {
        this.#phase = phase;
        journal.info("key ceremony", { epoch, attempt, phase, awaited: awaited.join(" ") });
      },
      complain: (what, error) => journal.warn(what, { epoch, reason: reasonOf(error) }),
    });
    this.#running = { name, ceremony };
    void this.#keep(ceremony, name, epoch, deadline);
  }

  /** Keeps the key that a ceremony ends with. One that could not be ended begins again with the next look. */
  async #keep(ceremony: KeyCeremony, name: string, epoch: bigint, deadline: bigint): Promise<void> {
    const { keyRing, journal } = this.#parts;
    try {
      const { key, share } = await ceremony.result();
      if (share === undefined) {
        journal.error("the key ceremony gave this node no share", { epoch });
        return;
      }
      await keyRing.putKey(epoch, deadline, { group: key, share });
      journal.info("the key of an epoch is kept", { epoch });
    } catch (error) {
      if (this.#running?.ceremony !== ceremony) return;
      journal.error("the key ceremony has failed, and begins again", { epoch, reason: reasonOf(error) });
      this.#running = undefined;
      await ceremony.stop();
    }
  }
}

/** Names a ceremony in the keystore and on the disk. */
export function nameOf({ epoch, deadline }: Pick<Selection, "epoch" | "deadline">): string {
  return `${epoch}.${deadline}`;
}
