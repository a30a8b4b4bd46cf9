// SPDX-License-Identifier: MIT
//! What a program of a Nexus cloud can call besides its standard input and output.
//!
//! The calls below are imports of the WebAssembly module `nexus`; `docs/host-interface.md` defines them. A program that
//! uses none of this crate runs in Nexus Zero too.
//!
//! ```no_run
//! let count = nexus::storage::get(b"count").map_or(0, |bytes| bytes[0]);
//! nexus::storage::set(b"count", &[count + 1]);
//! println!("{}", count + 1);
//! ```

pub mod abi;
pub mod event;
mod host;
pub mod storage;

/// Asks for a call to the contract `target` on chain `chain_id`, with call data `data` and at most `gas_limit` gas. It
/// is made after the block is signed, and only if this run succeeds; a program does not learn how it ends.
///
/// More than 16 calls in a run, more than 16,384 bytes of data or more than 5,000,000 gas end the run.
pub fn call(chain_id: u64, target: &[u8; 20], gas_limit: u32, data: &[u8]) {
    unsafe { host::outbound_call(chain_id, target.as_ptr(), gas_limit, data.as_ptr(), data.len() as u32) }
}

/// 32 bytes that nobody could choose or know before: the committee's signature of this block determines them. They are
/// the same throughout a run, and public afterwards: never a key.
pub fn randomness() -> [u8; 32] {
    let mut bytes = [0; 32];
    unsafe { host::randomness(bytes.as_mut_ptr()) };
    bytes
}
