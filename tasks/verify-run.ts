import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { addressOf, readAddressBook } from "../deploy/address-book.ts";
import { isDevelopmentNetwork } from "../plugin/chain/development-chain.ts";
import { EvmChain } from "../plugin/chain/evm-chain.ts";
import type { ProvenRun } from "../plugin/zero/proof/proven-run.ts";
import { ZeroChain } from "../plugin/zero/chain/zero-chain.ts";
import { ensureCompiledSuite } from "./compiled-suite.ts";
import type { Progress } from "./progress.ts";
import { orTaskError } from "./task-error.ts";
import type { VerifyReport } from "./verify-report.ts";
import { withProver } from "./with-prover.ts";

/** Checks a proof here. @throws HardhatPluginError */
export async function verifyHere(
  run: ProvenRun,
  hre: HardhatRuntimeEnvironment,
  progress: Progress,
): Promise<VerifyReport> {
  return withProver(hre, progress, async (prover) => {
    progress.step("Checking the proof");
    await prover.verify(run);
    return { run };
  });
}

/** A development chain gets a router and a verifier of its own; on another one, the router of the deployment is asked. */
export async function verifyOnChain(
  run: ProvenRun,
  hre: HardhatRuntimeEnvironment,
  progress: Progress,
): Promise<VerifyReport> {
  await ensureCompiledSuite(hre, progress.step);
  const connection = await hre.network.create();
  try {
    const chain = await EvmChain.connect(connection.provider, 0);
    const chainId = Number(chain.chainId);
    const ask = async (zero: ZeroChain): Promise<VerifyReport> => {
      progress.step("Asking the contract");
      await zero.verify(run).catch((error: Error) => {
        throw refused(error);
      });
      return { run, network: connection.networkName, chainId, router: zero.router.address };
    };
    if (isDevelopmentNetwork(connection.networkConfig, chainId)) {
      return await withProver(hre, progress, async (prover) => {
        progress.step("Deploying the Zero router and verifier");
        const zero = await ZeroChain.deploy(chain);
        await prover.addVerifier(zero);
        return ask(zero);
      });
    }
    return await orTaskError(async () => {
      const book = await readAddressBook(hre.config.paths.ignition, chainId);
      const [router, market] = [addressOf(book, "ZeroRouter"), addressOf(book, "ZeroMarket")];
      return ask(new ZeroChain(chain, { router, market }));
    });
  } finally {
    await connection.close();
  }
}

/** What a contract's error says; an error that is no contract's is left as it is. */
function refused(error: Error): Error {
  const [, named] = /custom error '(.*)'/.exec(error.message) ?? [];
  return named === undefined
    ? error
    : new Error(`The contract refuses the proof: ${named}.`, { cause: error });
}
