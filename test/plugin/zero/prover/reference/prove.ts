/**
 * A whole proof, straight from docs/zero/protocol.md: every table is spread over its cube, every sum is over all of it, and
 * commitments are made with the secret τ itself, as [f(τ)]. For sizes of a few bits.
 */
import { bn254 } from "@noble/curves/bn254.js";
import { plain } from "../../../../../plugin/zero/arithmetic/plain.ts";
import { r, residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import {
  alphaChallenge,
  deltaChallenge,
  gammaChallenge,
  omegaChallenge,
  rhoChallenge,
  seedChallenge,
  zetaChallenge,
  type Statement,
} from "../../../../../plugin/zero/proof/contract-transcript.ts";
import { FieldTranscript } from "../../../../../plugin/zero/proof/field-transcript.ts";
import { packPositions } from "../../../../../plugin/zero/proof/decode.ts";
import { packConstants, packHeader } from "../../../../../plugin/zero/proof/header.ts";
import { evaluationsDigest } from "../../../../../plugin/zero/proof/mercury.ts";
import type { FieldMessages, G1Point, GroupMessages } from "../../../../../plugin/zero/proof/messages.ts";
import { programIdentity } from "../../../../../plugin/zero/proof/program-identity.ts";
import type { Block, ColumnPlace, Shape } from "../../../../../plugin/zero/proof/shape.ts";
import { columnChallengeCount } from "../../../../../plugin/zero/proof/verify-stacking.ts";
import { mostSlabs, stackedBits } from "../../../../../plugin/zero/proof/sizes.ts";
import type { FieldInputs } from "../../../../../plugin/zero/proof/verify-field.ts";
import { streamValue } from "../../../../../plugin/zero/proof/stream-value.ts";
import type { Parameters, Trace } from "../../../../../plugin/zero/trace/trace.ts";
import { leafFractions, proveBuses } from "./bus-argument.ts";
import { openMercury, valueAt } from "./mercury.ts";
import { eqAt } from "./multilinear.ts";
import { proveStacking, type BlockClaim } from "./stacking.ts";
import { proveZerocheck } from "./zerocheck.ts";

export interface ReferenceStatement {
  readonly shape: Shape;
  readonly trace: Trace;
  readonly parameters: Parameters;
  readonly input: Uint8Array;
  readonly journal: Uint8Array;
  /** N */
  readonly slabBits: number;
  readonly tau: bigint;
  readonly selector: number;
  /** Uniform in [0, r). */
  readonly random: () => bigint;
  /** Changes what is committed to, or where blocks are said to be, before anything is made of it. */
  readonly tamper?: (committed: CommittedSlabs) => void;
}

export interface ReferenceProof {
  readonly statement: Statement;
  readonly header: bigint;
  readonly constants: bigint;
  readonly commitment: G1Point;
  readonly field: FieldMessages<bigint>;
  readonly group: GroupMessages;
  readonly inputs: FieldInputs<bigint>;
}

export function proveReference(of: ReferenceStatement): ReferenceProof {
  const { shape, trace, parameters, slabBits, tau } = of;
  const { chips, sizes } = shape;
  const commit = (polynomial: readonly bigint[]): G1Point => multiple(valueAt(polynomial, tau));
  const committed = fillSlabs(of);
  of.tamper?.(committed);
  const { slabs, starts, programSlab, programStarts } = committed;
  const constants = packConstants({
    programHeight: trace[shape.programBlocks[0]!.chip]!.height,
    imageHeight: trace[shape.programBlocks[1]!.chip]!.height,
    imageFirst: Number(parameters.imageFirst),
    firstPages: Number(parameters.firstPages),
    mostPages: Number(parameters.mostPages),
  });
  const header = packHeader({
    slabs: slabs.length,
    slabBits,
    heights: chips.flatMap(({ height }, c) => (height === "declared" ? [trace[c]!.height] : [])),
  });
  const commitment = commit(programSlab);
  const commitments = slabs.map(commit);
  const statement = {
    programId: programIdentity(commitment, constants),
    input: of.input,
    journal: of.journal,
  };
  const seed = seedChallenge(of.selector, statement, header, commitments);
  const rho = rhoChallenge(seed);

  const transcript = new FieldTranscript(plain, seed);
  const round = (coefficients: readonly bigint[]): bigint => {
    transcript.absorb(coefficients);
    return transcript.draw(1)[0]!;
  };
  const positions = starts.map((start, i) => BigInt(start / 2 ** shape.traceBlocks[i]!.bits));
  transcript.absorb(packPositions(plain, shape, positions));
  const [alphaBus, gammaBus] = transcript.draw(2) as [bigint, bigint];
  const challenges = { alpha: alphaBus, gamma: gammaBus };

  const leaves = leafFractions(chips, trace, parameters, challenges, sizes);
  const { root, layers, point, theta } = proveBuses(
    leaves,
    {
      children: ({ p, q }) => {
        transcript.absorb([...p, ...q]);
        return transcript.draw(3) as [bigint, bigint, bigint];
      },
      round,
    },
    sizes,
  );
  const zerocheck = proveZerocheck({ chips, trace, parameters, challenges, point, theta, sizes }, round);
  transcript.absorb(zerocheck.columns.flat());
  const drawn = transcript.draw(columnChallengeCount(shape));
  const [u, eta] = [drawn.slice(0, -1), drawn.at(-1)!];

  const vector = new Array<bigint>(2 ** stackedBits(sizes)).fill(0n);
  const place = (slab: readonly bigint[], slot: number): void => {
    slab.forEach((cell, i) => {
      vector[slot * 2 ** sizes.slabBits.most + i] = cell;
    });
  };
  slabs.forEach(place);
  place(programSlab, mostSlabs(sizes));
  const claims = blockClaims(of, starts, programStarts, u, zerocheck.point, rho);
  const stacking = proveStacking(vector, claims, eta, round);
  const y = stacking.point;
  const slots = y.slice(sizes.slabBits.most);
  const slabOfSlot = (slot: number): readonly bigint[] =>
    slot === mostSlabs(sizes) ? programSlab : (slabs[slot] ?? []);
  const f = Array.from({ length: 2 ** slabBits }, (_, i) => {
    let sum = 0n;
    for (let slot = 0; slot < 2 ** sizes.slotBits; slot++)
      sum += eqAt(slots, slot) * (slabOfSlot(slot)[i] ?? 0n);
    return residue(sum);
  });
  const evaluation = f.reduce((sum, cell, i) => residue(sum + cell * eqAt(y.slice(0, slabBits), i)), 0n);
  transcript.absorb([evaluation]);
  const sigma = transcript.digest();

  let [alpha, gamma, zeta, delta, omega] = [0n, 0n, 0n, 0n, 0n];
  const opening = openMercury(f, y.slice(0, slabBits), {
    alpha: (h) => (alpha = alphaChallenge(seed, sigma, commit(h))),
    gamma: (q, g) => (gamma = gammaChallenge(alpha, commit(q), commit(g))),
    zeta: (S, D) => (zeta = zetaChallenge(gamma, commit(S), commit(D))),
    delta: (evaluations) => (delta = deltaChallenge(zeta, evaluationsDigest(plain, evaluations))),
    omega: (W) => (omega = omegaChallenge(delta, commit(W))),
  });
  const { h, q, g, S, D, W, Wp } = opening;
  return {
    statement,
    header,
    constants,
    commitment,
    field: {
      positions,
      root,
      layers,
      zerocheck: zerocheck.rounds,
      columns: zerocheck.columns,
      stacking: stacking.rounds,
      evaluation,
      opening: opening.evaluations,
    },
    group: {
      slabs: commitments,
      opening: {
        h: commit(h),
        q: commit(q),
        g: commit(g),
        S: commit(S),
        D: commit(D),
        W: commit(W),
        Wp: commit(Wp),
      },
    },
    inputs: {
      seed,
      rho,
      input: streamValue(of.input, rho, "input"),
      journal: streamValue(of.journal, rho, "journal"),
      header,
      constants,
      ...{ alpha, gamma, zeta, delta, omega },
    },
  };
}

export interface CommittedSlabs {
  /** Cells, by slab. */
  readonly slabs: bigint[][];
  /** First cells of the trace blocks in the stacked vector. */
  readonly starts: number[];
  readonly programSlab: bigint[];
  readonly programStarts: number[];
}

/** Blocks one after the other at multiples of their lengths; every cell that is left over is random. */
function fillSlabs({ shape, trace, slabBits, random }: ReferenceStatement): CommittedSlabs {
  const { sizes, traceBlocks, programBlocks } = shape;
  const length = 2 ** slabBits;
  const lengthOf = ({ chip, bits }: Block): number => 2 ** (bits + trace[chip]!.height);
  const write = (slab: bigint[], { chip, first, count, bits }: Block, at: number): void => {
    const { height, columns } = trace[chip]!;
    for (let i = 0; i < 2 ** height; i++) {
      for (let j = 0; j < 2 ** bits; j++) {
        slab[at + i * 2 ** bits + j] = j < count ? BigInt(columns[first + j]![i]!) : 0n;
      }
    }
  };
  const slabs: bigint[][] = [];
  const starts: number[] = [];
  let at = 0;
  traceBlocks.forEach((block, i) => {
    const cells = lengthOf(block);
    at = Math.ceil(at / cells) * cells;
    if (slabs.length === 0 || at + cells > length) {
      slabs.push(Array.from({ length }, random));
      at = 0;
    }
    write(slabs.at(-1)!, block, at);
    starts[i] = (slabs.length - 1) * 2 ** sizes.slabBits.most + at;
    at += cells;
  });
  const programSlab = new Array<bigint>(length).fill(0n);
  const [program, image] = programBlocks as [Block, Block];
  const imageStart = Math.max(lengthOf(program), lengthOf(image));
  write(programSlab, program, 0);
  write(programSlab, image, imageStart);
  const slot = mostSlabs(sizes) * 2 ** sizes.slabBits.most;
  return { slabs, starts, programSlab, programStarts: [slot, slot + imageStart] };
}

/** The claims of §7 in their order: trace blocks, program blocks, input, journal. */
function blockClaims(
  { shape, trace }: ReferenceStatement,
  starts: readonly number[],
  programStarts: readonly number[],
  u: readonly bigint[],
  z: readonly bigint[],
  rho: bigint,
): BlockClaim[] {
  const { traceBlocks, programBlocks, io } = shape;
  const atZ = ({ chip, bits }: Block, first: number): BlockClaim => ({
    first,
    point: [...u.slice(0, bits), ...z.slice(0, trace[chip]!.height)],
  });
  const upsilon = Array.from({ length: trace[io.chip]!.height }, (_, k) => {
    let power = rho;
    for (let i = 0; i < k; i++) power = residue(power * power);
    return residue(power * plain.inverse(residue(1n + power), "1 + ρ^(2^k)"));
  });
  const stream = ({ block, column }: ColumnPlace): BlockClaim => ({
    first: starts[traceBlocks.indexOf(block)]!,
    point: [...Array.from({ length: block.bits }, (_, k) => BigInt((column >> k) & 1)), ...upsilon],
  });
  return [
    ...traceBlocks.map((block, i) => atZ(block, starts[i]!)),
    ...programBlocks.map((block, i) => atZ(block, programStarts[i]!)),
    stream(io.input),
    stream(io.journal),
  ];
}

/** [x], not the point at infinity, which an honest polynomial gives with probability 2^-254 only. */
export function multiple(x: bigint): G1Point {
  return bn254.G1.Point.BASE.multiply(x % r).toAffine();
}
