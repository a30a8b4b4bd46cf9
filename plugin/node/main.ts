#!/usr/bin/env node
import { runCommandLine } from "./command-line.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: process.env,
  print: (line) => console.log(line),
  note: (line) => console.error(`nexus-node: ${line}`),
  stopped: stop.signal,
});
// Whatever still waits for a chain's answer, such as for a transaction to be mined, has nothing left to write to.
setTimeout(() => process.exit(), 1_000).unref();
