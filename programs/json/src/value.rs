// SPDX-License-Identifier: MIT

use std::fmt::{self, Display, Formatter, Write};

/// A JSON value. Numbers stay as they are written, so that none loses digits.
pub enum Value {
    Null,
    Bool(bool),
    Number(String),
    String(String),
    Array(Vec<Value>),
    /// In the order of the document.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The member called `name` of an object; the last one if there are several, as in JavaScript.
    pub fn member(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Object(members) => members.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// An element of an array, counted from 0.
    pub fn element(&self, index: usize) -> Option<&Value> {
        match self {
            Value::Array(elements) => elements.get(index),
            _ => None,
        }
    }
}

fn write_string(text: &str, out: &mut Formatter) -> fmt::Result {
    out.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(out, "\\{c}")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            c if c < ' ' => write!(out, "\\u{:04x}", c as u32)?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('"')
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter) -> fmt::Result {
        match self {
            Value::Null => out.write_str("null"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Number(digits) => out.write_str(digits),
            Value::String(text) => write_string(text, out),
            Value::Array(elements) => {
                out.write_char('[')?;
                for (i, element) in elements.iter().enumerate() {
                    write!(out, "{}{element}", if i > 0 { "," } else { "" })?;
                }
                out.write_char(']')
            }
            Value::Object(members) => {
                out.write_char('{')?;
                for (i, (name, value)) in members.iter().enumerate() {
                    out.write_str(if i > 0 { "," } else { "" })?;
                    write_string(name, out)?;
                    write!(out, ":{value}")?;
                }
                out.write_char('}')
            }
        }
    }
}
