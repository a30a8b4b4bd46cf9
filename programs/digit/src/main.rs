// SPDX-License-Identifier: MIT
//! Draws a digit from the committee's randomness: the program of contracts/examples/GuessingGame.sol.
//! Output: `abi.encode(uint256)`, 0 to 9, each equally likely.

use std::io::{self, Write};

fn main() {
    // 250 is a multiple of 10: bytes above it would make the small digits more likely. That all 32 bytes are above it
    // happens once in 10^52 draws, and then the run fails.
    let digit = nexus::randomness().into_iter().find(|&byte| byte < 250).expect("one of 32 bytes is below 250") % 10;
    let mut out = io::stdout();
    out.write_all(&nexus::abi::encode_u128(digit.into()))
        .and_then(|()| out.flush())
        .expect("the output can be written");
}
