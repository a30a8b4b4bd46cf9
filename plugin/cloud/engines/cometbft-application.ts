import * as abci from "cosmjs-types/tendermint/abci/types";

import { toBytes } from "../../contracts/abi-words.ts";
import type { AbciApplication } from "../abci/application.ts";
import { PlainApplication } from "../abci/plain-application.ts";
import type { Contradiction } from "../cometbft/contradiction.ts";
import type { Execution } from "../replication/application.ts";
import { decodeBlock, encodeBlock, type Block } from "../replication/block.ts";
import { equalBytes } from "../storage/bytes.ts";
import { BlockSigning } from "./block-signing.ts";
import { decodeGossip, type Gossip, type Heads } from "./gossip.ts";
import { Heard, isTimely } from "./heard.ts";
import { JointSigning, type MemberKey } from "./joint-signing.ts";
import type { Agreed, Members, OrderedReplica, Surroundings } from "./ordered-replica.ts";
import { Progress } from "./progress.ts";
import { retainHeight } from "./snapshot-store.ts";
import { StateSync } from "./state-sync.ts";
import { validatorFaults } from "./validator-faults.ts";
import { validatorUpdates } from "./validators.ts";
import { Voice } from "./voice.ts";

const { ACCEPT, REJECT } = abci.ResponseProcessProposal_ProposalStatus;
const NO_BLOCK = new Uint8Array(32);
/** Milliseconds between two looks of a node that waits to see the events of a proposal. */
const LOOK = 50;
/** How often CometBFT is told which of its blocks it need not keep, in its blocks. */
const PRUNING_INTERVAL = 1_000n;
/** Milliseconds after which a node says again what it sees and wants, when a block of CometBFT came without. */
const REPETITION = 10_000;

/**
 * The replicated application as CometBFT drives it; docs/consensus.md describes it in the same order. A block of CometBFT holds one
 * block of the cloud or none. What members sign of it travels between blocks, as gossip: vote extensions come too early, since nothing
 * of a block that may never be decided is signed. Nothing is asked of a node by queries: what it signed is on the chains, and what it
 * knows at its own address.
 */
export class CometBftApplication extends PlainApplication implements AbciApplication {
  readonly #replica: OrderedReplica;
  readonly #around: Surroundings;
  readonly #heard = new Heard();
  readonly #signing: BlockSigning;
  readonly #progress: Progress;
  readonly #voice: Voice;
  readonly #joint: JointSigning;
  readonly #stateSync: StateSync;
  /** The replica is asked one thing at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #finalized: { height: bigint; execution: Execution | undefined; epoch: bigint } | undefined;
  /** Work that CometBFT does not wait for. */
  readonly #beside = new Set<Promise<void>>();
  #wake: () => void = () => undefined;
  #news: Promise<void> = Promise.resolve();
  /** When it has last said how far it sees, in Unix milliseconds. */
  #told = 0;

