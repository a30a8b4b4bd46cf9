/** Operators of one cloud, each with the part of a node that sees it through its epochs, in one process beside one chain. */
import { join } from "node:path";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { concatBytes } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { getBytes, hexlify } from "ethers";

import { DevelopmentAccount } from "../../../../plugin/chain/development-account.ts";
import { EvmChain, EvmContract } from "../../../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import * as digests from "../../../../plugin/contracts/digests.ts";
import { AccountSender } from "../../../../plugin/cloud/chains/account-sender.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { DkgParticipant, type DkgResult } from "../../../../plugin/cloud/dkg/participant.ts";
import { keyGenerationSession, type Session } from "../../../../plugin/cloud/dkg/session.ts";
import type { Gossip } from "../../../../plugin/cloud/engines/gossip.ts";
import { Heard } from "../../../../plugin/cloud/engines/heard.ts";
import { JointSigning } from "../../../../plugin/cloud/engines/joint-signing.ts";
import { Keystore } from "../../../../plugin/cloud/keystore/keystore.ts";
import type { RunningCeremony } from "../../../../plugin/cloud/live/ceremonies.ts";
import { EpochDuties } from "../../../../plugin/cloud/live/epoch-duties.ts";
import { KeyRing } from "../../../../plugin/cloud/live/key-ring.ts";
import { RegistryView, type Selection } from "../../../../plugin/cloud/live/registry-view.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { seeded, type Seeded } from "../../../seeded.ts";
import { homeChain, type HomeChain } from "./home-chain.ts";

export const FINALITY = 1;
export const SIZE = 4;
export const THRESHOLD = 3;
/** Milliseconds of the test's clock. */
export const TURN = 10_000;
export const WINDOW = 3_600n;
const STAKE = 100n * 10n ** 18n;

/** Where ceremonies of nodes of this process take place: once everybody is there, all messages reach all. */
class Hall {
  /** How many of a committee are not coming. */
  absent = 0;
  readonly #rooms = new Map<string, Room>();

  join(selection: Selection, cloudId: string, identitySecret: Uint8Array, seed: Uint8Array): RunningCeremony {
    const { epoch, deadline, identityKeys } = selection;
    const name = `${epoch} ${deadline}`;
    const room = this.#rooms.get(name) ?? { seats: new Map<string, Seat>(), phases: [] };
    this.#rooms.set(name, room);
    const session = keyGenerationSession({
      suite: bn254,
      cloudId: getBytes(cloudId),
      epoch,
      attempt: 0,
      threshold: THRESHOLD,
      members: identityKeys.map(({ publicKey }) => publicKey),
    });
    let leave = (): void => undefined;
    const result = new Promise<DkgResult>((resolve) => {
      const seat = { session, identitySecret, seed, resolve };
      room.seats.set(hexlify(identitySecret), seat);
      leave = () =>
        void (room.seats.get(hexlify(identitySecret)) === seat && room.seats.delete(hexlify(identitySecret)));
    });
    if (room.phases.length > 0) replay(room, room.seats.get(hexlify(identitySecret))!);
    else if (room.seats.size >= SIZE - this.absent) play(room);
    return { result: () => result, stop: async () => leave() };
  }
}

interface Seat {
  readonly session: Session;
  readonly identitySecret: Uint8Array;
  readonly seed: Uint8Array;
  readonly resolve: (result: DkgResult) => void;
}

interface Room {
  readonly seats: Map<string, Seat>;
  /** All messages of each phase, once it took place. */
  readonly phases: Uint8Array[][];
}

/** A member's part; all of its randomness comes from its seed. */
function participantOf({ session, identitySecret, seed }: Seat): DkgParticipant {
  let counter = 0;
  const random = (length: number): Uint8Array => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () =>
      keccak_256(concatBytes(seed, session.id, Uint8Array.of(counter >> 8, counter++ & 255))),
    );
    return concatBytes(...blocks).slice(0, length);
  };
  return new DkgParticipant({ session, identitySecret, random });
}

function play(room: Room): void {
  const seats = [...room.seats.values()];
  const participants = seats.map(participantOf);
  let sent = participants.flatMap((participant) => participant.start());
  while (participants.some(({ phase }) => phase !== "done")) {
    room.phases.push(sent);
    for (const message of sent) for (const participant of participants) participant.receive(message);
    sent = participants.flatMap((participant) => participant.endPhase());
  }
  for (const [i, participant] of participants.entries()) seats[i]!.resolve(participant.result());
}

