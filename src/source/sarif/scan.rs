//! Walks the structure of JSON in a stream, without parsing what nobody asked for.
//!
//! serde_json could stream as well, but one bad character ends its whole file, and it goes byte by byte. Here a value is
//! found by its brackets and quotes alone, so a result that no parser would take costs itself and nothing else, and the
//! parts that nobody reads pass at the speed of a search for quotes. What is taken out goes to serde_json, which judges
//! it in full.

use std::io::{self, Read};

use super::grammar::Grammar;

/// Bytes read at a time.
const BUFFER: usize = 256 * 1024;
/// A key longer than this is no key of SARIF.
const LONGEST_KEY: usize = 64 * 1024;

/// Why a walk ended.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file could not be read on.
    Io(io::Error),
    /// The file ended where the document did not.
    End,
    /// Something else stood where this belongs.
    Wanted(&'static str),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Fault {
        Fault::Io(error)
    }
}

/// A stream of JSON and a place in it.
pub(super) struct Scanner<R> {
    reader: R,
    buffer: Box<[u8]>,
    /// What is not read yet: from here ...
    at: usize,
    /// ... to here.
    end: usize,
    /// The offset in the stream of the buffer's first byte.
    base: u64,
    /// Lines that ended before `counted`.
    lines: u64,
    /// The offset at which the line of `counted` begins.
    line_start: u64,
    /// How far in the buffer lines are counted.
    counted: usize,
}

impl<R: Read> Scanner<R> {
    /// Begins at the reader's place.
    pub(super) fn new(reader: R) -> Scanner<R> {
        Scanner {
            reader,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            at: 0,
            end: 0,
            base: 0,
            lines: 0,
            line_start: 0,
            counted: 0,
        }
    }

    /// The reader, somewhere behind the place.
    pub(super) fn into_reader(self) -> R {
        self.reader
    }

    /// The offset of the next byte.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Line and column of the next byte, from 1; columns count bytes.
    pub(super) fn position(&mut self) -> (u64, u64) {
        self.count_lines(self.at);
        (self.lines + 1, self.offset() - self.line_start + 1)
    }

    fn count_lines(&mut self, to: usize) {
        let seen = self.buffer.get(self.counted..to).unwrap_or_default();
        let found = seen.iter().filter(|byte| **byte == b'\n').count();
        if found > 0 {
            self.lines += found as u64;
            let last = seen.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
            self.line_start = self.base + (self.counted + last) as u64 + 1;
        }
        self.counted = to;
    }

    /// Reads on; all of the buffer must have been used. `false` at the end.
    fn fill(&mut self) -> Result<bool, Fault> {
        self.count_lines(self.end);
        self.base += self.end as u64;
        (self.at, self.end, self.counted) = (0, 0, 0);
        loop {
            match self.reader.read(&mut self.buffer) {
                Ok(count) => {
                    self.end = count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Io(error)),
            }
        }
    }

