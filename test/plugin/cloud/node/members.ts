/** Committees and their nodes for tests, with real keys and no chain beneath. */
import { getBytes } from "ethers";

import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import type { EventSource } from "../../../../plugin/cloud/chains/event-source.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { keyGenerationSession } from "../../../../plugin/cloud/dkg/session.ts";
import { thresholdOf } from "../../../../plugin/cloud/embedded/embedded-committee.ts";
import { runKeyCeremony } from "../../../../plugin/cloud/embedded/key-ceremony.ts";
import { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import type { EpochKey, PublicCommittee } from "../../../../plugin/cloud/node/signatures.ts";
import { SigningGuard } from "../../../../plugin/cloud/node/signing-guard.ts";
import { Application } from "../../../../plugin/cloud/replication/application.ts";
import type { OrderedEvent } from "../../../../plugin/cloud/replication/event.ts";
import type { KeyValueStore } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { seeded } from "../../../seeded.ts";
import { CHAIN, CLOUD, GATEWAY, seeing } from "../replication/events.ts";

export const SIZE = 4;
export const THRESHOLD = 3;

/** A member of one epoch's committee. */
export interface MemberKeys {
  readonly identity: Uint8Array;
  readonly key: EpochKey;
}

/** An epoch with a key of its own, and four members of its own. */
export interface TestEpoch {
  readonly number: bigint;
  readonly members: readonly MemberKeys[];
  readonly committee: PublicCommittee;
}

/** @param known identities of its members; four that no other epoch has unless given */
export function epochOf(number: bigint, known?: readonly Uint8Array[]): TestEpoch {
  const random = seeded(`members of epoch ${number}`);
  const identities = known ?? Array.from({ length: SIZE }, () => random.bytes(32));
  const session = keyGenerationSession({
    suite: bn254,
    cloudId: getBytes(CLOUD),
    epoch: number,
    attempt: 0,
    threshold: thresholdOf(identities.length),
    members: identities.map((secret) => new IdentitySecret(secret).publicKey),
  });
  const results = runKeyCeremony(session, identities, (length) => random.bytes(length));
  const members = results.map(({ key: group, share }, i) => {
    return { identity: identities[i]!, key: { group, share: share! } };
  });
  const { suite, threshold, groupPublicKey } = members[0]!.key.group;
  return { number, members, committee: { suite, size: identities.length, threshold, groupPublicKey } };
}

/** What a node is made of besides its identity, whatever it belongs to. */
export interface ObserverOptions {
  /** What it sees of the chain. */
  readonly seen?: readonly OrderedEvent[];
  /** Called when it is to read the chain once more. */
  readonly doubted?: () => void;
  /** The committees of the epochs that the registry has activated. */
  readonly committees: ReadonlyMap<bigint, PublicCommittee>;
  /** The node's own keys, by epoch. */
  readonly keys: ReadonlyMap<bigint, EpochKey>;
  readonly fuel?: bigint;
  /** How many of its last blocks it keeps, and by how many it can be reverted, if not as usual. */
  readonly kept?: number;
  readonly guardStore?: KeyValueStore;
  /** Where its state is; a new store unless given. */
  readonly store?: KeyValueStore;
}

export interface NodeOptions extends Omit<ObserverOptions, "committees" | "keys"> {
  /** Epochs that the registry has activated, besides its own. */
  readonly epochs?: readonly TestEpoch[];
}

/** The `i`-th member of an epoch, from 0, with an empty store. */
export async function nodeOf(epoch: TestEpoch, i: number, options: NodeOptions = {}): Promise<CloudNode> {
  const { epochs = [], ...others } = options;
  const { identity, key } = epoch.members[i]!;
  return observerOf(identity, {
    ...others,
    committees: new Map([epoch, ...epochs].map(({ number, committee }) => [number, committee])),
    keys: new Map([[epoch.number, key]]),
  });
}

/** A node with an identity, secp256k1's 32 bytes. */
export async function observerOf(identity: Uint8Array, options: ObserverOptions): Promise<CloudNode> {
  const {
    seen = [],
    doubted = () => undefined,
    fuel = 10_000_000n,
    kept,
    guardStore = new MemoryStore(),
    store = new MemoryStore(),
    committees,
    keys,
  } = options;
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  const parameters = { cloudId: CLOUD, genesis, limits: { fuel } };
  const state = await State.open(store, kept === undefined ? {} : { history: kept - 1 });
  const application = new Application(parameters, state, store, kept);
  const { after } = seeing(seen);
  const served = { chainId: CHAIN, gateway: { address: GATEWAY } };
  const source = {
    served,
    after: (...args: [never, number]) => after(CHAIN, ...args),
    reset: () => {},
    doubt: doubted,
  };
  return new CloudNode({
    application,
    sources: [source as unknown as EventSource],
    identity: new IdentitySecret(identity),
    committees,
    keys,
    guard: new SigningGuard(guardStore),
  });
}
