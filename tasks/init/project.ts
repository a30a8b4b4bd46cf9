import { createRequire } from "node:module";
import { join } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

/** What a project's tests are written with. */
export interface TestTools {
  /** Who runs them, as `npx hardhat test` calls it. */
  readonly runner: "mocha" | "nodejs";
  readonly contracts: "ethers" | "viem";
  readonly assertions: "chai" | "node:assert";
  /** Folder of the tests. */
  readonly folder: string;
}

/** What the project's plugins bring for tests; undefined when there is no runner, or nothing that deploys contracts. */
export function testTools({ config }: HardhatRuntimeEnvironment): TestTools | undefined {
  const plugins = new Set(config.plugins.map(({ id }) => id));
  const runner = plugins.has("hardhat-mocha")
    ? "mocha"
    : plugins.has("hardhat-node-test-runner")
      ? "nodejs"
      : undefined;
  const contracts = plugins.has("hardhat-ethers")
    ? "ethers"
    : plugins.has("hardhat-viem")
      ? "viem"
      : undefined;
  if (runner === undefined || contracts === undefined) return undefined;
  const { root, tests } = config.paths;
  const hasChai = runner === "mocha" && isInstalled("chai", root);
  return {
    runner,
    contracts,
    assertions: hasChai ? "chai" : "node:assert",
    folder: (tests as unknown as Partial<Record<string, string>>)[runner] ?? join(root, "test"),
  };
}

/** Whether the project at `root` can load the package `name`. */
export function isInstalled(name: string, root: string): boolean {
  try {
    createRequire(join(root, "index.js")).resolve(`${name}/package.json`);
    return true;
  } catch (error) {
    // A package that does not show its package.json is there too.
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}
