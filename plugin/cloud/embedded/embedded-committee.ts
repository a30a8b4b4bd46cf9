import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { getBytes, hexlify, toQuantity } from "ethers";

import type { Suite } from "../../crypto/bls/suite.ts";
import { EvmContract, type EvmChain } from "../../chain/evm-chain.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import * as digests from "../../contracts/digests.ts";
import { confirm } from "../dkg/confirmation.ts";
import { IdentitySecret } from "../dkg/identity.ts";
import { keyGenerationSession, type SessionParameters } from "../dkg/session.ts";
import {
  Phase,
  publicCommittee,
  RegistryReader,
  type CommitteeStruct,
  type PendingEpoch,
} from "../node/registry.ts";
import type { EpochKey, PublicCommittee } from "../node/signatures.ts";
import { combine } from "../../crypto/threshold/combine.ts";
import { partialSign } from "../../crypto/threshold/partial-sign.ts";
import type { RandomSource } from "../../crypto/threshold/polynomial.ts";
import { DevelopmentAccount } from "../../chain/development-account.ts";
import { runKeyCeremony } from "./key-ceremony.ts";

/** Contracts of the home chain that the committee is founded with. */
export interface HomeContracts {
  readonly staking: EvmContract;
  readonly token: EvmContract;
  readonly registry: EvmContract;
}

/** What a cloud asks for its work, in wei; see `Prices` in ICommittees.sol. */
export interface Prices {
  readonly perRequest: bigint;
  readonly perFuel: bigint;
  readonly perByte: bigint;
}

/** Form of the cloud to found. */
export interface CloudForm {
  /** n, from 1 to 128. */
  readonly size: number;
  readonly suite: Suite;
  readonly prices: Prices;
}

/** A member: an operator on the chain, and its node's identity. */
export interface Member {
  readonly operator: DevelopmentAccount;
  readonly identitySecret: Uint8Array;
}

/** An epoch that has become active on the home chain. */
export interface ActivatedEpoch {
  readonly committee: CommitteeStruct;
  /** Operators in committee order. */
  readonly operators: readonly string[];
  /** The old committee's signature over the rotation, for mirrors; undefined for the first epoch. */
  readonly rotation: { readonly fromEpoch: bigint; readonly signature: Uint8Array } | undefined;
  /** Each member's key, by operator address. */
  readonly keys: ReadonlyMap<string, EpochKey>;
}

const STAKE = 100n * 10n ** 18n;
const EPOCH_SECONDS = 30n * 86_400n;

/** t = 2f + 1 of n, f = ⌊(n − 1) / 3⌋, and more where that is not more than two thirds of n. */
export function thresholdOf(size: number): number {
  return Math.floor((2 * size) / 3) + 1;
}

/**
 * The committee of an embedded cloud, on a development chain: it stakes, registers, generates keys and rotates as any
 * other does, through the same contracts and messages. Its secrets come from a public seed, so that runs repeat: they
 * vouch for nothing outside tests.
 */
export class EmbeddedCommittee {
  readonly cloudId: string;
  readonly members: readonly Member[];
  readonly suite: Suite;
  readonly #chain: EvmChain;
  readonly #registry: EvmContract;
  readonly #reader: RegistryReader;
  readonly #account: DevelopmentAccount;
  #active: ActivatedEpoch | undefined;
  #challenges: EvmContract | undefined;
  readonly #committees = new Map<bigint, PublicCommittee>();

  private constructor(
    cloudId: string,
    members: readonly Member[],
    suite: Suite,
    registry: EvmContract,
    account: DevelopmentAccount,
  ) {
    this.cloudId = cloudId;
    this.members = members;
    this.suite = suite;
    this.#chain = account.chain;
    this.#registry = registry;
    this.#reader = new RegistryReader(account.chain, registry, cloudId);
    this.#account = account;
  }

  /** Stakes and registers the operators, and creates their cloud. Its first epoch is still to be opened. */
  static async found(
    account: DevelopmentAccount,
    { staking, token, registry }: HomeContracts,
    { size, suite, prices }: CloudForm,
  ): Promise<EmbeddedCommittee> {
    const { chain } = account;
    const nonce = (await chain.read(registry, "cloudCount", account.address))[0] as bigint;
    const cloudId = hexlify(digests.cloud(chain.chainId, registry.address, account.address, nonce));
    const parameters = {
      size,
      threshold: thresholdOf(size),
      scheme: suite.id,
      epochLength: EPOCH_SECONDS,
      confirmationWindow: 3_600n,
      minStake: STAKE,
      prices,
    };
    await account.call(registry, "createCloud", [parameters]);
    const members = await openMembers(chain, size);
    for (const { operator, identitySecret } of members) {
      await operator.call(token, "mint", [operator.address, STAKE]);
      await operator.call(token, "approve", [staking.address, STAKE]);
      await operator.call(staking, "register", [0]);
      await operator.call(staking, "delegate", [operator.address, STAKE, 0]);
      const proof = new IdentitySecret(identitySecret).signDigest(
        digests.identity(chain.chainId, registry.address, operator.address),
      );
      const publicKey = secp256k1.getPublicKey(identitySecret, false).subarray(1);
      await operator.call(registry, "registerNode", [publicKey, proof]);
      await operator.call(registry, "joinCloud", [cloudId]);
    }
    return new EmbeddedCommittee(cloudId, members, suite, registry, account);
  }

