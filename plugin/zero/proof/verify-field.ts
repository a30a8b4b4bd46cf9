/**
 * The field half of the verifier (docs/zero/protocol.md §4 to §10), the part that the Groth16 circuit states. Over bigints it is a complete
 * check of the messages; over linear combinations it is the circuit. What it leaves to the group half is to draw the contract's
 * challenges itself, and to check that the commitments combine as the scalars say.
 */
import { longestTuple } from "../air/bus.ts";
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import { verifyBuses } from "./verify-bus-argument.ts";
import { decode, decodePositions, packPositions, type Decoded } from "./decode.ts";
import { FieldTranscript, type TranscriptObserver } from "./field-transcript.ts";
import { checkFormat } from "./format.ts";
import { evaluationsDigest, verifyOpening, type OpeningChallenges } from "./mercury.ts";
import type { FieldMessages, PublicValues } from "./messages.ts";
import { prefixProducts } from "./multilinear.ts";
import type { Shape } from "./shape.ts";
import { columnChallengeCount, verifyStacking } from "./verify-stacking.ts";
import { streamClaims } from "./stream-claims.ts";
import { verifyZerocheck } from "./verify-zerocheck.ts";

/** What the contract knows before σ. */
export type TraceInputs<E> = Pick<
  PublicValues<E>,
  "seed" | "rho" | "input" | "journal" | "header" | "constants"
>;

/** The public values that the field half takes as given; it computes the others. */
export type FieldInputs<E> = TraceInputs<E> & OpeningChallenges<E>;

/** What §5 to §7 lead to: F_N(y) = d'. */
export interface TraceClaim<E> {
  readonly decoded: Decoded<E>;
  readonly y: readonly E[];
  readonly sigma: E;
}

/**
 * @returns all public values, those of the inputs among them
 * @throws ZeroProofError for messages of another form, and over bigints for the first thing that does not hold
 */
export function verifyField<E>(
  arithmetic: Arithmetic<E>,
  shape: Shape,
  inputs: FieldInputs<E>,
  messages: FieldMessages<E>,
  observer?: TranscriptObserver<E>,
): PublicValues<E> {
  checkFormat(shape, messages);
  const { seed, rho, input, journal, header, constants, ...challenges } = inputs;
  const { decoded, y, sigma } = verifyTrace(arithmetic, shape, inputs, messages, observer);
  const { evaluation, opening } = messages;
  const epsilon = evaluationsDigest(arithmetic, opening, observer);
  const scalars = verifyOpening(arithmetic, shape, decoded, y, evaluation, challenges, opening);
  const { alpha, gamma, zeta, delta, omega } = challenges;
  return {
    ...{ seed, rho, input, journal, header, constants },
    ...{ sigma, alpha, gamma, zeta, epsilon, delta, omega },
    scalars,
  };
}

/** Lines 3 to 9 of the transcript: everything about the trace but that it is what the commitments are of. */
function verifyTrace<E>(
  arithmetic: Arithmetic<E>,
  shape: Shape,
  { seed, rho, input, journal, header, constants }: TraceInputs<E>,
  messages: FieldMessages<E>,
  observer: TranscriptObserver<E> | undefined,
): TraceClaim<E> {
  const transcript = new FieldTranscript(arithmetic, seed, observer);
  transcript.absorb(packPositions(arithmetic, shape, messages.positions));
  const [alpha, gamma] = transcript.draw(2) as [E, E];
  const alphaPowers = prefixProducts(arithmetic, new Array<E>(longestTuple).fill(alpha)).slice(1);
  const busChallenges = { alphaPowers, gamma };
  const decoded = decode(arithmetic, shape, header, constants);
  const positions = decodePositions(arithmetic, shape, messages.positions);

  const leafClaims = verifyBuses(arithmetic, transcript, messages, busChallenges);
  const { z, challenges } = verifyZerocheck(
    arithmetic,
    transcript,
    shape,
    decoded,
    messages,
    busChallenges,
    leafClaims,
    columnChallengeCount(shape),
  );
  const streams = streamClaims(arithmetic, rho, decoded.heights[shape.io.chip]!, {
    input,
    journal,
  });
  const claims = { z, columns: messages.columns, streams, positions, decoded };
  const { y, sigma } = verifyStacking(arithmetic, transcript, shape, claims, challenges, messages);
  return { decoded, y, sigma };
}
