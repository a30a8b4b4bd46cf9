import { expect } from "chai";

import { Progress } from "../../../../plugin/cloud/engines/progress.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";

describe("plugin/cloud/engines/progress", () => {
  it("is at no height and knows no validators at first, and keeps both where others read them", async () => {
    const store = new MemoryStore();
    const progress = new Progress(store);
    expect([progress.height, progress.validators]).to.deep.equal([0n, undefined]);
    await progress.write(0n, 1n);
    expect([progress.height, progress.validators]).to.deep.equal([0n, 1n]);
    await progress.write(2n ** 40n, 300n);
    const again = new Progress(store);
    expect([again.height, again.validators]).to.deep.equal([2n ** 40n, 300n]);
  });
});
