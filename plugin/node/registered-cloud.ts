import type { EvmChain, EvmContract } from "../chain/evm-chain.ts";

/** How far an epoch that is under way has come; `Phase` of CommitteeRegistry.sol. */
export const PHASES = ["none", "opened", "selected", "ready"] as const;
export type Phase = (typeof PHASES)[number];

/** A cloud's next epoch while it is under way: what operators and founders look at of `PendingEpoch` in CommitteeRegistry.sol. */
export interface PendingEpoch {
  /** Its number; in phase `none` the last number ever used. */
  readonly epoch: bigint;
  readonly phase: Phase;
  /** Unix time, seconds, from which on confirmations are refused; 0 before the selection. */
  readonly deadline: bigint;
  /** Unix time, seconds, at which it ends; 0 before the selection. */
  readonly validUntil: bigint;
  /** Operators selected, in committee order; none before the selection. */
  readonly members: readonly string[];
  /** Bit i is set once member i confirmed. */
  readonly confirmed: bigint;
}

/** The epoch of a cloud that is under way at its registry. */
export async function pendingEpochOf(
  chain: EvmChain,
  registry: EvmContract,
  cloudId: string,
): Promise<PendingEpoch> {
  const [found] = await chain.read(registry, "pendingEpoch", cloudId);
  const { epoch, phase, deadline, validUntil, members, confirmed } = found as Omit<PendingEpoch, "phase"> & {
    readonly phase: bigint;
  };
  return { epoch, phase: PHASES[Number(phase)]!, deadline, validUntil, members: [...members], confirmed };
}