  /**
   * A committee that was founded before. Which epoch is active, the chain says.
   *
   * @param keyOf a node's own key of an epoch; nodes count from 0
   * @throws when the active committee has another size, or a node has no key
   */
  static async resume(
    account: DevelopmentAccount,
    registry: EvmContract,
    cloudId: string,
    { size, suite }: CloudForm,
    keyOf: (node: number, epoch: bigint) => EpochKey | undefined,
  ): Promise<EmbeddedCommittee> {
    const members = await openMembers(account.chain, size);
    const resumed = new EmbeddedCommittee(cloudId, members, suite, registry, account);
    const { committee, operators } = (await resumed.#readEpoch(await resumed.#reader.currentEpoch()))!;
    for (let epoch = 1n; epoch < committee.epoch; epoch++) await resumed.#readEpoch(epoch);
    if (operators.length !== size) {
      throw new Error(`The cloud has ${operators.length} nodes, and ${size} are configured.`);
    }
    const keys = new Map<string, EpochKey>();
    for (const [i, { operator }] of members.entries()) {
      const key = keyOf(i, committee.epoch);
      if (key === undefined) throw new Error(`Node ${i + 1} has lost its key of epoch ${committee.epoch}.`);
      keys.set(operator.address.toLowerCase(), key);
    }
    resumed.restore({ committee, operators, rotation: undefined, keys });
    return resumed;
  }

  /** The epoch that is active; undefined before the first. */
  get active(): ActivatedEpoch | undefined {
    return this.#active;
  }

  /** The committees of all epochs that became active, as the registry has them. */
  get committees(): ReadonlyMap<bigint, PublicCommittee> {
    return this.#committees;
  }

  /** Goes back to an epoch that was active before. */
  restore(epoch: ActivatedEpoch): void {
    this.#active = epoch;
    for (const later of [...this.#committees.keys()]) {
      if (later > epoch.committee.epoch) this.#committees.delete(later);
    }
  }

  /** Whether the active epoch's signatures are accepted at `time` (Unix seconds). */
  isLive(time: bigint): boolean {
    const committee = this.#active?.committee;
    return committee !== undefined && committee.validFrom <= time && time < committee.validUntil;
  }

  /**
   * Takes the committee through a whole epoch change: selection, key ceremony, confirmation, and the rotation signed by the
   * old key or, when that has lapsed, recovery.
   * A change that a process left half done, wherever it ended, is taken up there: the ceremony's randomness comes from
   * the epoch, so that its repetition gives the keys that some members have confirmed already.
   *
   * @param keep is given each operator's key of the new epoch, to be kept before anything is confirmed
   */
  async openEpoch(
    keep: (epoch: bigint, keys: ReadonlyMap<string, EpochKey>) => Promise<void>,
  ): Promise<ActivatedEpoch> {
    const pending = await this.#selectCommittee();
    const { epoch, phase, members: operators, membersHash, confirmed } = pending;
    const secrets = [...operators].map((address) => this.#member(address).identitySecret);
    const results = this.#runCeremony(epoch, secrets);

    const registry = this.#registry.address;
    const context = { chainId: this.#chain.chainId, registry, cloudId: this.cloudId, epoch, membersHash };
    const keys = new Map<string, EpochKey>();
    for (const [i, { key, share }] of results.entries()) {
      if (share === undefined)
        throw new Error(`Member ${i + 1} came out of the key ceremony without a share.`);
      keys.set(operators[i]!.toLowerCase(), { group: key, share });
    }
    await keep(epoch, keys);
    for (const [i, { key, share }] of results.entries()) {
      // With t confirmations the epoch is ready, and the registry asks for no more.
      if (i >= key.threshold || phase === Phase.Ready || ((confirmed >> BigInt(i)) & 1n) === 1n) continue;
      await this.#account.call(this.#registry, "confirm", [
        this.cloudId,
        confirm(context, key, share!, secrets[i]!),
      ]);
    }
    const rotation = await this.#rotate(pending, keys);
    this.#active = { ...(await this.#readEpoch(epoch))!, rotation, keys };
    return this.#active;
  }

  /** Shows that the committee can still sign, if anybody challenged it: one that does not answer may be unseated. */
  async answerChallenge(): Promise<void> {
    const active = this.#active;
    if (active === undefined) return;
    this.#challenges ??= new EvmContract(
      (await this.#chain.read(this.#registry, "challenges"))[0] as string,
      loadArtifact("LivenessChallenges").abi,
    );
    const [challenge] = await this.#chain.read(this.#challenges, "challengeOf", this.cloudId);
    const { epoch, answerBy, number } = challenge as Record<"epoch" | "answerBy" | "number", bigint>;
    if (answerBy === 0n || epoch !== active.committee.epoch) return;
    const digest = digests.liveness(
      this.#chain.chainId,
      this.#challenges.address,
      this.cloudId,
      epoch,
      number,
    );
    const signature = hexlify(this.#signTogether(active, digest));
    await this.#account.call(this.#challenges, "answerChallenge", [this.cloudId, signature]);
  }

  /** Brings the next epoch, from whatever phase it is in, to where its members are known. */
  async #selectCommittee(): Promise<PendingEpoch> {
    const call = (method: string): Promise<unknown> =>
      this.#account.call(this.#registry, method, [this.cloudId]);
    for (;;) {
      const pending = await this.#reader.pending();
      const { phase, seedBlock, deadline, validUntil } = pending;
      if (phase === Phase.None) await call("openEpoch");
      else if (phase === Phase.Opened) {
        const next = (await this.#chain.head()) + 1n;
        // The seed is the hash of a block a little ahead, which contracts know for 256 blocks.
        if (next > seedBlock + 256n) await call("openEpoch");
        else if (next > seedBlock) await call("selectCommittee");
        else await this.#chain.rpc("hardhat_mine", toQuantity(seedBlock + 1n - next));
      } else {
        const now = (await this.#chain.latestTimestamp()) + 1n;
        if (now < (phase === Phase.Ready ? validUntil : deadline)) return pending;
        await call("abandonEpoch");
      }
    }
  }

  async #readEpoch(epoch: bigint): Promise<Pick<ActivatedEpoch, "committee" | "operators"> | undefined> {
    const committee = await this.#reader.committee(epoch);
    if (committee === undefined) return undefined;
    this.#committees.set(epoch, publicCommittee(this.suite, committee));
    return { committee, operators: await this.#reader.operators(epoch) };
  }

  #runCeremony(epoch: bigint, secrets: readonly Uint8Array[]) {
    const parameters: SessionParameters = {
      suite: this.suite,
      cloudId: getBytes(this.cloudId),
      epoch,
      attempt: 0,
      threshold: thresholdOf(secrets.length),
      members: secrets.map((secret) => new IdentitySecret(secret).publicKey),
    };
    const random = seededRandom(concatBytes(getBytes(this.cloudId), utf8ToBytes(`epoch ${epoch}`)));
    return runKeyCeremony(keyGenerationSession(parameters), secrets, random);
  }

  /** Has the old committee sign the rotation; on the home chain it counts only while the old epoch is live. */
  async #rotate(
    pending: PendingEpoch,
    keys: ReadonlyMap<string, EpochKey>,
  ): Promise<ActivatedEpoch["rotation"]> {
    const previous = this.#active;
    if (previous === undefined) return undefined;
    const { group } = keys.get(pending.members[0]!.toLowerCase())!;
    const fromEpoch = previous.committee.epoch;
    const digest = digests.rotation(
      this.cloudId,
      fromEpoch,
      pending.epoch,
      pending.validFrom,
      pending.validUntil,
      pending.members.length,
      group.threshold,
      group.groupPublicKey,
      pending.membersHash,
    );
    const signature = this.#signTogether(previous, digest);
    const current = await this.#reader.currentEpoch();
    // A lapsed committee cannot rotate: the new one became active with its last confirmation, or is made active now.
    if (current !== pending.epoch) {
      const live = this.isLive((await this.#chain.latestTimestamp()) + 1n);
      await (live
        ? this.#account.call(this.#registry, "rotate", [this.cloudId, signature])
        : this.#account.call(this.#registry, "activate", [this.cloudId]));
    }
    return { fromEpoch, signature };
  }

  #signTogether(epoch: ActivatedEpoch, digest: Uint8Array): Uint8Array {
    const signers = [...epoch.keys.values()];
    const partials = signers.map(({ share }) => partialSign(this.suite, share, digest));
    return combine(signers[0]!.group, digest, partials).signature;
  }

  #member(address: string): Member {
    const member = this.members.find(
      ({ operator }) => operator.address.toLowerCase() === address.toLowerCase(),
    );
    if (member === undefined) throw new Error(`The embedded cloud has no operator ${address}.`);
    return member;
  }
}

async function openMembers(chain: EvmChain, size: number): Promise<Member[]> {
  const members: Member[] = [];
  for (let i = 1; i <= size; i++) {
    const operator = await DevelopmentAccount.open(chain, `operator ${i}`);
    members.push({ operator, identitySecret: keccak_256(utf8ToBytes(`Nexus embedded identity ${i}`)) });
  }
  return members;
}

/** A stream of bytes that a seed determines: keccak256(seed ‖ counter), one block after the other. */
function seededRandom(seed: Uint8Array): RandomSource {
  let counter = 0;
  return (length) => {
    const blocks: Uint8Array[] = [];
    for (let size = 0; size < length; size += 32) {
      blocks.push(keccak_256(concatBytes(seed, utf8ToBytes(` ${counter++}`))));
    }
    return concatBytes(...blocks).slice(0, length);
  };
}
