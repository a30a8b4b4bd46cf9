/**
 * `nexus-node import` as a process that is killed just before it changes a file's name for the nth time; to remove one counts too:
 *
 *   node killed-import.ts FOLDER FILE N
 */
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

// Mocha loads every file of this folder; only as a process of its own does this one do anything.
if (import.meta.main) {
  const [folder, file, kill] = process.argv.slice(2);
  let changes = 0;
  const counted =
    <A extends unknown[], R>(change: (...args: A) => R) =>
    (...args: A): R => {
      if (++changes === Number(kill)) process.kill(process.pid, "SIGKILL");
      return change(...args);
    };
  files.rename = counted(files.rename);
  files.rm = counted(files.rm);
  syncBuiltinESMExports();

  const { runCommandLine } = await import("../../../plugin/node/command-line.ts");
  process.exitCode = await runCommandLine(["import", folder!, "--file", file!], {
    environment: process.env,
    print: () => undefined,
    note: (line) => console.error(line),
    stopped: new AbortController().signal,
  });
}
