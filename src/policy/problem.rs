//! Problems of a policy: collected, all of them, each with its place.

use std::fmt::Write as _;

use super::Place;

/// One thing that is wrong, and where.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Where; drawn with its source line.
    pub place: Place,
    /// What is wrong: lower case, no full stop.
    pub message: String,
    /// The words under the mark: `not a severity`.
    pub label: Option<String>,
    /// What to do: `did you mean `critical`?`.
    pub help: Option<String>,
    /// A second place that belongs to it: the first definition of a duplicate, the anchor of an alias.
    pub related: Option<(Place, String)>,
}

impl Problem {
    /// A problem that says no more than what is wrong; the methods below add to it.
    #[must_use]
    pub fn new(place: &Place, message: impl Into<String>) -> Problem {
        Problem { place: place.clone(), message: message.into(), label: None, help: None, related: None }
    }

    /// Adds the words under the mark.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Problem {
        self.label = Some(label.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    /// Adds a second place, and what stands there.
    #[must_use]
    pub fn related(mut self, place: &Place, label: impl Into<String>) -> Problem {
        self.related = Some((place.clone(), label.into()));
        self
    }
}

/// Every problem found so far. A stage adds to it and goes on; the policy is refused in the end if there is any.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    found: Vec<Problem>,
}

impl Problems {
    /// Adds one.
    pub fn add(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// Adds several.
    pub fn extend(&mut self, problems: impl IntoIterator<Item = Problem>) {
        self.found.extend(problems);
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many there are; a value that read without adding one is good.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// All, in the order of their places. What stands in a value that aliases use several times is told once.
    #[must_use]
    pub fn sorted(mut self) -> Vec<Problem> {
        let key = |p: &Problem| (p.place.file.clone(), p.place.bytes.start, p.place.bytes.end);
        self.found.sort_by_cached_key(key);
        self.found.dedup_by(|a, b| a.place == b.place && a.message == b.message);
        self.found
    }
}

/// Text of the policy within a message: in backticks, on one line, and cut where it is long.
#[must_use]
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::from("`");
    for (count, char) in text.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        match char {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_deceptive(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('`');
    out
}

/// Whether a character acts on the terminal or on the order of the characters around it instead of being shown.
#[must_use]
pub fn is_deceptive(char: char) -> bool {
    char.is_control() || is_bidirectional(char) || matches!(char, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// Whether a character changes the direction in which its neighbors are shown.
fn is_bidirectional(char: char) -> bool {
    matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The candidate that a mistyped word most likely means, if one is near enough.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A longer word is no slip of the finger, and comparing it costs its length times that of each candidate.
    if word.chars().count() > 40 {
        return None;
    }
    let word = word.to_lowercase();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= (word.len().max(candidate.len()) / 3).clamp(1, 3))
        .filter(|&(distance, candidate)| distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// Words in a row: `` `a`, `b` or `c` ``.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_offered_only_when_it_is_near() {
        let words = ["critical", "high", "medium", "low", "info"];
        for (word, want) in [
            ("hgih", Some("high")),
            ("critcal", Some("critical")),
            ("HIGH", Some("high")),
            ("lwo", Some("low")),
            ("banana", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, words.into_iter()), want, "{word}");
        }
        assert_eq!(nearest(&"h".repeat(100_000), words.into_iter()), None);
    }

    #[test]
    fn text_in_messages_is_one_line_that_shows_what_it_holds() {
        assert_eq!(quoted("a\nb\u{1b}[31m\u{202e}"), "`a\\nb\\u{1b}[31m\\u{202e}`");
        assert_eq!(quoted(&"x".repeat(100)).chars().count(), 63);
    }
}
