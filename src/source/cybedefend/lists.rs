//! Reading the list of one type of finding, page by page, until its end is proven.

use std::cell::Cell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures_util::StreamExt as _;
use futures_util::stream;
use jiff::Timestamp;

use super::client::Server;
use super::normalize::{Content, Lens, Read, Row, normalize};
use super::types::Type;
use super::wire;
use crate::finding::Text;
use crate::net::{Answer, Request};
use crate::progress::Meter;
use crate::source::Fault;
use crate::source::ledger::Ledger;
use crate::source::names::Names;
use crate::source::scalar::{Rows, Scalar};

/// No list is read further: with the ten rows of the smallest page these are a million findings.
pub(super) const MOST_PAGES: u64 = 100_000;

/// A list that can be read.
pub(super) struct List<'a> {
    server: &'a Server<'a>,
    lens: Lens<'a>,
    page_size: u32,
    /// Pages that are asked for ahead.
    ahead: usize,
    most_pages: u64,
    /// The server takes only the parameters that are documented for this list.
    is_strict: Cell<bool>,
    meter: &'a Progress<'a>,
}

/// How far all lists of a source were read.
pub(super) struct Progress<'a> {
    meter: &'a Meter,
    read: Cell<u64>,
    of: Cell<u64>,
}

impl<'a> Progress<'a> {
    /// Nothing was read.
    pub(super) fn new(meter: &'a Meter) -> Progress<'a> {
        Progress { meter, read: Cell::new(0), of: Cell::new(0) }
    }

    fn expect(&self, total: Option<u64>) {
        self.of.set(self.of.get().saturating_add(total.unwrap_or_default()));
    }

    fn advance(&self, rows: usize) {
        self.read.set(self.read.get().saturating_add(rows as u64));
        let of = self.of.get().max(self.read.get());
        self.meter.count(self.read.get(), Some(of));
    }
}

/// What came of asking for the first page.
pub(super) enum First {
    /// It was read.
    Page(Box<Page>),
    /// The server does not let this list be read: it is not in the plan, or the user may not see it.
    Denied(Fault),
    /// It could not be read.
    Broken(Fault),
}

/// A page that was read.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) total: Option<u64>,
    pub(super) total_pages: Option<u64>,
    /// The scan that the list names.
    pub(super) scan: wire::ScanInfo,
    rows: Vec<Result<Row, String>>,
    /// A filter that the server applied although nobody asked for it.
    filter: Option<&'static str>,
}

/// What was read of a list.
#[derive(Debug, Default)]
pub(super) struct Reading {
    rows: Vec<Row>,
    skips: Vec<String>,
    pages: u64,
    total: Option<u64>,
    /// Why it is not complete.
    gaps: Vec<String>,
    fault: Option<Fault>,
    filter: Option<&'static str>,
    /// The number of findings changed while they were read.
    moved: bool,
    /// How many rows came again.
    repeats: u64,
}

