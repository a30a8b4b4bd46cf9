import { expect } from "chai";

import { Prompt, repeat } from "../../../../plugin/cloud/live/loop.ts";

/** Longer than any test may take. */
const NEVER = 3_600_000;

describe("plugin/cloud/live/loop", () => {
  it("takes the next turn at once when prompted in a pause, and after the one under way when prompted in that", async () => {
    const [prompt, end] = [new Prompt(), new AbortController()];
    let turns = 0;
    await repeat(
      async () => {
        turns++;
        if (turns === 1) prompt.give();
        if (turns === 2) setImmediate(() => prompt.give());
        if (turns === 3) end.abort();
      },
      { interval: NEVER, longest: NEVER },
      end.signal,
      (error) => expect.fail(error.message),
      undefined,
      prompt,
    );
    expect(turns).to.equal(3);
  });

  it("keeps to its pause after a failure, however often it is prompted, and says when it goes well again", async () => {
    const [prompt, end] = [new Prompt(), new AbortController()];
    const said: string[] = [];
    let turns = 0;
    let failedAt = 0;
    await repeat(
      async () => {
        turns++;
        prompt.give();
        if (turns === 2) {
          failedAt = performance.now();
          throw new Error("429");
        }
        if (turns === 3) end.abort();
      },
      { interval: 2, longest: 8 },
      end.signal,
      ({ message }) => said.push(message),
      () => said.push("well again"),
      prompt,
    );
    // Timers may come a moment early.
    expect(performance.now() - failedAt).to.be.at.least(3);
    expect(said).to.deep.equal(["429", "well again"]);
  });

  it("ends in a pause when it is stopped", async () => {
    const end = new AbortController();
    await repeat(
      async () => void setImmediate(() => end.abort()),
      { interval: NEVER, longest: NEVER },
      end.signal,
      (error) => expect.fail(error.message),
    );
    expect(end.signal.aborted).to.equal(true);
  });
});
