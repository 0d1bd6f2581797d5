//! Adding a waiver to a file of waivers, and changing nothing else in it: comments, order, quotes and line ends stay.
//!
//! Text is inserted behind the last waiver. What comes out is parsed and compared with what went in before anybody writes
//! it, so whatever a file looks like, it is changed as meant or not at all.

use std::fmt::Write as _;

use anyhow::{anyhow, bail, ensure};
use jiff::civil::Date;

use super::Wrong;
use super::load::Texts;
use super::waivers::{holds_nothing, parse};
use crate::policy::{Document, Node, Problems, Value, decode_waivers, is_deceptive};

/// A waiver to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// `id`; letters, digits, `_`, `-` and `.`.
    pub id: String,
    /// `match`: keys and what each may be.
    pub matches: Vec<(&'static str, Vec<String>)>,
    /// `reason`.
    pub reason: String,
    /// `owner`.
    pub owner: Option<String>,
    /// `ticket`.
    pub ticket: Option<String>,
    /// `approved_by`.
    pub approved_by: Option<String>,
    /// `expires`.
    pub expires: Date,
}

/// A file with one waiver more.
#[derive(Clone, Debug)]
pub struct Appended {
    /// Its text.
    pub text: String,
    /// The line that the waiver begins on.
    pub line: usize,
}

/// Why a file was not changed.
#[derive(Debug)]
pub enum Refused {
    /// What stands in it is wrong.
    Wrong(Wrong),
    /// It is laid out in a way that nothing can be added to.
    Other(anyhow::Error),
}

/// The first line of a new file.
const HEADER: &str = "# Findings that somebody answers for, until a day. `findgate waive` adds to this file.\n";

impl Entry {
    /// The keys and their values, as YAML on one line each.
    fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![("id", self.id.clone()), ("match", self.matching()), ("reason", quoted(&self.reason))];
        for (key, value) in [("owner", &self.owner), ("ticket", &self.ticket), ("approved_by", &self.approved_by)] {
            fields.extend(value.as_ref().map(|value| (key, quoted(value))));
        }
        fields.push(("expires", self.expires.to_string()));
        fields
    }

    /// `match` in YAML: `{id: "CVE-2021-23337", package: "pkg:npm/lodash"}`.
    #[must_use]
    pub fn matching(&self) -> String {
        let value = |values: &[String]| match values {
            [one] => quoted(one),
            several => format!("[{}]", several.iter().map(|value| quoted(value)).collect::<Vec<_>>().join(", ")),
        };
        let parts: Vec<String> = self.matches.iter().map(|(key, values)| format!("{key}: {}", value(values))).collect();
        format!("{{{}}}", parts.join(", "))
    }

    /// As an item of a block list, without a line end behind the last line. `gap` is how far the keys stand from the dash.
    #[must_use]
    pub fn block(&self, indent: usize, gap: usize, end: &str) -> String {
        let mut lines = Vec::new();
        for (number, (key, value)) in self.fields().into_iter().enumerate() {
            let dash = if number == 0 { "-" } else { "" };
            lines.push(format!("{:indent$}{dash:gap$}{key}: {value}", ""));
        }
        lines.join(end)
    }

    fn flow(&self) -> String {
        let parts: Vec<String> = self.fields().into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
        format!("{{{}}}", parts.join(", "))
    }
}

/// Text in double quotes, as YAML reads it back. Control characters, which no policy may hold, become spaces; what acts on the
/// characters around it is written as an escape, so that everybody sees it.
#[must_use]
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push(' '),
            c if is_deceptive(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Adds a waiver to the text of a file, `None` where there is no file yet.
///
/// # Errors
/// If what stands there is wrong, or cannot be added to without changing something else.
pub fn append(name: &str, text: Option<&str>, entry: &Entry) -> Result<Appended, Refused> {
    let text = text.unwrap_or(HEADER);
    let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text), |text| ("\u{feff}", text));
    let end = if text.find('\n').is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" };
    let before = if holds_nothing(text) { None } else { Some(document(name, text)?) };
    // What is wrong with the waiver itself is no fault of the file.
    read(name, &alone(entry)).map_err(|why| Refused::Other(anyhow!("the waiver would be wrong: {why}")))?;
    let candidates = match &before {
        None => {
            let open = if text.is_empty() || text.ends_with('\n') { "" } else { end };
            let skeleton = format!("{open}version: 1{end}waivers:{end}{}{end}", entry.block(2, 2, end));
            vec![Change::insert(text.len(), skeleton)]
        }
        Some(before) => changes(before, entry, end).map_err(Refused::Other)?,
    };
    let mut last = anyhow!("there is no place for it");
    for change in candidates {
        let after = change.apply(text);
        match check(name, before.as_ref(), &after, entry) {
            Ok(line) => return Ok(Appended { text: format!("{mark}{after}"), line }),
            Err(error) => last = error,
        }
    }
    Err(Refused::Other(last.context("the file is laid out in a way that a waiver cannot be added to; add it by hand")))
}

