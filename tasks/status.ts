import { styleText } from "node:util";

import { formatTable, type TableItem } from "@nomicfoundation/hardhat-utils/format";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { readAddressBook } from "../deploy/address-book.ts";
import { chainOf } from "../deploy/chains.ts";
import { isDevelopmentChain } from "../plugin/chain/development-chain.ts";
import { suiteStatus, type SuiteStatus } from "../deploy/suite-status.ts";

interface StatusArguments {
  readonly json: boolean;
  readonly deploymentId: string;
}

/** Prints what of the suite is deployed on the selected network, as tables or as one JSON object; returns it too. */
const status: NewTaskActionFunction<StatusArguments> = async ({ json, deploymentId }, hre) => {
  const connection = await hre.network.create();
  try {
    const chainId = Number(await connection.provider.request({ method: "eth_chainId" }));
    // A simulated network is new every time, so what was recorded for its chain id is about another one.
    const simulated = connection.networkConfig.type === "edr-simulated";
    const book = simulated
      ? { chainId, deployments: [] }
      : await readAddressBook(hre.config.paths.ignition, chainId, deploymentId || undefined);
    const result = await suiteStatus(connection, book);
    const { networkName } = connection;
    if (json) {
      console.log(
        JSON.stringify({ network: networkName, ...result }, (_, value: unknown) =>
          typeof value === "bigint" ? value.toString() : value,
        ),
      );
    } else if (result.parts.length === 0) {
      console.log(nothing(networkName, chainId, simulated));
    } else {
      console.log(formatTable(tables(networkName, result)));
      const missing = result.parts.filter((one) => !one.hasCode).length;
      if (missing > 0) console.log(styleText("yellow", gone(networkName, chainId, missing)));
    }
    return result;
  } finally {
    await connection.close();
  }
};

function nothing(network: string, chainId: number, simulated: boolean): string {
  const name =
    chainOf(chainId)?.name ?? (isDevelopmentChain(chainId) ? "development" : "not one Nexus knows");
  const headline = `Nothing of Nexus is deployed on network ${network} (chain ${chainId}, ${name}).`;
  const next = simulated
    ? [
        "A simulated network begins empty with every command. To look at one that lasts, start it with",
        "  npx hardhat node",
        "and select it with --network localhost.",
      ]
    : isDevelopmentChain(chainId)
      ? ["Deploy it with", `  npx hardhat nexus:deploy --network ${network}`]
      : [
          "Write its parameters as docs/deployment.md says, then deploy it with",
          `  npx hardhat nexus:deploy --network ${network}`,
        ];
  return [styleText("bold", headline), ...next].join("\n");
}

function gone(network: string, chainId: number, missing: number): string {
  return (
    `${missing} of these parts are recorded but not on the chain. ` +
    (isDevelopmentChain(chainId)
      ? `The chain was probably restarted. Deploy anew with\n  npx hardhat nexus:deploy --network ${network} --reset`
      : "Check that the node is that of this chain and has caught up.")
  );
}

function tables(network: string, { chainId, parts, clouds, staking, selectors }: SuiteStatus): TableItem[] {
  const items: TableItem[] = [
    { type: "title", text: `Nexus on ${network} (chain ${chainId})` },
    { type: "section-header", text: "Contracts" },
    { type: "header", cells: ["Part", "Address", "Version", "Code"] },
    ...parts.map((one) =>
      row([
        one.part,
        one.address,
        String(one.version),
        one.hasCode ? styleText("green", "yes") : styleText("red", "none"),
      ]),
    ),
  ];
  if (staking !== undefined) {
    items.push(
      { type: "section-header", text: "Staking" },
      { type: "header", cells: ["Token", "Operators", "Active stake", "Tokens held"] },
      row([staking.token, String(staking.operators), String(staking.active), String(staking.held)]),
    );
  }
  if (clouds.length > 0) {
    items.push(
      { type: "section-header", text: "Clouds" },
      { type: "header", cells: ["Cloud", "Keys", "Epoch", "Valid until", "Committee"] },
      ...clouds.map((one) =>
        row([
          one.cloudId,
          one.suite,
          one.epoch === 0 ? "none yet" : String(one.epoch),
          one.epoch === 0 ? "" : new Date(one.validUntil * 1000).toISOString(),
          `${one.threshold} of ${one.size}`,
        ]),
      ),
    );
  }
  if (selectors.length > 0) {
    items.push(
      { type: "section-header", text: "Zero verifiers" },
      { type: "header", cells: ["Selector", "Verifier", "State"] },
      ...selectors.map((one) =>
        row([
          one.selector,
          one.verifier,
          one.state === "active" ? one.state : styleText("yellow", shownState(one)),
        ]),
      ),
    );
  }
  return items;
}

/** What is not active yet becomes so without anybody doing anything: users need to know when. */
function shownState({ state, activeFrom }: SuiteStatus["selectors"][number]): string {
  return state === "pending" ? `pending until ${new Date(activeFrom * 1000).toISOString()}` : state;
}

function row(cells: string[]): TableItem {
  return { type: "row", cells };
}

export default status;
