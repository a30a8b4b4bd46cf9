import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { development } from "../../deploy/suite/development-suite.ts";
import { cloudMirror } from "../../deploy/suite/suite.ts";
import { deployParts } from "../../plugin/chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../plugin/chain/development-account.ts";
import { EvmChain, EvmContract } from "../../plugin/chain/evm-chain.ts";
import { HttpProvider } from "../../plugin/chain/http-provider.ts";
import { loadArtifact } from "../../plugin/contracts/artifacts.ts";
import * as digests from "../../plugin/contracts/digests.ts";

/** Milliseconds from a block of a rehearsed chain to the next. */
const BLOCK_TIME = 1_000;

/** A chain with a live chain's id behind a node of Hardhat, and parts of the suite on it. */
export interface RehearsedChain {
  readonly url: string;
  readonly chain: EvmChain;
  /** Deploys, founds and asks. */
  readonly account: DevelopmentAccount;
  /** Addresses by contract name, filled by what is deployed. */
  readonly parts: Map<string, string>;
  /** Block of the first of the contracts. */
  deployedAt: bigint;
  contract(name: string): EvmContract;
  close(): Promise<void>;
}

/**
 * Starts a chain that makes a block a second, and one for each transaction.
 *
 * @param behind seconds that its clock is behind this machine's: its time may be moved on by as much, and is never ahead of its nodes'
 */
export async function startChain(
  hre: HardhatRuntimeEnvironment,
  chainId: number,
  behind = 0,
): Promise<RehearsedChain> {
  const server = await hre.network.createServer(
    {
      network: simulatedNetwork(hre),
      override: {
        chainId,
        initialDate: new Date(Date.now() - behind * 1_000),
        // As a live chain's, its clock is never ahead of that of its nodes.
        allowBlocksWithSameTimestamp: true,
        mining: { auto: true, interval: BLOCK_TIME },
      },
    },
    "127.0.0.1",
    0,
  );
  const { port } = await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const chain = await EvmChain.connect(new HttpProvider(new URL(url)), 0);
  const account = await DevelopmentAccount.open(chain, "founder");
  const parts = new Map<string, string>();
  return {
    url,
    chain,
    account,
    parts,
    deployedAt: (await chain.head()) + 1n,
    contract: (name) => new EvmContract(parts.get(name)!, loadArtifact(name).abi),
    close: async () => server.close(),
  };
}

/** A network of the project that begins empty; every project has `default` unless it is configured otherwise. */
function simulatedNetwork({ config }: HardhatRuntimeEnvironment): string {
  const simulated = Object.entries(config.networks).filter(
    ([, network]) => network.type === "edr-simulated" && network.forking === undefined,
  );
  const [name] = simulated.find(([one]) => one === "default") ?? simulated[0] ?? [];
  if (name !== undefined) return name;
  throw new Error(
    'A rehearsal needs a simulated network, and the project has none that is no fork: add one of type "edr-simulated" to its `networks`.',
  );
}

/** Deploys the suite with a development token. */
export async function deployHome(home: RehearsedChain): Promise<void> {
  const { chain, account } = home;
  home.deployedAt = (await chain.head()) + 1n;
  const parts = await deployParts(account, (m) => development(m, false), {
    // The first cloud of its founder.
    defaultCloud: (deployed: ReadonlyMap<string, string>) =>
      digests.cloud(chain.chainId, deployed.get("CommitteeRegistry")!, account.address, 0n),
  });
  for (const [name, address] of parts) home.parts.set(name, address);
}

/** Deploys a cloud's parts on another chain, with a mirror that begins with the committee in office. */
export async function deployMirror(
  mirror: RehearsedChain,
  home: RehearsedChain,
  cloudId: string,
): Promise<void> {
  const { chain } = home;
  const registry = home.contract("CommitteeRegistry");
  const [epoch] = await chain.read(registry, "currentEpoch", cloudId);
  const [committee] = await chain.read(registry, "committee", cloudId, epoch);
  const [operators] = await chain.read(registry, "members", cloudId, epoch);
  const [prices] = await chain.read(registry, "prices", cloudId);
  const struct = committee as Record<string, unknown>;
  const anchor = Object.fromEntries(
    ["epoch", "validFrom", "validUntil", "size", "threshold", "groupKey", "membersHash"].map((name) => [
      name,
      struct[name],
    ]),
  );
  const { perRequest, perFuel, perByte } = prices as Record<"perRequest" | "perFuel" | "perByte", bigint>;
  mirror.deployedAt = (await mirror.chain.head()) + 1n;
  const parts = await deployParts(mirror.account, (m) => cloudMirror(m, "Bn254Verifier"), {
    cloudId,
    prices: { perRequest, perFuel, perByte },
    anchor,
    operators: [...(operators as string[])],
    homeFinality: 0,
  });
  for (const [name, address] of parts) mirror.parts.set(name, address);
}
