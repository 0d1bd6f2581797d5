//! Reading a list to its proven end.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::api::Api;
use super::page::{Next, Page};
use crate::net::{Answer, Request};
use crate::source::Fault;

/// So many rows are read at most: a list without an end must not fill the memory.
const MOST_ROWS: u64 = 2_000_000;
/// So many pages without any row are passed over, one after the other.
const MOST_EMPTY: u32 = 50;
/// Lengths that pages usually have. A bare list of such a length may be the first page of more.
const ROUND: [usize; 25] =
    [10, 12, 15, 16, 20, 24, 25, 30, 32, 40, 50, 60, 64, 75, 100, 128, 150, 200, 250, 256, 300, 500, 512, 1000, 1024];

/// A list of the API.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'l> {
    /// Where it is.
    pub(super) segments: &'l [&'l str],
    /// Parameters of every request for it.
    pub(super) query: &'l [(&'l str, &'l str)],
    /// What its rows are called: `vulnerabilities`.
    pub(super) rows: &'static str,
    /// What is attempted: `read the vulnerabilities`.
    pub(super) attempt: &'l str,
}

/// What a row is to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// It was not there before.
    New,
    /// It was.
    Known,
}

/// How far a list was read.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// Answers.
    pub(super) pages: u64,
    /// Rows without those that were told again.
    pub(super) rows: u64,
    /// Why this may not be all.
    pub(super) missing: Option<String>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
}

/// Why a list was not read.
#[derive(Debug)]
pub(super) enum Stop {
    /// The first request was refused.
    Refused(Answer),
    /// Something else. Rows that came before it were handed over.
    Fault(Fault),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

/// Where a request begins to read.
enum Begin {
    Start,
    Cursor(String),
    Link(String),
}

impl Api<'_> {
    /// Reads a list. Each row is handed to `take` as it arrives, which tells whether it is one that came before.
    pub(super) async fn read(
        &self,
        list: List<'_>,
        extent: &mut Extent,
        mut take: impl FnMut(&RawValue) -> Seen,
    ) -> Result<(), Stop> {
        let mut limit = self.reader().page_size.map(u64::from);
        let mut from = Begin::Start;
        let (mut steps, mut empty, mut total) = (HashSet::new(), 0, None);
        loop {
            let Some(request) = self.page_request(list, limit, &from) else {
                let why = "the server says that the next page is on another host, where no credential is sent";
                extent.missing = Some(why.to_owned());
                break;
            };
            let answer = self.send(request).await?;
            let is_first = matches!(from, Begin::Start);
            if is_first && answer.status == 400 && limit.is_some() {
                // A server that does not page may not know the parameter.
                extent.notes.push(format!("the server does not take `limit` (`page_size`) for the {}", list.rows));
                limit = None;
                continue;
            }
            if !answer.is_success() {
                if is_first {
                    return Err(Stop::Refused(answer));
                }
                return Err(self.refused(list.attempt, &answer, "").into());
            }
            extent.pages += 1;
            let page = self.page(list, &answer)?;
            let fresh = hand_over(&page, extent, &mut take);
            if let Some(now) = page.total {
                if total.is_some_and(|before| before != now) {
                    extent.missing = Some("their number changed while they were read".to_owned());
                }
                total = Some(now);
            }
            let next = match page.next {
                Next::Silence if is_first && total.is_none() && is_suspicious(page.rows.len(), limit) => {
                    match self.look_for_more(list, page.rows.len(), extent, &mut take).await? {
                        Some((next, asked)) => {
                            limit = Some(asked);
                            next
                        }
                        None => break,
                    }
                }
                next => {
                    empty = if page.rows.is_empty() { empty + 1 } else { 0 };
                    let goes_on = matches!(next, Next::Cursor(_) | Next::Link(_));
                    if goes_on && fresh == 0 && !page.rows.is_empty() {
                        extent.missing =
                            Some("a page held only rows that came before, and named another page".to_owned());
                        break;
                    }
                    if goes_on && empty >= MOST_EMPTY {
                        extent.missing =
                            Some(format!("{MOST_EMPTY} pages in a row were empty, and named another page"));
                        break;
                    }
                    next
                }
            };
            from = match next {
                Next::Cursor(step) | Next::Link(step) if !steps.insert(step.clone()) => {
                    extent.missing = Some("the server named the same next page twice".to_owned());
                    break;
                }
                Next::Cursor(_) | Next::Link(_) if extent.rows >= MOST_ROWS => {
                    extent.missing = Some(format!("there are more than {MOST_ROWS} rows, the most that are read"));
                    break;
                }
                Next::Cursor(cursor) => Begin::Cursor(cursor),
                Next::Link(link) => Begin::Link(link),
                Next::Unreadable(why) => {
                    extent.missing = Some(why);
                    break;
                }
                Next::End | Next::Silence => break,
            };
        }
        match total {
            Some(total) if total > extent.rows && extent.missing.is_none() => {
                extent.missing = Some(format!("the server counts {total} and gave {}", extent.rows));
            }
            Some(_) => {}
            None => extent.notes.push(format!("no total given for the {}", list.rows)),
        }
        Ok(())
    }

