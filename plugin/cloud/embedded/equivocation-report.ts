import { DevelopmentAccount } from "../../chain/development-account.ts";
import { EvmContract, type EvmChain } from "../../chain/evm-chain.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import type { Misbehaviour } from "../replication/engine.ts";

/**
 * Hands the evidence of an equivocation to `EquivocationSlashing`.
 *
 * @param slashing that contract's address on the home chain
 * @param epoch of the block that the votes are for
 * @returns token units slashed
 * @throws TypeError for other misbehaviour; Error when the contract refuses, as it does the second time
 */
export async function reportEquivocation(
  home: EvmChain,
  slashing: string,
  cloudId: string,
  epoch: bigint,
  misbehaviour: Misbehaviour,
): Promise<bigint> {
  if (misbehaviour.kind !== "equivocation") {
    throw new TypeError(`A ${misbehaviour.kind} cannot be slashed; only an equivocation can.`);
  }
  const contract = new EvmContract(slashing, loadArtifact("EquivocationSlashing").abi);
  const { height, votes } = misbehaviour;
  const reporter = await DevelopmentAccount.open(home, "reporter");
  const evidence = votes.map(({ blockHash, signature }) => ({ blockHash, signature }));
  const receipt = await reporter.call(contract, "report", [cloudId, epoch, height, ...evidence]);
  const punished = receipt.logs.map((log) => contract.parse(log)).find((log) => log !== undefined);
  return punished!.args["taken"] as bigint;
}
