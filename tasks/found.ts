import { relative } from "node:path";
import { styleText } from "node:util";

import { formatUnits, isHexString } from "ethers";
import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NetworkConnection } from "hardhat/types/network";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { addressOf, readAddressBook, type AddressBook } from "../deploy/address-book.ts";
import { chainOf } from "../deploy/chains.ts";
import { isDevelopmentNetwork } from "../plugin/chain/development-chain.ts";
import { EvmChain } from "../plugin/chain/evm-chain.ts";
import { Phase, PHASE_NAMES } from "../plugin/cloud/node/registry.ts";
import { askBeforeSending, ether } from "./confirm-live.ts";
import { cloudParameters, parameterLines, type AskedParameters } from "./found/cloud-parameters.ts";
import { foundingContracts } from "./found/founding-contracts.ts";
import { founderGas } from "./found/founder-gas.ts";
import { cloudState, createCloud, untilInOffice, type FoundingSite } from "./found/founding.ts";
import { Progress } from "./progress.ts";
import { orTaskError } from "./task-error.ts";

interface FoundArguments extends AskedParameters {
  readonly cloud?: string | undefined;
  readonly deploymentId: string;
  readonly noWait: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Where a founding ended. */
export interface Founded {
  readonly network: string;
  readonly chainId: number;
  readonly cloudId: string;
  /** The epoch whose committee is in office; 0 while nobody is. */
  readonly epoch: number;
  /** How far the next epoch has come. */
  readonly phase: string;
  /** What operators run to make a node of this cloud. */
  readonly init: string;
}

/** Founds a cloud on the selected network, or goes on with one, until a committee is in office. */
const found: NewTaskActionFunction<FoundArguments> = async (args, hre) => {
  const connection = await hre.network.create();
  const progress = new Progress({ json: args.json });
  try {
    return await orTaskError(() => foundOn(args, hre, connection, progress));
  } finally {
    progress.end();
    await connection.close();
  }
};

async function foundOn(
  args: FoundArguments,
  hre: HardhatRuntimeEnvironment,
  connection: NetworkConnection,
  progress: Progress,
): Promise<Founded> {
  const { cloud, noWait, yes, json } = args;
  if (cloud !== undefined && !isHexString(cloud, 32)) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `--cloud takes a cloud's id, 0x and 64 hex digits, and not ${cloud}.`,
    );
  }
  refuseParameters(args);
  const { networkName } = connection;
  const { site, book } = await siteOf(args, hre, connection);
  const chainId = Number(site.chain.chainId);
  const said = {
    step: progress.step,
    note: (line: string) => {
      progress.end();
      if (!json) console.error(line);
    },
  };

  const isLive = !isDevelopmentNetwork(connection.networkConfig, chainId);
  let cloudId: string | undefined = cloud;
  if (cloudId === undefined) {
    const { baseFee, fuelPrice, bytePrice } = hre.config.nexus.cloud;
    const usual = { perRequest: baseFee, perFuel: fuelPrice, perByte: bytePrice };
    const parameters = await cloudParameters(args, site.chain, site.contracts, usual);
    const lines = parameterLines(parameters, site.contracts.token);
    said.note([styleText("bold", `A cloud on ${networkName} (chain ${chainId})`), ...lines].join("\n"));
    if (isLive) await askFor(await founderGas(site, parameters), hre, site, networkName, yes);
    progress.step("Creating the cloud");
    cloudId = await createCloud(site, parameters, said);
    progress.end();
    // Said in any case: without its id, a cloud that was paid for is lost.
    console.error(`Cloud ${cloudId} is created: to go on later, call again with --cloud ${cloudId}`);
  } else if (isLive) {
    const state = await cloudState(site, cloudId);
    if (state.live === 0n) await askFor(await founderGas(site, state, false), hre, site, networkName, yes);
  }
  const init = initLine(hre, book, args.deploymentId, cloudId);
  if (!json) {
    progress.end();
    console.log(`Each operator makes a node of it with\n  ${init}`);
  }
  const { live, liveUntil, pending } = await untilInOffice(site, cloudId, said, !noWait);
  progress.end();
  const result = {
    network: networkName,
    chainId,
    cloudId,
    epoch: Number(live),
    phase: PHASE_NAMES[pending.phase],
    init,
  };
  if (json) console.log(JSON.stringify(result));
  else if (live > 0n) {
    const until = new Date(Number(liveUntil) * 1_000).toISOString();
    console.log(styleText("green", `Cloud ${cloudId} is in office: epoch ${live}, until ${until}.`));
  } else {
    console.log(`${waitingFor(pending.phase)} Go on with --cloud ${cloudId}.`);
  }
  return result;
}

function waitingFor(phase: Phase): string {
  return phase === Phase.None ? "Too few candidates stand yet." : "Its committee is generating its key.";
}

