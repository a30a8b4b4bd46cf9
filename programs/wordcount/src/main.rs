// SPDX-License-Identifier: MIT
//! Input: any text. Output: each word with how often it occurs, the most frequent first, equal ones in alphabetical order.
//! Words are runs of letters and digits, and their case does not matter.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut text = String::new();
    if let Err(error) = io::stdin().read_to_string(&mut text) {
        eprintln!("cannot read the text: {error}");
        return ExitCode::FAILURE;
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let mut ranking: Vec<_> = counts.into_iter().collect();
    // The sort is stable, so words of the same count keep the map's order.
    ranking.sort_by(|(_, a), (_, b)| b.cmp(a));
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (word, count) in ranking {
        writeln!(out, "{word} {count}").expect("the output can be written");
    }
    out.flush().expect("the output can be written");
    ExitCode::SUCCESS
}
