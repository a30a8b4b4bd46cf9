/**
 * What the machine brings along as code of its own, so that a proof covers it: WASI preview 1, and the instructions
 * memory.fill and memory.copy. The semantics of WASI are those of plugin/wasm/wasi.ts, which runs beside V8
 * (docs/host-interface.md); a test holds the two together.
 *
 * The routines share the program's memory. What they need beyond it are single instructions, imported from `nvm`: words of the
 * input, private input and journal (word 0 is the byte length), scratch words, the log, and the end of the run.
 */
import binaryen from "binaryen";

import { decode } from "../../wasm/decode.ts";
import type { FunctionType } from "../../wasm/module.ts";
import { validate, type ValidModule } from "../../wasm/validate.ts";
import { wasiTypes } from "../../wasm/wasi.ts";
import type { Mnemonic } from "./instruction.ts";

/** Instructions that the routines import from `nvm`, under their mnemonics. */
export const intrinsics: ReadonlySet<string> = new Set<Mnemonic>([
  "input",
  "private",
  "jget",
  "jset",
  "sget",
  "sset",
  "log",
  "exit",
  "trap",
]);

const badf = "(i32.const 8)";
const fault = "(i32.const 21)";
const inval = "(i32.const 28)";
const nosys = "(i32.const 52)";
const notsup = "(i32.const 58)";
const spipe = "(i32.const 70)";

