import { readFile } from "node:fs/promises";

import { isAddress, isHexString } from "ethers";

import { textOf, UsageError, type Arguments, type Command } from "./command.ts";
import { configurationTemplate } from "./configuration-template.ts";
import { NodeFolder } from "./node-folder.ts";
import { PASSWORD_HELP, PASSWORD_OPTION, passwordOf } from "./password.ts";

/** Makes a node's folder: its configuration, its identity, and its operator's account. */
export const init: Command = {
  summary: "make a node's folder: configuration, identity and account",
  help: `Makes what is not there yet, and writes over nothing; it can be called again.

  --name NAME            what the node is called (default: node)
  --chain-id ID          id of the home chain
  --rpc URL              an endpoint of it; \${NAME} in it stands for an environment variable
  --contracts FILE       addresses of the suite there: a JSON file of names and addresses, or what
                         Ignition wrote to deployed_addresses.json
  --deployed-at BLOCK    the block that the first of them is in
  --cloud ID             the cloud to serve
  --password-file FILE   where the password of the keys is

What is not given is left for you to fill in. To use an account that you have already, put its Web3 Secret
Storage file (version 3, as geth and wallets write) into the folder as account.json before, under the same password.

${PASSWORD_HELP}`,
  options: {
    ...PASSWORD_OPTION,
    name: { type: "string" },
    "chain-id": { type: "string" },
    rpc: { type: "string" },
    contracts: { type: "string" },
    "deployed-at": { type: "string" },
    cloud: { type: "string" },
  },
  run: async (given, around) => {
    const contracts = textOf(given, "contracts");
    const cloud = textOf(given, "cloud");
    if (cloud !== undefined && !isHexString(cloud, 32)) {
      throw new UsageError(`--cloud takes a cloud's id, 0x and 64 hex digits, and not ${cloud}.`);
    }
    const template = configurationTemplate({
      name: textOf(given, "name") ?? "node",
      cloud,
      chainId: wholeOf(given, "chain-id"),
      rpc: textOf(given, "rpc"),
      deployedAt: wholeOf(given, "deployed-at"),
      ...(contracts !== undefined && { contracts: await readContracts(contracts) }),
    });
    const folder = new NodeFolder(given.folder);
    await folder.make(await passwordOf(given, around));
    const isNew = await folder.configure(template);
    around.print(`configuration  ${folder.configuration}${isNew ? "" : " (was there already)"}`);
    const { address, peer } = await folder.identity();
    around.print(`identity       ${address}, kept in ${folder.keys}`);
    around.print(`peer key       ${peer}, which others write before @ and where this node listens`);
    around.print(`account        ${await folder.accountAddress()}, kept in ${folder.account}`);
    around.print("Keep a copy of the folder and of the password elsewhere: nobody can restore them.");
    around.print(
      `Next, look through the configuration, send the account ether, and run \`nexus-node status\`.`,
    );
    return true;
  },
};

function wholeOf(given: Arguments, option: string): number | undefined {
  const text = textOf(given, option);
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} takes a whole number, and not ${text}.`);
}

/** Addresses by contract name. In Ignition's files names come after the module's: `NexusV1#NexusGateway`. */
async function readContracts(file: string): Promise<Map<string, string>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new UsageError(
      `--contracts takes a JSON file, and ${file} cannot be read: ${(error as Error).message}`,
    );
  }
  const entries = Object.entries((json ?? {}) as Record<string, unknown>);
  const odd = entries.find(([, address]) => !isAddress(address));
  if (entries.length > 0 && odd === undefined) {
    return new Map(entries.map(([name, address]) => [name.split("#").at(-1)!, String(address)]));
  }
  const which = odd === undefined ? "" : `, which ${odd[0]} is not`;
  throw new UsageError(`--contracts takes a JSON file of names and addresses${which}.`);
}
