/** Nodes of a cloud over CometBFT itself, each with its own process of it; no chain beneath. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { freePort } from "../../../../plugin/cloud/cometbft/free-ports.ts";
import { CometNode } from "../../../../plugin/cloud/cometbft/comet-node.ts";
import { contradictionIn } from "../../../../plugin/cloud/cometbft/contradiction.ts";
import { Ed25519Key } from "../../../../plugin/cloud/cometbft/ed25519-key.ts";
import type { StateSyncSettings } from "../../../../plugin/cloud/cometbft/home.ts";
import { CometRpc } from "../../../../plugin/cloud/cometbft/rpc.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { IdentityKey, IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { CometBftApplication } from "../../../../plugin/cloud/engines/cometbft-application.ts";
import type { Members, OrderedReplica } from "../../../../plugin/cloud/engines/ordered-replica.ts";
import { SnapshotStore } from "../../../../plugin/cloud/engines/snapshot-store.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import type { EpochKey, PublicCommittee } from "../../../../plugin/cloud/node/signatures.ts";
import type { Misbehaviour } from "../../../../plugin/cloud/replication/engine.ts";
import type { OperatorEvent, OrderedEvent } from "../../../../plugin/cloud/replication/event.ts";
import { equalBytes } from "../../../../plugin/cloud/storage/bytes.ts";
import type { KeyValueStore } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { seeded, type Seeded } from "../../../seeded.ts";
import { epochOf, observerOf, type TestEpoch } from "../node/members.ts";
import { CHAIN, CLOUD } from "../replication/events.ts";

export const command = process.env.COMETBFT ?? "cometbft";

/** The chain that nodes see: which committees its registry has activated, oldest first. */
export type Registry = TestEpoch[];

/** A node with everything that survives its process, and what runs of it. */
export class CometMember {
  /** What it sees of the chain. */
  readonly seen: OrderedEvent[] = [];
  readonly misbehaviours: Misbehaviour[] = [];
  readonly signed: number[] = [];
  halted: string | undefined;
  readonly lines: string[] = [];
  /** Makes it run programs with other limits than the others, if set before it starts. */
  fuel: bigint | undefined;
  /** Where its snapshots are, if set before it starts; it takes none otherwise. */
  snapshots: (folder: string) => SnapshotStore = (folder) =>
    new SnapshotStore(folder, { every: 1_000_000, keep: 1 });
  /** Whom it takes a snapshot from, if set before it starts first. */
  stateSync: StateSyncSettings | undefined;
  /** Stands between it and CometBFT, if set before it starts. */
  disguise: (node: CloudNode) => OrderedReplica = (node) => node;
  node: CloudNode | undefined;
  application: CometBftApplication | undefined;
  peerPort = 0;
  rpcPort = 0;
  readonly index: number;
  readonly nodeKey: Ed25519Key;
  readonly identity: Uint8Array;
  readonly validatorKey: ValidatorKey;
  readonly #registry: Registry;
  readonly #home: string;
  /** As the node sees the registry, from one moment to the next. */
  readonly #committees = new Map<bigint, PublicCommittee>();
  readonly #keys = new Map<bigint, EpochKey>();
  /** Where its state is, if set before it starts. */
  state: KeyValueStore = new MemoryStore();
  readonly #stores = { guard: new MemoryStore(), comet: new MemoryStore() };
  #comet: CometNode | undefined;

  /** @param identity it belongs to each epoch that has it */
  constructor(folder: string, registry: Registry, index: number, identity: Uint8Array, random: Seeded) {
    this.#home = join(folder, `node${index}`);
    this.#registry = registry;
    this.index = index;
    this.nodeKey = new Ed25519Key(random.bytes(32));
    this.identity = identity;
    this.validatorKey = new ValidatorKey(identity);
  }

  /** Looks at the registry. */
  lookAtRegistry(): void {
    for (const { number, committee, members } of this.#registry) {
      this.#committees.set(number, committee);
      const own = members.find(({ identity }) => equalBytes(identity, this.identity));
      if (own !== undefined) this.#keys.set(number, own.key);
    }
  }

  /** Asks its CometBFT. */
  async rpc(method: string): Promise<Record<string, unknown>> {
    return (await new CometRpc(`127.0.0.1:${this.rpcPort}`).call(method)) as Record<string, unknown>;
  }

  async ports(): Promise<void> {
    this.peerPort = await freePort();
    this.rpcPort = await freePort();
  }

