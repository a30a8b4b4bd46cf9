/** What a run costs beside its instructions. */
import { expect } from "chai";

import { decode } from "../../../../plugin/wasm/decode.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { checkTrace } from "../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../plugin/zero/tables/trace-program.ts";
import { Recorder } from "../../../../plugin/zero/trace/recorder.ts";
import { Machine } from "../../../../plugin/zero/vm/executor.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { assemble } from "./both-engines.ts";

const command = (text: string): Program => translate(validate(decode(assemble(`(module ${text})`))));

/** Grows by a page at a time, and writes the page's number into its first and its last word. */
const growing = (pages: number): Program =>
  command(`(memory 1 1024) (func (export "_start") (local $page i32) (local $at i32)
    (loop $more
      (local.set $page (memory.grow (i32.const 1)))
      (local.set $at (i32.mul (local.get $page) (i32.const 65536)))
      (i32.store (local.get $at) (local.get $page))
      (i32.store offset=65532 (local.get $at) (local.get $page))
      (if (i32.ne (i32.load (i32.sub (local.get $at) (i32.const 4))) (i32.sub (local.get $page) (i32.const 1)))
        (then unreachable))
      (br_if $more (i32.lt_u (local.get $page) (i32.const ${pages - 1})))))`);

describe("Nexus Zero's executor", function () {
  this.timeout(60_000);

  it("copies memory a few times in all, however often a program grows it", () => {
    const program = growing(1024);
    const [buffers, times] = [new Set<unknown>(), new Set<unknown>()];
    const machine: Machine = new Machine(program, {
      observe: (pc, fp) => {
        recorder.observe(pc, fp);
        buffers.add(machine.memory.buffer);
        times.add(recorder.memory.times.buffer);
      },
    });
    const recorder = new Recorder(program, machine);
    machine.run();
    expect(machine.memory.length).to.equal(2 ** 26);
    expect(new DataView(machine.memory.buffer).getUint32(2 ** 26 - 4, true)).to.equal(1023);
    // 1, 2, 4 … 1,024 pages
    expect(buffers.size).to.equal(11);
    expect(times.size).to.equal(11);
  });

  it("has memory of the length that the program made it, in runs that can be proven", () => {
    const { trace, parameters } = traceProgram(growing(21));
    checkTrace(trace, parameters);
    const machine = new Machine(growing(21));
    machine.run();
    expect(machine.memory.length).to.equal(21 * 65_536);
    const beyond = command(`(memory 1 1024) (func (export "_start")
      (drop (memory.grow (i32.const 1))) (drop (memory.grow (i32.const 1)))
      (i32.store8 offset=196607 (i32.const 0) (i32.const 1)) (i32.store8 offset=196608 (i32.const 0) (i32.const 1)))`);
    expect(() => new Machine(beyond).run()).to.throw("1 bytes at 196608 of a memory of 196608");
  });

  it("keeps one log up to its limit, however many parts it was written in", () => {
    const writes = 3_000;
    const program =
      command(`(import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\f4\\01\\00\\00")
      (func (export "_start") (local $i i32)
        (loop (i32.store (i32.const 8) (local.get $i))
          (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 600)))
          (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${writes})))))`);
    const machine = new Machine(program);
    machine.run();
    const log = machine.log();
    expect(log.length)
      .to.equal(machineLimits.logBytes)
      .and.lessThan(500 * writes);
    const view = new DataView(log.buffer);
    for (const i of [0, 1, 2000, 2096]) expect(view.getUint32(500 * i, true)).to.equal(i);
  });
});
