import { hexlify, toQuantity } from "ethers";

import { cloudMirror } from "../../../deploy/suite/suite.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import { EventSource } from "../chains/event-source.ts";
import { EvmContract, type EvmChain } from "../../chain/evm-chain.ts";
import { Relayer, type Delivery } from "../chains/relayer.ts";
import { servedChain, type ServedChain } from "../chains/served-chain.ts";
import { IdentitySecret } from "../dkg/identity.ts";
import { CloudNode } from "../node/cloud-node.ts";
import type { EpochKey } from "../node/signatures.ts";
import { SigningGuard } from "../node/signing-guard.ts";
import { Application } from "../replication/application.ts";
import type { BlockRecord } from "../replication/block-record.ts";
import type { Certificate, Committed, Misbehaviour } from "../replication/engine.ts";
import { LocalEngine } from "../engines/local-engine.ts";
import { ProgramStore } from "../replication/program-store.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { LevelStore } from "../storage/level-store.ts";
import { MemoryStore } from "../storage/memory-store.ts";
import { State } from "../storage/state.ts";
import { deployParts } from "../../chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../chain/development-account.ts";
import { thresholdOf, type ActivatedEpoch, type EmbeddedCommittee } from "./embedded-committee.ts";
import { FaultyReplica } from "./faulty-replica.ts";
import {
  guardFolder,
  nodeFolder,
  readFoundation,
  readKey,
  writeFoundation,
  type Foundation,
} from "./foundation.ts";
import {
  callbackBps,
  foundCloud,
  keeper,
  pricesOf,
  resumeCloud,
  type EmbeddedCloudOptions,
} from "./founding.ts";

/** A block that the cloud has signed and delivered. */
export interface ServedBlock extends Committed {
  readonly record: BlockRecord;
  readonly deliveries: readonly { readonly chainId: bigint; readonly delivery: Delivery }[];
}

/** A state of the cloud to go back to. */
export interface Checkpoint {
  readonly height: number;
  readonly epoch: ActivatedEpoch;
  readonly delivered: ReadonlyMap<bigint, number>;
}

/** A chain that the cloud serves, and what it takes to deliver there. */
interface Attachment {
  readonly served: ServedChain;
  readonly account: DevelopmentAccount;
  readonly relayer: Relayer;
  /** Addresses of the suite on this chain, by contract name. */
  readonly parts: ReadonlyMap<string, string>;
}

/**
 * A whole cloud in this process, for development: n nodes that execute, store and sign separately, the suite on a
 * development chain, and a relayer. Only its orderer and its keys are for development; all else is what a live cloud has.
 */
export class EmbeddedCloud {
  readonly options: EmbeddedCloudOptions;
  readonly committee: EmbeddedCommittee;
  readonly replicas: readonly FaultyReplica[];
  readonly #keys: readonly Map<bigint, EpochKey>[];
  readonly #engine: LocalEngine;
  readonly #stores: readonly KeyValueStore[];
  readonly #attachments = new Map<bigint, Attachment>();
  #delivered = new Map<bigint, number>();
  #misbehaviours: Misbehaviour[] = [];