/** Functions with a body of their own, by name; each comes with its own parameter names. */
const written = `
  (func $in_memory (param $at i32) (param $length i32) (result i32)
    (i64.le_u (i64.add (i64.extend_i32_u (local.get $at)) (i64.extend_i32_u (local.get $length)))
              (i64.shl (i64.extend_i32_u (memory.size)) (i64.const 16))))

  (func $is_open (param $fd i32) (result i32)
    (if (result i32) (i32.gt_u (local.get $fd) (i32.const 3))
      (then (i32.const 0))
      (else (i32.and (i32.shr_u (global.get $open) (local.get $fd)) (i32.const 1)))))

  ;; Copies the buffers of a readv or writev to the scratch words, as address + 2^32 length; an error number or 0.
  (func $gather (param $buffers i32) (param $count i32) (result i32)
    (local $i i32) (local $at i32) (local $address i32) (local $length i32)
    (if (i32.gt_u (local.get $count) (i32.const 1024)) (then (return ${inval})))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $count)))
      (local.set $at (i32.add (local.get $buffers) (i32.shl (local.get $i) (i32.const 3))))
      (if (i32.eqz (call $in_memory (local.get $at) (i32.const 4))) (then (return ${fault})))
      (local.set $address (i32.load (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (if (i32.eqz (call $in_memory (local.get $at) (i32.const 4))) (then (return ${fault})))
      (local.set $length (i32.load (local.get $at)))
      (if (i32.eqz (call $in_memory (local.get $address) (local.get $length))) (then (return ${fault})))
      (call $sset (local.get $i) (i64.or (i64.extend_i32_u (local.get $address))
                                         (i64.shl (i64.extend_i32_u (local.get $length)) (i64.const 32))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (i32.const 0))

  ;; Word of the input (descriptor 0) or of the private input.
  (func $word (param $fd i32) (param $index i32) (result i64)
    (if (result i64) (local.get $fd)
      (then (call $private (local.get $index)))
      (else (call $input (local.get $index)))))

  ;; Copies bytes [from, from + count) of a stream to memory.
  (func $take (param $fd i32) (param $from i32) (param $to i32) (param $count i32)
    (local $word i64)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $word (call $word (local.get $fd)
                                   (i32.add (i32.shr_u (local.get $from) (i32.const 3)) (i32.const 1))))
      (if (i32.or (i32.and (local.get $from) (i32.const 7)) (i32.lt_u (local.get $count) (i32.const 8)))
        (then
          (i64.store8 (local.get $to)
            (i64.shr_u (local.get $word)
                       (i64.extend_i32_u (i32.shl (i32.and (local.get $from) (i32.const 7)) (i32.const 3)))))
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1))))
        (else
          (i64.store (local.get $to) (local.get $word))
          (local.set $from (i32.add (local.get $from) (i32.const 8)))
          (local.set $to (i32.add (local.get $to) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 8)))))
      (br $next))))

  (func (export "fd_read") (param $fd i32) (param $buffers i32) (param $count i32) (param $to i32) (result i32)
    (local $error i32) (local $i i32) (local $total i32) (local $from i32) (local $left i32)
    (local $buffer i64) (local $length i32)
    (if (i32.and (i32.ne (local.get $fd) (i32.const 0)) (i32.ne (local.get $fd) (i32.const 3)))
      (then (return ${badf})))
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return ${badf})))
    (if (local.tee $error (call $gather (local.get $buffers) (local.get $count))) (then (return (local.get $error))))
    (if (i32.eqz (call $in_memory (local.get $to) (i32.const 4))) (then (return ${fault})))
    (local.set $from (if (result i32) (local.get $fd)
      (then (global.get $private_at)) (else (global.get $input_at))))
    (local.set $left (i32.sub (i32.wrap_i64 (call $word (local.get $fd) (i32.const 0))) (local.get $from)))
    (i32.store (local.get $to) (i32.const 0))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $count)))
      (local.set $buffer (call $sget (local.get $i)))
      (local.set $length (i32.wrap_i64 (i64.shr_u (local.get $buffer) (i64.const 32))))
      (if (i32.gt_u (local.get $length) (local.get $left)) (then (local.set $length (local.get $left))))
      (call $take (local.get $fd) (local.get $from) (i32.wrap_i64 (local.get $buffer)) (local.get $length))
      (local.set $from (i32.add (local.get $from) (local.get $length)))
      (local.set $left (i32.sub (local.get $left) (local.get $length)))
      (local.set $total (i32.add (local.get $total) (local.get $length)))
      (br_if $done (i32.eqz (local.get $left)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (if (local.get $fd)
      (then (global.set $private_at (local.get $from)))
      (else (global.set $input_at (local.get $from))))
    (i32.store (local.get $to) (local.get $total))
    (i32.const 0))

  ;; Appends bytes of memory to the journal.
  (func $give (param $from i32) (param $count i32)
    (local $at i32) (local $index i32)
    (local.set $at (global.get $journal_at))
    (global.set $journal_at (i32.add (local.get $at) (local.get $count)))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (local.set $index (i32.add (i32.shr_u (local.get $at) (i32.const 3)) (i32.const 1)))
      (if (i32.or (i32.and (local.get $at) (i32.const 7)) (i32.lt_u (local.get $count) (i32.const 8)))
        (then
          (call $jset (local.get $index)
            (i64.or (call $jget (local.get $index))
              (i64.shl (i64.load8_u (local.get $from))
                       (i64.extend_i32_u (i32.shl (i32.and (local.get $at) (i32.const 7)) (i32.const 3))))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1))))
        (else
          (call $jset (local.get $index) (i64.load (local.get $from)))
          (local.set $at (i32.add (local.get $at) (i32.const 8)))
          (local.set $from (i32.add (local.get $from) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 8)))))
      (br $next))))

  (func (export "fd_write") (param $fd i32) (param $buffers i32) (param $count i32) (param $to i32) (result i32)
    (local $error i32) (local $i i32) (local $total i64) (local $buffer i64)
    (if (i32.and (i32.ne (local.get $fd) (i32.const 1)) (i32.ne (local.get $fd) (i32.const 2)))
      (then (return ${badf})))
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return ${badf})))
    (if (local.tee $error (call $gather (local.get $buffers) (local.get $count))) (then (return (local.get $error))))
    (block $summed (loop $next
      (br_if $summed (i32.eq (local.get $i) (local.get $count)))
      (local.set $total (i64.add (local.get $total) (i64.shr_u (call $sget (local.get $i)) (i64.const 32))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (if (i64.gt_u (local.get $total) (i64.const 0xffffffff)) (then (return ${inval})))
    (if (i32.eqz (call $in_memory (local.get $to) (i32.const 4))) (then (return ${fault})))
    (local.set $i (i32.const 0))
    (block $done (loop $next
      (br_if $done (i32.eq (local.get $i) (local.get $count)))
      (local.set $buffer (call $sget (local.get $i)))
      (if (i32.eq (local.get $fd) (i32.const 1))
        (then (call $give (i32.wrap_i64 (local.get $buffer))
                          (i32.wrap_i64 (i64.shr_u (local.get $buffer) (i64.const 32)))))
        (else (call $log (i32.wrap_i64 (local.get $buffer))
                         (i32.wrap_i64 (i64.shr_u (local.get $buffer) (i64.const 32))))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next)))
    (if (i32.eq (local.get $fd) (i32.const 1))
      (then (call $jset (i32.const 0) (i64.extend_i32_u (global.get $journal_at)))))
    (i32.store (local.get $to) (i32.wrap_i64 (local.get $total)))
    (i32.const 0))

  ;; Two empty lists: no arguments, no variables.
  (func $nothing (param $count i32) (param $size i32) (result i32)
    (if (i32.eqz (call $in_memory (local.get $count) (i32.const 4))) (then (return ${fault})))
    (i32.store (local.get $count) (i32.const 0))
    (if (i32.eqz (call $in_memory (local.get $size) (i32.const 4))) (then (return ${fault})))
    (i32.store (local.get $size) (i32.const 0))
    (i32.const 0))
  (export "args_sizes_get" (func $nothing))
  (export "environ_sizes_get" (func $nothing))
  (func $no_strings (param i32 i32) (result i32) (i32.const 0))
  (export "args_get" (func $no_strings))
  (export "environ_get" (func $no_strings))

  (func $clock (param $id i32) (param $to i32) (param $value i64) (result i32)
    (if (i32.gt_u (local.get $id) (i32.const 3)) (then (return ${inval})))
    (if (i32.eqz (call $in_memory (local.get $to) (i32.const 8))) (then (return ${fault})))
    (i64.store (local.get $to) (local.get $value))
    (i32.const 0))
  (func (export "clock_res_get") (param $id i32) (param $to i32) (result i32)
    (call $clock (local.get $id) (local.get $to) (i64.const 1)))
  (func (export "clock_time_get") (param $id i32) (param $precision i64) (param $to i32) (result i32)
    (call $clock (local.get $id) (local.get $to) (i64.const 0)))

  (func (export "fd_close") (param $fd i32) (result i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return ${badf})))
    (global.set $open (i32.xor (global.get $open) (i32.shl (i32.const 1) (local.get $fd))))
    (i32.const 0))

  (func (export "fd_fdstat_get") (param $fd i32) (param $to i32) (result i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return ${badf})))
    (if (i32.eqz (call $in_memory (local.get $to) (i32.const 24))) (then (return ${fault})))
    (i64.store (local.get $to) (i64.const 2))
    (i64.store offset=8 (local.get $to)
      (if (result i64) (i32.eq (i32.shr_u (i32.add (local.get $fd) (i32.const 1)) (i32.const 1)) (i32.const 1))
        (then (i64.const 0x8000040)) (else (i64.const 0x8000002))))
    (i64.store offset=16 (local.get $to) (i64.const 0))
    (i32.const 0))

  (func (export "fd_fdstat_set_flags") (param $fd i32) (param $flags i32) (result i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return ${badf})))
    (select (i32.const 0) ${notsup} (i32.eqz (local.get $flags))))

  (func (export "fd_filestat_get") (param $fd i32) (param $to i32) (result i32)
    (local $i i32)
    (if (i32.eqz (call $is_open (local.get $fd))) (then (return ${badf})))
    (if (i32.eqz (call $in_memory (local.get $to) (i32.const 64))) (then (return ${fault})))
    (loop $next
      (i64.store (i32.add (local.get $to) (local.get $i)) (i64.const 0))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 64))))
    (i32.store8 offset=16 (local.get $to) (i32.const 2))
    (i32.const 0))

  (func $no_directory (param i32 i32) (result i32) ${badf})
  (export "fd_prestat_get" (func $no_directory))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) ${badf})

  (func (export "fd_seek") (param $fd i32) (param i64 i32 i32) (result i32)
    (select ${spipe} ${badf} (call $is_open (local.get $fd))))
  (func (export "fd_tell") (param $fd i32) (param i32) (result i32)
    (select ${spipe} ${badf} (call $is_open (local.get $fd))))

  (func (export "poll_oneoff") (param i32 i32 i32 i32) (result i32) ${notsup})
  (func (export "sched_yield") (result i32) (i32.const 0))
  (func (export "proc_exit") (param $code i32) (call $exit (local.get $code)))

  (func (export "memory.fill") (param $to i32) (param $byte i32) (param $count i32)
    (local $word i64)
    (if (i32.eqz (call $in_memory (local.get $to) (local.get $count))) (then (call $trap)))
    (local.set $word (i64.mul (i64.extend_i32_u (i32.and (local.get $byte) (i32.const 255)))
                              (i64.const 0x0101010101010101)))
    (block $few (loop $next
      (br_if $few (i32.lt_u (local.get $count) (i32.const 8)))
      (i64.store (local.get $to) (local.get $word))
      (local.set $to (i32.add (local.get $to) (i32.const 8)))
      (local.set $count (i32.sub (local.get $count) (i32.const 8)))
      (br $next)))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (i64.store8 (local.get $to) (local.get $word))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))))

  ;; Upwards or downwards, so that nothing is overwritten before it is read.
  (func (export "memory.copy") (param $to i32) (param $from i32) (param $count i32)
    (if (i32.eqz (call $in_memory (local.get $from) (local.get $count))) (then (call $trap)))
    (if (i32.eqz (call $in_memory (local.get $to) (local.get $count))) (then (call $trap)))
    (if (i32.le_u (local.get $to) (local.get $from))
      (then
        (block $few (loop $next
          (br_if $few (i32.lt_u (local.get $count) (i32.const 8)))
          (i64.store (local.get $to) (i64.load (local.get $from)))
          (local.set $to (i32.add (local.get $to) (i32.const 8)))
          (local.set $from (i32.add (local.get $from) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 8)))
          (br $next)))
        (block $done (loop $next
          (br_if $done (i32.eqz (local.get $count)))
          (i32.store8 (local.get $to) (i32.load8_u (local.get $from)))
          (local.set $to (i32.add (local.get $to) (i32.const 1)))
          (local.set $from (i32.add (local.get $from) (i32.const 1)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next))))
      (else
        (block $few (loop $next
          (br_if $few (i32.lt_u (local.get $count) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 8)))
          (i64.store (i32.add (local.get $to) (local.get $count))
                     (i64.load (i32.add (local.get $from) (local.get $count))))
          (br $next)))
        (block $done (loop $next
          (br_if $done (i32.eqz (local.get $count)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (i32.store8 (i32.add (local.get $to) (local.get $count))
                      (i32.load8_u (i32.add (local.get $from) (local.get $count))))
          (br $next))))))

  ;; The same bytes in every run: splitmix64 from 0. They are known to everybody.
  (func (export "random_get") (param $to i32) (param $length i32) (result i32)
    (local $word i64)
    (if (i32.eqz (call $in_memory (local.get $to) (local.get $length))) (then (return ${fault})))
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $length)))
      (global.set $random (i64.add (global.get $random) (i64.const 0x9e3779b97f4a7c15)))
      (local.set $word (global.get $random))
      (local.set $word (i64.mul (i64.xor (local.get $word) (i64.shr_u (local.get $word) (i64.const 30)))
                                (i64.const 0xbf58476d1ce4e5b9)))
      (local.set $word (i64.mul (i64.xor (local.get $word) (i64.shr_u (local.get $word) (i64.const 27)))
                                (i64.const 0x94d049bb133111eb)))
      (i64.store8 (local.get $to) (i64.xor (local.get $word) (i64.shr_u (local.get $word) (i64.const 31))))
      (local.set $to (i32.add (local.get $to) (i32.const 1)))
      (local.set $length (i32.sub (local.get $length) (i32.const 1)))
      (br $next)))
    (i32.const 0))
`;

