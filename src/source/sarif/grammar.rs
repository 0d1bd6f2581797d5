//! Whether what is passed over is JSON: a missing bracket in a part that nobody reads could hide the results behind it.

use super::scan::{Fault, find_quote};

/// The grammar of JSON, in a stream and without recursion; survives the edge of a buffer.
#[derive(Debug, Default)]
pub(super) struct Grammar {
    next: Next,
    /// The open brackets, a bit each: whether it is that of an object.
    open: Vec<u64>,
    depth: usize,
    /// A number or word so far.
    scalar: Vec<u8>,
}

/// What may come next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Next {
    #[default]
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
    /// Text; whether it is a key.
    Text(bool),
    Escape(bool),
    /// So many more hexadecimal digits, of an escape that gives a number.
    Hex(bool, u8),
    Scalar,
    Done,
}

/// A longer number is none that any parser takes.
const LONGEST_SCALAR: usize = 4 * 1024;

impl Grammar {
    pub(super) fn done(&self) -> bool {
        self.next == Next::Done
    }

    /// The stream has ended: only a number or a word has no end of its own.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.next {
            Next::Scalar if self.depth == 0 && is_scalar(&self.scalar) => Ok(()),
            Next::Scalar if self.depth == 0 => Err(Fault::Wanted("a value")),
            _ => Err(Fault::End),
        }
    }

    fn in_object(&self) -> bool {
        let at = self.depth.wrapping_sub(1);
        self.open.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }

    fn push(&mut self, object: bool) {
        if self.depth / 64 == self.open.len() {
            self.open.push(0);
        }
        if let Some(bits) = self.open.get_mut(self.depth / 64) {
            *bits = *bits & !(1 << (self.depth % 64)) | u64::from(object) << (self.depth % 64);
        }
        self.depth += 1;
        self.next = if object { Next::KeyOrEnd } else { Next::ValueOrEnd };
    }

    /// A value has ended.
    fn after(&mut self) {
        self.next = if self.depth == 0 { Next::Done } else { Next::CommaOrEnd };
    }

    /// Goes through the window. Tells how much of it belongs to the value, or where what is missing.
    pub(super) fn walk(&mut self, window: &[u8]) -> Result<usize, (usize, &'static str)> {
        let mut at = 0;
        while let Some(&byte) = window.get(at) {
            match self.next {
                Next::Done => return Ok(at),
                Next::Text(key) => {
                    let rest = window.get(at..).unwrap_or_default();
                    let found = find_quote(rest);
                    let text = rest.get(..found.map_or(rest.len(), |(i, _)| i)).unwrap_or_default();
                    if text.iter().fold(false, |control, byte| control | (*byte < 0x20)) {
                        let first = text.iter().position(|byte| *byte < 0x20).unwrap_or_default();
                        return Err((at + first, "the end of a text"));
                    }
                    match found {
                        None => return Ok(window.len()),
                        Some((i, b'\\')) => {
                            at += i + 1;
                            self.next = Next::Escape(key);
                        }
                        Some((i, _)) => {
                            at += i + 1;
                            if key { self.next = Next::Colon } else { self.after() }
                        }
                    }
                    continue;
                }
                Next::Escape(key) => {
                    self.next = match byte {
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Next::Text(key),
                        b'u' => Next::Hex(key, 4),
                        _ => return Err((at, "an escape of JSON")),
                    }
                }
                Next::Hex(key, left) => {
                    if !byte.is_ascii_hexdigit() {
                        return Err((at, "an escape of JSON"));
                    }
                    self.next = if left == 1 { Next::Text(key) } else { Next::Hex(key, left - 1) };
                }
                Next::Scalar => {
                    if !matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') {
                        if self.scalar.len() >= LONGEST_SCALAR {
                            return Err((at, "a shorter number"));
                        }
                        self.scalar.push(byte);
                        at += 1;
                        continue;
                    }
                    if !is_scalar(&self.scalar) {
                        return Err((at, "a value"));
                    }
                    self.after();
                    continue;
                }
                _ if matches!(byte, b' ' | b'\t' | b'\r' | b'\n') => {}
                Next::ValueOrEnd if byte == b']' => self.close(),
                Next::Value | Next::ValueOrEnd => match byte {
                    b'{' => self.push(true),
                    b'[' => self.push(false),
                    b'"' => self.next = Next::Text(false),
                    b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => {
                        self.scalar.clear();
                        self.scalar.push(byte);
                        self.next = Next::Scalar;
                    }
                    _ => return Err((at, "a value")),
                },
                Next::KeyOrEnd if byte == b'}' => self.close(),
                Next::Key | Next::KeyOrEnd if byte == b'"' => self.next = Next::Text(true),
                Next::Key | Next::KeyOrEnd => return Err((at, "a key in quotes")),
                Next::Colon if byte == b':' => self.next = Next::Value,
                Next::Colon => return Err((at, "`:`")),
                Next::CommaOrEnd if byte == b',' => {
                    self.next = if self.in_object() { Next::Key } else { Next::Value };
                }
                Next::CommaOrEnd => match (byte, self.in_object()) {
                    (b'}', true) | (b']', false) => self.close(),
                    (_, true) => return Err((at, "`,` or `}`")),
                    (_, false) => return Err((at, "`,` or `]`")),
                },
            }
            at += 1;
        }
        Ok(at)
    }

    fn close(&mut self) {
        self.depth -= 1;
        self.after();
    }
}

/// Whether it is a number or a word of JSON.
fn is_scalar(text: &[u8]) -> bool {
    if matches!(text, b"true" | b"false" | b"null") {
        return true;
    }
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = text.get(whole..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let count = digits(fraction);
        if count == 0 {
            return false;
        }
        rest = fraction.get(count..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}
