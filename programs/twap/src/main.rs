// SPDX-License-Identifier: MIT
//! Time-weighted average prices: the program of contracts/examples/PriceOracle.sol.
//!
//! Subscribed to `PriceChanged(uint256 price)` events, it keeps each feed's prices. Asked with
//! `abi.encode(address feed, uint64 window)`, it answers `abi.encode(uint256 price, uint64 asOf)`: the average over the
//! `window` seconds before `asOf`, the time of the request's block. A time before the feed's first price does not count.
//!
//! Anybody may subscribe it to any contract, so prices are kept by chain and emitter: nobody can add to another's feed.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use nexus::event::{self, Event};
use nexus::{abi, storage};

/// keccak256("PriceChanged(uint256)")
const PRICE_CHANGED: [u8; 32] = [
    0xa6, 0xdc, 0x15, 0xbd, 0xb6, 0x8d, 0xa2, 0x24, 0xc6, 0x6d, 0xb4, 0xb3, 0x83, 0x8d, 0x9a, 0x2b, 0x20, 0x51, 0x38,
    0xe8, 0xcf, 0xf6, 0x77, 0x4e, 0x57, 0xd0, 0xaf, 0x91, 0xe1, 0x96, 0xd6, 0x22,
];

/// Longest window, and how long prices are kept: a week of seconds.
const LONGEST_WINDOW: u64 = 7 * 24 * 3600;

/// Prices are below 2^96, so that a price times a window fits into 128 bits.
const PRICE_LIMIT: u128 = 1 << 96;

/// Old prices removed by one event, at most: two, so that the history shrinks faster than it grows.
const REMOVED_AT_ONCE: usize = 2;

fn feed_prefix(chain_id: u64, feed: &[u8; 20]) -> Vec<u8> {
    [&chain_id.to_be_bytes()[..], feed].concat()
}

/// Times are big-endian in the key, so that keys are in the order of time.
fn key(prefix: &[u8], time: u64) -> Vec<u8> {
    [prefix, &time.to_be_bytes()].concat()
}

fn time_of(key: &[u8]) -> u64 {
    u64::from_be_bytes(key[key.len() - 8..].try_into().expect("a key ends with a time"))
}

fn price_of(value: &[u8]) -> u128 {
    u128::from_be_bytes(value.try_into().expect("a price has 16 bytes"))
}

fn record(event: &Event) -> Result<(), &'static str> {
    let word = event.data.as_slice().try_into().map_err(|_| "the event's data is not one word")?;
    let price = abi::decode_u128(word).filter(|&price| price < PRICE_LIMIT).ok_or("the price is 2^96 or more")?;
    let prefix = feed_prefix(event.chain_id, &event.emitter);
    // Of several prices in one block the last one holds.
    storage::set(&key(&prefix, event.block_timestamp), &price.to_be_bytes());
    forget(&prefix, event.block_timestamp.saturating_sub(LONGEST_WINDOW));
    Ok(())
}

/// Removes prices that no window reaching back to `start` needs: those followed by another at `start` or before.
fn forget(prefix: &[u8], start: u64) {
    let times: Vec<u64> =
        storage::scan_prefix(prefix).take(REMOVED_AT_ONCE + 1).map(|(key, _)| time_of(&key)).collect();
    for pair in times.windows(2) {
        if pair[1] <= start {
            storage::delete(&key(prefix, pair[0]));
        }
    }
}

fn average(event: &Event, input: &[u8]) -> Result<[abi::Word; 2], &'static str> {
    let words = abi::words(input).unwrap_or_default();
    let (feed, window) = match words.as_slice() {
        [feed, window] => (abi::decode_address(feed), abi::decode_u64(window)),
        _ => return Err("the input is not abi.encode(address, uint64)"),
    };
    let feed = feed.ok_or("the feed is not an address")?;
    let window =
        window.filter(|window| (1..=LONGEST_WINDOW).contains(window)).ok_or("the window is not 1 second to 7 days")?;
    let as_of = event.block_timestamp;
    let start = as_of.saturating_sub(window);
    let prefix = feed_prefix(event.chain_id, &feed);
    // From the latest price backwards: each holds from its time, or the window's start, until the next one's.
    let (mut until, mut weighted, mut latest) = (as_of, 0u128, None);
    for (key, value) in storage::scan(&prefix, &key(&prefix, as_of + 1)).rev() {
        let (time, price) = (time_of(&key), price_of(&value));
        latest = latest.or(Some(price));
        let from = time.max(start);
        weighted += price * u128::from(until - from);
        until = from;
        if time <= start {
            break;
        }
    }
    let latest = latest.ok_or("there is no price of this feed yet")?;
    // A feed whose first price is of this very block has no duration to average over.
    let price = weighted.checked_div(u128::from(as_of - until)).unwrap_or(latest);
    Ok([abi::encode_u128(price), abi::encode_u128(as_of.into())])
}

fn run() -> Result<(), &'static str> {
    let event = event::current();
    if event.topics.first() == Some(&PRICE_CHANGED) {
        return record(&event);
    }
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input).map_err(|_| "the input cannot be read")?;
    let answer = average(&event, &input)?;
    let mut out = io::stdout();
    out.write_all(&answer.concat()).and_then(|()| out.flush()).map_err(|_| "the output cannot be written")
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
