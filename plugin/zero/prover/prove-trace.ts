/**
 * The prover of docs/zero/protocol.md: from a trace to the messages that the circuit takes, and the commitments that the contract takes.
 * What is left is the Groth16 proof of the first.
 */
import { leavesOf } from "../air/chip.ts";
import { plain } from "../arithmetic/plain.ts";
import { randomElement } from "../field/random-element.ts";
import { residue } from "../field/scalar-field.ts";
import type { Kernels } from "../kernels/kernels.ts";
import {
  alphaChallenge,
  deltaChallenge,
  gammaChallenge,
  omegaChallenge,
  rhoChallenge,
  seedChallenge,
  zetaChallenge,
  type Statement,
} from "../proof/contract-transcript.ts";
import { packPositions } from "../proof/decode.ts";
import { FieldTranscript } from "../proof/field-transcript.ts";
import { packConstants, packHeader, type ProgramConstants } from "../proof/header.ts";
import { evaluationsDigest } from "../proof/mercury.ts";
import type { FieldMessages, G1Point, GroupMessages, PublicValues } from "../proof/messages.ts";
import { programIdentity } from "../proof/program-identity.ts";
import type { Block, Shape } from "../proof/shape.ts";
import { leafLayer, mostSlabs, stackedBits } from "../proof/sizes.ts";
import { columnChallengeCount } from "../proof/verify-stacking.ts";
import { streamValue } from "../proof/stream-value.ts";
import { verifyField, type FieldInputs } from "../proof/verify-field.ts";
import type { Parameters, Trace } from "../trace/trace.ts";
import { BusArgument } from "./prove-bus-argument.ts";
import { copyColumn, copyTable, type ColumnVector, type TableInMemory } from "./column-memory.ts";
import type { CommitmentKey } from "./commitment-key.ts";
import { Jobs } from "../kernels/jobs.ts";
import { makeLeafLayer } from "./leaf-layer.ts";
import { checkMemory, memoryNeeded } from "./memory-need.ts";
import { proveOpening } from "./opening.ts";
import {
  layOutProgram,
  layOutSlabs,
  powersNeeded,
  type PlacedBlock,
  type SlabLayout,
} from "./slab-layout.ts";
import { eqAt, proveStacking, type StackedBlock, type StackedTerm } from "./prove-stacking.ts";
import { proveZerocheck } from "./prove-zerocheck.ts";

/** What is proven, and about which program. */
export interface TraceStatement {
  readonly shape: Shape;
  readonly trace: Trace;
  readonly parameters: Parameters;
  readonly input: Uint8Array;
  readonly journal: Uint8Array;
  /** C_prog */
  readonly commitment: G1Point;
  /** Four bytes as a number: for which verifying key. */
  readonly selector: number;
}

export const stages = [
  "commit to the trace",
  "balance the buses",
  "check the constraints",
  "stack the columns",
  "open the commitments",
  "check the proof",
] as const;
export type Stage = (typeof stages)[number];

export interface ProverOptions {
  /** Called when a stage begins or gets on; `fraction` of it is done. */
  readonly onProgress?: (stage: Stage, fraction: number) => void;
  /** Uniform numbers in [0, r), which hide the trace; those of the system when left out, as they must be outside of tests. */
  readonly random?: () => bigint;
  /** Most bytes of memory to use beside the key, at most what is left of the kernels' 4 GiB; that when left out. */
  readonly memoryLimit?: number;
}

/** What the prover says of a trace, whether it is a run or not. */
export interface TraceMessages {
  readonly statement: Statement;
  readonly header: bigint;
  readonly constants: bigint;
  readonly field: FieldMessages<bigint>;
  readonly group: GroupMessages;
  readonly inputs: FieldInputs<bigint>;
}

/** Messages that a verifier accepts. */
export interface TraceProof extends TraceMessages {
  readonly publicValues: PublicValues<bigint>;
  /** Milliseconds by stage. */
  readonly timings: Readonly<Record<Stage, number>>;
}

/**
 * Proves a trace, and checks the messages as a verifier does before it gives them away.
 *
 * @throws RangeError for a trace that is too large for the sizes or the memory
 * @throws ZeroProofError for a trace that is not valid: nothing is made of a wrong one
 */
