import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import { CometNode } from "../cometbft/comet-node.ts";
import { settingsAt, type CometPlace } from "../cometbft/comet-place.ts";
import { contradictionIn } from "../cometbft/contradiction.ts";
import type { Ed25519Key } from "../cometbft/ed25519-key.ts";
import type { Genesis } from "../cometbft/genesis.ts";
import type { LogLine } from "../cometbft/process.ts";
import type { CometRpc } from "../cometbft/rpc.ts";
import type { SigningKey } from "../cometbft/validator-key.ts";
import type { IdentitySecret } from "../dkg/identity.ts";
import { CometBftApplication } from "../engines/cometbft-application.ts";
import type { Members } from "../engines/ordered-replica.ts";
import { SnapshotStore, type SnapshotPlan } from "../engines/snapshot-store.ts";
import { CloudNode } from "../node/cloud-node.ts";
import type { EpochKey, PublicCommittee } from "../node/signatures.ts";
import { SigningGuard } from "../node/signing-guard.ts";
import { Application } from "../replication/application.ts";
import type { Misbehaviour } from "../replication/engine.ts";
import { equalBytes } from "../storage/bytes.ts";
import { State } from "../storage/state.ts";
import { Beginning } from "./beginning.ts";
import type { Equivocation } from "./equivocation-evidence.ts";
import { reasonOf, type Journal } from "./journal.ts";
import { LightPeers, type Electorate } from "./light-peers.ts";
import type { Standing } from "./light-server.ts";
import { ServedByNode, type ChainState, type ServedPlace } from "./served.ts";
import type { LiveStores } from "./stores.ts";
import { superviseComet } from "./supervised-comet.ts";
import type { Place } from "./turns.ts";

/** Most bytes of a block of CometBFT: the cloud's blocks have 8 MiB of events at most. */
const BLOCK_BYTES = 12_000_000;
/** Milliseconds after which an idle cloud looks whether it has missed something. */
const IDLE_TIME = 30_000;
/** What CometBFT says when it has not become what a snapshot says, or could not ask for headers. */
const SYNC_FAILED = /^(State sync failed|Failed to bootstrap node with new state)/;

/** What a node knows of its cloud's committees. */
export interface Committees extends Electorate {
  readonly committees: ReadonlyMap<bigint, PublicCommittee>;
  members(epoch: bigint): Members | undefined;
}

/** What a node of a cloud whose first committee is active is made of. */
export interface CloudChainParts {
  readonly cloudId: string;
  readonly identity: IdentitySecret;
  readonly validator: SigningKey;
  readonly peer: Ed25519Key;
  readonly view: Committees;
  readonly keys: ReadonlyMap<bigint, EpochKey>;
  /** The epoch with which the cloud began, and since when it counts (Unix seconds). */
  readonly first: { readonly epoch: bigint; readonly validFrom: bigint };
  /** The chains that it serves, the home chain first. */
  readonly served: readonly ServedPlace[];
  readonly stores: LiveStores;
  /** Folder for CometBFT and snapshots. */
  readonly folder: string;
  /** Folder of the records of what the validator has signed. */
  readonly lastSigned: string;
  readonly comet: CometPlace;
  /** Where peers' light servers are, `host:port`. */
  readonly lightServers: readonly string[];
  /** Milliseconds from a block to the next. */
  readonly blockTime: number;
  readonly snapshots: SnapshotPlan;
  /** How many of the last blocks are kept. */
  readonly retention: number;
  /** Has evidence handed in. @returns the operator that it is against; undefined when no stake answers for it */
  accuse(equivocation: Equivocation): string | undefined;
  readonly journal: Journal;
}

/** This node came to another result than the committee. It must not go on. */
export class HaltedError extends Error {
  override readonly name = "HaltedError";

  constructor(reason: string) {
    super(`The node has halted: ${reason}. Find out why before it goes on.`);
  }
}

