// SPDX-License-Identifier: MIT
//! Input: n, in decimal, at most 10,000. Output: the n-th Fibonacci number, whole.

use std::io::{self, Read, Write};
use std::process::ExitCode;

/// The number of this index has 2,090 digits.
const LAST: u32 = 10_000;

/// Numbers are digits in this base, the lowest first: two digits and a carry are below 2^64, and a digit is printed as 18 decimal ones.
const BASE: u64 = 1_000_000_000_000_000_000;
const DECIMALS: usize = 18;

/// Adds a number to one that is not longer than it.
fn add(number: &mut Vec<u64>, other: &[u64]) {
    number.resize(other.len(), 0);
    let mut carry = 0;
    for (digit, more) in number.iter_mut().zip(other) {
        let sum = *digit + more + carry;
        carry = (sum >= BASE) as u64;
        *digit = sum - carry * BASE;
    }
    if carry > 0 {
        number.push(carry);
    }
}

fn fibonacci(n: u32) -> Vec<u64> {
    let (mut current, mut next) = (vec![0], vec![1]);
    for _ in 0..n {
        add(&mut current, &next);
        std::mem::swap(&mut current, &mut next);
    }
    current
}

fn decimal(number: &[u64]) -> String {
    let (highest, rest) = number.split_last().expect("a number has a digit");
    let mut text = highest.to_string();
    for digit in rest.iter().rev() {
        text += &format!("{digit:0width$}", width = DECIMALS);
    }
    text
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
    if n > LAST {
        eprintln!("Fibonacci number {n} is not computed here; the last one that is has number {LAST}");
        return ExitCode::FAILURE;
    }
    print!("{}", decimal(&fibonacci(n)));
    io::stdout().flush().expect("the output can be written");
    ExitCode::SUCCESS
}
