import { formatEther } from "ethers";

import { EvmChain } from "../chain/evm-chain.ts";
import type { Command } from "./command.ts";
import { readConfiguration, type NodeConfiguration } from "./configuration.ts";
import { askEach, endpointsOf, type EndpointState } from "./endpoints-of.ts";
import { NodeFolder } from "./node-folder.ts";
import { askRunning, type RunningState } from "./running-state.ts";
import { standingOf, type Standing } from "./standing.ts";

/** What a node and its surroundings look like. */
interface Status {
  readonly name: string;
  readonly account: string;
  readonly identity: string;
  /** Undefined when the folder has none. */
  readonly peer: string | undefined;
  readonly chains: readonly ChainStatus[];
  /** Undefined when the home chain does not tell. */
  readonly standing: Standing | undefined;
  /** What the running node says; undefined when none answers. */
  readonly running: Omit<RunningState, "trouble"> | undefined;
  /** What the operator has to see to, a sentence each. */
  readonly trouble: readonly string[];
}

interface ChainStatus {
  readonly chainId: number;
  readonly endpoints: readonly EndpointState[];
  /** Of the account, in wei; undefined when no endpoint tells. */
  readonly balance: bigint | undefined;
}

export const status: Command = {
  summary: "say how the node, its endpoints and its operator stand",
  help: `Asks every endpoint of the configuration, and the registry. It needs no password and sends nothing.

  --json                 print one JSON object

It ends with 1 when something is wrong that an operator has to see to.`,
  options: { json: { type: "boolean" } },
  run: async (given, around) => {
    const folder = new NodeFolder(given.folder);
    const configuration = await readConfiguration(folder.configuration, around.environment);
    const found = await look(folder, configuration);
    if (given.options["json"] === true) around.print(JSON.stringify(found, bigintsAsText));
    else for (const line of linesOf(found, configuration)) around.print(line);
    return found.trouble.length === 0;
  },
};

async function look(folder: NodeFolder, configuration: NodeConfiguration): Promise<Status> {
  const account = await folder.accountAddress();
  const { address: identity, peer } = await folder.identity();
  const all = [configuration.home, ...configuration.mirrors];
  const chains = await Promise.all(
    all.map(async (chain): Promise<ChainStatus> => {
      const [endpoints, balance] = await Promise.all([
        askEach(chain),
        endpointsOf(chain)
          .request({ method: "eth_getBalance", params: [account, "latest"] })
          .then((answer) => BigInt(answer as string))
          .catch(() => undefined),
      ]);
      return { chainId: chain.chainId, endpoints, balance };
    }),
  );
  const trouble = chains.flatMap(({ chainId, endpoints, balance }) => [
    ...endpoints.flatMap(({ fault }) => (fault === undefined ? [] : [`Chain ${chainId}: ${fault}`])),
    ...(balance === 0n ? [`Account ${account} has no ether on chain ${chainId}: send it some for gas.`] : []),
  ]);
  const { home } = configuration;
  if (peer === undefined)
    trouble.push("The folder has no peer key: `nexus-node init` makes what is missing.");
  let standing: Standing | undefined;
  if (chains[0]!.endpoints.some(({ fault }) => fault === undefined)) {
    try {
      const chain = new EvmChain(endpointsOf(home), BigInt(home.chainId), home.finality);
      standing = await standingOf(chain, configuration, account);
      trouble.push(...standingTrouble(standing, identity, account));
    } catch (error) {
      trouble.push((error as Error).message);
    }
  }
  const said = await askRunning(configuration.status.listen, configuration.name);
  if (said !== undefined) trouble.push(...said.trouble.filter((sentence) => !trouble.includes(sentence)));
  return { running: said, name: configuration.name, account, identity, peer, chains, standing, trouble };
}

function standingTrouble({ identity, cloud }: Standing, own: string, account: string): string[] {
  const trouble: string[] = [];
  if (identity === undefined) {
    trouble.push(
      `Operator ${account} has registered no node: run \`nexus-node register\`, or stand as another operator.`,
    );
  } else if (identity.toLowerCase() !== own.toLowerCase()) {
    trouble.push(`Operator ${account} has registered node ${identity}, and not this one.`);
  }
  if (cloud !== undefined && cloud.stake < cloud.minStake) {
    trouble.push(`The stake behind ${account} is ${cloud.stake}, and the cloud asks for ${cloud.minStake}.`);
  }
  if (cloud !== undefined && !cloud.isCandidate) {
    trouble.push("The operator does not stand for the cloud: run `nexus-node register`.");
  }
  return trouble;
}

function linesOf(
  { name, running, account, identity, peer, chains, standing, trouble }: Status,
  configuration: NodeConfiguration,
): string[] {
  const row = (what: string, text: string): string => `${what.padEnd(16)}${text}`;
  const registered = standing?.identity?.toLowerCase() === identity.toLowerCase();
  const cloud = standing?.cloud;
  return [
    row("node", running === undefined ? `${name}, not running` : `${name}, ${running.phase}`),
    ...(running === undefined
      ? []
      : [
          row(
            "",
            `block ${running.height}, epoch ${running.epoch}${running.hasShare ? ", with its key share" : ""}`,
          ),
          ...running.chains.map(({ chainId, final, delivered }) =>
            row("", `chain ${chainId}: seen up to block ${final ?? "none"}, has all up to ${delivered}`),
          ),
        ]),
    row("identity", `${identity}${registered ? ", registered" : ""}`),
    row("peer key", peer ?? "none"),
    row("account", account),
    ...chains.flatMap(({ chainId, endpoints, balance }) => [
      row(
        `chain ${chainId}`,
        balance === undefined ? "balance unknown" : `balance ${formatEther(balance)} ether`,
      ),
      ...endpoints.map(({ host, head, final, fault }) =>
        row("", fault ?? `${host}: block ${head}, final up to ${final === -1n ? "none yet" : final}`),
      ),
    ]),
    ...(cloud === undefined
      ? []
      : [
          row("cloud", configuration.cloud!),
          row(
            "",
            `stake ${cloud.stake} of at least ${cloud.minStake}${cloud.isCandidate ? ", a candidate" : ""}`,
          ),
          row(
            "",
            cloud.epoch === 0n ? "no epoch yet" : `epoch ${cloud.epoch}${cloud.isMember ? ", a member" : ""}`,
          ),
          ...(cloud.next === undefined
            ? []
            : [
                row(
                  "",
                  `epoch ${cloud.next.epoch} is ${cloud.next.phase}${cloud.next.isMember ? ", a member" : ""}`,
                ),
              ]),
        ]),
    ...trouble.map((sentence) => row("trouble", sentence)),
  ];
}

const bigintsAsText = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? value.toString() : value;
