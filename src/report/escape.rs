//! Text from outside, made safe for where it goes.
//!
//! Titles, paths, package names, statuses and error bodies are written by others, and some of them would like to be read
//! as something else: as a color, as a line of ours, as a command to the CI platform, as a link. Each function here
//! belongs to one kind of output and says what its result never contains. But for Markdown, a text that holds nothing of
//! the sort is returned borrowed, so escaping costs a scan.
//!
//! JSON is not among them: [`super::stream`] escapes what a JSON string may hide without changing its value.

mod marked;

use std::borrow::Cow;
use std::io;

pub(super) use marked::{markdown, markdown_code, markdown_code_within, markdown_within};

/// For a terminal or a log: one line in which everything is visible.
///
/// Tab, line feed and carriage return (with its line feed) become one space, because titles are sentences and are easier
/// to read in one piece. Every other control, formatting or otherwise invisible character (see `is_hidden`) is shown as
/// `\u{202e}`. A backslash stays as it is: a text may look as if something had been escaped in it, which harms nobody.
/// Idempotent.
#[must_use]
pub fn terminal(text: &str) -> Cow<'_, str> {
    let Some(start) = text.find(is_hidden) else { return Cow::Borrowed(text) };
    let (clean, rest) = text.split_at(start);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(clean);
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push(' ');
            }
            '\t' | '\n' => out.push(' '),
            c if is_hidden(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Without the sequences that style a terminal, whole: [`terminal`] shows their beginning and would leave their rest as
/// litter. What only begins like one stays.
#[must_use]
pub(super) fn unstyled(text: &str) -> Cow<'_, str> {
    const BEGINNINGS: [&str; 2] = ["\u{1b}[", "\u{9b}"];
    if !BEGINNINGS.iter().any(|beginning| text.contains(beginning)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // ECMA-48, 5.4: parameters and intermediates, and one final byte.
        let after = BEGINNINGS.iter().find_map(|beginning| rest.strip_prefix(beginning)).and_then(|sequence| {
            sequence.trim_start_matches(|c| matches!(c, ' '..='?')).strip_prefix(|c| matches!(c, '@'..='~'))
        });
        rest = after.unwrap_or_else(|| {
            out.push(c);
            &rest[c.len_utf8()..]
        });
    }
    Cow::Owned(out)
}

/// For the log of a CI platform: [`terminal`], and nothing in it is a command, wherever in a line it lands.
///
/// A runner of GitHub Actions takes a line that begins with `::` after white space as a command, and `##[` anywhere in a
/// line (the older form); Azure Pipelines takes `##[` and `##vso[` (the documentation of both on workflow and logging
/// commands; actions/runner `ActionCommand.cs`). They are broken by a space: `: :`, `## [`, `## vso[`. Idempotent.
#[must_use]
pub fn actions_safe(text: &str) -> Cow<'_, str> {
    match terminal(text) {
        Cow::Borrowed(text) => break_commands(text),
        Cow::Owned(text) => match break_commands(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(broken) => Cow::Owned(broken),
        },
    }
}

/// For `message.text` of SARIF and the other plain texts in it: no link, no placeholder, nothing hidden.
///
/// `](` becomes `] (`, so that no text of a scanner becomes a link (SARIF 2.1.0, 3.11.6). `{0}` becomes `{ 0 }`, because it
/// would be a placeholder (3.11.5); the specification's doubled braces would be shown doubled by GitHub. White-space
/// controls become a space, hidden characters go. There are no concerns of HTML: the text is plain (3.11.4.2).
/// Idempotent.
#[must_use]
pub(super) fn sarif_message(text: &str) -> Cow<'_, str> {
    let hidden = text.contains(is_hidden);
    let text: Cow<'_, str> = if hidden { Cow::Owned(without_hidden(text)) } else { Cow::Borrowed(text) };
    if !text.contains("](") && placeholder(&text).is_none() {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest: &str = &text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("](") {
            out.push_str("] (");
            rest = &rest[2..];
        } else if let Some(digits) = leading_placeholder(rest) {
            out.push_str("{ ");
            out.push_str(digits);
            out.push_str(" }");
            rest = &rest[digits.len() + 2..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    Cow::Owned(out)
}

/// A path as the path of a relative URI (RFC 3986): every byte but the unreserved ones and `/` is percent-encoded.
///
/// `:` is encoded too, in every segment: in the first one it would make what stands before it a scheme, which GitHub
/// answers by refusing the whole file.
#[must_use]
pub(super) fn percent_encode_path(path: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/');
    if path.bytes().all(plain) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len() + 16);
    for byte in path.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
    Cow::Owned(out)
}

/// At most `limit` characters, counted as UTF-16 code units (the largest of the counts that platforms use), cut at a
/// character and closed with `…`. Escape first, then cut: an escape makes a text longer.
#[must_use]
pub(super) fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    // Bytes are never fewer than UTF-16 code units.
    if text.len() <= limit || text.encode_utf16().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    let mut room = limit.saturating_sub(1);
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let Some(left) = room.checked_sub(c.len_utf16()) else { break };
        room = left;
        end = at + c.len_utf8();
    }
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Whether a reader would not see the character, or would see others in an order that is not theirs.
///
/// Controls (C0, DEL, C1), line and paragraph separators, bidirectional controls, characters without width, fillers that
/// show nothing, tag characters and noncharacters. Not among them: U+FE0E and U+FE0F, which ordinary emoji end in, and
/// format characters that are drawn (Arabic number signs). The joiners U+200C and U+200D are: they are ordinary in some scripts, but a
/// package name with one of them looks like another package.
#[must_use]
pub(super) fn is_hidden(c: char) -> bool {
    matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c as u32) & 0xfffe == 0xfffe
}

