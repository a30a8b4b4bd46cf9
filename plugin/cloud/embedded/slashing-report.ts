import { DevelopmentAccount } from "../../chain/development-account.ts";
import { EvmContract, type EvmChain } from "../../chain/evm-chain.ts";
import { loadArtifact } from "../../contracts/artifacts.ts";
import { reportCall, type Evidence } from "../node/evidence.ts";
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
  const { height, votes } = misbehaviour;
  const evidence = votes.map(({ blockHash, signature }) => ({ blockHash, signature }));
  return send(home, slashing, "report", [cloudId, epoch, height, ...evidence]);
}

/**
 * Hands evidence of what key shares or group keys signed to `EquivocationSlashing`.
 *
 * @param slashing that contract's address on the home chain
 * @returns token units slashed
 * @throws Error when the contract refuses
 */
export async function reportEvidence(
  home: EvmChain,
  slashing: string,
  cloudId: string,
  evidence: Evidence,
): Promise<bigint> {
  const { method, args } = reportCall(cloudId, evidence);
  return send(home, slashing, method, args);
}

async function send(
  home: EvmChain,
  slashing: string,
  method: string,
  args: readonly unknown[],
): Promise<bigint> {
  const contract = new EvmContract(slashing, loadArtifact("EquivocationSlashing").abi);
  const reporter = await DevelopmentAccount.open(home, "reporter");
  const receipt = await reporter.call(contract, method, args);
  const punished = receipt.logs.map((log) => contract.parse(log)).find((log) => log !== undefined);
  return punished!.args["taken"] as bigint;
}