impl<'a> List<'a> {
    /// A list that nothing was read of.
    pub(super) fn new(
        server: &'a Server<'a>,
        lens: Lens<'a>,
        (page_size, ahead): (u32, usize),
        meter: &'a Progress<'a>,
    ) -> List<'a> {
        List { server, lens, page_size, ahead, most_pages: MOST_PAGES, is_strict: Cell::new(false), meter }
    }

    #[cfg(test)]
    pub(super) fn of_at_most(self, most_pages: u64) -> List<'a> {
        List { most_pages, ..self }
    }

    /// The type of its findings.
    pub(super) fn of(&self) -> Type {
        self.lens.list
    }

    fn attempt(&self) -> String {
        format!("read the {} of {}", self.lens.list.list(), self.lens.project_name)
    }

    /// The request for a page. Each list is documented to page in one of two ways; several take both, so both are sent.
    fn request(&self, page: u64) -> Request {
        let Lens { project, list, branch, .. } = self.lens;
        let mut request = self.server.get(&["project", project, "results", list.name()], self.attempt());
        let (page, size) = (page.to_string(), self.page_size.to_string());
        let is_strict = self.is_strict.get();
        if !is_strict || list.pages_by_limit() {
            request = request.query("page", &page).query("limit", &size);
        }
        if !is_strict || !list.pages_by_limit() {
            request = request.query("pageNumber", &page).query("pageSizeNumber", &size);
        }
        if list.sorts() && !is_strict {
            // What is found while pages are read comes last and moves no row.
            request = request.query("sort", "createdAt").query("order", "asc");
        }
        match branch {
            Some(branch) => request.query("branch", branch),
            None => request,
        }
    }

    /// Asks for the first page.
    pub(super) async fn first(&self) -> First {
        let mut answer = self.server.send(self.request(1)).await;
        if matches!(&answer, Ok(answer) if answer.status == 400) && !self.is_strict.replace(true) {
            answer = self.server.send(self.request(1)).await;
        }
        match answer {
            Err(fault) => First::Broken(fault),
            Ok(answer) if answer.status == 403 => First::Denied(self.server.refused(&self.attempt(), &answer)),
            Ok(answer) => match self.page(&answer, &mut Names::new()) {
                Ok(page) => First::Page(Box::new(page)),
                Err(fault) => First::Broken(fault),
            },
        }
    }

    /// Reads an answer.
    fn page(&self, answer: &Answer, names: &mut Names) -> Result<Page, Fault> {
        let attempt = self.attempt();
        if !answer.is_success() {
            return Err(self.server.refused(&attempt, answer));
        }
        let wrong = |what: &str| Fault::protocol(&attempt, &self.server.host(), what);
        let page: wire::Page<'_> = if answer.body.trim_start_matches('\u{feff}').trim_start().starts_with('[') {
            // The documentation promises a list with one page in it; servers send the page.
            let pages: Vec<wire::Page<'_>> = self.server.parse(&attempt, answer)?;
            let [page] = <[_; 1]>::try_from(pages).map_err(|_| wrong("it is a list, and not of one page"))?;
            page
        } else {
            self.server.parse(&attempt, answer)?
        };
        let project = page.project_id.text();
        if project.is_some_and(|project| !project.eq_ignore_ascii_case(self.lens.project)) {
            return Err(wrong("it is of another project"));
        }
        let total = page.total.total().map_err(wrong)?;
        let rows = match (page.vulnerabilities, total) {
            (Some(Rows(rows)), _) => rows,
            (None, Some(0)) => Vec::new(),
            (None, _) => return Err(wrong("it holds no `vulnerabilities`")),
        };
        self.meter.advance(rows.len());
        Ok(Page {
            total,
            total_pages: page.total_pages.count(),
            scan: page.scan_project_info,
            rows: rows.into_iter().map(|row| normalize(row.get(), self.lens, names)).collect(),
            filter: filter(&page.severity, &page.status, &page.priority),
        })
    }

    /// Reads the pages behind the first. If findings come or go meanwhile, rows may have moved from one page to another: the
    /// total changes, or a row comes twice and another not at all. Then everything is read once more.
    pub(super) async fn rest(&self, first: Page) -> Reading {
        let reading = self.walk(first, false).await;
        if !(reading.moved || reading.is_shifted()) {
            return reading;
        }
        match self.first().await {
            First::Page(page) => {
                let mut again = self.walk(*page, true).await;
                again.pages += reading.pages;
                if again.moved {
                    again.gaps.push(format!(
                        "the number of {} of {} changed while they were read, and again when they were read once more; run it \
                         again when nothing is being scanned",
                        self.lens.list.list(),
                        self.lens.project_name
                    ));
                }
                again
            }
            First::Denied(fault) | First::Broken(fault) => Reading { fault: Some(fault), ..reading },
        }
    }

    fn same_again(&self, reading: &Reading) -> String {
        let of = reading.total.map(|total| format!(" of {total}")).unwrap_or_default();
        format!(
            "the {} of {} come again and again instead of the next page: only {}{of} were delivered",
            self.lens.list.list(),
            self.lens.project_name,
            reading.delivered()
        )
    }

    /// Reads all pages. With `to_the_end` it goes on when their number changes.
    async fn walk(&self, first: Page, to_the_end: bool) -> Reading {
        // No page at all, and rows on one: then nobody told how many there are.
        let is_told = |last: &u64| *last > 0 || first.total.is_some() || first.rows.is_empty();
        let (total, last) = (first.total, first.total_pages.filter(is_told));
        self.meter.expect(total);
        let mut reading = Reading { total, ..Reading::default() };
        let mut seen = HashMap::new();
        let mut names = Names::new();
        let is_empty = first.rows.is_empty();
        reading.take(first, &mut seen);
        let is_alone = is_empty || total.is_some_and(|total| reading.delivered() >= total);
        let is_capped = last.is_some_and(|last| last > self.most_pages);
        // Where the number of pages is not told, the total is the end, or an empty page.
        let end = last.unwrap_or(self.most_pages).min(self.most_pages);
        let wanted = if last.is_none() && is_alone { 1 } else { end };
        let ahead = if last.is_some() { self.ahead } else { 1 };
        let mut answers =
            stream::iter(2..=wanted).map(|number| self.server.send(self.request(number))).buffered(ahead.max(1));
        let mut is_over = wanted < 2;
        // In the order of the pages, so that a failure leaves the same findings in every run.
        while let Some(answer) = answers.next().await {
            let page = match answer.and_then(|answer| self.page(&answer, &mut names)) {
                Ok(page) => page,
                Err(fault) => {
                    reading.fault = Some(fault);
                    return reading;
                }
            };
            if total.is_some() && page.total.is_some() && page.total != total {
                reading.moved = true;
                if !to_the_end {
                    return reading;
                }
            }
            let is_empty = page.rows.is_empty();
            let is_known = reading.take(page, &mut seen);
            let is_all = total.is_some_and(|total| reading.delivered() >= total);
            if is_known && !is_all {
                reading.gaps.push(self.same_again(&reading));
            } else if is_empty && last.is_some() && total.is_none() {
                let (list, project) = (self.lens.list.list(), self.lens.project_name);
                reading.gaps.push(format!("a page of the {list} of {project} is empty although more were announced"));
            }
            is_over = is_known || is_empty || (last.is_none() && is_all);
            if is_over {
                break;
            }
        }
        if is_capped || (last.is_none() && !is_over) {
            reading.gaps.push(format!(
                "only the first {} pages of the {} of {} were read, the most that findgate reads of a list",
                self.most_pages,
                self.lens.list.list(),
                self.lens.project_name
            ));
        }
        reading
    }
}