  private constructor(
    options: EmbeddedCloudOptions,
    committee: EmbeddedCommittee,
    nodes: readonly CloudNode[],
    keys: readonly Map<bigint, EpochKey>[],
    home: Attachment,
    stores: readonly KeyValueStore[],
  ) {
    this.options = options;
    this.committee = committee;
    // In the order of their share indices, so that a node has one number everywhere while the epoch lasts.
    this.replicas = nodes
      .map((node, i) => {
        const identity = new IdentitySecret(committee.members[i]!.identitySecret);
        return new FaultyReplica(node, { identity, keys: keys[i]! });
      })
      .sort((a, b) => a.index - b.index);
    this.#keys = keys;
    this.#engine = new LocalEngine(this.replicas, thresholdOf(nodes.length), (seen) =>
      this.#misbehaviours.push(seen),
    );
    this.#attachments.set(home.served.chainId, home);
    const { chainId } = home.served;
    this.#delivered.set(
      chainId,
      Math.max(...nodes.map((node) => node.application.blocks.delivered(chainId))),
    );
    this.#stores = stores;
  }

  /**
   * Deploys the suite on a development chain, founds a committee there and generates its key.
   *
   * @param progress told what begins
   * @throws NotADevelopmentChainError
   */
  static async boot(
    chain: EvmChain,
    options: EmbeddedCloudOptions,
    progress: (what: string) => void = () => {},
  ): Promise<EmbeddedCloud> {
    const stores: KeyValueStore[] = [];
    const guards: SigningGuard[] = [];
    try {
      for (let node = 1; node <= options.nodes; node++) {
        stores.push(await openStore(options, nodeFolder, node));
        guards.push(new SigningGuard(await openStore(options, guardFolder, node)));
      }
      return await EmbeddedCloud.#bootOn(stores, guards, chain, options, progress);
    } catch (error) {
      for (const store of [...stores, ...guards]) await store.close();
      throw error;
    }
  }

  static async #bootOn(
    stores: readonly KeyValueStore[],
    guards: readonly SigningGuard[],
    chain: EvmChain,
    options: EmbeddedCloudOptions,
    progress: (what: string) => void,
  ): Promise<EmbeddedCloud> {
    const { directory } = options;
    const states = await Promise.all(stores.map((store) => State.open(store, { history: Infinity })));
    const kept = directory === undefined ? undefined : await readFoundation(directory);
    if (kept === undefined && states.some(({ head }) => head.height > 0)) {
      throw new Error(
        `The nodes in ${directory} have blocks of a cloud that the folder no longer describes. ` +
          "Delete the folder, or choose another with --data.",
      );
    }
    const account = await DevelopmentAccount.open(chain, "deployer");
    const { foundation, committee } =
      kept === undefined
        ? await foundCloud(account, options, stores, progress)
        : await resumeCloud(account, options, stores, kept);
    if (directory !== undefined && kept === undefined) await writeFoundation(directory, foundation);

    const home = await attachmentOf(chain, foundation, true);
    // Blocks that are not delivered yet may be signed under an epoch before the active one.
    const epochs = Array.from({ length: Number(committee.active!.committee.epoch) }, (_, i) => BigInt(i + 1));
    const keys = stores.map((store) => {
      const kept = epochs.map((epoch) => [epoch, readKey(store, epoch, committee.suite)] as const);
      return new Map(kept.filter((entry): entry is [bigint, EpochKey] => entry[1] !== undefined));
    });
    const nodes: CloudNode[] = [];
    for (const [i, { identitySecret }] of committee.members.entries()) {
      const { chainId, gateway } = home.served;
      const genesis = { chains: [{ chainId, gateway: gateway.address }], epoch: 1n };
      const parameters = { cloudId: committee.cloudId, genesis, limits: options.limits };
      const application = new Application(parameters, states[i]!, stores[i]!);
      const sources = [new EventSource(home.served, committee.cloudId)];
      const identity = new IdentitySecret(identitySecret);
      const { committees } = committee;
      const secrets = { identity, keys: keys[i]!, guard: guards[i]! };
      nodes.push(new CloudNode({ application, sources, committees, ...secrets }));
    }
    return new EmbeddedCloud(options, committee, nodes, keys, home, stores);
  }

  get #home(): Attachment {
    return [...this.#attachments.values()][0]!;
  }

  get cloudId(): string {
    return this.committee.cloudId;
  }

  /** Height of the newest block of any node. */
  get height(): number {
    return Math.max(...this.replicas.map((replica) => replica.height));
  }

  /** What nodes were seen doing wrong, oldest first. */
  get misbehaviours(): readonly Misbehaviour[] {
    return this.#misbehaviours;
  }

  /** The chains served; the home chain first. */
  get chains(): readonly ServedChain[] {
    return [...this.#attachments.values()].map(({ served }) => served);
  }

  /** Addresses of the suite on a served chain, by contract name; none where the chain is not served. */
  addresses(chainId: bigint): ReadonlyMap<string, string> {
    return this.#attachments.get(chainId)?.parts ?? new Map<string, string>();
  }

  /** Address of a part of the suite on a served chain; undefined when it is not there. */
  findAddress(chainId: bigint, part: string): string | undefined {
    return this.#attachments.get(chainId)?.parts.get(part);
  }

  /** Address of a part of the suite on a served chain. @throws when it is not there */
  addressOf(chainId: bigint, part: string): string {
    const address = this.findAddress(chainId, part);
    if (address === undefined)
      throw new Error(`${part} is not deployed by the embedded cloud on chain ${chainId}.`);
    return address;
  }

  /**
   * Serves one more development chain, through a mirror of the committee there.
   *
   * @throws when a chain with the same id is served already
   */
  async attach(chain: EvmChain): Promise<ServedChain> {
    if (this.#attachments.has(chain.chainId)) {
      throw new Error(
        `The cloud serves a chain with id ${chain.chainId} already. Give one of the two networks another chainId.`,
      );
    }
    const { committee, operators } = this.committee.active!;
    await reach(chain, committee.validFrom);
    const account = await DevelopmentAccount.open(chain, "deployer");
    const verifier = this.options.suite === "BN254" ? "Bn254Verifier" : "Bls12381Verifier";
    const parameters = {
      cloudId: this.cloudId,
      prices: pricesOf(this.options.fees),
      callbackBps: callbackBps(this.options.fees),
      anchor: committee,
      operators,
      homeFinality: 0,
    };
    const parts = await deployParts(account, (m) => cloudMirror(m, verifier), parameters);
    const attachment = await attachmentOf(
      chain,
      { cloudId: this.cloudId, parts, deployedAt: (await chain.head()) + 1n },
      false,
    );
    this.#attachments.set(chain.chainId, attachment);
    this.#delivered.set(chain.chainId, this.height);
    for (const { node } of this.replicas) node.serve(new EventSource(attachment.served, this.cloudId));
    return attachment.served;
  }

  /**
   * Makes a program known to the cloud; it can be requested from the next block on.
   *
   * @returns its id
   * @throws WasmError when the cloud would not run it
   */
  publish(module: Uint8Array): string {
    const programId = ProgramStore.check(module);
    for (const { node } of this.replicas) node.propose({ kind: "program", module });
    return programId;
  }

  /**
   * Serves everything that the chains ask for, and what that leads to, until nothing is left.
   *
   * @param onBlock told of each block once it is delivered
   * @throws NoQuorumError, DeliveryError
   */
  async service(onBlock: (block: ServedBlock) => void = () => {}): Promise<void> {
    await this.#renewEpoch();
    await this.committee.answerChallenge();
    for (;;) {
      const committed = await this.#engine.step();
      const blocks = await this.#deliver(committed);
      for (const block of blocks) onBlock(block);
      if (committed === undefined) return;
    }
  }

  /** The present state, to go back to. */
  checkpoint(): Checkpoint {
    return { height: this.height, epoch: this.committee.active!, delivered: new Map(this.#delivered) };
  }

  /** Goes back to a checkpoint; after a simulated chain has gone back to the same time. */
  async revert({ height, epoch, delivered }: Checkpoint): Promise<void> {
    await this.#engine.idle();
    for (const { node } of this.replicas) await node.revert(Math.min(height, node.height));
    this.committee.restore(epoch);
    this.#delivered = new Map(delivered);
    // Chains attached since are served anew, from the next block on.
    for (const { served } of this.#attachments.values()) {
      if (this.#delivered.has(served.chainId)) continue;
      this.#delivered.set(served.chainId, height);
      for (const { node } of this.replicas) node.serve(new EventSource(served, this.cloudId));
    }
    this.#misbehaviours = this.#misbehaviours.filter((seen) => seen.height <= height);
  }

  /**
   * Hands the evidence of an equivocation to `EquivocationSlashing` on the home chain.
   *
   * @returns token units slashed
   * @throws TypeError for other misbehaviour; Error when the contract refuses, as it does the second time
   */
  async reportEquivocation(misbehaviour: Misbehaviour): Promise<bigint> {
    if (misbehaviour.kind !== "equivocation") {
      throw new TypeError(`A ${misbehaviour.kind} cannot be slashed; only an equivocation can.`);
    }
    const { served, parts } = this.#home;
    const slashing = new EvmContract(
      parts.get("EquivocationSlashing")!,
      loadArtifact("EquivocationSlashing").abi,
    );
    const { height, votes } = misbehaviour;
    const reporter = await DevelopmentAccount.open(served.chain, "reporter");
    const evidence = votes.map(({ blockHash, signature }) => ({ blockHash, signature }));
    const { epoch } = this.record(height);
    const receipt = await reporter.call(slashing, "report", [this.cloudId, epoch, height, ...evidence]);
    const punished = receipt.logs
      .map((log) => slashing.parse(log))
      .find((log) => log !== null && log !== undefined);
    return punished!.args["taken"] as bigint;
  }

  /** The record of a block, from a node that has it. */
  record(height: number): BlockRecord {
    const replica = this.replicas.find((one) => one.height >= height);
    if (replica === undefined) throw new RangeError(`There is no block at height ${height}.`);
    return replica.node.application.blocks.record(height);
  }

  /** Closes the nodes' stores. */
  async close(): Promise<void> {
    await this.#engine.idle();
    for (const { node } of this.replicas) {
      await node.application.state.close();
      await node.guard.close();
    }
  }

  async #deliver(committed: Committed | undefined): Promise<ServedBlock[]> {
    const blocks: ServedBlock[] = [];
    const [source] = this.replicas
      .filter(({ running, node }) => running && node.certificate(node.height) !== undefined)
      .map(({ node }) => node)
      .sort((a, b) => b.height - a.height);
    if (source === undefined) return blocks;
    for (let height = 1 + this.#deliveredEverywhere(); height <= source.height; height++) {
      const record = source.application.blocks.record(height);
      const certificate = await this.#validCertificate(source, height);
      if (certificate === undefined) break;
      const deliveries: { chainId: bigint; delivery: Delivery }[] = [];
      for (const [i, chain] of record.chains.entries()) {
        if ((this.#delivered.get(chain.chainId) ?? 0) >= height) continue;
        const attachment = this.#attachments.get(chain.chainId)!;
        const delivered = await attachment.relayer.deliver(
          certificate.epoch,
          chain,
          certificate.signatures[i]!,
        );
        deliveries.push(...delivered.map((delivery) => ({ chainId: chain.chainId, delivery })));
        this.#delivered.set(chain.chainId, height);
        await source.application.blocks.noteDelivered(chain.chainId, height);
      }
      const signers = committed?.height === height ? committed.signers : [];
      blocks.push({ height, signers, record, deliveries });
    }
    return blocks;
  }

  /** The certificate of a block, under an epoch whose signatures are still accepted. */
  async #validCertificate(source: CloudNode, height: number): Promise<Certificate | undefined> {
    const certificate = source.certificate(height);
    if (certificate === undefined || certificate.epoch >= source.application.epoch) return certificate;
    await this.#engine.certifyAgain(height);
    return source.certificate(height);
  }

  #deliveredEverywhere(): number {
    return Math.min(...[...this.#attachments.keys()].map((chainId) => this.#delivered.get(chainId) ?? 0));
  }

  /**
   * Opens a new epoch when the present one is about to end, while mirrors can still follow it, or has ended already, as
   * it has when a test lets much time pass at once.
   */
  async #renewEpoch(): Promise<void> {
    const [home, ...mirrors] = [...this.#attachments.values()];
    let now = 0n;
    for (const { served } of this.#attachments.values()) {
      const time = (await served.chain.latestTimestamp()) + 1n;
      if (time > now) now = time;
    }
    if (this.committee.isLive(now) && this.committee.isLive(now + RENEWAL_LEAD)) return;
    // A mirror's clock may be ahead; epochs are the home chain's to open.
    await reach(home!.served.chain, now - 1n);
    const epoch = await this.committee.openEpoch(keeper(this.committee, this.#stores));
    this.#adopt(epoch);
    for (const { served, account } of mirrors) {
      const { fromEpoch, signature } = epoch.rotation!;
      await reach(served.chain, epoch.committee.validFrom);
      await account.call(served.committees, "follow", [
        fromEpoch,
        epoch.committee,
        epoch.operators,
        hexlify(signature),
      ]);
    }
  }

  #adopt(epoch: ActivatedEpoch): void {
    for (const [i, { operator }] of this.committee.members.entries()) {
      this.#keys[i]!.set(epoch.committee.epoch, epoch.keys.get(operator.address.toLowerCase())!);
    }
  }
}

/** A store of a node's own: in the cloud's folder if it has one, else in memory. */
async function openStore(
  { directory }: EmbeddedCloudOptions,
  folderOf: (directory: string, node: number) => string,
  node: number,
): Promise<KeyValueStore> {
  return directory === undefined ? new MemoryStore() : LevelStore.open(folderOf(directory, node));
}

/** Seconds before the end of an epoch at which the next is opened; the registry allows three hours. */
const RENEWAL_LEAD = 7_200n;

/** Lets a simulated chain's clock, which knows nothing of another's, reach `time` (Unix seconds). */
async function reach(chain: EvmChain, time: bigint): Promise<void> {
  if ((await chain.latestTimestamp()) >= time) return;
  try {
    await chain.rpc("evm_setNextBlockTimestamp", toQuantity(time));
    await chain.rpc("hardhat_mine", "0x1");
  } catch (error) {
    // Somebody else's block may have come first, with a time that is no earlier.
    if ((await chain.latestTimestamp()) < time) throw error;
  }
}

/** What the cloud needs of a chain on which the suite has just been deployed. */
async function attachmentOf(
  chain: EvmChain,
  { cloudId, parts, deployedAt }: Pick<Foundation, "cloudId" | "parts" | "deployedAt">,
  isHome: boolean,
): Promise<Attachment> {
  const addresses = {
    committees: parts.get(isHome ? "CommitteeRegistry" : "CommitteeMirror")!,
    gateway: parts.get("NexusGateway")!,
    outbox: parts.get("NexusOutbox")!,
    checkpoints: parts.get("StateCheckpoints")!,
    subscriptions: parts.get("NexusSubscriptions")!,
  };
  const served = servedChain(chain, addresses, { isHome, deployedAt, isDevelopment: true });
  const account = await DevelopmentAccount.open(chain, "relayer");
  return {
    served,
    account,
    parts,
    relayer: new Relayer(served, cloudId, account.address, {
      poll: 20,
      bump: 5_000,
      mine: async () => void (await chain.rpc("hardhat_mine", "0x1")),
    }),
  };
}
