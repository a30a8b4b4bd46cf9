/** Small programs for tests, from WebAssembly text, and an invocation that needs nothing. */
import binaryen from "binaryen";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { execute } from "../../../../plugin/cloud/runtime/execute.ts";
import {
  CallStatus,
  type ExecutionResult,
  type Invocation,
} from "../../../../plugin/cloud/runtime/invocation.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";

export const noStorage = { get: () => undefined, scan: () => [] };

export const emptyInvocation: Invocation = {
  input: new Uint8Array(0),
  event: {
    chainId: 31_337n,
    blockNumber: 7n,
    blockTimestamp: 1_700_000_000n,
    height: 3n,
    cloudId: new Uint8Array(32).fill(0xc1),
    emitter: new Uint8Array(20).fill(0xe1),
    caller: new Uint8Array(20).fill(0xca),
    topics: [],
    data: new Uint8Array(0),
  },
  randomness: new Uint8Array(32).fill(0x5e),
  admitCall: () => CallStatus.Accepted,
  storage: noStorage,
};

/** Assembles the text of a module. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(
    binaryen.Features.SignExt |
      binaryen.Features.NontrappingFPToInt |
      binaryen.Features.BulkMemory |
      binaryen.Features.ReferenceTypes |
      binaryen.Features.Multivalue |
      binaryen.Features.MutableGlobals,
  );
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/**
 * A program: WASI and nexus functions imported as `$fd_read`, `$fd_write`, `$exit`, `$random`, `$get`, `$set`, `$delete`, `$scan`, `$event`,
 * `$ask` (and `$call`, which does not care for the answer), `$seed`, one page of memory, and what `fields` adds; it must define `$start`.
 */
export function program(fields: string): Uint8Array {
  return assemble(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "nexus" "storage_get" (func $get (param i32 i32 i32 i32) (result i32)))
    (import "nexus" "storage_set" (func $set (param i32 i32 i32 i32)))
    (import "nexus" "storage_delete" (func $delete (param i32 i32) (result i32)))
    (import "nexus" "storage_scan" (func $scan (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "nexus" "event_context" (func $event (param i32 i32) (result i32)))
    (import "nexus" "outbound_call" (func $ask (param i64 i32 i32 i32 i32) (result i32)))
    (import "nexus" "randomness" (func $seed (param i32)))
    (memory (export "memory") 1 4)
    (func $call (param i64 i32 i32 i32 i32)
      (drop (call $ask (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))
    (func $print (param $from i32) (param $length i32)
      (i32.store (i32.const 65000) (local.get $from))
      (i32.store (i32.const 65004) (local.get $length))
      (if (call $fd_write (i32.const 1) (i32.const 65000) (i32.const 1) (i32.const 65008)) (then unreachable)))
    ${fields}
    (export "_start" (func $start)))`);
}

/** Prepares and runs. */
export function run(wasm: Uint8Array, invocation: Partial<Invocation> = {}): ExecutionResult {
  return execute(prepareProgram(wasm), { ...emptyInvocation, ...invocation });
}

export const outcomeNames = new Map(Object.entries(Outcome).map(([name, value]) => [value, name]));
