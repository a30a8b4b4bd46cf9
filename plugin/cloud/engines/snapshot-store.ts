import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Snapshot } from "cosmjs-types/tendermint/abci/types";

import { EVIDENCE_BLOCKS } from "../cometbft/genesis.ts";
import { keccak256 } from "../../crypto/keccak.ts";
import { certificateStructure, parseCertificate, type CertifiedState } from "../replication/certificate.ts";
import { encode, integer, parseBytes, parseInteger, parseList } from "../replication/structure.ts";
import { decode } from "../storage/rlp.ts";

/** Of the chunks, as CometBFT's peers tell one another which they can read. */
export const SNAPSHOT_FORMAT = 1;

/** What a snapshot says of itself. */
export interface SnapshotContents extends CertifiedState {
  /** keccak256 of each chunk. */
  readonly hashes: readonly Uint8Array[];
}

/** How often a node takes snapshots, in blocks of CometBFT, and how many it keeps. */
export interface SnapshotPlan {
  readonly every: number;
  readonly keep: number;
}

/** The snapshots that a node has for those that come later: a folder for each, named by CometBFT's height. */
export class SnapshotStore {
  readonly #folder: string;
  readonly #plan: SnapshotPlan;
  #taking = false;

  constructor(folder: string, plan: SnapshotPlan) {
    this.#folder = folder;
    this.#plan = plan;
  }

  /** Whether it is time for a snapshot at CometBFT's height. */
  async isDue(height: bigint): Promise<boolean> {
    const newest = (await this.#heights()).at(-1) ?? 0;
    return !this.#taking && Number(height) >= newest + this.#plan.every;
  }

  /** Writes a snapshot whole or not at all, and forgets the oldest. */
  async take(height: bigint, state: CertifiedState, chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const folder = join(this.#folder, String(height));
    const unfinished = `${folder}${UNFINISHED}`;
    this.#taking = true;
    try {
      await this.#removeUnfinished();
      await mkdir(unfinished, { recursive: true, mode: 0o700 });
      const hashes: Uint8Array[] = [];
      for await (const chunk of chunks) {
        await writeFile(join(unfinished, String(hashes.length)), chunk, { flush: true });
        hashes.push(keccak256(chunk));
      }
      await writeFile(join(unfinished, METADATA), encodeContents({ ...state, hashes }), { flush: true });
      await rename(unfinished, folder);
      for (const old of (await this.#heights()).slice(0, -this.#plan.keep))
        await rename(join(this.#folder, String(old)), join(this.#folder, `${old}${UNFINISHED}`));
      await this.#removeUnfinished();
    } finally {
      this.#taking = false;
    }
  }

  /** What it has, as CometBFT tells peers of it. */
  async list(): Promise<Snapshot[]> {
    const snapshots: Snapshot[] = [];
    for (const height of await this.#heights()) {
      // Peers ask at any time, also while it is forgotten.
      const metadata = await this.#read(height, METADATA);
      if (metadata === undefined) continue;
      const chunks = decodeContents(metadata).hashes.length;
      const hash = keccak256(metadata);
      snapshots.push({ height: BigInt(height), format: SNAPSHOT_FORMAT, chunks, hash, metadata });
    }
    return snapshots;
  }

  /** Height of the oldest that it has. */
  async oldest(): Promise<bigint | undefined> {
    const [height] = await this.#heights();
    return height === undefined ? undefined : BigInt(height);
  }

  /** A chunk, from 0; undefined where there is none, or none any more. */
  async chunk(height: bigint, index: number): Promise<Uint8Array | undefined> {
    return this.#read(height, String(index));
  }

  async #read(height: number | bigint, name: string): Promise<Uint8Array | undefined> {
    try {
      return new Uint8Array(await readFile(join(this.#folder, String(height), name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** What was not written whole, or not removed whole, when the node was killed. */
  async #removeUnfinished(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = (await readdir(this.#folder)).filter((name) => name.endsWith(UNFINISHED));
    for (const name of names) await rm(join(this.#folder, name), { recursive: true, force: true });
  }

  /** Ascending. */
  async #heights(): Promise<number[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await readdir(this.#folder);
    return names
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
  }
}

/**
 * The lowest block that CometBFT is to keep: peers begin at the oldest snapshot, and evidence may be of any block since it is taken. 0 is for
 * CometBFT to keep what it has.
 *
 * @param oldest height of the oldest snapshot
 */
export function retainHeight(height: bigint, oldest: bigint | undefined): bigint {
  const forEvidence = height - BigInt(EVIDENCE_BLOCKS);
  if (oldest === undefined || forEvidence <= 0n) return 0n;
  return oldest < forEvidence ? oldest : forEvidence;
}

const METADATA = "metadata";
const UNFINISHED = ".unfinished";

/** RLP [epoch, certificate, [hash, …]]. */
export function encodeContents({ epoch, certificate, hashes }: SnapshotContents): Uint8Array {
  return encode([integer(epoch), certificateStructure(certificate), [...hashes]]);
}

/** The inverse of `encodeContents`. @throws Error on anything else */
export function decodeContents(metadata: Uint8Array): SnapshotContents {
  const [epoch, certificate, hashes] = parseList(decode(metadata), 3);
  return {
    epoch: parseInteger(epoch),
    certificate: parseCertificate(certificate),
    hashes: parseList(hashes).map(parseBytes),
  };
}
