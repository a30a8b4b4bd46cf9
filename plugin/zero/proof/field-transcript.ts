/**
 * The circuit's half of the transcript (docs/zero/protocol.md §4): a chain of Poseidon hashes. The state and a step's messages go in, the
 * next state and the step's challenges come out. How many of both is fixed, so messages carry no tags.
 */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import { poseidon } from "../arithmetic/poseidon.ts";

/** Messages that one hash takes beside the state. */
export const messagesPerHash = 15;

/** Told about every step, in order; for tests that nothing is used before it is absorbed. */
export interface TranscriptObserver<E> {
  absorbed(messages: readonly E[]): void;
  drawn(challenges: readonly E[]): void;
}

export class FieldTranscript<E> {
  readonly #arithmetic: Arithmetic<E>;
  readonly #observer: TranscriptObserver<E> | undefined;
  #state: E;
  #pending: E[] = [];

  constructor(arithmetic: Arithmetic<E>, start: E, observer?: TranscriptObserver<E>) {
    this.#arithmetic = arithmetic;
    this.#state = start;
    this.#observer = observer;
  }

  absorb(messages: readonly E[]): void {
    this.#pending.push(...messages);
    this.#observer?.absorbed(messages);
  }

  /**
   * Hashes what was absorbed since the last draw, 15 messages at a time; the last hash is filled up with zeros to as many
   * messages as challenges are drawn, so a lane of its output always stays unseen.
   *
   * @throws RangeError if nothing was absorbed
   */
  draw(count: number): E[] {
    const challenges = this.#hash(count);
    this.#observer?.drawn(challenges);
    return challenges;
  }

  /** Hashes what was absorbed and gives the state: a commitment to everything so far. */
  digest(): E {
    this.#hash(0);
    this.#observer?.drawn([this.#state]);
    return this.#state;
  }

  #hash(count: number): E[] {
    const messages = this.#pending.splice(0);
    if (messages.length === 0) throw new RangeError("nothing was absorbed since the last challenge");
    const last = Math.ceil(messages.length / messagesPerHash) - 1;
    for (let i = 0; i < last; i++) {
      const chunk = messages.slice(i * messagesPerHash, (i + 1) * messagesPerHash);
      [this.#state] = poseidon(this.#arithmetic, [this.#state, ...chunk]) as [E];
    }
    const rest = messages.slice(last * messagesPerHash);
    while (rest.length < count) rest.push(this.#arithmetic.constant(0n));
    const outputs = poseidon(this.#arithmetic, [this.#state, ...rest], 1 + count);
    this.#state = outputs[0]!;
    return outputs.slice(1);
  }
}
