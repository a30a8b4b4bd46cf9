/** The form of a cloud to found: what was asked for, with defaults, checked against what the registry allows. */
import { formatUnits, MaxUint256, parseUnits, ZeroAddress } from "ethers";
import { HardhatPluginError } from "hardhat/plugins";

import { chainOf } from "../../deploy/chains.ts";
import type { EvmChain, EvmContract } from "../../plugin/chain/evm-chain.ts";
import { thresholdOf, type Prices } from "../../plugin/cloud/embedded/embedded-committee.ts";
import type { FoundingContracts } from "./founding-contracts.ts";

/** The struct `CloudParams` of Clouds.sol. */
export interface CloudParameters {
  readonly size: number;
  readonly threshold: number;
  readonly scheme: 0 | 1;
  /** Seconds. */
  readonly epochLength: bigint;
  /** Seconds. */
  readonly confirmationWindow: bigint;
  /** Units of the staking token. */
  readonly minStake: bigint;
  readonly prices: Prices;
}

/** What a founder writes; undefined where a default is meant. */
export interface AskedParameters {
  readonly size?: string | undefined;
  readonly threshold?: string | undefined;
  readonly scheme?: string | undefined;
  readonly epochLength?: string | undefined;
  readonly confirmationWindow?: string | undefined;
  readonly minStake?: string | undefined;
  readonly perRequest?: string | undefined;
  readonly perFuel?: string | undefined;
  readonly perByte?: string | undefined;
}

/** The least stake of a member, unless it is named, in smallest bonds that the staking contract lets an operator have. */
const BONDS = 100n;
/** Seconds that a committee has to confirm its key, unless they are named or the chain is slower. */
const WINDOW = 3_600n;
const SCHEMES = ["BN254", "BLS12-381"] as const;
/** The most of each price that a word of storage has room for; `Prices` in ICommittees.sol. */
const MOST = { perRequest: 2n ** 96n - 1n, perFuel: 2n ** 80n - 1n, perByte: 2n ** 80n - 1n } as const;

/**
 * The parameters of a cloud, none of which the registry will refuse, and with which its committees can be selected.
 *
 * @param usual prices where none are named, on chains that are paid in ether
 * @throws HardhatPluginError a sentence about the first that cannot be
 */
export async function cloudParameters(
  asked: AskedParameters,
  chain: EvmChain,
  contracts: FoundingContracts,
  usual: Prices,
): Promise<CloudParameters> {
  const { registry, staking } = contracts;
  const number = async (contract: EvmContract, method: string): Promise<bigint> =>
    (await chain.read(contract, method))[0] as bigint;
  const [most, shortest, longest, attempts, leastWindow] = await Promise.all(
    ["MAX_SIZE", "MIN_EPOCH_LENGTH", "MAX_EPOCH_LENGTH", "ATTEMPTS", "minConfirmationWindow"].map((one) =>
      number(registry, one),
    ),
  );
  const size = Number(whole("--size", asked.size ?? "4", 1n, most!, "members of a committee"));
  const threshold = thresholdAsked(asked.threshold, size);
  const scheme = await schemeAsked(asked.scheme, chain, registry);
  const epochLength = within("--epoch-length", asked.epochLength, longest!, shortest!, longest!);
  const longestWindow = epochLength / (2n * attempts!);
  if (longestWindow < leastWindow!) {
    throw refusal(
      `--epoch-length of ${duration(epochLength)} is too short: nodes act on final blocks, so a committee needs ${duration(leastWindow!)} ` +
        `to confirm its key, and ${2n * attempts!} times as much fits an epoch. Take ${duration(2n * attempts! * leastWindow!)} or more.`,
    );
  }
  const ample = leastWindow! * 2n > WINDOW ? leastWindow! * 2n : WINDOW;
  const confirmationWindow = within(
    "--confirmation-window",
    asked.confirmationWindow,
    ample < longestWindow ? ample : longestWindow,
    leastWindow!,
    longestWindow,
  );
  const [wired] = await chain.read(staking, "registry");
  if ((wired as string).toLowerCase() !== registry.address.toLowerCase()) {
    throw refusal(
      `The staking contract ${staking.address} answers to the registry ${wired as string} and not to ${registry.address}: ` +
        "a cloud founded there could never select a committee.",
    );
  }
  const [maximumHold, evidence] = await Promise.all([
    number(staking, "maximumHold"),
    number(registry, "EVIDENCE_WINDOW"),
  ]);
  const hold = epochLength + attempts! * confirmationWindow + evidence;
  if (hold > maximumHold) {
    throw refusal(
      `Members' stake would be held for up to ${duration(hold)}, and the staking contract allows ${duration(maximumHold)}: ` +
        "take a shorter --epoch-length or --confirmation-window.",
    );
  }
  return {
    size,
    threshold,
    scheme,
    epochLength,
    confirmationWindow,
    minStake: await stakeAsked(asked.minStake, chain, contracts),
    prices: pricesAsked(asked, chain, usual),
  };
}

