import { equalBytes, toHex } from "../storage/bytes.ts";
import { encodeGossip, MOST_APPROVALS, type Gossip, type Heads, type Sender } from "./gossip.ts";
import type { Heard } from "./heard.ts";
import type { OrderedReplica, Surroundings } from "./ordered-replica.ts";

/** How much of what it says it waits to be asked about: CometBFT may be away, and never ask. */
const MOST_SAYING = 64;

/** What this node says to the others, as a member of the last block's epoch; it says nothing while it is none. */
export class Voice {
  readonly #replica: OrderedReplica;
  readonly #around: Surroundings;
  readonly #heard: Heard;
  /** What it has told last. */
  #heads: Heads = new Map();
  /** What it says, until CometBFT asks whether to pass it on. */
  readonly #saying = new Set<string>();
  #time = 0n;

  constructor(replica: OrderedReplica, around: Surroundings, heard: Heard) {
    this.#replica = replica;
    this.#around = around;
    this.#heard = heard;
  }

  /** How far this node sees chains. */
  async tellHeads(heads: Heads, again = false): Promise<void> {
    this.#heads = heads;
    const sender = this.#self(this.#replica.epoch);
    if (sender === undefined || heads.size === 0) return;
    this.#heard.addHeads(sender, heads, (chainId) => this.#replica.servesChain(chainId));
    await this.say({ ...sender, kind: "heads", heads }, again);
  }

  /** What this node's operator wants and no block has held. */
  async tellApprovals(): Promise<void> {
    const sender = this.#self(this.#replica.epoch);
    const { proposed } = this.#replica;
    if (sender === undefined || proposed.length === 0) return;
    const [time, events] = [this.now(), proposed.slice(-MOST_APPROVALS)];
    this.#heard.addApprovals(sender, time, events);
    await this.say({ ...sender, kind: "approvals", time, events });
  }

  /** Says how far it sees and what its operator wants, as to a new committee, or to those who may have lost it. */
  async tellAgain(): Promise<void> {
    await this.tellHeads(this.#heads, true);
    await this.tellApprovals();
  }

  /** That there is something for CometBFT's next block, after that at `height`. */
  async wake(height: bigint): Promise<void> {
    const sender = this.#self(this.#replica.epoch);
    if (sender !== undefined) await this.say({ ...sender, kind: "wake", height });
  }

  /** @param again whether it may have said so before: CometBFT passes no bytes on twice */
  async say(gossip: Gossip, again = false): Promise<void> {
    const salt = again ? BigInt(Date.now()) : 0n;
    const bytes = encodeGossip(this.#around.cloudId, this.#around.identity, gossip, salt);
    this.#saying.add(toHex(bytes));
    for (const oldest of [...this.#saying].slice(0, -MOST_SAYING)) this.#saying.delete(oldest);
    await this.#around.broadcast(bytes);
  }

  /**
   * Whether it is this node that says these bytes now. It has heard that before CometBFT asks whether to pass it on. What it said before
   * anybody can say again.
   */
  isSaying(bytes: Uint8Array): boolean {
    return this.#saying.delete(toHex(bytes));
  }

  /** The time at which the next thing is said, in Unix milliseconds: later each time. */
  now(): bigint {
    const clock = BigInt(Date.now());
    this.#time = clock > this.#time ? clock : this.#time + 1n;
    return this.#time;
  }

  /** This node as a member of an epoch. */
  #self(epoch: bigint): Sender | undefined {
    const { publicKey } = this.#around.identity;
    const place = this.#around
      .members(epoch)
      ?.identities.findIndex((identity) => equalBytes(identity.publicKey, publicKey));
    return place === undefined || place === -1 ? undefined : { epoch, index: place + 1 };
  }
}
