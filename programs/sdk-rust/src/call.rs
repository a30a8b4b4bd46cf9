// SPDX-License-Identifier: MIT
//! Calls to contracts.

use crate::host;

/// Why a call is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// The program's funds on that chain do not suffice: whoever wants the call made has to fund the program there.
    Unfunded,
    /// The cloud does not serve that chain, or not at present.
    NotServed,
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            CallError::Unfunded => {
                "the program's funds on that chain do not suffice for this call: fund it with NexusOutbox.fund, \
                 in a test with nexus.fund(program)"
            }
            CallError::NotServed => "the cloud does not serve that chain at present",
        })
    }
}

impl std::error::Error for CallError {}

/// Asks for a call to the contract `target` on chain `chain_id`, with call data `data` and at most `gas_limit` gas. It
/// is made after the block is signed, and only if this run succeeds; a program does not learn how it ends.
///
/// What the call may cost is taken from the program's funds on that chain, or the call is refused. More than 16 calls in a
/// run, more than 16,384 bytes of data or more than 5,000,000 gas end the run.
pub fn call(chain_id: u64, target: &[u8; 20], gas_limit: u32, data: &[u8]) -> Result<(), CallError> {
    let status =
        unsafe { host::outbound_call(chain_id, target.as_ptr(), gas_limit, data.as_ptr(), data.len() as u32) };
    match status {
        0 => Ok(()),
        1 => Err(CallError::Unfunded),
        _ => Err(CallError::NotServed),
    }
}
