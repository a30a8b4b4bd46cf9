import { parseArgs } from "node:util";

import { HaltedError } from "../cloud/live/cloud-chain.ts";
import { UsageError, type Command, type Surroundings } from "./command.ts";
import { ConfigurationError } from "./configuration.ts";
import { approve } from "./approve.ts";
import { exportNode } from "./export.ts";
import { importNode } from "./import.ts";
import { init } from "./init.ts";
import { leave } from "./leave.ts";
import { register } from "./register.ts";
import { start } from "./start.ts";
import { status } from "./status.ts";
import { watch } from "./watch.ts";

const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries({
    init,
    register,
    start,
    status,
    watch,
    approve,
    leave,
    export: exportNode,
    import: importNode,
  }),
);

/**
 * With what a command ends: all is well; something is wrong; it was called wrongly, or its configuration is wrong; the node has halted, and
 * must not be started again before somebody knows why.
 */
export const EXIT = { well: 0, wrong: 1, usage: 2, halted: 3 } as const;

/** Errors that no operator can have made: they are shown with where they come from. */
const OURS = [TypeError, RangeError, ReferenceError, SyntaxError];

/** Runs `nexus-node` with these arguments. @returns its exit code */
export async function runCommandLine(args: readonly string[], around: Surroundings): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    around.print(overview());
    return name === undefined ? EXIT.usage : EXIT.well;
  }
  const command = COMMANDS.get(name);
  try {
    if (command === undefined) {
      throw new UsageError(`There is no command ${name}; there are ${[...COMMANDS.keys()].join(", ")}.`);
    }
    const { values, positionals } = parsed(command, rest);
    if (values["help"] === true) {
      around.print(`Usage: nexus-node ${name} [FOLDER] [options]\n\n${command.help}`);
      return EXIT.well;
    }
    if (positionals.length > 1) {
      throw new UsageError(`One folder is named, and not ${positionals.length}: ${positionals.join(", ")}.`);
    }
    const folder = positionals[0] ?? ".";
    return (await command.run({ folder, options: values }, around)) ? EXIT.well : EXIT.wrong;
  } catch (error) {
    if (error instanceof UsageError) {
      around.note(`${error.message} See \`nexus-node ${command === undefined ? "" : `${name} `}--help\`.`);
      return EXIT.usage;
    }
    const { message, stack } = error as Error;
    around.note(OURS.some((kind) => error instanceof kind) ? (stack ?? message) : message);
    if (error instanceof HaltedError) return EXIT.halted;
    return error instanceof ConfigurationError ? EXIT.usage : EXIT.wrong;
  }
}

/** @throws UsageError */
function parsed(command: Command, args: readonly string[]) {
  const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Readonly<Record<string, string | boolean | undefined>>, positionals };
  } catch (error) {
    throw new UsageError(`${(error as Error).message.split(". ")[0]!}.`);
  }
}

function overview(): string {
  const commands = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`);
  return [
    "Usage: nexus-node COMMAND [FOLDER] [options]",
    "",
    "An operator's node of a Nexus cloud. FOLDER is where it keeps everything (default: the current one).",
    "",
    ...commands,
    "",
    "`nexus-node COMMAND --help` says more. Exit codes: 0 all is well, 1 something is wrong, 2 called or configured wrongly, 3 halted.",
  ].join("\n");
}
