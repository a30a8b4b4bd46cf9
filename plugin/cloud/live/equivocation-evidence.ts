import { hexlify, recoverAddress, ZeroAddress } from "ethers";

import { EvmContract } from "../../chain/evm-chain.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import * as digests from "../../contracts/digests.ts";
import type { Vote } from "../replication/engine.ts";
import type { Duty } from "./duty-sender.ts";
import type { RegistryView } from "./registry-view.ts";

/** Two votes of one member for different blocks of one height. */
export interface Equivocation {
  /** Of both blocks. */
  readonly epoch: bigint;
  readonly height: number;
  readonly votes: readonly [Vote, Vote];
}

/** Who voted twice, and what proves it. */
interface Charge extends Equivocation {
  readonly operator: string;
}

/**
 * What this node has seen members vote twice, until the slashing contract of the home chain has it. The contract counts whom it has caught in
 * an epoch, not how often, so the first evidence against an operator is enough.
 */
export class EquivocationEvidence {
  readonly #view: RegistryView;
  readonly #charges = new Map<string, Charge>();
  /** The contract that may slash the stakes, as enough endpoints say; null where there is none. */
  #slashing: EvmContract | null | undefined;

  constructor(view: RegistryView) {
    this.#view = view;
  }

  /** Takes evidence. @returns the operator that it is against; undefined when the voter was no member then, whose stake answers for nothing */
  add(equivocation: Equivocation): string | undefined {
    const { cloudId, epochs } = this.#view;
    const { epoch, height, votes } = equivocation;
    const active = epochs.get(epoch);
    if (active === undefined) return undefined;
    const [{ blockHash, signature }] = votes;
    const voter = recoverAddress(
      hexlify(digests.vote(cloudId, epoch, BigInt(height), blockHash)),
      signature,
    ).toLowerCase();
    const operator =
      active.operators[active.identities.findIndex(({ address }) => hexlify(address) === voter)];
    if (operator === undefined) return undefined;
    const name = `${epoch}/${operator.toLowerCase()}`;
    if (!this.#charges.has(name)) this.#charges.set(name, { ...equivocation, operator });
    return operator;
  }

  /** What is to be handed in yet, by the newest block. @throws Error when the chain cannot be asked */
  async duties(): Promise<Duty[]> {
    if (this.#charges.size === 0) return [];
    const { final, latest, cloudId } = this.#view;
    const slashing = await this.#contract();
    if (slashing === null) return [];
    const duties: Duty[] = [];
    for (const [name, charge] of this.#charges) {
      const { epoch, height, operator, votes } = charge;
      const charged = async (read: Promise<ReadonlyArray<unknown>>): Promise<boolean> =>
        ((await read)[0] as bigint) > 0n;
      const about = [cloudId, epoch, operator] as const;
      if (await charged(final.chain.readAt(this.#view.block, slashing, "chargedOf", ...about))) {
        this.#charges.delete(name);
        continue;
      }
      if (await charged(latest.chain.read(slashing, "chargedOf", ...about))) continue;
      const evidence = votes.map(({ blockHash, signature }) => ({ blockHash, signature }));
      duties.push({
        name: `report of ${operator.toLowerCase()} in epoch ${epoch}`,
        contract: slashing,
        method: "report",
        args: [cloudId, epoch, height, ...evidence],
        operators: this.#reporters(operator),
      });
    }
    return duties;
  }

  /** The current committee, without the one that it is against. */
  #reporters(accused: string): string[] {
    const { epochs, current } = this.#view;
    return (epochs.get(current)?.operators ?? []).filter(
      (one) => one.toLowerCase() !== accused.toLowerCase(),
    );
  }

  async #contract(): Promise<EvmContract | null> {
    if (this.#slashing !== undefined) return this.#slashing;
    const { block } = this.#view;
    const { chain, registry } = this.#view.final;
    const [staking] = await chain.readAt(block, registry, "staking");
    const kept = new EvmContract(staking as string, loadArtifact("NexusStaking").abi);
    const [slasher] = await chain.readAt(block, kept, "slasher");
    return (this.#slashing =
      slasher === ZeroAddress
        ? null
        : new EvmContract(slasher as string, loadArtifact("EquivocationSlashing").abi));
  }
}
