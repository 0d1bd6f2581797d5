//! The two forms in which Mayo writes a list, and those that are tolerated beside them. Which one it is, each answer says for
//! itself.
//!
//! - `{"data": [...], "pagination": {"page", "per_page", "total"}}`
//! - `{"items": [...], "total", "page", "page_size", "total_pages"}`
//! - a bare list, or an object in which exactly one list of objects stands.
//!
//! Anything else cannot be read; it is never a list in which nothing stands.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::source::scalar::{Rows, Scalar, first};

/// A page of a list.
#[derive(Debug)]
pub(super) struct Envelope<'a> {
    /// The rows, unread.
    pub(super) rows: Vec<&'a RawValue>,
    /// What it says of the whole list.
    pub(super) facts: Facts,
    /// Whether it says that there is more behind it.
    pub(super) more: bool,
}

/// What a page says of the list that it belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Its number, from 1.
    pub(super) page: Option<u64>,
    /// How many rows a page has.
    pub(super) size: Option<u64>,
    /// How many rows there are in all.
    pub(super) total: Option<u64>,
    /// How many pages there are in all.
    pub(super) pages: Option<u64>,
}

/// The members of an object, in its order, with each that stands there twice.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'a>, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Members)
    }
}

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| *value)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Paging {
    page: Scalar,
    per_page: Scalar,
    page_size: Scalar,
    total: Scalar,
    total_pages: Scalar,
    pages: Scalar,
}

/// Names of lists that tell what went wrong.
const COMPLAINTS: [&str; 5] = ["error", "errors", "detail", "details", "warnings"];

/// Opens a body.
///
/// # Errors
/// What is wrong with it.
pub(super) fn open(body: &str) -> Result<Envelope<'_>, String> {
    let body = body.trim_start_matches('\u{feff}').trim();
    if body.starts_with('[') {
        let rows = serde_json::from_str(body).map_err(|error| error.to_string())?;
        return Ok(Envelope { rows, facts: Facts::default(), more: false });
    }
    let members: Members<'_> = serde_json::from_str(body).map_err(|error| error.to_string())?;
    let mut names: Vec<&str> = members.0.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        return Err(format!("`{twice}` stands in it twice"));
    }
    if let Some(complaint) =
        ["error", "errors", "detail"].into_iter().find(|name| members.get(name).is_some_and(says_something))
    {
        return Err(format!("it is a list and an error (`{complaint}`) at the same time"));
    }
    let (facts, more) = (facts(&members)?, says_more(&members)?);
    let documented: Vec<&RawValue> =
        ["data", "items"].into_iter().filter_map(|name| members.get(name)).filter(|value| is_list(value)).collect();
    match documented.as_slice() {
        [] => {}
        [list] => return Ok(Envelope { rows: rows(list)?, facts, more }),
        _ => return Err("it holds two lists, `data` and `items`".to_owned()),
    }
    let mut lists = Vec::new();
    for (name, value) in members.0.iter().filter(|(_, value)| is_list(value)) {
        if !COMPLAINTS.contains(&name.as_str()) {
            lists.push(rows(value)?);
        }
    }
    let is_of_objects = |rows: &Vec<&RawValue>| !rows.is_empty() && rows.iter().all(|row| row.get().starts_with('{'));
    let with_rows = lists.iter().filter(|rows| is_of_objects(rows)).count();
    match (lists.len(), with_rows) {
        // A list of nothing shows nothing, unless it says so.
        (1, 0) if lists.iter().all(Vec::is_empty) && facts.total == Some(0) => {
            Ok(Envelope { rows: Vec::new(), facts, more })
        }
        (_, 1) => Ok(Envelope { rows: lists.into_iter().find(is_of_objects).unwrap_or_default(), facts, more }),
        _ => Err("it holds no list that could be the one that was asked for".to_owned()),
    }
}

fn is_list(value: &RawValue) -> bool {
    value.get().starts_with('[')
}

fn says_something(value: &RawValue) -> bool {
    !matches!(value.get(), "null" | "false" | "\"\"" | "[]" | "{}")
}

fn rows(list: &RawValue) -> Result<Vec<&RawValue>, String> {
    serde_json::from_str(list.get()).map(|Rows(rows)| rows).map_err(|error| error.to_string())
}

/// What an answer may say of the page behind it. None of it is documented, so how to ask for that page is not known.
const MORE: [&str; 8] = ["next", "next_page", "next_cursor", "next_url", "cursor", "has_more", "has_next", "links"];

/// Whether it says that there is another page: a switch that is on, or an address, a cursor or a number of one.
fn says_more(members: &Members<'_>) -> Result<bool, String> {
    let mut places = vec![more_in(members)];
    for name in ["pagination", "meta", "links"] {
        if let Some(object) = members.get(name).filter(|value| value.get().starts_with('{')) {
            let inner: Members<'_> = serde_json::from_str(object.get()).map_err(|error| error.to_string())?;
            places.push(more_in(&inner));
        }
    }
    Ok(places.contains(&true))
}

fn more_in(members: &Members<'_>) -> bool {
    let tells = |value: &&RawValue| !value.get().starts_with(['{', '[']) && says_something(value) && value.get() != "0";
    MORE.into_iter().filter_map(|name| members.get(name)).any(|value| tells(&value))
}

