// SPDX-License-Identifier: MIT
//! Proves to know a secret without showing it: the program of contracts/examples/PrivateCheck.sol.
//! Input: a challenge of 32 bytes, then anything, which the proof is bound to. Private input: the secret. Output: `yes` if
//! the challenge is the secret's keccak256, `no` if it is not.

mod keccak;

use std::io::{self, Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input).expect("the input can be read");
    if input.len() < 32 {
        eprintln!("the input has {} bytes, and a challenge has 32", input.len());
        return ExitCode::FAILURE;
    }
    let knows = keccak::keccak256(&nexus::private_input()) == input[..32];
    print!("{}", if knows { "yes" } else { "no" });
    io::stdout().flush().expect("the output can be written");
    ExitCode::SUCCESS
}
