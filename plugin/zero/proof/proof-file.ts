/**
 * A proven run as a JSON file: one object with the keys `format`, `programId`, `input`, `journal` and `proof` and no others, all bytes as
 * hex digits after 0x. The private input is not in it. A run has one file: any other text, though JSON of the same, is refused, so that no
 * byte of an accepted file can be another.
 */
import { z } from "zod";

import type { ProvenRun } from "./proven-run.ts";

const FORMAT = "Nexus Zero proof 1";

const hex = (what: string) => {
  const message = `must be ${what} as hex digits after 0x`;
  return z
    .string({ required_error: `is missing; it ${message}`, invalid_type_error: message })
    .regex(/^0x([0-9a-fA-F]{2})*$/, message);
};

const schema = z
  .object(
    {
      format: z.literal(FORMAT, { errorMap: () => ({ message: `must be "${FORMAT}"` }) }),
      programId: hex("32 bytes").length(66, "must be 32 bytes as hex digits after 0x"),
      input: hex("bytes"),
      journal: hex("bytes"),
      proof: hex("bytes"),
    },
    { invalid_type_error: "must be an object" },
  )
  .strict("has a key that no proof has");

/** The file's text: digits in lower case, a key to a line; it ends with a line break. */
export function formatProofFile({ programId, input, journal, proof }: ProvenRun): string {
  const bytes = {
    programId: programId.toLowerCase(),
    input: digits(input),
    journal: digits(journal),
    proof: digits(proof),
  };
  return `${JSON.stringify({ format: FORMAT, ...bytes }, undefined, 2)}\n`;
}

/**
 * The run that a file's text holds.
 *
 * @throws Error saying in one sentence what is wrong with the text; whether the proof is good is not looked at
 */
export function parseProofFile(text: string): ProvenRun {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error("it is not JSON");
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new Error(`${path.length === 0 ? "it" : path.join(".")} ${message}`);
  }
  const { programId, input, journal, proof } = parsed.data;
  const run = {
    programId: programId.toLowerCase(),
    input: bytesOf(input),
    journal: bytesOf(journal),
    proof: bytesOf(proof),
  };
  const expected = formatProofFile(run);
  if (text !== expected) {
    const at = [...expected].findIndex((character, i) => text[i] !== character);
    throw new Error(
      `it differs from the text that nexus:prove writes for this run, from character ${at < 0 ? expected.length : at} on: ` +
        "take the file as it was written, with its line breaks and lower-case digits",
    );
  }
  return run;
}

// Not by ethers, which takes longer to load than a bad file to be refused.
function digits(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

function bytesOf(hexDigits: string): Uint8Array {
  return new Uint8Array(Buffer.from(hexDigits.slice(2), "hex"));
}
