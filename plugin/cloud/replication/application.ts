import { getBytes, hexlify, keccak256 } from "ethers";

import * as digests from "../../contracts/digests.ts";
import type { ExecutionLimits } from "../runtime/limits.ts";
import type { Block as StorageBlock } from "../storage/state-block.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import type { State } from "../storage/state.ts";
import { randomness } from "../../crypto/threshold/randomness.ts";
import { WasmError } from "../../wasm/error.ts";
import { Amounts } from "./amounts.ts";
import { contentHash, type Block } from "./block.ts";
import { BlockBudget, eventsWanted } from "./block-limits.ts";
import type { BlockRecord, ChainRecord, RunReport } from "./block-record.ts";
import { clocksOf, isExpired, runWaiting } from "./block-runs.ts";
import { addCredit, callKey } from "./call-credit.ts";
import { BlockStore } from "./block-store.ts";
import { answerBytes, answerGas, callBytes, callGas, takeDeliverable } from "./delivery-budget.ts";
import {
  eventId,
  isChainEvent,
  isOrdered,
  type ChainEvent,
  type CloudEvent,
  type LogEvent,
  type OperatorEvent,
  type OrderedEvent,
  type Place,
  type ProgramEvent,
  type RequestEvent,
} from "./event.ts";
import type { Certificate } from "./engine.ts";
import { ProgramStore } from "./program-store.ts";
import { copyOf, outgoingOf, settle, type ReplicatedState, type ServedGateway } from "./replicated-state.ts";
import { KEPT_BLOCKS } from "./retention.ts";
import { exportSnapshot, restoreSnapshot } from "./snapshot.ts";
import { activeChains, applyChainEvent, chainEventFault, normalized, retiredKey } from "./served-chains.ts";
import { isWaiting, runName, StuckError, type StuckRun } from "./stuck-run.ts";
import {
  BLOCK_ENTRY,
  amountChanges,
  changesBetween,
  entriesOf,
  programEntry,
  REPLICATION_ACCOUNT,
  stateOf,
} from "./state-entries.ts";

/** What all nodes of a cloud must have configured alike. */
export interface ApplicationParameters {
  readonly cloudId: string;
  /** Chains served and epoch at the first block; events change both. The first chain is the home chain, which stays. */
  readonly genesis: Pick<ReplicatedState, "chains" | "epoch">;
  readonly limits: Partial<ExecutionLimits>;
}

/** What one node knows of the world outside. */
export interface Outlook {
  /** The next events of a chain after a place, as this node sees them. */
  after(chainId: bigint, cursor: Place | undefined, limit: number): Promise<readonly OrderedEvent[]>;
  /** Whether this node's operator wants this program to be known, this change of the chains that are served, or this run left out. */
  approves(event: OperatorEvent): boolean;
  /** Whether this is a group signature of the first header of the block at `height`, by a committee that may sign it. */
  attests(height: number, signature: Uint8Array): boolean;
}

/** A block that has been executed, and of which nothing can be seen or is on disk until it is committed. */
export interface Execution {
  readonly record: BlockRecord;
  /** Keeps everything that follows from the block in one atomic, durable write. */
  commit(): Promise<void>;
  /** Drops it, as if the block had never been executed. */
  discard(): void;
}

/**
 * The replicated state machine of one node: blocks in, signed things out. The same code whoever orders; see docs/cloud.md.
 */
export class Application {
  readonly parameters: ApplicationParameters;
  readonly blocks: BlockStore;
  readonly programs: ProgramStore;
  readonly #store: KeyValueStore;
  readonly #state: State;
  #replicated: ReplicatedState;
  /** What the state trie holds of `#replicated`. */
  #entries: ReadonlyMap<string, Uint8Array> = new Map();
  /** The last proposal that was accepted, executed, and the hash of its contents. */
  #trial: { readonly content: string; readonly execution: Execution } | undefined;
  #stuck: readonly StuckRun[] = [];

  readonly #kept: number;

  /**
   * @param state open on `store`: the application is as it was when the store was last written
   * @param kept how many of the last blocks this node keeps; never fewer than the state can be reverted by
   */
  constructor(parameters: ApplicationParameters, state: State, store: KeyValueStore, kept = KEPT_BLOCKS) {
    this.#kept = Math.max(kept, state.history + 1);
    this.parameters = parameters;
    this.blocks = new BlockStore(store);
    this.programs = new ProgramStore(store);
    this.#store = store;
    this.#state = state;
    this.#replicated = this.#read();
  }

