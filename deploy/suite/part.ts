import type {
  ArgumentType,
  Artifact,
  ContractOptions,
  IgnitionModuleBuilder,
  NamedArtifactContractDeploymentFuture,
} from "@nomicfoundation/ignition-core";

import { packagedArtifact } from "../../plugin/contracts/artifacts.ts";

/**
 * Deploys one of the suite's contracts. In the repository Hardhat's own build is used, so that Ignition can verify the
 * sources; in a user's project, which does not compile the suite, the artifact that the package brings.
 */
export function part<Name extends string>(
  m: IgnitionModuleBuilder,
  name: Name,
  args: ArgumentType[] = [],
  options: ContractOptions = {},
): NamedArtifactContractDeploymentFuture<Name> {
  const artifact = packagedArtifact(name);
  return artifact === undefined
    ? m.contract(name, args, options)
    : // The same future but for where its artifact comes from, which nothing here looks at.
      (m.contract(
        name,
        artifact as Artifact,
        args,
        options,
      ) as unknown as NamedArtifactContractDeploymentFuture<Name>);
}
