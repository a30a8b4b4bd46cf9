import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { network } from "hardhat";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../hardhat.config.ts";

/** A node that several commands can talk to one after the other, as `npx hardhat node` is. */
export interface LiveNode {
  readonly url: string;
  /** An environment whose selected network is the node, and whose deployments are recorded in a directory of its own. */
  readonly hre: HardhatRuntimeEnvironment;
  close(): Promise<void>;
}

/**
 * Starts a node on a free port.
 *
 * @param accounts private keys of the environment's accounts; the node's own, which everybody knows, unless given
 */
export async function startNode(chainId = 31337, accounts?: string[]): Promise<LiveNode> {
  const server = await network.createServer({ network: "l1", override: { chainId } }, "127.0.0.1", 0);
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const ignition = await mkdtemp(join(tmpdir(), "nexus-deploy-"));
  const hre = await createHardhatRuntimeEnvironment(
    {
      ...config,
      paths: { ...config.paths, ignition },
      networks: {
        ...config.networks,
        live: { type: "http", url, ...(accounts !== undefined && { accounts }) },
      },
    },
    { network: "live" },
    fileURLToPath(new URL("../..", import.meta.url)),
  );
  return {
    url,
    hre,
    close: async () => {
      await server.close();
      await rm(ignition, { recursive: true, force: true });
    },
  };
}