  async start(all: readonly CometMember[]): Promise<void> {
    const { seen, fuel, state: store } = this;
    const { guard: guardStore, comet } = this.#stores;
    this.lookAtRegistry();
    const [committees, keys] = [this.#committees, this.#keys];
    const options = { seen, store, guardStore, committees, keys, ...(fuel === undefined ? {} : { fuel }) };
    this.node = await observerOf(this.identity, options);
    const rpc = new CometRpc(`127.0.0.1:${this.rpcPort}`);
    const complain = (what: string, error: unknown): unknown => this.lines.push(`${what}: ${String(error)}`);
    this.application = new CometBftApplication(this.disguise(this.node), {
      cloudId: CLOUD,
      identity: new IdentitySecret(this.identity),
      members: (epoch) => (this.#committees.has(epoch) ? membersOf(this.#registry, epoch) : undefined),
      broadcast: (gossip) => rpc.broadcast(gossip),
      store: comet,
      snapshots: this.snapshots(join(this.#home, "snapshots")),
      report: (misbehaviour) => this.misbehaviours.push(misbehaviour),
      signed: (height) => this.signed.push(height),
      halted: (reason) => (this.halted = reason),
      complain,
      patience: 400,
    });
    const { application } = this;
    this.#comet = await CometNode.start({
      command,
      home: this.#home,
      genesis: {
        chainId: "nexus-test",
        time: new Date("2026-01-01T00:00:00Z"),
        blockBytes: 12_000_000,
      },
      keys: { node: this.nodeKey, validator: this.validatorKey },
      lastSigned: `${this.#home}-signed`,
      settings: {
        name: `node ${this.index}`,
        application: `${this.#home}.sock`,
        peers: {
          listen: `127.0.0.1:${this.peerPort}`,
          persistent: all
            .filter((other) => other !== this)
            .map((other) => `${other.nodeKey.address}@127.0.0.1:${other.peerPort}`),
        },
        rpc: `127.0.0.1:${this.rpcPort}`,
        blockTime: 200,
        // What the nodes say must suffice.
        idleTime: 3_600_000,
        ...(this.stateSync === undefined ? {} : { stateSync: this.stateSync }),
      },
      application,
      complain,
      onLine: (line) => {
        if (line.level === "error") this.lines.push(line.message);
        const contradiction = contradictionIn(line);
        if (contradiction !== undefined) application.contradicted(contradiction);
      },
    });
    await this.application.start();
  }

  /** Gives it what its operator wants. */
  async propose(event: OperatorEvent): Promise<void> {
    this.node!.propose(event);
    await this.application!.tellApprovals();
  }

  /** CometBFT's heights of the snapshots that it offers. */
  async snapshotHeights(): Promise<bigint[]> {
    return (await this.application!.listSnapshots()).snapshots.map(({ height }) => height);
  }

  /** Lets it see events, and tell the others. */
  async see(...events: OrderedEvent[]): Promise<void> {
    this.seen.push(...events);
    await this.application!.tellHeads(new Map([[CHAIN, events.at(-1)!.place.block]]));
  }

  /** Ends its processes at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    await this.#comet?.kill();
    await this.application?.idle();
    this.#comet = undefined;
  }

  async stop(): Promise<void> {
    await this.#comet?.stop();
    await this.application?.idle();
    this.#comet = undefined;
  }
}

function membersOf(registry: Registry, epoch: bigint): Members | undefined {
  const found = registry.find(({ number }) => number === epoch);
  if (found === undefined) return undefined;
  const identities = found.members.map(
    ({ identity }) => new IdentityKey(new IdentitySecret(identity).publicKey),
  );
  return { identities, threshold: found.committee.threshold };
}

/**
 * The four members of epoch 1, not started.
 *
 * @param registry takes their committee; epochs may be added to it
 */
export async function cometCloud(
  folder: string,
  seed: string,
  registry: Registry = [],
): Promise<CometMember[]> {
  await mkdir(folder, { recursive: true });
  const epoch = epochOf(1n);
  registry.push(epoch);
  const random = seeded(seed);
  const members = epoch.members.map(
    ({ identity }, i) => new CometMember(folder, registry, i, identity, random),
  );
  for (const member of members) await member.ports();
  return members;
}

/** A node that belongs to no epoch yet, not started. */
export async function newcomer(
  folder: string,
  seed: string,
  registry: Registry,
  index: number,
): Promise<CometMember> {
  const random = seeded(seed);
  const member = new CometMember(folder, registry, index, random.bytes(32), random);
  await member.ports();
  return member;
}

/** Waits until `met` holds; the test's own timeout is the limit. */
export async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await Promise.resolve(met()).catch(() => false)))
    await new Promise((resolve) => setTimeout(resolve, 20));
}
