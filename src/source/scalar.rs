//! JSON as vendors really write it: every field may be missing, null, or of another type than documented.
//!
//! A field that cannot be read costs that fact and nothing else; what may not be missing is for the vendor's own code to say.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// From here on numbers that are not written as whole ones of 64 bits lose digits.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A value that should be text, a number or a switch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Scalar {
    /// Not there, or `null`.
    #[default]
    Nothing,
    /// `true` or `false`.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Number(f64),
    /// Text.
    Text(String),
    /// A list or an object.
    Other,
}

impl Scalar {
    /// Text that says something, without the white space around it.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Scalar::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// Text, or a number as text: ids are written both ways. A number that is too large to be known exactly is none: two ids
    /// would be taken for one.
    pub(super) fn word(&self) -> Option<Cow<'_, str>> {
        match self {
            Scalar::Whole(number) => Some(Cow::Owned(number.to_string())),
            Scalar::Number(number) => (number.abs() < EXACT).then(|| Cow::Owned(number.to_string())),
            _ => self.text().map(Cow::Borrowed),
        }
    }

    /// A number, or text that is one.
    #[expect(clippy::cast_precision_loss, reason = "scores and counts are far below 2^52")]
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Scalar::Whole(number) => Some(*number as f64),
            Scalar::Number(number) => Some(*number),
            _ => self.text()?.parse().ok(),
        }
        .filter(|number: &f64| number.is_finite())
    }

    /// A whole number from 0 on, or text that is one.
    pub(super) fn count(&self) -> Option<u64> {
        match self {
            Scalar::Whole(number) => u64::try_from(*number).ok(),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked just before")]
            Scalar::Number(number) if number.fract() == 0.0 && (0.0..9e15).contains(number) => Some(*number as u64),
            _ => self.text()?.parse().ok(),
        }
    }

    /// How many rows a list has, where that is told; a negative number is a way to say that nobody counted.
    ///
    /// # Errors
    /// A part of a sentence: what stands there is no number of rows, and may have meant more than came.
    pub(super) fn total(&self) -> Result<Option<u64>, &'static str> {
        match (self.count(), self.number()) {
            (Some(total), _) => Ok(Some(total)),
            (None, Some(number)) if number < 0.0 => Ok(None),
            (None, None) if self.is_nothing() => Ok(None),
            (None, _) => Err("its total is no number of rows"),
        }
    }

    /// A line number: 0 means none.
    pub(super) fn line(&self) -> Option<u32> {
        self.count().and_then(|line| u32::try_from(line).ok()).filter(|line| *line > 0)
    }

    /// A switch, or the word for it.
    pub(super) fn flag(&self) -> Option<bool> {
        match self {
            Scalar::Flag(flag) => Some(*flag),
            Scalar::Whole(0) => Some(false),
            Scalar::Whole(1) => Some(true),
            _ => match self.text()? {
                text if text.eq_ignore_ascii_case("true") => Some(true),
                text if text.eq_ignore_ascii_case("false") => Some(false),
                _ => None,
            },
        }
    }

    /// A moment: RFC 3339, with a space for the `T` or without a zone (then UTC). The year 1, which some services write for
    /// "never", is none.
    pub(super) fn time(&self) -> Option<Timestamp> {
        let text = self.text()?;
        let zoned = text.parse::<Timestamp>().ok();
        let plain = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        zoned.or_else(plain).filter(|time| time.as_second() > 0)
    }

    /// A moment in milliseconds since 1970; 0 means never.
    pub(super) fn milliseconds(&self) -> Option<Timestamp> {
        let milliseconds = i64::try_from(self.count()?).ok().filter(|milliseconds| *milliseconds > 0)?;
        Timestamp::from_millisecond(milliseconds).ok()
    }

    /// Whether nothing was told.
    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Scalar::Nothing) || matches!(self, Scalar::Text(text) if text.trim().is_empty())
    }
}

