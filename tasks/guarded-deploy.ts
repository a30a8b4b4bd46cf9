import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { readDeploymentParameters } from "@nomicfoundation/hardhat-ignition/helpers";
import type { DeploymentParameters, IgnitionModule } from "@nomicfoundation/ignition-core";
import { HardhatPluginError } from "hardhat/plugins";
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";

import { hasBls12381 } from "../deploy/eip2537.ts";
import { isNexusModule, refusal } from "../deploy/refusals.ts";

/** Ignition's arguments that matter here. */
interface DeployArguments {
  readonly modulePath: string;
  readonly parameters?: string | undefined;
  readonly defaultSender?: string | undefined;
}

/** `ignition deploy`, but a deployment of Nexus that must not happen ends in one sentence before anything is sent. */
const guardedDeploy: TaskOverrideActionFunction = async (args, hre, runSuper) => {
  const { modulePath, parameters, defaultSender } = args as unknown as DeployArguments;
  const file = resolve(modulePath);
  // Whatever is wrong with the path or the module is for Ignition to say.
  if (!existsSync(file)) return runSuper(args);
  const { default: module } = (await import(pathToFileURL(file).href)) as { default?: IgnitionModule };
  if (module?.futures === undefined || !isNexusModule(module)) return runSuper(args);

  const { provider, close } = await hre.network.create();
  try {
    const accounts = (await provider.request({ method: "eth_accounts" })) as string[];
    const why = refusal({
      module,
      chainId: Number(await provider.request({ method: "eth_chainId" })),
      deployer: defaultSender || accounts[0],
      parameters: await readParameters(parameters, module.id, hre.config.paths.ignition),
      bls12381: await hasBls12381(provider),
    });
    if (why !== undefined) throw new HardhatPluginError("hardhat-nexus", why);
  } finally {
    await close();
  }
  return runSuper(args);
};

/** The parameters as Ignition will find them: given as a file or as text, or in the module's own file. */
async function readParameters(
  given: string | undefined,
  moduleId: string,
  ignitionDirectory: string,
): Promise<DeploymentParameters> {
  if (given === undefined) {
    const own = join(ignitionDirectory, `${moduleId}.config.json`);
    return existsSync(own) ? readDeploymentParameters(own) : {};
  }
  if (/\.json5?$/.test(given)) return readDeploymentParameters(resolve(given));
  try {
    return JSON.parse(given) as DeploymentParameters;
  } catch {
    throw new HardhatPluginError(
      "hardhat-nexus",
      `The parameters ${given} are not JSON. Give strict JSON, or the path of a .json file.`,
    );
  }
}

export default guardedDeploy;
