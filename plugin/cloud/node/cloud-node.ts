import { hexlify } from "ethers";

import { combine, TooFewPartialsError } from "../../crypto/threshold/combine.ts";
import * as digests from "../../contracts/digests.ts";
import { isGroupSignature } from "../../crypto/threshold/verify.ts";
import type { EventSource } from "../chains/event-source.ts";
import type { IdentityKey, IdentitySecret } from "../dkg/identity.ts";
import type { Application, Execution, Outlook } from "../replication/application.ts";
import type { Block } from "../replication/block.ts";
import type { CertifiedState } from "../replication/certificate.ts";
import type { Certificate, ChainHeader, Combined, Extension, Replica, Vote } from "../replication/engine.ts";
import {
  eventId,
  isOrdered,
  type OperatorEvent,
  type OrderedEvent,
  type Place,
} from "../replication/event.ts";
import { StuckError, type StuckRun } from "../replication/stuck-run.ts";
import { ProgramStore } from "../replication/program-store.ts";
import { ChainViews } from "./chain-views.ts";
import {
  certificateFault,
  compareHeaders,
  headerDigests,
  isVoteOf,
  signPartials,
  signVote,
  type EpochKey,
  type PublicCommittee,
} from "./signatures.ts";
import type { SigningGuard } from "./signing-guard.ts";

/** What a node is made of. Nothing of it is shared with another node. */
export interface NodeParts {
  readonly application: Application;
  /** One per chain served. */
  readonly sources: readonly EventSource[];
  readonly identity: IdentitySecret;
  /** The committees of all epochs that the registry has activated, as this node sees it; it need not belong to them. */
  readonly committees: ReadonlyMap<bigint, PublicCommittee>;
  /** The node's own keys, of the epochs in which it is a member. */
  readonly keys: ReadonlyMap<bigint, EpochKey>;
  readonly guard: SigningGuard;
  /** Milliseconds that a chain may take to answer until the node goes on without it: 10,000 unless given. */
  readonly patience?: number;
}

/** One node of a cloud: it sees the chains with its own eyes, executes and stores by itself, and signs with its own keys. */
export class CloudNode implements Replica, Outlook {
  readonly application: Application;
  readonly guard: SigningGuard;
  readonly #chains: ChainViews;
  readonly #identity: IdentitySecret;
  readonly #committees: ReadonlyMap<bigint, PublicCommittee>;
  readonly #keys: ReadonlyMap<bigint, EpochKey>;
  #proposed: OperatorEvent[] = [];
  #diverged: string | undefined;
  /** The last vote, as every member asks for it. */
  #vote: Vote | undefined;
  /** Peers whose next block, with a true certificate, is not what this node comes to. */
  readonly #contradicting = new Set<number>();

  constructor({ application, sources, identity, committees, keys, guard, patience = 10_000 }: NodeParts) {
    this.application = application;
    this.guard = guard;
    this.#chains = new ChainViews(sources, patience);
    this.#identity = identity;
    this.#committees = committees;
    this.#keys = keys;
  }

