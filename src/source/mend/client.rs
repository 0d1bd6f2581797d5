//! Asking Mend: one session, and lists that are read to their end or said to be incomplete.

use std::cell::Cell;

use serde_json::value::RawValue;

use super::config::{NAME, Reader};
use super::envelope::{MOST_ROWS, Turn, Walk, page, said};
use super::login::{Keys, Org, signed};
use crate::net::{Answer, Client, Request};
use crate::source::ledger::Ledger;
use crate::source::session::Session;
use crate::source::{Desk, Fault};

/// A session with Mend.
pub(super) struct Api<'a> {
    /// What is read.
    pub(super) reader: &'a Reader,
    /// What it is read for.
    pub(super) desk: &'a Desk,
    client: &'a Client,
    session: Session<'a, Keys<'a>>,
    read: Cell<u64>,
    of: Cell<u64>,
}

/// A list of Mend's.
#[derive(Clone, Debug)]
pub(super) struct List<'l> {
    /// What its rows are: `SCA findings`.
    pub(super) what: &'static str,
    /// Its path below the API.
    pub(super) path: Vec<&'l str>,
    /// The question, where it is asked with `POST`.
    pub(super) question: Option<serde_json::Value>,
    /// Whether its rows are findings, which a waiting person sees counted.
    pub(super) counts: bool,
}

/// What reading a list gave: its rows, and the account of the reading.
#[derive(Debug)]
pub(super) struct Listing<T> {
    /// The rows, in the order of the list.
    pub(super) items: Vec<T>,
    /// What was counted and what is missing.
    pub(super) ledger: Ledger,
}

/// What a row is.
pub(super) enum Row<T> {
    /// One that is kept, with its id.
    Kept(String, T),
    /// One of another project, with its id.
    Foreign(String),
    /// One that cannot be read; the ledger knows why.
    Unreadable,
}

/// A list that could not be read.
#[derive(Debug)]
pub(super) struct Refused {
    /// The status of the answer, if there was one with a status that means no.
    pub(super) status: Option<u16>,
    /// Why.
    pub(super) fault: Fault,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Refused {
        Refused { status: None, fault }
    }
}

impl<'l> List<'l> {
    /// One of findings, that is asked for with `GET`.
    pub(super) fn of_findings(what: &'static str, path: Vec<&'l str>) -> List<'l> {
        List { what, path, question: None, counts: true }
    }

    /// One of something else.
    pub(super) fn of(what: &'static str, path: Vec<&'l str>) -> List<'l> {
        List { what, path, question: None, counts: false }
    }
}

