import { fileURLToPath } from "node:url";

import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";

import { liveNetworks } from "./deploy/networks.ts";
import nexus from "./plugin/index.ts";
import longestFirst from "./scripts/longest-first.ts";
import quietDependencies from "./scripts/quiet-dependencies.ts";

// solc-js from npm, so that compilation never needs the network.
const solc = fileURLToPath(import.meta.resolve("solc/soljson.js"));

export default defineConfig({
  plugins: [toolbox, nexus, quietDependencies, longestFirst],
  paths: { sources: "contracts", tests: { mocha: "test", solidity: "test/contracts" }, ignition: "deploy" },
  solidity: {
    compilers: [
      {
        version: "0.8.37",
        path: solc,
        settings: { evmVersion: "cancun", optimizer: { enabled: true, runs: 2000 } },
      },
    ],
  },
  // The generated types use namespaces, which this project's own code does not.
  typechain: { tsNocheck: true },
  networks: {
    l1: { type: "edr-simulated", chainType: "l1" },
    op: { type: "edr-simulated", chainType: "op" },
    generic: { type: "edr-simulated", chainType: "generic" },
    // A chain without EIP-2537, as it was before Pectra: only the BN254 suite works here.
    cancun: { type: "edr-simulated", chainType: "l1", hardfork: "cancun" },
    ...liveNetworks(),
  },
  verify: { etherscan: { apiKey: configVariable("ETHERSCAN_API_KEY") } },
  test: {
    // Files run side by side, each alone in its process while it does, and wait for one another's processors.
    mocha: {
      timeout: 240_000,
      parallel: true,
      jobs: 2,
      require: [fileURLToPath(new URL("test/plain-node.ts", import.meta.url))],
    },
    solidity: {
      // NEXUS_SEED tries others, in fuzz tests and invariants alike.
      fuzz: { runs: 256, seed: `0x${BigInt(process.env["NEXUS_SEED"] ?? 0x4e65787573).toString(16)}` },
      // NEXUS_SLOW=1: 20,000 calls for each of the six invariants. Values read from storage come in another order in every
      // process, so that with them the same seed would not give the same calls.
      invariant: {
        runs: process.env["NEXUS_SLOW"] === "1" ? 100 : 32,
        depth: 200,
        failOnRevert: true,
        includeStorage: false,
      },
    },
  },
});
