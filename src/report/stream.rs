//! JSON written piece by piece, so that memory stays flat however many findings there are.
//!
//! A writer opens an object, gives its members one after another, and closes it; lists are given as iterators, and each
//! element is serialised and forgotten. Members and elements stand on lines of their own: still one JSON document, but one
//! that two runs can be compared by line.
//!
//! Strings are escaped beyond what JSON demands: hidden characters (controls, bidirectional marks, DEL) and the `##[` that
//! a CI log would take as a command are written as `\u....`. A parser reads the same value; a terminal or a log that the
//! document is printed to comes to no harm.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter};

use super::escape::is_hidden;
use crate::parallel;

/// So many elements of a long list are held as text at a time.
const BATCH: usize = 4096;
/// Fewer of them are made faster than a thread.
const WORTH_A_THREAD: usize = 512;

/// An object that is being written. Closing it is the writer's business: a document that was not finished is no document.
pub(super) struct Object<'w> {
    out: &'w mut dyn io::Write,
    depth: usize,
    first: bool,
}

impl<'w> Object<'w> {
    /// Begins a document.
    pub(super) fn open(out: &'w mut dyn io::Write) -> io::Result<Object<'w>> {
        out.write_all(b"{")?;
        Ok(Object { out, depth: 1, first: true })
    }

    /// A member whose value is small enough to be written at once, on one line.
    pub(super) fn member(&mut self, name: &str, value: impl Serialize) -> io::Result<()> {
        self.name(name)?;
        compact(self.out, &mut Vec::new(), value)
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &str) -> io::Result<Object<'_>> {
        self.name(name)?;
        self.out.write_all(b"{")?;
        Ok(Object { out: self.out, depth: self.depth + 1, first: true })
    }

    /// A member that is a list, an element a line.
    pub(super) fn list<T: Serialize>(&mut self, name: &str, elements: impl IntoIterator<Item = T>) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[")?;
        let mut any = false;
        let mut line = Vec::new();
        for element in elements {
            self.out.write_all(if any { b",\n" } else { b"\n" })?;
            indent(self.out, self.depth + 1)?;
            compact(self.out, &mut line, element)?;
            any = true;
        }
        if any {
            self.out.write_all(b"\n")?;
            indent(self.out, self.depth)?;
        }
        self.out.write_all(b"]")
    }

    /// The same of as many elements as there are findings: every core makes a part of them.
    pub(super) fn long_list<'i, I: Sync, T: Serialize>(
        &mut self,
        name: &str,
        items: &'i [I],
        element: impl Fn(&'i I) -> T + Sync,
    ) -> io::Result<()> {
        let depth = self.depth;
        let part = |items: &'i [I]| -> io::Result<Vec<u8>> {
            let mut text = Vec::new();
            for item in items {
                text.extend_from_slice(b",\n");
                indent(&mut text, depth + 1)?;
                append(&mut text, element(item))?;
            }
            Ok(text)
        };
        let cores = if items.len() > WORTH_A_THREAD { parallel::cores() } else { 1 };
        self.name(name)?;
        self.out.write_all(b"[")?;
        for (number, batch) in items.chunks(BATCH).enumerate() {
            let share = batch.len().div_ceil(cores).max(WORTH_A_THREAD);
            for (place, text) in parallel::each(batch.chunks(share).collect(), part).into_iter().enumerate() {
                // Before the first of all stands no comma.
                self.out.write_all(text?.get(usize::from(number + place == 0)..).unwrap_or_default())?;
            }
        }
        if !items.is_empty() {
            self.out.write_all(b"\n")?;
            indent(self.out, self.depth)?;
        }
        self.out.write_all(b"]")
    }

    /// A member that is a list of one object.
    pub(super) fn single(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Object<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.name(name)?;
        self.out.write_all(b"[{")?;
        let mut element = Object { out: self.out, depth: self.depth + 1, first: true };
        write(&mut element)?;
        element.close()?;
        self.out.write_all(b"]")
    }

    /// Ends the object.
    pub(super) fn close(self) -> io::Result<()> {
        if !self.first {
            self.out.write_all(b"\n")?;
            indent(self.out, self.depth - 1)?;
        }
        self.out.write_all(b"}")?;
        if self.depth == 1 { self.out.write_all(b"\n") } else { Ok(()) }
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        indent(self.out, self.depth)?;
        compact(self.out, &mut Vec::new(), name)?;
        self.out.write_all(b": ")
    }
}