/// A filter that the server says it applied. No filter is sent; one by severity or priority leaves out what is not rated, and
/// one by status what has a word that the filter does not know, unless it names all there are.
fn filter(severity: &[Scalar], status: &[Scalar], priority: &[Scalar]) -> Option<&'static str> {
    let told = |list: &[Scalar]| list.iter().any(|word| word.text().is_some());
    let all = ["to_verify", "confirmed", "resolved", "ignored"];
    let is_all = |word: &&str| status.iter().filter_map(Scalar::text).any(|told| told.eq_ignore_ascii_case(word));
    if told(severity) {
        Some("severity")
    } else if told(priority) {
        Some("priority")
    } else if told(status) && !all.iter().all(is_all) {
        Some("status")
    } else {
        None
    }
}

impl Reading {
    /// Takes the rows of a page. A finding that was there already counts once. Gives whether nothing on it was new: then the
    /// server does not turn the page.
    fn take(&mut self, page: Page, seen: &mut HashMap<String, usize>) -> bool {
        self.pages += 1;
        self.filter = self.filter.or(page.filter);
        let mut known = !page.rows.is_empty();
        for row in page.rows {
            match row {
                Err(why) => {
                    known = false;
                    self.skips.push(why);
                }
                Ok(row) => match seen.entry(row.id.clone()) {
                    Entry::Vacant(place) => {
                        known = false;
                        place.insert(self.rows.len());
                        self.rows.push(row);
                    }
                    Entry::Occupied(place) => {
                        self.repeats += 1;
                        if let Some(first) = self.rows.get_mut(*place.get()) {
                            first.join(row);
                        }
                    }
                },
            }
        }
        known
    }

