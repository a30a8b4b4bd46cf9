/** A process that commits blocks until it is killed. Argument: the directory. Prints each height once it is durable. */

import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { commitScripted } from "./scripted-blocks.ts";

// Mocha loads every file of this folder; only as a process of its own does this one do anything.
if (import.meta.main) {
  const state = await State.open(await LevelStore.open(process.argv[2]!));
  process.stdout.write("ready\n");
  for (;;) {
    const { height } = await commitScripted(state, state.head.height + 1);
    process.stdout.write(`${height}\n`);
  }
}
