import type { CloudParameters } from "./cloud-parameters.ts";
import type { FoundingSite } from "./founding.ts";

/**
 * Gas of opening and of selecting, which cannot be estimated before there are candidates: by itself, and for each candidate or member of
 * a committee of as many. Measured, with real staking and rounded up; test/tasks/found.ts holds them.
 */
const OPEN = { once: 150_000n, each: 35_000n };
const SELECT = { once: 200_000n, each: 80_000n };

/**
 * Gas that a founder pays until a committee is selected; the rest is for its members to pay.
 *
 * @param creates whether the cloud is still to be created, with all parameters
 */
export async function founderGas(site: FoundingSite, parameters: CloudParameters): Promise<bigint>;
export async function founderGas(
  site: FoundingSite,
  parameters: { readonly size: number },
  creates: false,
): Promise<bigint>;
export async function founderGas(
  { chain, from, contracts: { registry } }: FoundingSite,
  parameters: { readonly size: number },
  creates = true,
): Promise<bigint> {
  const size = BigInt(parameters.size);
  const later = OPEN.once + OPEN.each * size + SELECT.once + SELECT.each * size;
  if (!creates) return later;
  const data = registry.abi.encodeFunctionData("createCloud", [parameters]);
  return later + (await chain.estimateGas({ from, to: registry.address, data }));
}