/** A cloud's parameters never change, so none goes with a cloud that is there. */
function refuseParameters({ cloud, ...asked }: FoundArguments): void {
  if (cloud === undefined) return;
  const names: [keyof AskedParameters, string][] = [
    ["size", "--size"],
    ["threshold", "--threshold"],
    ["scheme", "--scheme"],
    ["epochLength", "--epoch-length"],
    ["confirmationWindow", "--confirmation-window"],
    ["minStake", "--min-stake"],
    ["perRequest", "--per-request"],
    ["perFuel", "--per-fuel"],
    ["perByte", "--per-byte"],
  ];
  const odd = names.find(([name]) => asked[name] !== undefined);
  if (odd === undefined) return;
  throw new HardhatPluginError(
    "hardhat-nexus",
    `${odd[1]} is of a cloud that is to be created, and what --cloud names is there already: its parameters are fixed for ever.`,
  );
}

/** The suite of the selected network, and its first account. */
async function siteOf(
  { deploymentId }: FoundArguments,
  hre: HardhatRuntimeEnvironment,
  connection: NetworkConnection,
): Promise<{ site: FoundingSite; book: AddressBook }> {
  const { provider, networkName, networkConfig } = connection;
  if (networkConfig.type === "edr-simulated") {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `Network ${networkName} is simulated and begins empty with every command: there is no suite to found a cloud with. ` +
        "Start `npx hardhat node`, deploy with `npx hardhat nexus:deploy --network localhost`, and choose it with --network localhost.",
    );
  }
  const chain = await EvmChain.connect(provider, 0);
  const chainId = Number(chain.chainId);
  const book = await readAddressBook(hre.config.paths.ignition, chainId, deploymentId || undefined);
  const address = addressOf(book, "CommitteeRegistry");
  if ((await chain.rpc("eth_getCode", address, "latest")) === "0x") {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `CommitteeRegistry is recorded at ${address} on chain ${chainId}, but there is no code: \`npx hardhat nexus:status --network ${networkName}\` says more.`,
    );
  }
  const [from] = (await chain.rpc("eth_accounts")) as string[];
  if (from === undefined) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `Network ${networkName} has no account to send from: name one in its \`accounts\`, as docs/deployment.md says.`,
    );
  }
  const isDevelopment = isDevelopmentNetwork(networkConfig, chainId);
  const site: FoundingSite = {
    chain,
    from,
    contracts: await foundingContracts(chain, address),
    interval: isDevelopment ? 1_000 : Math.min(chainOf(chainId)?.blockTime ?? 12, 12) * 1_000,
    // Development nodes make blocks when there are transactions, and the seed is of a block that is to come.
    mine: isDevelopment ? async () => chain.rpc("hardhat_mine", "0x1") : undefined,
  };
  return { site, book };
}

/** Says what the founder will pay, and asks. */
async function askFor(
  gas: bigint,
  hre: HardhatRuntimeEnvironment,
  { chain, from }: FoundingSite,
  networkName: string,
  yes: boolean,
): Promise<void> {
  const [price, balance] = await Promise.all([
    chain.rpc("eth_gasPrice").then((wei) => BigInt(wei as string)),
    chain.rpc("eth_getBalance", from, "latest").then((wei) => BigInt(wei as string)),
  ]);
  const { name = "a live one", coin = "ether" } = chainOf(Number(chain.chainId)) ?? {};
  const lines = [
    styleText("bold", `Network ${networkName} is chain ${chain.chainId} (${name}).`),
    `What is left to do takes about ${gas.toLocaleString("en-US")} gas with as many candidates as members: ` +
      `${ether(gas * price)} ${coin} at the present ${formatUnits(price, "gwei")} gwei, and on a rollup what it charges for data.`,
    `The founder ${from} has ${ether(balance)} ${coin}.`,
    ...(balance < gas * price
      ? [styleText("yellow", "That is not enough: send it more before you go on.")]
      : []),
  ];
  console.error(lines.join("\n"));
  await askBeforeSending(hre, networkName, `Send it to ${networkName}?`, yes);
}

/** What an operator runs, with what the founder knows. */
function initLine(
  hre: HardhatRuntimeEnvironment,
  { chainId, deployments }: AddressBook,
  deploymentId: string,
  cloudId: string,
): string {
  const { ignition, root } = hre.config.paths;
  const id = deploymentId || `chain-${chainId}`;
  const file = `${relative(root, ignition)}/deployments/${id}/deployed_addresses.json`;
  const blocks = deployments.flatMap(({ block }) => (block === undefined ? [] : [block]));
  const first = blocks.length === 0 ? "BLOCK" : Math.min(...blocks);
  return (
    `nexus-node init my-node --chain-id ${chainId} --rpc 'https://…' --contracts ${file} ` +
    `--deployed-at ${first} --cloud ${cloudId}`
  );
}

export default found;
