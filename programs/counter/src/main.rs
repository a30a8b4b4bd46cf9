// SPDX-License-Identifier: MIT
//! Adds its input to the count it keeps, and answers with the sum: the program of contracts/examples/Counter.sol.
//! Input and output: `abi.encode(uint256)`, of at most 128 bits.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use nexus::{abi, storage};

fn add(input: &[u8]) -> Result<abi::Word, &'static str> {
    let amount = input.try_into().map_err(|_| "the input is not one word")?;
    let amount = abi::decode_u128(amount).ok_or("the amount takes more than 128 bits")?;
    let count = match storage::get(b"count") {
        Some(bytes) => u128::from_be_bytes(bytes.try_into().expect("a count has 16 bytes")),
        None => 0,
    };
    let count = count.checked_add(amount).ok_or("the count would take more than 128 bits")?;
    storage::set(b"count", &count.to_be_bytes());
    Ok(abi::encode_u128(count))
}

fn main() -> ExitCode {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input).expect("the input can be read");
    match add(&input) {
        Ok(count) => {
            let mut out = io::stdout();
            out.write_all(&count).and_then(|()| out.flush()).expect("the output can be written");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
