//! Globs, compared character by character.
//!
//! globset is the one parser of their language. But what it makes of `?` and of brackets compares bytes, and `ä` is two of
//! them. So each of these is handed to it as a mark, a character that the glob does not hold, and in the regular expression
//! that it writes a class of characters takes the place of each mark.

use std::str::Chars;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use regex_automata::MatchKind;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;

use super::problem::quoted;

/// Whether upper and lower case are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// They are.
    Kept,
    /// They are not, for letters whose other case is one letter. Those of ASCII are compared with those of ASCII only.
    Ignored,
}

/// What `/` is in the text that a glob is matched with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slash {
    /// It separates: no wildcard but `**` crosses it.
    Separates,
    /// A character like any other.
    Plain,
}

/// A glob that can be matched with, once it is one of [`Patterns`].
#[derive(Clone, Debug)]
pub struct Pattern {
    glob: globset::Glob,
    /// With classes of characters instead of marks, where the glob has any.
    regex: Option<String>,
}

impl Pattern {
    /// Reads a glob. A backslash takes its meaning from the character behind it.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str, case: Case, slash: Slash) -> Result<Pattern, String> {
        Pattern::read(text, case, slash, true)
    }

    /// Reads a glob of files on disk. A backslash separates folders where the system says so.
    ///
    /// # Errors
    /// Why it is none.
    pub fn of_files(text: &str) -> Result<Pattern, String> {
        Pattern::read(text, Case::Kept, Slash::Separates, !std::path::is_separator('\\'))
    }

    fn read(text: &str, case: Case, slash: Slash, escapes: bool) -> Result<Pattern, String> {
        let mark = ('\u{e000}'..='\u{f8ff}').find(|mark| !text.contains(*mark));
        let mark = mark.ok_or("it holds every character for private use")?;
        let (marked, classes) = marked(text, mark, case, slash, escapes)?;
        let glob = GlobBuilder::new(&marked)
            .literal_separator(slash == Slash::Separates)
            .case_insensitive(case == Case::Ignored)
            .backslash_escape(escapes)
            .empty_alternates(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        if classes.is_empty() {
            return Ok(Pattern { glob, regex: None });
        }
        // This is how globset writes a character outside ASCII.
        let written: String = mark.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\x{byte:02x}")).collect();
        let parts: Vec<&str> = glob.regex().split(&written).collect();
        if parts.len() != classes.len() + 1 {
            return Err("its `?` and brackets cannot be told apart from its text".to_owned());
        }
        let classes = classes.iter().map(String::as_str).chain([""]);
        let regex = parts.into_iter().zip(classes).flat_map(|(part, class)| [part, class]).collect();
        Ok(Pattern { glob, regex: Some(regex) })
    }
}

/// The glob with a mark for each part that is a class of characters, and the classes in their order.
fn marked(text: &str, mark: char, case: Case, slash: Slash, escapes: bool) -> Result<(String, Vec<String>), String> {
    let mut out = String::with_capacity(text.len());
    let mut classes = Vec::new();
    let mut rest = text.chars();
    while let Some(mut c) = rest.next() {
        let escaped = c == '\\' && escapes;
        if escaped {
            out.push(c);
            let Some(literal) = rest.next() else { break };
            c = literal;
        }
        let class = match c {
            '?' if !escaped => class(true, Vec::new(), Case::Kept, slash),
            '[' if !escaped => {
                let (not, ranges) = bracket(&mut rest)?;
                class(not, ranges, case, slash)
            }
            // globset ignores the case of ASCII alone.
            c if case == Case::Ignored && !c.is_ascii() && cases(c).next().is_some() => {
                class(false, vec![(c, c)], case, slash)
            }
            c => {
                out.push(c);
                continue;
            }
        };
        out.push(mark);
        classes.push(class?);
    }
    Ok((out, classes))
}

