import { expect } from "chai";
import fc from "fast-check";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { encodeEventContext } from "../../../../plugin/cloud/runtime/event-context.ts";
import { CallStatus, type OutboundCall } from "../../../../plugin/cloud/runtime/invocation.ts";
import { executionLimits } from "../../../../plugin/cloud/runtime/limits.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";
import {
  compareKeys,
  type StorageEntry,
  type StorageReader,
} from "../../../../plugin/cloud/runtime/program-storage.ts";
import { StorageOverlay } from "../../../../plugin/cloud/runtime/storage-overlay.ts";
import { emptyInvocation, program, run } from "./programs.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

function storageOf(entries: Record<string, string>): StorageReader {
  const sorted: StorageEntry[] = Object.entries(entries)
    .map(([key, value]) => ({ key: bytes(key), value: bytes(value) }))
    .sort((a, b) => compareKeys(a.key, b.key));
  return {
    get: (key) => sorted.find((entry) => compareKeys(entry.key, key) === 0)?.value,
    scan: (from, to, reverse) => {
      const inside = sorted.filter(
        ({ key }) => compareKeys(key, from) >= 0 && (to === undefined || compareKeys(key, to) < 0),
      );
      return reverse ? inside.reverse() : inside;
    },
  };
}

const failWith = (code: string): string => `(func $start ${code})`;

