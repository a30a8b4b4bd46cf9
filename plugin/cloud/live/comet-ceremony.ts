import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { getBytes } from "ethers";

import { KeyCeremony } from "../ceremony/key-ceremony.ts";
import type { CometPlace } from "../cometbft/comet-place.ts";
import type { Ed25519Key } from "../cometbft/ed25519-key.ts";
import { reasonOf, type Journal } from "./journal.ts";
import type { RegistryView, Selection } from "./registry-view.ts";

export interface CometCeremonyParts {
  readonly view: RegistryView;
  /** The identity's secret, 32 bytes. */
  readonly secret: Uint8Array;
  readonly peer: Ed25519Key;
  /** Folder for CometBFT's homes, one for each ceremony. */
  readonly folder: string;
  readonly lastSigned: string;
  readonly comet: CometPlace;
  readonly journal: Journal;
  /** Is told the phase of each that begins. */
  readonly entered: (phase: string) => void;
}

/** Begins a node's part in the key ceremony of a selection, or goes on with it, over a CometBFT of its own. */
export async function startCometCeremony(
  { view, secret, peer, folder, lastSigned, comet, journal, entered }: CometCeremonyParts,
  { epoch, deadline, membersHash, identityKeys }: Selection,
  seed: Uint8Array,
): Promise<KeyCeremony> {
  const home = `${epoch}.${deadline}`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Of ceremonies that are over nothing is needed, and with the identity their messages give away shares.
  for (const other of await readdir(folder))
    if (other !== home) await rm(join(folder, other), { recursive: true, force: true });
  return KeyCeremony.start({
    selection: {
      suite: view.suite,
      cloudId: getBytes(view.cloudId),
      epoch,
      membersHash: getBytes(membersHash),
      deadline,
      confirmationWindow: view.parameters.confirmationWindow,
      threshold: view.parameters.threshold,
      members: identityKeys.map(({ publicKey }) => publicKey),
    },
    identity: secret,
    seed,
    comet: {
      ...comet,
      lastSigned,
      home: join(folder, home),
      nodeKey: peer,
    },
    progress: ({ attempt, phase, awaited }) => {
      entered(phase);
      journal.info("key ceremony", { epoch, attempt, phase, awaited: awaited.join(" ") });
    },
    complain: (what, error) => journal.warn(what, { epoch, reason: reasonOf(error) }),
  });
}
