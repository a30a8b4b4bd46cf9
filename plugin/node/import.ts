import { writeDurably } from "../cloud/keystore/durable-file.ts";
import { Keystore } from "../cloud/keystore/keystore.ts";
import { NodeError, textOf, UsageError, type Command } from "./command.ts";
import { parseConfiguration } from "./configuration.ts";
import { readMovedNode } from "./moved-node.ts";
import { IDENTITY, NodeFolder } from "./node-folder.ts";
import { PASSWORD_HELP, PASSWORD_OPTION, passwordOf } from "./password.ts";
import { namesIn, requireNoRecords, writeRecords } from "./signing-records.ts";

/** Takes in a node that was exported on another machine. */
export const importNode: Command = {
  summary: "take in a node that was exported on another machine",
  help: `Makes the folder, which must be missing or empty, of a file that \`nexus-node export\` wrote.

  --file FILE            the exported file
  --password-file FILE   where the password is that it was exported under; it is that of the keys here too

Import a file once. It holds what the node had signed when it was exported; a second import would let the node sign again
what it signed since, which costs its stake.

${PASSWORD_HELP}`,
  options: { ...PASSWORD_OPTION, file: { type: "string" } },
  run: async (given, around) => {
    const file = textOf(given, "file");
    if (file === undefined) throw new UsageError("--file says which file to take in.");
    const folder = new NodeFolder(given.folder);
    const password = await passwordOf(given, around);
    const node = await readMovedNode(file, password);
    await folder.requireWhole();
    const [first] = await namesIn(folder.path);
    if (first !== undefined) {
      throw new NodeError(
        `There is ${first} in ${folder.path} already, which may be newer: import into a folder of its own.`,
      );
    }
    const { data } = parseConfiguration(folder.configuration, node.configuration, around.environment);
    const secret = node.secrets[IDENTITY];
    if (secret === undefined) throw new NodeError(`There is no identity in ${file}.`);
    await requireNoRecords(data);
    const finish = await folder.beginImport();
    await writeRecords(data, node.records);
    await writeDurably(folder.configuration, node.configuration);
    await writeDurably(folder.account, node.account);
    await writeDurably(folder.publicSide, node.identity);
    const keystore = await Keystore.create(folder.keys, password);
    const names = Object.keys(node.secrets).filter((name) => name !== IDENTITY);
    for (const name of [...names, IDENTITY]) {
      await keystore.put(name, new Uint8Array(Buffer.from(node.secrets[name]!.slice(2), "hex")));
    }
    await finish();
    const { address } = await folder.identity();
    around.print(`identity       ${address}, as it was exported on ${node.at}`);
    around.print(`Now delete ${file}: whoever imports it once more can lose the node's stake.`);
    return true;
  },
};
