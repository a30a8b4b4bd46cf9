/** Chai matchers for transactions that ask a cloud or buy proofs, and for proofs. They take effect with `use(nexusMatchers)`. */
import { hexlify, isHexString, toUtf8Bytes } from "ethers";

import type { TransactionAnswer } from "../callbacks/answers.ts";
import type { CallbackResult } from "../callbacks/callback.ts";
import { eventsOf, isArgument, type EmittingContract } from "../callbacks/events.ts";
import type { TransactionProof } from "../callbacks/proofs.ts";
import { Outcome } from "../contracts/digests.ts";
import type { Nexus } from "./nexus.ts";
import type { ProvenRun } from "../zero/proof/proven-run.ts";

declare global {
  // The place where Chai's types are extended.
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace Chai {
    interface Assertion {
      /**
       * The transaction asked the cloud, and every request of it has an answer that the gateway accepted.
       *
       * @example
       * ```ts
       * await expect(counter.add(5n)).to.be.answeredBy(nexus).withOutcome("Success").withCallback();
       * ```
       */
      answeredBy(nexus: Nexus): CloudAnswerAssertion;
      /**
       * The transaction asked the market for proofs, and the market took one for every request of it.
       *
       * @example
       * ```ts
       * await expect(game.ask()).to.be.provenBy(nexus).withJournal("832040\n").withCallback();
       * ```
       */
      provenBy(nexus: Nexus): ProofAssertion;
      /**
       * The Zero router of the network accepts the proof.
       *
       * @example
       * ```ts
       * const proof = await fibonacci.prove("30");
       * await expect(proof).to.be.acceptedBy(nexus);
       * await expect({ ...proof, journal: new Uint8Array([1]) }).not.to.be.acceptedBy(nexus);
       * ```
       */
      acceptedBy(nexus: Nexus): Promise<void>;
    }
    interface CallbackAssertion<Self> extends Promise<void> {
      /** Every callback ran and returned. */
      withCallback(): Self;
      /**
       * A callback of the transaction's requests had `contract` emit the event. The logs of callbacks are in transactions of their own,
       * so Hardhat's `emit` does not see them.
       *
       * @param contract of ethers or of viem
       */
      emitting(contract: EmittingContract, event: string): Self & EventAssertion<Self>;
    }
    interface EventAssertion<Self> {
      /** One of these events has these arguments; a function in the place of one is asked whether it is right. */
      withArgs(...args: unknown[]): Self;
    }
    interface CloudAnswerAssertion extends CallbackAssertion<CloudAnswerAssertion> {
      /** Every answer has this outcome. */
      withOutcome(outcome: keyof typeof Outcome): CloudAnswerAssertion;
      /** Every answer is this text, or these bytes. */
      withOutput(output: string | Uint8Array): CloudAnswerAssertion;
    }
    interface ProofAssertion extends CallbackAssertion<ProofAssertion> {
      /** Every journal is this text, or these bytes. */
      withJournal(journal: string | Uint8Array): ProofAssertion;
    }
  }
}

/** A transaction as ethers returns it, anything else with its hash, or the hash alone. */
type Sent = string | { readonly hash: string };

/** What a transaction asked for and got. */
interface Results {
  readonly by: "answeredBy" | "provenBy";
  readonly all: Promise<readonly (TransactionAnswer | TransactionProof)[]>;
}

const RESULTS = "nexus results";

