/**
 * A registry with real operators on a simulated chain, and what it takes to walk one of its clouds through epochs with
 * real keys: secp256k1 identities, and BLS key shares of a random polynomial in place of a key generation.
 */
import {
  concat,
  hexlify,
  keccak256,
  SigningKey,
  toBeHex,
  toUtf8Bytes,
  type BaseContract,
  type ContractTransactionReceipt,
} from "ethers";
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import type { Suite } from "../../../plugin/crypto/bls/suite.ts";
import { suiteById } from "../../../plugin/crypto/bls/suites.ts";
import * as digests from "../../../plugin/contracts/digests.ts";
import type { CommitteeRegistry } from "../../../types/ethers-contracts/committee/CommitteeRegistry.ts";
import { seeded } from "../../seeded.ts";

export const MIN_STAKE = 100n;
export const EPOCH_LENGTH = 86_400n;
export const WINDOW = 3_600n;
const SEED_DELAY = 4;

/** A group key and the shares of its secret: share i belongs to the member at position i. */
export interface Keys {
  readonly groupKey: Uint8Array;
  readonly shares: readonly bigint[];
  readonly threshold: number;
}

/** Deals a secret with `threshold` of `size`: Shamir's scheme over the suite's scalar field, x = position + 1. */
export function deal(suite: Suite, size: number, threshold: number, seed: string): Keys {
  const random = seeded(seed);
  const polynomial = Array.from({ length: threshold }, () => random.scalar(suite.fr.ORDER));
  const { fr } = suite;
  const shares = Array.from({ length: size }, (_, i) =>
    polynomial.reduceRight((sum, c) => fr.add(fr.mul(sum, BigInt(i + 1)), c), 0n),
  );
  return { groupKey: suite.publicKey(polynomial[0]!), shares, threshold };
}

/** The group signature of `digest` from the partial signatures of the members at `positions`. */
export function signTogether(
  suite: Suite,
  keys: Keys,
  positions: readonly number[],
  digest: Uint8Array,
): Uint8Array {
  const { fr, g1 } = suite;
  const partials = positions.map((i) => g1.decode(suite.sign(keys.shares[i]!, digest)));
  const coefficients = positions.map((i) =>
    positions
      .filter((j) => j !== i)
      .reduce(
        (product, j) => fr.mul(product, fr.div(BigInt(j + 1), fr.sub(BigInt(j + 1), BigInt(i + 1)))),
        1n,
      ),
  );
  return g1.encode(g1.linearCombination(partials, coefficients));
}

/** A deployed registry with `count` candidates of one cloud; operator i has the stake `stake(i)`. */
export class Ceremony {
  readonly ethers: HardhatEthers;
  readonly chainId: bigint;
  readonly suite: Suite;
  readonly registry: CommitteeRegistry;
  readonly cloudId: string;
  readonly size: number;
  readonly threshold: number;
  /** The table of stakes. */
  readonly staking: BaseContract;
  readonly #identities = new Map<string, SigningKey>();

  private constructor(
    fields: Pick<Ceremony, "ethers" | "chainId" | "suite" | "registry" | "cloudId" | "size" | "threshold">,
    staking: BaseContract,
  ) {
    this.ethers = fields.ethers;
    this.chainId = fields.chainId;
    this.suite = fields.suite;
    this.registry = fields.registry;
    this.cloudId = fields.cloudId;
    this.size = fields.size;
    this.threshold = fields.threshold;
    this.staking = staking;
  }

  static async start(
    ethers: HardhatEthers,
    options: { scheme: 0 | 1; size: number; candidates: number; stake: (i: number) => bigint },
  ): Promise<Ceremony> {
    const { scheme, size, candidates, stake } = options;
    const threshold = Math.floor((2 * size) / 3) + 1;
    const staking = await ethers.deployContract("StakeTable");
    const verifiers: string[] = [ethers.ZeroAddress, ethers.ZeroAddress];
    verifiers[scheme] = await (
      await ethers.deployContract(scheme === 0 ? "Bn254Verifier" : "Bls12381Verifier")
    ).getAddress();
    const registry = await ethers.deployContract("CommitteeRegistry", [staking, verifiers, 0]);
    const [creator] = await ethers.getSigners();
    const { chainId } = await ethers.provider.getNetwork();
    const cloudId = hexlify(digests.cloud(chainId, await registry.getAddress(), creator!.address, 0n));
    await registry.createCloud({
      size,
      threshold,
      scheme,
      epochLength: EPOCH_LENGTH,
      confirmationWindow: WINDOW,
      minStake: MIN_STAKE,
      prices: { perRequest: 0, perFuel: 0, perByte: 0 },
    });
    const fields = { ethers, chainId, suite: suiteById(scheme), registry, cloudId, size, threshold };
    const ceremony = new Ceremony(fields, staking);
    for (let i = 0; i < candidates; i++) {
      const operator = await ceremony.register(i, stake(i));
      await registry.connect(operator).joinCloud(cloudId);
    }
    return ceremony;
  }