export function proveTrace(key: CommitmentKey, of: TraceStatement, options: ProverOptions = {}): TraceProof {
  const stopwatch = new Stopwatch(options.onProgress);
  const messages = timedMessages(key, of, options, stopwatch);
  stopwatch.begin("check the proof");
  const publicValues = verifyField(plain, of.shape, messages.inputs, messages.field);
  return { ...messages, publicValues, timings: stopwatch.end() };
}

/**
 * The messages about any trace, made with every care and not checked: for tests that a verifier refuses those about a trace that is not
 * valid. `proveTrace` makes proofs.
 *
 * @throws RangeError for a trace that is too large for the sizes or the memory
 */
export function makeMessages(
  key: CommitmentKey,
  of: TraceStatement,
  options: ProverOptions = {},
): TraceMessages {
  const stopwatch = new Stopwatch(options.onProgress);
  const messages = timedMessages(key, of, options, stopwatch);
  stopwatch.end();
  return messages;
}

function timedMessages(
  key: CommitmentKey,
  of: TraceStatement,
  options: ProverOptions,
  stopwatch: Stopwatch,
): TraceMessages {
  const { kernels } = key;
  const mark = kernels.mark();
  try {
    return new TraceProver(key, of, options, stopwatch).prove();
  } finally {
    kernels.release(mark);
  }
}

const element = 32;

class TraceProver {
  readonly #of: TraceStatement;
  readonly #key: CommitmentKey;
  readonly #kernels: Kernels;
  readonly #jobs: Jobs;
  readonly #layout: SlabLayout;
  readonly #tables: TableInMemory[];
  readonly #hiding: Hiding;
  readonly #stopwatch: Stopwatch;

