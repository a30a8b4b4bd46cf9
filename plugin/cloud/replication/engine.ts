import type { Header } from "../../contracts/digests.ts";
import type { Block } from "./block.ts";

/** A replica's word for a block that it has executed. */
export interface Vote {
  /** Share index of the voter, from 1. */
  readonly index: number;
  readonly height: number;
  /** List hash of the digests of the block's headers. */
  readonly blockHash: string;
  /** ECDSA signature of `Digests.vote` by the voter's identity, 65 bytes, 0x-prefixed. */
  readonly signature: string;
}

/** ABCI's vote extension: partial BLS signatures of the headers of a block, in the order of the headers. */
export interface Extension {
  /** The epoch under which they are made, and in which the sender has the share index `index`. */
  readonly epoch: bigint;
  readonly index: number;
  readonly partials: readonly Uint8Array[];
}

/** What a block says to one chain, as far as it is signed. */
export interface ChainHeader {
  readonly chainId: bigint;
  readonly gateway: string;
  readonly header: Header;
}

/**
 * What makes a block final: its headers with their group signatures. It can be checked by whoever has the group key,
 * without the block; and as the headers commit to the block, it is for no other.
 */
export interface Certificate {
  /** The epoch under which the headers are signed: the block's, or a later one. */
  readonly epoch: bigint;
  /** Chains ascending. */
  readonly headers: readonly ChainHeader[];
  /** Of the headers, in their order. */
  readonly signatures: readonly Uint8Array[];
}

/** What came of combining partial signatures. */
export interface Combined {
  /** Undefined when fewer than t of them are good. */
  readonly certificate: Certificate | undefined;
  /** Share indices of those that sent wrong ones, as far as they got in the way. */
  readonly wrong: readonly number[];
}

/**
 * What an engine knows of a node: the replicated application with ABCI 2.0's methods, and the little that lets a node
 * catch up. The engine calls one method of a replica at a time.
 */
export interface Replica {
  /**
   * Share index from 1: in the committee that the replica has come to, or in the first one after it that the replica
   * belongs to.
   */
  readonly index: number;
  /** Whether it takes part at all; a stopped node does not answer. */
  readonly running: boolean;
  /** Height of the last finalised block. */
  readonly height: number;
  /** Least height whose block it still has for peers that lag behind. */
  readonly oldest: number;

  /** The block it would put next, or undefined when it has seen no event. */
  prepareProposal(): Promise<Block | undefined>;
  /** Why it does not accept the block, or undefined when it does. */
  processProposal(block: Block): Promise<string | undefined>;
  /** Executes the block and commits it with its record in one atomic write. */
  finalizeBlock(block: Block): Promise<void>;
  /**
   * Its vote for its block at `height`, as it tells the member `recipient`; an honest one tells all the same.
   *
   * @throws DoubleSignError when it has signed another block of that height
   */
  vote(height: number, recipient: number): Promise<Vote>;
  /**
   * Its partial signatures of the headers of its block at `height`, under the newest epoch in which it may sign them.
   *
   * @throws DoubleSignError when it has signed another block of that height
   */
  extendVote(height: number): Promise<Extension>;
  /** Why the extension is not even well formed, or undefined. Its signatures are checked when they are combined. */
  verifyExtension(height: number, extension: Extension): string | undefined;
  /** Combines partial signatures of its block at `height` into a certificate; names senders of wrong ones. */
  combine(height: number, extensions: readonly Extension[]): Combined;
  /**
   * Keeps the certificate of its block at `height`. A false one is refused, and changes nothing. A true one for another
   * result than its own means that the replica has diverged: it stops.
   *
   * @returns why it is not kept, or undefined when it is
   */
  certify(height: number, certificate: Certificate): Promise<string | undefined>;
  /** The certificate of its block at `height`, or undefined while it has none. */
  certificate(height: number): Certificate | undefined;
  /**
   * Executes a block that its peers finalised without it, and keeps it if the result is what the committee signed.
   * Without a certificate it is a proposal like any other.
   *
   * @param peer number of who handed it over: one that is refused says something of the peer, and says that the replica
   *   itself is wrong only when more peers say the same than can be faulty
   * @returns why it is not taken, or undefined when it is
   */
  catchUp(block: Block, certificate: Certificate | undefined, peer: number): Promise<string | undefined>;
  /** A finalised block, for a peer that lags behind. @throws RangeError when it is kept no longer */
  block(height: number): Block;
}

/** What an engine saw a replica do wrong. */
export type Misbehaviour =
  /** It voted for another block than the quorum did. */
  | { readonly kind: "divergence"; readonly index: number; readonly height: number; readonly vote: Vote }
  /** It signed two different votes for one height: evidence for the slashing contract. */
  | {
      readonly kind: "equivocation";
      readonly index: number;
      readonly height: number;
      readonly votes: [Vote, Vote];
    }
  /** Its partial signature does not verify under its share key. */
  | { readonly kind: "bad-partial"; readonly index: number; readonly height: number };

/** A block that the committee has executed and signed. */
export interface Committed {
  readonly height: number;
  /** Share indices of the members whose partial signatures made the group signatures. */
  readonly signers: readonly number[];
}

/** Too few replicas agree, so nothing can be signed. What was executed stays, and is signed when enough are back. */
export class NoQuorumError extends Error {
  override readonly name = "NoQuorumError";
}

/** Orders blocks for a set of replicas. */
export interface ConsensusEngine {
  /** What it says of itself: which faults of the orderer it tolerates. */
  readonly description: string;
  /**
   * Orders, executes and signs the next block if any replica has an event for it.
   *
   * @returns undefined when there is nothing to do
   * @throws NoQuorumError
   */
  step(): Promise<Committed | undefined>;
  /**
   * Signs an old block again, under the present epoch: the one it was signed under ran out before it was delivered.
   *
   * @throws NoQuorumError
   */
  certifyAgain(height: number): Promise<void>;
  /** Resolves when no replica is at work any more, not even one that the others went on without. */
  idle(): Promise<void>;
}
