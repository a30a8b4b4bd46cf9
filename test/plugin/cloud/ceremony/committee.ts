/** A selected committee, and its members' key ceremonies over CometBFT itself. */
import { join } from "node:path";

import { expect } from "chai";

import { freePort } from "../../../../plugin/cloud/cometbft/free-ports.ts";
import { Ed25519Key } from "../../../../plugin/cloud/cometbft/ed25519-key.ts";
import { CometRpc } from "../../../../plugin/cloud/cometbft/rpc.ts";
import { KeyCeremony } from "../../../../plugin/cloud/ceremony/key-ceremony.ts";
import type { CeremonyProgress } from "../../../../plugin/cloud/ceremony/replicated-ceremony.ts";
import type { Selection } from "../../../../plugin/cloud/ceremony/selection.ts";
import type { DkgResult } from "../../../../plugin/cloud/dkg/participant.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { combine } from "../../../../plugin/crypto/threshold/combine.ts";
import { partialSign } from "../../../../plugin/crypto/threshold/partial-sign.ts";
import { seeded } from "../../../seeded.ts";
import { CLOUD_ID, nodes, type Node } from "../dkg/ceremony.ts";

export const command = process.env.COMETBFT ?? "cometbft";

/** A selection of `committee` with as many signers as a cloud has: 2f + 1 of 3f + 1. */
export function selectionOf(committee: readonly Node[], deadline = 1_800_000_000n): Selection {
  const f = Math.floor((committee.length - 1) / 3);
  return {
    suite: bn254,
    cloudId: CLOUD_ID,
    epoch: 1n,
    membersHash: new Uint8Array(32).fill(7),
    deadline,
    // It has begun a while ago.
    confirmationWindow: 100_000_000n,
    threshold: committee.length - f,
    members: committee.map(({ publicKey }) => publicKey),
  };
}

export const seedOf = (index: number): Uint8Array => seeded(`member ${index}`).bytes(32);

/** A member over CometBFT, with what survives its process. */
export class CometMember {
  readonly told: CeremonyProgress[] = [];
  readonly complaints: string[] = [];
  ceremony: KeyCeremony | undefined;
  /** Blocks of a phase at most. */
  phaseBlocks: number;
  readonly index: number;
  readonly #committee: Committee;
  readonly #nodeKey: Ed25519Key;
  readonly #listen: string;
  readonly #rpc: string;

  constructor(committee: Committee, index: number, phaseBlocks: number, ports: readonly [number, number]) {
    this.#committee = committee;
    this.index = index;
    this.phaseBlocks = phaseBlocks;
    this.#nodeKey = new Ed25519Key(seeded(`node key ${index}`).bytes(32));
    [this.#listen, this.#rpc] = ports.map((port) => `127.0.0.1:${port}`) as [string, string];
  }

  get address(): string {
    return `${this.#nodeKey.address}@${this.#listen}`;
  }

  get home(): string {
    return join(this.#committee.folder, `${this.index}`);
  }

  async start(): Promise<void> {
    const { members, nodes: all, selection } = this.#committee;
    this.ceremony = await KeyCeremony.start({
      selection,
      identity: all[this.index]!.secret,
      seed: seedOf(this.index),
      comet: {
        command,
        home: this.home,
        lastSigned: `${this.home}-signed`,
        name: `member ${this.index}`,
        listen: this.#listen,
        rpc: this.#rpc,
        socket: `${this.home}.sock`,
        nodeKey: this.#nodeKey,
        peers: members.filter((other) => other !== this).map(({ address }) => address),
      },
      pace: { phaseBlocks: this.phaseBlocks, blockTime: 100 },
      progress: (progress) => this.told.push(progress),
      complain: (what, error) => this.complaints.push(`${what}: ${String(error)}`),
    });
  }

  /** Resolves when it has been told that a phase began. */
  async reaches(phase: string): Promise<void> {
    while (!this.told.some((progress) => progress.phase === phase)) await sleep(10);
  }

  /** Hands its CometBFT something that it does not say itself, once it runs. */
  async passOn(message: Uint8Array): Promise<void> {
    for (;;) {
      try {
        return await new CometRpc(this.#rpc).broadcast(message);
      } catch {
        await sleep(50);
      }
    }
  }

  async kill(): Promise<void> {
    await this.ceremony?.kill();
    this.ceremony = undefined;
  }

  async stop(): Promise<void> {
    await this.ceremony?.stop();
    this.ceremony = undefined;
  }
}

export const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, milliseconds));

export interface Committee {
  readonly folder: string;
  readonly nodes: readonly Node[];
  readonly selection: Selection;
  readonly members: CometMember[];
}

/** A committee of `count`, not started. */
export async function committeeOf(count: number, folder: string, phaseBlocks: number): Promise<Committee> {
  const all = nodes(count, "ceremony");
  const committee: Committee = { folder, nodes: all, selection: selectionOf(all), members: [] };
  for (let index = 0; index < count; index++) {
    const ports = [await freePort(), await freePort()] as const;
    committee.members.push(new CometMember(committee, index, phaseBlocks, ports));
  }
  return committee;
}

/** All results are of one key, and any threshold of the shares that there are sign under it. */
export function expectOneKey(results: readonly DkgResult[]): void {
  const [{ key }] = results as [DkgResult];
  for (const result of results) {
    expect(result.key.groupPublicKey).to.deep.equal(key.groupPublicKey);
    expect(result.key.sharePublicKeys).to.deep.equal(key.sharePublicKeys);
    expect(result.qualified).to.deep.equal(results[0]!.qualified);
  }
  const shares = results.flatMap(({ share }) => share ?? []);
  const digest = seeded("digest").bytes(32);
  for (const some of [shares.slice(0, key.threshold), shares.slice(-key.threshold)]) {
    const partials = some.map((share) => partialSign(key.suite, share, digest));
    expect(combine(key, digest, partials).bad).to.deep.equal([]);
  }
}