  get index(): number {
    const epochs = [...this.#keys.keys()].sort((a, b) => (a < b ? -1 : 1));
    const epoch = epochs.find((one) => one >= this.application.epoch) ?? epochs.at(-1);
    if (epoch === undefined) throw new Error("This node has no key share: it is no member of any committee.");
    return this.#keys.get(epoch)!.share.index;
  }

  get running(): boolean {
    return this.#diverged === undefined;
  }

  /** Why the node stopped by itself: its result differs from what the committee signed. */
  get divergence(): string | undefined {
    return this.#diverged;
  }

  get height(): number {
    return this.application.height;
  }

  get oldest(): number {
    return this.application.blocks.oldest;
  }

  /** Why chains could not be asked when they were last, by chain id. */
  get outages(): ReadonlyMap<bigint, Error> {
    return this.#chains.outages;
  }

  /**
   * Takes what this node's operator wants to put in, to be proposed with the next block until it happened. This is also the
   * operator's approval: a program becomes known, a chain is paused, resumed or removed, and a run is left out, once t nodes were given
   * the same. It is kept in memory only.
   *
   * @throws WasmError when it is a program that the cloud would not run; RangeError when it would leave out a run that does not wait
   */
  propose(event: OperatorEvent): void {
    if (event.kind === "program") ProgramStore.check(event.module);
    if (event.kind === "skip" && this.application.knows(event)) {
      throw new RangeError(
        `No run of program ${event.programId} on event ${event.eventId} waits at this node.`,
      );
    }
    if (!this.#wants(event)) this.#proposed.push(event);
  }

  /** Runs of the next block that this node's machine could not do when it last tried. */
  get stuck(): readonly StuckRun[] {
    return this.application.stuck;
  }

  /** Serves one more chain from the block on in which the committee agrees to it. */
  serve(source: EventSource): void {
    this.#chains.add(source);
    const { chainId, gateway, callGasPrice } = source.served;
    this.propose({ kind: "chain", chainId, gateway: gateway.address, callGasPrice });
  }

  /** The epoch of the last block. */
  get epoch(): bigint {
    return this.application.epoch;
  }

  /** Hash of the last block, 0x-prefixed, also when there is nothing of it but its certificate; undefined before the first. */
  get tipHash(): string | undefined {
    const { height } = this;
    const certificate = this.certificate(height);
    return (
      this.blockHash(height) ??
      (certificate && hashOf(headerDigests(this.#cloudId, this.epoch, certificate.headers)))
    );
  }

  /** Hash of the block at a height, 0x-prefixed; undefined where this node has none. */
  blockHash(height: number): string | undefined {
    const { blocks } = this.application;
    return height <= this.height && blocks.has(height) ? blocks.record(height).blockHash : undefined;
  }

  /** Epoch of the block at a height; that of the last one where this node has none. */
  epochOf(height: number): bigint {
    const { blocks } = this.application;
    return height <= this.height && blocks.has(height) ? blocks.record(height).epoch : this.epoch;
  }

  /** Whether the cloud serves a chain, as of the last block. */
  servesChain(chainId: bigint): boolean {
    return this.application.chains.some((chain) => chain.chainId === chainId);
  }

  /** Ids of the events that this node's operator wants and no block has held. */
  get proposed(): string[] {
    return this.#proposed.map(eventId);
  }

  /** @param agreed what others have said that they accept; whatever this node sees and its operator wants unless given */
  async prepareProposal(agreed?: {
    head(chainId: bigint): bigint;
    approves(event: string): boolean;
  }): Promise<Block | undefined> {
    const outlook: Outlook = {
      after: async (chainId, cursor, limit) => {
        const events = await this.after(chainId, cursor, limit);
        const head = agreed?.head(chainId);
        return head === undefined ? events : events.filter(({ place }) => place.block <= head);
      },
      approves: (event) => this.approves(event),
      attests: (height, signature) => this.attests(height, signature),
    };
    const proposed = this.#proposed.filter((event) => agreed?.approves(eventId(event)) ?? true);
    return this.application.prepareProposal(outlook, proposed);
  }

  async processProposal(block: Block): Promise<string | undefined> {
    return this.application.processProposal(block, this);
  }

  async finalizeBlock(block: Block): Promise<void> {
    await this.#commit(this.application.execute(block));
  }

  /** Executes a block, which is then committed or discarded. */
  execute(block: Block): Execution {
    const execution = this.application.execute(block);
    return { ...execution, commit: () => this.#commit(execution) };
  }

  async #commit(execution: Execution): Promise<void> {
    await execution.commit();
    this.#contradicting.clear();
    this.#proposed = this.#proposed.filter((event) => !this.application.knows(event));
  }

  async vote(height: number): Promise<Vote> {
    const record = this.application.blocks.record(height);
    await this.guard.permit(record.epoch, height, record.blockHash);
    // A block hash covers height and epoch, so it stands for all that a vote says.
    if (this.#vote?.blockHash !== record.blockHash) {
      this.#vote = signVote(this.#identity, this.#cloudId, this.index, record);
    }
    return this.#vote;
  }

  /** Whether it is an identity's vote for some block at `height`, under the epoch of this node's own block there. */
  isVote(
    identity: IdentityKey,
    height: number,
    { blockHash, signature }: Pick<Vote, "blockHash" | "signature">,
  ): boolean {
    const { epoch } = this.application.blocks.record(height);
    return isVoteOf(identity, this.#cloudId, { epoch, height, blockHash }, signature);
  }

  async extendVote(height: number, under?: bigint): Promise<Extension> {
    const { epoch: own, blockHash, chains } = this.application.blocks.record(height);
    const epoch = under ?? this.#newestEpoch(height, own);
    await this.guard.permit(own, height, blockHash);
    return signPartials(epoch, this.#keys.get(epoch)!, headerDigests(this.#cloudId, epoch, chains));
  }

  /**
   * The newest epoch under which this node may sign a block: the block's own, or a later one that the registry has
   * activated, so that a committee which is gone leaves nothing unsigned. It is the same block whoever signs it.
   */
  #newestEpoch(height: number, own: bigint): bigint {
    const epoch = this.signingEpochs(height).at(-1);
    if (epoch === undefined) throw new Error(`This node has no key share for epoch ${own} or a later one.`);
    return epoch;
  }

  /** Epochs in which this node may sign its block at a height, ascending; none where it follows a committee that it does not belong to. */
  signingEpochs(height: number): bigint[] {
    const { epoch: own } = this.application.blocks.record(height);
    return [...this.#keys.keys()]
      .filter((epoch) => epoch >= own && this.#committees.has(epoch))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  verifyExtension(height: number, { epoch, index, partials }: Extension): string | undefined {
    const { epoch: own, chains } = this.application.blocks.record(height);
    const committee = this.#committees.get(epoch);
    if (epoch < own || committee === undefined) return `epoch ${epoch} does not sign block ${height}`;
    if (index < 1 || index > committee.size) return `there is no member ${index}`;
    if (partials.length !== chains.length)
      return `${partials.length} partial signatures for ${chains.length} headers`;
    const odd = partials.find((partial) => partial.length !== committee.suite.signatureLength);
    return odd === undefined ? undefined : `a partial signature has ${odd.length} bytes`;
  }

  combine(height: number, extensions: readonly Extension[]): Combined {
    const wrong = new Set<number>();
    // Members learn of a new epoch at different times; those of one epoch must suffice.
    const epochs = [...new Set(extensions.map(({ epoch }) => epoch))].sort((a, b) => (a > b ? -1 : 1));
    for (const epoch of epochs) {
      const key = this.#keys.get(epoch);
      if (key === undefined) continue;
      const same = extensions.filter((extension) => extension.epoch === epoch);
      const combined = this.#combineUnder(epoch, key, height, same);
      for (const index of combined.wrong) wrong.add(index);
      if (combined.certificate !== undefined) return { certificate: combined.certificate, wrong: [...wrong] };
    }
    return { certificate: undefined, wrong: [...wrong] };
  }

  #combineUnder(
    epoch: bigint,
    { group }: EpochKey,
    height: number,
    extensions: readonly Extension[],
  ): Combined {
    const { chains } = this.application.blocks.record(height);
    const wrong = new Set<number>();
    const signatures: Uint8Array[] = [];
    for (const [chain, digest] of headerDigests(this.#cloudId, epoch, chains).entries()) {
      const partials = extensions.map(({ index, partials }) => ({ index, signature: partials[chain]! }));
      try {
        const { signature, bad } = combine(group, digest, partials);
        for (const { index } of bad) wrong.add(index);
        signatures.push(signature);
      } catch (error) {
        if (!(error instanceof TooFewPartialsError)) throw error;
        return { certificate: undefined, wrong: error.bad.map(({ index }) => index) };
      }
    }
    return { certificate: { epoch, headers: headersOf(chains), signatures }, wrong: [...wrong] };
  }

  async certify(height: number, certificate: Certificate): Promise<string | undefined> {
    const { blocks } = this.application;
    // Blocks before a snapshot have no record here, and the snapshot's own has nothing but its state.
    const record = blocks.has(height) ? blocks.record(height) : undefined;
    const fault = this.#fault(height, record?.epoch ?? 0n, certificate);
    if (fault !== undefined) return fault;
    const compared = this.#compare(height, certificate, record?.chains);
    if (compared === "incomplete") return "it is not of all the block's headers in their order";
    if (compared === "different") {
      const why = this.#difference(height, certificate, record?.chains ?? []);
      // What was settled before stays: then two committees contradict each other, and not this node one of them.
      if (blocks.certificate(height) === undefined) this.#diverged = why;
      return why;
    }
    await blocks.certify(height, certificate);
    return undefined;
  }

  certificate(height: number): Certificate | undefined {
    return height === 0 || height > this.height ? undefined : this.application.blocks.certificate(height);
  }

  async catchUp(
    block: Block,
    certificate: Certificate | undefined,
    peer: number,
  ): Promise<string | undefined> {
    const { height } = block;
    if (height !== this.height + 1) return `block ${height} is not the next after ${this.height}`;
    if (certificate === undefined) {
      const refused = await this.processProposal(block);
      if (refused === undefined) await this.finalizeBlock(block);
      return refused;
    }
    const fault = this.#fault(height, this.application.epoch, certificate);
    if (fault !== undefined) return fault;
    let execution: Execution;
    try {
      execution = this.application.execute(block);
    } catch (error) {
      // That says nothing of the peer. The node tries again: it may be over by then.
      if (error instanceof StuckError) return error.message;
      // An honest block can be executed: chains and sizes were checked before it was decided.
      return this.#contradict(
        certificate,
        peer,
        `block ${height} cannot be executed: ${(error as Error).message}`,
      );
    }
    const { chains } = execution.record;
    if (compareHeaders(this.#cloudId, certificate.headers, chains) !== "same") {
      execution.discard();
      return this.#contradict(certificate, peer, this.#difference(height, certificate, chains));
    }
    await this.#commit(execution);
    await this.application.blocks.certify(height, certificate);
    return undefined;
  }

  /** Refuses what one peer says, and believes it of more peers than can be faulty. */
  #contradict(certificate: Certificate, peer: number, why: string): string {
    this.#contradicting.add(peer);
    const { size, threshold } = this.#committees.get(certificate.epoch)!;
    if (this.#contradicting.size > size - threshold) this.#diverged = why;
    return why;
  }

  /** Why a certificate is not one for a block of that height and of epoch `own` or a later one. */
  #fault(height: number, own: bigint, certificate: Certificate): string | undefined {
    const { epoch } = certificate;
    const committee = this.#committees.get(epoch);
    if (epoch < own || committee === undefined)
      return `epoch ${epoch} does not sign block ${height}, which is of epoch ${own}`;
    return certificateFault(this.#cloudId, height, committee, certificate);
  }

  #compare(
    height: number,
    certificate: Certificate,
    own: readonly ChainHeader[] | undefined,
  ): ReturnType<typeof compareHeaders> {
    if (own !== undefined) return compareHeaders(this.#cloudId, certificate.headers, own);
    const { head } = this.application.state;
    const stateRoot = hexlify(head.stateRoot);
    const same = certificate.headers.every(({ header }) => hexlify(header.stateRoot) === stateRoot);
    return head.height === height && same ? "same" : "incomplete";
  }

  #difference(height: number, { epoch, headers }: Certificate, own: readonly ChainHeader[]): string {
    const [theirs, mine] = [headers, own].map((some) => hashOf(headerDigests(this.#cloudId, epoch, some)));
    return `at height ${height} it has ${mine}, the committee signed ${theirs}`;
  }

  /** The whole state and its certificate, for a node that begins; undefined while the last block is not signed. */
  snapshot(): (CertifiedState & { chunks: AsyncGenerator<Uint8Array> }) | undefined {
    const certificate = this.certificate(this.height);
    return certificate && { epoch: this.epoch, certificate, chunks: this.application.snapshot() };
  }

  /** Why a state does not follow from the block with a hash, by a committee's signatures; undefined when it does. */
  stateFault(blockHash: string, { epoch, certificate }: CertifiedState): string | undefined {
    const [first] = certificate.headers;
    const height = Number(first?.header.height ?? 0n);
    const fault = this.#fault(height, epoch, certificate);
    if (fault !== undefined) return fault;
    const hash = hashOf(headerDigests(this.#cloudId, epoch, certificate.headers));
    return hash === blockHash ? undefined : `its certificate is for block ${hash} and not ${blockHash}`;
  }

  /** Becomes, from nothing, what a snapshot says; its certificate is checked with `stateFault`. @throws Error saying what is wrong with it */
  async restore({ certificate }: CertifiedState, chunks: Iterable<Uint8Array>): Promise<void> {
    await this.application.restore(chunks, certificate);
  }

  block(height: number): Block {
    return this.application.blocks.block(height);
  }

  /** Goes back to the block at `height`; for simulated chains that were reverted. */
  async revert(height: number): Promise<void> {
    await this.application.revert(height);
    await this.guard.forgetAbove(height);
    this.#vote = undefined;
    this.#contradicting.clear();
    await this.#chains.reset();
    this.#diverged = undefined;
  }

  /** See `Outlook`. */
  async after(chainId: bigint, cursor: Place | undefined, limit: number): Promise<readonly OrderedEvent[]> {
    const chain = this.application.chains.find((one) => one.chainId === chainId);
    if (chain === undefined) return [];
    return this.#chains.after(chain, cursor, limit, (programId) => this.application.programs.has(programId));
  }

  /** See `OrderedReplica`. */
  doubt({ events }: Block): void {
    for (const chain of this.application.chains) {
      if (events.some((event) => isOrdered(event) && event.chainId === chain.chainId))
        this.#chains.doubt(chain);
    }
  }

  /** See `Outlook`: a chain is wanted whose gateway the node looks at, at the price that its outbox has; any other change, when its own operator proposed it. */
  approves(event: OperatorEvent): boolean {
    return event.kind === "chain"
      ? this.#chains.callGasPriceOf(event) === event.callGasPrice
      : this.#wants(event);
  }

  #wants(event: OperatorEvent): boolean {
    return this.#proposed.some((proposed) => eventId(proposed) === eventId(event));
  }

  /** See `Outlook`. */
  attests(height: number, signature: Uint8Array): boolean {
    const { blocks } = this.application;
    if (!blocks.has(height)) return false;
    const { epoch: own, chains } = blocks.record(height);
    return [...this.#committees].some(([epoch, committee]) => {
      const [digest] = headerDigests(this.#cloudId, epoch, chains);
      return epoch >= own && digest !== undefined && isGroupSignature(committee, digest, signature);
    });
  }

  get #cloudId(): string {
    return this.application.parameters.cloudId;
  }
}

/** A block's hash by the digests of its headers. */
function hashOf(headers: readonly Uint8Array[]): string {
  return hexlify(digests.list(headers));
}

/** Headers alone, without what they commit to. */
function headersOf(chains: readonly ChainHeader[]): ChainHeader[] {
  return chains.map(({ chainId, gateway, header }) => ({ chainId, gateway, header }));
}
