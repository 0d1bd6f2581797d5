//! JSON values that are read by hand, because tools write them in more than one way.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::wire::Str;

/// A name that some tools write as a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label<'a>(pub(super) Cow<'a, str>);

/// An integer, also when written `3.0` or `"3"`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Int(pub(super) i64);

/// The first element of an array; the others are not kept.
#[derive(Debug)]
pub(super) struct First<T>(pub(super) Option<T>);

/// The first element of an array, and what the others are.
#[derive(Debug)]
pub(super) struct Several<'a, T> {
    pub(super) first: Option<T>,
    pub(super) others: Vec<Loose<'a>>,
}

/// An object and nothing else: serde's derive takes a list for the members in their order, an empty one included.
#[derive(Debug)]
pub(super) struct Object<T>(pub(super) T);

/// A message, or plain text where a message belongs.
#[derive(Debug, Default)]
pub(super) struct Message<'a> {
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) markdown: Option<Cow<'a, str>>,
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) arguments: Vec<Loose<'a>>,
}

/// A map from a message's id to its text.
#[derive(Debug, Default)]
pub(super) struct Strings<'a>(pub(super) Vec<(Cow<'a, str>, Message<'a>)>);

/// What is read of `partialFingerprints`.
#[derive(Debug, Default)]
pub(super) struct Prints<'a> {
    /// `primaryLocationLineHash`: the code, without white space, as GitHub's uploader hashes it.
    pub(super) line: Option<Cow<'a, str>>,
    /// `cargo-deny/advisory-id`: cargo-deny tells the advisory nowhere else.
    pub(super) advisory: Option<Cow<'a, str>>,
    /// `cargo-deny/krate`: nor the package.
    pub(super) krate: Option<Cow<'a, str>>,
}

/// Any JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Loose<'a> {
    /// `null`.
    Nothing,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Loose<'a>>),
    /// An object.
    Map(Vec<(Cow<'a, str>, Loose<'a>)>),
}

impl<'a> Loose<'a> {
    /// The text, if it is text.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Loose::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text or number as text.
    pub(super) fn word(&self) -> Option<Cow<'_, str>> {
        match self {
            Loose::Text(text) => Some(Cow::Borrowed(text)),
            Loose::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// The number, also when it is written as text.
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Loose::Number(number) => Some(*number),
            Loose::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The truth, also when it is written as text.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Loose::Bool(truth) => Some(*truth),
            Loose::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" => Some(true),
                "false" | "no" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// The elements of a list, or the one thing it is.
    pub(super) fn each(&self) -> &[Loose<'a>] {
        match self {
            Loose::List(list) => list,
            Loose::Nothing => &[],
            one => std::slice::from_ref(one),
        }
    }

    /// A member of a map.
    pub(super) fn member(&self, name: &str) -> Option<&Loose<'a>> {
        match self {
            Loose::Map(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Visits text or something that stands for text.
macro_rules! visit_text {
    ($out:expr) => {
        fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
            let out: fn(Cow<'a, str>) -> Self::Value = $out;
            Ok(out(Cow::Owned(text.to_owned())))
        }

        fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Self::Value, E> {
            let out: fn(Cow<'a, str>) -> Self::Value = $out;
            Ok(out(Cow::Borrowed(text)))
        }

        fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
            let out: fn(Cow<'a, str>) -> Self::Value = $out;
            Ok(out(Cow::Owned(text)))
        }
    };
}

impl<'a, 'de: 'a> Deserialize<'de> for Label<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'a> Visitor<'a> for V {
            type Value = Label<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Label(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Label(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Label(Cow::Owned(number.to_string())))
            }

            visit_text!(Label);
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de> Deserialize<'de> for Int {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Int;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Int, E> {
                Ok(Int(i64::try_from(number).unwrap_or(i64::MAX)))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Int, E> {
                Ok(Int(number))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Int, E> {
                // Beyond this a float is no integer of ours, and the cast below would saturate.
                if number.fract() == 0.0 && number.abs() < 9e15 {
                    #[expect(clippy::cast_possible_truncation, reason = "whole and in range, as just checked")]
                    return Ok(Int(number as i64));
                }
                Err(E::custom(format_args!("{number} is no integer")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Int, E> {
                match text.trim().parse::<f64>() {
                    Ok(number) => self.visit_f64(number),
                    Err(_) => Err(E::custom("the text is no integer")),
                }
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(V(std::marker::PhantomData))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for First<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = First<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let first = seq.next_element()?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(First(first))
            }
        }
        deserializer.deserialize_seq(V(std::marker::PhantomData))
    }
}

impl<'a, 'de: 'a, T: Deserialize<'de>> Deserialize<'de> for Several<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V<'a, T>(std::marker::PhantomData<(&'a (), T)>);
        impl<'a, 'de: 'a, T: Deserialize<'de>> Visitor<'de> for V<'a, T> {
            type Value = Several<'a, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let first = seq.next_element()?;
                let mut others = Vec::new();
                while let Some(other) = seq.next_element()? {
                    others.push(other);
                }
                Ok(Several { first, others })
            }
        }
        deserializer.deserialize_seq(V(std::marker::PhantomData))
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'a> Visitor<'a> for V {
            type Value = Message<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut message = Message::default();
                while let Some(Str(key)) = map.next_key::<Str<'a>>()? {
                    let place = match &*key {
                        "text" => &mut message.text,
                        "markdown" => &mut message.markdown,
                        "id" => &mut message.id,
                        "arguments" => {
                            if let Loose::List(list) = map.next_value()? {
                                message.arguments = list;
                            }
                            continue;
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    if place.is_some() {
                        return Err(A::Error::custom(format_args!("duplicate field `{key}` of a message")));
                    }
                    *place = map.next_value::<Option<Str<'a>>>()?.map(|text| text.0);
                }
                Ok(message)
            }

            visit_text!(|text| Message { text: Some(text), ..Message::default() });
        }
        deserializer.deserialize_any(V)
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Strings<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'a> Visitor<'a> for V {
            type Value = Strings<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of messages")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut strings = Strings::default();
                while let Some((Str(key), message)) = map.next_entry::<Str<'a>, Message<'a>>()? {
                    strings.0.push((key, message));
                }
                Ok(strings)
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Prints<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'a> Visitor<'a> for V {
            type Value = Prints<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of fingerprints")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut prints = Prints::default();
                while let Some(Str(key)) = map.next_key::<Str<'a>>()? {
                    let place = match &*key {
                        "primaryLocationLineHash" => &mut prints.line,
                        "cargo-deny/advisory-id" => &mut prints.advisory,
                        "cargo-deny/krate" => &mut prints.krate,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    // Some tools write numbers or objects here; there is nothing in them to compare.
                    if let Loose::Text(text) = map.next_value()? {
                        *place = Some(text);
                    }
                }
                Ok(prints)
            }
        }
        deserializer.deserialize_map(V)
    }
}

impl<'a, 'de: 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'a> Visitor<'a> for V {
            type Value = Loose<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Loose::Nothing)
            }

            fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(Loose::Bool(truth))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "scores and counts are small; nothing exact is read from here"
            )]
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Loose::Number(number as f64))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "scores and counts are small; nothing exact is read from here"
            )]
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Loose::Number(number as f64))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Loose::Number(number))
            }

            visit_text!(Loose::Text);

            fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(element) = seq.next_element()? {
                    list.push(element);
                }
                Ok(Loose::List(list))
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Str(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Loose::Map(members))
            }
        }
        deserializer.deserialize_any(V)
    }
}