  /** Makes operator `i`: an account with stake and a node. */
  async register(i: number, stake: bigint): Promise<HardhatEthersSigner> {
    const { ethers, registry } = this;
    const operator = ethers.getAddress(toBeHex(0x10000 + i, 20));
    await ethers.provider.send("hardhat_impersonateAccount", [operator]);
    await ethers.provider.send("hardhat_setBalance", [operator, "0xde0b6b3a7640000"]);
    const signer = await ethers.getSigner(operator);
    const identity = new SigningKey(keccak256(toUtf8Bytes(`identity ${i}`)));
    const proof = identity.sign(
      digests.identity(this.chainId, await registry.getAddress(), operator),
    ).serialized;
    await this.staking.getFunction("setStake")(operator, stake);
    await registry.connect(signer).registerNode(`0x${identity.publicKey.slice(4)}`, proof);
    this.#identities.set(operator, identity);
    return signer;
  }

  /** Opens the next epoch and selects its committee; the receipts of both. */
  async select(): Promise<{ opened: ContractTransactionReceipt; selected: ContractTransactionReceipt }> {
    const opened = await (await this.registry.openEpoch(this.cloudId)).wait();
    await this.ethers.provider.send("hardhat_mine", [toBeHex(SEED_DELAY)]);
    const selected = await (await this.registry.selectCommittee(this.cloudId)).wait();
    return { opened: opened!, selected: selected! };
  }

  /** Confirms `keys` in the name of the members at `positions`; the gas of each. */
  async confirm(keys: Keys, positions: readonly number[]): Promise<bigint[]> {
    const pending = await this.registry.pendingEpoch(this.cloudId);
    const gas: bigint[] = [];
    for (const index of positions) {
      const secret = keys.shares[index]!;
      const shareKey = this.suite.publicKey(secret);
      const digest = digests.confirmation(
        this.chainId,
        await this.registry.getAddress(),
        this.cloudId,
        pending.epoch,
        pending.membersHash,
        keys.groupKey,
        shareKey,
      );
      const transaction = await this.registry.confirm(this.cloudId, {
        epoch: pending.epoch,
        index,
        groupKey: keys.groupKey,
        shareKey,
        identitySignature: this.#identities.get(pending.members[index]!)!.sign(digest).serialized,
        possession: this.suite.provePossession(secret, digest),
      });
      gas.push((await transaction.wait())!.gasUsed);
    }
    return gas;
  }

  /** What the committee of `from` has to sign for the epoch that is ready. */
  async rotationDigest(from: bigint): Promise<Uint8Array> {
    const next = await this.registry.pendingEpoch(this.cloudId);
    return digests.rotation(
      this.cloudId,
      from,
      next.epoch,
      next.validFrom,
      next.validUntil,
      this.size,
      this.threshold,
      next.groupKey,
      next.membersHash,
    );
  }

  /** Moves the chain's clock to `time`. */
  async warp(time: bigint): Promise<void> {
    await this.ethers.provider.send("evm_setNextBlockTimestamp", [toBeHex(time)]);
    await this.ethers.provider.send("evm_mine", []);
  }
}

/** The committee that a seed draws from operators and stakes, computed plainly: one walk along the stakes per member. */
export function drawPlainly(
  seed: string,
  size: number,
  operators: readonly string[],
  stakes: readonly bigint[],
): string[] {
  const left = operators.map((operator, i) => ({ operator, stake: stakes[i]! }));
  return Array.from({ length: size }, (_, i) => {
    const total = left.reduce((sum, { stake }) => sum + stake, 0n);
    let r = BigInt(keccak256(concat([seed, toBeHex(i, 32)]))) % total;
    const index = left.findIndex(({ stake }) => (r -= stake) < 0n);
    return left.splice(index, 1)[0]!.operator;
  });
}
