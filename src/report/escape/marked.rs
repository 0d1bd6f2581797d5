//! Text from outside in Markdown that GitHub or GitLab renders.

use super::{shorten, without_hidden};

/// What takes a backslash in Markdown: emphasis, code, links, tables, headings and strike-through.
const MARKDOWN: &str = "\\`*_{}[]|#~";

/// Breaks a reference; nobody sees it.
const BREAK: char = '\u{200b}';

/// The shortest that platforms take for the hash of a commit, in digits.
const HASH: usize = 7;

/// The text is shown as it is, and does nothing, wherever in a line it stands.
///
/// Punctuation that means something takes a backslash, `<`, `>`, `&` and `$` (formulas) are entities. Platforms look for
/// references in what was rendered, so a backslash does not stop them: a zero-width space breaks `@name`, `#12`, `!12`,
/// `GH-12`, GitLab's `~label`, `%milestone`, `$12`, `&12`, `^alert`, `[issue:12]`, `*iteration:12` and `{+ insertion +}`, hashes of
/// commits, `:emoji:` (an image) and addresses, which would become links. So nobody is notified and nothing is linked. Everything
/// hidden goes, line breaks become spaces, white space at both ends goes, so the text cannot begin a block of its own. Not
/// idempotent: escape once.
#[must_use]
pub(in crate::report) fn markdown(text: &str) -> String {
    let text = without_hidden(text);
    let text = text.trim();
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    // How many digits of a hash stand behind, if in one.
    let mut in_hash: Option<usize> = None;
    for (at, c) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + c.len_utf8()..]);
        in_hash = match in_hash {
            _ if !c.is_ascii_hexdigit() => None,
            Some(digits) => Some(digits + 1),
            None if begins_hash(before, &text[at..]) => Some(1),
            None => None,
        };
        if in_hash.is_some_and(|digits| digits > 1 && digits % (HASH - 1) == 1) {
            out.push(BREAK);
        }
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '$' => out.push_str("&#36;"),
            c if MARKDOWN.contains(c) || begins_list(before, c) => out.extend(['\\', c]),
            c => out.push(c),
        }
        if begins_reference(before, c, after) {
            out.push(BREAK);
        }
    }
    out
}

/// A code span: nothing in it is rendered, linked or notified, and it can be copied as it is.
#[must_use]
pub(in crate::report) fn markdown_code(text: &str) -> String {
    let text = without_hidden(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // A backtick at either end would join the fence; one space at both ends is not shown.
    let pad = if text.starts_with('`') || text.ends_with('`') || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// [`markdown`] of so much of the text that what comes out has at most `limit` UTF-16 code units.
#[must_use]
pub(in crate::report) fn markdown_within(text: &str, limit: usize) -> String {
    within(text, limit, markdown)
}

/// [`markdown_code`] of so much of the text that what comes out has at most `limit` UTF-16 code units, also in a table. A
/// bar would end the cell, and how a backslash before it is read depends on where it stands: such a text is no code.
#[must_use]
pub(in crate::report) fn markdown_code_within(text: &str, limit: usize) -> String {
    within(text, limit, |text| if text.contains('|') { markdown(text) } else { markdown_code(text) })
}

fn within(text: &str, limit: usize, escape: fn(&str) -> String) -> String {
    // The text is cut and not what comes of it: half an escape would be shown.
    let mut most = limit;
    loop {
        let escaped = escape(&shorten(text, most));
        let units = escaped.encode_utf16().count();
        if units <= limit || most == 0 {
            return escaped;
        }
        most = most * limit / units;
    }
}

/// Whether a word of hexadecimal digits begins here that may be the hash of a commit.
fn begins_hash(before: &str, rest: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric();
    let is_hash = |word: &str| word.len() >= HASH && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    !before.ends_with(is_word) && rest.split(|c| !is_word(c)).next().is_some_and(is_hash)
}

/// Whether a list would begin with it, were it the beginning of a block: `- `, `+ `, `12. `.
fn begins_list(before: &str, c: char) -> bool {
    match c {
        '-' | '+' => before.is_empty(),
        '.' | ')' => !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

/// Whether a platform would take `c` and what follows for a reference, an address or an image.
fn begins_reference(before: &str, c: char, after: &str) -> bool {
    let name = |closed: &[u8]| {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+');
        let length = after.bytes().take_while(|byte| is_name(byte)).count();
        length > 0 && after.as_bytes()[length..].starts_with(closed)
    };
    match c {
        '@' => true,
        '#' | '!' | '%' | '~' | '$' | '&' | '^' => {
            after.starts_with(|next: char| next.is_alphanumeric() || matches!(next, '"' | '_'))
        }
        '*' => after.starts_with("iteration:"),
        '[' => name(b":") || after.starts_with(['+', '-']),
        '{' => after.starts_with(['+', '-']),
        '-' => ends_with_word(before, "GH") && after.starts_with(|next: char| next.is_ascii_digit()),
        ':' => after.starts_with("//") || name(b":"),
        'w' | 'W' => ends_with_word(before, "ww") && after.starts_with('.'),
        _ => false,
    }
}

fn ends_with_word(text: &str, word: &str) -> bool {
    text.len().checked_sub(word.len()).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}
