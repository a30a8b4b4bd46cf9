import { fileURLToPath } from "node:url";

import { overrideTask } from "hardhat/config";
import { definePlugin } from "hardhat/plugins";
import { getAllFilesMatching } from "@nomicfoundation/hardhat-utils/fs";

const test = new URL("../test/", import.meta.url);

/** The test files that take minutes, the longest first. */
export const LONGEST = [
  "package.ts",
  "plugin/zero/modes/prove-programs.ts",
  "plugin/zero/prover/wrong-traces.ts",
  "plugin/cloud/engines/cometbft-application.ts",
  "plugin/zero/vm/random-instances.ts",
  "docs/start.ts",
  "plugin/node/start.ts",
  "tasks/rehearse.ts",
  "plugin/cloud/embedded/crash.ts",
].map((name) => fileURLToPath(new URL(name, test)));

/** All of `files`: those of `longest` in its order, then the others in theirs. */
export function longestFirst(files: readonly string[], longest: readonly string[] = LONGEST): string[] {
  const first = longest.filter((file) => files.includes(file));
  return [...first, ...files.filter((file) => !first.includes(file))];
}

/** Has Mocha, where it is told no files, start the longest ones first: begun last, one would leave the other processors idle. */
export default definePlugin({
  id: "longest-first",
  tasks: [
    overrideTask(["test", "mocha"])
      .setAction(async () => ({
        default: async (args, hre, runSuper) => {
          const { testFiles } = args as { testFiles: string[] };
          if (testFiles.length > 0) return runSuper(args);
          const files = await getAllFilesMatching(hre.config.paths.tests.mocha, (path) =>
            /\.[cm]?[jt]s$/i.test(path),
          );
          return runSuper({ ...args, testFiles: longestFirst(files) });
        },
      }))
      .build(),
  ],
});
