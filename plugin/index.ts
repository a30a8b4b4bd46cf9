import { definePlugin } from "hardhat/plugins";

import {
  buildProgramsTask,
  deployTask,
  foundTask,
  guardedDeployTask,
  initTask,
  nodeTask,
  proveTask,
  rehearseTask,
  runTask,
  statusTask,
  verifyTask,
} from "../tasks/index.ts";

export type * from "./type-extensions.ts";

/** The Hardhat 3 plugin `hardhat-nexus`: verifiable off-chain compute in tests, tasks and deployments. */
export default definePlugin({
  id: "hardhat-nexus",
  npmPackage: "hardhat-nexus",
  // Its modules are deployed, and its deploy task guarded, through Ignition.
  // Not through its extension for ethers or that for viem: a project can have only one, and it is the project's to choose.
  dependencies: () => [import("@nomicfoundation/hardhat-ignition")],
  hookHandlers: {
    config: () => import("./hooks/config.ts"),
    network: () => import("./hooks/network.ts"),
  },
  tasks: [
    initTask,
    buildProgramsTask,
    deployTask,
    foundTask,
    rehearseTask,
    runTask,
    proveTask,
    verifyTask,
    nodeTask,
    statusTask,
    guardedDeployTask,
  ],
});
