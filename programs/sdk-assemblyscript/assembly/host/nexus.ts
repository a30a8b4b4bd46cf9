// SPDX-License-Identifier: MIT
// The imports of the module `nexus`: AssemblyScript imports from the module named like the file.

export declare function storage_get(key: usize, keyLength: u32, buffer: usize, capacity: u32): i32;
export declare function storage_set(key: usize, keyLength: u32, value: usize, valueLength: u32): void;
export declare function storage_delete(key: usize, keyLength: u32): i32;
export declare function storage_scan(
  from: usize,
  fromLength: u32,
  to: usize,
  toLength: u32,
  order: u32,
  buffer: usize,
  capacity: u32,
): i32;
export declare function event_context(buffer: usize, capacity: u32): i32;
export declare function outbound_call(
  chainId: u64,
  target: usize,
  gasLimit: u32,
  data: usize,
  dataLength: u32,
): i32;
export declare function randomness(buffer: usize): void;
