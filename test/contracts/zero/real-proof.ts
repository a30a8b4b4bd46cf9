/** A proof that the prover made, by `scripts/record-real-proof.ts`: fibonacci run on "30". */
import { readFileSync } from "node:fs";

import { getBytes } from "ethers";

import type { ZeroVerifyingKey } from "../../../plugin/zero/proof/verifying-key.ts";
import type { ProvenRun } from "../../../plugin/zero/proof/proven-run.ts";

type Texts<T> = T extends bigint ? string : { [Key in keyof T]: Texts<T[Key]> };

/** The file: numbers are decimal digits, bytes are hex digits after 0x. */
export interface RecordedProof {
  readonly key: Texts<ZeroVerifyingKey>;
  readonly run: { readonly [Key in keyof ProvenRun]: string };
}

const { key, run } = JSON.parse(
  readFileSync(new URL("real-proof.json", import.meta.url), "utf8"),
  (_, value: unknown) => (typeof value === "string" && /^\d+$/.test(value) ? BigInt(value) : value),
) as { key: ZeroVerifyingKey; run: RecordedProof["run"] };

export const realKey = key;

export const realRun: ProvenRun = {
  programId: run.programId,
  input: getBytes(run.input),
  journal: getBytes(run.journal),
  proof: getBytes(run.proof),
};
