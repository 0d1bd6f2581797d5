//! AppSec+ as a source: the vulnerabilities of one application, and the scans that they rest on.
//!
//! The API is small: applications, scans and vulnerabilities, each a list in JSON without an envelope. A vulnerability
//! names the scan that made it, and the scan its type. A scan names neither commit nor branch; a commit may stand in the
//! free text that says who started it. How lists are paged is not documented, so `list` looks for every usual way and
//! says where it cannot tell whether it saw all. Statuses and severities are judged here and not by the server: what it
//! does not know would vanish in its filters.

mod api;
mod application;
mod config;
mod findings;
mod list;
mod login;
mod normalize;
mod page;
mod probe;
#[cfg(test)]
mod probe_tests;
mod route;
mod scans;
mod wire;

pub use config::{LANGUAGE, NAME, Reader, Settings, decode, ready};
pub use probe::probe;

use super::ledger::Ledger;
use super::{Collected, Desk, Fault};
use crate::finding::{Scan, ScanState};
use crate::net::{Client, Endpoint};
use crate::policy::{CommitRule, series};
use api::Api;
use application::Application;
use config::Credentials;
use findings::Counts;
use scans::{Scans, engine};

/// Reads the application that the settings name. It does not fail: what could not be read is said in the coverage.
pub async fn collect(reader: &Reader, desk: &Desk) -> Collected {
    let mut ledger = Ledger::new(NAME);
    if let Err(fault) = read(reader, desk, &mut ledger).await {
        ledger.failed(fault);
    }
    ledger.finish(&desk.network.masks)
}

/// The client. One request at a time suffices: a page can only be asked for when the one before it has come.
fn client(reader: &Reader, desk: &Desk) -> Result<Client, Fault> {
    let mut endpoints: Vec<&Endpoint> = vec![&reader.url];
    if let Credentials::Client(client) = &reader.credentials {
        endpoints.push(&client.token_url);
    }
    desk.network.client(NAME, &endpoints, 1).map_err(|error| Fault::new(format!("{error:#}")))
}

async fn read(reader: &Reader, desk: &Desk, ledger: &mut Ledger) -> Result<(), Fault> {
    let client = client(reader, desk)?;
    let api = Api::new(reader, &client);
    let application = application::find(&api, desk.repository.as_deref(), ledger).await?;
    ledger.projects.push(application.name.as_str().into());
    if let Some(criticality) = &application.criticality {
        ledger.note(format!("the criticality of the application is {criticality}"));
    }
    desk.meter.say("reading the scans");
    // Findings are read even where the scans cannot be: they may violate the policy all the same.
    let scans = match scans::read(&api, &application, desk).await {
        Ok(scans) => Some(scans),
        Err(fault) => {
            ledger.partial(fault.to_string());
            None
        }
    };
    if let Some(scans) = scans.as_ref().filter(|_| desk.rule.commit == CommitRule::Head) {
        overtaken(&scans.notable, desk, ledger);
    }
    let types = scans.as_ref().map(|scans| scans.types.clone()).unwrap_or_default();
    let read = findings::read(&api, &application, &types, ledger, &desk.meter).await;
    if let Some(scans) = scans {
        tell_scans(reader, &application, scans, read.as_ref().ok(), ledger)?;
    }
    read.map(|_| ())
}

/// The list shows what the newest scan left of it. Where that is not one of the commit that the policy asks for, it is said.
fn overtaken(scans: &[Scan], desk: &Desk, ledger: &mut Ledger) {
    for series in series(scans) {
        let is_of_head = |scan: &&&Scan| desk.aim().fits(scan, CommitRule::Head) == Some(true);
        let newest = series.iter().find(|scan| scan.state == ScanState::Finished);
        if let (Some(newest), Some(_)) = (newest.filter(|scan| !is_of_head(scan)), series.iter().find(is_of_head)) {
            ledger.partial(format!(
                "the list of vulnerabilities is as the {} scan {} left it, which is not of the commit that is judged; scan that \
                 commit again (`commit: head`)",
                newest.engine, newest.origin
            ));
        }
    }
}

/// What the scans show, and whether the findings fit to it.
fn tell_scans(
    reader: &Reader,
    application: &Application,
    mut scans: Scans,
    counts: Option<&Counts>,
    ledger: &mut Ledger,
) -> Result<(), Fault> {
    ledger.pages += scans.extent.pages;
    for why in &scans.broken {
        ledger.skip("scans", why);
    }
    if let Some(why) = &scans.extent.missing {
        ledger.partial(format!("the scans were not all read: {why}"));
    }
    for note in std::mem::take(&mut scans.extent.notes) {
        ledger.note(note);
    }
    match scans.foreign {
        0 => {}
        1 => ledger.note("1 scan of another application left out"),
        count => ledger.note(format!("{count} scans of other applications left out")),
    }
    for wanted in &reader.types {
        if !scans.finished.iter().any(|finished| **finished == **wanted) {
            ledger.partial(format!("no finished {} scan, and the policy wants one (`types`)", engine(wanted)));
        }
    }
    if let Some(counts) = counts {
        if let (0, Some((engine, found))) = (counts.rows, &scans.found) {
            let results = if *found == 1 { "1 vulnerability".to_owned() } else { format!("{found} vulnerabilities") };
            ledger.partial(format!(
                "the newest {engine} scan counts {results}, and the list of them is empty, without even a resolved one: they \
                 seem lost"
            ));
        }
        for scan in &mut scans.notable {
            scan.findings = counts.by_scan.get(&*scan.origin).copied().unwrap_or(0);
        }
    }
    if scans.count == 0 && scans.broken.is_empty() && counts.is_some() {
        if counts.is_some_and(|counts| counts.rows == 0) {
            let why = format!(
                "{} was never scanned: AppSec+ lists neither a scan nor a vulnerability of it",
                application.name
            );
            return Err(Fault::new(why));
        }
        ledger.partial(format!(
            "AppSec+ lists vulnerabilities of {} but no scan, so nothing shows whether they are all there",
            application.name
        ));
    }
    ledger.scans(scans.notable);
    Ok(())
}
