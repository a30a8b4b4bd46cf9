import type { DeploymentParameters, IgnitionModule } from "@nomicfoundation/ignition-core";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { EthereumProvider } from "hardhat/types/providers";

import { deployModule } from "./deploy-module.ts";

/** What a deployment takes. */
export interface DeploymentCost {
  readonly gas: bigint;
  readonly transactions: number;
}

/**
 * What a whole deployment of `module` takes, found by doing it on a simulated network that is gone afterwards. What a
 * rollup charges for its data comes on top.
 *
 * @param chain the chain that it is meant for: contracts among the parameters get their code from there
 * @returns undefined when the project has no simulated network
 */
export async function deploymentCost(
  hre: HardhatRuntimeEnvironment,
  module: IgnitionModule,
  parameters: DeploymentParameters,
  chain: EthereumProvider,
): Promise<DeploymentCost | undefined> {
  const simulated = Object.entries(hre.config.networks).filter(
    ([, network]) => network.type === "edr-simulated" && network.forking === undefined,
  );
  const [name] = simulated.find(([one]) => one === "default") ?? simulated[0] ?? [];
  if (name === undefined) return undefined;
  const connection = await hre.network.create(name);
  try {
    const { provider } = connection;
    for (const address of new Set(
      JSON.stringify(parameters, asText).match(/(?<=")0x[0-9a-fA-F]{40}(?=")/g),
    )) {
      const code = await chain.request({ method: "eth_getCode", params: [address, "latest"] });
      if (code !== "0x") await provider.request({ method: "hardhat_setCode", params: [address, code] });
    }
    await deployModule(connection, module, parameters);
    const head = Number(await provider.request({ method: "eth_blockNumber" }));
    let gas = 0n;
    let transactions = 0;
    for (let number = 1; number <= head; number++) {
      const block = (await provider.request({
        method: "eth_getBlockByNumber",
        params: [`0x${number.toString(16)}`, false],
      })) as { gasUsed: string; transactions: string[] };
      gas += BigInt(block.gasUsed);
      transactions += block.transactions.length;
    }
    return { gas, transactions };
  } finally {
    await connection.close();
  }
}

function asText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