  /** Height of the last block; 0 before the first. */
  get height(): number {
    return this.#state.head.height;
  }

  get state(): State {
    return this.#state;
  }

  /** Chains served, ascending by id. */
  get chains(): readonly ServedGateway[] {
    return this.#replicated.chains;
  }

  /** Whether a served chain takes part in no block at present. */
  isPaused(chainId: bigint): boolean {
    return this.#replicated.paused.has(chainId);
  }

  /** The place of a chain's last event in a block; undefined while there is none. */
  cursor(chainId: bigint): Place | undefined {
    return this.#replicated.cursors.get(chainId);
  }

  /** Runs of the next block that this node's machine could not do when it last tried. */
  get stuck(): readonly StuckRun[] {
    return this.#stuck;
  }

  /** Wei that a program has for further calls to a chain, besides what calls that are signed already may cost. */
  callCredit(programId: string, chainId: bigint): bigint {
    return this.#replicated.callCredit.get(callKey(programId.toLowerCase(), chainId)) ?? 0n;
  }

  /** The epoch under which the last block was signed, and the next will be unless it brings a new one. */
  get epoch(): bigint {
    return this.#replicated.epoch;
  }

  /**
   * The next block, or undefined when there is nothing for it.
   *
   * @param outlook what this node sees of the chains; events of one that cannot be asked wait, while others' go on
   * @param proposed what operators want to put in
   * @throws what kept the first chain from being asked, when none of them can be and nothing else is there
   */
  async prepareProposal(outlook: Outlook, proposed: readonly OperatorEvent[]): Promise<Block | undefined> {
    const events: CloudEvent[] = [];
    const budget = new BlockBudget(this.parameters.limits);
    const add = (event: CloudEvent): boolean => {
      if (budget.add(event) !== undefined) return false;
      events.push(event);
      return true;
    };
    const replicated = copyOf(this.#replicated);
    for (const event of proposed) {
      // What cannot be yet, such as another gateway of a chain that is served, waits.
      if (this.knows(event) || (isChainEvent(event) && this.#chainFault(replicated, event) !== undefined))
        continue;
      if (!add(event)) break;
      if (isChainEvent(event)) applyChainEvent(replicated, event);
    }
    const chains = activeChains(this.#replicated).filter(
      ({ chainId }) => !events.some((event) => isChainEvent(event) && event.chainId === chainId),
    );
    // All at once, so that a slow one costs no other any time.
    const seen = await Promise.allSettled(
      chains.map(async ({ chainId }) =>
        outlook.after(
          chainId,
          this.#replicated.cursors.get(chainId),
          eventsWanted(this.#replicated, chainId),
        ),
      ),
    );
    // Each chain is the first in turn, so that a busy one does not keep others out of full blocks. A chain that cannot be asked delays
    // its own events, and no other chain's.
    const turn = (this.height + 1) % Math.max(1, seen.length);
    for (const one of [...seen.slice(turn), ...seen.slice(0, turn)]) {
      for (const event of one.status === "fulfilled" ? one.value : []) {
        if (!add(event)) break;
      }
    }
    const waiting =
      this.#replicated.waiting.length > 0 ||
      activeChains(this.#replicated).some(({ chainId }) => {
        const { answers, calls } = this.#replicated.outgoing.get(chainId) ?? { answers: [], calls: [] };
        return answers.length + calls.length > 0;
      });
    if (events.length === 0 && !waiting) {
      const [first] = seen;
      if (first?.status === "rejected" && seen.every(({ status }) => status === "rejected"))
        throw first.reason;
      return undefined;
    }
    const previousSignature = this.#previousSignature();
    return previousSignature && { height: this.height + 1, previousSignature, events };
  }

  /**
   * Why the block must not be next, or undefined when it may. One that may is executed: what a node's machine cannot do must
   * be known before anybody votes, since a block that is decided cannot be taken back.
   */
  async processProposal(block: Block, outlook: Outlook): Promise<string | undefined> {
    if (block.height !== this.height + 1)
      return `the block has height ${block.height}, the next is ${this.height + 1}`;
    if (!this.#followsTip(block.previousSignature, outlook)) {
      return `the block follows signature ${hexlify(block.previousSignature)}, which is not the last block's`;
    }
    const budget = new BlockBudget(this.parameters.limits);
    const excess = block.events.map((event) => budget.add(event)).at(-1);
    if (excess !== undefined) return `${excess} in one block are too many`;
    const replicated = copyOf(this.#replicated);
    const changed = new Set<bigint>();
    const skipped = new Set<string>();
    const byChain = new Map<bigint, OrderedEvent[]>();
    for (const event of block.events) {
      if (event.kind === "program") {
        if (this.knows(event)) return `program ${programIdOf(event)} is known already`;
        if (!outlook.approves(event)) return refusalOf(event);
        const fault = this.#moduleFault(event.module);
        if (fault !== undefined) return fault;
      } else if (event.kind === "skip") {
        const name = runName(event.eventId, event.programId);
        if (!outlook.approves(event)) return refusalOf(event);
        if (this.knows(event)) return `no run of program ${event.programId} on event ${event.eventId} waits`;
        if (skipped.has(name)) return `the run of program ${event.programId} is skipped twice`;
        skipped.add(name);
      } else if (isOrdered(event)) {
        byChain.set(event.chainId, [...(byChain.get(event.chainId) ?? []), event]);
      } else {
        if (!outlook.approves(event)) return refusalOf(event);
        const fault = this.#chainFault(replicated, event);
        if (fault !== undefined) return fault;
        applyChainEvent(replicated, event);
        changed.add(event.chainId);
      }
    }
    for (const [chainId, events] of byChain) {
      if (!this.chains.some((chain) => chain.chainId === chainId)) return `chain ${chainId} is not served`;
      if (this.isPaused(chainId)) return `chain ${chainId} is paused`;
      if (changed.has(chainId))
        return `a block that changes how chain ${chainId} is served holds none of its events`;
      if (events.length > eventsWanted(this.#replicated, chainId))
        return `${events.length} events of chain ${chainId} are too many`;
      let own: readonly OrderedEvent[];
      try {
        own = await outlook.after(chainId, this.#replicated.cursors.get(chainId), events.length);
      } catch (error) {
        return `chain ${chainId} cannot be asked: ${(error as Error).message}`;
      }
      const odd = events.findIndex((event, i) => own[i] === undefined || eventId(event) !== eventId(own[i]));
      if (odd !== -1) return `event ${odd} of chain ${chainId} is not the next that this node sees`;
    }
    return this.#try(block);
  }

  /** Executes a proposal, and keeps the result for when it is decided. @returns why this machine cannot */
  #try(block: Block): string | undefined {
    try {
      const execution = this.execute(block);
      this.#trial = { content: contentName(block), execution };
      return undefined;
    } catch (error) {
      if (error instanceof StuckError) return error.message;
      throw error;
    }
  }

  /** Whether an operators' event has happened already; of a skip, whether there is nothing that could be left out. */
  knows(event: OperatorEvent): boolean {
    if (event.kind === "program") return this.programs.has(keccak256(event.module));
    if (event.kind === "skip") return !isWaiting(this.#replicated.waiting, event);
    const { retired } = this.#replicated;
    const served = this.chains.find(({ chainId }) => chainId === event.chainId);
    switch (event.kind) {
      case "chain":
        return served?.gateway === event.gateway.toLowerCase();
      case "pause":
        return this.isPaused(event.chainId);
      case "resume":
        return !this.isPaused(event.chainId);
      case "removal":
        return retired.has(retiredKey(event));
    }
  }

  /** Executes a block and commits it. @throws as `execute` */
  async finalizeBlock(block: Block): Promise<BlockRecord> {
    const execution = this.execute(block);
    await execution.commit();
    return execution.record;
  }

  /**
   * Executes a block. It must be committed or discarded before the next one.
   *
   * @throws RangeError unless it is the next one by its height; StuckError when this machine cannot do its runs
   */
  execute(block: Block): Execution {
    const trial = this.#trial;
    this.#trial = undefined;
    if (trial?.content === contentName(block)) return trial.execution;
    trial?.execution.discard();
    return this.#executeAnew(block);
  }

  #executeAnew(block: Block): Execution {
    if (block.height !== this.height + 1) {
      throw new RangeError(`Block ${block.height} cannot follow block ${this.height}.`);
    }
    const replicated = copyOf(this.#replicated);
    const storage = this.#state.begin();
    const modules = new Map<string, Uint8Array>();
    try {
      const runs = this.#execute(block, storage, replicated, modules);
      this.#stuck = [];
      const chains = this.#chainRecords(replicated);
      const entries = entriesOf(replicated);
      const changes = new Map([...changesBetween(this.#entries, entries), ...amountChanges(replicated)]);
      changes.set(BLOCK_ENTRY, contentHash(block));
      for (const programId of modules.keys()) changes.set(programEntry(programId), new Uint8Array());
      storage.write(REPLICATION_ACCOUNT, changes);
      const record = this.#record(block.height, hexlify(storage.stateRoot()), replicated.epoch, chains, runs);
      const commit = async (): Promise<void> => {
        const writes = [
          ...this.blocks.writesOf(block, record),
          ...this.blocks.forgetting(this.#neededFrom(block.height, replicated)),
          ...ProgramStore.writes(block.height, modules),
        ];
        try {
          await storage.commit(block.height, writes);
        } catch (error) {
          storage.discard();
          throw error;
        }
        settle(replicated);
        this.#replicated = replicated;
        this.#entries = entries;
      };
      return { record, commit, discard: () => storage.discard() };
    } catch (error) {
      storage.discard();
      if (error instanceof StuckError) this.#stuck = error.runs;
      throw error;
    }
  }

  /** The whole state as it is when the first chunk is read, whatever is committed meanwhile. */
  snapshot(): AsyncGenerator<Uint8Array> {
    return exportSnapshot(this.#store);
  }

  /**
   * Becomes, from nothing, what a snapshot says, with the block's certificate. Atomic and durable.
   *
   * @param certificate of the snapshot's block, checked
   * @throws Error when there is a state already, or the snapshot is not of the state that the certificate's headers commit to
   */
  async restore(chunks: Iterable<Uint8Array>, certificate: Certificate): Promise<void> {
    const { height, stateRoot } = certificate.headers[0]!.header;
    const head = { height: Number(height), stateRoot: getBytes(stateRoot) };
    await restoreSnapshot(this.#state, chunks, head, [
      this.blocks.certificateWrite(head.height, certificate),
    ]);
    this.#replicated = this.#read();
  }

  /** Makes the block at `height` the last one again; for simulated chains that go back in time. */
  async revert(height: number): Promise<void> {
    const top = this.height;
    this.#trial?.execution.discard();
    this.#trial = undefined;
    this.#stuck = [];
    await this.#state.revert(height);
    await this.blocks.dropAbove(height, top);
    await this.programs.dropAbove(height, top);
    this.#replicated = this.#read();
  }

  /** The replicated state as the trie has it; the genesis before the first block. */
  #read(): ReplicatedState {
    if (this.height === 0) {
      this.#entries = new Map();
      const { chains, epoch } = this.parameters.genesis;
      const none = { paused: new Set<bigint>(), retired: new Set<string>() };
      const empty = {
        ...none,
        cursors: new Map(),
        outgoing: new Map(),
        waiting: [],
        callNonces: new Amounts(),
        callCredit: new Amounts(),
      };
      return { chains: chains.map(normalized), epoch, ...empty };
    }
    const replicated = stateOf(new Map(this.#state.entries(REPLICATION_ACCOUNT)));
    this.#entries = entriesOf(replicated);
    return replicated;
  }

  /** Least height whose block is needed after that at `height`: a chain that this node relays to may lack what is in older ones. */
  #neededFrom(height: number, { chains }: ReplicatedState): number {
    const delivered = chains.map(({ chainId }) => this.blocks.delivered(chainId) ?? height);
    return Math.min(height - this.#kept + 1, ...delivered);
  }

  /** What the next block follows; undefined while the last one is not signed. */
  #previousSignature(): Uint8Array | undefined {
    if (this.height === 0) return new Uint8Array();
    return this.blocks.certificate(this.height)?.signatures[0];
  }

  /** Whether a block may follow the last one by its signature; if this node has none itself yet, or another epoch's. */
  #followsTip(signature: Uint8Array, outlook: Outlook): boolean {
    const own = this.#previousSignature();
    if (own !== undefined && hexlify(own) === hexlify(signature)) return true;
    return this.height > 0 && outlook.attests(this.height, signature);
  }

  #chainFault(replicated: ReplicatedState, event: ChainEvent): string | undefined {
    return chainEventFault(replicated, event, this.parameters.genesis.chains[0]!.chainId);
  }

  #moduleFault(module: Uint8Array): string | undefined {
    try {
      ProgramStore.check(module);
      return undefined;
    } catch (error) {
      if (error instanceof WasmError) return error.message;
      throw error;
    }
  }

  /** @param modules those of the programs that the block makes known, by id: added here */
  #execute(
    block: Block,
    storage: StorageBlock,
    replicated: ReplicatedState,
    modules: Map<string, Uint8Array>,
  ): RunReport[] {
    const clocks = clocksOf(block);
    const environment = {
      cloudId: getBytes(this.parameters.cloudId),
      block,
      seed: randomness(block.previousSignature),
      storage,
      program: (programId: string) => this.programs.get(programId),
      gatewayOf: (chainId: bigint) => replicated.chains.find((chain) => chain.chainId === chainId)!.gateway,
      limits: this.parameters.limits,
    };
    const runs = runWaiting(environment, replicated, clocks);
    replicated.waiting = this.#order(block, replicated, clocks, modules);
    return runs;
  }

  /** Takes a block's events into the state. @returns those that lead to runs */
  #order(
    block: Block,
    replicated: ReplicatedState,
    clocks: ReadonlyMap<bigint, bigint>,
    modules: Map<string, Uint8Array>,
  ): (RequestEvent | LogEvent)[] {
    for (const event of block.events) {
      if (event.kind === "program") {
        const programId = keccak256(event.module);
        if (!this.programs.has(programId) && this.#moduleFault(event.module) === undefined)
          modules.set(programId, event.module);
      } else if (isChainEvent(event) && this.#chainFault(replicated, event) === undefined)
        applyChainEvent(replicated, event);
    }
    const active = new Set(activeChains(replicated).map(({ chainId }) => chainId));
    const waiting: (RequestEvent | LogEvent)[] = [];
    for (const event of block.events) {
      // Of a chain that takes part no more, nothing counts.
      if (!isOrdered(event) || !active.has(event.chainId)) continue;
      replicated.cursors.set(event.chainId, event.place);
      if (event.kind === "epoch") replicated.epoch = event.epoch;
      else if (event.kind === "funds") addCredit(replicated, event.chainId, event);
      else {
        if (event.kind === "log" && event.funds !== undefined)
          addCredit(replicated, event.chainId, event.funds);
        if (!isExpired(event, clocks)) waiting.push(event);
      }
    }
    return waiting;
  }

  /** Takes what the block says to each chain from what waits. */
  #chainRecords(replicated: ReplicatedState): Omit<ChainRecord, "header">[] {
    return activeChains(replicated).map(({ chainId, gateway }) => {
      const outgoing = outgoingOf(replicated, chainId);
      const answers = takeDeliverable(outgoing.answers, answerGas, answerBytes);
      const calls = takeDeliverable(outgoing.calls, callGas, callBytes);
      outgoing.answersTaken += answers.length;
      outgoing.callsTaken += calls.length;
      return { chainId, gateway, answers, calls };
    });
  }

  /** What came of the block, with its headers and their hash. */
  #record(
    height: number,
    stateRoot: string,
    epoch: bigint,
    said: readonly Omit<ChainRecord, "header">[],
    runs: RunReport[],
  ): BlockRecord {
    const { cloudId } = this.parameters;
    const chains: ChainRecord[] = said.map(({ chainId, gateway, answers, calls }) => {
      const results = answers.map(({ request, outcome, output }) =>
        digests.result(digests.request(chainId, gateway, request), outcome, output),
      );
      const callDigests = calls.map((c) => digests.call(c.programId, c.nonce, c.target, c.gasLimit, c.data));
      const header = {
        height: BigInt(height),
        stateRoot,
        resultsHash: hexlify(digests.list(results)),
        callsHash: hexlify(digests.list(callDigests)),
      };
      return { chainId, gateway, header, answers, calls };
    });
    const headers = chains.map((c) => digests.header(c.chainId, c.gateway, cloudId, epoch, c.header));
    return { height, epoch, blockHash: hexlify(digests.list(headers)), chains, runs };
  }
}

function programIdOf({ module }: ProgramEvent): string {
  return hexlify(keccak256(module));
}

/** Why a node does not accept what other operators want. */
function refusalOf(event: OperatorEvent): string {
  if (event.kind === "program") return `this node's operator has not approved program ${programIdOf(event)}`;
  if (event.kind === "skip")
    return `this node's operator has not approved to skip program ${event.programId} on event ${event.eventId}`;
  return event.kind === "chain"
    ? `this node does not serve chain ${event.chainId} with gateway ${event.gateway} at ${event.callGasPrice} wei for the gas of calls`
    : `this node's operator has not approved the ${event.kind} of chain ${event.chainId}`;
}

/** What stands for all that a block holds. */
function contentName(block: Block): string {
  return hexlify(contentHash(block));
}
