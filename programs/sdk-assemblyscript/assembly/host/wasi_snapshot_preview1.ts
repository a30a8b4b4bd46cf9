// SPDX-License-Identifier: MIT
// The imports of the module `wasi_snapshot_preview1`: AssemblyScript imports from the module named like the file.

export declare function fd_read(descriptor: u32, vectors: usize, count: u32, read: usize): u32;
export declare function fd_write(descriptor: u32, vectors: usize, count: u32, written: usize): u32;
export declare function proc_exit(code: u32): void;
