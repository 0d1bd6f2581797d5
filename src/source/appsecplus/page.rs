//! One answer of a list: its rows, and what it says about more of them.
//!
//! AppSec+ documents bare arrays, and elsewhere that lists are paged by `limit` and `cursor`, without a word on where the
//! next cursor is told. So every usual place is looked at.

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::net::Answer;
use crate::source::scalar::{Rows, Scalar, object};

/// One answer of a list.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The rows, unread.
    pub(super) rows: Vec<&'a RawValue>,
    /// What comes after it.
    pub(super) next: Next,
    /// How many rows there are on all pages, where that is told.
    pub(super) total: Option<u64>,
}

/// What comes after a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The page of this cursor.
    Cursor(String),
    /// The page at this address.
    Link(String),
    /// Nothing, as the answer says.
    End,
    /// Nothing that the answer tells of.
    Silence,
    /// More, but how to ask for it cannot be read.
    Unreadable(String),
}

/// The objects that lists may stand in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Lists<'a> {
    #[serde(borrow)]
    items: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    results: Option<&'a RawValue>,
    #[serde(borrow)]
    applications: Option<&'a RawValue>,
    #[serde(borrow)]
    scans: Option<&'a RawValue>,
    #[serde(borrow)]
    vulnerabilities: Option<&'a RawValue>,
}

/// Where an answer may say what comes next. `Some(Scalar::Nothing)` is a field that holds `null`: that says "nothing".
#[derive(Default, Deserialize)]
#[serde(default)]
struct Marks {
    #[serde(rename = "nextCursor", deserialize_with = "told")]
    next_cursor: Option<Scalar>,
    #[serde(rename = "next_cursor", deserialize_with = "told")]
    next_cursor_snake: Option<Scalar>,
    #[serde(deserialize_with = "told")]
    cursor: Option<Scalar>,
    #[serde(rename = "nextPageToken", deserialize_with = "told")]
    next_page_token: Option<Scalar>,
    #[serde(rename = "hasMore")]
    has_more: Scalar,
    #[serde(rename = "has_more")]
    has_more_snake: Scalar,
    total: Scalar,
    #[serde(rename = "totalCount")]
    total_count: Scalar,
    #[serde(rename = "total_count")]
    total_count_snake: Scalar,
    #[serde(rename = "totalItems", alias = "totalElements", alias = "totalResults")]
    total_items: Scalar,
    count: Scalar,
    // Of pages that are numbered, or named by address: that there are more is heard of, and how to ask for them is not known.
    next: Scalar,
    #[serde(rename = "nextPage", alias = "next_page", alias = "nextUrl", alias = "next_url")]
    next_page: Scalar,
    #[serde(rename = "totalPages", alias = "total_pages", alias = "pageCount", alias = "page_count")]
    total_pages: Scalar,
}

/// The same, one level below.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Nested {
    #[serde(deserialize_with = "object")]
    pagination: Marks,
    #[serde(deserialize_with = "object")]
    paging: Marks,
    #[serde(deserialize_with = "object")]
    meta: Marks,
    #[serde(deserialize_with = "object")]
    page: Marks,
    #[serde(deserialize_with = "object")]
    links: Marks,
    #[serde(rename = "_links", deserialize_with = "object")]
    links_of_hal: Marks,
}

/// What says that an answer is none.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Complaint {
    error: Scalar,
    errors: Scalar,
}

fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Scalar>, D::Error> {
    Scalar::deserialize(deserializer).map(Some)
}

impl Marks {
    fn cursors(&self) -> impl Iterator<Item = &Scalar> {
        [&self.next_cursor, &self.next_cursor_snake, &self.cursor, &self.next_page_token].into_iter().flatten()
    }

    /// Whether another page is told of.
    fn tells_more(&self) -> bool {
        let says = |mark: &Scalar| match mark {
            Scalar::Nothing | Scalar::Flag(false) | Scalar::Whole(0) => false,
            mark => !mark.is_nothing(),
        };
        says(&self.next) || says(&self.next_page) || self.total_pages.count().is_some_and(|pages| pages > 1)
    }
}

