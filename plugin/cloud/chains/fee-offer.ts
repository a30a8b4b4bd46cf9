import type { Fees } from "../../chain/evm-chain.ts";

/** What an account may spend on getting one transaction into a chain. */
export interface FeeBounds {
  /** Most that is offered, as a multiple of what the chain asks for at the time, base fee and tip alike. */
  readonly multiple: bigint;
  /** Most wei that one transaction may cost with all of its gas. */
  readonly budget: bigint;
}

/** The first offer: what the chain asks for now, within the budget. */
export function firstOffer(asked: Fees, gas: bigint, { budget }: FeeBounds): Fees {
  return atMost(asked, { maxFeePerGas: budget / gas, maxPriorityFeePerGas: asked.maxPriorityFeePerGas });
}

/**
 * The offer that takes the place of `last`: a quarter more, for nodes accept a replacement that pays at least a tenth more, or
 * what the chain asks for by now if that is more.
 *
 * @param asked what the chain asks for now
 * @returns undefined when a replacement would go beyond the bounds: then the last one has to wait for cheaper blocks
 */
export function raisedOffer(last: Fees, asked: Fees, gas: bigint, bounds: FeeBounds): Fees | undefined {
  const raised = {
    maxFeePerGas: most(quarterMore(last.maxFeePerGas), asked.maxFeePerGas),
    maxPriorityFeePerGas: most(quarterMore(last.maxPriorityFeePerGas), asked.maxPriorityFeePerGas),
  };
  const ceiling = {
    maxFeePerGas: least(bounds.multiple * asked.maxFeePerGas, bounds.budget / gas),
    maxPriorityFeePerGas: bounds.multiple * asked.maxPriorityFeePerGas,
  };
  const offer = atMost(raised, ceiling);
  const isEnough =
    offer.maxFeePerGas >= tenthMore(last.maxFeePerGas) &&
    offer.maxPriorityFeePerGas >= tenthMore(last.maxPriorityFeePerGas);
  return isEnough ? offer : undefined;
}

function atMost(fees: Fees, ceiling: Fees): Fees {
  const maxFeePerGas = least(fees.maxFeePerGas, ceiling.maxFeePerGas);
  const tip = least(fees.maxPriorityFeePerGas, ceiling.maxPriorityFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) };
}

const quarterMore = (fee: bigint): bigint => (fee * 5n) / 4n + 1n;
const tenthMore = (fee: bigint): bigint => (fee * 11n + 9n) / 10n;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