impl<'a> Api<'a> {
    /// A session that has not begun.
    pub(super) fn new(reader: &'a Reader, desk: &'a Desk, client: &'a Client) -> Api<'a> {
        let session = Session::new(client, Keys::new(reader));
        Api { reader, desk, client, session, read: Cell::new(0), of: Cell::new(0) }
    }

    /// Logs in, and tells the organization.
    pub(super) async fn begin(&self) -> Result<Org, Fault> {
        self.session.begin().await?;
        self.session.login().org().ok_or_else(|| Fault::new("Mend does not tell the organization of the key"))
    }

    /// Whether the server gave any answer.
    pub(super) fn is_reached(&self) -> bool {
        self.session.login().is_reached()
    }

    /// Logs out. What comes of it changes nothing any more.
    pub(super) async fn end(&self) {
        self.session.login().end(self.client).await;
    }

    /// The host, for messages.
    pub(super) fn host(&self) -> String {
        self.reader.endpoint.host()
    }

    /// Asks for one thing that is no list; the answer may mean no.
    pub(super) async fn one(&self, path: &[&str], attempt: String) -> Result<Answer, Fault> {
        self.session.send(signed(Request::get(&self.reader.endpoint, path, attempt))).await
    }

    /// Reads a list to its end. `take` reads a row.
    pub(super) async fn list<T>(
        &self,
        list: &List<'_>,
        take: impl Fn(&RawValue, &mut Ledger) -> Row<T>,
    ) -> Result<Listing<T>, Refused> {
        let mut limit = self.reader.settings.page_size;
        let (mut halved, mut repeated) = (0, false);
        loop {
            match self.walk(list, limit, &take).await {
                Ok((listing, true)) if repeated => {
                    let mut listing = listing;
                    let what = list.what;
                    listing.ledger.partial(format!(
                        "the number of {what} changed while they were read, twice, so some may be missing; is a scan running?"
                    ));
                    return Ok(listing);
                }
                Ok((_, true)) => repeated = true,
                Ok((listing, false)) => return Ok(listing),
                // Large pages are more than some instances can do. A cursor may count pages of one size, so it begins anew.
                Err(refused) if may_be_too_large(refused.status, halved) && limit > 100 => {
                    self.client.log(&format!("{}; asking for smaller pages", refused.fault));
                    limit /= 2;
                    halved += 1;
                }
                Err(refused) => return Err(refused),
            }
        }
    }

    /// Goes through a list once. The second value says whether its total changed on the way.
    async fn walk<T>(
        &self,
        list: &List<'_>,
        limit: u32,
        take: &impl Fn(&RawValue, &mut Ledger) -> Row<T>,
    ) -> Result<(Listing<T>, bool), Refused> {
        let mut listing = Listing { items: Vec::new(), ledger: Ledger::new(NAME) };
        let mut walk = Walk::new(list.what, limit, MOST_ROWS);
        let (mut foreign, mut announced) = (0u64, false);
        let mut cursor = None;
        loop {
            let (request, answer) = self.ask(list, limit, cursor.as_deref()).await?;
            let page = page(&answer.body).map_err(|why| Fault::protocol(request.attempt(), &self.host(), why))?;
            listing.ledger.pages += 1;
            for row in &page.rows {
                match take(row, &mut listing.ledger) {
                    Row::Kept(id, item) => {
                        if walk.is_fresh(&id, row) {
                            listing.items.push(item);
                        }
                    }
                    Row::Foreign(id) => {
                        foreign += u64::from(walk.is_fresh(&id, row));
                    }
                    Row::Unreadable => walk.nameless(),
                }
            }
            let turn = walk.turn(&page);
            if list.counts {
                if !std::mem::replace(&mut announced, true) {
                    self.of.set(self.of.get() + walk.total().unwrap_or(0));
                }
                self.read.set(self.read.get() + page.rows.len() as u64);
                self.desk.meter.count(self.read.get(), Some(self.of.get()).filter(|of| *of >= self.read.get()));
            }
            match turn {
                Turn::Go(next) => cursor = Some(next),
                Turn::Done => break,
                Turn::Stop(why) => {
                    listing.ledger.partial(why);
                    break;
                }
            }
        }
        let what = list.what;
        // Rows may come twice, so it is what stayed that tells, not how many came.
        if foreign > 0 && listing.items.is_empty() {
            listing
                .ledger
                .partial(format!("all {foreign} {what} that came belong to another project, so these were not read"));
        } else if foreign > 0 {
            listing.ledger.note(format!("{foreign} of the {what} belong to another project and were left out"));
        }
        if list.counts && walk.total().is_none() {
            listing
                .ledger
                .note(format!("no total given for the {what}: that none is missing rests on the last page alone"));
        }
        Ok((listing, walk.moved))
    }

    /// Tries a list with the smallest page: how many rows it has, as far as that is told.
    pub(super) async fn first(&self, list: &List<'_>) -> Result<(usize, Option<u64>), Refused> {
        let (request, answer) = self.ask(list, 1, None).await?;
        let unread = |why| Refused { status: None, fault: Fault::protocol(request.attempt(), &self.host(), why) };
        let page = page(&answer.body).map_err(unread)?;
        Ok((page.rows.len(), page.total))
    }

    async fn ask(&self, list: &List<'_>, limit: u32, cursor: Option<&str>) -> Result<(Request, Answer), Refused> {
        let attempt = format!("read the {}", list.what);
        let endpoint = &self.reader.endpoint;
        let mut request = match &list.question {
            Some(question) => Request::post(endpoint, &list.path, attempt).json(question),
            None => Request::get(endpoint, &list.path, attempt),
        };
        request = signed(request).query("limit", &limit.to_string());
        if let Some(cursor) = cursor {
            request = request.query("cursor", cursor);
        }
        let answer = self.session.send(request.clone()).await?;
        if answer.is_success() {
            return Ok((request, answer));
        }
        let what = list.what;
        let help = match answer.status {
            401 | 403 => format!(
                "a new token did not help, so the user of MEND_EMAIL may not read the {what}: give it a role that sees this \
                 project (Organization Auditor suffices), and check the organization (`org`, MEND_ORG_UUID)"
            ),
            404 => format!(
                "was the project deleted, or does this instance not have the {what}? check `projects` and `engines` of the source mend"
            ),
            400 => "is the UUID of the organization (`org`, MEND_ORG_UUID) and of the project (`projects`) right?"
                .to_owned(),
            _ => String::new(),
        };
        let fault = Fault::refused(request.attempt(), &self.host(), &answer, said(&answer).as_deref(), &help);
        Err(Refused { status: Some(answer.status), fault })
    }
}

/// Whether a smaller page may help. The trouble of a server that never gets well is not asked for three times.
fn may_be_too_large(status: Option<u16>, halved: u32) -> bool {
    match status {
        Some(400 | 413) => halved < 2,
        Some(500 | 504) => halved < 1,
        _ => false,
    }
}
