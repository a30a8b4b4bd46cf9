import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { expect } from "chai";

import { ByteWriter } from "../../../../plugin/wasm/byte-writer.ts";
import { moduleLimits } from "../../../../plugin/wasm/limits.ts";

/** A command with as many data segments as there may be, each of one byte at its number. */
function manySegments(): Uint8Array {
  const count = moduleLimits.segments;
  const data = new ByteWriter();
  data.u32(count);
  for (let i = 0; i < count; i++) {
    data.append([0, 0x41]);
    data.signed(i);
    data.append([0x0b, 1, i & 0xff]);
  }
  const module = new ByteWriter();
  module.append([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  // One function, without parameters and results, in a memory of one page.
  module.append([1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1]);
  module.append([7, 10, 1, 6, ...new TextEncoder().encode("_start"), 0, 0, 10, 4, 1, 2, 0, 0x0b]);
  module.byte(11);
  module.u32(data.length);
  module.append(data.finish());
  return module.finish();
}

/** Translates a module in a thread with a stack of 400 KiB. */
const translateThere = `
  const { parentPort, workerData } = require("node:worker_threads");
  const load = (name) => import(new URL(name, workerData.plugin));
  Promise.all(["wasm/decode.ts", "wasm/validate.ts", "zero/vm/translate.ts"].map(load))
    .then(([{ decode }, { validate }, { translate }]) => translate(validate(decode(workerData.wasm))).image)
    .then(({ first, words }) => parentPort.postMessage({ first, words }))
    .catch((error) => parentPort.postMessage(String(error)));`;

describe("The memory that a program of Nexus Zero starts with", function () {
  this.timeout(30_000);

  it("is laid out of as many segments as there may be, whatever stack there is", async () => {
    const worker = new Worker(translateThere, {
      eval: true,
      execArgv: [],
      resourceLimits: { stackSizeMb: 0.4 },
      workerData: { wasm: manySegments(), plugin: new URL("../../../../plugin/", import.meta.url).href },
    });
    const [answer] = (await once(worker, "message")) as [{ first: number; words: BigUint64Array } | string];
    await worker.terminate();
    if (typeof answer === "string") throw new Error(answer);
    expect(answer.first).to.equal(0);
    const bytes = new Uint8Array(answer.words.buffer);
    expect(bytes.length).to.equal(65_536);
    expect(bytes.findIndex((byte, i) => byte !== (i & 0xff))).to.equal(-1);
  });
});
