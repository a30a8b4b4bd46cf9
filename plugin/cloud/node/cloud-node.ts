import { hexlify } from "ethers";

import type { EventSource } from "../chains/event-source.ts";
import type { IdentitySecret } from "../dkg/identity.ts";
import * as digests from "../../contracts/digests.ts";
import type { Application, Outlook } from "../replication/application.ts";
import type { Block } from "../replication/block.ts";
import type { Certificate, Combined, Extension, Replica, Vote } from "../replication/engine.ts";
import { ProgramStore } from "../replication/program-store.ts";
import type { OperatorEvent, OrderedEvent, Place } from "../replication/event.ts";
import type { GatewayAddress } from "../replication/replicated-state.ts";
import { combine, TooFewPartialsError } from "../../crypto/threshold/combine.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import type { KeyShare } from "../../crypto/threshold/key-share.ts";
import { partialSign } from "../../crypto/threshold/partial-sign.ts";

/** What a member of an epoch's committee signs with. */
export interface EpochKey {
  readonly group: GroupKey;
  readonly share: KeyShare;
}

/** What a node is made of. Nothing of it is shared with another node. */
export interface NodeParts {
  readonly application: Application;
  /** One per chain served. */
  readonly sources: readonly EventSource[];
  readonly identity: IdentitySecret;
  readonly keys: ReadonlyMap<bigint, EpochKey>;
}

/** One node of a cloud: it sees the chains with its own eyes, executes and stores by itself, and signs with its own keys. */
export class CloudNode implements Replica, Outlook {
  readonly application: Application;
  readonly #sources: Map<bigint, EventSource>;
  readonly #identity: IdentitySecret;
  readonly #keys: ReadonlyMap<bigint, EpochKey>;
  #proposed: OperatorEvent[] = [];
  #diverged: string | undefined;
  /** The last vote, as every member asks for it. */
  #vote: Vote | undefined;

  constructor({ application, sources, identity, keys }: NodeParts) {
    this.application = application;
    this.#sources = new Map(sources.map((source) => [source.served.chainId, source]));
    this.#identity = identity;
    this.#keys = keys;
  }

  get index(): number {
    return this.#key(this.application.epoch).share.index;
  }

  get running(): boolean {
    return this.#diverged === undefined;
  }

  /** Why the node stopped by itself: its result differs from what the committee signed. */
  get divergence(): string | undefined {
    return this.#diverged;
  }

  get height(): number {
    return this.application.height;
  }

  /**
   * Takes what an operator wants to put in, to be proposed with the next block.
   *
   * @throws WasmError when it is a program that the cloud would not run
   */
  propose(event: OperatorEvent): void {
    if (event.kind === "program") ProgramStore.check(event.module);
    this.#proposed.push(event);
  }

  /** Serves one more chain from the block on in which the committee agrees to it. */
  serve(source: EventSource): void {
    this.#sources.set(source.served.chainId, source);
    this.propose({ kind: "chain", chainId: source.served.chainId, gateway: source.served.gateway.address });
  }