impl<'a> Page<'a> {
    /// Reads an answer. `resource` is what the rows are called: `vulnerabilities`.
    ///
    /// # Errors
    /// If it is neither a list nor an object that holds exactly one under a name that lists have.
    pub(super) fn parse(answer: &'a Answer, resource: &str) -> Result<Page<'a>, String> {
        let body = answer.body.trim_start_matches('\u{feff}').trim();
        let unreadable = |error: serde_json::Error| error.to_string();
        if body.starts_with('[') {
            let rows = serde_json::from_str(body).map_err(unreadable)?;
            return Ok(Page { rows, next: next(&[], answer), total: None });
        }
        let lists: Lists<'a> = serde_json::from_str(body).map_err(unreadable)?;
        let named = match resource {
            "applications" => lists.applications,
            "scans" => lists.scans,
            _ => lists.vulnerabilities,
        };
        let found: Vec<&RawValue> = [lists.items, lists.data, lists.results, named]
            .into_iter()
            .flatten()
            .filter(|list| list.get().starts_with('['))
            .collect();
        let [list] = found.as_slice() else {
            let what = if found.is_empty() { "no list" } else { "more than one list" };
            return Err(format!("{what} under `items`, `data`, `results` or `{resource}`"));
        };
        let Complaint { error, errors } = serde_json::from_str(body).map_err(unreadable)?;
        if [error, errors].iter().any(|what| !what.is_nothing() && *what != Scalar::Flag(false)) {
            return Err("it is a list and an error at the same time".to_owned());
        }
        let Rows(rows) = serde_json::from_str(list.get()).map_err(unreadable)?;
        let top: Marks = serde_json::from_str(body).map_err(unreadable)?;
        let Nested { pagination, paging, meta, page, links, links_of_hal } =
            serde_json::from_str(body).map_err(unreadable)?;
        let marks = [top, pagination, paging, meta, page, links, links_of_hal];
        // Where two totals are told, the larger one is to be reached.
        let total = |marks: &Marks| {
            [&marks.total, &marks.total_count, &marks.total_count_snake, &marks.total_items]
                .into_iter()
                .filter_map(Scalar::count)
                .max()
        };
        // A count may be that of the page; one of more rows than it has is that of all.
        let most = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        let count = |marks: &Marks| marks.count.count().filter(|count| *count > most);
        let total = marks.iter().filter_map(total).max().or_else(|| marks.iter().filter_map(count).max());
        Ok(Page { rows, next: next(&marks, answer), total })
    }
}

/// What comes next: the first cursor that is told, in the body or in a header, or the link to the next page.
fn next(marks: &[Marks], answer: &Answer) -> Next {
    // Where one says that there is more and another that there is not, there may be.
    let has_more =
        marks.iter().flat_map(|marks| [&marks.has_more, &marks.has_more_snake]).filter_map(Scalar::flag).max();
    if has_more == Some(false) {
        return Next::End;
    }
    let (mut is_end, mut odd) = (false, None);
    for cursor in marks.iter().flat_map(Marks::cursors) {
        match cursor {
            Scalar::Other | Scalar::Flag(true) => odd = Some("a cursor that is neither text nor a number".to_owned()),
            Scalar::Flag(false) => is_end = true,
            cursor => match cursor.word() {
                Some(cursor) => return Next::Cursor(cursor.into_owned()),
                None => is_end = true,
            },
        }
    }
    if let Some(cursor) = answer.header("x-next-cursor") {
        return Next::Cursor(cursor.to_owned());
    }
    if let Some(link) = answer.header_lines("link").find_map(next_link) {
        return Next::Link(link.to_owned());
    }
    match odd {
        Some(odd) => Next::Unreadable(odd),
        None if has_more == Some(true) => Next::Unreadable("there is more, but no cursor for it".to_owned()),
        None if is_end => Next::End,
        None if marks.iter().any(|marks| marks.tells_more()) => {
            Next::Unreadable("there is another page, but no cursor for it".to_owned())
        }
        None => Next::Silence,
    }
}

/// The address of the relation `next` in a header `Link`: `<https://host/path?cursor=2>; rel="next"` (RFC 8288).
fn next_link(line: &str) -> Option<&str> {
    let mut rest = line;
    loop {
        let (_, tail) = rest.split_once('<')?;
        let (address, tail) = tail.split_once('>')?;
        // Neither a comma nor a bracket can stand in the parameters that matter.
        let (parameters, tail) = tail.split_at(tail.find('<').unwrap_or(tail.len()));
        let is_next =
            parameters.split([';', ',']).filter_map(|parameter| parameter.split_once('=')).any(|(name, value)| {
                let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
            });
        if is_next {
            return Some(address.trim());
        }
        rest = tail;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(body: &str, headers: &[(&'static str, &str)]) -> Result<(usize, Next, Option<u64>), String> {
        let answer = Answer::made(200, headers, body);
        Page::parse(&answer, "scans").map(|page| (page.rows.len(), page.next, page.total))
    }

    fn cursor(text: &str) -> Next {
        Next::Cursor(text.to_owned())
    }

    #[test]
    fn a_list_is_found_bare_and_under_every_name_that_lists_have() {
        for body in [
            "[{}, {}]",
            "\u{feff} [1, 2]\n",
            r#"{"items": [1, 2]}"#,
            r#"{"data": [1, 2], "items": null, "vulnerabilities": []}"#,
            r#"{"results": [1, 2], "page": 1, "meta": "x"}"#,
            r#"{"scans": [1, 2]}"#,
        ] {
            assert_eq!(page(body, &[]), Ok((2, Next::Silence, None)), "{body}");
        }
        for body in [
            "{}",
            r#"{"vulnerabilities": [1]}"#,
            r#"{"items": {}}"#,
            r#"{"items": [], "data": []}"#,
            r#"{"items": [], "items": [1]}"#,
            r#"{"items": [], "error": {"code": "server_error"}}"#,
            r#"{"items": [], "errors": ["x"]}"#,
            r#""text""#,
            "[1, 2",
            "[1] [2]",
        ] {
            assert!(page(body, &[]).is_err(), "{body}");
        }
    }

    #[test]
    fn the_next_cursor_is_found_wherever_it_is_told() {
        for (body, want) in [
            (r#"{"items": [], "nextCursor": "a"}"#, cursor("a")),
            (r#"{"items": [], "next_cursor": 7}"#, cursor("7")),
            (r#"{"items": [], "cursor": "a", "nextCursor": null}"#, cursor("a")),
            (r#"{"items": [], "nextPageToken": "a"}"#, cursor("a")),
            (r#"{"items": [], "pagination": {"nextCursor": "a"}}"#, cursor("a")),
            (r#"{"items": [], "paging": {"next_cursor": "a"}}"#, cursor("a")),
            (r#"{"items": [], "meta": {"cursor": "a"}}"#, cursor("a")),
            (r#"{"items": [], "page": {"nextPageToken": "a"}}"#, cursor("a")),
            (r#"{"items": [], "nextCursor": "a", "hasMore": false}"#, Next::End),
            (r#"{"items": [], "nextCursor": null}"#, Next::End),
            (r#"{"items": [], "nextCursor": ""}"#, Next::End),
            (r#"{"items": [], "page": 3}"#, Next::Silence),
        ] {
            assert_eq!(page(body, &[]), Ok((0, want, None)), "{body}");
        }
        for body in [
            r#"{"items": [], "nextCursor": {}}"#,
            r#"{"items": [], "has_more": true}"#,
            r#"{"items": [], "hasMore": false, "meta": {"hasMore": true}}"#,
            r#"{"results": [], "next": "https://a.example/s?page=2"}"#,
            r#"{"data": [], "links": {"next": "/s?page=2"}}"#,
            r#"{"data": [], "_links": {"next": {"href": "/s?page=2"}}}"#,
            r#"{"items": [], "page": 1, "totalPages": 5}"#,
            r#"{"items": [], "pagination": {"nextPage": 2}}"#,
        ] {
            assert!(matches!(page(body, &[]), Ok((0, Next::Unreadable(_), None))), "{body}");
        }
        assert_eq!(page("[]", &[("x-next-cursor", "a")]), Ok((0, cursor("a"), None)));
        assert_eq!(page(r#"{"data": [], "meta": {"totalCount": "12"}}"#, &[]), Ok((0, Next::Silence, Some(12))));
        assert_eq!(page(r#"{"data": [], "total": 0, "meta": {"total": 12}}"#, &[]), Ok((0, Next::Silence, Some(12))));
        assert_eq!(page(r#"{"results": [1], "count": 240}"#, &[]), Ok((1, Next::Silence, Some(240))));
        let last =
            r#"{"data": [1], "count": 1, "next": null, "totalPages": 1, "links": {"next": null}, "error": null}"#;
        assert_eq!(page(last, &[]), Ok((1, Next::Silence, None)));
    }

    #[test]
    fn the_link_to_the_next_page_is_found_among_others() {
        for (link, want) in [
            ("<https://a.example/s?cursor=2>; rel=\"next\"", Some("https://a.example/s?cursor=2")),
            ("</s?p=1,2>; rel=prev, </s?p=3>;title=x; REL=\"first Next\"", Some("/s?p=3")),
            ("</s>; rel=\"nextish\"", None),
            ("rel=next", None),
            ("</s", None),
        ] {
            let want = want.map_or(Next::Silence, |link| Next::Link(link.to_owned()));
            assert_eq!(page("[]", &[("link", link)]), Ok((0, want, None)), "{link}");
        }
    }
}