    /// The next byte that is no white space, which stays unread. `None` at the end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            let rest = self.buffer.get(self.at..self.end).unwrap_or_default();
            match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                Some(blank) => {
                    self.at += blank;
                    return Ok(rest.get(blank).copied());
                }
                None => {
                    self.at = self.end;
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn expect(&mut self, byte: u8, name: &'static str) -> Result<(), Fault> {
        match self.peek()? {
            Some(found) if found == byte => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(Fault::Wanted(name)),
            None => Err(Fault::End),
        }
    }

    /// Calls `each` with every key; it must read the value.
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, &str) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'{', "`{`")?;
        if self.peek()? == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            if self.peek()?.is_some_and(|byte| byte != b'"') {
                return Err(Fault::Wanted("a key in quotes"));
            }
            let mut key = Vec::new();
            self.take(&mut key, LONGEST_KEY)?;
            // It is text, as `take` has seen; what is none of Unicode cannot be a key that anyone looks for.
            let key = serde_json::from_slice::<String>(&key).unwrap_or_default();
            self.expect(b':', "`:`")?;
            each(self, &key)?;
            match self.peek()? {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(Fault::Wanted("`,` or `}`")),
                None => return Err(Fault::End),
            }
        }
    }

    /// Calls `each` before every element; it must read the element.
    pub(super) fn array(&mut self, mut each: impl FnMut(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        self.expect(b'[', "`[`")?;
        if self.peek()? == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            match self.peek()? {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err(Fault::Wanted("`,` or `]`")),
                None => return Err(Fault::End),
            }
        }
    }

    /// Passes a value over, and makes sure that it is JSON: a bracket that is missing in a part that nobody reads could hide
    /// the results behind it.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        self.checked(None)
    }

    /// Passes a value over by its brackets and quotes alone; whoever calls it has it parsed later.
    pub(super) fn pass(&mut self) -> Result<(), Fault> {
        self.value(None)
    }

    /// Takes a value out, which is JSON. `false` if it is longer than `limit`; then it was passed over.
    pub(super) fn take(&mut self, into: &mut Vec<u8>, limit: usize) -> Result<bool, Fault> {
        into.clear();
        let mut kept = Kept { bytes: into, limit, whole: true };
        self.checked(Some(&mut kept))?;
        Ok(kept.whole)
    }

    fn checked(&mut self, mut keep: Option<&mut Kept<'_>>) -> Result<(), Fault> {
        let mut grammar = Grammar::default();
        if self.peek()?.is_none() {
            return Err(Fault::End);
        }
        loop {
            let window = self.buffer.get(self.at..self.end).unwrap_or_default();
            let used = match grammar.walk(window) {
                Ok(used) => used,
                Err((used, wanted)) => {
                    self.at += used;
                    return Err(Fault::Wanted(wanted));
                }
            };
            if let Some(kept) = keep.as_deref_mut() {
                kept.add(window.get(..used).unwrap_or_default());
            }
            self.at += used;
            if grammar.done() {
                return Ok(());
            }
            if self.at == self.end && !self.fill()? {
                return grammar.end();
            }
        }
    }

    fn value(&mut self, mut keep: Option<&mut Kept<'_>>) -> Result<(), Fault> {
        let mut place = match self.peek()? {
            None => return Err(Fault::End),
            Some(b'{' | b'[') => Place::Between(0),
            Some(b'"') => Place::Between(0),
            Some(b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => Place::Scalar,
            Some(_) => return Err(Fault::Wanted("a value")),
        };
        loop {
            let window = self.buffer.get(self.at..self.end).unwrap_or_default();
            let (used, next) = place.walk(window);
            if let Some(kept) = keep.as_deref_mut() {
                kept.add(window.get(..used).unwrap_or_default());
            }
            self.at += used;
            place = next;
            if place == Place::Done {
                return Ok(());
            }
            if self.at == self.end && !self.fill()? {
                // A number or a word has no end of its own.
                return if place == Place::Scalar { Ok(()) } else { Err(Fault::End) };
            }
        }
    }
}

/// What is taken out of the stream.
struct Kept<'a> {
    bytes: &'a mut Vec<u8>,
    limit: usize,
    whole: bool,
}

impl Kept<'_> {
    fn add(&mut self, bytes: &[u8]) {
        if self.whole && self.bytes.len() + bytes.len() <= self.limit {
            self.bytes.extend_from_slice(bytes);
        } else {
            self.whole = false;
            *self.bytes = Vec::new();
        }
    }
}

/// Where in a value a walk is; survives the edge of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Outside of text, in so many brackets.
    Between(u64),
    /// In text, in so many brackets.
    Text(u64),
    /// In text, after a backslash.
    Escape(u64),
    /// In a number, `true`, `false` or `null` that stands in no bracket.
    Scalar,
    /// Behind the value.
    Done,
}