describe("cloud/runtime/host", () => {
  it("reads, writes, deletes, and sees its own changes", () => {
    const result = run(
      program(`(data (i32.const 0) "oldnewval")
        (func $expect (param i32 i32) (if (i32.ne (local.get 0) (local.get 1)) (then unreachable)))
        (func $start
          (call $expect (call $get (i32.const 3) (i32.const 3) (i32.const 100) (i32.const 8)) (i32.const -1))
          (call $expect (call $get (i32.const 0) (i32.const 3) (i32.const 100) (i32.const 4)) (i32.const 5))
          (call $expect (i32.load (i32.const 100)) (i32.const 0))
          (call $expect (call $get (i32.const 0) (i32.const 3) (i32.const 100) (i32.const 5)) (i32.const 5))
          (call $print (i32.const 100) (i32.const 5))
          (call $set (i32.const 3) (i32.const 3) (i32.const 6) (i32.const 3))
          (call $expect (call $get (i32.const 3) (i32.const 3) (i32.const 100) (i32.const 8)) (i32.const 3))
          (call $print (i32.const 100) (i32.const 3))
          (call $expect (call $delete (i32.const 0) (i32.const 3)) (i32.const 1))
          (call $expect (call $delete (i32.const 0) (i32.const 3)) (i32.const 0))
          (call $expect (call $get (i32.const 0) (i32.const 3) (i32.const 100) (i32.const 8)) (i32.const -1))
          (call $set (i32.const 6) (i32.const 1) (i32.const 0) (i32.const 0))
          (call $expect (call $get (i32.const 6) (i32.const 1) (i32.const 100) (i32.const 0)) (i32.const 0))
        )`),
      { storage: storageOf({ old: "value" }) },
    );
    expect(result.trap?.message).to.equal(undefined);
    expect(text(result.output)).to.equal("valueval");
    expect(result.writes.map(({ key, value }) => [text(key), value && text(value)])).to.deep.equal([
      ["new", "val"],
      ["old", undefined],
      ["v", ""],
    ]);
  });

  it("scans in both directions over stored, written and deleted keys", () => {
    // Prints every entry from the smallest up, then from the largest down.
    const walk = program(`(data (i32.const 0) "bcd")
      (global $n (mut i32) (i32.const 0))
      (func $start
        (drop (call $delete (i32.const 0) (i32.const 1)))
        (call $set (i32.const 1) (i32.const 1) (i32.const 2) (i32.const 1))
        (block $done (loop $up
          (global.set $n (call $scan (i32.const 300) (i32.load (i32.const 260)) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 400) (i32.const 100)))
          (br_if $done (i32.lt_s (global.get $n) (i32.const 0)))
          (call $print (i32.const 404) (i32.sub (global.get $n) (i32.const 4)))
          (memory.copy (i32.const 300) (i32.const 404) (i32.load (i32.const 400)))
          (i32.store8 (i32.add (i32.const 300) (i32.load (i32.const 400))) (i32.const 0))
          (i32.store (i32.const 260) (i32.add (i32.load (i32.const 400)) (i32.const 1)))
          (br $up)))
        (i32.store (i32.const 260) (i32.const 0))
        (block $done (loop $down
          (global.set $n (call $scan (i32.const 0) (i32.const 0) (i32.const 300) (i32.load (i32.const 260)) (i32.const 1) (i32.const 400) (i32.const 100)))
          (br_if $done (i32.lt_s (global.get $n) (i32.const 0)))
          (call $print (i32.const 404) (i32.load (i32.const 400)))
          (memory.copy (i32.const 300) (i32.const 404) (i32.load (i32.const 400)))
          (i32.store (i32.const 260) (i32.load (i32.const 400)))
          (br $down))))`);
    const result = run(walk, { storage: storageOf({ a: "1", aa: "2", b: "3", c: "4", e: "5" }) });
    expect(result.trap?.message).to.equal(undefined);
    expect(text(result.output)).to.equal("a1aa2cde5" + "ecaaa");
  });

  it("scans as a sorted map does, whatever was stored and written", () => {
    const key = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 3 });
    const bound = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), maxLength: 3 });
    const change = fc.tuple(key, fc.option(fc.string({ maxLength: 3 }), { nil: undefined }));
    fc.assert(
      fc.property(
        fc.dictionary(key, fc.string({ maxLength: 3 })),
        fc.array(change, { maxLength: 12 }),
        bound,
        fc.option(bound, { nil: undefined }),
        fc.boolean(),
        (stored, changes, from, to, reverse) => {
          const overlay = new StorageOverlay(storageOf(stored));
          const model = new Map(Object.entries(stored));
          for (const [name, value] of changes) {
            overlay.write(bytes(name), value === undefined ? undefined : bytes(value));
            if (value === undefined) model.delete(name);
            else model.set(name, value);
          }
          const inside = [...model]
            .filter(([name]) => name >= from && (to === undefined || name < to))
            .sort();
          const expected = reverse ? inside.at(-1) : inside[0];
          const found = overlay.next(
            bytes(from),
            to === undefined ? undefined : bytes(to),
            reverse,
            () => {},
          );
          expect(found && [text(found.key), text(found.value)]).to.deep.equal(
            expected && [expected[0], text(bytes(expected[1]))],
          );
        },
      ),
      { numRuns: 2_000, seed: 0x4e65 },
    );
  });

  it("hands out the event as documented", () => {
    const event = {
      ...emptyInvocation.event,
      topics: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
      data: bytes("payload"),
    };
    const wasm = program(`(func $start
      (if (i32.ne (call $event (i32.const 0) (i32.const 214)) (i32.const 215)) (then unreachable))
      (if (i64.ne (i64.load (i32.const 0)) (i64.const 0)) (then unreachable))
      (call $print (i32.const 0) (call $event (i32.const 0) (i32.const 215))))`);
    const { output } = run(wasm, { event });
    const view = new DataView(output.buffer, output.byteOffset);
    expect([0, 8, 16, 24].map((at) => view.getBigUint64(at, true))).to.deep.equal([
      31_337n,
      7n,
      1_700_000_000n,
      3n,
    ]);
    expect(output.subarray(32, 64)).to.deep.equal(event.cloudId);
    expect(`0x${Buffer.from(output.subarray(64, 96)).toString("hex")}`).to.equal(
      prepareProgram(wasm).programId,
    );
    expect(output.subarray(96, 116)).to.deep.equal(event.emitter);
    expect(output.subarray(116, 136)).to.deep.equal(event.caller);
    expect([view.getUint32(136, true), output[140], output[172], view.getUint32(204, true)]).to.deep.equal([
      2, 1, 2, 7,
    ]);
    expect(text(output.subarray(208))).to.equal("payload");
    expect(() => encodeEventContext({ ...event, caller: new Uint8Array(32) }, event.cloudId)).to.throw(
      "caller",
    );
  });

  it("tells a program what becomes of a call, and makes none that is refused", () => {
    const ask = (gas: number) =>
      `(i32.store8 (i32.const ${gas}) (call $ask (i64.const 5) (i32.const 0) (i32.const ${gas}) (i32.const 2) (i32.const 3)))`;
    const asked: OutboundCall[] = [];
    const answers: CallStatus[] = [CallStatus.Unfunded, CallStatus.Accepted, CallStatus.NotServed];
    const result = run(
      program(`(func $start ${ask(10)} ${ask(11)} ${ask(12)} (call $print (i32.const 10) (i32.const 3)))`),
      { admitCall: (call) => answers[asked.push(call) - 1]! },
    );
    expect([...result.output]).to.deep.equal([1, 0, 2]);
    expect(asked.map(({ gasLimit }) => gasLimit)).to.deep.equal([10, 11, 12]);
    expect(result.calls).to.deep.equal([asked[1]]);
  });

  it("collects outbound calls, and gives randomness", () => {
    const result = run(
      program(`(func $start
        (call $seed (i32.const 0)) (call $print (i32.const 0) (i32.const 32))
        (if (call $random (i32.const 64) (i32.const 10)) (then unreachable))
        (if (call $random (i32.const 74) (i32.const 0)) (then unreachable))
        (if (call $random (i32.const 74) (i32.const 300)) (then unreachable))
        (call $print (i32.const 64) (i32.const 310))
        (call $call (i64.const -1) (i32.const 0) (i32.const 50000) (i32.const 2) (i32.const 3)))`),
    );
    expect(result.trap?.message).to.equal(undefined);
    expect(result.calls).to.deep.equal([
      {
        chainId: 2n ** 64n - 1n,
        target: emptyInvocation.randomness.slice(0, 20),
        gasLimit: 50_000,
        data: emptyInvocation.randomness.slice(0, 3),
      },
    ]);
    expect(result.output.subarray(0, 32)).to.deep.equal(emptyInvocation.randomness);
    const whole = run(
      program(
        `(func $start (if (call $random (i32.const 64) (i32.const 310)) (then unreachable)) (call $print (i32.const 64) (i32.const 310)))`,
      ),
    );
    expect(result.output.subarray(32)).to.deep.equal(whole.output);
    expect(new Set(whole.output).size).to.be.greaterThan(100);
  });

  const broken: Record<string, [string, Outcome]> = {
    "an empty key": [
      "(drop (call $get (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
      Outcome.Trapped,
    ],
    "a key that is too long": [
      "(drop (call $get (i32.const 0) (i32.const 257) (i32.const 0) (i32.const 0)))",
      Outcome.LimitExceeded,
    ],
    "a key of 4 GiB": ["(drop (call $delete (i32.const 0) (i32.const -1)))", Outcome.LimitExceeded],
    "a key outside of memory": [
      "(drop (call $get (i32.const 65535) (i32.const 2) (i32.const 0) (i32.const 0)))",
      Outcome.Trapped,
    ],
    "a buffer outside of memory": [
      "(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)) (drop (call $get (i32.const 0) (i32.const 1) (i32.const -1) (i32.const 1)))",
      Outcome.Trapped,
    ],
    "a capacity that leaves memory": ["(drop (call $event (i32.const 1) (i32.const -1)))", Outcome.Trapped],
    "a buffer outside of memory for a value that is not there": [
      "(drop (call $get (i32.const 0) (i32.const 1) (i32.const -1) (i32.const 1)))",
      Outcome.Trapped,
    ],
    "a value that is too long": [
      "(drop (memory.grow (i32.const 2))) (call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 65537))",
      Outcome.LimitExceeded,
    ],
    "a value outside of memory": [
      "(call $set (i32.const 0) (i32.const 1) (i32.const 65530) (i32.const 10))",
      Outcome.Trapped,
    ],
    "a scan of no order": [
      "(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0)))",
      Outcome.Trapped,
    ],
    "a scan bound that is too long": [
      "(drop (call $scan (i32.const 0) (i32.const 258) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
      Outcome.LimitExceeded,
    ],
    "a scan bound outside of memory": [
      "(drop (call $scan (i32.const -1) (i32.const 2) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))",
      Outcome.Trapped,
    ],
    "too much gas": [
      "(call $call (i64.const 1) (i32.const 0) (i32.const 10000001) (i32.const 0) (i32.const 0))",
      Outcome.LimitExceeded,
    ],
    "call data that are too long": [
      "(call $call (i64.const 1) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16385))",
      Outcome.LimitExceeded,
    ],
    "a target outside of memory": [
      "(call $call (i64.const 1) (i32.const 65517) (i32.const 1) (i32.const 0) (i32.const 0))",
      Outcome.Trapped,
    ],
    "randomness outside of memory": ["(call $seed (i32.const 65505))", Outcome.Trapped],
  };
  for (const [name, [code, outcome]] of Object.entries(broken)) {
    it(`ends the run for ${name}`, () => {
      const result = run(program(failWith(code)));
      expect(result.outcome, result.trap?.message).to.equal(outcome);
      expect([result.writes, result.calls]).to.deep.equal([[], []]);
      expect(result.trap!.message).to.include("function");
    });
  }

  it("ends the run at the limits of output, writes, bytes written and calls", () => {
    const loop = (code: string, times: number): Uint8Array =>
      program(`(func $start (local $i i32) (loop $again ${code}
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times})))))`);
    const outcome = (code: string, times: number): Outcome => run(loop(code, times)).outcome;
    const cases: [string, number][] = [
      ["(call $print (i32.const 0) (i32.const 1024))", 64],
      [
        "(i32.store (i32.const 0) (local.get $i)) (call $set (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 0))",
        1_024,
      ],
      ["(call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 65535))", 16],
      ["(call $call (i64.const 1) (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 16384))", 16],
    ];
    for (const [code, times] of cases) {
      expect(outcome(code, times), code).to.equal(Outcome.Success);
      expect(outcome(code, times + 1), code).to.equal(Outcome.LimitExceeded);
    }
  });

  it("drops what is beyond the log's limit", () => {
    const result = run(
      program(`(func $start (local $i i32)
        (i32.store (i32.const 4) (i32.const 1000))
        (loop $again (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
          (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100)))))`),
    );
    expect(result).to.include({ outcome: Outcome.Success });
    expect(result.log.length).to.equal(executionLimits.logBytes);
  });

  it("makes a program pay for entries it deleted and passes again", () => {
    const entries = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${1_000 + i}`, "v"]));
    const cost = (deleted: number): bigint =>
      run(
        program(`(data (i32.const 0) "k1000") (func $start (local $i i32)
          (loop $next
            (i32.store8 (i32.const 2) (i32.add (i32.const 48) (i32.div_u (local.get $i) (i32.const 100))))
            (i32.store8 (i32.const 3) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $i) (i32.const 10)) (i32.const 10))))
            (i32.store8 (i32.const 4) (i32.add (i32.const 48) (i32.rem_u (local.get $i) (i32.const 10))))
            (if (i32.lt_u (local.get $i) (i32.const ${deleted})) (then (drop (call $delete (i32.const 0) (i32.const 5)))))
            (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 200))))
          (drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 100) (i32.const 100))))`),
        { storage: storageOf(entries) },
      ).fuelUsed;
    // A deletion costs 51,005 and the call; passing it costs 500 for the stored entry and 500 for the mark.
    const perKey = Number(cost(150) - cost(50)) / 100;
    expect(perKey).to.be.within(52_000, 52_050);
  });
});
