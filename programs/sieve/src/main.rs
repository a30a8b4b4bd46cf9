// SPDX-License-Identifier: MIT
//! Input: n, in decimal, up to 20,000,000. Output: how many primes there are up to n, by the sieve of Eratosthenes.

use std::io::{self, Read};
use std::process::ExitCode;

const LARGEST: usize = 20_000_000;

fn count_primes(n: usize) -> usize {
    let mut composite = vec![false; n + 1];
    let mut count = 0;
    for candidate in 2..=n {
        if composite[candidate] {
            continue;
        }
        count += 1;
        // Smaller multiples have a smaller prime factor. A square beyond `usize` is beyond n.
        let square = candidate.saturating_mul(candidate);
        for multiple in (square..=n).step_by(candidate) {
            composite[multiple] = true;
        }
    }
    count
}

fn main() -> ExitCode {
    let mut input = String::new();
    let read = io::stdin().read_to_string(&mut input).is_ok();
    match input.trim().parse() {
        Ok(n) if read && n <= LARGEST => {
            println!("{}", count_primes(n));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{:?} is not a number up to {LARGEST}", input.trim());
            ExitCode::FAILURE
        }
    }
}