    fn page_request(&self, list: List<'_>, limit: Option<u64>, from: &Begin) -> Option<Request> {
        let mut request = self.request(list.segments, list.attempt);
        if let Begin::Link(link) = from {
            return request.at(link);
        }
        for (name, value) in list.query {
            request = request.query(name, value);
        }
        if let Some(limit) = limit {
            request = request.query("limit", &limit.to_string());
        }
        Some(match from {
            Begin::Cursor(cursor) => request.query("cursor", cursor),
            _ => request,
        })
    }

    fn page<'a>(&self, list: List<'_>, answer: &'a Answer) -> Result<Page<'a>, Fault> {
        Page::parse(answer, list.rows).map_err(|what| self.protocol(list.attempt, what))
    }

    /// Asks for twice as many rows as there were: a list that is as long as pages usually are may go on although nothing says
    /// so. If the answer tells what comes next, that is where reading goes on, with this limit.
    async fn look_for_more(
        &self,
        list: List<'_>,
        length: usize,
        extent: &mut Extent,
        take: &mut impl FnMut(&RawValue) -> Seen,
    ) -> Result<Option<(Next, u64)>, Fault> {
        let asked = u64::try_from(length).unwrap_or(u64::MAX).saturating_mul(2);
        let Some(request) = self.page_request(list, Some(asked), &Begin::Start) else { return Ok(None) };
        let answer = self.send(request).await?;
        if answer.status == 400 {
            extent.notes.push(format!("{length} {} came, and the server takes no `limit` to ask for more", list.rows));
            return Ok(None);
        }
        if !answer.is_success() {
            let refused = self.refused(list.attempt, &answer, "");
            extent.missing =
                Some(format!("{length} came, as if that were one page of more, and to ask for more failed: {refused}"));
            return Ok(None);
        }
        extent.pages += 1;
        let page = self.page(list, &answer)?;
        let fresh = hand_over(&page, extent, take);
        match page.next {
            next @ (Next::Cursor(_) | Next::Link(_)) => return Ok(Some((next, asked))),
            // The answer says that it is the last one.
            Next::End if page.rows.len() >= length => {}
            Next::Silence if fresh == 0 && page.rows.len() == length => {
                let again =
                    format!("{length} {} came, a round number; asked for {asked}, the server gave the same", list.rows);
                extent.notes.push(again);
            }
            _ => {
                extent.missing = Some(format!(
                    "asked for {length} and for {asked} rows the server gives {length} and {}, without telling how to get \
                     the rest",
                    page.rows.len()
                ));
            }
        }
        Ok(None)
    }
}

fn hand_over(page: &Page<'_>, extent: &mut Extent, take: &mut impl FnMut(&RawValue) -> Seen) -> u64 {
    let fresh = page.rows.iter().map(|row| take(row)).filter(|seen| *seen == Seen::New).count() as u64;
    extent.rows += fresh;
    fresh
}

/// Whether a list that does not say that it ends may be one page of more.
fn is_suspicious(length: usize, limit: Option<u64>) -> bool {
    ROUND.contains(&length)
        || (length > 1000 && length.is_multiple_of(500))
        || limit.is_some_and(|limit| u64::try_from(length) == Ok(limit))
}