impl Place {
    /// Goes through the window. Tells how much of it belongs to the value and where it stopped.
    fn walk(self, window: &[u8]) -> (usize, Place) {
        let mut place = self;
        let mut at = 0;
        loop {
            let rest = window.get(at..).unwrap_or_default();
            match place {
                Place::Between(mut depth) => {
                    let mut found = None;
                    for (i, byte) in rest.iter().enumerate() {
                        match CLASS[usize::from(*byte)] {
                            PLAIN => {}
                            QUOTE => {
                                found = Some((i + 1, Place::Text(depth)));
                                break;
                            }
                            OPEN => depth += 1,
                            _ => {
                                depth = depth.saturating_sub(1);
                                if depth == 0 {
                                    return (at + i + 1, Place::Done);
                                }
                            }
                        }
                    }
                    match found {
                        None => return (window.len(), Place::Between(depth)),
                        Some((used, next)) => {
                            at += used;
                            place = next;
                        }
                    }
                }
                Place::Text(depth) => match find_quote(rest) {
                    None => return (window.len(), place),
                    Some((i, b'\\')) => {
                        at += i + 1;
                        place = Place::Escape(depth);
                    }
                    Some((i, _)) if depth == 0 => return (at + i + 1, Place::Done),
                    Some((i, _)) => {
                        at += i + 1;
                        place = Place::Between(depth);
                    }
                },
                Place::Escape(_) if rest.is_empty() => return (window.len(), place),
                Place::Escape(depth) => {
                    at += 1;
                    place = Place::Text(depth);
                }
                Place::Scalar => {
                    let end =
                        rest.iter().position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n'));
                    return match end {
                        Some(end) => (at + end, Place::Done),
                        None => (window.len(), Place::Scalar),
                    };
                }
                Place::Done => return (at, Place::Done),
            }
        }
    }
}

const PLAIN: u8 = 0;
const QUOTE: u8 = 1;
const OPEN: u8 = 2;
const CLOSE: u8 = 3;

/// What a byte outside of text means.
static CLASS: [u8; 256] = {
    let mut class = [PLAIN; 256];
    class[b'"' as usize] = QUOTE;
    class[b'{' as usize] = OPEN;
    class[b'[' as usize] = OPEN;
    class[b'}' as usize] = CLOSE;
    class[b']' as usize] = CLOSE;
    class
};

/// The first quote or backslash. Eight bytes at a time: most of a SARIF file is text, and most of the reading is this.
pub(super) fn find_quote(bytes: &[u8]) -> Option<(usize, u8)> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const SLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    let (words, tail) = bytes.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let (quote, slash) = (word ^ QUOTES, word ^ SLASHES);
        // A byte that has become zero borrows into its high bit; only bytes above a true hit can be wrong.
        let hits = ((quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash)) & HIGH;
        if hits != 0 {
            let at = i * 8 + (hits.trailing_zeros() / 8) as usize;
            return bytes.get(at).map(|byte| (at, *byte));
        }
    }
    let start = words.len() * 8;
    tail.iter().position(|byte| matches!(byte, b'"' | b'\\')).and_then(|i| tail.get(i).map(|byte| (start + i, *byte)))
}