/// The first of several fields that says something.
pub(super) fn first<'a>(fields: &[&'a Scalar]) -> &'a Scalar {
    const NOTHING: &Scalar = &Scalar::Nothing;
    fields.iter().copied().find(|field| !field.is_nothing()).unwrap_or(NOTHING)
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::Nothing)
            }
            fn visit_bool<E>(self, flag: bool) -> Result<Scalar, E> {
                Ok(Scalar::Flag(flag))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar::Whole(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                // As text nothing of it is lost.
                Ok(i64::try_from(number).map_or_else(|_| Scalar::Text(number.to_string()), Scalar::Whole))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar::Number(number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar::Text(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar::Text(text))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// For `deserialize_with`: an object; anything else is one in which nothing stands.
pub(super) fn object<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    struct Object<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Object<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_unit<E>(self) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_bool<E>(self, _: bool) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_i64<E>(self, _: i64) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_u64<E>(self, _: u64) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_f64<E>(self, _: f64) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_str<E>(self, _: &str) -> Result<T, E> {
            Ok(T::default())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(T::default())
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }
    deserializer.deserialize_any(Object(PhantomData))
}

/// For `deserialize_with`: a list of what [`list_of`] reads with `T` as an object; `null` is an empty list, and one object
/// stands for a list of it.
pub(super) fn objects<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct One<T>(T);
    impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for One<T> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<One<T>, D::Error> {
            object(deserializer).map(One)
        }
    }
    let list: Vec<One<T>> = list_of(deserializer)?;
    Ok(list.into_iter().map(|One(item)| item).collect())
}

/// For `deserialize_with`: a list of scalars; one scalar stands for a list of it.
pub(super) fn scalars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scalar>, D::Error> {
    list_of(deserializer)
}

fn list_of<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct List<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for List<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_bool<E>(self, _: bool) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Vec<T>, E> {
            Ok(T::deserialize(serde::de::value::I64Deserializer::<E>::new(number)).into_iter().collect())
        }
        fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Vec<T>, E> {
            Ok(T::deserialize(serde::de::value::U64Deserializer::<E>::new(number)).into_iter().collect())
        }
        fn visit_f64<E>(self, _: f64) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            if text.trim().is_empty() {
                return Ok(Vec::new());
            }
            Ok(T::deserialize(serde::de::value::StrDeserializer::<E>::new(text)).into_iter().collect())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            bounded(&mut list)
        }
        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<T>, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(|item| vec![item])
        }
    }
    deserializer.deserialize_any(List(PhantomData))
}

/// The rows of a list, unread.
#[derive(Debug, Default)]
pub(super) struct Rows<'a>(pub(super) Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Rows<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rows<'a>, D::Error> {
        struct Read<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Read<'a> {
            type Value = Rows<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rows<'a>, A::Error> {
                bounded(&mut list).map(Rows)
            }
        }
        deserializer.deserialize_seq(Read(PhantomData))
    }
}

/// More elements of one list are not read. One of two bytes may take a hundred times as many here, so how large an answer
/// may be bounds no memory.
const MOST_ELEMENTS: usize = 2_000_000;