/// The facts, under `pagination` or `meta` or beside the list.
fn facts(members: &Members<'_>) -> Result<Facts, String> {
    let mut places = Vec::new();
    for name in ["pagination", "meta"] {
        if let Some(object) = members.get(name).filter(|value| value.get().starts_with('{')) {
            places.push(serde_json::from_str::<Paging>(object.get()).map_err(|error| error.to_string())?);
        }
    }
    let scalar = |name| members.get(name).and_then(|value| serde_json::from_str(value.get()).ok()).unwrap_or_default();
    places.push(Paging {
        page: scalar("page"),
        per_page: scalar("per_page"),
        page_size: scalar("page_size"),
        total: scalar("total"),
        total_pages: scalar("total_pages"),
        pages: scalar("pages"),
    });
    let told = |fields: &dyn Fn(&Paging) -> [Scalar; 2]| {
        places.iter().find_map(|place| {
            let [a, b] = fields(place);
            first(&[&a, &b]).count()
        })
    };
    // Where two totals are told, the larger one is to be reached.
    let total = places.iter().filter_map(|place| place.total.count()).max();
    Ok(Facts {
        page: told(&|place| [place.page.clone(), Scalar::Nothing]),
        size: told(&|place| [place.per_page.clone(), place.page_size.clone()]).filter(|size| *size > 0),
        total,
        pages: told(&|place| [place.total_pages.clone(), place.pages.clone()]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(body: &str) -> Result<(usize, Facts), String> {
        open(body).map(|envelope| (envelope.rows.len(), envelope.facts))
    }

    #[test]
    fn both_forms_of_a_list_are_read_and_what_is_tolerated_beside_them() {
        let facts = |page, size, total, pages| Facts { page, size, total, pages };
        for (body, rows, want) in [
            (
                r#"{"data": [{}, {}], "pagination": {"page": 1, "per_page": 20, "total": 2}}"#,
                2,
                facts(Some(1), Some(20), Some(2), None),
            ),
            (
                r#"{"items": [{}], "total": 1, "page": 1, "page_size": 50, "total_pages": 1}"#,
                1,
                facts(Some(1), Some(50), Some(1), Some(1)),
            ),
            (r#"{"data": []}"#, 0, Facts::default()),
            ("\u{feff}[{}, {}]", 2, Facts::default()),
            ("[]", 0, Facts::default()),
            (r#"{"findings": [{}], "meta": {"total": "7", "pages": 2}}"#, 1, facts(None, None, Some(7), Some(2))),
            (r#"{"results": [{}], "filters": [], "total": 1}"#, 1, facts(None, None, Some(1), None)),
            (r#"{"findings": [], "total": 0}"#, 0, facts(None, None, Some(0), None)),
            (r#"{"data": {"x": 1}, "items": [{}], "total": null, "per_page": 0}"#, 1, Facts::default()),
            (r#"{"data": [], "pagination": {"total": -1}, "error": null}"#, 0, Facts::default()),
        ] {
            assert_eq!(count(body), Ok((rows, want)), "{body}");
        }
    }

    #[test]
    fn the_larger_of_two_totals_counts_and_a_page_that_is_said_to_follow_is_heard_of() {
        let body = r#"{"data": [{}], "total": 9, "pagination": {"total": 1}}"#;
        assert_eq!(count(body).unwrap().1.total, Some(9));
        for (part, more) in [
            (r#""has_more": true"#, true),
            (r#""next": "https://a.example/x?page=2""#, true),
            (r#""pagination": {"next_cursor": "abc"}"#, true),
            (r#""meta": {"next_page": 2}"#, true),
            (r#""links": {"next": "/findings?page=2", "self": "/findings"}"#, true),
            (r#""has_more": false, "next": null, "pagination": {"next_cursor": ""}, "links": {"self": "/x"}"#, false),
        ] {
            let body = format!(r#"{{"data": [{{}}], {part}}}"#);
            assert_eq!(open(&body).map(|envelope| envelope.more), Ok(more), "{body}");
        }
    }

    #[test]
    fn what_is_no_list_is_refused_and_never_taken_for_an_empty_one() {
        for body in [
            "{}",
            r#"{"data": null, "pagination": {"total": 0}}"#,
            r#"{"data": {"findings": []}}"#,
            r#"{"findings": []}"#,
            r#"{"findings": [], "other": [], "total": 0}"#,
            r#"{"a": [{}], "b": [{}]}"#,
            r#"{"ids": [1, 2], "total": 2}"#,
            r#"{"detail": [{"msg": "no"}]}"#,
            r#"{"data": [], "data": [{}]}"#,
            r#"{"data": [], "error": {"code": "x"}}"#,
            r#"{"data": [], "detail": "rate limited (queue full)"}"#,
            r#"{"data": [], "items": [{}]}"#,
            r#"{"data": [{}], "pagination": {"total": 1, "total": 2}}"#,
            r#"{"data": [{]}"#,
            "7",
            "\"ok\"",
        ] {
            assert!(count(body).is_err(), "{body}: {:?}", count(body));
        }
    }
}
