/**
 * npx node scripts/record-real-proof.ts: proves a run of an example with the development key and writes the proof with the
 * verifying key to test/contracts/zero/real-proof.json, for the tests of whoever checks proofs. About two minutes where there is no key yet.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { hexlify } from "ethers";

import { loadProgram } from "../plugin/programs/load.ts";
import { Groth16Prover } from "../plugin/zero/modes/groth16-prover.ts";
import type { RecordedProof } from "../test/contracts/zero/real-proof.ts";

const root = join(import.meta.dirname, "..");
const cache = join(root, "cache");
const prover = await Groth16Prover.open(cache, (what) => console.error(what));
const program = await loadProgram("fibonacci", { programs: join(root, "programs"), cache });
const input = new TextEncoder().encode("30");
const { programId, journal, proof } = await prover.prove(program, input, new Uint8Array(0), (what) =>
  console.error(what),
);
await prover.close();
const recorded: RecordedProof = {
  key: JSON.parse(
    JSON.stringify(prover.verifyingKey, (_, value: unknown) =>
      typeof value === "bigint" ? value.toString() : value,
    ),
  ) as RecordedProof["key"],
  run: { programId, input: hexlify(input), journal: hexlify(journal), proof: hexlify(proof) },
};
await writeFile(
  join(root, "test/contracts/zero/real-proof.json"),
  `${JSON.stringify(recorded, undefined, 2)}\n`,
);
