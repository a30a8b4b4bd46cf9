import { EvmChain } from "../plugin/chain/evm-chain.ts";
import type { LoadedProgram } from "../plugin/programs/load.ts";
import { ZeroChain } from "../plugin/zero/chain/zero-chain.ts";
import type { ZeroProver } from "../plugin/zero/modes/zero-prover.ts";
import type { ZeroReport } from "./zero-report.ts";
import type { NetworkConnection } from "hardhat/types/network";

/** What the market pays for the proof, in wei: what for does not matter here. */
const BOUNTY = 10n ** 15n;

/**
 * Asks a market for a proof of a run, makes the proof, and sells it to the market.
 *
 * @param connection of a development chain; router, verifier and market are deployed there
 * @throws Error saying in one sentence why there is no proof, or why the contract refused it
 */
export async function runZero(
  connection: NetworkConnection,
  prover: ZeroProver,
  program: LoadedProgram,
  input: Uint8Array,
  privateInput: Uint8Array,
  progress: (what: string) => void,
): Promise<ZeroReport & Required<Pick<ZeroReport, "accepted">>> {
  progress("Deploying the Zero router and market");
  const chain = await EvmChain.connect(connection.provider, 0);
  const zero = await ZeroChain.deploy(chain);
  const selector = await prover.addVerifier(zero);
  const request = await zero.request(await prover.identify(program), selector, input, BOUNTY);
  const proof = await prover.prove(program, input, privateInput, progress);
  progress("Selling the proof at the market");
  const receipt = await zero.fulfil(request, proof);
  return {
    proof,
    accepted: {
      network: connection.networkName,
      chainId: Number(chain.chainId),
      router: zero.router.address,
      market: zero.market.address,
      gasUsed: Number(receipt.gasUsed),
      transactionHash: receipt.transactionHash,
    },
  };
}