fn bounded<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(list: &mut A) -> Result<Vec<T>, A::Error> {
    let mut items = Vec::new();
    while let Some(item) = list.next_element()? {
        if items.len() == MOST_ELEMENTS {
            return Err(serde::de::Error::custom(format_args!(
                "it holds a list of more than {MOST_ELEMENTS} elements"
            )));
        }
        items.push(item);
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize as Derive;

    fn scalar(json: &str) -> Scalar {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_list_of_more_than_anybody_has_is_refused_before_it_takes_the_memory() {
        let list = |count| format!("[0{}]", ",0".repeat(count - 1));
        let (most, more) = (list(MOST_ELEMENTS), list(MOST_ELEMENTS + 1));
        assert_eq!(serde_json::from_str::<Rows<'_>>(&most).unwrap().0.len(), MOST_ELEMENTS);
        for error in [
            serde_json::from_str::<Rows<'_>>(&more).unwrap_err(),
            scalars(&mut serde_json::Deserializer::from_str(&more)).unwrap_err(),
        ] {
            assert!(error.to_string().contains("more than 2000000 elements"), "{error}");
        }
    }

    #[test]
    fn numbers_are_read_from_text_and_ids_from_numbers() {
        assert_eq!(scalar("\" 422 \"").count(), Some(422));
        assert_eq!(scalar("11").count(), Some(11));
        assert_eq!(scalar("11.0").count(), Some(11));
        assert_eq!(scalar("-1").count(), None);
        for (json, want) in
            [("\"7\"", Ok(Some(7))), ("0", Ok(Some(0))), ("null", Ok(None)), ("\"\"", Ok(None)), ("-1", Ok(None))]
        {
            assert_eq!(scalar(json).total(), want, "{json}");
        }
        for json in ["\"many\"", "2.5", "1e300", "[]", "{}", "true"] {
            assert!(scalar(json).total().is_err(), "{json}");
        }
        assert_eq!(scalar("\"9.8\"").number(), Some(9.8));
        assert_eq!(scalar("\"NaN\"").number(), None);
        assert_eq!(scalar("7").word().as_deref(), Some("7"));
        assert_eq!(scalar("18446744073709551615").word().as_deref(), Some("18446744073709551615"));
        assert_eq!(scalar("36893488147419103232").word(), None, "its last digits are lost, so it is no id");
        assert_eq!(scalar("0").line(), None);
        assert_eq!(scalar("\"True\"").flag(), Some(true));
        assert_eq!(scalar("\" \"").text(), None);
        assert!(scalar("null").is_nothing() && scalar("\"\"").is_nothing() && !scalar("[]").is_nothing());
        assert_eq!(first(&[&scalar("null"), &scalar("\"\""), &scalar("\"x\"")]).text(), Some("x"));
    }

    #[test]
    fn times_are_read_with_and_without_a_zone_and_the_year_one_is_none() {
        for (json, want) in [
            ("\"2026-03-25T22:22:08Z\"", Some("2026-03-25T22:22:08Z")),
            ("\"2026-03-25T22:22:08.5+02:00\"", Some("2026-03-25T20:22:08.5Z")),
            ("\"2026-03-25T22:22:08\"", Some("2026-03-25T22:22:08Z")),
            ("\"2019-12-18 16:15:26.963000\"", Some("2019-12-18T16:15:26.963Z")),
            ("\"2026-03-25\"", Some("2026-03-25T00:00:00Z")),
            ("\"0001-01-01T00:00:00Z\"", None),
            ("\"yesterday\"", None),
            ("5", None),
        ] {
            assert_eq!(scalar(json).time(), want.map(|want| want.parse().unwrap()), "{json}");
        }
        assert_eq!(scalar("1789374100000").milliseconds(), Some("2026-09-14T08:21:40Z".parse().unwrap()));
        assert_eq!(scalar("0").milliseconds(), None);
    }

    #[derive(Debug, Default, Derive, PartialEq)]
    #[serde(default)]
    struct Inner {
        name: Scalar,
    }

    #[derive(Debug, Default, Derive)]
    #[serde(default)]
    struct Outer {
        #[serde(deserialize_with = "object")]
        one: Inner,
        #[serde(deserialize_with = "objects")]
        many: Vec<Inner>,
        #[serde(deserialize_with = "scalars")]
        words: Vec<Scalar>,
    }

    #[test]
    fn what_is_of_another_type_than_documented_costs_that_fact_and_nothing_else() {
        for nothing in ["null", "{}", "[]", "\"text\"", "5", "true", "1.5"] {
            let outer: Outer = serde_json::from_str(&format!(r#"{{"one": {nothing}}}"#)).unwrap();
            assert_eq!(outer.one, Inner::default(), "{nothing}");
        }
        for (json, want) in [("null", 0), ("[]", 0), ("[{\"name\": 1}, null, 5]", 3), ("{\"name\": 1}", 1)] {
            let outer: Outer = serde_json::from_str(&format!(r#"{{"many": {json}}}"#)).unwrap();
            assert_eq!(outer.many.len(), want, "{json}");
        }
        for (json, want) in [("null", 0), ("[\"a\", 1]", 2), ("\"a\"", 1), ("\"\"", 0), ("7", 1)] {
            let outer: Outer = serde_json::from_str(&format!(r#"{{"words": {json}}}"#)).unwrap();
            assert_eq!(outer.words.len(), want, "{json}");
        }
    }
}