/** Adds `answeredBy`, `provenBy` and what follows them, and `acceptedBy`, to Chai. */
export const nexusMatchers: Chai.ChaiPlugin = ({ Assertion }, { flag }) => {
  /**
   * The assertion, from now on a promise of `checked`. Every method returns it: Chai would go on with a new assertion, whose
   * checks nobody could await, unless chai-as-promised was registered later and wraps the method.
   */
  const settleWith = <T extends object>(assertion: T, checked: Promise<unknown>): T => {
    // Derived when it is awaited and not before: a promise that nobody awaits must not be left rejected.
    const done = (): Promise<undefined> => checked.then(() => undefined);
    return Object.assign(assertion, {
      then: (...handlers: Parameters<Promise<undefined>["then"]>) => done().then(...handlers),
      catch: (...handlers: Parameters<Promise<undefined>["catch"]>) => done().catch(...handlers),
    });
  };

  /** Goes on with a check of the results; the assertion is a promise of all checks so far. */
  const continueWith = <T extends object>(assertion: T, results: Results): T => {
    results.all.catch(() => undefined);
    flag(assertion, RESULTS, results);
    return settleWith(assertion, results.all);
  };

  const begin = (
    assertion: Chai.AssertionStatic,
    by: Results["by"],
    nexus: Nexus,
    find: (hash: string) => Promise<{
      requests: number;
      results: readonly (TransactionAnswer | TransactionProof)[];
      why: string;
    }>,
  ): Chai.AssertionStatic => {
    if (typeof (nexus as Partial<Nexus> | undefined)?.service !== "function") {
      throw new TypeError(`${by} takes the nexus of the network's connection.`);
    }
    const negated = flag(assertion, "negate") === true;
    const sent = flag(assertion, "object") as Sent | Promise<Sent>;
    const [whom, done] = by === "answeredBy" ? ["the cloud", "answered"] : ["the market's prover", "proven"];
    const all = (async () => {
      const { requests, results, why } = await find(hashOf(await sent, by));
      const count = `${results.length} of its ${requests} requests ${results.length === 1 ? "was" : "were"} ${done}`;
      assertion.assert(
        negated ? results.length > 0 : requests > 0 && results.length === requests,
        requests === 0
          ? by === "answeredBy"
            ? "expected the transaction to ask the cloud, but it made no request at the gateway"
            : "expected the transaction to ask for a proof, but it made no request at the market"
          : `expected ${whom} to answer the transaction, but ${count}${why}`,
        `expected ${whom} not to answer the transaction, but ${count}`,
        undefined,
      );
      return results;
    })();
    return continueWith(assertion, { by, all });
  };

  /** Checks what came of a transaction. @param after the matchers that this one can follow */
  const go = (
    assertion: Chai.AssertionStatic,
    matcher: string,
    after: readonly Results["by"][],
    check: (all: readonly (TransactionAnswer | TransactionProof)[]) => Promise<void> | void,
  ): Chai.AssertionStatic => {
    const results = flag(assertion, RESULTS) as Results | undefined;
    if (results === undefined || !after.includes(results.by) || flag(assertion, "negate") === true) {
      throw new Error(`${matcher} can only follow ${after.join(" or ")}, and not its negation.`);
    }
    const all = results.all.then(async (found) => {
      await check(found);
      return found;
    });
    return continueWith(assertion, { by: results.by, all });
  };

  const sameBytes = (
    assertion: Chai.AssertionStatic,
    what: string,
    expected: string | Uint8Array,
    actual: Uint8Array,
  ): void => {
    const bytes = Buffer.from(typeof expected === "string" ? toUtf8Bytes(expected) : expected);
    const show = (value: Uint8Array) =>
      typeof expected === "string" ? JSON.stringify(Buffer.from(value).toString()) : hexlify(value);
    const message = `expected the ${what} ${show(bytes)}, but it is ${show(actual)}`;
    assertion.assert(bytes.equals(actual), message, message, show(bytes), show(actual));
  };

  Assertion.addMethod("answeredBy", function (this: Chai.AssertionStatic, nexus: Nexus) {
    return begin(this, "answeredBy", nexus, async (hash) => {
      const { requests, answers } = await nexus.answers(hash);
      return { requests, results: answers, why: "" };
    });
  });

  Assertion.addMethod("provenBy", function (this: Chai.AssertionStatic, nexus: Nexus) {
    return begin(this, "provenBy", nexus, async (hash) => {
      const proofs = await nexus.proofs(hash);
      const failures = proofs.flatMap(({ failure }) => failure ?? []);
      return {
        requests: proofs.length,
        results: proofs.filter(({ journal }) => journal !== undefined),
        why: failures.length === 0 ? "" : `: ${[...new Set(failures)].join("; ")}`,
      };
    });
  });

  Assertion.addMethod("acceptedBy", function (this: Chai.AssertionStatic, nexus: Nexus) {
    const proof = flag(this, "object") as ProvenRun | Promise<ProvenRun>;
    const asked = async (): Promise<void> => {
      const refusal = await nexus.proofRefusal(await proof);
      this.assert(
        refusal === undefined,
        `expected the router to accept the proof, but it says: ${refusal}`,
        "expected the router to refuse the proof, but it accepts it",
        undefined,
      );
    };
    return settleWith(this, asked());
  });

  Assertion.addMethod("withOutcome", function (this: Chai.AssertionStatic, outcome: keyof typeof Outcome) {
    if (!Object.hasOwn(Outcome, outcome)) {
      throw new TypeError(
        `There is no outcome "${outcome}". The outcomes are ${Object.keys(Outcome).join(", ")}.`,
      );
    }
    return go(this, "withOutcome", ["answeredBy"], (all) => {
      for (const { outcome: actual } of all as readonly TransactionAnswer[]) {
        const message = `expected an answer with outcome ${outcome}, but it is ${actual}`;
        this.assert(actual === outcome, message, message, outcome, actual);
      }
    });
  });

  Assertion.addMethod("withOutput", function (this: Chai.AssertionStatic, output: string | Uint8Array) {
    return go(this, "withOutput", ["answeredBy"], (all) => {
      for (const answer of all as readonly TransactionAnswer[])
        sameBytes(this, "answer", output, answer.output);
    });
  });

  Assertion.addMethod("withJournal", function (this: Chai.AssertionStatic, journal: string | Uint8Array) {
    return go(this, "withJournal", ["provenBy"], (all) => {
      for (const proof of all as readonly TransactionProof[])
        sameBytes(this, "journal", journal, proof.journal!);
    });
  });

  Assertion.addMethod("withCallback", function (this: Chai.AssertionStatic) {
    return go(this, "withCallback", ["answeredBy", "provenBy"], (all) => {
      for (const { callback } of all) {
        const message = `expected the callback to have run, but ${whyNot(callback)}`;
        try {
          this.assert(callback.status === "returned", message, message, true, false);
        } catch (error) {
          throw traced(error as Error, callback);
        }
      }
    });
  });

  Assertion.addMethod(
    "emitting",
    function (this: Chai.AssertionStatic, contract: EmittingContract, event: string) {
      const found = async (all: readonly { readonly callback: CallbackResult }[]) =>
        eventsOf(
          all.map(({ callback }) => callback),
          contract,
          event,
        );
      const both = ["answeredBy", "provenBy"] as const;
      const assertion = go(this, "emitting", both, async (all) => {
        const events = await found(all);
        const failed = all.find(({ callback }) => callback.status !== "returned");
        const why = failed === undefined ? "" : `: ${whyNot(failed.callback)}`;
        const message = `expected a callback to emit ${event}, but none did${why}`;
        this.assert(events.length > 0, message, message, event, undefined);
      });
      // Of its own and not Chai's for all: Hardhat has a method of that name, and may be registered later.
      return Object.assign(assertion, {
        withArgs: (...args: unknown[]) =>
          go(assertion, "withArgs", both, async (all) => {
            const events = await found(all);
            const isRight = events.some((one) => isArgument(one.args, args));
            const seen = events.map((one) => shown(one.args)).join(" and ");
            const message = `expected ${event} with the arguments ${shown(args)}, but it was emitted with ${seen}`;
            this.assert(isRight, message, message, args, events[0]?.args);
          }),
      });
    },
  );
};

