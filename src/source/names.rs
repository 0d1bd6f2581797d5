//! Text that many findings share, kept once.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use crate::finding::{Cwe, Text};

/// So many texts are remembered at most, each in the one place that its hash gives it, which the next one there takes over:
/// paths and rules come in neighborhoods, and a million different messages must not fill a table nobody looks into.
const PLACES: usize = 16 * 1024;

/// Gives the same pointer for the same text. Each worker has its own, so that they share no counters.
#[derive(Debug)]
pub(crate) struct Names {
    seen: Box<[Option<Text>]>,
    /// Keyed by chance, so that nobody can write texts that all want one place.
    hasher: RandomState,
    no_texts: Arc<[Text]>,
    no_cwe: Arc<[Cwe]>,
}

impl Names {
    /// Remembers nothing.
    pub(crate) fn new() -> Names {
        Names {
            seen: vec![None; PLACES].into(),
            hasher: RandomState::new(),
            no_texts: Arc::new([]),
            no_cwe: Arc::new([]),
        }
    }

    /// The text, shared.
    pub(crate) fn text(&mut self, text: &str) -> Text {
        let hash = self.hasher.hash_one(text);
        let Some(place) = self.seen.get_mut(hash as usize % PLACES) else { return Text::from(text) };
        match place {
            Some(known) if **known == *text => Text::clone(known),
            place => Text::clone(place.insert(Text::from(text))),
        }
    }

    /// Texts, sorted and without duplicates.
    pub(super) fn texts(&mut self, texts: Vec<Text>) -> Arc<[Text]> {
        if texts.is_empty() { Arc::clone(&self.no_texts) } else { sorted(texts) }
    }

    /// Weakness classes, sorted and without duplicates.
    pub(super) fn cwe(&mut self, cwe: Vec<Cwe>) -> Arc<[Cwe]> {
        if cwe.is_empty() { Arc::clone(&self.no_cwe) } else { sorted(cwe) }
    }
}

/// Sorted, without duplicates.
pub(super) fn sorted<T: Ord>(mut list: Vec<T>) -> Arc<[T]> {
    list.sort();
    list.dedup();
    list.into()
}

/// One line of at most `limit` characters: white space becomes single spaces, and what is cut off is marked.
pub(super) fn one_line(text: &str, limit: usize) -> String {
    // Most texts are such a line already.
    let plain = text.len() <= limit
        && text.is_ascii()
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !text.bytes().any(|byte| matches!(byte, b'\t'..=b'\r'));
    if plain {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len().min(limit));
    let mut count = 0;
    for word in text.split_whitespace() {
        let room = limit - count;
        let length = word.chars().count();
        let space = usize::from(count > 0);
        if length + space <= room {
            if space == 1 {
                line.push(' ');
            }
            line.push_str(word);
            count += length + space;
            continue;
        }
        if count == 0 {
            line.extend(word.chars().take(limit.saturating_sub(1)));
        } else if count == limit {
            line.pop();
        }
        line.push('…');
        break;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_title_is_cut_at_a_word_and_says_so() {
        for (text, want) in [
            ("a  b\n\tc", "a b c"),
            ("0123456789", "0123456789"),
            ("0123456789a", "012345678…"),
            ("01234 678 0", "01234 678…"),
            ("01234 6789 1", "01234 678…"),
            ("  ", ""),
        ] {
            assert_eq!(one_line(text, 10), want, "{text:?}");
            assert!(one_line(text, 10).chars().count() <= 10);
        }
    }

    #[test]
    fn the_same_text_is_kept_once() {
        let mut names = Names::new();
        let first = names.text("a");
        assert!(Arc::ptr_eq(&first, &names.text("a")));
    }

    #[test]
    fn a_text_is_itself_whatever_took_its_place() {
        let mut names = Names::new();
        for i in (0..4 * PLACES).chain(0..4 * PLACES) {
            assert_eq!(*names.text(&i.to_string()), *i.to_string());
        }
    }
}
