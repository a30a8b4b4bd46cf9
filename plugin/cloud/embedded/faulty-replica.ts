import { setTimeout as sleep } from "node:timers/promises";

import { getBytes, keccak256 } from "ethers";

import type { CloudNode } from "../node/cloud-node.ts";
import type { Block } from "../replication/block.ts";
import type { Certificate, Combined, Extension, Replica, Vote } from "../replication/engine.ts";

/** How a node misbehaves, for tests of what a cloud survives. */
export type Fault =
  | { readonly kind: "none" }
  /** It neither answers nor does anything. */
  | { readonly kind: "stopped" }
  /** It answers `milliseconds` late. */
  | { readonly kind: "delayed"; readonly milliseconds: number }
  /** It votes for another result than it has. */
  | { readonly kind: "lying" }
  /** It votes truly, but its partial signatures are of something else. */
  | { readonly kind: "mis-signing" }
  /** It tells some members the truth and others a lie: the evidence that slashing asks for. */
  | { readonly kind: "equivocating" };

const KINDS = [
  "none",
  "stopped",
  "delayed",
  "lying",
  "mis-signing",
  "equivocating",
] satisfies Fault["kind"][];

/** @throws TypeError naming what there is, when a fault is none of these */
export function checkFault(fault: Fault): void {
  const { kind, milliseconds } = fault as { kind?: unknown; milliseconds?: unknown };
  if (!KINDS.includes(kind as Fault["kind"])) {
    throw new TypeError(
      `There is no fault of the kind ${JSON.stringify(kind)}. The kinds are ${KINDS.join(", ")}.`,
    );
  }
  if (kind === "delayed" && !(typeof milliseconds === "number" && milliseconds >= 0)) {
    throw new TypeError(
      `A delayed node needs the number of milliseconds that it is late, and ${JSON.stringify(milliseconds)} is none.`,
    );
  }
}

/** A node as others see it, faults included. The node itself is whole; only what it says changes. */
export class FaultyReplica implements Replica {
  readonly node: CloudNode;
  fault: Fault = { kind: "none" };

  constructor(node: CloudNode) {
    this.node = node;
  }

  get index(): number {
    return this.node.index;
  }

  get running(): boolean {
    return this.fault.kind !== "stopped" && this.node.running;
  }

  get height(): number {
    return this.node.height;
  }

  async prepareProposal(): Promise<Block | undefined> {
    await this.#late();
    return this.node.prepareProposal();
  }

  async processProposal(block: Block): Promise<string | undefined> {
    await this.#late();
    return this.node.processProposal(block);
  }

  async finalizeBlock(block: Block): Promise<void> {
    await this.#late();
    await this.node.finalizeBlock(block);
  }

  vote(height: number, recipient: number): Vote {
    const { kind } = this.fault;
    const honest = this.node.vote(height);
    if (kind === "lying" || (kind === "equivocating" && recipient % 2 === 0)) {
      return this.node.signVote(height, keccak256(honest.blockHash));
    }
    return honest;
  }

  extendVote(height: number): Extension {
    const honest = this.node.extendVote(height);
    if (this.fault.kind !== "mis-signing") return honest;
    const other = getBytes(keccak256(this.node.application.blocks.record(height).blockHash));
    return this.node.signDigests(honest.partials.map(() => other));
  }

  verifyExtension(height: number, extension: Extension): string | undefined {
    return this.node.verifyExtension(height, extension);
  }

  combine(height: number, extensions: readonly Extension[]): Combined {
    return this.node.combine(height, extensions);
  }

  async certify(height: number, certificate: Certificate): Promise<void> {
    await this.node.certify(height, certificate);
  }

  certificate(height: number): Certificate | undefined {
    return this.node.certificate(height);
  }

  async catchUp(block: Block, certificate: Certificate | undefined): Promise<void> {
    await this.node.catchUp(block, certificate);
  }

  block(height: number): Block {
    return this.node.block(height);
  }

  async #late(): Promise<void> {
    if (this.fault.kind === "delayed") await sleep(this.fault.milliseconds);
  }
}
