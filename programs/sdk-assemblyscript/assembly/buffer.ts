// SPDX-License-Identifier: MIT

/** Calls that fill a buffer answer with the size of what they have, and write it only when the buffer is large enough. */
let buffer: Uint8Array = new Uint8Array(256);

export function start(): usize {
  return buffer.dataStart;
}

export function capacity(): u32 {
  return buffer.length;
}

/** Whether `size` bytes were written; if not, the buffer is large enough for them now. */
export function holds(size: i32): bool {
  if (size <= buffer.length) return true;
  buffer = new Uint8Array(size);
  return false;
}

/** A copy of the first `size` bytes. */
export function take(size: i32): Uint8Array {
  return buffer.slice(0, size);
}
