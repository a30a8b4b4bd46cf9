// SPDX-License-Identifier: MIT
//! Looks something up in a JSON document (RFC 8259). Input: a path on the first line, the document on the others. Output:
//! the value at the path, without white space. The path `.` is the whole document, `.pairs[0].price` a part of it.

mod parser;
mod value;

use std::io::{self, Read};
use std::process::ExitCode;

use value::Value;

/// Follows a path such as `.name[3].other`.
fn find<'a>(mut value: &'a Value, path: &str) -> Result<&'a Value, String> {
    if path == "." {
        return Ok(value);
    }
    let mut rest = path;
    while !rest.is_empty() {
        let end = rest.char_indices().skip(1).find(|(_, c)| matches!(c, '.' | '[')).map_or(rest.len(), |(at, _)| at);
        let (step, next) = rest.split_at(end);
        rest = next;
        let found = if let Some(name) = step.strip_prefix('.') {
            value.member(name)
        } else if let Some(index) = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
            value.element(index.parse().map_err(|_| format!("{index:?} is not an index"))?)
        } else {
            return Err(format!("a step of a path is .name or [index], and not {step:?}"));
        };
        value = found.ok_or_else(|| format!("there is nothing at {step:?} of {path:?}"))?;
    }
    Ok(value)
}

fn run() -> Result<String, String> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input).map_err(|error| format!("cannot read the input: {error}"))?;
    let (path, document) = input.split_once('\n').ok_or("the first line is the path, the others the document")?;
    let document = parser::parse(document)?;
    Ok(find(&document, path.trim())?.to_string())
}

fn main() -> ExitCode {
    match run() {
        Ok(value) => {
            println!("{value}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
