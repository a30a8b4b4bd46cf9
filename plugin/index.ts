import { definePlugin } from "hardhat/plugins";

import { statusTask } from "../tasks/index.ts";

/** The Hardhat 3 plugin `hardhat-nexus`: verifiable off-chain compute in tests, tasks and deployments. */
export default definePlugin({
  id: "hardhat-nexus",
  npmPackage: "hardhat-nexus",
  tasks: [statusTask],
});
