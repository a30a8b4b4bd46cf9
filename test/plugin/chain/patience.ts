import { expect } from "chai";

import { Patience, SilenceError } from "../../../plugin/chain/patience.ts";

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail("it answered"),
    (error: unknown) => error,
  );

describe("plugin/chain/patience", () => {
  it("gives answers and failures as they come", async () => {
    const patience = new Patience(60_000);
    expect(await patience.wait("a chain", () => Promise.resolve(7))).to.equal(7);
    const failure = new Error("no");
    expect(await failureOf(patience.wait("a chain", () => Promise.reject(failure)))).to.equal(failure);
  });

  it("asks one that is silent no more until the answer has come", async () => {
    const patience = new Patience(1);
    let answer = (): void => {};
    const silent = new Promise<void>((resolve) => (answer = resolve));
    expect(await failureOf(patience.wait("chain 10", () => silent))).to.be.instanceOf(SilenceError);
    let asked = false;
    const again = patience.wait("chain 10", async () => void (asked = true));
    expect(((await failureOf(again)) as Error).message).to.equal("chain 10 has not answered within 1 ms.");
    expect(asked).to.equal(false);
    answer();
    await silent;
    expect(await patience.wait("chain 10", () => Promise.resolve(1))).to.equal(1);
  });
});