fn indent(out: &mut dyn io::Write, depth: usize) -> io::Result<()> {
    (0..depth).try_for_each(|_| out.write_all(b"  "))
}

/// Writes a value on one line. It is put together in `line` first: a serializer writes a string in many small pieces, each
/// of which would be a call through the target's table of functions.
pub(crate) fn compact(out: &mut dyn io::Write, line: &mut Vec<u8>, value: impl Serialize) -> io::Result<()> {
    line.clear();
    append(line, value)?;
    out.write_all(line)
}

fn append(text: &mut Vec<u8>, value: impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut serde_json::Serializer::with_formatter(text, Visible))?)
}

/// Compact, and strings hide nothing.
struct Visible;

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.bytes().all(|b| b < 0x7f && b != b'#') {
            return out.write_all(fragment.as_bytes());
        }
        let mut written = 0;
        for (at, c) in fragment.char_indices() {
            // A `#` after another one is enough to break `##[` and `##vso[`. `fragment` ends only at a character that JSON
            // itself escapes, so no pair is split over two.
            let breaks_command = c == '#' && fragment[..at].ends_with('#');
            if breaks_command || is_hidden(c) {
                out.write_all(&fragment.as_bytes()[written..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
                written = at + c.len_utf8();
            }
        }
        out.write_all(&fragment.as_bytes()[written..])
    }

    // The rest is the compact form that serde_json writes by default.
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_array_value(out, first)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_object_key(out, first)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::sample::hostile_text;

    fn written(value: &str) -> String {
        let mut out = Vec::new();
        compact(&mut out, &mut Vec::new(), value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_document_has_a_line_for_each_member_and_element() {
        let mut out = Vec::new();
        let mut document = Object::open(&mut out).unwrap();
        document.member("a", [1, 2]).unwrap();
        document.list("none", [0; 0]).unwrap();
        document.list("some", ["x", "y"]).unwrap();
        document.single("one", |one| one.member("k", ())).unwrap();
        document.object("empty").unwrap().close().unwrap();
        document.close().unwrap();
        let want = "{\n  \"a\": [1,2],\n  \"none\": [],\n  \"some\": [\n    \"x\",\n    \"y\"\n  ],\n  \"one\": [{\n    \"k\": null\n  }],\n  \"empty\": {}\n}\n";
        assert_eq!(String::from_utf8(out).unwrap(), want);
    }

    #[test]
    fn a_long_list_is_written_as_a_list_is() {
        for length in [0, 1, WORTH_A_THREAD + 1, BATCH, 2 * BATCH + 3] {
            let items: Vec<String> = (0..length).map(|number| format!("#{number}")).collect();
            let written = |write: &dyn Fn(&mut Object<'_>)| {
                let mut out = Vec::new();
                let mut document = Object::open(&mut out).unwrap();
                write(&mut document);
                document.close().unwrap();
                out
            };
            let long = written(&|document| document.long_list("l", &items, |item| item.as_str()).unwrap());
            let short = written(&|document| document.list("l", &items).unwrap());
            assert!(long == short, "{length} elements");
        }
    }

    #[test]
    fn a_string_hides_nothing_and_holds_no_command() {
        assert_eq!(written("a\u{202e}\u{7f}\u{e0041}ä"), r#""a\u202e\u007f\udb40\udc41ä""#);
        assert_eq!(written("##[error]###vso[x"), r###""#\u0023[error]#\u0023\u0023vso[x""###);
        assert_eq!(written("#1 \" \\ \n"), r##""#1 \" \\ \n""##);
    }

    proptest! {
        #[test]
        fn a_parser_reads_the_same_value(text in hostile_text()) {
            let json = written(&text);
            prop_assert!(!json.contains(is_hidden) && !json.contains("##"));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
