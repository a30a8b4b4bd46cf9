// SPDX-License-Identifier: MIT
//! Accounts with balances, kept in the program's storage. Input: one command per line; all of them happen, or none.
//!
//! ```text
//! deposit NAME AMOUNT
//! transfer FROM TO AMOUNT
//! balance NAME
//! list
//! ```
//!
//! A deposit or transfer answers with the balances it leaves behind, `balance` with one, `list` with all that are not 0.

use std::io::{self, Read};
use std::process::ExitCode;

use nexus::storage;

const PREFIX: &str = "balance/";

fn key(name: &str) -> Vec<u8> {
    [PREFIX.as_bytes(), name.as_bytes()].concat()
}

fn parse_balance(bytes: &[u8]) -> u128 {
    u128::from_be_bytes(bytes.try_into().expect("a balance has 16 bytes"))
}

fn balance(name: &str) -> u128 {
    storage::get(&key(name)).map_or(0, |bytes| parse_balance(&bytes))
}

fn set_balance(name: &str, amount: u128) {
    if amount == 0 {
        storage::delete(&key(name));
    } else {
        storage::set(&key(name), &amount.to_be_bytes());
    }
}

fn deposit(name: &str, amount: u128) -> Result<(), String> {
    let before = balance(name);
    let after = before.checked_add(amount).ok_or(format!("{name} would have more than 2^128"))?;
    set_balance(name, after);
    println!("{name} {after}");
    Ok(())
}

fn transfer(from: &str, to: &str, amount: u128) -> Result<(), String> {
    let before = balance(from);
    let after = before.checked_sub(amount).ok_or(format!("{from} has {before} and not {amount}"))?;
    set_balance(from, after);
    println!("{from} {after}");
    deposit(to, amount)
}

fn parse_amount(word: &str) -> Result<u128, String> {
    word.parse().map_err(|error| format!("{word:?} is not an amount: {error}"))
}

fn execute(command: &str) -> Result<(), String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    match words.as_slice() {
        [] => Ok(()),
        ["deposit", name, amount] => deposit(name, parse_amount(amount)?),
        ["transfer", from, to, amount] => transfer(from, to, parse_amount(amount)?),
        ["balance", name] => {
            println!("{name} {}", balance(name));
            Ok(())
        }
        ["list"] => {
            for (key, value) in storage::scan_prefix(PREFIX.as_bytes()) {
                println!("{} {}", String::from_utf8_lossy(&key[PREFIX.len()..]), parse_balance(&value));
            }
            Ok(())
        }
        _ => Err(format!("unknown command {command:?}: use deposit, transfer, balance or list")),
    }
}

fn main() -> ExitCode {
    let mut input = String::new();
    if io::stdin().read_to_string(&mut input).is_err() {
        eprintln!("the input is not text");
        return ExitCode::FAILURE;
    }
    for command in input.lines() {
        if let Err(error) = execute(command) {
            // An exit code other than 0 undoes what this run has written.
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
