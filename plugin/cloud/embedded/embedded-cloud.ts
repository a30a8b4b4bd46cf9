import type { EvmChain } from "../../chain/evm-chain.ts";
import { DevelopmentAccount } from "../../chain/development-account.ts";
import { ChainDelivery, type SignedBlocks } from "../chains/chain-delivery.ts";
import type { Trouble } from "../chains/delivery-queue.ts";
import { EventSource } from "../chains/event-source.ts";
import type { ServedChain } from "../chains/served-chain.ts";
import { LocalEngine } from "../engines/local-engine.ts";
import type { Evidence } from "../node/evidence.ts";
import type { BlockRecord } from "../replication/block-record.ts";
import type { Committed, Misbehaviour } from "../replication/engine.ts";
import type { SkipEvent } from "../replication/event.ts";
import { runName, type StuckRun } from "../replication/stuck-run.ts";
import { ProgramStore } from "../replication/program-store.ts";
import { State } from "../storage/state.ts";
import { attachmentOf, attachMirror, reach, type Attachment } from "./attachment.ts";
import { Deliveries, type ChainTransaction } from "./deliveries.ts";
import { thresholdOf, type ActivatedEpoch, type EmbeddedCommittee } from "./embedded-committee.ts";
import type { FaultyReplica } from "./faulty-replica.ts";
import { readFoundation, writeFoundation } from "./foundation.ts";
import { foundCloud, keeper, resumeCloud, type EmbeddedCloudOptions } from "./founding.ts";
import { MirrorFollower } from "./mirror-follower.ts";
import { closeStores, NodeSet, openStores, type NodeStores } from "./node-set.ts";
import { reportEquivocation, reportEvidence } from "./slashing-report.ts";

/** A block that the cloud has signed, and that its home chain has got. */
export interface ServedBlock extends Committed {
  readonly record: BlockRecord;
  /** What brought it, as far as its chains have got it by then. */
  readonly deliveries: readonly ChainTransaction[];
}

/** A run that some nodes cannot do. */
export interface StuckAt extends StuckRun {
  /** Their share indices, ascending. */
  readonly nodes: readonly number[];
}

/** A state of the cloud to go back to. */
export interface Checkpoint {
  readonly height: number;
  readonly epoch: ActivatedEpoch;
  readonly delivered: ReadonlyMap<bigint, number>;
}

/**
 * A whole cloud in this process, for development: n nodes that execute, store and sign separately, the suite on a
 * development chain, and a relayer. Only its orderer and its keys are for development; all else is what a live cloud has.
 */
export class EmbeddedCloud {
  readonly options: EmbeddedCloudOptions;
  readonly committee: EmbeddedCommittee;
  readonly #nodes: NodeSet;
  readonly #engine: LocalEngine;
  readonly #stores: NodeStores;
  readonly #attachments = new Map<bigint, Attachment>();
  readonly #mirrors = new Map<bigint, MirrorFollower>();
  readonly #deliveries = new Deliveries();
  /** Height up to which blocks have been told of. */
  #told: number;
  /** Who signed the blocks that are not told of yet. */
  readonly #signers = new Map<number, readonly number[]>();
  #misbehaviours: Misbehaviour[] = [];
  /** The engine does one thing at a time, whoever asks. */
  #ordering: Promise<unknown> = Promise.resolve();

