//! What stands around the rows of a list. Mend's services write it in several ways; the rows are in `response` in all that
//! are read here.
//!
//! The address of the next page is never followed: it names foreign hosts, and plain http. Its cursor is all that is taken.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::net::Answer;
use crate::source::names::one_line;
use crate::source::scalar::{Rows, Scalar, first, object};

/// No list is read further than this.
pub(super) const MOST_ROWS: u64 = 1_000_000;

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// The rows, unread.
    pub(super) rows: Vec<&'a RawValue>,
    /// How many rows the whole list has, where it is told.
    pub(super) total: Option<u64>,
    next: Next,
}

/// What a page tells of the next one.
#[derive(Debug)]
enum Next {
    /// This cursor leads to it.
    Cursor(String),
    /// There is an address, but no cursor in it.
    Lost,
    /// No address; a cursor, which may be that of this page.
    Perhaps(String),
    /// Nothing.
    None,
}

/// Reads the envelope.
///
/// # Errors
/// A part of a sentence: why this is no page of a list.
pub(super) fn page(body: &str) -> Result<Page<'_>, String> {
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Body<'a> {
        #[serde(borrow, deserialize_with = "there")]
        response: Option<&'a RawValue>,
        #[serde(deserialize_with = "object")]
        additional_data: More,
    }
    #[derive(Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct More {
        total_items: Scalar,
        next: Scalar,
        cursor: Scalar,
        error: Scalar,
        /// How the code scanner writes an error.
        success: Scalar,
        result: Scalar,
        message: Scalar,
        #[serde(deserialize_with = "object")]
        paging: Paging,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Paging {
        next: Scalar,
        cursor: Scalar,
    }
    let body = body.trim_start_matches('\u{feff}').trim_start();
    if !body.starts_with('{') {
        return Err("it is no object".to_owned());
    }
    let Body { response, additional_data: more } = serde_json::from_str(body).map_err(|error| error.to_string())?;
    match &more.error {
        Scalar::Flag(false) => {}
        error if error.is_nothing() => {}
        error => return Err(format!("it reports an error: {}", one_line(&error.word().unwrap_or_default(), 200))),
    }
    let is_error = more
        .result
        .text()
        .is_some_and(|word| ["error", "failure", "failed"].iter().any(|known| word.eq_ignore_ascii_case(known)));
    if is_error || more.success.flag() == Some(false) {
        let said = first(&[&more.message, &more.result]).word().unwrap_or_default();
        return Err(format!("it reports an error: {}", one_line(&said, 200)));
    }
    let response = response.ok_or_else(|| "it holds no `response`".to_owned())?;
    let total = more.total_items.total()?;
    let rows = match response.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(response.get()).map(|Rows(rows)| rows).map_err(|error| error.to_string())?,
        Some(b'n') if total.unwrap_or(0) == 0 => Vec::new(),
        _ => return Err("its `response` is no list".to_owned()),
    };
    let next = first(&[&more.paging.next, &more.next]);
    let next = match next.text() {
        Some(address) => cursor_of(address).map_or(Next::Lost, Next::Cursor),
        // Something leads on, and nobody knows how.
        None if !next.is_nothing() && next.flag() != Some(false) => Next::Lost,
        None => match first(&[&more.cursor, &more.paging.cursor]).word() {
            Some(cursor) => Next::Perhaps(cursor.into_owned()),
            None => Next::None,
        },
    };
    Ok(Page { rows, total, next })
}

/// Tells `null` from what is not there.
fn there<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The parameter `cursor` of an address, whatever else the address is.
fn cursor_of(address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let query = query.split('#').next().unwrap_or_default();
    let url = reqwest::Url::parse(&format!("http://localhost/?{query}")).ok()?;
    url.query_pairs().find(|(name, value)| name == "cursor" && !value.is_empty()).map(|(_, value)| value.into_owned())
}

/// Going through a list: what was seen, and what comes next.
#[derive(Debug)]
pub(super) struct Walk {
    /// What the rows are: `SCA findings`.
    what: &'static str,
    limit: u32,
    most: u64,
    cursors: HashSet<String>,
    sent: Option<String>,
    /// Each id with a hash of its row: two rows of one id are one only where they are equal.
    seen: HashMap<String, u64>,
    /// Rows without an id.
    nameless: u64,
    total: Option<u64>,
    /// Whether the total changed on the way.
    pub(super) moved: bool,
    /// Whether the page before held no row.
    was_empty: bool,
    rows_here: u64,
    fresh_here: u64,
}

/// What to do after a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Read the page of this cursor.
    Go(String),
    /// All was read, and that is proven as far as Mend proves it.
    Done,
    /// Something is missing; why, as a sentence.
    Stop(String),
}