/** More than two thirds of the members, so that no two groups of signers are without an honest member in common. */
function thresholdAsked(asked: string | undefined, size: number): number {
  const least = thresholdOf(size);
  if (asked === undefined) return least;
  return Number(whole("--threshold", asked, BigInt(least), BigInt(size), `signers of ${size} members`));
}

async function schemeAsked(
  asked: string | undefined,
  chain: EvmChain,
  registry: EvmContract,
): Promise<0 | 1> {
  const name = (asked ?? SCHEMES[0]).toUpperCase();
  const scheme = SCHEMES.findIndex((one) => one === name);
  if (scheme === -1) throw refusal(`--scheme takes ${SCHEMES.join(" or ")}, and not ${asked}.`);
  const [verifier] = await chain.read(registry, "verifierOf", scheme);
  if (verifier !== ZeroAddress) return scheme as 0 | 1;
  throw refusal(
    `The registry on chain ${chain.chainId} has no verifier of ${SCHEMES[scheme]!}: take the other --scheme.`,
  );
}

async function stakeAsked(
  asked: string | undefined,
  chain: EvmChain,
  { staking, token }: FoundingContracts,
): Promise<bigint> {
  if (asked === undefined) return BONDS * ((await chain.read(staking, "minimumSelfBond"))[0] as bigint);
  const { decimals } = token;
  let stake: bigint;
  try {
    stake = parseUnits(asked, decimals);
  } catch {
    throw refusal(
      `--min-stake takes an amount of the staking token with ${decimals} decimals at most, and not ${asked}.`,
    );
  }
  // The registry weighs candidates by 128 bits of their stake.
  if (stake > 0n && stake < 2n ** 128n) return stake;
  throw refusal(`--min-stake takes an amount above 0 that operators can have, and not ${asked}.`);
}

function pricesAsked(asked: AskedParameters, chain: EvmChain, usual: Prices): Prices {
  const missing = (["perRequest", "perFuel", "perByte"] as const).filter((one) => asked[one] === undefined);
  const known = chainOf(Number(chain.chainId));
  if (missing.length > 0 && known !== undefined && known.coin !== "ether") {
    throw refusal(
      `${known.name} is paid in ${known.coin}, for which there are no usual prices: name all of --per-request, --per-fuel and --per-byte.`,
    );
  }
  const price = (name: keyof Prices, option: string): bigint =>
    asked[name] === undefined ? usual[name] : whole(option, asked[name], 0n, MOST[name], "wei");
  return {
    perRequest: price("perRequest", "--per-request"),
    perFuel: price("perFuel", "--per-fuel"),
    perByte: price("perByte", "--per-byte"),
  };
}

function whole(option: string, text: string, least: bigint, most: bigint, unit: string): bigint {
  const value = /^\d{1,78}$/.test(text) ? BigInt(text) : MaxUint256;
  if (value >= least && value <= most) return value;
  throw refusal(`${option} takes a whole number from ${least} to ${most} (${unit}), and not ${text}.`);
}

function within(
  option: string,
  text: string | undefined,
  usual: bigint,
  least: bigint,
  most: bigint,
): bigint {
  if (text === undefined) return usual;
  const [, number, unit = "s"] = /^(\d{1,12})([smhd])?$/.exec(text) ?? [];
  const seconds = number === undefined ? -1n : BigInt(number) * BigInt(SECONDS[unit as keyof typeof SECONDS]);
  if (seconds >= least && seconds <= most) return seconds;
  throw refusal(
    `${option} takes a time from ${duration(least)} to ${duration(most)}, such as 90m, 12h or 7d, and not ${text}.`,
  );
}

const SECONDS = { d: 86_400, h: 3_600, m: 60, s: 1 } as const;

/** Seconds in the largest units that divide them: `2h 30m`. */
export function duration(seconds: bigint): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [unit, length] of Object.entries(SECONDS)) {
    const count = rest / BigInt(length);
    rest %= BigInt(length);
    if (count > 0n) parts.push(`${count}${unit}`);
  }
  return parts.length === 0 ? "0s" : parts.join(" ");
}

/** What the parameters come to, a line each. */
export function parameterLines(
  { size, threshold, scheme, epochLength, confirmationWindow, minStake, prices }: CloudParameters,
  { decimals, symbol }: FoundingContracts["token"],
): string[] {
  return [
    `committee    ${threshold} of ${size} sign, ${SCHEMES[scheme]}; ${size - threshold} may be away`,
    `epochs       ${duration(epochLength)}, of which a new committee has ${duration(confirmationWindow)} to confirm its key`,
    `least stake  ${formatUnits(minStake, decimals)} ${symbol}`,
    `prices       ${prices.perRequest} wei a request, ${prices.perFuel} a unit of fuel, ${prices.perByte} a byte`,
  ];
}

function refusal(sentence: string): HardhatPluginError {
  return new HardhatPluginError("hardhat-nexus", sentence);
}
