import { styleText } from "node:util";

import { formatUnits } from "ethers";
import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";

import { chainOf } from "../deploy/chains.ts";
import type { SuitePlan } from "../deploy/deploy-suite.ts";
import { deploymentCost } from "../deploy/deployment-cost.ts";

/** What a live chain can do with the suite today; the status in README.md and docs/deployment.md says more. */
const STATUS =
  "Nobody has audited these contracts. Nodes of a live cloud were only rehearsed so far, on one machine and with a first committee. " +
  "There is no key of a ceremony for Zero.";

/**
 * Says what a deployment on a live chain is good for today and what it costs, and goes on when it is told to.
 *
 * @param yes whether it was told to beforehand
 * @throws HardhatPluginError when the answer is no, or when nobody is there to ask
 */
export async function confirmLive(
  hre: HardhatRuntimeEnvironment,
  connection: NetworkConnection,
  { module, parameters, chainId, deployer }: SuitePlan,
  yes: boolean,
): Promise<void> {
  const { provider, networkName } = connection;
  const [cost, price, balance] = await Promise.all([
    deploymentCost(hre, module, parameters, provider),
    provider.request({ method: "eth_gasPrice" }).then((wei) => BigInt(wei as string)),
    provider
      .request({ method: "eth_getBalance", params: [deployer, "latest"] })
      .then((wei) => BigInt(wei as string)),
  ]);
  const lines = [
    styleText(
      "bold",
      `Network ${networkName} is chain ${chainId} (${chainOf(chainId)?.name ?? "a live one"}).`,
    ),
    styleText("yellow", STATUS),
    ...(cost === undefined
      ? []
      : [
          `The whole suite takes ${cost.gas.toLocaleString("en-US")} gas in ${cost.transactions} transactions: ` +
            `${ether(cost.gas * price)} ether at the present ${formatUnits(price, "gwei")} gwei, and on a rollup what it charges for data.`,
        ]),
    `The deployer ${deployer} has ${ether(balance)} ether.`,
    // Not refused: what is left of a deployment that stopped half-way costs less.
    ...(cost === undefined || balance >= cost.gas * price
      ? []
      : [
          styleText(
            "yellow",
            "That is not enough for the whole suite: send the deployer more before you go on.",
          ),
        ]),
  ];
  console.error(lines.join("\n"));
  await askBeforeSending(hre, networkName, `Deploy to ${networkName}?`, yes);
}

/**
 * Goes on when whoever is at the terminal types the network's name.
 *
 * @param yes whether it was told to go on beforehand
 * @throws HardhatPluginError when the answer is no, or when nobody is there to ask
 */
export async function askBeforeSending(
  hre: HardhatRuntimeEnvironment,
  networkName: string,
  question: string,
  yes: boolean,
): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `Nothing was sent to ${networkName}: nobody is there to ask. Run it in a terminal, or with --yes.`,
    );
  }
  const answer = await hre.interruptions.requestInput("hardhat-nexus", `${question} Type its name`);
  if (answer.trim() === networkName) return;
  throw new HardhatPluginError("hardhat-nexus", `Nothing was sent to ${networkName}.`);
}

/** Wei as ether, to four significant digits or so. */
export function ether(wei: bigint): string {
  return Number(formatUnits(wei, "ether")).toLocaleString("en-US", { maximumSignificantDigits: 4 });
}
