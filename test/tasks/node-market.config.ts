import { defineConfig } from "hardhat/config";

import config from "../../hardhat.config.ts";

/** As the repository's, with programs of one's own, a node to connect to, and proofs that are made in no time. */
export default defineConfig({
  ...config,
  nexus: { programs: process.env.NODE_MARKET_PROGRAMS!, zero: { mode: "mock" }, cloud: { nodes: 1 } },
  networks: {
    ...config.networks,
    elsewhere: { type: "http", url: process.env.NODE_MARKET_URL ?? "http://127.0.0.1:1" },
  },
});
