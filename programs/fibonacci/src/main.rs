// SPDX-License-Identifier: MIT
//! Input: n, in decimal. Output: the n-th Fibonacci number, for n up to 186 (the last that fits into 128 bits).

use std::io::{self, Read, Write};
use std::process::ExitCode;

fn fibonacci(n: u32) -> Option<u128> {
    let (mut current, mut next) = (0u128, Some(1u128));
    for _ in 0..n {
        let sum = next.and_then(|next| current.checked_add(next));
        current = next?;
        next = sum;
    }
    Some(current)
}

fn main() -> ExitCode {
    let mut input = String::new();
    if io::stdin().read_to_string(&mut input).is_err() {
        eprintln!("the input is not text");
        return ExitCode::FAILURE;
    }
    let n: u32 = match input.trim().parse() {
        Ok(n) => n,
        Err(error) => {
            eprintln!("{:?} is not a number of steps: {error}", input.trim());
            return ExitCode::FAILURE;
        }
    };
    match fibonacci(n) {
        Some(number) => {
            print!("{number}");
            io::stdout().flush().expect("the output can be written");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("Fibonacci number {n} does not fit into 128 bits; the last one that does is number 186");
            ExitCode::FAILURE
        }
    }
}
