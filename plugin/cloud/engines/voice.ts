import { equalBytes } from "../storage/bytes.ts";
import { encodeGossip, MOST_APPROVALS, type Gossip, type Heads, type Sender } from "./gossip.ts";
import type { Heard } from "./heard.ts";
import type { OrderedReplica, Surroundings } from "./ordered-replica.ts";

/** What this node says to the others, as a member of the last block's epoch; it says nothing while it is none. */
export class Voice {
  readonly #replica: OrderedReplica;
  readonly #around: Surroundings;
  readonly #heard: Heard;
  /** What it has told last. */
  #heads: Heads = new Map();

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
  async tellApprovals(again = false): Promise<void> {
    const sender = this.#self(this.#replica.epoch);
    const { proposed } = this.#replica;
    if (sender === undefined || proposed.length === 0) return;
    this.#heard.addApprovals(sender, proposed);
    await this.say({ ...sender, kind: "approvals", events: proposed.slice(-MOST_APPROVALS) }, again);
  }

  /** Says how far it sees and what its operator wants, as to a new committee, or to those who may have lost it. */
  async tellAgain(): Promise<void> {
    await this.tellHeads(this.#heads, true);
    await this.tellApprovals(true);
  }

  /** That there is something for CometBFT's next block, after that at `height`. */
  async wake(height: bigint): Promise<void> {
    const sender = this.#self(this.#replica.epoch);
    if (sender !== undefined) await this.say({ ...sender, kind: "wake", height });
  }

  /** @param again whether it may have said so before: CometBFT passes no bytes on twice */
  async say(gossip: Gossip, again = false): Promise<void> {
    const salt = again ? BigInt(Date.now()) : 0n;
    await this.#around.broadcast(encodeGossip(this.#around.cloudId, this.#around.identity, gossip, salt));
  }

  /** Whether it is this node that says something. It has heard that before CometBFT asks whether to pass it on. */
  isOwn({ epoch, index }: Sender): boolean {
    return this.#self(epoch)?.index === index;
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
