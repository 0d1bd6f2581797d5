//! The values that the document is made of: text, hashes and numbers that come back exactly, and text that is kept once.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::finding::{Cwe, Text};
use crate::source::Names;

/// Why something cannot be taken back into the model: a word or a form that this version does not know.
pub(super) type Unknown = String;

/// Text that is kept once although many findings have it, and lists that are.
pub(super) struct Shared {
    names: Names,
    texts: HashSet<Arc<[Text]>>,
    cwe: HashSet<Arc<[Cwe]>>,
}

/// So many different lists are remembered; beyond it all are forgotten, as texts are.
const REMEMBERED: usize = 8 * 1024;

impl Shared {
    pub(super) fn new() -> Shared {
        Shared { names: Names::new(), texts: HashSet::new(), cwe: HashSet::new() }
    }

    pub(super) fn text(&mut self, text: &Str<'_>) -> Text {
        self.names.text(&text.0)
    }

    pub(super) fn some(&mut self, text: Option<Str<'_>>) -> Option<Text> {
        text.map(|text| self.text(&text))
    }

    pub(super) fn texts(&mut self, texts: &[Str<'_>]) -> Arc<[Text]> {
        let texts: Vec<Text> = texts.iter().map(|text| self.text(text)).collect();
        list(&mut self.texts, texts)
    }

    pub(super) fn cwe(&mut self, cwe: &[u32]) -> Arc<[Cwe]> {
        list(&mut self.cwe, cwe.iter().copied().map(Cwe).collect())
    }
}

fn list<T: Eq + std::hash::Hash>(known: &mut HashSet<Arc<[T]>>, list: Vec<T>) -> Arc<[T]> {
    if let Some(known) = known.get(list.as_slice()) {
        return Arc::clone(known);
    }
    if known.len() >= REMEMBERED {
        known.clear();
    }
    let list: Arc<[T]> = list.into();
    known.insert(Arc::clone(&list));
    list
}

/// A word of the model's own.
pub(super) fn known<T>(what: &str, word: &Str<'_>, read: impl Fn(&str) -> Option<T>) -> Result<T, Unknown> {
    read(&word.0).ok_or_else(|| format!("the {what} `{}` is not known", word.0))
}

pub(super) fn maybe(text: &Option<Text>) -> Option<Str<'_>> {
    text.as_deref().map(Str::of)
}

pub(super) fn strs(texts: &[Text]) -> Vec<Str<'_>> {
    texts.iter().map(|text| Str::of(text)).collect()
}

/// Text that is borrowed from the document unless it is escaped there.
#[derive(Debug)]
pub(super) struct Str<'a>(pub(super) Cow<'a, str>);

impl<'a> Str<'a> {
    pub(super) fn of(text: &'a str) -> Str<'a> {
        Str(Cow::Borrowed(text))
    }

    /// RFC 3339, to the nanosecond.
    pub(super) fn of_time(time: Timestamp) -> Str<'a> {
        Str(Cow::Owned(time.to_string()))
    }

    pub(super) fn time(&self) -> Result<Timestamp, Unknown> {
        self.0.parse().map_err(|_| format!("the time `{}` is none", self.0))
    }

    pub(super) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl Serialize for Str<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Str<'a>, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Str<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Read)
    }
}

/// 128 bits in 32 hexadecimal digits.
pub(super) struct Hash(pub(super) [u8; 16]);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(self.0)))
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        let text = Str::deserialize(deserializer)?;
        let number = digits(&text.0, 32).and_then(|digits| u128::from_str_radix(digits, 16).ok());
        number.map(|number| Hash(number.to_be_bytes())).ok_or_else(|| de::Error::custom("not a hash of 32 digits"))
    }
}

/// The text, if it is so many digits and nothing else.
fn digits(text: &str, count: usize) -> Option<&str> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == count && text.bytes().all(is_digit)).then_some(text)
}

/// A number that comes back as the same bits. What is no number in JSON is text: `NaN`.
pub(super) struct Float(pub(super) f32);

impl Serialize for Float {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() { serializer.serialize_f32(self.0) } else { serializer.collect_str(&self.0) }
    }
}

impl<'de> Deserialize<'de> for Float {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Float, D::Error> {
        // The parser would read 64 bits and cut them, which is rounding twice.
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = raw.strip_prefix('"').and_then(|raw| raw.strip_suffix('"')).unwrap_or(raw);
        text.parse().map(Float).map_err(|_| de::Error::custom("not a number"))
    }
}
