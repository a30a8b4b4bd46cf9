/**
 * Checking a proof of Nexus Zero without a chain, for a proof that the prover made; the median of several runs. Fails over one second.
 *
 *     npx node bench/zero-verify.ts
 */
import { getBytes } from "ethers";

import { verifyProof } from "../plugin/zero/proof/verify-proof.ts";
import { realKey, realRun } from "../test/contracts/zero/real-proof.ts";

const limit = 1000;
const { programId, input, journal, proof } = realRun;
const statement = { programId: getBytes(programId), input, journal };
const times = Array.from({ length: 7 }, () => {
  const start = performance.now();
  verifyProof(realKey, statement, proof);
  return performance.now() - start;
});
const first = times[0]!;
const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
console.log(`${proof.length} bytes: ${median.toFixed(0)} ms, ${first.toFixed(0)} ms the first time`);
if (first > limit) throw new Error(`checking a proof took ${first.toFixed(0)} ms, more than ${limit} ms`);