/** What a node that comes back sees of a ceremony that has taken place. */
function replay(room: Room, seat: Seat): void {
  const participant = participantOf(seat);
  participant.start();
  for (const messages of room.phases) {
    for (const message of messages) participant.receive(message);
    participant.endPhase();
  }
  seat.resolve(participant.result());
}

export class EpochNode {
  readonly account: DevelopmentAccount;
  readonly identity: Uint8Array;
  readonly publicKey: Uint8Array;
  /** What runs of it, if it does. */
  duties: EpochDuties | undefined;
  ring: KeyRing | undefined;
  view: RegistryView | undefined;
  readonly complaints: string[] = [];
  #heard = new Heard();
  #joint: JointSigning | undefined;
  readonly #cloud: EpochCloud;
  readonly #keystore: Keystore;

  constructor(cloud: EpochCloud, account: DevelopmentAccount, identity: Uint8Array, keystore: Keystore) {
    this.#cloud = cloud;
    this.account = account;
    this.identity = identity;
    this.publicKey = new IdentitySecret(identity).publicKey;
    this.#keystore = keystore;
  }

  /** Begins as a new process would. @param reading how it reads the chain */
  async start(reading: EvmChain = this.#cloud.home.chain): Promise<void> {
    const { registry, cloudId, hall, clock, unixTime } = this.#cloud;
    const { address } = this.account;
    const chain = this.#cloud.chain();
    const complain = (what: string, error: unknown): void =>
      void this.complaints.push(`${what}: ${(error as Error).message}`);
    this.view = await RegistryView.open({ chain: reading, finality: FINALITY, registry, cloudId });
    this.ring = await KeyRing.open(this.#keystore, bn254);
    this.#heard = new Heard();
    let now = BigInt(Date.now());
    const voice = {
      say: async (gossip: Gossip): Promise<void> => this.#cloud.tell(this, gossip),
      now: () => now++,
    };
    const joint = (this.#joint = new JointSigning(this.#heard, voice, { complain }));
    this.duties = new EpochDuties({
      view: this.view,
      ring: this.ring,
      account: {
        sender: new AccountSender(chain, address),
        operator: address,
        turn: TURN,
        clock,
        progress: () => undefined,
        complain,
      },
      identity: { secret: this.identity, publicKey: this.publicKey },
      startCeremony: async (selection, seed) => hall.join(selection, cloudId, this.identity, seed),
      signTogether: (...asked) => joint.sign(...asked),
      linger: 60_000,
      unixTime,
    });
  }

  /** Forgets all that is not on the disk or the chain. */
  async crash(): Promise<void> {
    await this.duties?.stop();
    this.duties = this.ring = this.view = this.#joint = undefined;
  }

  hear(gossip: Gossip): void {
    if (gossip.kind !== "partial" || this.#joint === undefined) return;
    this.#heard.addPartial(gossip, gossip.time, gossip.digest, gossip.signature);
    this.#joint.renewNews();
  }

  /** Names of what its keystore has. */
  names(): Promise<string[]> {
    return this.#keystore.names();
  }
}

export class EpochCloud {
  readonly home: HomeChain;
  readonly registry: EvmContract;
  readonly cloudId: string;
  readonly nodes: EpochNode[] = [];
  readonly hall = new Hall();
  /** Methods of the transactions that nodes sent, in order. */
  readonly sent: string[] = [];
  /** Whether what nodes sign together reaches others. */
  gossips = true;
  /** Called before and after each transaction is sent; what it throws is the end of the sender. */
  interrupt: (when: "before" | "after") => void = () => undefined;
  #now = 0;
  readonly clock = (): number => this.#now;
  /** The time of all machines, Unix seconds: the home chain's, unless they are told to stand. */
  machinesStand = false;
  #unixTime = 0n;
  readonly unixTime = (): bigint => this.#unixTime;

  private constructor(home: HomeChain, cloudId: string) {
    this.home = home;
    this.registry = home.contract("CommitteeRegistry");
    this.cloudId = cloudId;
  }

  /** A cloud of four with candidates that have never had a committee. @param folder for keystores */
  static async found(folder: string, candidates: number, random: Seeded): Promise<EpochCloud> {
    const home = await homeChain(FINALITY);
    const { chain, account } = home;
    const [registry, staking, token] = ["CommitteeRegistry", "NexusStaking", "DevelopmentToken"].map((name) =>
      home.contract(name),
    ) as [EvmContract, EvmContract, EvmContract];
    await account.call(registry, "createCloud", [
      {
        size: SIZE,
        threshold: THRESHOLD,
        scheme: 0,
        epochLength: 30n * 86_400n,
        confirmationWindow: WINDOW,
        minStake: STAKE,
        prices: { perRequest: 0n, perFuel: 0n, perByte: 0n },
      },
    ]);
    const cloudId = hexlify(digests.cloud(chain.chainId, registry.address, account.address, 0n));
    const cloud = new EpochCloud(home, cloudId);
    for (let i = 0; i < candidates; i++) {
      const operator = await DevelopmentAccount.open(chain, `candidate ${i}`);
      const identity = random.bytes(32);
      await operator.call(token, "mint", [operator.address, STAKE]);
      await operator.call(token, "approve", [staking.address, STAKE]);
      await operator.call(staking, "register", [0]);
      await operator.call(staking, "delegate", [operator.address, STAKE, 0]);
      const digest = digests.identity(chain.chainId, registry.address, operator.address);
      const publicKey = secp256k1.getPublicKey(identity, false).subarray(1);
      const proof = new IdentitySecret(identity).signDigest(digest);
      await operator.call(registry, "registerNode", [publicKey, proof]);
      await operator.call(registry, "joinCloud", [cloudId]);
      const keystore = await Keystore.create(join(folder, `keys-${i}`), "correct horse");
      cloud.nodes.push(new EpochNode(cloud, operator, identity, keystore));
    }
    await home.mine(FINALITY);
    return cloud;
  }

  /** The chain as a node reaches it: what it sends is noted. */
  chain(): EvmChain {
    const { chain } = this.home;
    const request = async (args: { method: string; params?: unknown[] }): Promise<unknown> => {
      if (args.method !== "eth_sendTransaction") return chain.request(args);
      this.interrupt("before");
      const { data } = args.params![0] as { data: string };
      const hash = await chain.request(args);
      const contracts = [this.registry, ...["LivenessChallenges", "EquivocationSlashing"].map(abiOf)];
      const method = contracts.map(({ abi }) => abi.parseTransaction({ data })?.name).find(Boolean)!;
      this.sent.push(method);
      this.interrupt("after");
      return hash;
    };
    return new EvmChain({ request }, chain.chainId, FINALITY);
  }

  tell(sender: EpochNode, gossip: Gossip): void {
    if (this.gossips) for (const node of this.nodes) if (node !== sender) node.hear(gossip);
  }

  /** Lets nodes that run look at the chain and take their steps, and the chain and the clock go on a little. */
  async round(nodes: readonly EpochNode[] = this.nodes): Promise<void> {
    if (!this.machinesStand) this.#unixTime = await this.home.chain.latestTimestamp();
    for (const node of nodes) {
      await node.view!.refresh();
      await node.duties!.step().catch((error: unknown) => node.complaints.push(String(error)));
    }
    // What was begun beside the steps, such as writing a key.
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.#now += 1_000;
    await this.home.mine(1);
  }

  /** Rounds until `met` holds. @throws Error when it does not for long */
  async until(
    met: () => boolean | Promise<boolean>,
    nodes: readonly EpochNode[] = this.nodes,
  ): Promise<void> {
    for (let i = 0; i < 150; i++) {
      if (await met()) return;
      await this.round(nodes);
    }
    throw new Error(`It does not come to it: ${nodes.flatMap(({ complaints }) => complaints).join("\n")}`);
  }

  /** The newest active epoch. */
  async current(): Promise<bigint> {
    return (await this.home.chain.read(this.registry, "currentEpoch", this.cloudId))[0] as bigint;
  }

  /** The nodes of an active epoch's committee, in its order. */
  async members(epoch: bigint): Promise<EpochNode[]> {
    const [operators] = await this.home.chain.read(this.registry, "members", this.cloudId, epoch);
    return [...(operators as string[])].map((address) => this.#of(address));
  }

  #of(address: string): EpochNode {
    return this.nodes.find(({ account }) => account.address.toLowerCase() === address.toLowerCase())!;
  }
}

const abiOf = (name: string): EvmContract => new EvmContract("0x", loadArtifact(name).abi);

export const randomOf = (seed: string): Seeded => seeded(seed);
