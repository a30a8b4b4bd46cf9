import { readPrivateFile } from "../cloud/keystore/private-file.ts";
import { NodeError, textOf, type Arguments, type Surroundings } from "./command.ts";

/** The environment's variable with the password of a node's keys. */
const VARIABLE = "NEXUS_NODE_PASSWORD";

export const PASSWORD_OPTION = { "password-file": { type: "string" } } as const;

export const PASSWORD_HELP = `The password of the keys is the first line of --password-file, a file that only its owner can read, or else the
environment's ${VARIABLE}.`;

/** The password of a node's keys. @throws NodeError when none is given; KeystoreError when others can read its file */
export async function passwordOf(given: Arguments, { environment }: Surroundings): Promise<string> {
  const file = textOf(given, "password-file");
  if (file === undefined) {
    const password = environment[VARIABLE];
    if (password !== undefined && password !== "") return password;
    throw new NodeError(
      `There is no password: give a file that holds it with --password-file, or set ${VARIABLE}.`,
    );
  }
  const text = await readPrivateFile(file);
  if (text === undefined) throw new NodeError(`There is no file ${file} with a password.`);
  return text.split(/\r?\n/, 1)[0]!;
}
