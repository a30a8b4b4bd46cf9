/** Ether that programs of the embedded cloud pay for their calls with: giving it, asking for it, and saying that it is missing. */
import { formatEther } from "ethers";

import type { EvmChain } from "../chain/evm-chain.ts";
import { DevelopmentAccount } from "../chain/development-account.ts";
import type { EmbeddedCloud } from "../cloud/embedded/embedded-cloud.ts";
import type { RefusedCall, RunReport } from "../cloud/replication/block-record.ts";
import { CallStatus } from "../cloud/runtime/invocation.ts";
import { Outcome } from "../contracts/digests.ts";

/** A program asked for calls that are not made for want of funds, and ended as if all were well. */
export class UnfundedCallError extends Error {
  override readonly name = "UnfundedCallError";

  constructor(run: Pick<RunReport, "programId" | "refusedCalls">) {
    const [first] = run.refusedCalls.filter(isUnfunded);
    super(`${refusalText(run.programId, first!)} ${REMEDY}`);
  }
}

const REMEDY =
  "Give it some before: `await nexus.fund(program)` in a test, `NexusOutbox.fund` on a live chain. " +
  "A program that is meant to go without should look at what its call answers and end with an error, or the test should use program.run().";

/** Whether a run succeeded though a call that it asked for was refused for want of funds. */
export function missesFunds({ outcome, refusedCalls }: Pick<RunReport, "outcome" | "refusedCalls">): boolean {
  return outcome === Outcome.Success && refusedCalls.some(isUnfunded);
}

/** Why a call is not made, in a sentence. */
export function refusalText(programId: string, { chainId, status, price, credit }: RefusedCall): string {
  if (status === CallStatus.NotServed) return `The cloud does not serve chain ${chainId} at present.`;
  return (
    `Program ${programId} has ${formatEther(credit!)} ether for its calls to chain ${chainId}, ` +
    `and this one may cost ${formatEther(price!)}.`
  );
}

/** Gives a program ether for its calls to a chain; nothing where calls are free. */
export async function fundCalls(
  cloud: EmbeddedCloud,
  chain: EvmChain,
  programId: string,
  amount: bigint,
): Promise<void> {
  const { outbox, callGasPrice } = servedBy(cloud, chain);
  if (callGasPrice === 0n) return;
  const account = await DevelopmentAccount.open(chain, "caller");
  await account.call(outbox, "fund", [cloud.cloudId, programId], amount);
}

/** Wei that a program has for further calls to a chain, as the newest node counts. */
export function creditOf(cloud: EmbeddedCloud, chainId: bigint, programId: string): bigint {
  const [newest] = [...cloud.replicas].sort((a, b) => b.height - a.height);
  return newest!.node.application.callCredit(programId, chainId);
}

function servedBy(cloud: EmbeddedCloud, { chainId }: EvmChain) {
  return cloud.chains.find((one) => one.chainId === chainId)!;
}

function isUnfunded({ status }: RefusedCall): boolean {
  return status === CallStatus.Unfunded;
}
