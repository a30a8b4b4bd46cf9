import { getBytes, Interface } from "ethers";

import { loadArtifact } from "../contracts/artifacts.ts";
import type { EvmChain } from "../chain/evm-chain.ts";
import { topicOf } from "../cloud/chains/served-chain.ts";
import type { MarketProver } from "../zero/chain/market-prover.ts";
import type { AskedProof, ZeroChain } from "../zero/chain/zero-chain.ts";
import { failedCallback, logsBefore, type CallbackResult } from "./callback.ts";
import type { ProjectArtifacts } from "./revert-reason.ts";

/** What came of a request for a proof. */
export interface TransactionProof {
  readonly requestId: string;
  /** Identity of the program in Nexus Zero. */
  readonly programId: string;
  /** What the program wrote, as proven; undefined while the market has taken no proof. */
  readonly journal: Uint8Array | undefined;
  /** Why there is no proof, in a sentence; undefined when there is one, or when nobody tried. */
  readonly failure: string | undefined;
  readonly callback: CallbackResult;
  /** The transaction with which the market took the proof. */
  readonly transactionHash: string | undefined;
}

/** What became of the requests that a mined transaction made at the market. @throws Error when it is not mined */
export async function proofsOf(
  hash: string,
  chain: EvmChain,
  zero: ZeroChain,
  prover: MarketProver,
  artifacts: ProjectArtifacts | undefined,
): Promise<TransactionProof[]> {
  const receipt = await chain.receipt(hash);
  if (receipt === undefined) throw new Error(`The transaction ${hash} is not mined.`);
  const proofs: TransactionProof[] = [];
  for (const asked of zero.requestsIn(receipt.logs)) {
    const sold = await soldProof(asked, BigInt(receipt.blockNumber), { chain, zero, artifacts });
    proofs.push({
      requestId: asked.id,
      programId: asked.request.programId,
      failure: sold.journal === undefined ? prover.failureOf(asked.id) : undefined,
      ...sold,
    });
  }
  return proofs;
}

interface Market {
  readonly chain: EvmChain;
  readonly zero: ZeroChain;
  readonly artifacts: ProjectArtifacts | undefined;
}

async function soldProof(
  { id, request }: AskedProof,
  since: bigint,
  { chain, zero, artifacts }: Market,
): Promise<Pick<TransactionProof, "journal" | "callback" | "transactionHash">> {
  const { market } = zero;
  const [log] = await chain.logs([market.address], since, await chain.head(), [
    topicOf(market.abi, "RequestFulfilled"),
    id,
  ]);
  if (log === undefined) return { journal: undefined, callback: NONE, transactionHash: undefined };
  const journal = String(market.parse(log)!.args.getValue("journal"));
  const result = { journal: getBytes(journal), transactionHash: log.transactionHash };
  if (request.callbackGas === 0n) return { ...result, callback: NONE };
  const receipt = (await chain.receipt(log.transactionHash))!;
  const ran = receipt.logs.find((one) => {
    const parsed = market.parse(one);
    return parsed?.name === "CallbackRun" && parsed.args.getValue("id") === id;
  })!;
  const succeeded = market.parse(ran)!.args.getValue("succeeded") === true;
  const callback = new Interface(loadArtifact("IZeroConsumer").abi);
  const args = [id, request.programId, request.inputHash, journal];
  const call = {
    receipt,
    from: market.address,
    to: request.requester,
    data: callback.encodeFunctionData("onZeroProof", args),
    gas: request.callbackGas,
  };
  const why = succeeded ? undefined : await failedCallback(chain, call, artifacts);
  return {
    ...result,
    callback: {
      status: succeeded ? "returned" : "failed",
      reason: why?.reason,
      error: why?.error,
      logs: logsBefore(receipt.logs, ran, (one) => one.logIndex === log.logIndex),
    },
  };
}

const NONE: CallbackResult = { status: "none", reason: undefined, error: undefined, logs: [] };
