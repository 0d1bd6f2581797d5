//! Reading a list to its end, which must be proven: by a total, by a number of pages, or by a page that brings nothing new.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures_util::StreamExt as _;
use serde_json::value::RawValue;

use super::Fault;
use super::client::{Api, Denied, List};
use super::envelope::{self, Facts};

/// No list is read further.
const MOST_ROWS: u64 = 1_000_000;

const TOO_MANY: &str = "it holds more rows than are ever read";

/// Sizes that pages have where none is asked for, or where the one that is asked for is too large.
const SIZES: [u64; 5] = [20, 25, 30, 50, 100];

/// A list, as far as it was read.
#[derive(Debug)]
pub(super) struct Listing<T> {
    /// The rows, each id once, in the order of the pages.
    pub(super) rows: Vec<T>,
    /// Why rows could not be read, a sentence each.
    pub(super) bad: Vec<String>,
    /// How many answers were read.
    pub(super) pages: u64,
    /// Why it may not be all; empty if it is.
    pub(super) missing: Vec<String>,
    /// Why reading ended before its time.
    pub(super) fault: Option<Fault>,
    /// Whether the service tells how many rows there are.
    pub(super) has_total: bool,
    /// Whether no more was wanted than was read.
    pub(super) is_cut: bool,
}

/// A row, and what tells it from others.
pub(super) struct Row<T> {
    /// Its id.
    pub(super) key: Option<String>,
    /// What was made of it.
    pub(super) value: T,
}

/// What is done with rows.
pub(super) struct Rows<'p, T> {
    /// Reads one.
    pub(super) parse: &'p dyn Fn(&RawValue) -> Result<Row<T>, String>,
    /// Whether a second row of the same id should take the place of the first.
    pub(super) is_stricter: fn(&T, &T) -> bool,
    /// How many are wanted, where not all are.
    pub(super) wanted: Option<u64>,
    /// Told of how many were read, and of how many in all.
    pub(super) count: &'p dyn Fn(u64, Option<u64>),
}

/// What came of reading a list once.
struct Pass<T> {
    listing: Listing<T>,
    /// Why another reading may give more.
    doubt: Option<String>,
}

/// A page, read.
struct Page<T> {
    number: u64,
    facts: Facts,
    /// Whether it says that there is more behind it.
    more: bool,
    rows: Vec<Result<Row<T>, String>>,
}

/// Reads a list to its end.
///
/// # Errors
/// If not even its first page could be read.
pub(super) async fn read<T>(api: &Api<'_>, list: &List, rows: &Rows<'_, T>) -> Result<Listing<T>, Denied> {
    let first = pass(api, list, rows).await?;
    let Some(doubt) = first.doubt else { return Ok(first.listing) };
    if first.listing.fault.is_some() {
        return Ok(first.listing);
    }
    // Rows move between pages when something is added while they are read.
    api.log(&format!("{doubt}; reading the {} once more", list.what));
    let Pass { mut listing, doubt } = match pass(api, list, rows).await {
        Ok(Pass { listing: Listing { fault: Some(fault), .. }, .. }) => {
            return Ok(Listing { fault: Some(fault), ..first.listing });
        }
        Ok(second) => second,
        Err(denied) => return Ok(Listing { fault: Some(denied.into()), ..first.listing }),
    };
    listing.pages += first.listing.pages;
    if let Some(doubt) = doubt {
        listing.missing.push(format!("{doubt}, and again when they were read once more"));
    }
    Ok(listing)
}

