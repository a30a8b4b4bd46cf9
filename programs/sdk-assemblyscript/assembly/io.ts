// SPDX-License-Identifier: MIT

import { fd_read, fd_write, proc_exit } from "./host/wasi_snapshot_preview1";

// Room for one WASI vector (pointer, length) and for the answer (bytes moved).
const VECTOR = memory.data(8, 4);
const MOVED = memory.data(4, 4);

function readAll(descriptor: u32): Uint8Array {
  let buffer = new Uint8Array(1024);
  let length = 0;
  while (true) {
    if (length == buffer.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(buffer);
      buffer = larger;
    }
    store<u32>(VECTOR, <u32>(buffer.dataStart + length));
    store<u32>(VECTOR, <u32>(buffer.length - length), 4);
    const failure = fd_read(descriptor, VECTOR, 1, MOVED);
    if (failure != 0)
      fail("cannot read descriptor " + descriptor.toString() + ": error " + failure.toString());
    const moved = load<u32>(MOVED);
    if (moved == 0) return buffer.slice(0, length);
    length += moved;
  }
}

function writeAll(descriptor: u32, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    store<u32>(VECTOR, <u32>(bytes.dataStart + at));
    store<u32>(VECTOR, <u32>(bytes.length - at), 4);
    const failure = fd_write(descriptor, VECTOR, 1, MOVED);
    const moved = load<u32>(MOVED);
    if (failure != 0 || moved == 0) unreachable();
    at += moved;
  }
}

/** The whole input. */
export function readInput(): Uint8Array {
  return readAll(0);
}

/** The whole input, as UTF-8 text. */
export function readInputText(): string {
  const bytes = readInput();
  return String.UTF8.decodeUnsafe(bytes.dataStart, bytes.length);
}

/** The whole private input: empty in the cloud, the prover's secret in Nexus Zero, where nothing random is secret: salts belong in here. */
export function readPrivateInput(): Uint8Array {
  return readAll(3);
}

/** Appends to the output. */
export function writeOutput(bytes: Uint8Array): void {
  writeAll(1, bytes);
}

/** Appends text to the output, as UTF-8. */
export function writeOutputText(text: string): void {
  writeAll(1, Uint8Array.wrap(String.UTF8.encode(text)));
}

/** Appends a line to the log. */
export function log(line: string): void {
  writeAll(2, Uint8Array.wrap(String.UTF8.encode(line + "\n")));
}

/** Ends the run as failed: nothing that it has written to storage takes effect. */
export function fail(reason: string): void {
  log(reason);
  proc_exit(1);
}
