import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";

import { readDeploymentParameters } from "@nomicfoundation/hardhat-ignition/helpers";
import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";
import type { ModuleParameterType } from "@nomicfoundation/ignition-core";
import { HardhatPluginError } from "hardhat/plugins";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import type { AddressBook } from "../deploy/address-book.ts";
import { chainOf } from "../deploy/chains.ts";
import { deploySuite, type SuiteOptions } from "../deploy/deploy-suite.ts";
import { isDevelopmentChain, isDevelopmentNetwork } from "../plugin/chain/development-chain.ts";
import { confirmLive } from "./confirm-live.ts";
import { MODULES } from "../deploy/suite/suite.ts";

interface DeployArguments {
  readonly parameters?: string | undefined;
  readonly reset: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** Deploys the whole suite on the selected network, prints and returns where its parts are. */
const deploy: NewTaskActionFunction<DeployArguments> = async ({ parameters, reset, yes, json }, hre) => {
  const connection = await hre.network.create();
  try {
    const { networkName, networkConfig } = connection;
    const chainId = Number(await connection.provider.request({ method: "eth_chainId" }));
    const file = parametersFile(parameters, hre.config.paths.ignition, networkName);
    if (file === undefined && !isDevelopmentNetwork(networkConfig, chainId)) {
      throw new HardhatPluginError(
        "hardhat-nexus",
        `Network ${networkName} is chain ${chainId}, a live one, so the deployment needs parameters, at least token and ` +
          `owner: write ${join(hre.config.paths.ignition, "parameters", `${networkName}.json`)}${templateFor(chainId)}, ` +
          "or name another file with --parameters.",
      );
    }
    if (reset) await forget(hre.config.paths.ignition, networkName, chainId);
    const isLive = !isDevelopmentNetwork(networkConfig, chainId);
    const book = await deploySuite(connection, {
      ...(file === undefined ? {} : await optionsIn(file)),
      ...(isLive && { beforeSending: (plan) => confirmLive(hre, connection, plan, yes) }),
    });
    if (json) console.log(JSON.stringify({ network: networkName, ...book }));
    else {
      console.log(table(networkName, book));
      if (networkConfig.type === "edr-simulated") {
        console.log("This simulated network ends with the command, and what is deployed on it too.");
      }
    }
    return book;
  } finally {
    await connection.close();
  }
};

/** Which of the package's files to begin with, if it knows the chain. */
function templateFor(chainId: number): string {
  const chain = chainOf(chainId);
  return chain === undefined ? "" : `, beginning with the package's deploy/parameters/${chain.network}.json`;
}

/** The file asked for, or the network's own if there is one. */
function parametersFile(
  asked: string | undefined,
  ignitionDirectory: string,
  network: string,
): string | undefined {
  if (asked === undefined) {
    const own = join(ignitionDirectory, "parameters", `${network}.json`);
    return existsSync(own) ? own : undefined;
  }
  const file = resolve(asked);
  if (existsSync(file)) return file;
  throw new HardhatPluginError("hardhat-nexus", `The parameters file ${file} does not exist.`);
}

/** Removes Ignition's record of a development chain, which outlives a restart of its node. */
async function forget(ignitionDirectory: string, network: string, chainId: number): Promise<void> {
  if (!isDevelopmentChain(chainId)) {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `Network ${network} is chain ${chainId}, a live one, and what is recorded of it must not be forgotten: --reset is ` +
        "for development chains (31337, 1337).",
    );
  }
  await rm(join(ignitionDirectory, "deployments", `chain-${chainId}`), { recursive: true, force: true });
}

/** What a parameters file says for the suite; a module's own section goes before `$global`. */
async function optionsIn(file: string): Promise<SuiteOptions> {
  const sections = await readDeploymentParameters(file);
  const all: Record<string, ModuleParameterType> = { ...sections.$global, ...sections[MODULES.suite] };
  const { token, owner, ...parameters } = all;
  return {
    parameters,
    // Left as it is when it is no text: the deployment then says so.
    ...(token !== undefined && { token: token as string }),
    ...(owner !== undefined && { owner: owner as string }),
  };
}

function table(network: string, { chainId, deployments }: AddressBook): string {
  const items: TableItem[] = [
    { type: "title", text: `Nexus on ${network} (chain ${chainId})` },
    { type: "section-header", text: "Deployed" },
    { type: "header", cells: ["Part", "Address"] },
    ...deployments.map(({ part, address }): TableItem => ({ type: "row", cells: [part, address] })),
  ];
  return formatTable(items);
}

export default deploy;
