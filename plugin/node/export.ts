import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { Keystore } from "../cloud/keystore/keystore.ts";
import { toHex } from "../cloud/storage/bytes.ts";
import { NodeError, textOf, UsageError, type Command } from "./command.ts";
import { readConfiguration } from "./configuration.ts";
import { writeMovedNode, type MovedNode } from "./moved-node.ts";
import { exists, NodeFolder } from "./node-folder.ts";
import { PASSWORD_HELP, PASSWORD_OPTION, passwordOf } from "./password.ts";
import { namesIn, readRecords } from "./signing-records.ts";

/** Makes one encrypted file of a node that moves to another machine, and has it start here no more. */
export const exportNode: Command = {
  summary: "move the node away: everything that it signs with and has signed, in one encrypted file",
  help: `Stop the node first. Writes its configuration, keys and account, and what it has signed, into a file that the password
of the keys opens, and marks the folder: its keys cannot be used here any more, since two machines that sign as one
lose the stake. On the other machine \`nexus-node import\` takes the file.

  --file FILE            the file to write; there must be none
  --password-file FILE   where the password of the keys is

What is missing there is fetched from the other nodes: blocks and state are not moved. It can be called again when the
file was lost before it was imported, and never after that.

${PASSWORD_HELP}`,
  options: { ...PASSWORD_OPTION, file: { type: "string" } },
  run: async (given, around) => {
    const file = textOf(given, "file");
    if (file === undefined) throw new UsageError("--file says which file to write.");
    const folder = new NodeFolder(given.folder);
    const { data } = await readConfiguration(folder.configuration, around.environment);
    const password = await passwordOf(given, around);
    await folder.requireWhole();
    if ((await namesIn(folder.keys)).length === 0) throw new NodeError(`There is no node in ${folder.path}.`);
    // Not by the folder, which refuses once it is marked.
    const keystore = await Keystore.open(folder.keys, password);
    const secrets: Record<string, string> = {};
    const at = new Date().toISOString();
    if (await exists(file)) throw new NodeError(`There is ${file} already, and nothing is overwritten.`);
    // From here on it does not start again, so what is read of it stays the last word.
    const undo = await folder.markMoved(at);
    let node: MovedNode;
    try {
      const records = await readRecords(data);
      for (const name of await keystore.names()) secrets[name] = toHex((await keystore.get(name))!);
      const [configuration, account, identity] = (await Promise.all(
        [folder.configuration, folder.account, folder.publicSide].map((path) => readFile(path, "utf8")),
      )) as [string, string, string];
      node = { at, configuration, account, identity, secrets, records };
    } catch (error) {
      await undo();
      throw error;
    }
    // The mark stays if this fails, as the file may be there after all: then it is exported once more.
    await writeMovedNode(resolve(file), node, password);
    around.print(`Written to ${resolve(file)}. This folder's node does not start any more.`);
    around.print(
      `On the other machine, run \`nexus-node import FOLDER --file FILE\` with the same password.`,
    );
    around.print(
      "Import it once, on one machine, and then delete the file: it does not know what is signed from then on.",
    );
    return true;
  },
};