  constructor(replica: OrderedReplica, around: Surroundings) {
    super();
    this.#replica = replica;
    this.#around = around;
    this.#signing = new BlockSigning(replica, around, this.#heard);
    this.#progress = new Progress(around.store);
    this.#voice = new Voice(replica, around, this.#heard);
    this.#joint = new JointSigning(this.#heard, this.#voice, around);
    this.#stateSync = new StateSync(
      replica,
      (what, error) => around.complain(what, error),
      (epoch) => around.members(epoch) !== undefined,
    );
    this.#renewNews();
  }

  /** Says again what this node signed of the last block: others may have lost it, as after all nodes were restarted. */
  async start(): Promise<void> {
    await this.#sign(true);
    await this.#wakeForWork().catch((error: unknown) =>
      this.#around.complain("The others were not told that there is more", error),
    );
  }

  /** Resolves when nothing is at work any more that CometBFT does not wait for: to be awaited before stores are closed. */
  async idle(): Promise<void> {
    while (this.#beside.size > 0) await Promise.all(this.#beside);
  }

  /** CometBFT's height of the last block that this node has, 0 before the first. */
  get height(): bigint {
    return this.#progress.height;
  }

  /** Tells the others how far this node sees chains: to be called when one of them has events for a block. */
  async tellHeads(heads: Heads): Promise<void> {
    this.#told = Date.now();
    await this.#voice.tellHeads(heads);
    this.#renewNews();
  }

  /** Tells the others what this node's operator wants: to be called when the node was given it. */
  async tellApprovals(): Promise<void> {
    await this.#voice.tellApprovals();
    this.#renewNews();
  }

  /**
   * The committee's signature of a digest (32 bytes) that no block holds, once enough members have said their part of it. Each says it whose
   * node has derived the digest from what it sees on the chain, and calls this.
   *
   * @param key this node's, of the epoch
   * @param wanted ends it; until then this node says its part again and again, also when it has the signature
   * @throws the signal's reason when it is aborted before
   */
  async signTogether(
    epoch: bigint,
    digest: Uint8Array,
    key: MemberKey,
    wanted: AbortSignal,
  ): Promise<Uint8Array> {
    return this.#joint.sign(epoch, digest, key, wanted);
  }

  /** Takes CometBFT's word that this node's last result is not the one that validators signed, and takes part no more. */
  contradicted({ own, others }: Contradiction): void {
    const { height } = this.#replica;
    if (own !== this.#replica.blockHash(height)) return;
    this.#signing.halt(
      `at height ${height} it has ${own}, more than two thirds of the validators have ${others}`,
    );
  }

  async info(): Promise<abci.ResponseInfo> {
    return abci.ResponseInfo.fromPartial({
      lastBlockHeight: this.#progress.height,
      lastBlockAppHash: this.#appHash(),
    });
  }

  /** The first validators are the committee of the epoch with which the cloud begins. */
  async initChain(): Promise<abci.ResponseInitChain> {
    // CometBFT asks again when it was killed before its first block was whole.
    const epoch = this.#progress.validators ?? this.#replica.epoch;
    await this.#progress.write(0n, epoch);
    const validators = validatorUpdates(undefined, await this.#members(epoch));
    // Before CometBFT's first block there is none of the cloud's, whatever was written of it before the node was killed.
    return abci.ResponseInitChain.fromPartial({ appHash: NO_BLOCK, validators });
  }

  /** Takes gossip. What is not worth passing on is refused, and so is everything once a block came after it. */
  async checkTx({ tx, type }: abci.RequestCheckTx): Promise<abci.ResponseCheckTx> {
    const refused = (log: string): abci.ResponseCheckTx => abci.ResponseCheckTx.fromPartial({ code: 1, log });
    let gossip: Gossip;
    try {
      gossip = decodeGossip(
        this.#around.cloudId,
        tx,
        ({ epoch, index }) => this.#around.members(epoch)?.identities[index - 1],
      );
    } catch (error) {
      return refused((error as Error).message);
    }
    const worth = type === abci.CheckTxType.RECHECK ? this.#isWanted(gossip) : this.#hear(gossip, tx);
    return worth === true ? abci.ResponseCheckTx.fromPartial({}) : refused(worth);
  }

  /** Whether gossip still matters after a block: what does not go without saying is said again. */
  #isWanted(gossip: Gossip): true | string {
    return (gossip.kind === "wake" && gossip.height >= this.#progress.height) || "A block came after it.";
  }

  /** Takes what a member says. @returns whether it is worth passing on, or why not */
  #hear(gossip: Gossip, bytes: Uint8Array): true | string {
    // A new committee speaks as soon as one of it has come to the epoch's first block.
    if (gossip.kind !== "statement" && gossip.epoch < this.#replica.epoch)
      return `Epoch ${gossip.epoch} is before the last block's.`;
    const news = gossip.kind === "statement" ? this.#hearStatement(gossip) : this.#add(gossip);
    if (this.#voice.isSaying(bytes)) return true;
    if (news !== true) return news;
    if (!this.#heard.mayBePassedOn(gossip)) return "Its author has said too much since the last block.";
    if (gossip.kind === "heads") this.#around.othersSee?.(gossip.heads);
    return true;
  }

  #hearStatement(gossip: Gossip & { kind: "statement" }): true | string {
    const heard = this.#signing.hear(gossip);
    // The others get it meanwhile.
    if (heard === true) this.#later("Signatures were not combined", this.#combine());
    return heard;
  }

  #add(gossip: Exclude<Gossip, { kind: "statement" }>): true | string {
    if (!this.#isNews(gossip)) return "It is known.";
    this.#renewNews();
    return true;
  }

  #isNews(gossip: Exclude<Gossip, { kind: "statement" }>): boolean {
    switch (gossip.kind) {
      case "heads":
        return this.#heard.addHeads(gossip, gossip.heads, (chainId) => this.#replica.servesChain(chainId));
      case "approvals":
        return isTimely(gossip.time) && this.#heard.addApprovals(gossip, gossip.time, gossip.events);
      case "wake":
        return this.#heard.addWake(this.#progress.height, gossip, gossip.height);
      case "partial": {
        const { time, digest, signature } = gossip;
        const isNews = isTimely(time) && this.#heard.addPartial(gossip, time, digest, signature);
        this.#joint.renewNews();
        return isNews;
      }
    }
  }

  async prepareProposal({ maxTxBytes }: abci.RequestPrepareProposal): Promise<abci.ResponsePrepareProposal> {
    try {
      return { txs: await this.#proposal(maxTxBytes) };
    } catch (error) {
      // Such as while no endpoint of its chains answers. The next proposer may see more, and an error would end CometBFT.
      this.#around.complain("No block was proposed", error);
      return { txs: [] };
    }
  }

  async #proposal(maxTxBytes: bigint): Promise<Uint8Array[]> {
    const end = Date.now() + this.#around.patience;
    for (;;) {
      const news = this.#news;
      const block = await this.#exclusively(() => this.#replica.prepareProposal(this.#agreed()));
      const bytes = block && encodeBlock(block);
      if (bytes !== undefined && BigInt(bytes.length) <= maxTxBytes) return [bytes];
      // What this node alone sees may be agreed in a moment; without anything there is nothing to wait for.
      const waiting = this.#signing.unsigned <= this.#replica.height || (await this.#seesMore());
      if (bytes !== undefined || !waiting || Date.now() >= end) return [];
      await Promise.race([news, sleep(end - Date.now())]);
    }
  }

  async processProposal({ txs }: abci.RequestProcessProposal): Promise<abci.ResponseProcessProposal> {
    if (txs.length === 0) return { status: ACCEPT };
    const block = txs.length === 1 ? parsed(txs[0]!) : undefined;
    if (block === undefined) return { status: REJECT };
    const end = Date.now() + this.#around.patience;
    for (;;) {
      const { stuck } = this.#replica;
      const reason = await this.#exclusively(() => this.#replica.processProposal(block)).catch(
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (reason === undefined) return { status: ACCEPT };
      // Its own view of a chain may be a moment behind the proposer's; its machine does not change in a moment.
      const isStuck = this.#replica.stuck !== stuck && this.#replica.stuck.length > 0;
      if (!isStuck && Date.now() + LOOK <= end) {
        await sleep(LOOK);
        continue;
      }
      this.#around.complain("A proposal was refused", new Error(reason));
      if (!isStuck) this.#replica.doubt(block);
      return { status: REJECT };
    }
  }

  async finalizeBlock(request: abci.RequestFinalizeBlock): Promise<abci.ResponseFinalizeBlock> {
    const { height, txs, misbehavior } = request;
    const execution = await this.#exclusively(async () => {
      this.#requireRunning();
      // CometBFT asks again when it was restarted in between.
      this.#finalized?.execution?.discard();
      this.#finalized = undefined;
      return txs.length === 0 ? undefined : this.#execute(decodeBlock(txs[0]!));
    });
    const epoch = execution?.record.epoch ?? this.#replica.epoch;
    this.#finalized = { height, execution, epoch };
    for (const fault of validatorFaults(misbehavior, epoch, (one) => this.#around.members(one)))
      this.#around.complain("A validator broke the rules of consensus", new Error(fault));
    const appHash = execution === undefined ? this.#appHash() : toBytes(execution.record.blockHash);
    return abci.ResponseFinalizeBlock.fromPartial({
      appHash,
      txResults: txs.map(() => abci.ExecTxResult.fromPartial({})),
      validatorUpdates: await this.#validatorUpdates(epoch),
    });
  }

  async commit(): Promise<abci.ResponseCommit> {
    const { height, execution, epoch } = this.#finalized!;
    const rotated = epoch !== this.#progress.validators;
    const committed = this.#exclusively(async () => {
      await execution?.commit();
      // After the block, so that a crash in between leaves a block which is decided again, and recognised.
      await this.#progress.write(height, epoch);
    });
    // Its turn is the next one: what others came to is looked at when this node has said what it came to.
    // While a block waits for its signature, it is stated again after each block of CometBFT: what was said may be lost.
    this.#later("The block was not signed", this.#sign(execution === undefined));
    await committed;
    this.#finalized = undefined;
    this.#heard.forgetBefore(this.#replica.height, this.#replica.epoch, execution !== undefined);
    // What members see counts by their epoch.
    if (rotated || Date.now() - this.#told >= REPETITION)
      this.#later("The others were not told what this node sees", this.#tellAgain(rotated));
    this.#later("The others were not told that there is more", this.#wakeForWork());
    return abci.ResponseCommit.fromPartial({ retainHeight: await this.#retainHeight(height) });
  }

  /** Looked at now and then only, since it reads the disk. */
  async #retainHeight(height: bigint): Promise<bigint> {
    if (height % PRUNING_INTERVAL !== 0n) return 0n;
    return retainHeight(height, await this.#around.snapshots.oldest());
  }

  override async listSnapshots(): Promise<abci.ResponseListSnapshots> {
    // Headers up to two blocks later are needed to begin with it, and a cloud may be idle for long.
    const snapshots = await this.#around.snapshots.list();
    return { snapshots: snapshots.filter(({ height }) => height + 2n <= this.#progress.height) };
  }

  override async offerSnapshot(request: abci.RequestOfferSnapshot): Promise<abci.ResponseOfferSnapshot> {
    return this.#stateSync.offer(request);
  }

  override async loadSnapshotChunk({
    height,
    chunk,
  }: abci.RequestLoadSnapshotChunk): Promise<abci.ResponseLoadSnapshotChunk> {
    // CometBFT takes an empty one for none.
    return { chunk: (await this.#around.snapshots.chunk(height, chunk)) ?? new Uint8Array() };
  }

  override async applySnapshotChunk(
    request: abci.RequestApplySnapshotChunk,
  ): Promise<abci.ResponseApplySnapshotChunk> {
    return this.#exclusively(async () => {
      const { response, restored } = await this.#stateSync.apply(request);
      if (restored !== undefined) await this.#progress.write(restored, this.#replica.epoch);
      return response;
    });
  }

  /** @throws Error when the block cannot be next: more than a third of the validators decided what no honest one accepts */
  #execute(block: Block): Execution | undefined {
    const { height } = this.#replica;
    if (block.height > height) return this.#replica.execute(block);
    if (equalBytes(encodeBlock(this.#replica.block(block.height)), encodeBlock(block))) return undefined;
    throw new Error(`Block ${block.height} of the cloud was decided twice, with different contents.`);
  }

  /** Signs the last block and says so, unless its signature is known. */
  async #sign(again: boolean): Promise<void> {
    const statements = await this.#exclusively(() => this.#signing.state());
    if (statements.length === 0) return;
    await Promise.all([
      this.#combine(),
      ...statements.map((stated) => this.#voice.say({ kind: "statement", ...stated }, again)),
    ]);
  }

  /** Says again how far this node sees chains and what its operator wants, if a block lacks some of it. */
  async #tellAgain(rotated: boolean): Promise<void> {
    this.#told = Date.now();
    if (rotated || (await this.#seesMore())) await this.#voice.tellAgain();
  }

  async #combine(): Promise<void> {
    if (!(await this.#exclusively(() => this.#signing.combine()))) return;
    this.#renewNews();
    this.#later("No snapshot was taken", this.#takeSnapshot());
    await this.#wakeForWork();
  }

  /** Takes a snapshot of the last block, which is signed, if it is time for one. */
  async #takeSnapshot(): Promise<void> {
    const { snapshots } = this.#around;
    if (!(await snapshots.isDue(this.#progress.height))) return;
    const begun = await this.#exclusively(async () => {
      const snapshot = this.#replica.snapshot();
      const first = await snapshot?.chunks.next();
      return snapshot && first && { snapshot, first, height: this.#progress.height };
    });
    if (begun === undefined) return;
    const { snapshot, first, height } = begun;
    await snapshots.take(height, snapshot, from(first, snapshot.chunks));
  }

  /** What makes the committee of an epoch the validators, unless it is. */
  async #validatorUpdates(epoch: bigint): Promise<abci.ValidatorUpdate[]> {
    const before = this.#progress.validators;
    if (before === epoch) return [];
    return validatorUpdates(
      before === undefined ? undefined : await this.#members(before),
      await this.#members(epoch),
    );
  }

  /** The committee of an epoch that others have seen the registry activate. This node's endpoint may be a while behind theirs. */
  async #members(epoch: bigint): Promise<Members> {
    for (let waited = 0; ; waited++) {
      const members = this.#around.members(epoch);
      if (members !== undefined) return members;
      if (waited === 0)
        this.#around.complain(
          "A block waits",
          new Error(`This node sees no committee of epoch ${epoch} yet.`),
        );
      await sleep(LOOK);
    }
  }

  /** Lets work go on that CometBFT does not wait for. */
  #later(otherwise: string, work: Promise<unknown>): void {
    const ended = work
      .then(
        () => undefined,
        (error: unknown) => this.#around.complain(otherwise, error),
      )
      .finally(() => this.#beside.delete(ended));
    this.#beside.add(ended);
  }

  /** What enough members have said by now. */
  #agreed(): Agreed {
    const { epoch } = this.#replica;
    // Nothing is agreed while this node does not see whom it takes.
    const threshold = this.#around.members(epoch)?.threshold ?? Infinity;
    return {
      head: (chainId) => this.#heard.agreedHead(chainId, epoch, threshold),
      approves: (event) => this.#heard.isApproved(event, epoch, threshold),
    };
  }

  /** Has CometBFT make another block if there is something for it, which it does not know: it makes none when nobody says anything. */
  async #wakeForWork(): Promise<void> {
    const height = await this.#exclusively(async () => {
      if (this.#signing.stopped !== undefined) return undefined;
      const block = await this.#replica.prepareProposal(this.#agreed());
      return block && this.#progress.height;
    });
    if (height !== undefined) await this.#voice.wake(height);
  }

  /** Whether this node sees events that not enough others have said they see. */
  async #seesMore(): Promise<boolean> {
    return (await this.#exclusively(() => this.#replica.prepareProposal())) !== undefined;
  }

  #appHash(): Uint8Array {
    const { tipHash } = this.#replica;
    return tipHash === undefined ? NO_BLOCK : toBytes(tipHash);
  }

  #requireRunning(): void {
    if (this.#signing.stopped !== undefined)
      throw new Error(`This node has stopped: ${this.#signing.stopped}.`);
  }

  #renewNews(): void {
    this.#wake();
    this.#news = new Promise((resolve) => (this.#wake = resolve));
  }

  async #exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

/** What an iteration gives, whose first step has been taken. */
async function* from<T>(first: IteratorResult<T>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

/** A block, or undefined when the bytes are none, or not the shortest for it. */
function parsed(bytes: Uint8Array): Block | undefined {
  try {
    const block = decodeBlock(bytes);
    return equalBytes(encodeBlock(block), bytes) ? block : undefined;
  } catch {
    return undefined;
  }
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds));
