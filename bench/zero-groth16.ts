// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Groth16 proofs of Nexus Zero's circuit: seconds of each step, and of a whole proof next to one by snarkjs with the same key and witness.
 * The second column is the processors' time, of all threads.
 *
 *     npx node bench/zero-groth16.ts [folder of the key, where it is made if need be; cache/nexus/keys]
 */
import { fileURLToPath } from "node:url";

import { productionCircuit } from "../plugin/zero/circuit/production-circuit.ts";
import { r } from "../plugin/zero/field/scalar-field.ts";
import { Domain } from "../plugin/zero/groth16/domain.ts";
import { loadCoefficients, loadPoints, pointLists } from "../plugin/zero/groth16/proving-key.ts";
import { proveGroth16, type Step } from "../plugin/zero/groth16/prove.ts";
import { multiplyMatrices } from "../plugin/zero/groth16/quotient.ts";
import { Kernels } from "../plugin/zero/kernels/kernels.ts";
import { developmentGroth16Key } from "../plugin/zero/keys/development-groth16.ts";
import { readZkey } from "../plugin/zero/keys/zkey-sections.ts";
import { snarkjsProof } from "../test/plugin/zero/groth16/snarkjs-groth16.ts";

const folder = process.argv[2] ?? fileURLToPath(new URL("../cache/nexus/keys", import.meta.url));
const path = await developmentGroth16Key(await productionCircuit(folder), folder);
const zkey = await readZkey(path);
const kernels = await Kernels.start();
const { variables, domainSize } = zkey;

// Full-width values, which no constraint need hold for: the time to prove does not depend on that.
const witness: bigint[] = [1n];
while (witness.length < variables) witness.push((witness.at(-1)! ** 2n * 5n + 7n) % r);

/** Milliseconds since the start, and of all threads' work. */
interface Moment {
  readonly wall: number;
  readonly processor: number;
}

function now(): Moment {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now(), processor: (user + system) / 1000 };
}

function report(name: string, from: Moment, to: Moment): void {
  const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2).padStart(8)} s`;
  console.log(`${name.padEnd(44)}${seconds(to.wall - from.wall)}${seconds(to.processor - from.processor)}`);
}

function timed(name: string, run: () => void): void {
  const start = now();
  run();
  report(name, start, now());
}

console.log(`${variables} variables, ${domainSize} rows, ${kernels.threads} threads\n`);
for (const round of ["parts, first time", "parts"]) {
  console.log(round);
  const mark = kernels.mark();
  const values = kernels.scalars(witness);
  const [a, b] = [kernels.vector(domainSize), kernels.vector(domainSize)];
  timed("  read the coefficients", () => loadCoefficients(kernels, zkey));
  timed("  multiply the matrices, with reading", () => multiplyMatrices(kernels, zkey, values, { a, b }));
  const domain = new Domain(kernels, Math.log2(domainSize));
  timed("  six transforms, and shifts", () => {
    for (const vector of [a, b, a]) {
      domain.interpolate(vector);
      domain.shift(vector);
      domain.evaluate(vector);
    }
  });
  timed("  read all points", () => {
    for (const list of Object.values(pointLists)) {
      loadPoints(kernels, zkey, list, list === pointLists.C ? variables - 4 : variables);
    }
  });
  kernels.release(mark);
}

for (const round of ["proof, first time", "proof"]) {
  console.log(round);
  const begun: [Step, Moment][] = [];
  const start = now();
  proveGroth16(kernels, zkey, witness, { begin: (step) => begun.push([step, now()]) });
  const end = now();
  begun.forEach(([step, since], i) => report(`  ${step}`, since, begun[i + 1]?.[1] ?? end));
  report("  all", start, end);

  const theirStart = now();
  await snarkjsProof(path, witness);
  const theirEnd = now();
  report("  snarkjs", theirStart, theirEnd);
  const ratio = (part: keyof Moment) => (theirEnd[part] - theirStart[part]) / (end[part] - start[part]);
  console.log(
    `  snarkjs takes ${ratio("wall").toFixed(1)} times as long, and ${ratio("processor").toFixed(1)} times the work`,
  );
}
await kernels.close();
