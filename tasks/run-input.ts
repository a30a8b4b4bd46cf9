import { readFile } from "node:fs/promises";

import { HardhatPluginError } from "hardhat/plugins";

/** Most bytes that the gateway takes; the same as `NexusGateway.MAX_INPUT`. */
export const MAX_INPUT = 65_536;

/** How a program's input can be given on the command line. */
export interface InputArguments {
  /** Text, or hex digits with `inputHex`. */
  readonly input?: string | undefined;
  /** Path of a file. */
  readonly inputFile?: string | undefined;
  /** The text, or the file's content, is hex digits of the bytes. */
  readonly inputHex: boolean;
}

/**
 * The bytes that are meant; undefined when nothing is given.
 *
 * @throws HardhatPluginError when they are given twice, cannot be read, are not hex or are too many
 */
export async function readInput({ input, inputFile, inputHex }: InputArguments): Promise<Buffer | undefined> {
  if (input !== undefined && inputFile !== undefined) {
    throw refuse("Give the input once: either with --input or with --input-file.");
  }
  const given = inputFile === undefined ? input : await contentOf(inputFile);
  if (given === undefined) {
    if (inputHex) throw refuse("--input-hex says how to read --input or --input-file: give one of them.");
    return undefined;
  }
  const bytes = inputHex ? fromHex(given.toString()) : Buffer.from(given);
  if (bytes.length > MAX_INPUT) {
    throw refuse(`The input has ${bytes.length} bytes, and the gateway takes at most ${MAX_INPUT}.`);
  }
  return bytes;
}

async function contentOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "does not exist" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
    throw refuse(`The input file ${path} ${why}.`);
  }
}

function fromHex(text: string): Buffer {
  const digits = text.trim().replace(/^0x/, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) {
    throw refuse(
      "The input is not hex: with --input-hex it must be pairs of the digits 0-9 and a-f, such as 0x00ff.",
    );
  }
  return Buffer.from(digits, "hex");
}

function refuse(message: string): HardhatPluginError {
  return new HardhatPluginError("hardhat-nexus", message);
}
