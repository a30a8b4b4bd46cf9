import { setTimeout as sleep } from "node:timers/promises";

import { getBytes, keccak256 } from "ethers";

import type { IdentitySecret } from "../dkg/identity.ts";
import type { CloudNode } from "../node/cloud-node.ts";
import { signPartials, signVote, type EpochKey } from "../node/signatures.ts";
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

/** A node's secrets, which a faulty one uses without asking its guard. */
export interface NodeSecrets {
  readonly identity: IdentitySecret;
  readonly keys: ReadonlyMap<bigint, EpochKey>;
}

/** A node as others see it, faults included. The node itself is whole; only what it says changes. */
export class FaultyReplica implements Replica {
  readonly node: CloudNode;
  readonly secrets: NodeSecrets;
  fault: Fault = { kind: "none" };

  constructor(node: CloudNode, secrets: NodeSecrets) {
    this.node = node;
    this.secrets = secrets;
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

  get oldest(): number {
    return this.node.oldest;
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

  async vote(height: number, recipient: number): Promise<Vote> {
    const { kind } = this.fault;
    const honest = await this.node.vote(height);
    if (kind === "lying" || (kind === "equivocating" && recipient % 2 === 0)) {
      const { cloudId } = this.node.application.parameters;
      const { epoch } = this.node.application.blocks.record(height);
      const lie = { epoch, height, blockHash: keccak256(honest.blockHash) };
      return signVote(this.secrets.identity, cloudId, this.index, lie);
    }
    return honest;
  }

  async extendVote(height: number): Promise<Extension> {
    const honest = await this.node.extendVote(height);
    if (this.fault.kind !== "mis-signing") return honest;
    const other = getBytes(keccak256(this.node.application.blocks.record(height).blockHash));
    const key = this.secrets.keys.get(honest.epoch)!;
    return signPartials(
      honest.epoch,
      key,
      honest.partials.map(() => other),
    );
  }

  verifyExtension(height: number, extension: Extension): string | undefined {
    return this.node.verifyExtension(height, extension);
  }

  combine(height: number, extensions: readonly Extension[]): Combined {
    return this.node.combine(height, extensions);
  }

  async certify(height: number, certificate: Certificate): Promise<string | undefined> {
    return this.node.certify(height, certificate);
  }

  certificate(height: number): Certificate | undefined {
    return this.node.certificate(height);
  }

  async catchUp(
    block: Block,
    certificate: Certificate | undefined,
    peer: number,
  ): Promise<string | undefined> {
    return this.node.catchUp(block, certificate, peer);
  }

  block(height: number): Block {
    return this.node.block(height);
  }

  async #late(): Promise<void> {
    if (this.fault.kind === "delayed") await sleep(this.fault.milliseconds);
  }
}