/// Parses a file, and says everything that is wrong with it.
fn document(name: &str, text: &str) -> Result<Document, Refused> {
    let mut problems = Problems::default();
    let document = parse(name, text, &mut problems);
    if let Some(document) = &document {
        let _ = decode_waivers(document, &mut problems);
    }
    match document {
        Some(document) if problems.is_empty() => Ok(document),
        _ => {
            let texts = Texts::from([(name.into(), text.into())]);
            Err(Refused::Wrong(Wrong { problems: problems.sorted(), texts }))
        }
    }
}

/// A part of the text that becomes another one.
struct Change {
    bytes: std::ops::Range<usize>,
    new: String,
    /// What is inserted behind it, and where.
    then: Option<(usize, String)>,
}

impl Change {
    fn insert(at: usize, new: String) -> Change {
        Change { bytes: at..at, new, then: None }
    }

    fn apply(&self, text: &str) -> String {
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        let Change { bytes, new, then } = self;
        let (at, more) = then.as_ref().map_or((text.len(), ""), |(at, more)| (*at, more.as_str()));
        format!("{}{new}{}{more}{}", part(0, bytes.start), part(bytes.end, at), part(at, text.len()))
    }
}

/// The value of `waivers`, and its key.
fn list(document: &Document) -> Option<(&Node, &Node)> {
    let Value::Map(entries) = &document.root.value else { return None };
    entries.iter().find(|(key, _)| key.text().is_some_and(|text| &**text == "waivers")).map(|(key, list)| (key, list))
}

fn items(list: &Node) -> &[Node] {
    if let Value::List(items) = &list.value { items } else { &[] }
}

/// What may be changed to add the waiver, the likeliest first.
fn changes(document: &Document, entry: &Entry, end: &str) -> anyhow::Result<Vec<Change>> {
    let text = &*document.text;
    let Some((key, list)) = list(document) else { bail!("it has no `waivers`") };
    let start = list.place.bytes.start;
    let is_flow = text.get(start..).is_some_and(|rest| rest.starts_with('['));
    match items(list) {
        [] => {
            ensure!(is_flow, "its `waivers` is no list that can be added to; write `waivers: []`");
            Ok(into_empty(document, key, list, entry, end))
        }
        [.., last] if is_flow => Ok(vec![into_flow(text, last, entry, end)]),
        all => into_block(text, all, entry, end),
    }
}

/// `[]` becomes a block list where that is possible, for that is what people can read; else it stays what it is.
fn into_empty(document: &Document, key: &Node, list: &Node, entry: &Entry, end: &str) -> Vec<Change> {
    let text = &*document.text;
    let bytes = list.place.bytes.clone();
    let inside = Change::insert(bytes.start + 1, entry.flow());
    let root_is_block = !text.get(document.root.place.bytes.start..).is_some_and(|rest| rest.starts_with('{'));
    let line_end = bytes.end + text.get(bytes.end..).and_then(|rest| rest.find('\n')).unwrap_or(text.len() - bytes.end);
    let inner = text.get(bytes.start + 1..bytes.end.saturating_sub(1)).unwrap_or_default();
    let rest = text.get(bytes.end..line_end).unwrap_or_default().trim();
    if !root_is_block || !inner.trim().is_empty() || inner.contains('\n') || !(rest.is_empty() || rest.starts_with('#'))
    {
        return vec![inside];
    }
    let colon = text.get(..bytes.start).unwrap_or_default().trim_end().len();
    let indent = key.place.column.saturating_sub(1) as usize + 2;
    let item = entry.block(indent, 2, end);
    let then = match text.get(line_end..line_end + 1) {
        Some(_) => (line_end + 1, format!("{item}{end}")),
        None => (text.len(), format!("{end}{item}")),
    };
    vec![Change { bytes: colon..bytes.end, new: String::new(), then: Some(then) }, inside]
}

/// Behind the last item of a list in brackets, on a line of its own if that item has one.
fn into_flow(text: &str, last: &Node, entry: &Entry, end: &str) -> Change {
    let before = line_before(text, last.place.bytes.start);
    let gap = if before.trim().is_empty() { format!("{end}{before}") } else { " ".to_owned() };
    Change::insert(last.place.bytes.end, format!(",{gap}{}", entry.flow()))
}

