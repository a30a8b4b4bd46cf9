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
  readonly index: number;
  readonly partials: readonly Uint8Array[];
}

/** What makes a block final: the group signatures of its headers, in their order. */
export interface Certificate {
  /** The epoch under which the headers are signed: the block's, or a later one if that ran out before delivery. */
  readonly epoch: bigint;
  /** List hash of the digests of the headers. */
  readonly blockHash: string;
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
  /** Share index in the present committee, from 1. */
  readonly index: number;
  /** Whether it takes part at all; a stopped node does not answer. */
  readonly running: boolean;
  /** Height of the last finalised block. */
  readonly height: number;

  /** The block it would put next, or undefined when it has seen no event. */
  prepareProposal(): Promise<Block | undefined>;
  /** Why it does not accept the block, or undefined when it does. */
  processProposal(block: Block): Promise<string | undefined>;
  /** Executes the block and commits it with its record in one atomic write. */
  finalizeBlock(block: Block): Promise<void>;
  /** Its vote for its block at `height`, as it tells the member `recipient`; an honest one tells all the same. */
  vote(height: number, recipient: number): Vote;
  /** Its partial signatures of the headers of its block at `height`, under its present epoch. */
  extendVote(height: number): Extension;
  /** Why the extension is not even well formed, or undefined. */
  verifyExtension(height: number, extension: Extension): string | undefined;
  /** Combines partial signatures of its block at `height` into a certificate; names senders of wrong ones. */
  combine(height: number, extensions: readonly Extension[]): Combined;
  /** Keeps the certificate of its block at `height`. One for another block means that it has diverged: it stops. */
  certify(height: number, certificate: Certificate): Promise<void>;
  /** The certificate of its block at `height`, or undefined while it has none. */
  certificate(height: number): Certificate | undefined;
  /** Executes a block that its peers finalised without it, and checks their certificate against its own result. */
  catchUp(block: Block, certificate: Certificate | undefined): Promise<void>;
  /** A finalised block, for a peer that lags behind. */
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
