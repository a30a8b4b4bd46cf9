import { expect } from "chai";

import type { EngineMemory } from "../../../plugin/wasm/engine.ts";
import { GuestMemory } from "../../../plugin/wasm/guest-memory.ts";
import { wasiFunctions, wasiTypes, type WasiWorld } from "../../../plugin/wasm/wasi.ts";

type Call = (...parameters: (number | bigint)[]) => number;

const success = 0;
const badf = 8;
const fault = 21;
const inval = 28;
const spipe = 70;

class Exit extends Error {}

function setUp(input = ""): {
  calls: Record<string, Call>;
  bytes: Uint8Array;
  memory: GuestMemory;
  written: string[];
} {
  const buffer = new ArrayBuffer(65_536);
  const memory = new GuestMemory({ buffer } satisfies EngineMemory);
  let rest = new TextEncoder().encode(input);
  const written = ["", "", ""];
  const world: WasiWorld = {
    charge: () => {},
    read: (descriptor, capacity) => {
      if (descriptor === 3) return new Uint8Array(0);
      const taken = rest.subarray(0, capacity);
      rest = rest.subarray(taken.length);
      return taken;
    },
    write: (descriptor, bytes) => {
      written[descriptor] += new TextDecoder().decode(bytes);
    },
    random: (length) => new Uint8Array(length).fill(0xaa),
    exit: (code) => {
      throw new Exit(String(code));
    },
  };
  const calls = wasiFunctions(() => memory, world) as unknown as Record<string, Call>;
  return { calls, bytes: new Uint8Array(buffer), memory, written };
}

describe("wasm/wasi", () => {
  it("reads the input into several buffers, then nothing", () => {
    const { calls, bytes, memory } = setUp("abcdefgh");
    [100, 3, 200, 4].forEach((value, i) => memory.setU32(4 * i, value));
    expect(calls["fd_read"]!(0, 0, 2, 64)).to.equal(success);
    expect(memory.getU32(64)).to.equal(7);
    expect(String.fromCharCode(...bytes.subarray(100, 103), ...bytes.subarray(200, 204))).to.equal("abcdefg");
    expect(calls["fd_read"]!(0, 0, 2, 64)).to.equal(success);
    expect(memory.getU32(64)).to.equal(1);
    expect(calls["fd_read"]!(0, 0, 2, 64)).to.equal(success);
    expect(memory.getU32(64)).to.equal(0);
    expect(calls["fd_read"]!(3, 0, 2, 64)).to.equal(success);
    expect(calls["fd_read"]!(1, 0, 2, 64)).to.equal(badf);
  });

  it("writes output and log, even when the count goes over the buffers", () => {
    const { calls, bytes, memory, written } = setUp();
    bytes.set(new TextEncoder().encode("hello"), 100);
    [100, 5, 100, 2].forEach((value, i) => memory.setU32(4 * i, value));
    expect(calls["fd_write"]!(1, 0, 2, 64)).to.equal(success);
    expect(memory.getU32(64)).to.equal(7);
    expect(calls["fd_write"]!(2, 0, 1, 100)).to.equal(success);
    expect(written.slice(1)).to.deep.equal(["hellohe", "hello"]);
    expect(calls["fd_write"]!(0, 0, 1, 64)).to.equal(badf);
    expect(calls["fd_write"]!(1, 0, 1025, 64)).to.equal(inval);
  });

  it("answers for the descriptors it has, until they are closed", () => {
    const { calls, memory } = setUp();
    for (const fd of [0, 1, 2, 3]) {
      expect(calls["fd_fdstat_get"]!(fd, 0)).to.equal(success);
      expect(memory.view(0, 1)[0]).to.equal(2);
      expect(calls["fd_seek"]!(fd, 0n, 0, 0)).to.equal(spipe);
      expect(calls["fd_prestat_get"]!(fd, 0)).to.equal(badf);
      expect(calls["fd_close"]!(fd)).to.equal(success);
      for (const call of ["fd_close", "fd_fdstat_get", "fd_filestat_get", "fd_tell", "fd_read", "fd_write"]) {
        expect(calls[call]!(fd, 0, 0, 0), call).to.equal(badf);
      }
    }
  });

  it("has no arguments, no environment, no time, and ends with proc_exit", () => {
    const { calls, memory } = setUp();
    memory.write(0, new Uint8Array(32).fill(0xff));
    expect(calls["args_sizes_get"]!(0, 4)).to.equal(success);
    expect(calls["environ_sizes_get"]!(8, 12)).to.equal(success);
    expect(calls["clock_time_get"]!(1, 1n, 16)).to.equal(success);
    expect(memory.read(0, 24)).to.deep.equal(new Uint8Array(24));
    expect(calls["clock_time_get"]!(4, 1n, 16)).to.equal(inval);
    expect(() => calls["proc_exit"]!(-1)).to.throw(Exit, "4294967295");
  });

  it("answers bad pointers to every call with an error code, whatever they are", () => {
    const hostile = [-1, -8, -65_536, 0x7fff_ffff, -0x8000_0000, 65_536, 65_535, 65_529, 65_533];
    const { calls, bytes, written } = setUp("some input");
    for (const [name, type] of wasiTypes) {
      if (name === "proc_exit") continue;
      for (const value of hostile) {
        for (let position = 0; position < 2 ** type.params.length; position++) {
          const parameters = type.params.map((param, i) => {
            const chosen = position & (1 << i) ? value : i;
            return param === 0x7e ? BigInt(chosen) : chosen;
          });
          const answer = calls[name]!(...parameters);
          expect(answer, `${name}(${parameters.join()})`).to.be.within(0, 76);
        }
      }
    }
    expect(written.join("")).to.equal("");
    expect(bytes.byteLength).to.equal(65_536);
  });

  it("takes nothing from the input and writes nothing when a buffer is bad", () => {
    const { calls, memory, written } = setUp("abc");
    [100, 2, 65_535, 2].forEach((value, i) => memory.setU32(4 * i, value));
    expect(calls["fd_read"]!(0, 0, 2, 64)).to.equal(fault);
    expect(calls["fd_write"]!(1, 0, 2, 64)).to.equal(fault);
    expect(calls["fd_read"]!(0, 0, 1, 65_534)).to.equal(fault);
    expect(calls["fd_write"]!(1, 0, 1, 65_534)).to.equal(fault);
    expect(calls["fd_read"]!(0, 65_532, 1, 64)).to.equal(fault);
    expect(calls["random_get"]!(65_530, 7)).to.equal(fault);
    expect(written.join("")).to.equal("");
    expect(calls["fd_read"]!(0, 0, 1, 64)).to.equal(success);
    expect(memory.getU32(64)).to.equal(2);
    // Buffers that add up to more than the whole address space.
    for (let i = 0; i < 1_024; i++) {
      memory.setU32(8 * i, 0);
      memory.setU32(8 * i + 4, 65_536);
    }
    expect(calls["fd_write"]!(1, 0, 1_025, 64)).to.equal(inval);
  });
});
