/** What stands for all public values in the circuit's three inputs (docs/zero/protocol.md §10). */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import { FieldTranscript } from "./field-transcript.ts";
import { publicWords, type PublicValues } from "./messages.ts";
import { evaluatePolynomial } from "./multilinear.ts";

/** π, the hash of all public values. */
export function publicDigest<E>(arithmetic: Arithmetic<E>, values: PublicValues<E>): E {
  const [first, ...rest] = publicWords(values) as [E, ...E[]];
  const transcript = new FieldTranscript(arithmetic, first);
  transcript.absorb(rest);
  return transcript.digest();
}

/** λ_pub = Σ_i β^i pv_i */
export function foldPublicValues<E>(arithmetic: Arithmetic<E>, values: PublicValues<E>, beta: E): E {
  return evaluatePolynomial(arithmetic, publicWords(values), beta);
}
