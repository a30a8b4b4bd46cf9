import * as abci from "cosmjs-types/tendermint/abci/types";

import { keccak256 } from "../../crypto/keccak.ts";
import { CHUNK_BYTES } from "../replication/snapshot.ts";
import { equalBytes, toHex } from "../storage/bytes.ts";
import type { OrderedReplica } from "./ordered-replica.ts";
import { decodeContents, SNAPSHOT_FORMAT, type SnapshotContents } from "./snapshot-store.ts";

const Offered = abci.ResponseOfferSnapshot_Result;
const Applied = abci.ResponseApplySnapshotChunk_Result;

/** Most bytes of a snapshot, which is put together in memory, and whose chunks nobody has signed. */
const MOST_BYTES = 2 ** 31;

/** Milliseconds between two looks of a node that waits to see an epoch. */
const LOOK = 50;

/** A snapshot that is being put together. */
interface Restoring extends SnapshotContents {
  /** CometBFT's. */
  readonly height: bigint;
  /** Of the chunks, in their order. */
  readonly chunks: (Uint8Array | undefined)[];
  readonly senders: Set<string>;
}

/**
 * How an empty node becomes what its peers are: it takes a snapshot from them, and believes nothing of it. That it is of the block with
 * the hash that CometBFT's light client has verified, and that the committee signed that block's headers, is checked first; that a
 * chunk is one of those that the snapshot named, when it comes; that all of them are the state that the headers commit to, before anything
 * is written.
 */
export class StateSync {
  readonly #replica: OrderedReplica;
  readonly #complain: (what: string, error: unknown) => void;
  readonly #sees: (epoch: bigint) => boolean;
  readonly #patience: number;
  /** When it no longer waits for an epoch, whichever and whoever offers it: anybody can name one that never comes. */
  #waitsUntil: number | undefined;
  #restoring: Restoring | undefined;

  /**
   * @param sees whether this node sees the committee of an epoch
   * @param patience milliseconds to wait for that, for all snapshots together: its endpoint may be behind those of its peers
   */
  constructor(
    replica: OrderedReplica,
    complain: (what: string, error: unknown) => void,
    sees: (epoch: bigint) => boolean,
    patience = 30_000,
  ) {
    this.#replica = replica;
    this.#complain = complain;
    this.#sees = sees;
    this.#patience = patience;
  }

  /**
   * Whether to put a snapshot together, with CometBFT's word for the hash of the block that it is of. One that is signed under an epoch
   * which this node does not see yet says nothing against who offered it.
   */
  async offer({ snapshot, appHash }: abci.RequestOfferSnapshot): Promise<abci.ResponseOfferSnapshot> {
    this.#restoring = undefined;
    if (snapshot === undefined || snapshot.format !== SNAPSHOT_FORMAT)
      return { result: Offered.REJECT_FORMAT };
    const refuse = (why: string, result = Offered.REJECT_SENDER): abci.ResponseOfferSnapshot => {
      this.#complain(`The snapshot of CometBFT's height ${snapshot.height} was refused`, new Error(why));
      return { result };
    };
    const { height } = this.#replica;
    if (height !== 0 && this.#replica.tipHash !== toHex(appHash))
      return refuse(`this node is at height ${height} already`, Offered.REJECT);
    let contents: SnapshotContents;
    try {
      contents = decodeContents(snapshot.metadata);
    } catch (error) {
      return refuse((error as Error).message);
    }
    if (!equalBytes(keccak256(snapshot.metadata), snapshot.hash))
      return refuse("its hash is of something else");
    if (contents.hashes.length !== snapshot.chunks)
      return refuse(`it names ${contents.hashes.length} of ${snapshot.chunks} chunks`);
    if (snapshot.chunks > MOST_BYTES / CHUNK_BYTES) return refuse(`${snapshot.chunks} chunks are too many`);
    const { epoch } = contents.certificate;
    if (!(await this.#seen(epoch)))
      return refuse(`this node sees no committee of epoch ${epoch} yet`, Offered.REJECT);
    const fault = this.#replica.stateFault(toHex(appHash), contents);
    if (fault !== undefined) return refuse(fault);
    const chunks = new Array<undefined>(snapshot.chunks).fill(undefined);
    this.#restoring = { ...contents, height: snapshot.height, chunks, senders: new Set() };
    return { result: Offered.ACCEPT };
  }

  /** Waits for an epoch to be seen, unless it has waited long enough for others in vain. @returns whether it is */
  async #seen(epoch: bigint): Promise<boolean> {
    while (!this.#sees(epoch)) {
      this.#waitsUntil ??= performance.now() + this.#patience;
      if (performance.now() >= this.#waitsUntil) return false;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    return true;
  }

  /** Takes a chunk; with the last one the node becomes what the snapshot says. @returns CometBFT's height then */
  async apply({ index, chunk, sender }: abci.RequestApplySnapshotChunk): Promise<{
    readonly response: abci.ResponseApplySnapshotChunk;
    readonly restored?: bigint;
  }> {
    const restoring = this.#restoring;
    const answer = (
      result: abci.ResponseApplySnapshotChunk_Result,
      refetchChunks: number[] = [],
      rejectSenders: string[] = [],
    ) => ({ response: { result, refetchChunks, rejectSenders } });
    if (restoring === undefined || index >= restoring.chunks.length) return answer(Applied.ABORT);
    const bytes = restoring.chunks.reduce((sum, one) => sum + (one?.length ?? 0), chunk.length);
    if (bytes > MOST_BYTES) {
      this.#restoring = undefined;
      this.#complain("A snapshot was refused", new Error(`it has more than ${MOST_BYTES} bytes`));
      return answer(Applied.REJECT_SNAPSHOT, [], [...restoring.senders, sender]);
    }
    if (!equalBytes(keccak256(chunk), restoring.hashes[index]!)) {
      this.#complain(`Chunk ${index} was refused`, new Error(`peer ${sender} sent something else`));
      return answer(Applied.RETRY, [index], [sender]);
    }
    restoring.chunks[index] = chunk;
    restoring.senders.add(sender);
    if (restoring.chunks.includes(undefined)) return answer(Applied.ACCEPT);
    this.#restoring = undefined;
    try {
      // The state is there already when the node was killed before CometBFT knew.
      if (this.#replica.height === 0)
        await this.#replica.restore(restoring, restoring.chunks as Uint8Array[]);
    } catch (error) {
      this.#complain(`The snapshot of CometBFT's height ${restoring.height} was refused`, error);
      return answer(Applied.REJECT_SNAPSHOT, [], [...restoring.senders]);
    }
    return { ...answer(Applied.ACCEPT), restored: restoring.height };
  }
}