  private constructor(
    options: EmbeddedCloudOptions,
    committee: EmbeddedCommittee,
    nodes: NodeSet,
    home: Attachment,
    stores: NodeStores,
  ) {
    this.options = options;
    this.committee = committee;
    this.#nodes = nodes;
    this.#stores = stores;
    this.#engine = new LocalEngine(nodes.replicas, thresholdOf(nodes.replicas.length), (seen) => {
      this.#misbehaviours = [...this.#misbehaviours.slice(1 - KEPT_MISBEHAVIOURS), seen];
    });
    const { chainId } = home.served;
    this.#told = Math.max(
      ...nodes.nodes.map(({ application }) => application.blocks.delivered(chainId) ?? 0),
    );
    this.#serve(home, this.#told);
  }

  /**
   * Deploys the suite on a development chain, founds a committee there and generates its key.
   *
   * @param progress told what begins
   * @throws NotADevelopmentChainError
   */
  static async boot(
    chain: EvmChain,
    options: EmbeddedCloudOptions,
    progress: (what: string) => void = () => {},
  ): Promise<EmbeddedCloud> {
    const stores = await openStores(options);
    try {
      return await EmbeddedCloud.#bootOn(stores, chain, options, progress);
    } catch (error) {
      await closeStores(stores);
      throw error;
    }
  }

  static async #bootOn(
    stores: NodeStores,
    chain: EvmChain,
    options: EmbeddedCloudOptions,
    progress: (what: string) => void,
  ): Promise<EmbeddedCloud> {
    const { directory } = options;
    // A simulated chain may go back to its beginning; a cloud that goes on after a restart is of a chain that does not.
    const history = directory === undefined ? { history: Infinity } : {};
    const states = await Promise.all(stores.stores.map((store) => State.open(store, history)));
    const kept = directory === undefined ? undefined : await readFoundation(directory);
    if (kept === undefined && states.some(({ head }) => head.height > 0)) {
      throw new Error(
        `The nodes in ${directory} have blocks of a cloud that the folder no longer describes. ` +
          "Delete the folder, or choose another with --data.",
      );
    }
    const account = await DevelopmentAccount.open(chain, "deployer");
    const { foundation, committee } =
      kept === undefined
        ? await foundCloud(account, options, stores.stores, progress)
        : await resumeCloud(account, options, stores.stores, kept);
    if (directory !== undefined && kept === undefined) await writeFoundation(directory, foundation);
    const home = await attachmentOf(chain, foundation, true);
    const nodes = NodeSet.open(committee, stores, states, home.served, options);
    return new EmbeddedCloud(options, committee, nodes, home, stores);
  }

  /** The nodes as others see them, in the order of their share indices. */
  get replicas(): readonly FaultyReplica[] {
    return this.#nodes.replicas;
  }

  get #home(): Attachment {
    return [...this.#attachments.values()][0]!;
  }

  get cloudId(): string {
    return this.committee.cloudId;
  }

  /** Height of the newest block of any node. */
  get height(): number {
    return this.#nodes.height;
  }

  /** What nodes were seen doing wrong lately, oldest first. */
  get misbehaviours(): readonly Misbehaviour[] {
    return this.#misbehaviours;
  }

  /** The chains served; the home chain first. */
  get chains(): readonly ServedChain[] {
    return [...this.#attachments.values()].map(({ served }) => served);
  }

  /** Addresses of the suite on a served chain, by contract name; none where the chain is not served. */
  addresses(chainId: bigint): ReadonlyMap<string, string> {
    return this.#attachments.get(chainId)?.parts ?? new Map<string, string>();
  }

  /** Address of a part of the suite on a served chain; undefined when it is not there. */
  findAddress(chainId: bigint, part: string): string | undefined {
    return this.#attachments.get(chainId)?.parts.get(part);
  }

  /** Address of a part of the suite on a served chain. @throws when it is not there */
  addressOf(chainId: bigint, part: string): string {
    const address = this.findAddress(chainId, part);
    if (address === undefined)
      throw new Error(`${part} is not deployed by the embedded cloud on chain ${chainId}.`);
    return address;
  }

  /**
   * Serves one more development chain, through a mirror of the committee there.
   *
   * @throws when a chain with the same id is served already
   */
  async attach(chain: EvmChain): Promise<ServedChain> {
    if (this.#attachments.has(chain.chainId)) {
      throw new Error(
        `The cloud serves a chain with id ${chain.chainId} already. Give one of the two networks another chainId.`,
      );
    }
    const attachment = await attachMirror(chain, this.cloudId, this.committee.active!, this.options);
    this.#mirrors.set(chain.chainId, new MirrorFollower(attachment, this.cloudId));
    this.#serve(attachment, this.height);
    for (const node of this.#nodes.nodes) node.serve(new EventSource(attachment.served, this.cloudId));
    return attachment.served;
  }

  /** Delivers to a chain what the blocks above `delivered` say to it. */
  #serve(attachment: Attachment, delivered: number): void {
    const { served, relayer } = attachment;
    const { chainId } = served;
    const mirror = this.#mirrors.get(chainId);
    this.#attachments.set(chainId, attachment);
    this.#deliveries.add(
      new ChainDelivery({
        chainId,
        gateway: served.gateway.address,
        relayer,
        blocks: () => this.#signedBlocks(),
        delivered,
        prepare: async () => (await mirror?.step()) ?? false,
        onDelivered: (height, deliveries) => this.#deliveries.note(chainId, height, deliveries),
      }),
    );
  }

  /** Has a chain take part in no block from the next service on, or again; not the home chain. See docs/cloud.md. */
  changeChain(kind: "pause" | "resume", chainId: bigint): void {
    this.#requireMirror(chainId);
    for (const node of this.#nodes.nodes) node.propose({ kind, chainId });
  }

  /**
   * Serves a chain no more, whatever waits for it. It can then be attached again, with other contracts.
   *
   * @throws NoQuorumError
   */
  async removeChain(chainId: bigint): Promise<void> {
    const { gateway } = this.#requireMirror(chainId);
    for (const node of this.#nodes.nodes)
      node.propose({ kind: "removal", chainId, gateway: gateway.address });
    await this.service(undefined, this.#home.served.chainId);
    this.#deliveries.drop(chainId);
    this.#mirrors.delete(chainId);
    this.#attachments.delete(chainId);
  }

  /** @throws RangeError unless it is a chain that is served through a mirror */
  #requireMirror(chainId: bigint): ServedChain {
    const attachment = this.#attachments.get(chainId);
    if (attachment === undefined || attachment.served.isHome) {
      throw new RangeError(`Chain ${chainId} is not served through a mirror.`);
    }
    return attachment.served;
  }

  /** Runs that nodes cannot do, which the next block would hold. */
  get stuckRuns(): readonly StuckAt[] {
    const found = new Map<string, StuckAt>();
    for (const { index, stuck } of this.#nodes.nodes) {
      for (const run of stuck) {
        const name = runName(run.eventId, run.programId);
        const nodes = [...(found.get(name)?.nodes ?? []), index].sort((a, b) => a - b);
        found.set(name, { ...run, nodes });
      }
    }
    return [...found.values()];
  }

  /**
   * Has the next block leave out a run that nodes cannot do: its requester is told so by the outcome `Skipped`.
   *
   * @throws RangeError when no such run waits
   */
  skipRun({ eventId, programId }: Pick<SkipEvent, "eventId" | "programId">): void {
    const skip = { kind: "skip", eventId, programId } as const;
    const nodes = this.#nodes.nodes.filter(({ application }) => !application.knows(skip));
    if (nodes.length === 0) throw new RangeError(`No run of program ${programId} on event ${eventId} waits.`);
    for (const node of nodes) node.propose(skip);
  }

  /**
   * Makes a program known to the cloud; it can be requested from the next block on.
   *
   * @returns its id
   * @throws WasmError when the cloud would not run it
   */
  publish(module: Uint8Array): string {
    const programId = ProgramStore.check(module);
    for (const node of this.#nodes.nodes) node.propose({ kind: "program", module });
    return programId;
  }

  /**
   * Serves everything that the chains ask for, and what that leads to, until nothing is left but what a chain keeps from being
   * delivered to it.
   *
   * @param onBlock told of each block once the home chain has got it
   * @param chainId the chain whose deliveries matter to who calls; all chains are tried again, whenever they failed, unless given
   * @throws NoQuorumError; what keeps the chain `chainId`, or the home chain, from getting what is for it
   */
  async service(onBlock: (block: ServedBlock) => void = () => {}, chainId?: bigint): Promise<void> {
    await this.#renewEpoch();
    await this.committee.answerChallenge();
    // Once; what fails again in the same service waits.
    let isPrompted = (one: bigint): boolean => chainId === undefined || one === chainId;
    for (;;) {
      const committed = await this.#exclusively(async () => this.#engine.step());
      if (committed !== undefined) this.#signers.set(committed.height, committed.signers);
      await this.#deliveries.advance(isPrompted);
      isPrompted = () => false;
      for (const block of this.#toTell()) onBlock(block);
      if (committed === undefined) break;
    }
    const trouble = this.deliveryTrouble(chainId ?? this.#home.served.chainId);
    if (trouble !== undefined) throw trouble.error;
  }

  /** What keeps a chain from getting what is for it; undefined when nothing does. */
  deliveryTrouble(chainId: bigint): Trouble | undefined {
    return this.#deliveries.trouble(chainId);
  }

  /** The present state, to go back to. */
  checkpoint(): Checkpoint {
    return {
      height: this.height,
      epoch: this.committee.active!,
      delivered: this.#deliveries.delivered,
    };
  }

  /** Goes back to a checkpoint; after a simulated chain has gone back to the same time. */
  async revert({ height, epoch, delivered }: Checkpoint): Promise<void> {
    await this.#exclusively(async () => {
      await this.#engine.idle();
      for (const node of this.#nodes.nodes) await node.revert(Math.min(height, node.height));
    });
    this.committee.restore(epoch);
    for (const mirror of this.#mirrors.values()) mirror.forgetAfter(epoch.committee.epoch);
    this.#deliveries.resume(delivered, height);
    this.#told = this.#deliveries.deliveredHome;
    this.#signers.clear();
    // Chains attached since are served anew, from the next block on.
    for (const { served } of this.#attachments.values()) {
      if (delivered.has(served.chainId)) continue;
      for (const node of this.#nodes.nodes) node.serve(new EventSource(served, this.cloudId));
    }
    this.#misbehaviours = this.#misbehaviours.filter((seen) => seen.height <= height);
  }

  /**
   * Hands the evidence of an equivocation to `EquivocationSlashing` on the home chain.
   *
   * @returns token units slashed
   * @throws TypeError for other misbehaviour; Error when the contract refuses, as it does the second time
   */
  async reportEquivocation(misbehaviour: Misbehaviour): Promise<bigint> {
    const { served, parts } = this.#home;
    const slashing = parts.get("EquivocationSlashing")!;
    const { epoch } = this.record(misbehaviour.height);
    return reportEquivocation(served.chain, slashing, this.cloudId, epoch, misbehaviour);
  }

  /**
   * Hands evidence of what key shares or group keys signed to `EquivocationSlashing` on the home chain.
   *
   * @returns token units slashed
   * @throws Error when the contract refuses
   */
  async reportEvidence(evidence: Evidence): Promise<bigint> {
    const { served, parts } = this.#home;
    return reportEvidence(served.chain, parts.get("EquivocationSlashing")!, this.cloudId, evidence);
  }

  /** The record of a block, from a node that has it. */
  record(height: number): BlockRecord {
    return this.#nodes.having(height).application.blocks.record(height);
  }

  /** Closes the nodes' stores. */
  async close(): Promise<void> {
    await this.#exclusively(async () => this.#engine.idle());
    await this.#nodes.close();
  }

  /** The blocks that the home chain has got and that nobody was told of yet. */
  #toTell(): ServedBlock[] {
    const blocks: ServedBlock[] = [];
    for (; this.#told < this.#deliveries.deliveredHome; this.#told++) {
      const height = this.#told + 1;
      const signers = this.#signers.get(height) ?? [];
      this.#signers.delete(height);
      blocks.push({
        height,
        signers,
        record: this.record(height),
        deliveries: this.#deliveries.take(height),
      });
    }
    return blocks;
  }

  #signedBlocks(): SignedBlocks | undefined {
    const source = this.#nodes.foremost;
    if (source === undefined) return undefined;
    const { blocks } = source.application;
    return {
      height: source.height,
      record: (height) => blocks.record(height),
      certificate: async (height) => {
        const certificate = source.certificate(height);
        if (certificate === undefined || certificate.epoch >= source.application.epoch) return certificate;
        await this.#exclusively(async () => this.#engine.certifyAgain(height));
        return source.certificate(height);
      },
      noteDelivered: async (chainId, height) => blocks.noteDelivered(chainId, height),
    };
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#ordering.then(work);
    this.#ordering = result.catch(() => undefined);
    return result;
  }

  /**
   * Opens a new epoch when the present one is about to end, while mirrors can still follow it, or has ended already, as
   * it has when a test lets much time pass at once. Mirrors are told by their own queues.
   */
  async #renewEpoch(): Promise<void> {
    const home = this.#home.served.chain;
    let now = await home.latestTimestamp();
    for (const { served, patience } of this.#attachments.values()) {
      // A chain that is in trouble has no say in when the others' epoch ends.
      if (served.isHome || this.deliveryTrouble(served.chainId) !== undefined) continue;
      const time = await patience
        .wait(`Chain ${served.chainId}`, async () => served.chain.latestTimestamp())
        .catch(() => 0n);
      if (time > now) now = time;
    }
    if (this.committee.isLive(now + 1n) && this.committee.isLive(now + 1n + RENEWAL_LEAD)) return;
    // A mirror's clock may be ahead; epochs are the home chain's to open.
    await reach(home, now);
    const epoch = await this.committee.openEpoch(keeper(this.committee, this.#stores.stores));
    this.#nodes.adopt(epoch);
    for (const mirror of this.#mirrors.values()) mirror.learn(epoch);
  }
}

/** How many of the misbehaviours seen are kept; evidence is of use while it is fresh. */
const KEPT_MISBEHAVIOURS = 1_000;

/** Seconds before the end of an epoch at which the next is opened; the registry allows three hours. */
const RENEWAL_LEAD = 7_200n;
