import { expect } from "chai";

import { DeliveryQueue } from "../../../../plugin/cloud/chains/delivery-queue.ts";

const BACKOFF = { first: 100, longest: 450 };

/** A queue of numbers for a chain that refuses as long as `refusal` is there, at a time that a test sets. */
function queueOf(waiting: number[]) {
  const scene = { now: 0, refusal: undefined as string | undefined, tries: 0, delivered: [] as number[] };
  const queue = new DeliveryQueue(
    async () => {
      const [first] = waiting;
      if (first === undefined) return false;
      scene.tries++;
      if (scene.refusal !== undefined) throw new Error(scene.refusal);
      scene.delivered.push(waiting.shift()!);
      return true;
    },
    { now: () => scene.now },
    BACKOFF,
  );
  return { scene, queue };
}

describe("plugin/cloud/chains/delivery-queue", () => {
  it("delivers everything in its order", async () => {
    const { scene, queue } = queueOf([1, 2, 3]);
    await queue.advance();
    expect(scene.delivered).to.deep.equal([1, 2, 3]);
    expect(queue.trouble).to.equal(undefined);
  });

  it("waits twice as long after each failure, up to a bound, and keeps what failed first", async () => {
    const { scene, queue } = queueOf([1, 2]);
    scene.refusal = "lapsed";
    const waits: number[] = [];
    for (let failure = 1; failure <= 5; failure++) {
      await queue.advance();
      expect(queue.trouble!.failures).to.equal(failure);
      expect(queue.trouble!.error.message).to.equal("lapsed");
      waits.push(queue.trouble!.retryAt - scene.now);
      scene.now = queue.trouble!.retryAt - 1;
      await queue.advance();
      expect(scene.tries, "not before its time").to.equal(failure);
      scene.now++;
    }
    expect(waits).to.deep.equal([100, 200, 400, 450, 450]);
    scene.refusal = undefined;
    await queue.advance();
    expect(scene.delivered).to.deep.equal([1, 2]);
    expect(queue.trouble).to.equal(undefined);
    scene.refusal = "lapsed";
    await queue.advance();
    expect(queue.trouble, "nothing waits, so nothing is wrong").to.equal(undefined);
  });

  it("tries before its time when it is prompted", async () => {
    const { scene, queue } = queueOf([1]);
    scene.refusal = "lapsed";
    await queue.advance();
    scene.refusal = undefined;
    await queue.advance();
    expect(scene.delivered).to.deep.equal([]);
    await queue.advance(true);
    expect(scene.delivered).to.deep.equal([1]);
  });

  it("delivers nothing twice when it is asked while it works, and what came meanwhile too", async () => {
    const waiting = [1];
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const delivered: number[] = [];
    const queue = new DeliveryQueue(async () => {
      const [first] = waiting;
      if (first === undefined) return false;
      if (first === 1) await held;
      delivered.push(waiting.shift()!);
      return true;
    });
    const [one, two] = [queue.advance(), queue.advance(true)];
    expect(queue.isBusy).to.equal(true);
    waiting.push(2);
    release();
    await Promise.all([one, two]);
    expect(delivered).to.deep.equal([1, 2]);
    expect(queue.isBusy).to.equal(false);
  });
});