/// What stands between brackets, as globset reads it: `]` is itself as the first, `-` as the first and as the last.
fn bracket(rest: &mut Chars<'_>) -> Result<(bool, Vec<(char, char)>), String> {
    let not = rest.as_str().starts_with(['!', '^']);
    if not {
        rest.next();
    }
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut in_range = false;
    loop {
        let c = rest.next().ok_or("a bracket `[` is not closed by `]`")?;
        match (c, ranges.last_mut()) {
            (']', Some(_)) => break,
            ('-', Some(_)) if !in_range => in_range = true,
            // globset would move the end of the range before: `[a-z-b]` would be `[ab]`.
            (_, Some((first, last))) if in_range && first != last => {
                let range = quoted(&format!("{first}-{last}"));
                return Err(format!("in its brackets a `-` follows the range {range}; put it last"));
            }
            (c, Some((first, last))) if in_range => {
                if c < *first {
                    let range = quoted(&format!("{first}-{c}"));
                    return Err(format!("in its brackets the range {range} runs backwards"));
                }
                *last = c;
                in_range = false;
            }
            (c, _) => ranges.push((c, c)),
        }
    }
    if in_range {
        ranges.push(('-', '-'));
    }
    Ok((not, ranges))
}

/// A class of characters as a regular expression. Whether case matters is said by its characters: there are no tables of
/// Unicode in the engine.
fn class(not: bool, mut ranges: Vec<(char, char)>, case: Case, slash: Slash) -> Result<String, String> {
    if slash == Slash::Separates {
        if not {
            ranges.push(('/', '/'));
        } else if ranges.iter().any(|(first, last)| (*first..=*last).contains(&'/')) {
            return Err("its brackets hold `/`, which separates folders".to_owned());
        }
    }
    if case == Case::Ignored {
        for (first, last) in ranges.clone() {
            if first != last && !last.is_ascii() {
                let range = quoted(&format!("{first}-{last}"));
                return Err(format!(
                    "where case does not matter a range in brackets stays within ASCII, and {range} does not; write its \
                     characters one by one"
                ));
            }
            ranges.extend((first..=last).flat_map(cases).map(|c| (c, c)));
        }
    }
    if ranges.is_empty() {
        return Ok("(?su-i:.)".to_owned());
    }
    let ranges: String = ranges
        .iter()
        .map(|(first, last)| format!("\\x{{{:x}}}-\\x{{{:x}}}", u32::from(*first), u32::from(*last)))
        .collect();
    Ok(format!("(?u-i:[{}{ranges}])", if not { "^" } else { "" }))
}

/// A letter in its other cases, where each is one letter. None outside ASCII has one in it: the sign for Kelvin is no `k`.
fn cases(c: char) -> impl Iterator<Item = char> {
    fn only(mut letters: impl Iterator<Item = char>) -> Option<char> {
        letters.next().filter(|_| letters.next().is_none())
    }
    let cases = [only(c.to_lowercase()), only(c.to_uppercase())];
    cases.into_iter().flatten().filter(move |other| *other != c && other.is_ascii() == c.is_ascii())
}

/// A set of globs: one of them must match.
#[derive(Clone, Debug)]
pub struct Patterns {
    /// Those that compare the same by bytes.
    plain: GlobSet,
    /// The others.
    classes: Option<Regex>,
}

impl Patterns {
    /// Makes them ready to match.
    ///
    /// # Errors
    /// Why they cannot be: they are too much.
    pub fn new(patterns: impl IntoIterator<Item = Pattern>) -> Result<Patterns, String> {
        // As much as globset allows itself.
        const MOST_BYTES: usize = 10 << 20;
        let mut plain = GlobSetBuilder::new();
        let mut classes = Vec::new();
        for Pattern { glob, regex } in patterns {
            match regex {
                Some(regex) => classes.push(regex),
                None => {
                    plain.add(glob);
                }
            }
        }
        let plain = plain.build().map_err(|error| error.kind().to_string())?;
        if classes.is_empty() {
            return Ok(Patterns { plain, classes: None });
        }
        let config = Regex::config()
            .match_kind(MatchKind::All)
            .utf8_empty(false)
            .nfa_size_limit(Some(MOST_BYTES))
            .hybrid_cache_capacity(MOST_BYTES);
        let regex = Regex::builder()
            .syntax(syntax::Config::new().utf8(false).dot_matches_new_line(true))
            .configure(config)
            .build_many(&classes)
            .map_err(|error| match error.size_limit() {
                Some(_) => format!("they need more than {MOST_BYTES} bytes"),
                None => "they are nested too deep".to_owned(),
            })?;
        Ok(Patterns { plain, classes: Some(regex) })
    }

    /// Whether one of the globs matches the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.plain.is_match(text) || self.classes.as_ref().is_some_and(|classes| classes.is_match(text))
    }

    /// Whether one of the globs matches one of the texts.
    pub fn match_any<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> bool {
        texts.into_iter().any(|text| self.is_match(text))
    }
}

#[cfg(test)]
#[path = "glob_tests.rs"]
mod tests;
