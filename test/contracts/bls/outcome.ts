import type { BaseContract } from "ethers";
import { hexlify } from "ethers";

import { BlsEncodingError, type EncodingFault, type Suite } from "../../../plugin/crypto/bls/suite.ts";

/** What became of a verification: its answer, or the name of the error it ended with. */
export type Outcome = boolean | string;

const ERRORS: Record<EncodingFault, string> = {
  length: "BlsWrongLength",
  coordinate: "BlsNotCanonical",
  infinity: "BlsInfinity",
  curve: "BlsNotOnCurve",
  subgroup: "BlsNotInSubgroup",
};

/** A verification by a contract; an end without a named error is `no data`. */
export async function contractOutcome(
  verifier: BaseContract,
  name: "verify" | "verifyPossession" | "checkPublicKey",
  args: readonly Uint8Array[],
  gasLimit?: bigint,
): Promise<Outcome> {
  try {
    const hex = args.map((arg) => hexlify(arg));
    const answer: unknown = await verifier.getFunction(name).staticCall(...hex, gasLimit ? { gasLimit } : {});
    return name === "checkPublicKey" ? true : answer === true;
  } catch (error) {
    const data = revertData(error);
    if (data === undefined) throw error;
    if (data === "0x") return "no data";
    return verifier.interface.parseError(data)?.name ?? data;
  }
}

/** The same verification by the twin in TypeScript. */
export function suiteOutcome(
  suite: Suite,
  name: "verify" | "verifyPossession",
  [digest, signature, publicKey]: readonly [Uint8Array, Uint8Array, Uint8Array],
): Outcome {
  try {
    return suite[name](digest, signature, publicKey);
  } catch (error) {
    if (error instanceof BlsEncodingError) return ERRORS[error.fault];
    throw error;
  }
}

function revertData(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("data" in error && typeof error.data === "string") return error.data;
  if ("message" in error && /out of gas|ran out of gas/i.test(String(error.message))) return "0x";
  if ("info" in error) return revertData(error.info);
  if ("error" in error) return revertData(error.error);
  return undefined;
}
