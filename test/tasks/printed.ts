import { stripVTControlCharacters } from "node:util";

import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

/** Runs a task and gives what it printed, without colours. @param onError told of each line on standard error, progress among them */
export async function printed(
  hre: HardhatRuntimeEnvironment,
  task: string,
  args: Record<string, unknown> = {},
  onError: (line: string) => void = () => undefined,
): Promise<string> {
  const lines: string[] = [];
  const { log, error } = console;
  console.log = (...parts: unknown[]) => lines.push(parts.join(" "));
  console.error = (...parts: unknown[]) => onError(stripVTControlCharacters(parts.join(" ")));
  try {
    await hre.tasks.getTask(task).run(args);
  } finally {
    console.log = log;
    console.error = error;
  }
  return stripVTControlCharacters(lines.join("\n"));
}

/** Runs a task that must fail as tasks of a plugin do: with an error of which the command line shows the message alone. */
export async function refusal(
  hre: HardhatRuntimeEnvironment,
  task: string,
  args: Record<string, unknown> = {},
): Promise<string> {
  try {
    await printed(hre, task, args);
  } catch (error) {
    if (HardhatPluginError.isHardhatPluginError(error)) return error.message;
    throw error;
  }
  throw new Error(`${task} was not refused`);
}