    /// Whether rows came twice and others not at all.
    fn is_shifted(&self) -> bool {
        let is_short = self.total.is_some_and(|total| total > self.delivered());
        is_short && self.repeats > 0 && self.gaps.is_empty() && self.fault.is_none()
    }

    /// How many different rows there were.
    fn delivered(&self) -> u64 {
        (self.rows.len() + self.skips.len()) as u64
    }

    /// The branches that findings say they are of, each with when the finding was found for the first time.
    pub(super) fn branches(&self) -> impl Iterator<Item = (&Text, Option<Timestamp>)> {
        self.rows.iter().filter_map(|row| match &row.content {
            Content::Finding(read) => Some((read.branch.as_ref()?, read.finding.first_seen)),
            Content::OtherProject | Content::OtherBranch => None,
        })
    }

    /// How many findings there are.
    pub(super) fn findings(&self) -> u64 {
        self.rows.iter().filter(|row| matches!(row.content, Content::Finding(_))).count() as u64
    }

    /// Enters everything into the account.
    pub(super) fn enter(self, list: Type, project: &str, ledger: &mut Ledger) {
        let delivered = self.delivered();
        let Reading { rows, skips, pages, total, gaps, fault, filter, moved: _, repeats: _ } = self;
        let name = list.list();
        ledger.pages += pages;
        let is_whole = fault.is_none() && gaps.is_empty();
        match total {
            Some(total) if total > delivered && is_whole => {
                ledger.partial(format!("only {delivered} of the {total} {name} of {project} were delivered"));
            }
            None => ledger
                .note(format!("no total given for the {name} of {project}, so nothing shows that all were delivered")),
            Some(_) => {}
        }
        if let Some(filter) = filter {
            ledger.partial(format!(
                "the server left out {name} of {project} by {filter} although nobody asked it to, so some may be missing"
            ));
        }
        for gap in gaps {
            ledger.partial(gap);
        }
        if let Some(fault) = fault {
            ledger.failed(fault);
        }
        for why in skips {
            ledger.skip(name, why);
        }
        let (mut other_projects, mut other_branches, mut without_status) = (0u64, 0u64, 0u64);
        for Row { id: _, content } in rows {
            match content {
                Content::Finding(read) => {
                    let Read { finding, branch: _, unknown, without_status: no_status } = *read;
                    for (field, word) in unknown {
                        ledger.unknown_word(field, &word);
                    }
                    without_status += u64::from(no_status);
                    ledger.add(finding);
                }
                Content::OtherProject => other_projects += 1,
                Content::OtherBranch => other_branches += 1,
            }
        }
        for (count, what) in [
            (other_projects, "are of another project and were left out"),
            (other_branches, "are of another branch than was asked for and were left out"),
            (without_status, "tell no status and count as open"),
        ] {
            if count > 0 {
                ledger.note(format!("{count} of the {name} of {project} {what}"));
            }
        }
    }
}

impl Row {
    /// Joins another reading of the same finding. They differ where it changed while pages were read: then the one that counts
    /// more holds.
    fn join(&mut self, other: Row) {
        let weight = |row: &Row| match &row.content {
            Content::Finding(read) => {
                // Not rated counts as the worst.
                let severity = read.finding.severity.map_or(u8::MAX, |severity| severity as u8);
                (2, u8::from(read.finding.excuse().is_none()), severity)
            }
            Content::OtherBranch => (1, 0, 0),
            Content::OtherProject => (0, 0, 0),
        };
        if weight(&other) > weight(self) {
            *self = other;
        }
    }
}
