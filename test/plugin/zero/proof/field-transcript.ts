/** Nothing is used before it is absorbed, and every challenge depends on everything before it (docs/zero/protocol.md §4). */
import { expect } from "chai";

import type { Arithmetic } from "../../../../plugin/zero/arithmetic/arithmetic.ts";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { poseidon } from "../../../../plugin/zero/arithmetic/poseidon.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { packPositions } from "../../../../plugin/zero/proof/decode.ts";
import { FieldTranscript } from "../../../../plugin/zero/proof/field-transcript.ts";
import { mapFieldMessages, type FieldMessages } from "../../../../plugin/zero/proof/messages.ts";
import { verifyField, type FieldInputs } from "../../../../plugin/zero/proof/verify-field.ts";
import { changeMessage, lineOfMessage, lines, madeUpProof, madeUpShape } from "./made-up-proof.ts";

/** A value, and which messages it was made of that no transcript has absorbed yet when it was made. */
interface Tainted {
  readonly value: bigint;
  readonly messages: ReadonlySet<number>;
}

/** Refuses to do anything with a message but add, before it is absorbed. */
class TaintingArithmetic implements Arithmetic<Tainted> {
  readonly absorbed = new Set<number>();

  #made(value: bigint, ...from: readonly Tainted[]): Tainted {
    return { value, messages: new Set(from.flatMap(({ messages }) => [...messages])) };
  }

  #use(element: Tainted): bigint {
    for (const message of element.messages) {
      if (!this.absorbed.has(message)) throw new Error(`message ${message} is used before it is absorbed`);
    }
    return element.value;
  }

  constant(value: bigint): Tainted {
    return this.#made(plain.constant(value));
  }

  add(a: Tainted, b: Tainted): Tainted {
    return this.#made(plain.add(a.value, b.value), a, b);
  }

  sub(a: Tainted, b: Tainted): Tainted {
    return this.#made(plain.sub(a.value, b.value), a, b);
  }

  scale(a: Tainted, factor: bigint): Tainted {
    return this.#made(plain.scale(a.value, factor), a);
  }

  sum(terms: readonly Tainted[]): Tainted {
    return this.#made(plain.sum(terms.map(({ value }) => value)), ...terms);
  }

  // What is made of absorbed messages alone is no secret of the prover any more.
  mul(a: Tainted, b: Tainted): Tainted {
    return this.#made(plain.mul(this.#use(a), this.#use(b)));
  }

  inverse(a: Tainted, what: string): Tainted {
    return this.#made(plain.inverse(this.#use(a), what));
  }

  assertEqual(a: Tainted, b: Tainted, what: string): void {
    plain.assertEqual(this.#use(a), this.#use(b), what);
  }

  bits(a: Tainted, count: number, what: string): Tainted[] {
    return plain.bits(this.#use(a), count, what).map((bit) => this.#made(bit));
  }

  settle(a: Tainted): Tainted {
    return this.#made(plain.settle(this.#use(a)));
  }
}

/** Says yes to everything, so that the transcript of a wrong proof can be seen to its end. */
const credulous: Arithmetic<bigint> = {
  ...plain,
  inverse: (a, what) => (a === 0n ? 0n : plain.inverse(a, what)),
  assertEqual: () => undefined,
  bits: (a, count) => Array.from({ length: count }, (_, i) => (a >> BigInt(i)) & 1n),
};

function challengesOf(inputs: FieldInputs<bigint>, messages: FieldMessages<bigint>): (readonly bigint[])[] {
  const all: (readonly bigint[])[] = [];
  verifyField(credulous, madeUpShape, inputs, messages, {
    absorbed: () => undefined,
    drawn: (challenges) => all.push([...challenges]),
  });
  return all;
}

/** Runs with transcripts that leave the element of this number out, counted from the first that is absorbed. */
function leavingOut<T>(left: number, run: () => T): T {
  const prototype = FieldTranscript.prototype as { absorb: (messages: readonly bigint[]) => void };
  const whole = Reflect.get(prototype, "absorb");
  let next = 0;
  prototype.absorb = function (messages) {
    const kept = messages.filter(() => next++ !== left);
    if (kept.length > 0) whole.call(this, kept);
  };
  try {
    return run();
  } finally {
    prototype.absorb = whole;
  }
}

describe("the circuit's transcript", () => {
  const { inputs, field } = madeUpProof();
  const positionWords = packPositions(plain, madeUpShape, field.positions).length;

  it("is a chain of Poseidon hashes", () => {
    const messages = Array.from({ length: 17 }, (_, i) => BigInt(i + 2));
    const transcript = new FieldTranscript(plain, 1n);
    transcript.absorb(messages.slice(0, 4));
    transcript.absorb(messages.slice(4));
    const [state] = poseidon(plain, [1n, ...messages.slice(0, 15)]) as [bigint];
    const [next, ...challenges] = poseidon(plain, [state, ...messages.slice(15), 0n], 4);
    expect(transcript.draw(3)).to.deep.equal(challenges);
    transcript.absorb([5n]);
    expect(transcript.digest()).to.equal(poseidon(plain, [next!, 5n])[0]);
    expect(() => transcript.draw(1)).to.throw(RangeError, /nothing was absorbed/);
  });

  it("absorbs every message before anything is computed from it", () => {
    const arithmetic = new TaintingArithmetic();
    const free = (value: bigint): Tainted => ({ value, messages: new Set() });
    let next = 0;
    const messages = mapFieldMessages(field, (value): Tainted => ({ value, messages: new Set([next++]) }));
    const { seed, rho, input, journal, header, constants, alpha, gamma, zeta, delta, omega } = inputs;
    const given = {
      ...{ seed: free(seed), rho: free(rho), input: free(input), journal: free(journal) },
      ...{ header: free(header), constants: free(constants), alpha: free(alpha), gamma: free(gamma) },
      ...{ zeta: free(zeta), delta: free(delta), omega: free(omega) },
    };
    verifyField(arithmetic, madeUpShape, given, messages, {
      absorbed(elements) {
        for (const element of elements)
          for (const message of element.messages) arithmetic.absorbed.add(message);
      },
      drawn: () => undefined,
    });
    expect(arithmetic.absorbed.size).to.equal(next);
    expect(next).to.equal(lineOfMessage.length);
  });

  it("absorbs and draws as much in each line as the protocol's table says", () => {
    const seen: { absorbed: number; drawn: number }[] = [];
    let absorbed = 0;
    verifyField(plain, madeUpShape, inputs, field, {
      absorbed: ({ length }) => (absorbed += length),
      drawn: ({ length }) => {
        seen.push({ absorbed, drawn: length });
        absorbed = 0;
      },
    });
    expect(seen).to.deep.equal(
      lines.map(({ name, absorbed, drawn }) => ({
        absorbed: name === "positions" ? positionWords : absorbed,
        drawn,
      })),
    );
  });

  it("makes every challenge depend on every message of its line and of the lines before, and on nothing else", () => {
    const honest = challengesOf(inputs, field);
    const epsilon = lines.length - 1;
    lineOfMessage.forEach((line, number) => {
      const changed = challengesOf(
        inputs,
        changeMessage(field, number, (element) => residue(element + 1n)),
      );
      honest.forEach((challenges, i) => {
        const depends = line === epsilon ? i === epsilon : i >= line && i < epsilon;
        challenges.forEach((challenge, k) => {
          const what = `challenge ${k} of line ${i}, message ${number} of line ${line}`;
          expect(changed[i]![k] !== challenge, what).to.equal(depends);
        });
      });
    });
    const seeded = challengesOf({ ...inputs, seed: inputs.seed + 1n }, field);
    honest.forEach((challenges, i) => {
      challenges.forEach((challenge, k) => expect(seeded[i]![k] !== challenge).to.equal(i < epsilon));
    });
  });

  it("without any one absorption refuses an honest proof, or says what would then be the prover's to choose", () => {
    const { epsilon } = verifyField(plain, madeUpShape, inputs, field);
    // By element that is absorbed, a message of it: positions are packed, and g(ζ) is the state that ε begins with.
    const firstOfEpsilon = lineOfMessage.indexOf(lines.length - 1);
    const elements = lineOfMessage.flatMap((line, message) =>
      (line === 0 && message >= positionWords) || message === firstOfEpsilon ? [] : [message],
    );
    elements.forEach((message, element) => {
      const what = `message ${message}`;
      const line = lineOfMessage[message]!;
      // A verifier that lacks it, and a prover that does not.
      const judge = () => leavingOut(element, () => verifyField(plain, madeUpShape, inputs, field).epsilon);
      if (lines[line]!.name === "opening") expect(judge(), what).not.to.equal(epsilon);
      else expect(judge, what).to.throw();

      // Both lack it: no challenge depends on the message any more, which is what the test above would say.
      const other = changeMessage(field, message, (value) => residue(value + 1n));
      const drawnOf = (messages: FieldMessages<bigint>) =>
        leavingOut(element, () => challengesOf(inputs, messages)[line]!);
      const isOnly = line === 0 ? positionWords === 1 : lines[line]!.absorbed === 1;
      if (isOnly) expect(() => drawnOf(field), what).to.throw(RangeError, /nothing was absorbed/);
      else expect(drawnOf(other), what).to.deep.equal(drawnOf(field));
    });
  });
});
