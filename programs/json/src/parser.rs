// SPDX-License-Identifier: MIT

use crate::value::Value;

/// Arrays and objects within each other, at most: the parser calls itself for each.
const MAX_DEPTH: usize = 128;

/// Parses a document, or says at which byte it is wrong.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.skip_space();
    if parser.at < text.len() {
        return parser.fail("the end");
    }
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn fail<T>(&self, expected: &str) -> Result<T, String> {
        match self.text.get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(c) => Err(format!("byte {}: expected {expected}, found {c:?}", self.at)),
            None => Err(format!("byte {}: expected {expected}, found the end", self.at)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes `token` if it comes next.
    fn take(&mut self, token: &str) -> bool {
        let found = self.text.as_bytes()[self.at..].starts_with(token.as_bytes());
        if found {
            self.at += token.len();
        }
        found
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(format!("byte {}: nested deeper than {MAX_DEPTH}", self.at));
        }
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ if self.take("null") => Ok(Value::Null),
            _ if self.take("true") => Ok(Value::Bool(true)),
            _ if self.take("false") => Ok(Value::Bool(false)),
            _ => self.fail("a value"),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut elements = Vec::new();
        self.skip_space();
        if self.take("]") {
            return Ok(Value::Array(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take("]") {
                return Ok(Value::Array(elements));
            }
            if !self.take(",") {
                return self.fail("',' or ']'");
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut members = Vec::new();
        self.skip_space();
        if self.take("}") {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return self.fail("a name in quotes");
            }
            let name = self.string()?;
            self.skip_space();
            if !self.take(":") {
                return self.fail("':'");
            }
            members.push((name, self.value(depth + 1)?));
            self.skip_space();
            if self.take("}") {
                return Ok(Value::Object(members));
            }
            if !self.take(",") {
                return self.fail("',' or '}'");
            }
        }
    }

    fn digits(&mut self) -> Result<(), String> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return self.fail("a digit");
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, String> {
        let start = self.at;
        self.take("-");
        if !self.take("0") {
            self.digits()?;
        }
        if self.take(".") {
            self.digits()?;
        }
        if self.take("e") || self.take("E") {
            let _sign = self.take("+") || self.take("-");
            self.digits()?;
        }
        Ok(Value::Number(self.text[start..self.at].to_string()))
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let c = match self.text[self.at..].chars().next() {
                Some(c) if c >= ' ' => c,
                _ => return self.fail("a character or '\"'"),
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                c => text.push(c),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, String> {
        for (token, meant) in
            [("\"", '"'), ("\\", '\\'), ("/", '/'), ("b", '\x08'), ("f", '\x0c'), ("n", '\n'), ("r", '\r'), ("t", '\t')]
        {
            if self.take(token) {
                return Ok(meant);
            }
        }
        if !self.take("u") {
            return self.fail("an escape");
        }
        let unit = self.hex4()?;
        let code = match unit {
            0xd800..=0xdbff => {
                if !self.take("\\u") {
                    return self.fail("the second half of a surrogate pair");
                }
                let low = self.hex4()?;
                if !(0xdc00..=0xdfff).contains(&low) {
                    return self.fail("the second half of a surrogate pair before it");
                }
                0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
            }
            unit => unit,
        };
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => self.fail("the first half of a surrogate pair before it"),
        }
    }

    fn hex4(&mut self) -> Result<u32, String> {
        let digits = self.text.get(self.at..self.at + 4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => self.fail("four hexadecimal digits"),
        }
    }
}
