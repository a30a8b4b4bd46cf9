/** Chai matchers for transactions that ask a cloud, and for proofs. They take effect with `use(nexusMatchers)`. */
import { toUtf8Bytes } from "ethers";

import { loadArtifact } from "../contracts/artifacts.ts";
import { EvmContract, type RpcLog } from "../chain/evm-chain.ts";
import { topicOf } from "../cloud/chains/served-chain.ts";
import { Outcome } from "../contracts/digests.ts";
import type { Nexus } from "./nexus.ts";
import type { ProvenRun } from "../zero/proof/proven-run.ts";

/** What a transaction asked for, and what the gateway accepted as the answer. */
interface Answered {
  readonly outcome: string;
  readonly output: string;
  readonly delivered: boolean;
}

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
    interface CloudAnswerAssertion extends Promise<void> {
      /** Every answer has this outcome. */
      withOutcome(outcome: keyof typeof Outcome): CloudAnswerAssertion;
      /** Every answer is this text, or these bytes. */
      withOutput(output: string | Uint8Array): CloudAnswerAssertion;
      /** Every callback ran and returned. */
      withCallback(): CloudAnswerAssertion;
    }
  }
}

/** A transaction as ethers returns it, or anything else with its hash. */
interface Sent {
  readonly hash: string;
}

const ANSWERS = "nexus answers";

/** Adds `answeredBy`, `withOutcome`, `withOutput`, `withCallback` and `acceptedBy` to Chai. */
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

  /** Goes on with a check of the answers; the assertion is a promise of all checks so far. */
  const continueWith = <T extends object>(assertion: T, answers: Promise<readonly Answered[]>): T => {
    flag(assertion, ANSWERS, answers);
    return settleWith(assertion, answers);
  };

  const everyAnswer = (
    assertion: Chai.AssertionStatic,
    matcher: string,
    check: (answer: Answered) => readonly [ok: boolean, message: string, expected: unknown, actual: unknown],
  ): Chai.AssertionStatic => {
    const answers = flag(assertion, ANSWERS) as Promise<readonly Answered[]> | undefined;
    if (answers === undefined || flag(assertion, "negate") === true) {
      answers?.catch(() => undefined);
      throw new Error(`${matcher} can only follow answeredBy, and not its negation.`);
    }
    const checked = answers.then((all) => {
      for (const answer of all) {
        const [ok, message, expected, actual] = check(answer);
        assertion.assert(ok, message, message, expected, actual);
      }
      return all;
    });
    return continueWith(assertion, checked);
  };

  Assertion.addMethod("answeredBy", function (this: Chai.AssertionStatic, nexus: Nexus) {
    const negated = flag(this, "negate") === true;
    const sent = flag(this, "object") as Sent | Promise<Sent>;
    const answers = (async () => {
      const { requests, answered } = await answersOf(await sent, nexus);
      const count = `${answered.length} of its ${requests} requests ${answered.length === 1 ? "was" : "were"}`;
      this.assert(
        negated ? answered.length > 0 : requests > 0 && answered.length === requests,
        requests === 0
          ? "expected the transaction to ask the cloud, but it made no request at the gateway"
          : `expected the cloud to answer the transaction, but ${count} answered`,
        `expected the cloud not to answer the transaction, but ${count} answered`,
        undefined,
      );
      return answered;
    })();
    return continueWith(this, answers);
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
    return everyAnswer(this, "withOutcome", (answer) => [
      answer.outcome === outcome,
      `expected an answer with outcome ${outcome}, but it is ${answer.outcome}`,
      outcome,
      answer.outcome,
    ]);
  });

  Assertion.addMethod("withOutput", function (this: Chai.AssertionStatic, output: string | Uint8Array) {
    const bytes = Buffer.from(typeof output === "string" ? toUtf8Bytes(output) : output);
    return everyAnswer(this, "withOutput", (answer) => {
      const actual = Buffer.from(answer.output.slice(2), "hex");
      const show = (value: Buffer) =>
        typeof output === "string" ? JSON.stringify(value.toString()) : `0x${value.toString("hex")}`;
      const message = `expected the answer ${show(bytes)}, but it is ${show(actual)}`;
      return [actual.equals(bytes), message, show(bytes), show(actual)];
    });
  });

  Assertion.addMethod("withCallback", function (this: Chai.AssertionStatic) {
    return everyAnswer(this, "withCallback", (answer) => [
      answer.delivered,
      "expected the callback to have run, but it reverted, ran out of gas, or none was asked for",
      true,
      false,
    ]);
  });
};

async function answersOf(
  { hash }: Sent,
  nexus: Nexus,
): Promise<{ readonly requests: number; readonly answered: readonly Answered[] }> {
  const gateway = new EvmContract(await nexus.gateway(), loadArtifact("NexusGateway").abi);
  const chain = await nexus.chain();
  const receipt = await chain.receipt(hash);
  if (receipt === undefined) throw new Error(`The transaction ${hash} is not mined.`);
  const requested = receipt.logs.map((log) => gateway.parse(log)).filter((log) => log?.name === "Requested");
  const answered: Answered[] = [];
  const head = await chain.head();
  for (const request of requested) {
    const topics = [topicOf(gateway.abi, "Fulfilled"), String(request!.args["requestId"])];
    const [log] = await chain.logs([gateway.address], BigInt(receipt.blockNumber), head, topics);
    if (log !== undefined) answered.push(decode(gateway, log));
  }
  return { requests: requested.length, answered };
}

function decode(gateway: EvmContract, log: RpcLog): Answered {
  const { args } = gateway.parse(log)!;
  const [name] = Object.entries(Outcome).find(([, value]) => value === Number(args["outcome"]))!;
  return {
    outcome: name,
    output: String(args["output"]),
    delivered: Boolean(args["delivered"]),
  };
}
