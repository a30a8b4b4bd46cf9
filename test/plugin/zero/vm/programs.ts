/** Whole programs on the machine and on V8. */
import { readdirSync, readFileSync } from "node:fs";

import { keccak_256 } from "@noble/hashes/sha3.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { expect } from "chai";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { execute as executeInCloud } from "../../../../plugin/cloud/runtime/execute.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { WasmError } from "../../../../plugin/wasm/error.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { execute } from "../../../../plugin/zero/vm/executor.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { emptyInvocation } from "../../cloud/runtime/programs.ts";
import { BothEngines } from "./both-engines.ts";
import { guestPrograms } from "./guest-programs.ts";

const data = 4_096;

function trapOf(program: Program, input: Uint8Array): MachineTrap {
  try {
    execute(program, { input });
  } catch (error) {
    if (error instanceof MachineTrap) return error;
    throw error;
  }
  throw new Error("the run succeeded");
}

describe("Nexus Zero's machine: programs", function () {
  this.timeout(60_000);
  let wasm: Uint8Array;

  before(async () => {
    wasm = await guestPrograms();
  });

  /** Calls functions on both engines and compares all of the memory. */
  const agree = (...calls: [string, ...bigint[]][]): BothEngines => {
    const both = new BothEngines(wasm);
    for (const [name, ...parameters] of calls) both.call(name, ...parameters);
    expect(Buffer.compare(both.machine.memory, both.memory), "memory").to.equal(0);
    return both;
  };

  const input = (length: number): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 3)) & 255);

  /** Puts the same bytes into both memories, hashes them, and returns the machine's digest. */
  const digest = (name: string, length: number): Uint8Array => {
    const both = new BothEngines(wasm);
    both.memory.set(input(length), data + 512);
    both.machine.memory.set(input(length), data + 512);
    both.call(name, BigInt(length));
    return both.machine.memory.slice(data, data + 32);
  };

  for (const length of [0, 1, 55, 56, 64, 135, 136, 137, 1_000]) {
    it(`sha-256 and keccak-256 of ${length} bytes`, () => {
      expect(digest("sha256", length)).to.deep.equal(sha256(input(length)));
      expect(digest("keccak256", length)).to.deep.equal(keccak_256(input(length)));
    });
  }

  it("Merkle path", () => void agree(["sha256", 32n], ["climb", 20n]));
  it("sorting and binary search", () =>
    void agree(["fill", 1_500n, 99n], ["sort", 1_500n], ["search", 1_500n, 300n]));
  it("sieve", () => {
    expect(agree(["sieve", 20_000n]).call("sieve", 20_000n)).to.deep.equal([2_262n]);
  });
  it("collatz", () => {
    expect(agree().call("collatz", 2_000n)).to.deep.equal([181n]);
  });
  it("matrix product modulo a prime", () => void agree(["matrix", 20n]));
  it("big-integer multiplication", () => void agree(["fill", 120n, 5n], ["product", 60n]));
  it("game of life", () => void agree(["life", 24n, 12n]));

  describe("the committed programs, as the cloud runs them", () => {
    const folder = new URL("../../../../programs/prebuilt/", import.meta.url);
    const inputs = [
      "",
      "30",
      "1000",
      "7 8 9 3 -2 15\n8 9",
      "the quick brown fox\njumps over the lazy dog",
      '{"a": [1, 2]}',
    ];
    /** What uses nothing but integers and WASI today; a program that stops being taken is a defect. */
    const taken = ["fibonacci", "histogram", "json", "sieve", "wordcount"];

    const names = readdirSync(folder)
      .filter((name) => name.endsWith(".wasm"))
      .map((name) => name.slice(0, -5));
    for (const name of names) {
      it(name, function () {
        const bytes = new Uint8Array(readFileSync(new URL(`${name}.wasm`, folder)));
        let program: Program;
        try {
          program = translate(validate(decode(bytes)));
        } catch (error) {
          if (!(error instanceof WasmError) || error.kind !== "unsupported") throw error;
          expect(taken, error.message).not.to.include(name);
          expect(error.message).to.match(/at byte \d+: (import|Nexus Zero does not take)/);
          return;
        }
        const prepared = prepareProgram(bytes);
        for (const text of inputs) {
          const given = new TextEncoder().encode(text);
          const theirs = executeInCloud(prepared, { ...emptyInvocation, input: given });
          if (theirs.outcome === Outcome.Success) {
            const { journal, log } = execute(program, { input: given });
            expect(journal, `journal for "${text}"`).to.deep.equal(theirs.output);
            expect(log, `log for "${text}"`).to.deep.equal(theirs.log);
          } else {
            const trap = trapOf(program, given);
            expect(trap.exitCode, `exit code for "${text}"`).to.equal(theirs.exitCode);
            expect(trap.log, `log for "${text}"`).to.deep.equal(theirs.log);
          }
        }
      });
    }
  });
});
