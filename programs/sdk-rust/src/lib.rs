// SPDX-License-Identifier: MIT
//! What a program of a Nexus cloud can call besides its standard input and output.
//!
//! Most calls below are imports of the WebAssembly module `nexus`; `docs/host-interface.md` defines them. A program that
//! uses nothing of this crate but `private_input` and `abi` runs in Nexus Zero too.
//!
//! ```no_run
//! let count = nexus::storage::get(b"count").map_or(0, |bytes| bytes[0]);
//! nexus::storage::set(b"count", &[count + 1]);
//! println!("{}", count + 1);
//! ```

pub mod abi;
mod call;
pub mod event;
mod host;
pub mod storage;

pub use call::{call, CallError};

/// The whole private input: in Nexus Zero what the prover knows and does not show, in the cloud always nothing. Nobody vouches
/// for it: a proof says that there is some private input with which the program wrote its output. A salt or a key
/// belongs in here: there, everybody knows the bytes of `random_get`, which the standard library's random state comes of.
/// ```no_run
/// let secret = nexus::private_input();
/// println!("{}", secret.len());
/// ```
pub fn private_input() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    loop {
        match host::read(host::PRIVATE_INPUT, &mut buffer) {
            0 => return bytes,
            size => bytes.extend_from_slice(&buffer[..size]),
        }
    }
}

/// 32 bytes that nobody could choose or know before: the committee's signature of this block determines them. They are
/// the same throughout a run, and public afterwards: never a key.
pub fn randomness() -> [u8; 32] {
    let mut bytes = [0; 32];
    unsafe { host::randomness(bytes.as_mut_ptr()) };
    bytes
}
