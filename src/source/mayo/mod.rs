//! Mayo ASPM as a source.
//!
//! The service writes lists in two forms, documents neither how to restrict one to a project nor what a finding looks like, and
//! has no word for "nothing was ever scanned". So `envelope` reads both forms, `pages` reads a list to a proven end, `project`
//! holds every row against the projects that were asked for, and `normalize` looks for each fact under all its names.

mod client;
mod config;
mod envelope;
mod findings;
mod normalize;
mod pages;
mod probe;
mod project;
mod scans;
mod wire;
mod words;

pub use config::{LANGUAGE, NAME, Reader, Settings, decode, ready};
pub use probe::probe;

use std::cell::RefCell;

use super::ledger::Ledger;
use super::{Collected, Desk, Fault, Step};
use client::Api;

/// Reads every project that the settings name. It does not fail: what could not be read is said in the coverage.
pub async fn collect(reader: &Reader, desk: &Desk) -> Collected {
    let ledger = RefCell::new(Ledger::new(NAME));
    if let Err(fault) = read(reader, desk, &ledger).await {
        ledger.borrow_mut().failed(fault);
    }
    ledger.into_inner().finish(&desk.network.masks)
}

async fn read(reader: &Reader, desk: &Desk, ledger: &RefCell<Ledger>) -> Result<(), Fault> {
    if reader.odd_key {
        ledger.borrow_mut().note(format!(
            "{} does not look like a key of Mayo ({} and 32 letters and digits)",
            config::KEY,
            config::KEY_PREFIX
        ));
    }
    let api = Api::open(reader, desk)?;
    let chosen = project::choose(&api, ledger).await?;
    // Before the findings, so that what a scan that ends in between has found is read.
    let scans = scans::read(&api, &chosen, ledger).await;
    findings::read(&api, &chosen, &scans, ledger).await;
    Ok(())
}