  constructor(
    key: CommitmentKey,
    of: TraceStatement,
    { random = randomElement, memoryLimit }: ProverOptions,
    stopwatch: Stopwatch,
  ) {
    const { shape, trace } = of;
    this.#of = of;
    this.#key = key;
    this.#kernels = key.kernels;
    const heights = trace.map(({ height }) => height);
    this.#layout = layOutSlabs(shape, heights);
    const left = 2 ** 32 - key.kernels.mark();
    checkMemory(memoryNeeded(shape, heights, this.#layout), Math.min(left, memoryLimit ?? left));
    const needed = powersNeeded(this.#layout.slabBits);
    if (needed > key.powers) {
      throw new RangeError(
        `the key has ${key.powers} powers of τ and slabs of 2^${this.#layout.slabBits} cells need ${needed}: ` +
          "use a larger key, or prove a shorter run",
      );
    }
    this.#stopwatch = stopwatch;
    this.#jobs = new Jobs(this.#kernels);
    this.#tables = shape.chips.map((chip, c) => copyTable(this.#kernels, chip, trace[c]!));
    this.#hiding = {
      mask: random(),
      tails: Array.from({ length: this.#layout.slabs }, (_, slab) =>
        Array.from({ length: slab === 0 ? this.#layout.tailCells : 1 }, random),
      ),
    };
  }

  prove(): TraceMessages {
    const { shape, trace, parameters, input, journal, commitment, selector } = this.#of;
    const { chips, sizes } = shape;
    const layout = this.#layout;
    const jobs = this.#jobs;
    const stopwatch = this.#stopwatch;

    stopwatch.begin("commit to the trace");
    const slabs = Array.from({ length: layout.slabs }, (_, slab) => {
      stopwatch.progress(slab / layout.slabs);
      return this.#commitSlab(slab);
    });
    const constants = packConstants(constantsOf(shape, trace, parameters));
    const header = packHeader({
      slabs: layout.slabs,
      slabBits: layout.slabBits,
      heights: chips.flatMap(({ height }, c) => (height === "declared" ? [trace[c]!.height] : [])),
    });
    const statement = { programId: programIdentity(commitment, constants), input, journal };
    const seed = seedChallenge(selector, statement, header, slabs);
    const rho = rhoChallenge(seed);

    stopwatch.begin("balance the buses");
    const transcript = new FieldTranscript(plain, seed);
    const round = (coefficients: readonly bigint[]): bigint => {
      transcript.absorb(coefficients);
      return transcript.draw(1)[0]!;
    };
    const positions = layout.blocks.map(({ block, slab, start }) =>
      BigInt((slab * 2 ** sizes.slabBits.most + start) / 2 ** block.bits),
    );
    transcript.absorb(packPositions(plain, shape, positions));
    const [alphaBus, gammaBus] = transcript.draw(2) as [bigint, bigint];
    const challenges = { alpha: alphaBus, gamma: gammaBus };
    const busMark = this.#kernels.mark();
    const leaves = makeLeafLayer(jobs, chips, this.#tables, parameters, challenges);
    let layer = 0;
    const buses = new BusArgument(jobs, leaves, sizes).prove({
      children: ({ p, q }) => {
        stopwatch.progress(2 ** (layer++ - leafLayer(sizes)));
        transcript.absorb([...p, ...q]);
        return transcript.draw(3) as [bigint, bigint, bigint];
      },
      round,
    });
    this.#kernels.release(busMark);

    stopwatch.begin("check the constraints");
    const rowPoint = buses.point.slice(0, sizes.rowBits);
    const leafPoint = buses.point.slice(sizes.rowBits);
    const leafCount = chips.reduce((count, chip) => count + leavesOf(chip).length, 0);
    const zerocheck = proveZerocheck(
      jobs,
      {
        chips,
        tables: this.#tables,
        parameters,
        challenges,
        rowPoint,
        leafWeights: Array.from({ length: leafCount }, (_, leaf) => eqAt(leafPoint, leaf)),
        theta: buses.theta,
        claim: residue(buses.claims.p + buses.theta * (buses.claims.q - 1n)),
      },
      round,
    );
    transcript.absorb(zerocheck.columns.flat());
    const drawn = transcript.draw(columnChallengeCount(shape));

    stopwatch.begin("stack the columns");
    const { blocks, claim } = this.#stackedBlocks(zerocheck, drawn, rho);
    const { mask } = layout;
    const stacking = proveStacking(
      jobs,
      blocks,
      [{ cell: mask.slab * 2 ** sizes.slabBits.most + mask.start, value: this.#hiding.mask }],
      claim,
      { variables: stackedBits(sizes), slabBits: layout.slabBits, slotShift: sizes.slabBits.most },
      round,
    );
    transcript.absorb([stacking.evaluation]);
    const sigma = transcript.digest();

    stopwatch.begin("open the commitments");
    const opening = this.#open(stacking.point, seed, sigma);

    const field = {
      positions,
      root: buses.root,
      layers: buses.layers,
      zerocheck: zerocheck.rounds,
      columns: zerocheck.columns,
      stacking: stacking.rounds,
      evaluation: stacking.evaluation,
      opening: opening.evaluations,
    };
    const inputs = {
      seed,
      rho,
      input: streamValue(input, rho, "input"),
      journal: streamValue(journal, rho, "journal"),
      header,
      constants,
      ...opening.challenges,
    };
    return { statement, header, constants, field, group: { slabs, opening: opening.commitments }, inputs };
  }

  #commitSlab(slab: number): G1Point {
    const { parts, mask, slabBits } = this.#layout;
    const length = 2 ** slabBits;
    return this.#key.commitCells(
      this.#jobs,
      parts
        .filter((part) => part.slab === slab)
        .map(({ block, row, start, height }) => ({
          first: start,
          bits: block.bits,
          height,
          columns: this.#columnsOf(block, row),
        })),
      [
        ...this.#hiding.tails[slab]!.map((value, i) => ({ index: length + i, value })),
        ...(mask.slab === slab ? [{ index: mask.start, value: this.#hiding.mask }] : []),
      ],
    );
  }

  /** The columns of a block, from a row on. */
  #columnsOf({ chip, first, count }: Block, row = 0): ColumnVector[] {
    return this.#tables[chip]!.columns.slice(first, first + count).map((column) => {
      const { pointer, width } = column!;
      return { pointer: pointer + row * width, width };
    });
  }

  /** The blocks with their claims, in the order of §7: trace blocks, program blocks, input, journal; and the sum of the claims. */
  #stackedBlocks(
    zerocheck: { readonly point: readonly bigint[]; readonly columns: readonly (readonly bigint[])[] },
    drawn: readonly bigint[],
    rho: bigint,
  ): { blocks: StackedBlock[]; claim: bigint } {
    const { shape, trace, input, journal } = this.#of;
    const { io, sizes } = shape;
    const [u, eta] = [drawn.slice(0, -1), drawn.at(-1)!];
    let factor = 1n;
    let claim = 0n;
    const next = (value: bigint): bigint => {
      const own = factor;
      claim += own * value;
      factor = residue(factor * eta);
      return own;
    };
    const slotCells = 2 ** sizes.slabBits.most;
    const atZ = (
      { block, height, start }: PlacedBlock,
      slot: number,
    ): StackedBlock & { terms: StackedTerm[] } => {
      const { chip, first, count, bits } = block;
      const columnWeights = Array.from({ length: 2 ** bits }, (_, j) => eqAt(u.slice(0, bits), j));
      const values = zerocheck.columns[chip]!.slice(first, first + count);
      const value = values.reduce((sum, column, j) => sum + columnWeights[j]! * column, 0n);
      const term = { factor: next(residue(value)), columnWeights, rowPoint: zerocheck.point, values };
      return {
        first: slot * slotCells + start,
        bits,
        height,
        columns: this.#columnsOf(block),
        terms: [term],
      };
    };
    const blocks = [
      ...this.#layout.blocks.map((placed) => atZ(placed, placed.slab)),
      ...this.#layout.programBlocks.map((placed) => atZ(placed, mostSlabs(sizes))),
    ];
    const rowPoint: bigint[] = [];
    let scale = 1n;
    for (let k = 0, power = rho; k < trace[io.chip]!.height; k++) {
      const complement = plain.inverse(residue(1n + power), "1 + ρ^(2^k) is not zero");
      rowPoint.push(residue(1n - complement));
      scale = residue(scale * complement);
      power = residue(power * power);
    }
    for (const [{ block, column }, bytes, name] of [
      [io.input, input, "input"],
      [io.journal, journal, "journal"],
    ] as const) {
      const columnWeights = Array.from({ length: 2 ** block.bits }, (_, j) => (j === column ? 1n : 0n));
      const value = residue(streamValue(bytes, rho, name) * scale);
      blocks[shape.traceBlocks.indexOf(block)]!.terms.push({ factor: next(value), columnWeights, rowPoint });
    }
    return { blocks, claim: residue(claim) };
  }

  #open(y: readonly bigint[], seed: bigint, sigma: bigint) {
    const { sizes } = this.#of.shape;
    const { slabBits } = this.#layout;
    const key = this.#key;
    const stopwatch = this.#stopwatch;
    const f = this.#combineSlabs(y.slice(sizes.slabBits.most));
    const commitments = new Map<string, G1Point>();
    const challenges = { alpha: 0n, gamma: 0n, zeta: 0n, delta: 0n, omega: 0n };
    const evaluations = proveOpening(this.#jobs, f, y.slice(0, slabBits), {
      alpha: (h) => {
        const C = key.commitPolynomial(h);
        commitments.set("h", C);
        return (challenges.alpha = alphaChallenge(seed, sigma, C));
      },
      gamma: (q, g) => {
        const [Cq, Cg] = [key.commitPolynomial(q), key.commitPolynomial(g)];
        commitments.set("q", Cq).set("g", Cg);
        stopwatch.progress(1 / 3);
        return (challenges.gamma = gammaChallenge(challenges.alpha, Cq, Cg));
      },
      zeta: (S, D) => {
        const [CS, CD] = [key.commitPolynomial(S), key.commitPolynomial(D)];
        commitments.set("S", CS).set("D", CD);
        return (challenges.zeta = zetaChallenge(challenges.gamma, CS, CD));
      },
      delta: (values) =>
        (challenges.delta = deltaChallenge(challenges.zeta, evaluationsDigest(plain, values))),
      omega: (W) => {
        const C = key.commitPolynomial(W);
        commitments.set("W", C);
        stopwatch.progress(2 / 3);
        return (challenges.omega = omegaChallenge(challenges.delta, C));
      },
      last: (Wp) => {
        commitments.set("Wp", key.commitPolynomial(Wp));
      },
    });
    const of = (name: string): G1Point => commitments.get(name)!;
    return {
      evaluations,
      challenges,
      commitments: {
        ...{ h: of("h"), q: of("q"), g: of("g"), S: of("S"), D: of("D") },
        ...{ W: of("W"), Wp: of("Wp") },
      },
    };
  }

  /** f = Σ_m eq(m, y_hi)·slab_m, the program's slab among them, with the coefficients beyond the cells. */
  #combineSlabs(slots: readonly bigint[]): { pointer: number; length: number } {
    const kernels = this.#kernels;
    const { sizes } = this.#of.shape;
    const { slabBits, slabs, parts, programBlocks, mask } = this.#layout;
    const cells = 2 ** slabBits;
    const length = cells + 2 ** Math.ceil(slabBits / 2);
    const pointer = kernels.vector(length);
    kernels.bytes(pointer, length * element).fill(0);
    const program = mostSlabs(sizes);
    for (const slot of [...Array.from({ length: slabs }, (_, slab) => slab), program]) {
      const scalar = kernels.element(eqAt(slots, slot));
      // A product with a plain integer is in Montgomery form when the scalar has R twice.
      kernels.call("vectorToMontgomery", 1, scalar, scalar);
      const inSlot =
        slot === program
          ? programBlocks.map((placed) => ({ ...placed, row: 0 }))
          : parts.filter(({ slab }) => slab === slot);
      for (const { block, height, start, row } of inSlot) {
        this.#columnsOf(block, row).forEach(({ pointer: column, width }, j) => {
          const into = pointer + (start + j) * element;
          for (const [from, to] of Jobs.parts(2 ** height, 4096)) {
            this.#jobs.add("addColumn", to - from, into, 2 ** block.bits, column, width, from, to, scalar);
          }
        });
      }
      this.#jobs.run();
    }
    const add = (index: number, value: bigint): void => {
      const at = pointer + index * element;
      kernels.add(at, at, kernels.element(residue(value)), 1);
    };
    this.#hiding.tails.forEach((tail, slab) => {
      tail.forEach((value, i) => {
        add(cells + i, value * eqAt(slots, slab));
      });
    });
    add(mask.start, this.#hiding.mask * eqAt(slots, mask.slab));
    return { pointer, length };
  }
}

