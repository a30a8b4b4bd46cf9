import { getBytes, hexlify, Interface } from "ethers";

import { loadArtifact } from "../contracts/artifacts.ts";
import { readRequested } from "../cloud/chains/requested-log.ts";
import { EvmContract, type EvmChain, type RpcLog } from "../chain/evm-chain.ts";
import { topicOf } from "../cloud/chains/served-chain.ts";
import type { RequestEvent } from "../cloud/replication/event.ts";
import { Outcome, type Request } from "../contracts/digests.ts";
import { failedCallback, logsBefore, type CallbackResult } from "./callback.ts";
import type { ProjectArtifacts } from "./revert-reason.ts";

/** An answer that the gateway accepted, and what came of its callback. */
export interface TransactionAnswer {
  readonly requestId: string;
  readonly outcome: keyof typeof Outcome;
  readonly output: Uint8Array;
  readonly callback: CallbackResult;
  /** The transaction that delivered it. */
  readonly transactionHash: string;
}

/** What a transaction asked the gateway for, and the answers that there are. */
export interface TransactionAnswers {
  readonly requests: number;
  readonly answers: readonly TransactionAnswer[];
}

/** The answers to the requests of a mined transaction. @throws Error when it is not mined */
export async function answersOf(
  hash: string,
  chain: EvmChain,
  gatewayAddress: string,
  artifacts: ProjectArtifacts | undefined,
): Promise<TransactionAnswers> {
  const gateway = new EvmContract(gatewayAddress, loadArtifact("NexusGateway").abi);
  const receipt = await chain.receipt(hash);
  if (receipt === undefined) throw new Error(`The transaction ${hash} is not mined.`);
  const requested = receipt.logs.filter((log) => gateway.parse(log)?.name === "Requested").map(readRequested);
  const head = await chain.head();
  const answers: TransactionAnswer[] = [];
  for (const { requestId, request } of requested) {
    const topics = [topicOf(gateway.abi, "Fulfilled"), requestId];
    const [log] = await chain.logs([gateway.address], BigInt(receipt.blockNumber), head, topics);
    if (log !== undefined) answers.push(await answerOf(log, request, { chain, gateway, artifacts }));
  }
  return { requests: requested.length, answers };
}

/**
 * The answers that a transaction delivered to a gateway.
 *
 * @param requests those that it may have answered
 */
export async function deliveredAnswers(
  transactionHash: string,
  requests: readonly Pick<RequestEvent, "requestId" | "request">[],
  chain: EvmChain,
  gatewayAddress: string,
  artifacts: ProjectArtifacts | undefined,
): Promise<TransactionAnswer[]> {
  const gateway = new EvmContract(gatewayAddress, loadArtifact("NexusGateway").abi);
  const { logs = [] } = (await chain.receipt(transactionHash)) ?? {};
  const answers: TransactionAnswer[] = [];
  for (const log of logs) {
    const parsed = gateway.parse(log);
    if (parsed?.name !== "Fulfilled") continue;
    const asked = requests.find(({ requestId }) => requestId === parsed.args["requestId"]);
    if (asked !== undefined) answers.push(await answerOf(log, asked.request, { chain, gateway, artifacts }));
  }
  return answers;
}

interface Gateway {
  readonly chain: EvmChain;
  readonly gateway: EvmContract;
  readonly artifacts: ProjectArtifacts | undefined;
}

async function answerOf(
  log: RpcLog,
  request: Request,
  { chain, gateway, artifacts }: Gateway,
): Promise<TransactionAnswer> {
  const { args } = gateway.parse(log)!;
  const requestId = String(args["requestId"]);
  const output = String(args["output"]);
  const [outcome] = Object.entries(Outcome).find(([, value]) => value === Number(args["outcome"]))!;
  const receipt = (await chain.receipt(log.transactionHash))!;
  const status = request.callbackGas === 0n ? "none" : args["delivered"] === true ? "returned" : "failed";
  const call = {
    receipt,
    from: gateway.address,
    to: hexlify(request.requester),
    data: new Interface(loadArtifact("INexusConsumer").abi).encodeFunctionData("onNexusResult", [
      requestId,
      args["outcome"],
      output,
    ]),
    gas: request.callbackGas,
  };
  const why = status === "failed" ? await failedCallback(chain, call, artifacts) : undefined;
  return {
    requestId,
    outcome: outcome as keyof typeof Outcome,
    output: getBytes(output),
    callback: {
      status,
      reason: why?.reason,
      error: why?.error,
      // The gateway settles first, and says of each answer that it is fulfilled when its callback is over.
      logs: logsBefore(receipt.logs, log, (one) => {
        const name = gateway.parse(one)?.name;
        return name === "Fulfilled" || name === "Settled";
      }),
    },
    transactionHash: log.transactionHash,
  };
}