/** What CometBFT of a cloud begins with. */
export function genesisOf(cloudId: string, validFrom: bigint): Genesis {
  return {
    chainId: `nexus-${cloudId.slice(2, 22).toLowerCase()}`,
    time: new Date(Number(validFrom) * 1_000),
    blockBytes: BLOCK_BYTES,
  };
}

/** One node at work on its cloud's chain. */
export class CloudChain {
  readonly node: CloudNode;
  readonly #parts: CloudChainParts;
  readonly #application: CometBftApplication;
  readonly #beginning: Beginning;
  readonly #served: readonly ServedByNode[];
  readonly #heads = new Map<bigint, bigint>();
  #comet: CometNode | undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(parts: CloudChainParts, node: CloudNode) {
    const { cloudId, identity, view, stores, snapshots, folder, blockTime, journal } = parts;
    this.#parts = parts;
    this.node = node;
    this.#served = parts.served.map(
      (one) => new ServedByNode(one, node, () => this.#place(), blockTime, journal),
    );
    this.#application = new CometBftApplication(node, {
      cloudId,
      identity,
      members: (epoch) => view.members(epoch),
      // What is said while CometBFT does not run is said again when it does.
      broadcast: async (gossip) => this.#comet?.rpc.broadcast(gossip),
      store: stores.comet,
      snapshots: new SnapshotStore(join(folder, "snapshots"), snapshots),
      report: (misbehaviour) => this.#report(misbehaviour),
      signed: (height) => {
        journal.info("signed", { height });
        for (const one of this.#served) one.noteSigned(height);
      },
      othersSee: (heads) => {
        for (const one of this.#served) one.noteOthers(heads.get(one.chainId) ?? -1n);
      },
      halted: (reason) => this.#fail(new HaltedError(reason)),
      complain: (what, error) => journal.warn(what, { reason: reasonOf(error) }),
      patience: 2 * blockTime,
    });
    const { chainId } = genesisOf(cloudId, parts.first.validFrom);
    this.#beginning = new Beginning({
      peers: new LightPeers(parts.lightServers, chainId, view),
      home: this.#home,
      lastSigned: parts.lastSigned,
      chainId,
      mayHaveSigned: () =>
        [...view.epochs.values()].some(({ identities }) =>
          identities.some(({ publicKey }) => equalBytes(publicKey, identity.publicKey)),
        ),
      journal,
    });
  }

  get #home(): string {
    return join(this.#parts.folder, "cometbft");
  }

  /** Reads what the node has. The chains are to be on hand, so that their outboxes' prices are known. */
  static async open(parts: CloudChainParts): Promise<CloudChain> {
    const { cloudId, identity, view, keys, first, served, stores, retention } = parts;
    const [home, ...mirrors] = served.map(({ source }) => source);
    const { chainId, gateway, callGasPrice } = home!.served;
    const genesis = { chains: [{ chainId, gateway: gateway.address, callGasPrice }], epoch: first.epoch };
    const state = await State.open(stores.state);
    const node = new CloudNode({
      application: new Application({ cloudId, genesis, limits: {} }, state, stores.state, retention),
      sources: [home!],
      identity,
      committees: view.committees,
      keys,
      guard: new SigningGuard(stores.guard, retention),
    });
    for (const source of mirrors) node.serve(source);
    return new CloudChain(parts, node);
  }

  get chains(): readonly ChainState[] {
    return this.#served.map(({ state }) => state);
  }

  /** Whether the validator knows what it may sign: without a record of what it signed, it has to ask enough peers. */
  get maySign(): boolean {
    return this.#beginning.signsAbove !== undefined;
  }

  /** Tells the others what this node's operator wants: to be called after `node` was given it. */
  async tellApprovals(): Promise<void> {
    if (this.#comet !== undefined) await this.#application.tellApprovals();
  }

  /** See `CometBftApplication.signTogether`. */
  async signTogether(...asked: Parameters<CometBftApplication["signTogether"]>): Promise<Uint8Array> {
    return this.#application.signTogether(...asked);
  }

  /** How far its CometBFT is, and which snapshots it has for others. */
  async standing(): Promise<Standing> {
    const { snapshots } = await this.#application.listSnapshots();
    return { height: this.#application.height, snapshots: snapshots.map(({ height }) => height) };
  }

  /** CometBFT's RPC; undefined while it does not run. */
  get rpc(): CometRpc | undefined {
    return this.#comet?.rpc;
  }

  /**
   * Works until it is stopped; when this resolves nothing is at work any more.
   *
   * @throws HaltedError; CometFailedError
   */
  async run(stopped: AbortSignal): Promise<void> {
    const { journal, folder } = this.#parts;
    const end = new AbortController();
    const stop = (): void => end.abort();
    if (stopped.aborted) stop();
    stopped.addEventListener("abort", stop, { once: true });
    let failure: Error | undefined;
    this.#fail = (error) => {
      failure ??= error;
      stop();
    };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await Promise.all([
      superviseComet(
        (signal) => this.#start(signal),
        (node) => this.#running(node),
        journal,
        end.signal,
      ).catch((error: unknown) => this.#fail(error as Error)),
      ...this.#served.map((one) => one.run(end.signal, (final) => this.#tell(one.chainId, final))),
    ]);
    stopped.removeEventListener("abort", stop);
    await this.#application.idle();
    if (failure !== undefined) throw failure;
  }

  async #start(signal: AbortSignal): Promise<CometNode> {
    const { cloudId, first, lastSigned, comet, peer, validator, blockTime, journal } = this.#parts;
    const stateSync = await this.#beginning.prepare(signal);
    return CometNode.start({
      command: comet.command,
      home: this.#home,
      genesis: genesisOf(cloudId, first.validFrom),
      keys: { node: peer, validator },
      lastSigned,
      signsAbove: () => this.#beginning.signsAbove,
      settings: settingsAt(comet, { blockTime, idleTime: IDLE_TIME, ...(stateSync && { stateSync }) }),
      application: this.#application,
      onLine: (line) => this.#heard(line),
      complain: (what, error) => journal.warn(what, { reason: reasonOf(error) }),
      signal,
    });
  }

  async #running(comet: CometNode | undefined): Promise<void> {
    this.#comet = comet;
    if (comet === undefined) return;
    this.#parts.journal.info("CometBFT runs", { pid: comet.pid, height: this.node.height });
    await this.#application.start();
    await this.#application.tellApprovals();
  }

  #heard(line: LogLine): void {
    const contradiction = contradictionIn(line);
    if (contradiction !== undefined) this.#application.contradicted(contradiction);
    // CometBFT does nothing more then; started again, it looks for another snapshot.
    if (SYNC_FAILED.test(line.message)) this.#comet?.fail();
    if (line.level === "error") this.#parts.journal.warn("CometBFT says", { reason: line.message });
  }

  #report(misbehaviour: Misbehaviour): void {
    const { accuse, journal } = this.#parts;
    const { kind, index, height } = misbehaviour;
    const operator =
      kind === "equivocation"
        ? accuse({ epoch: this.node.epochOf(height), height, votes: misbehaviour.votes })
        : undefined;
    journal.warn("a member does wrong", { kind, member: index, height, ...(operator && { operator }) });
  }

  async #tell(chainId: bigint, final: bigint): Promise<void> {
    if (this.#heads.get(chainId) === final || this.#comet === undefined) return;
    await this.#application.tellHeads(new Map([...this.#heads, [chainId, final]]));
    this.#heads.set(chainId, final);
  }

  /** Among the members of the last block's epoch, whose signatures its blocks have. */
  #place(): Place | undefined {
    const { view, identity } = this.#parts;
    const members = view.members(this.node.epoch);
    if (members === undefined) return undefined;
    const index = members.identities.findIndex(
      ({ publicKey }) => Buffer.compare(publicKey, identity.publicKey) === 0,
    );
    return { size: members.identities.length, index: index === -1 ? undefined : index };
  }
}