function constantsOf({ programBlocks }: Shape, trace: Trace, parameters: Parameters): ProgramConstants {
  const [program, image] = programBlocks as [Block, Block];
  return {
    programHeight: trace[program.chip]!.height,
    imageHeight: trace[image.chip]!.height,
    imageFirst: Number(parameters.imageFirst),
    firstPages: Number(parameters.firstPages),
    mostPages: Number(parameters.mostPages),
  };
}

/** Uniform elements: one cell of the stacked vector, and coefficients of each slab beyond its cells. */
interface Hiding {
  readonly mask: bigint;
  readonly tails: readonly (readonly bigint[])[];
}

class Stopwatch {
  readonly #onProgress: ProverOptions["onProgress"];
  readonly #timings = new Map<Stage, number>();
  #current: Stage | undefined;
  #since = 0;

  constructor(onProgress: ProverOptions["onProgress"]) {
    this.#onProgress = onProgress;
  }

  begin(stage: Stage): void {
    this.#stop();
    this.#current = stage;
    this.#since = performance.now();
    this.progress(0);
  }

  progress(fraction: number): void {
    if (this.#current !== undefined) this.#onProgress?.(this.#current, fraction);
  }

  end(): Record<Stage, number> {
    this.#stop();
    return Object.fromEntries(this.#timings) as Record<Stage, number>;
  }

  #stop(): void {
    if (this.#current === undefined) return;
    this.progress(1);
    this.#timings.set(this.#current, performance.now() - this.#since);
  }
}

/**
 * C_prog, the commitment to a program's preprocessed columns (docs/zero/protocol.md §3).
 *
 * @param trace of which those columns are taken
 */
export function commitProgram(
  key: CommitmentKey,
  { programBlocks }: Pick<Shape, "programBlocks">,
  trace: Trace,
): G1Point {
  const { kernels } = key;
  const mark = kernels.mark();
  try {
    const heights = trace.map(({ height }) => height);
    const columns = layOutProgram(programBlocks, heights).map(({ block, height, start }) => ({
      first: start,
      bits: block.bits,
      height,
      columns: trace[block.chip]!.columns.slice(block.first, block.first + block.count).map((column) =>
        copyColumn(kernels, column),
      ),
    }));

    return key.commitCells(new Jobs(kernels), columns, []);
  } finally {
    kernels.release(mark);
  }
}