const letters = (type: FunctionType): string =>
  type.params.map((each) => (each === 0x7f ? "i32" : "i64")).join(" ");

/** The functions that only say that they do nothing. */
function missing(): string {
  return [...wasiTypes]
    .filter(([name]) => !written.includes(`"${name}"`))
    .map(([name, type]) => `(func (export "${name}") (param ${letters(type)}) (result i32) ${nosys})`)
    .join("\n");
}

const text = `(module
  (import "nvm" "input" (func $input (param i32) (result i64)))
  (import "nvm" "private" (func $private (param i32) (result i64)))
  (import "nvm" "jget" (func $jget (param i32) (result i64)))
  (import "nvm" "jset" (func $jset (param i32 i64)))
  (import "nvm" "sget" (func $sget (param i32) (result i64)))
  (import "nvm" "sset" (func $sset (param i32 i64)))
  (import "nvm" "log" (func $log (param i32 i32)))
  (import "nvm" "exit" (func $exit (param i32)))
  (import "nvm" "trap" (func $trap))
  (memory 1)
  (global $input_at (mut i32) (i32.const 0))
  (global $private_at (mut i32) (i32.const 0))
  (global $journal_at (mut i32) (i32.const 0))
  (global $open (mut i32) (i32.const 15))
  (global $random (mut i64) (i64.const 0))
  ${written}
  ${missing()})`;

let assembled: ValidModule | undefined;

/** The routines as a module that exports the functions of preview 1, and memory.fill and memory.copy; assembled once. */
export function routines(): ValidModule {
  if (assembled === undefined) {
    const module = binaryen.parseText(text);
    try {
      assembled = validate(decode(module.emitBinary()));
    } finally {
      module.dispose();
    }
  }
  return assembled;
}
