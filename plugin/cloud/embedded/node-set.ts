import { EventSource } from "../chains/event-source.ts";
import { ScanRecord } from "../chains/scan-record.ts";
import type { ServedChain } from "../chains/served-chain.ts";
import { IdentitySecret } from "../dkg/identity.ts";
import { CloudNode } from "../node/cloud-node.ts";
import type { EpochKey } from "../node/signatures.ts";
import { SigningGuard } from "../node/signing-guard.ts";
import { Application } from "../replication/application.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { LevelStore } from "../storage/level-store.ts";
import { MemoryStore } from "../storage/memory-store.ts";
import type { State } from "../storage/state.ts";
import type { ActivatedEpoch, EmbeddedCommittee } from "./embedded-committee.ts";
import { FaultyReplica } from "./faulty-replica.ts";
import { guardFolder, nodeFolder, readKey } from "./foundation.ts";
import type { EmbeddedCloudOptions } from "./founding.ts";

/** What the nodes of an embedded cloud keep, one of each per node. */
export interface NodeStores {
  readonly stores: readonly KeyValueStore[];
  readonly guards: readonly SigningGuard[];
}

/** Opens the nodes' stores: in the cloud's folder if it has one, else in memory. */
export async function openStores({ nodes, directory }: EmbeddedCloudOptions): Promise<NodeStores> {
  const stores: KeyValueStore[] = [];
  const guards: SigningGuard[] = [];
  const open = async (folderOf: typeof nodeFolder, node: number): Promise<KeyValueStore> =>
    directory === undefined ? new MemoryStore() : LevelStore.open(folderOf(directory, node));
  try {
    for (let node = 1; node <= nodes; node++) {
      stores.push(await open(nodeFolder, node));
      guards.push(new SigningGuard(await open(guardFolder, node)));
    }
  } catch (error) {
    await closeStores({ stores, guards });
    throw error;
  }
  return { stores, guards };
}

export async function closeStores({ stores, guards }: NodeStores): Promise<void> {
  for (const store of [...stores, ...guards]) await store.close();
}

/** The nodes of an embedded cloud, with what each of them alone has. */
export class NodeSet {
  /** In the order of their share indices, so that a node has one number everywhere while the epoch lasts. */
  readonly replicas: readonly FaultyReplica[];
  readonly #committee: EmbeddedCommittee;
  readonly #keys: readonly Map<bigint, EpochKey>[];

  private constructor(
    committee: EmbeddedCommittee,
    nodes: readonly CloudNode[],
    keys: readonly Map<bigint, EpochKey>[],
  ) {
    this.#committee = committee;
    this.#keys = keys;
    this.replicas = nodes
      .map((node, i) => {
        const identity = new IdentitySecret(committee.members[i]!.identitySecret);
        return new FaultyReplica(node, { identity, keys: keys[i]! });
      })
      .sort((a, b) => a.index - b.index);
  }

  /** Makes the nodes that are behind these stores. */
  static open(
    committee: EmbeddedCommittee,
    { stores, guards }: NodeStores,
    states: readonly State[],
    home: ServedChain,
    { limits, directory }: EmbeddedCloudOptions,
  ): NodeSet {
    // Blocks that are not delivered yet may be signed under an epoch before the active one.
    const epochs = Array.from({ length: Number(committee.active!.committee.epoch) }, (_, i) => BigInt(i + 1));
    const keys = stores.map((store) => {
      const kept = epochs.map((epoch) => [epoch, readKey(store, epoch, committee.suite)] as const);
      return new Map(kept.filter((entry): entry is [bigint, EpochKey] => entry[1] !== undefined));
    });
    const { cloudId, committees } = committee;
    const { chainId, gateway, callGasPrice } = home;
    const genesis = { chains: [{ chainId, gateway: gateway.address, callGasPrice }], epoch: 1n };
    const nodes = committee.members.map(({ identitySecret }, i) => {
      // What begins anew with its process has nothing to go on from.
      const record = directory === undefined ? undefined : new ScanRecord(stores[i]!, home, cloudId);
      return new CloudNode({
        application: new Application({ cloudId, genesis, limits }, states[i]!, stores[i]!),
        sources: [new EventSource(home, cloudId, undefined, record)],
        identity: new IdentitySecret(identitySecret),
        committees,
        keys: keys[i]!,
        guard: guards[i]!,
      });
    });
    return new NodeSet(committee, nodes, keys);
  }

  get nodes(): readonly CloudNode[] {
    return this.replicas.map(({ node }) => node);
  }

  /** Height of the newest block of any node. */
  get height(): number {
    return Math.max(...this.replicas.map((replica) => replica.height));
  }

  /** The running node that has come the furthest with its newest block signed; undefined when there is none. */
  get foremost(): CloudNode | undefined {
    return this.replicas
      .filter(({ running, node }) => running && node.certificate(node.height) !== undefined)
      .map(({ node }) => node)
      .sort((a, b) => b.height - a.height)[0];
  }

  /** A node that still has the block at `height`. @throws RangeError when none has */
  having(height: number): CloudNode {
    const replica = this.replicas.find((one) => one.height >= height && one.oldest <= height);
    if (replica === undefined) throw new RangeError(`There is no block at height ${height}.`);
    return replica.node;
  }

  /** Gives each member its key of a new epoch. */
  adopt({ committee, keys }: ActivatedEpoch): void {
    for (const [i, { operator }] of this.#committee.members.entries()) {
      this.#keys[i]!.set(committee.epoch, keys.get(operator.address.toLowerCase())!);
    }
  }

  /** Closes what the nodes keep. */
  async close(): Promise<void> {
    for (const { application, guard } of this.nodes) {
      await application.state.close();
      await guard.close();
    }
  }
}
