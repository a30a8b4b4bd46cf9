import type { ParseArgsConfig } from "node:util";

/** What a command has around it. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a line of what was asked for. */
  print(line: string): void;
  /** Prints a line about the command's work. */
  note(line: string): void;
  /** Aborted when the command is to end. */
  readonly stopped: AbortSignal;
}

/** A command line, taken apart. */
export interface Arguments {
  /** The node's folder. */
  readonly folder: string;
  /** Options by name, true where one takes no value. */
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
}

/** One of `nexus-node`'s commands. */
export interface Command {
  /** What it does, in a line. */
  readonly summary: string;
  /** What `--help` says beneath. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig["options"]>;
  /** @returns false when what it looked at is not well */
  run(given: Arguments, around: Surroundings): Promise<boolean>;
}

/** Something is wrong with how a command was called. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Something that an operator has to see to; the message says what. */
export class NodeError extends Error {
  override readonly name = "NodeError";
}

/** An option's text; undefined when it was not given. */
export function textOf({ options }: Arguments, name: string): string | undefined {
  const given = options[name];
  return typeof given === "string" ? given : undefined;
}