async fn pass<T>(api: &Api<'_>, list: &List, rows: &Rows<'_, T>) -> Result<Pass<T>, Denied> {
    let asked = u64::from(api.reader.settings.page_size);
    let first = page(api, list, 1, rows).await?;
    let Facts { page: _, size, total, pages } = first.facts;
    let mut collected = Collected::new(rows.is_stricter);
    let read = u64::try_from(first.rows.len()).unwrap_or(u64::MAX);
    let Some(last) = last_page(first.facts, read, asked) else {
        collected.add(first);
        return Ok(collected.end_unknown(api, list, rows, asked).await);
    };
    // A service that gives less than it says on a page that is not the last has pages of that size.
    let size = size.unwrap_or(asked).min(read.max(1));
    let cap = MOST_ROWS.div_ceil(size);
    let wanted = rows.wanted.map_or(u64::MAX, |wanted| wanted.div_ceil(size).max(1));
    let until = last.min(cap).min(wanted);
    collected.add(first);
    (rows.count)(collected.delivered, total);
    if until > 1 {
        let concurrency = usize::try_from(api.reader.settings.concurrency).unwrap_or(1);
        let numbers = futures_util::stream::iter(2..=until);
        let mut answers = numbers.map(|number| page(api, list, number, rows)).buffer_unordered(concurrency);
        while let Some(answer) = answers.next().await {
            match answer {
                Ok(page) => collected.add(page),
                Err(denied) => {
                    collected.fault = Some(denied.into());
                    break;
                }
            }
            // The first page tells how many pages may be read, and the others may hold more than it does.
            if collected.delivered > 2 * MOST_ROWS {
                let attempt = format!("read the {}", list.what);
                collected.fault = Some(Fault::protocol(&attempt, &api.host(), TOO_MANY));
                break;
            }
            (rows.count)(collected.delivered, total);
        }
    }
    let is_cut = wanted < last;
    let changed = collected.totals.iter().flatten().any(|other| Some(*other) != total);
    let more = collected.ends_with_more();
    let (mut listing, idle) = collected.end();
    listing.has_total = total.is_some();
    listing.is_cut = is_cut;
    if cap < last.min(wanted) {
        listing.missing.push(format!("only the first {MOST_ROWS} {} are read, and there are more", list.what));
        return Ok(Pass { listing, doubt: None });
    }
    let distinct = u64::try_from(listing.rows.len() + listing.bad.len()).unwrap_or(u64::MAX);
    let doubt = match total {
        _ if listing.fault.is_some() => None,
        _ if changed => Some(format!("the number of {} changed while they were read", list.what)),
        Some(total) if distinct != total && !is_cut => {
            Some(format!("the total of the {} is {total}, and {distinct} came", list.what))
        }
        _ if more && !is_cut => Some(format!("the last page of the {} says that there is another one", list.what)),
        // The number of pages is all that tells where the end is; a page that brings nothing new belies it.
        None if pages.is_some() && idle > 0 => {
            Some(format!("{last} pages of {} are said to be there, and {idle} of them brought nothing new", list.what))
        }
        _ => None,
    };
    Ok(Pass { listing, doubt })
}

/// The number of the last page. `None` if nothing tells it.
fn last_page(facts: Facts, read: u64, asked: u64) -> Option<u64> {
    let Facts { page: _, size, total, pages } = facts;
    let by_total = total.map(|total| {
        let size = size.unwrap_or(asked);
        // What arrived counts more than what is said of it.
        let size = if read > 0 && read < total { size.min(read) } else { size };
        total.div_ceil(size.max(1)).max(1)
    });
    match (by_total, pages) {
        (Some(by_total), Some(pages)) => Some(by_total.max(pages)),
        (by_total, pages) => by_total.or(pages.map(|pages| pages.max(1))),
    }
}

async fn page<T>(api: &Api<'_>, list: &List, number: u64, rows: &Rows<'_, T>) -> Result<Page<T>, Denied> {
    let body = api.page(list, number, api.reader.settings.page_size).await?;
    let attempt = format!("read the {}", list.what);
    let envelope = envelope::open(&body).map_err(|what| Denied::Fault(Fault::protocol(&attempt, &api.host(), what)))?;
    // A row of a few bytes takes a hundred times as many here, so the size of an answer bounds no memory.
    if u64::try_from(envelope.rows.len()).is_ok_and(|count| count > MOST_ROWS) {
        return Err(Denied::Fault(Fault::protocol(&attempt, &api.host(), TOO_MANY)));
    }
    let rows = envelope.rows.into_iter().map(rows.parse).collect();
    Ok(Page { number, facts: envelope.facts, more: envelope.more, rows })
}

/// Pages, in the order in which they arrive.
struct Collected<T> {
    pages: Vec<Page<T>>,
    totals: Vec<Option<u64>>,
    delivered: u64,
    fault: Option<Fault>,
    is_stricter: fn(&T, &T) -> bool,
}

impl<T> Collected<T> {
    fn new(is_stricter: fn(&T, &T) -> bool) -> Collected<T> {
        Collected { pages: Vec::new(), totals: Vec::new(), delivered: 0, fault: None, is_stricter }
    }

    fn add(&mut self, page: Page<T>) {
        // A page that tells no total belies none.
        self.totals.extend(page.facts.total.map(Some));
        self.delivered += u64::try_from(page.rows.len()).unwrap_or(0);
        self.pages.push(page);
    }

    /// Whether the last page says that there is another one.
    fn ends_with_more(&self) -> bool {
        self.pages.iter().max_by_key(|page| page.number).is_some_and(|page| page.more)
    }

