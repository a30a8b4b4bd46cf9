/** node bench/zero-circuit.ts: what the Groth16 circuit of Nexus Zero costs: constraints, coefficients, and seconds for key and proof. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chips } from "../plugin/zero/chips/index.ts";
import { circuitDigest } from "../plugin/zero/circuit/r1cs-file.ts";
import { r } from "../plugin/zero/field/scalar-field.ts";
import { compileVerifier, mostConstraints } from "../plugin/zero/circuit/verifier-circuit.ts";
import { proveGroth16 } from "../plugin/zero/groth16/prove.ts";
import { Kernels } from "../plugin/zero/kernels/kernels.ts";
import { developmentGroth16Key } from "../plugin/zero/keys/development-groth16.ts";
import { developmentPowers } from "../plugin/zero/keys/development-powers.ts";
import { readZkey } from "../plugin/zero/keys/zkey-sections.ts";
import { shapeOf } from "../plugin/zero/proof/shape.ts";
import { productionSizes } from "../plugin/zero/proof/sizes.ts";

function report(name: string, figure: string): void {
  console.log(`${name.padEnd(34)} ${figure.padStart(12)}`);
}

async function timed<T>(name: string, run: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  report(name, `${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

const folder = mkdtempSync(join(tmpdir(), "nexus-zero-circuit-"));
try {
  const system = await timed("compile the circuit", () => compileVerifier(shapeOf(chips, productionSizes)));
  const { constraints, variables } = system;
  const terms = constraints.reduce((sum, { a, b }) => sum + a.variables.length + b.variables.length, 0);
  report("constraints", `${constraints.length}`);
  report("  of at most", `${mostConstraints}`);
  report("variables", `${variables}`);
  report("coefficients of A and B", `${terms}`);

  const digest = await timed("digest", () => circuitDigest(system));
  const circuit = { digest, compile: () => system };
  const key = await timed("make the key", () => developmentGroth16Key(circuit, folder));
  report("size of the key", `${(statSync(key).size / 1e6).toFixed(0)} MB`);
  await timed("check the key", () => developmentGroth16Key(circuit, folder));
  await timed("2^16 powers of tau", () => developmentPowers(2 ** 16, folder));

  // Full-width values, which no constraint need hold for: the time to prove does not depend on that.
  const values: bigint[] = [1n];
  while (values.length < variables) values.push((values.at(-1)! ** 2n * 5n + 7n) % r);
  const kernels = await Kernels.start();
  const zkey = await readZkey(key);
  await timed("Groth16 proof", () => proveGroth16(kernels, zkey, values));
  await kernels.close();
} finally {
  rmSync(folder, { recursive: true });
}
