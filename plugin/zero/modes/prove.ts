/** From a program and its inputs to the bytes of a proof. */
import { parametersOf, traceProgram } from "../tables/trace-program.ts";
import { imageRows } from "../chips/image/trace.ts";
import { chips } from "../chips/index.ts";
import { programRows } from "../chips/program/trace.ts";
import { plain } from "../arithmetic/plain.ts";
import { productionShape } from "../circuit/production-circuit.ts";
import { verifierWitness } from "../circuit/verifier-circuit.ts";
import { proveGroth16 } from "../groth16/prove.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Zkey } from "../keys/zkey-sections.ts";
import { betaChallenge } from "../proof/contract-transcript.ts";
import { encodeProof } from "../proof/encoding.ts";
import { packConstants } from "../proof/header.ts";
import { publicWords, type G1Point } from "../proof/messages.ts";
import { programIdentity } from "../proof/program-identity.ts";
import { foldPublicValues, publicDigest } from "../proof/public-values.ts";
import { commitProgram, proveTrace, type Stage, type TraceProof } from "../prover/prove-trace.ts";
import { PowersOfTau } from "../prover/powers-of-tau.ts";
import { layOutProgram, layOutSlabs, powersNeeded } from "../prover/slab-layout.ts";
import type { Table, Trace, TracedRun } from "../trace/trace.ts";
import type { Program } from "../vm/program.ts";

/** What commitments are made with. */
export interface CommittingKey {
  readonly kernels: Kernels;
  /** The first `count` powers [τ^i]₁: x and y as numbers of 32 bytes, little-endian. */
  readonly powers: (count: number) => Promise<Uint8Array>;
}

/** What a proof is made with but for Groth16. */
export interface TraceProvingKey extends CommittingKey {
  /** `selectorOf` the verifying key. */
  readonly selector: number;
}

/** What a proof is made with. */
export interface ProvingKey extends TraceProvingKey {
  readonly zkey: Zkey;
}

/** A run with all of its proof but the Groth16 part. */
export interface WitnessedRun {
  readonly run: TracedRun;
  /** C_prog */
  readonly commitment: G1Point;
  readonly proof: TraceProof;
  /** π */
  readonly pi: bigint;
  /** Values of the circuit's variables. */
  readonly witness: readonly bigint[];
}

export interface Proven {
  readonly programId: Uint8Array;
  readonly run: TracedRun;
  /** The proof's encoding. */
  readonly bytes: Uint8Array;
}

/**
 * Runs a program and proves the run.
 *
 * @param begin called with the name of each step when it begins
 * @throws MachineTrap for a run that cannot be proven; RangeError for one that is too large
 */
export async function prove(
  key: ProvingKey,
  program: Program,
  input: Uint8Array,
  privateInput: Uint8Array,
  begin: (step: string) => void,
): Promise<Proven> {
  const made = await witnessRun(key, program, input, privateInput, begin);
  const { run, commitment, proof, pi, witness } = made;
  begin("prove the witness");
  const groth16 = proveGroth16(key.kernels, key.zkey, witness);
  const { header, constants, group, publicValues } = proof;
  const { sigma, epsilon, scalars } = publicValues;
  const bytes = encodeProof({
    ...{ selector: key.selector, header, group, sigma, epsilon, pi, groth16 },
    program: { commitment, constants },
    scalars: { ...scalars, slabs: scalars.slabs.slice(0, group.slabs.length) },
  });
  return { programId: proof.statement.programId, run, bytes };
}

/** Everything of `prove` that comes before Groth16. */
export async function witnessRun(
  key: TraceProvingKey,
  program: Program,
  input: Uint8Array,
  privateInput: Uint8Array,
  begin: (step: string) => void,
): Promise<WitnessedRun> {
  begin("run");
  const run = traceProgram(program, { input, privateInput });
  const { commitment, proof } = await proveRun(key, run, input, begin);
  begin("compute the witness");
  const { publicValues, group, inputs, field: messages } = proof;
  const pi = publicDigest(plain, publicValues);
  const beta = betaChallenge(publicValues.omega, group.opening.Wp, pi, publicWords(publicValues));
  const publicInputs = { digest: pi, beta, folded: foldPublicValues(plain, publicValues, beta) };
  const witness = verifierWitness(productionShape, { publicInputs, inputs, messages });
  return { run, commitment, proof, pi, witness };
}

async function proveRun(
  { kernels, powers, selector }: TraceProvingKey,
  { trace, parameters, journal }: TracedRun,
  input: Uint8Array,
  begin: (step: string) => void,
): Promise<Pick<WitnessedRun, "commitment" | "proof">> {
  const shape = productionShape;
  const heights = trace.map(({ height }) => height);
  const layout = layOutSlabs(shape, heights);
  begin("read the powers of τ");
  const points = await powers(powersNeeded(layout.slabBits));
  const mark = kernels.mark();
  try {
    const key = new PowersOfTau(kernels, points);
    const commitment = commitProgram(key, shape, trace);
    const statement = { shape, trace, parameters, input, journal, commitment, selector };
    let current: Stage | undefined;
    const onProgress = (stage: Stage): void => {
      if (stage !== current) begin(stage);
      current = stage;
    };
    return { commitment, proof: proveTrace(key, statement, { onProgress }) };
  } finally {
    kernels.release(mark);
  }
}

/** The identity of a program: 32 bytes. */
export async function identityOf({ kernels, powers }: CommittingKey, program: Program): Promise<Uint8Array> {
  const tables = new Map([
    ["program", programRows(program).table()],
    ["image", imageRows(program).table()],
  ]);
  // Of the other tables nothing is looked at.
  const none: Table = { height: 0, columns: [] };
  const trace: Trace = chips.map(({ name }) => tables.get(name) ?? none);
  const heights = trace.map(({ height }) => height);
  const placed = layOutProgram(productionShape.programBlocks, heights);
  const cells = Math.max(...placed.map(({ block, height, start }) => start + 2 ** (block.bits + height)));
  const points = await powers(cells);
  const mark = kernels.mark();
  try {
    const commitment = commitProgram(new PowersOfTau(kernels, points), productionShape, trace);
    const parameters = parametersOf(program);
    const constants = packConstants({
      programHeight: tables.get("program")!.height,
      imageHeight: tables.get("image")!.height,
      imageFirst: Number(parameters.imageFirst),
      firstPages: Number(parameters.firstPages),
      mostPages: Number(parameters.mostPages),
    });
    return programIdentity(commitment, constants);
  } finally {
    kernels.release(mark);
  }
}
