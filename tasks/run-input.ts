import { readFile } from "node:fs/promises";

import { HardhatPluginError } from "hardhat/plugins";

import { gatewayLimits } from "../plugin/contracts/gateway-limits.ts";
import { machineLimits } from "../plugin/zero/vm/limits.ts";

/** Most bytes that somebody takes of an input. */
export interface InputLimit {
  readonly who: string;
  readonly bytes: number;
}

export const gatewayLimit: InputLimit = { who: "the gateway", bytes: gatewayLimits.inputBytes };
/** Nexus Zero's, for the public and for the private input. */
export const zeroLimit: InputLimit = { who: "Nexus Zero", bytes: machineLimits.streamBytes };

/** How a program's input can be given on the command line. */
export interface InputArguments {
  /** Text, or hex digits with `inputHex`. */
  readonly input?: string | undefined;
  /** Path of a file. */
  readonly inputFile?: string | undefined;
  /** The text, or the file's content, is hex digits of the bytes. */
  readonly inputHex: boolean;
}

/** How the private input can be given, in the same ways. */
export interface PrivateInputArguments {
  readonly privateInput?: string | undefined;
  readonly privateInputFile?: string | undefined;
  readonly privateInputHex: boolean;
}

/**
 * The bytes that are meant; undefined when nothing is given.
 *
 * @throws HardhatPluginError when they are given twice, cannot be read, are not hex or are too many
 */
export async function readInput(
  { input, inputFile, inputHex }: InputArguments,
  limit = gatewayLimit,
): Promise<Buffer | undefined> {
  return read({ name: "input", text: input, file: inputFile, hex: inputHex }, limit);
}

/** Like `readInput`; nothing given is an empty private input. */
export async function readPrivateInput(given: PrivateInputArguments): Promise<Buffer> {
  const { privateInput: text, privateInputFile: file, privateInputHex: hex } = given;
  return (await read({ name: "private input", text, file, hex }, zeroLimit)) ?? Buffer.alloc(0);
}

interface Given {
  /** `input` or `private input`; its options have dashes for spaces. */
  readonly name: string;
  readonly text: string | undefined;
  readonly file: string | undefined;
  readonly hex: boolean;
}

async function read({ name, text, file, hex }: Given, limit: InputLimit): Promise<Buffer | undefined> {
  const option = `--${name.replace(" ", "-")}`;
  if (text !== undefined && file !== undefined) {
    throw refuse(`Give the ${name} once: either with ${option} or with ${option}-file.`);
  }
  const given = file === undefined ? text : await contentOf(name, file);
  if (given === undefined) {
    if (hex) throw refuse(`${option}-hex says how to read ${option} or ${option}-file: give one of them.`);
    return undefined;
  }
  const bytes = hex ? fromHex(name, given.toString()) : Buffer.from(given);
  if (bytes.length > limit.bytes) {
    throw refuse(`The ${name} has ${bytes.length} bytes, and ${limit.who} takes at most ${limit.bytes}.`);
  }
  return bytes;
}

async function contentOf(name: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" ? "does not exist" : code === "EISDIR" ? "is a folder" : `cannot be read (${code})`;
    throw refuse(`The ${name} file ${path} ${why}.`);
  }
}

function fromHex(name: string, text: string): Buffer {
  const digits = text.trim().replace(/^0x/, "");
  if (!/^([0-9a-fA-F]{2})*$/.test(digits)) {
    throw refuse(
      `The ${name} is not hex: with --${name.replace(" ", "-")}-hex it must be pairs of the digits 0-9 and a-f, such as 0x00ff.`,
    );
  }
  return Buffer.from(digits, "hex");
}

function refuse(message: string): HardhatPluginError {
  return new HardhatPluginError("hardhat-nexus", message);
}
