//! What a language is described with: tables of keys, and the shapes of values.
//!
//! The decoder opens every map with a [`Table`] and refuses what is not in it; the JSON Schema and the reference are
//! printed from it. So the three cannot disagree on which keys there are; tests prove that every key is read.

use super::{Node, Place, Problems};

/// What a source adds to the language: its section of `sources`.
#[derive(Clone, Copy, Debug)]
pub struct SourceLanguage {
    /// The key of its section.
    pub name: &'static str,
    /// The keys of its section, but for those that all sources have.
    pub table: &'static Table,
    /// Adds the problems of a section; it gets the section and the place of its key.
    pub check: fn(&Node, &Place, &mut Problems),
}

/// The keys of one map.
#[derive(Debug)]
pub struct Table {
    /// Its name in the schema and the reference: `condition`.
    pub name: &'static str,
    /// What it is, in messages: `a condition`.
    pub what: &'static str,
    /// What it is for, as a sentence.
    pub doc: &'static str,
    /// The keys, in the order of the reference.
    pub keys: &'static [Key],
    /// Keys of which at least one must be given, where that matters.
    pub at_least_one: Option<AtLeastOne>,
    /// Words that people write for a key, and the key that they mean.
    pub synonyms: Synonyms,
}

/// Keys of which at least one must be given.
#[derive(Debug)]
pub struct AtLeastOne {
    /// The keys.
    pub keys: &'static [&'static str],
    /// What is wrong where none of them is.
    pub message: &'static str,
    /// What to do about it.
    pub help: &'static str,
}

/// Words that people write, each with the word that they mean.
pub type Synonyms = &'static [(&'static str, &'static str)];

/// One key of a map.
#[derive(Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it says, as one sentence.
    pub doc: &'static str,
    /// What may stand behind it.
    pub shape: Shape,
    /// Whether it may be left out.
    pub presence: Presence,
    /// A value that may stand there, as YAML on one line.
    pub example: &'static str,
}

/// Whether a key may be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must be given.
    Required,
    /// It may be left out; then this holds. Empty: then it says nothing.
    Optional(&'static str),
}

/// What may stand behind a key.
#[derive(Debug)]
pub enum Shape {
    /// The number 1.
    One,
    /// Text, not empty.
    Text,
    /// Text of a certain form.
    Form(&'static Form),
    /// `true` or `false`.
    Switch,
    /// A whole number from 0 to 4294967295.
    Count,
    /// One of a set of words.
    Word(&'static Words),
    /// A value, or a list of such values with at least one.
    OneOrMany(&'static Shape),
    /// A list.
    List(&'static Shape, Emptiness),
    /// A map with these keys.
    Map(&'static Table),
    /// A map from free names to values of one shape, with at least one.
    Named(&'static Form, &'static Shape),
    /// One of several.
    Either(&'static [Shape]),
    /// A whole number in a range.
    Range(u32, u32),
    /// A map from the names of sources to their sections.
    Sources,
}

/// Whether a list may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emptiness {
    /// It may.
    Allowed,
    /// It must hold something.
    Refused,
}

/// Text of a certain form.
#[derive(Debug)]
pub struct Form {
    /// What it is: `a date`.
    pub what: &'static str,
    /// A regular expression that it fits; the decoder may ask for more (a date must exist in the calendar).
    pub pattern: &'static str,
}

/// A set of words.
#[derive(Debug)]
pub struct Words {
    /// What each of them is: `severity`.
    pub what: &'static str,
    /// The words.
    pub words: &'static [&'static str],
    /// Words that people write for them.
    pub synonyms: Synonyms,
}

impl Table {
    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