/// Behind the last item of a block list: on the line after the one that it ends on, or where its text is said to end.
fn into_block(text: &str, all: &[Node], entry: &Entry, end: &str) -> anyhow::Result<Vec<Change>> {
    let dash = |item: &Node| {
        let before = line_before(text, item.place.bytes.start);
        let indent = before.len() - before.trim_start().len();
        let rest = before.get(indent..)?.strip_prefix('-')?;
        let is_plain = rest.bytes().all(|byte| byte == b' ') && !rest.is_empty();
        Some((indent, if is_plain { before.len() - indent } else { 2 }))
    };
    let Some((indent, gap)) = all.iter().rev().find_map(dash) else {
        bail!("the dashes of its list stand on lines of their own; add the waiver by hand")
    };
    let item = entry.block(indent, gap, end);
    let last = all.last().map_or(0, last_byte);
    let blank = if is_spaced(text, all) { end } else { "" };
    let behind = |at: usize| {
        let line_end = text.get(at..).and_then(|rest| rest.find('\n')).map(|length| at + length + 1);
        match line_end {
            Some(at) => Change::insert(at, format!("{blank}{item}{end}")),
            None => Change::insert(text.len(), format!("{end}{blank}{item}")),
        }
    };
    let trimmed = text.get(..last).unwrap_or_default().trim_end().len();
    // Blank lines may belong to the text that stands last, and then what comes out is not as meant.
    let mut places = vec![behind(trimmed)];
    if text.get(..last).is_some_and(|before| before.ends_with('\n')) {
        places.push(Change::insert(last, format!("{blank}{item}{end}")));
    }
    Ok(places)
}

/// The part of a line that stands before an offset.
fn line_before(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    before.get(before.rfind('\n').map_or(0, |newline| newline + 1)..).unwrap_or_default()
}

/// Whether a blank line stands between the last two items.
fn is_spaced(text: &str, all: &[Node]) -> bool {
    let [.., one, other] = all else { return false };
    let between = text.get(last_byte(one)..other.place.bytes.start).unwrap_or_default();
    between.lines().skip(1).any(|line| line.trim().is_empty())
}

/// Where the text of a value ends.
fn last_byte(node: &Node) -> usize {
    let inner = match &node.value {
        Value::List(items) => items.iter().map(last_byte).max(),
        Value::Map(entries) => entries.iter().map(|(key, value)| last_byte(key).max(last_byte(value))).max(),
        Value::Null | Value::Scalar { .. } | Value::Refused => None,
    };
    inner.unwrap_or(0).max(node.place.bytes.end)
}

/// A file of this waiver.
fn alone(entry: &Entry) -> String {
    format!("version: 1\nwaivers:\n{}\n", entry.block(0, 2, "\n"))
}

/// The document, if its waivers are right; else the first thing that is wrong, and what to do.
fn read(name: &str, text: &str) -> Result<Document, String> {
    let mut problems = Problems::default();
    let document = parse(name, text, &mut problems);
    let waivers = document.as_ref().and_then(|document| decode_waivers(document, &mut problems));
    match (document, waivers, problems.sorted().first()) {
        (Some(document), Some(_), None) => Ok(document),
        (_, _, Some(problem)) => {
            let help = problem.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
            Err(format!("{}{help}", problem.message))
        }
        (_, _, None) => Err("it could not be read".to_owned()),
    }
}

/// Whether the text holds exactly one waiver more, the one that is meant, and everything else as it was. Gives its line.
fn check(name: &str, before: Option<&Document>, after: &str, entry: &Entry) -> anyhow::Result<usize> {
    let parsed = |text: &str| read(name, text).map_err(|why| anyhow!("with the waiver in it: {why}"));
    let after = parsed(after)?;
    let alone = parsed(&alone(entry))?;
    let canonical = |document: &Document| -> Vec<String> {
        let waivers = list(document).map(|(_, list)| items(list)).unwrap_or_default();
        waivers.iter().map(Node::canonical).collect()
    };
    let rest = |document: &Document| -> Vec<(String, String)> {
        let Value::Map(entries) = &document.root.value else { return Vec::new() };
        let others = entries.iter().filter(|(key, _)| key.text().is_none_or(|text| &**text != "waivers"));
        others.map(|(key, value)| (key.canonical(), value.canonical())).collect()
    };
    let mut wanted = before.map(canonical).unwrap_or_default();
    wanted.extend(canonical(&alone));
    ensure!(canonical(&after) == wanted, "the waivers in it would not be those that are meant");
    ensure!(before.is_none_or(|before| rest(before) == rest(&after)), "what stands beside the waivers would change");
    let line = list(&after).and_then(|(_, list)| items(list).last()).map_or(1, |item| item.place.line);
    Ok(line as usize)
}

#[cfg(test)]
mod tests;
