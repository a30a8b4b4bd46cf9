/** A request of a rehearsal: a contract asks the cloud to count, and is called back. */
import { setTimeout as sleep } from "node:timers/promises";

import { keccak256 } from "ethers";

import { EvmContract } from "../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../plugin/contracts/artifacts.ts";
import { FINALITY } from "./operators.ts";
import type { RehearsedChain } from "./rehearsed-chain.ts";

/** Milliseconds between two looks. */
const LOOK = 200;

/** The request of a counter, under way. */
export interface CountRequest {
  /** Resolves when its block is final. */
  final(signal: AbortSignal): Promise<void>;
  /** Resolves with the count that the contract was called back with. */
  answered(signal: AbortSignal): Promise<bigint>;
}

/** Deploys a counter and has it ask the cloud to add `amount`. */
export async function askToCount(
  { chain, account, parts }: RehearsedChain,
  cloudId: string,
  module: Uint8Array,
  amount: bigint,
): Promise<CountRequest> {
  const { abi, bytecode } = loadArtifact("Counter");
  const args = [parts.get("NexusGateway"), cloudId, keccak256(module)];
  const counter = new EvmContract("0x", abi);
  const at = new EvmContract(await account.deploy(counter.abi, bytecode, args), abi);
  // With the base fee of a transaction, which a call that names no gas price has not; it may rise until it is sent.
  const [fee] = await chain.readPaying(account.address, at, "fee");
  const { blockNumber } = await account.call(at, "add", [amount], 2n * (fee as bigint));
  const wait = async <T>(signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> => {
    for (;;) {
      signal.throwIfAborted();
      const found = await look();
      if (found !== undefined) return found;
      await sleep(LOOK, undefined, { signal });
    }
  };
  return {
    final: async (signal) => {
      const block = BigInt(blockNumber) + BigInt(FINALITY);
      await wait(signal, async () => ((await chain.head()) >= block ? true : undefined));
    },
    answered: async (signal) =>
      wait(signal, async () => {
        const [count] = (await chain.read(at, "count")) as [bigint];
        return count === 0n ? undefined : count;
      }),
  };
}
