import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { executionLimits, stackLimits } from "../../plugin/cloud/runtime/limits.ts";
import { gatewayLimits } from "../../plugin/contracts/gateway-limits.ts";
import { moduleLimits } from "../../plugin/wasm/limits.ts";
import { machineLimits } from "../../plugin/zero/vm/limits.ts";

const shown = (limit: number | bigint): string => limit.toLocaleString("en-US");

describe("the limits in docs/host-interface.md", () => {
  it("are those of the code", async () => {
    const page = await readFile(new URL("../../docs/host-interface.md", import.meta.url), "utf8");
    const section = page.slice(page.indexOf("\n## Limits\n"));
    const cells = [...section.matchAll(/^\| (.*) \|$/gm)].map(([, row]) =>
      row!.split(" | ").map((cell) => cell.trim()),
    );
    const limits = new Map(cells.map(([what, cloud, zero]) => [what, { cloud, zero }]));
    const both: [what: string, cloud: number | bigint | undefined, zero: number | undefined][] = [
      ["input", gatewayLimits.inputBytes, machineLimits.streamBytes],
      ["private input", undefined, machineLimits.streamBytes],
      ["output or journal", executionLimits.outputBytes, machineLimits.streamBytes],
      ["log, more of it is dropped", executionLimits.logBytes, machineLimits.logBytes],
      ["stack", stackLimits.slots, machineLimits.stackCells],
      ["work of a run", executionLimits.fuel, undefined],
      ["memory", moduleLimits.memoryPages, moduleLimits.memoryPages],
      ["bytes of a module", moduleLimits.moduleBytes, moduleLimits.moduleBytes],
      ["instructions of a program", undefined, machineLimits.instructions],
      ["words from first to last data", undefined, machineLimits.imageWords],
    ];
    const numberIn = (cell: string | undefined): string | undefined => /^\d+(,\d{3})*/.exec(cell ?? "")?.[0];
    for (const [what, cloud, zero] of both) {
      const row = limits.get(what);
      expect(row, what).not.to.equal(undefined);
      expect([numberIn(row!.cloud), numberIn(row!.zero)], what).to.deep.equal(
        [cloud, zero].map((limit) => (limit === undefined ? undefined : shown(limit))),
      );
    }
    const { writes, writtenBytes, valueBytes, keyBytes, calls } = executionLimits;
    expect(section.replaceAll("\n", " ")).to.include(
      `write ${shown(writes)} keys and ${shown(writtenBytes)} bytes to its storage, with values of at most ${shown(valueBytes)} ` +
        `bytes under keys of at most ${keyBytes}, and make ${calls} outbound calls`,
    );
  });
});
