//! Credentials that were put into a policy by mistake: they are drawn as stars, for a log has more readers than the file.
//!
//! It errs on the side of hiding: a value that is hidden without need costs nothing, since its place is told.

use std::ops::Range;

/// The text with stars for everything that may be a credential, of the same length in bytes, and what was hidden.
pub(super) fn star(text: &str) -> (String, Vec<String>) {
    let mut starred = String::with_capacity(text.len());
    let mut hidden = Vec::new();
    for line in text.split_inclusive('\n') {
        let mut at = 0;
        for span in spans(line) {
            starred.push_str(line.get(at..span.start).unwrap_or_default());
            let piece = line.get(span.clone()).unwrap_or_default();
            // Places are counted in bytes, so none may be lost.
            starred.push_str(&"*".repeat(piece.len()));
            hidden.push(piece.to_owned());
            at = span.end;
        }
        starred.push_str(line.get(at..).unwrap_or_default());
    }
    (starred, hidden)
}

/// A message without the pieces. Messages cut long values, so the beginning of a piece suffices.
pub(super) fn without(message: &str, pieces: &[String]) -> String {
    const BEGINNING: usize = 8;
    let mut out = message.to_owned();
    for piece in pieces {
        let Some((end, _)) = piece.char_indices().nth(BEGINNING) else {
            // Of a short one only the whole value is surely it.
            out = out.replace(&format!("`{piece}`"), "`****`");
            continue;
        };
        let beginning = piece.get(..end).unwrap_or(piece);
        let mut rest = std::mem::take(&mut out);
        while let Some(at) = rest.find(beginning) {
            let (before, found) = rest.split_at(at);
            let same: usize =
                found.chars().zip(piece.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
            out.push_str(before);
            out.push_str("****");
            rest = found.get(same..).unwrap_or_default().to_owned();
        }
        out.push_str(&rest);
    }
    out
}

/// What to hide in a line: in order, and apart.
fn spans(line: &str) -> Vec<Range<usize>> {
    let mut spans: Vec<Range<usize>> = Vec::new();
    for (at, _) in line.match_indices(':') {
        spans.extend(value_of(line, at));
        spans.extend(user_part(line, at));
    }
    let mut start = 0;
    for word in line.split_inclusive(|c: char| c.is_whitespace() || "\"'`,;=()[]{}".contains(c)) {
        let length = word.trim_end_matches(|c: char| c.is_whitespace() || "\"'`,;=()[]{}".contains(c)).len();
        let bare = word.get(..length).unwrap_or_default();
        let before = line.get(..start).unwrap_or_default().trim_end();
        if has_known_form(bare) || (ends_with(before, "bearer") && !bare.is_empty()) {
            spans.push(start..start + length);
        }
        start += word.len();
    }
    spans.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut apart: Vec<Range<usize>> = Vec::new();
    for span in spans.into_iter().filter(|span| !span.is_empty()) {
        match apart.last_mut() {
            Some(last) if span.start < last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

fn ends_with(text: &str, word: &str) -> bool {
    text.len().checked_sub(word.len()).and_then(|at| text.get(at..)).is_some_and(|end| end.eq_ignore_ascii_case(word))
}

/// The value behind a colon, where the key before it is the name of a credential.
fn value_of(line: &str, colon: usize) -> Option<Range<usize>> {
    let (before, behind) = (line.get(..colon)?, line.get(colon + 1..)?);
    if !behind.starts_with([' ', '\t']) {
        return None;
    }
    let key = before.trim_end().trim_end_matches(['"', '\'']);
    let name = key.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).next()?;
    if !crate::policy::expect::is_credential(name) {
        return None;
    }
    let value = behind.trim_start();
    let start = colon + 1 + behind.len() - value.len();
    let value = value.trim_end();
    let length = match value.chars().next()? {
        quote @ ('"' | '\'') => {
            let inner = value.get(1..)?;
            let end = inner.find(quote).unwrap_or(inner.len());
            return Some(start + 1..start + 1 + end);
        }
        '{' | '[' => value.len(),
        _ => {
            let end = value.find(" #").unwrap_or(value.len());
            let inside = before.contains(['{', '[']);
            let end = if inside { value.find([',', '}', ']']).map_or(end, |at| at.min(end)) } else { end };
            value.get(..end)?.trim_end().len()
        }
    };
    Some(start..start + length)
}

/// Name and password in an address.
fn user_part(line: &str, colon: usize) -> Option<Range<usize>> {
    let start = colon + 3;
    let rest = line.get(colon..)?.strip_prefix("://")?;
    let end = rest.find(|c: char| c.is_whitespace() || "/\"'".contains(c)).unwrap_or(rest.len());
    let at = rest.get(..end)?.rfind('@')?;
    Some(start..start + at)
}

/// Whether a word looks like what vendors give out.
fn has_known_form(word: &str) -> bool {
    let long = |prefix: &str, least: usize| word.starts_with(prefix) && word.len() >= least;
    long("mayo_ak_", 12) || long("pat_", 12) || long("eyJ", 20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_become_stars_and_nothing_moves() {
        for (line, want) in [
            ("    user_key: abc123 # mine\n", "    user_key: ****** # mine\n"),
            ("  mend: {MEND_USER_KEY: 'abc,1', url: saas}\n", "  mend: {MEND_USER_KEY: '*****', url: saas}\n"),
            ("  mend: {token: abc, url: saas}\n", "  mend: {token: ***, url: saas}\n"),
            ("    credentials: {pat: x}\n", "    credentials: ********\n"),
            ("    auth_header: \"Bearer abcdef\"\n", "    auth_header: \"Bearer ******\"\n"),
            ("    project: mayo_ak_0123456789\n", "    project: ******************\n"),
            ("    url: https://me:pw@x.example/a\n", "    url: https://*****@x.example/a\n"),
            ("thresholds: {all: critical, secret: any}\n", "thresholds: {all: critical, secret: any}\n"),
            ("    token_url: https://x.example\n", "    token_url: https://x.example\n"),
            ("    password: ü\n", "    password: **\n"),
        ] {
            let (starred, _) = star(line);
            assert_eq!(starred, want);
            assert_eq!(starred.len(), line.len());
        }
    }

    #[test]
    fn a_message_repeats_no_credential_even_where_it_cut_it() {
        let pieces = ["0123456789abcdef".to_owned(), "xy".to_owned()];
        assert_eq!(without("found `0123456789abc…` and `0123456789abcdef`", &pieces), "found `****…` and `****`");
        assert_eq!(without("expected an xyz, found `xy`", &pieces), "expected an xyz, found `****`");
    }
}