    /// Puts the pages into their order, and each id down once. Also gives how many pages after the first brought nothing new.
    fn end(mut self) -> (Listing<T>, u64) {
        self.pages.sort_by_key(|page| page.number);
        let pages = u64::try_from(self.pages.len()).unwrap_or(u64::MAX);
        let (mut rows, mut bad) = (Vec::<T>::new(), Vec::new());
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut idle = 0;
        for page in self.pages {
            let before = rows.len() + bad.len();
            for row in page.rows {
                match row {
                    Ok(Row { key: None, value }) => rows.push(value),
                    Ok(Row { key: Some(key), value }) => match places.entry(key) {
                        Entry::Vacant(place) => {
                            place.insert(rows.len());
                            rows.push(value);
                        }
                        Entry::Occupied(place) => {
                            if let Some(known) = rows.get_mut(*place.get())
                                && (self.is_stricter)(&value, known)
                            {
                                *known = value;
                            }
                        }
                    },
                    Err(why) => bad.push(why),
                }
            }
            idle += u64::from(page.number > 1 && rows.len() + bad.len() == before);
        }
        let fault = self.fault;
        (Listing { rows, bad, pages, missing: Vec::new(), fault, has_total: false, is_cut: false }, idle)
    }

    /// Reads on, page by page, where nothing tells how many there are. The end is a page in which nothing stands. A service
    /// that knows no pages gives its only one again: that is the end as well, unless it was full, for then it may be a part.
    async fn end_unknown(mut self, api: &Api<'_>, list: &List, rows: &Rows<'_, T>, asked: u64) -> Pass<T> {
        let mut known: std::collections::HashSet<String> = std::collections::HashSet::new();
        // What cannot be read is known by what is wrong with it, and what has no id by that.
        let keys = |page: &Page<T>| -> Vec<String> {
            let key = |row: &Result<Row<T>, String>| match row {
                Ok(row) => row.key.as_ref().map_or_else(String::new, |key| format!("id {key}")),
                Err(why) => format!("bad {why}"),
            };
            page.rows.iter().map(key).collect()
        };
        let mut missing = Vec::new();
        let mut is_cut = false;
        let mut last = self.pages.first().map_or(0, |page| u64::try_from(page.rows.len()).unwrap_or(u64::MAX));
        known.extend(self.pages.first().map(&keys).unwrap_or_default());
        let mut number = 1;
        while last > 0 {
            if rows.wanted.is_some_and(|wanted| self.delivered >= wanted) {
                is_cut = true;
                break;
            }
            if self.delivered >= MOST_ROWS {
                missing.push(format!("only the first {MOST_ROWS} {} are read, and there may be more", list.what));
                break;
            }
            (rows.count)(self.delivered, None);
            number += 1;
            let page = match page(api, list, number, rows).await {
                Ok(page) => page,
                // Some services refuse a page behind the end; a page that was not full is the last.
                Err(Denied::Refused(refusal)) if last < asked && matches!(refusal.status, 400 | 404 | 416 | 422) => {
                    break;
                }
                Err(denied) => {
                    self.fault = Some(denied.into());
                    break;
                }
            };
            let count = u64::try_from(page.rows.len()).unwrap_or(u64::MAX);
            let new = keys(&page).into_iter().filter(|key| known.insert(key.clone())).count();
            if count > 0 && new == 0 {
                // A full page may be a part. So may one of a length that pages have: who ignores a page ignores its size.
                if last >= asked || SIZES.contains(&last) {
                    missing.push(format!("page {number} of the {} holds only what came before", list.what));
                }
                break;
            }
            last = count;
            self.add(page);
        }
        let (totals, more) = (std::mem::take(&mut self.totals), self.ends_with_more());
        let (mut listing, _) = self.end();
        let distinct = u64::try_from(listing.rows.len() + listing.bad.len()).unwrap_or(u64::MAX);
        if missing.is_empty() && listing.fault.is_none() && !is_cut {
            // A total that comes late is one all the same.
            if let Some(total) = totals.into_iter().flatten().find(|total| *total != distinct) {
                missing.push(format!("the total of the {} is {total}, and {distinct} came", list.what));
            } else if more {
                missing.push(format!("the last page of the {} says that there is another one", list.what));
            }
        }
        listing.missing = missing;
        listing.is_cut = is_cut;
        Pass { listing, doubt: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_is_told_by_a_total_by_a_number_of_pages_or_not_at_all() {
        let facts = |size, total, pages| Facts { page: None, size, total, pages };
        for (told, read, want) in [
            (facts(Some(100), Some(250), None), 100, Some(3)),
            (facts(Some(50), Some(250), Some(5)), 50, Some(5)),
            (facts(None, Some(250), None), 50, Some(5)),
            (facts(Some(100), Some(250), None), 50, Some(5)),
            (facts(Some(100), Some(250), Some(2)), 100, Some(3)),
            (facts(Some(100), Some(0), None), 0, Some(1)),
            (facts(Some(100), Some(7), None), 0, Some(1)),
            (facts(None, None, Some(4)), 20, Some(4)),
            (facts(None, None, Some(0)), 0, Some(1)),
            (facts(Some(100), None, None), 100, None),
        ] {
            assert_eq!(last_page(told, read, 100), want, "{told:?} {read}");
        }
    }
}