/// Where a value in memory ends; the length of the text if it does not.
pub(super) fn end_of_value(text: &[u8]) -> usize {
    let start = match text.first() {
        Some(b'{' | b'[' | b'"') => Place::Between(0),
        _ => Place::Scalar,
    };
    start.walk(text).0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time, so that every edge of a buffer is met.
    struct Dribble<'a>(&'a [u8], usize);

    impl Read for Dribble<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(into.len());
            into[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn keys(text: &str, step: usize) -> Result<Vec<(String, String)>, Fault> {
        let mut scanner = Scanner::new(Dribble(text.as_bytes(), step));
        let mut found = Vec::new();
        scanner.object(|s, key| {
            let mut value = Vec::new();
            assert!(s.take(&mut value, 1000)?);
            found.push((key.to_owned(), String::from_utf8(value).unwrap()));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn values_are_cut_out_whatever_the_size_of_a_read() {
        let text =
            r#" { "a" : {"x":["]}",{}]} , "\u0062":"q\"\\", "c":-1.5e3,"d":null, "eeeeeeeeeeeee": "0123456789\\" } "#;
        let want = [
            ("a", r#"{"x":["]}",{}]}"#),
            ("b", r#""q\"\\""#),
            ("c", "-1.5e3"),
            ("d", "null"),
            ("eeeeeeeeeeeee", r#""0123456789\\""#),
        ];
        for step in 1..40 {
            let found = keys(text, step).unwrap();
            let found: Vec<(&str, &str)> = found.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!(found, want, "{step} bytes at a time");
        }
    }

    #[test]
    fn a_broken_structure_is_a_fault_with_its_place() {
        for (text, line, column) in
            [("{\"a\": 1,\n \"b\" 2}", 2, 6), ("{\"a\": [1, 2", 1, 12), ("{\"a\": }", 1, 7), ("{a: 1}", 1, 2)]
        {
            let mut scanner = Scanner::new(Dribble(text.as_bytes(), 3));
            assert!(scanner.object(|s, _| s.skip()).is_err(), "{text}");
            assert_eq!(scanner.position(), (line, column), "{text}");
        }
    }

    #[test]
    fn what_is_passed_over_is_json_as_a_parser_takes_it() {
        for text in [
            "{}",
            "[]",
            "[1,2]",
            "{\"a\":[{}]}",
            "\"a\\u00e9\\n\"",
            "-0.5e+3",
            "null",
            "[true , false]",
            "1e999",
            "[1,]",
            "[,1]",
            "{\"a\":1,}",
            "{\"a\"}",
            "{a:1}",
            "[}",
            "{]",
            "[1}",
            "{\"a\":1]",
            "[[1}]",
            "tru",
            "nope",
            "01",
            "1.",
            "+1",
            ".5",
            "1e",
            "-",
            "\"a\nb\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "[1 2]",
            "[\"a\" \"b\"]",
            "{\"a\":1 \"b\":2}",
            "{1:2}",
            "[NaN]",
            "",
            "{\"a\"::1}",
            "[[[[{\"a\":[{}]}]]]]",
            "[\u{feff}1]",
            "\"\\ud800\"",
            "[1.5, -2E-7, \"\\\\\"]",
        ] {
            let want = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            for step in [1, 3, 1000] {
                let mut scanner = Scanner::new(Dribble(text.as_bytes(), step));
                let passed = scanner.skip().is_ok() && scanner.peek().unwrap().is_none();
                assert_eq!(passed, want, "{text} {step}");
            }
        }
        let deep = format!("{}{}", "[{\"a\":".repeat(100_000), "}]".repeat(100_000));
        assert!(Scanner::new(deep.replace(":}", ":0}").as_bytes()).skip().is_ok());
    }

    #[test]
    fn a_value_over_the_limit_is_passed_over() {
        let mut scanner = Scanner::new(&b"[\"0123456789\", 1]"[..]);
        let mut taken = Vec::new();
        scanner
            .array(|s| {
                let mut value = Vec::new();
                taken.push((s.take(&mut value, 5)?, value.len()));
                Ok(())
            })
            .unwrap();
        assert_eq!(taken, [(false, 0), (true, 1)]);
    }

    #[test]
    fn the_search_for_quotes_agrees_with_a_plain_one() {
        let text: Vec<u8> =
            (0..2000_u32).map(|i| [b'a', b'"', b'\\', 0x22 ^ 0x80, 0x21, 0xa2, 0x5b][(i * i % 7) as usize]).collect();
        for start in 0..100 {
            let plain = text[start..].iter().position(|b| matches!(b, b'"' | b'\\'));
            assert_eq!(find_quote(&text[start..]).map(|(i, _)| i), plain);
            let clean: Vec<u8> = text[..start].iter().filter(|b| !matches!(b, b'"' | b'\\')).copied().collect();
            assert_eq!(find_quote(&clean), None);
        }
    }
}