function hashOf(sent: unknown, by: string): string {
  const hash: unknown = typeof sent === "object" && sent !== null ? (sent as { hash?: unknown }).hash : sent;
  if (isHexString(hash, 32)) return hash;
  throw new TypeError(
    `${by} takes a transaction, a promise of one, or its hash, but was given ${shown(sent)}.`,
  );
}

function whyNot({ status, reason }: CallbackResult): string {
  if (status === "none") return "the request asked for none (its callbackGas is 0)";
  return reason ?? "it failed";
}

/** The failed assertion, with the lines of Solidity where the callback failed on top of its stack trace. */
function traced(failed: Error, { error }: CallbackResult): Error {
  const lines = error?.stack?.split("\n").filter((line) => /^ +at .*\.sol(:\d+)?\)?$/.test(line)) ?? [];
  if (lines.length === 0) return failed;
  const [first, ...rest] = (failed.stack ?? "").split("\n    at ");
  failed.stack = [first, ...lines, ...rest.map((line) => `    at ${line}`)].join("\n");
  failed.cause = error;
  return failed;
}

/** A value in a few words. */
function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `(${value.map(shown).join(", ")})`;
  if (typeof value === "function") return value.name || "a function";
  if (value instanceof Uint8Array) return hexlify(value);
  return typeof value === "object" && value !== null
    ? (value.constructor?.name ?? "an object")
    : String(value);
}
