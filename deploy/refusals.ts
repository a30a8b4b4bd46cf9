import type { DeploymentParameters, IgnitionModule } from "@nomicfoundation/ignition-core";

import { chainOf } from "./chains.ts";
import { isDevelopmentChain } from "../plugin/chain/development-chain.ts";
import { isDevelopmentAccount, isDevelopmentKey } from "./development.ts";
import { includesModule, MODULES } from "./suite/suite.ts";

/** A deployment as far as it is known before anything is sent. */
export interface PlannedDeployment {
  readonly module: IgnitionModule;
  readonly chainId: number;
  /** Whether it is a development chain; by its id, unless more is known. */
  readonly isDevelopment?: boolean;
  /** Address that pays and sends; `undefined` when the network has no account. */
  readonly deployer: string | undefined;
  readonly parameters: DeploymentParameters;
  /** Whether the chain has the precompiles of EIP-2537. */
  readonly bls12381: boolean;
}

/** Addresses that a live deployment must be given, by the module that asks for them. */
const REQUIRED: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map([
  [
    MODULES.suite,
    {
      owner: "who may add Zero verifiers, which work after a delay, and retire them",
      token: "the ERC-20 that operators stake",
    },
  ],
  [MODULES.zero, { owner: "who may add Zero verifiers, which work after a delay, and retire them" }],
]);

/** Why a deployment must not begin, in one sentence and what to do; `undefined` when nothing speaks against it. */
export function refusal(planned: PlannedDeployment): string | undefined {
  const chain = chainOf(planned.chainId)?.name ?? "a live one";
  const where = `chain ${planned.chainId} (${chain})`;
  if (!planned.bls12381 && deploys(planned.module, "Bls12381Verifier")) {
    return (
      `Chain ${planned.chainId} has no BLS12-381 precompiles (EIP-2537), and ${planned.module.id} needs them here. ` +
      "Deploy the variant for BN254 instead: modules/suite-bn254.ts, development-bn254.ts, or mirror.ts."
    );
  }
  if (planned.isDevelopment ?? isDevelopmentChain(planned.chainId)) return undefined;
  if (includesModule(planned.module, MODULES.development)) {
    return (
      `${MODULES.development} deploys a mock verifier and a token that anybody mints, so it is for development chains ` +
      `(31337, 1337) and not for ${where}. Deploy modules/suite.ts there.`
    );
  }
  if (planned.deployer === undefined) {
    return `There is no account to deploy to ${where} with. Set NEXUS_DEPLOYER_KEY: npx hardhat keystore set NEXUS_DEPLOYER_KEY.`;
  }
  if (isDevelopmentAccount(planned.deployer)) {
    return (
      `The deployer ${planned.deployer} is one of Hardhat's development accounts, whose keys everybody knows, and ` +
      `${where} is not a development chain. Set NEXUS_DEPLOYER_KEY to a key of your own.`
    );
  }
  for (const [module, parameters] of REQUIRED) {
    if (!includesModule(planned.module, module)) continue;
    for (const [name, meaning] of Object.entries(parameters)) {
      const problem = addressProblem(
        planned.parameters[module]?.[name] ?? planned.parameters.$global?.[name],
      );
      if (problem === undefined) continue;
      return (
        `The parameter \`${name}\` of ${module} (${meaning}) ${problem}, and ${where} is not a development chain. ` +
        "Give it in the parameters file, as docs/deployment.md says."
      );
    }
  }
  for (const [module, name] of [
    [MODULES.suite, "finality"],
    [MODULES.mirror, "homeFinality"],
  ] as const) {
    if (!includesModule(planned.module, module)) continue;
    const value = planned.parameters[module]?.[name] ?? planned.parameters.$global?.[name];
    // Where a mirror's home is, its parameters do not say.
    const least = module === MODULES.suite ? (chainOf(planned.chainId)?.finality ?? 1) : 1;
    if (typeof value === "number" && value >= least) continue;
    return (
      `The parameter \`${name}\` of ${module} (seconds after which a block of the home chain is final) ` +
      `${value === undefined ? "is not set" : `is ${String(value)}`}, and a committee of a cloud whose home is ${module === MODULES.suite ? where : "a live chain"} ` +
      `needs at least ${least} to be in time. Give it in the parameters file, as docs/deployment.md says.`
    );
  }
  if (includesModule(planned.module, MODULES.zeroVerifier)) {
    const { verifyingKey } = { ...planned.parameters.$global, ...planned.parameters[MODULES.zeroVerifier] };
    if (typeof verifyingKey !== "object" || verifyingKey === null) {
      return (
        `The parameter \`verifyingKey\` of ${MODULES.zeroVerifier} is not set, and ${where} is not a development chain. ` +
        "Give the key of a ceremony in the parameters file, as docs/deployment.md says."
      );
    }
    if (isDevelopmentKey(verifyingKey)) {
      return (
        `The \`verifyingKey\` of ${MODULES.zeroVerifier} is a development key, with which everybody can prove anything, and ` +
        `${where} is not a development chain. Give the key of a ceremony.`
      );
    }
  }
  return undefined;
}

/** Whether `module` is one of Nexus's, or uses one. */
export function isNexusModule(module: IgnitionModule): boolean {
  return Object.values(MODULES).some((id) => includesModule(module, id));
}

function addressProblem(value: unknown): string | undefined {
  if (value === undefined || value === "") return "is not set";
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{40}$/.test(value)) {
    return `is ${JSON.stringify(value)}, which is not an address`;
  }
  if (/^0x0{40}$/.test(value)) return "is the zero address";
  if (isDevelopmentAccount(value)) {
    return `is ${value}, one of Hardhat's development accounts, whose keys everybody knows`;
  }
  return undefined;
}

function deploys(module: IgnitionModule, contract: string): boolean {
  return (
    [...module.futures].some((future) => "contractName" in future && future.contractName === contract) ||
    [...module.submodules].some((one) => deploys(one, contract))
  );
}
