import type { IdentityKey, IdentitySecret } from "../dkg/identity.ts";
import type { Execution } from "../replication/application.ts";
import type { Block } from "../replication/block.ts";
import type { CertifiedState } from "../replication/certificate.ts";
import type { Extension, Misbehaviour, Replica, Vote } from "../replication/engine.ts";
import type { StuckRun } from "../replication/stuck-run.ts";
import type { SnapshotStore } from "./snapshot-store.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";

/** What CometBFT drives of a node: the replica that the local engine drives, executing and committing in two steps. */
export interface OrderedReplica extends Replica {
  /** The epoch of the last block. */
  readonly epoch: bigint;
  /** Why it stopped by itself; undefined while it has not. */
  readonly divergence: string | undefined;
  /** Hash of the last block, 0x-prefixed, also when nothing else is known of it; undefined before the first. */
  readonly tipHash: string | undefined;
  /** Hash of the block at a height, 0x-prefixed; undefined where it has none. */
  blockHash(height: number): string | undefined;
  /** Epoch of its block at a height; that of its last one where it has none. */
  epochOf(height: number): bigint;
  /** Epochs in which it may sign its block at a height, ascending: its own and later ones that it sees and has a key share of. */
  signingEpochs(height: number): bigint[];
  /** As for the local engine, under the newest of these epochs unless one is given. */
  extendVote(height: number, epoch?: bigint): Promise<Extension>;
  /** Runs of the next block that its machine could not do when it last tried. */
  readonly stuck: readonly StuckRun[];
  /** Whether the cloud serves a chain, as of the last block. */
  servesChain(chainId: bigint): boolean;
  /** Ids of the events that its operator wants and no block has held. */
  readonly proposed: readonly string[];
  /** @param agreed what others have said that they accept; whatever it sees and its operator wants unless given */
  prepareProposal(agreed?: Agreed): Promise<Block | undefined>;
  /** Is told of a block that it refused and others may accept: what it has read of the block's chains is read once more. */
  doubt(block: Block): void;
  /** Executes a block, which is then committed or discarded. */
  execute(block: Block): Execution;
  /**
   * The whole state with what makes it one that can be believed; undefined while the last block is not signed. Chunks are of the state as
   * it is when the first one is read.
   */
  snapshot(): (CertifiedState & { readonly chunks: AsyncGenerator<Uint8Array> }) | undefined;
  /** Why a state does not follow from the block with a hash, by the committee's signatures; undefined when it does. */
  stateFault(blockHash: string, state: CertifiedState): string | undefined;
  /**
   * Becomes, from nothing, what a snapshot says. Nothing is written unless it is of the state that the certificate's headers commit to.
   *
   * @throws Error saying what is wrong with it
   */
  restore(state: CertifiedState, chunks: Iterable<Uint8Array>): Promise<void>;
  /** Whether it is an identity's vote for some block at the height of one of its own. */
  isVote(identity: IdentityKey, height: number, vote: Pick<Vote, "blockHash" | "signature">): boolean;
}

/** What enough members have said that they accept in a block. */
export interface Agreed {
  /** The block of a chain up to which they see its events. */
  head(chainId: bigint): bigint;
  /** Whether their operators want an event, by its id. */
  approves(event: string): boolean;
}

/** What everybody knows of an epoch's committee. */
export interface Members {
  /** Their identities; share index i is at place i - 1. */
  readonly identities: readonly IdentityKey[];
  /** How many of them sign, t. */
  readonly threshold: number;
}

/** What a node over CometBFT has around it. */
export interface Surroundings {
  readonly cloudId: string;
  /** What this node signs gossip with. */
  readonly identity: IdentitySecret;
  /** The committee of an epoch, as the registry has it, past ones too; undefined when there is none, or this node does not see it yet. */
  members(epoch: bigint): Members | undefined;
  /** Passes gossip on to all nodes: CometBFT's `broadcast_tx`. */
  broadcast(gossip: Uint8Array): Promise<void>;
  /** Snapshots for those that come later. */
  readonly snapshots: SnapshotStore;
  /** For `Progress`, and nothing else. */
  readonly store: KeyValueStore;
  /** Is told once of every misbehaviour seen. */
  report(misbehaviour: Misbehaviour): void;
  /** Is told of every block whose signature this node has got to know. */
  signed(height: number): void;
  /** Is told, once, that this node came to another result than the committee, and stops. */
  halted(reason: string): void;
  /** Is told how far another member sees chains, when it sees farther than before. */
  othersSee?(heads: ReadonlyMap<bigint, bigint>): void;
  /** Is told what went wrong beside a request of CometBFT. */
  complain(what: string, error: unknown): void;
  /** Milliseconds for which a proposal waits for what is missing, and for which a node waits to see what a proposal holds. */
  readonly patience: number;
}
