import { expect } from "chai";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { execute } from "../../../../plugin/cloud/runtime/execute.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";
import { Sink } from "../../../../plugin/cloud/runtime/streams.ts";
import { emptyInvocation, program } from "./programs.ts";

describe("cloud/runtime/streams", () => {
  it("puts many small pieces together", () => {
    const sink = new Sink();
    for (let i = 0; i < 300_000; i++) sink.append(Uint8Array.of(i));
    const bytes = sink.bytes();
    expect(bytes.length).to.equal(300_000);
    expect(bytes.every((byte, i) => byte === (i & 0xff))).to.equal(true);
  });

  it("takes an output written byte by byte, wherever the stack of the caller is", () => {
    const dribble = prepareProgram(
      program(`(func $start (local $i i32)
        (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 1))
        (loop $more (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 65536)))))`),
    );
    const under = (frames: number): Outcome =>
      frames === 0 ? execute(dribble, emptyInvocation).outcome : under(frames - 1);
    expect(under(4_000)).to.equal(Outcome.Success);
  });
});