/// Whether anything of the text can be seen.
#[must_use]
pub(super) fn is_visible(text: &str) -> bool {
    text.chars().any(|c| !c.is_whitespace() && !is_hidden(c))
}

/// White-space controls become a space, everything else that is hidden goes.
fn without_hidden(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                out.push(' ');
            }
            '\t' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push(' '),
            c if is_hidden(c) => {}
            c => out.push(c),
        }
    }
    out
}

/// The digits of a placeholder at the beginning of the text: `0` of `{0}`.
fn leading_placeholder(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('{')?;
    let digits = &inside[..inside.find(|c: char| !c.is_ascii_digit())?];
    (!digits.is_empty() && inside[digits.len()..].starts_with('}')).then_some(digits)
}

/// The first placeholder anywhere in the text.
fn placeholder(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(at, _)| leading_placeholder(&text[at..]))
}

/// Breaks what a runner would take as a command. The text is one line.
fn break_commands(line: &str) -> Cow<'_, str> {
    let body = command_start(line);
    let leading = line[body..].starts_with("::");
    if !leading && legacy_command(line).is_none() {
        return Cow::Borrowed(line);
    }
    let mut out = String::with_capacity(line.len() + 8);
    let mut rest = line;
    if leading {
        out.push_str(&line[..=body]);
        out.push(' ');
        rest = &line[body + 1..];
    }
    while let Some(at) = legacy_command(rest) {
        out.push_str(&rest[..at + 2]);
        out.push(' ');
        rest = &rest[at + 2..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where a runner begins to look for `::`: after white space, and after styles, which a log may have lost by then.
fn command_start(line: &str) -> usize {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start();
        let unstyled = trimmed.strip_prefix("\u{1b}[").map_or(trimmed, |sequence| {
            let end = sequence.find(|c: char| !matches!(c, '0'..='9' | ';' | ':')).unwrap_or(sequence.len());
            let after = &sequence[end..];
            after.strip_prefix('m').unwrap_or(trimmed)
        });
        if unstyled.len() == rest.len() {
            return line.len() - rest.len();
        }
        rest = unstyled;
    }
}

/// Where `##[` or `##vso[` (in any case) stands.
fn legacy_command(line: &str) -> Option<usize> {
    line.match_indices("##").find_map(|(at, _)| {
        // `match_indices` does not overlap: of `###[` it gives the first two signs, the third may be the second of a pair.
        (at..at + 2).find(|&at| {
            let rest = &line.as_bytes()[at..];
            rest.starts_with(b"##[")
                || (rest.starts_with(b"##") && rest.get(2..6).is_some_and(|w| w.eq_ignore_ascii_case(b"vso[")))
        })
    })
}

/// A writer through which no line can be a command to a CI platform, whatever is written to it.
///
/// [`actions_safe`] is for one text; this is the net below a whole report, for the case that two harmless texts come to
/// stand side by side. It works on whole lines (a carriage return ends one too, as it does for the runners), so the last
/// line is written by [`ActionsSafe::finish`], and by dropping it.
#[derive(Debug)]
pub struct ActionsSafe<W: io::Write> {
    out: W,
    line: Vec<u8>,
}

impl<W: io::Write> ActionsSafe<W> {
    /// Puts the net below `out`.
    pub fn new(out: W) -> ActionsSafe<W> {
        ActionsSafe { out, line: Vec::new() }
    }

    /// Writes what is left of the last line.
    ///
    /// # Errors
    /// Whatever the writer below says.
    pub fn finish(mut self) -> io::Result<()> {
        self.write_line()?;
        self.out.flush()
    }

    fn write_line(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        let result = match std::str::from_utf8(&line) {
            Ok(text) => self.out.write_all(break_commands(text).as_bytes()),
            Err(_) => self.out.write_all(break_commands(&String::from_utf8_lossy(&line)).as_bytes()),
        };
        self.line = line;
        self.line.clear();
        result
    }
}

impl<W: io::Write> io::Write for ActionsSafe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|b| matches!(b, b'\n' | b'\r')) {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || piece.ends_with(b"\r") {
                self.write_line()?;
            }
        }
        Ok(bytes.len())
    }

    /// Flushes whole lines; the beginning of a line stays, for its end may make it a command.
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: io::Write> Drop for ActionsSafe<W> {
    fn drop(&mut self) {
        // Nobody is left to be told; whoever must know calls `finish`.
        let _ = self.write_line();
    }
}

#[cfg(test)]
mod tests;