  async prepareProposal(): Promise<Block | undefined> {
    return this.application.prepareProposal(this, this.#proposed);
  }

  async processProposal(block: Block): Promise<string | undefined> {
    return this.application.processProposal(block, this);
  }

  async finalizeBlock(block: Block): Promise<void> {
    await this.application.finalizeBlock(block);
    this.#proposed = this.#proposed.filter((event) => !this.application.knows(event));
  }

  vote(height: number): Vote {
    const { blockHash } = this.application.blocks.record(height);
    // A block hash covers height and epoch, so it stands for all that a vote says.
    if (this.#vote?.blockHash !== blockHash) this.#vote = this.signVote(height, blockHash);
    return this.#vote;
  }

  /** A vote of this node's identity for any block hash; only a faulty node signs another than its own result. */
  signVote(height: number, blockHash: string): Vote {
    const { epoch } = this.application.blocks.record(height);
    const { cloudId } = this.application.parameters;
    const digest = digests.vote(cloudId, epoch, BigInt(height), blockHash);
    return { index: this.index, height, blockHash, signature: hexlify(this.#identity.signDigest(digest)) };
  }

  extendVote(height: number): Extension {
    return this.signDigests(this.#headerDigests(height, this.application.epoch));
  }

  /** Partial signatures under the present epoch; only a faulty node signs other digests than its headers'. */
  signDigests(signed: readonly Uint8Array[]): Extension {
    const { group, share } = this.#key(this.application.epoch);
    return {
      index: share.index,
      partials: signed.map((digest) => partialSign(group.suite, share, digest).signature),
    };
  }

  verifyExtension(height: number, { index, partials }: Extension): string | undefined {
    const { group } = this.#key(this.application.epoch);
    const { chains } = this.application.blocks.record(height);
    if (index < 1 || index > group.sharePublicKeys.length) return `there is no member ${index}`;
    if (partials.length !== chains.length)
      return `${partials.length} partial signatures for ${chains.length} headers`;
    const odd = partials.find((partial) => partial.length !== group.suite.signatureLength);
    return odd === undefined ? undefined : `a partial signature has ${odd.length} bytes`;
  }

  combine(height: number, extensions: readonly Extension[]): Combined {
    const { epoch } = this.application;
    const { group } = this.#key(epoch);
    const wrong = new Set<number>();
    const signatures: Uint8Array[] = [];
    for (const [chain, digest] of this.#headerDigests(height, epoch).entries()) {
      const partials = extensions.map(({ index, partials }) => ({ index, signature: partials[chain]! }));
      try {
        const { signature, bad } = combine(group, digest, partials);
        for (const { index } of bad) wrong.add(index);
        signatures.push(signature);
      } catch (error) {
        if (!(error instanceof TooFewPartialsError)) throw error;
        return { certificate: undefined, wrong: error.bad.map(({ index }) => index) };
      }
    }
    const { blockHash } = this.application.blocks.record(height);
    return { certificate: { epoch, blockHash, signatures }, wrong: [...wrong] };
  }

  async certify(height: number, certificate: Certificate): Promise<void> {
    const { blockHash } = this.application.blocks.record(height);
    if (blockHash !== certificate.blockHash) {
      this.#diverged = `at height ${height} it has ${blockHash}, the committee signed ${certificate.blockHash}`;
      return;
    }
    await this.application.blocks.certify(height, certificate);
  }

  certificate(height: number): Certificate | undefined {
    return height === 0 || height > this.height ? undefined : this.application.blocks.certificate(height);
  }

  async catchUp(block: Block, certificate: Certificate | undefined): Promise<void> {
    await this.finalizeBlock(block);
    if (certificate === undefined) return;
    const { group } = this.#key(certificate.epoch);
    const good = this.#headerDigests(block.height, certificate.epoch).every((digest, chain) => {
      const signature = certificate.signatures[chain];
      return signature !== undefined && group.suite.verify(digest, signature, group.groupPublicKey);
    });
    if (good) await this.certify(block.height, certificate);
    else this.#diverged = `the certificate of block ${block.height} does not fit what this node computed`;
  }

  block(height: number): Block {
    return this.application.blocks.block(height);
  }

  /** Goes back to the block at `height`; for simulated chains that were reverted. */
  async revert(height: number): Promise<void> {
    await this.application.revert(height);
    for (const source of this.#sources.values()) source.reset();
    this.#diverged = undefined;
  }

  /** See `Outlook`. */
  async after(chainId: bigint, cursor: Place | undefined, limit: number): Promise<readonly OrderedEvent[]> {
    const knows = (programId: string): boolean => this.application.programs.has(programId);
    return (await this.#sources.get(chainId)?.after(cursor, limit, knows)) ?? [];
  }

  /** See `Outlook`. */
  serves({ chainId, gateway }: GatewayAddress): boolean {
    return this.#sources.get(chainId)?.served.gateway.address.toLowerCase() === gateway.toLowerCase();
  }

  #key(epoch: bigint): EpochKey {
    const key = this.#keys.get(epoch);
    if (key === undefined) throw new Error(`This node has no key share for epoch ${epoch}.`);
    return key;
  }

  #headerDigests(height: number, epoch: bigint): Uint8Array[] {
    const { chains } = this.application.blocks.record(height);
    const { cloudId } = this.application.parameters;
    return chains.map(({ chainId, gateway, header }) =>
      digests.header(chainId, gateway, cloudId, epoch, header),
    );
  }
}
