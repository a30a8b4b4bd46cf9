// SPDX-License-Identifier: MIT

import * as buffer from "./buffer";
import { storage_delete, storage_get, storage_scan, storage_set } from "./host/nexus";

/** A key with its value. */
export class Entry {
  constructor(
    public key: Uint8Array,
    public value: Uint8Array,
  ) {}
}

/** The value at `key` (1 to 256 bytes), or null. */
export function get(key: Uint8Array): Uint8Array | null {
  while (true) {
    const size = storage_get(key.dataStart, key.length, buffer.start(), buffer.capacity());
    if (size < 0) return null;
    if (buffer.holds(size)) return buffer.take(size);
  }
}

/** Stores `value` (0 to 65,536 bytes) at `key`, if the run succeeds. */
export function set(key: Uint8Array, value: Uint8Array): void {
  storage_set(key.dataStart, key.length, value.dataStart, value.length);
}

/** Removes what is at `key`; true when there was something. */
export function remove(key: Uint8Array): bool {
  return storage_delete(key.dataStart, key.length) == 1;
}

function step(from: Uint8Array, to: Uint8Array, order: u32): Entry | null {
  while (true) {
    const size = storage_scan(
      from.dataStart,
      from.length,
      to.dataStart,
      to.length,
      order,
      buffer.start(),
      buffer.capacity(),
    );
    if (size < 0) return null;
    if (!buffer.holds(size)) continue;
    const bytes = buffer.take(size);
    const keyEnd = 4 + load<u32>(bytes.dataStart);
    return new Entry(bytes.slice(4, keyEnd), bytes.slice(keyEnd));
  }
}

/** The entry with the smallest key in `from` ≤ key < `to`, or null. An empty `to` sets no upper end. */
export function first(from: Uint8Array, to: Uint8Array): Entry | null {
  return step(from, to, 0);
}

/** The entry with the largest key in `from` ≤ key < `to`, or null. An empty `to` sets no upper end. */
export function last(from: Uint8Array, to: Uint8Array): Entry | null {
  return step(from, to, 1);
}

/** The smallest key above `key`: the `from` for the step after it. */
export function after(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}