impl Walk {
    /// Nothing was read yet.
    pub(super) fn new(what: &'static str, limit: u32, most: u64) -> Walk {
        Walk {
            what,
            limit,
            most,
            cursors: HashSet::new(),
            sent: None,
            seen: HashMap::new(),
            nameless: 0,
            total: None,
            moved: false,
            was_empty: false,
            rows_here: 0,
            fresh_here: 0,
        }
    }

    /// Whether a row was not seen before. Two different rows of one id both count.
    pub(super) fn is_fresh(&mut self, id: &str, row: &RawValue) -> bool {
        let mut hasher = DefaultHasher::new();
        row.get().hash(&mut hasher);
        let hash = hasher.finish();
        self.rows_here += 1;
        let known = match self.seen.get(id) {
            Some(known) => Some(*known),
            None => {
                self.seen.insert(id.to_owned(), hash);
                self.fresh_here += 1;
                None
            }
        };
        known != Some(hash)
    }

    /// A row that has no id, or could not be read at all.
    pub(super) fn nameless(&mut self) {
        self.rows_here += 1;
        self.fresh_here += 1;
        self.nameless += 1;
    }

    /// Rows that were told apart.
    pub(super) fn distinct(&self) -> u64 {
        self.seen.len() as u64 + self.nameless
    }

    /// How many there are, as Mend tells.
    pub(super) fn total(&self) -> Option<u64> {
        self.total
    }

    /// A page was read, all of its rows were shown. What now?
    pub(super) fn turn(&mut self, page: &Page<'_>) -> Turn {
        let (rows, fresh) = (std::mem::take(&mut self.rows_here), std::mem::take(&mut self.fresh_here));
        if let (Some(before), Some(now)) = (self.total, page.total) {
            self.moved |= before != now;
        }
        self.total = page.total.or(self.total);
        let what = self.what;
        let was_empty = std::mem::replace(&mut self.was_empty, rows == 0);
        let next = match &page.next {
            // An empty page is the end, unless nobody counts the rows and it leads on itself: then one more is looked at.
            Next::Cursor(cursor) if rows == 0 && self.total.is_none() && !was_empty => {
                Some(cursor.clone()).filter(|cursor| !self.cursors.contains(cursor))
            }
            _ if rows == 0 => None,
            Next::Cursor(cursor) => Some(cursor.clone()),
            Next::Lost if self.total.is_none_or(|total| total > self.distinct()) => {
                return Turn::Stop(format!(
                    "not all {what} were read: Mend names a next page, but no cursor that leads to it"
                ));
            }
            Next::Perhaps(cursor) => {
                // The same field is the next page's cursor in one service and this page's in another.
                let due = self.total.map_or(rows >= u64::from(self.limit), |total| total > self.distinct());
                if due && self.total.is_none() && self.sent.as_ref() == Some(cursor) && fresh == 0 {
                    return Turn::Stop(format!(
                        "not all {what} were read: a page held nothing but what had come before"
                    ));
                }
                (due && self.sent.as_ref() != Some(cursor)).then(|| cursor.clone())
            }
            Next::Lost | Next::None => None,
        };
        let Some(cursor) = next else { return self.end() };
        if !self.cursors.insert(cursor.clone()) {
            return Turn::Stop(format!(
                "not all {what} were read: Mend leads in a circle, to the cursor {}",
                one_line(&cursor, 40)
            ));
        }
        if fresh == 0 && rows > 0 {
            return Turn::Stop(format!("not all {what} were read: a page held nothing but what had come before"));
        }
        if self.distinct() >= self.most {
            return Turn::Stop(format!(
                "not all {what} were read: there are more than {}, the most that is read",
                self.most
            ));
        }
        self.sent = Some(cursor.clone());
        Turn::Go(cursor)
    }

    fn end(&self) -> Turn {
        match self.total {
            Some(total) if total > self.distinct() => {
                let (what, distinct) = (self.what, self.distinct());
                Turn::Stop(format!("not all {what} were read: Mend counts {total}, and {distinct} came"))
            }
            _ => Turn::Done,
        }
    }
}

/// What Mend says of an error, with the token by which its support finds it.
pub(super) fn said(answer: &Answer) -> Option<String> {
    let body = answer.body.trim();
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return (!body.is_empty()).then(|| body.to_owned());
    };
    fn text(value: Option<&Value>) -> Option<&str> {
        value.and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }
    let more = value.get("additionalData");
    let response = value.get("response");
    let message = text(more.and_then(|more| more.get("message")))
        .or_else(|| text(more.and_then(|more| more.get("error"))))
        .or_else(|| ["message", "error", "errorMessage"].iter().find_map(|name| text(value.get(name))))
        .or_else(|| text(response))
        .or_else(|| text(response.and_then(|response| response.get("message"))))
        .or_else(|| text(Some(&value)))
        .map(|message| one_line(message, 150));
    let token = text(value.get("supportToken")).map(|token| format!("support token {}", one_line(token, 80)));
    let parts: Vec<String> = message.into_iter().chain(token).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

#[cfg(test)]
mod tests;
