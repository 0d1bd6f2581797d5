//! Mend as a source, by its Platform API 3.0.
//!
//! `login` gets a token, `client` asks and goes through lists to their end, `envelope` reads what stands around their rows.
//! `project` finds what is to be read, `scans` tells what it rests on, `lag` whether
//! that shows in the lists already, `read` reads all lists of a project at the same time,
//! and `normalize` makes findings of the rows of `wire`. `probe` tries all of it out.
//!
//! Mend filters nothing: a list holds what was fixed and suppressed, too, and all of it is read and judged here. Dependencies
//! are listed by project only; code and images also by scan, which is what is read.

mod address;
mod client;
mod config;
mod envelope;
mod lag;
mod login;
mod normalize;
mod probe;
mod project;
mod read;
mod scans;
mod wire;

pub use config::{Engine, LANGUAGE, Licenses, NAME, Reader, Settings, decode, ready};

use client::Api;
use futures_util::future::join_all;

use super::ledger::Ledger;
use super::{Collected, Desk, Fault, Step};

/// Reads every project that the settings name. It does not fail: what could not be read is said in the coverage.
pub async fn collect(reader: &Reader, desk: &Desk) -> Collected {
    let mut ledger = Ledger::new(NAME);
    match client(reader, desk) {
        Ok(client) => {
            let api = Api::new(reader, desk, &client);
            if let Err(fault) = read_all(&api, &mut ledger).await {
                ledger.failed(fault);
            }
            api.end().await;
        }
        Err(fault) => ledger.failed(fault),
    }
    ledger.finish(&desk.network.masks)
}

async fn read_all(api: &Api<'_>, ledger: &mut Ledger) -> Result<(), Fault> {
    let org = api.begin().await?;
    if api.reader.settings.org.is_none() {
        let name = org.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let uuid = &org.uuid;
        ledger.note(format!(
            "the organization is the key's own, {uuid}{name}; `org` in the policy or MEND_ORG_UUID fixes it"
        ));
    }
    let (projects, account) = project::find(api, &org.uuid).await?;
    ledger.absorb(account);
    let parts = join_all(projects.iter().map(|project| read::project(api, &org.uuid, project))).await;
    parts.into_iter().for_each(|part| ledger.absorb(part));
    Ok(())
}

/// Tries everything that reading needs.
pub async fn probe(reader: &Reader, desk: &Desk) -> Vec<Step> {
    match client(reader, desk) {
        Ok(client) => {
            let api = Api::new(reader, desk, &client);
            let steps = probe::steps(&api).await;
            api.end().await;
            steps
        }
        Err(fault) => vec![Step::bad("reached", fault.0)],
    }
}

fn client(reader: &Reader, desk: &Desk) -> Result<crate::net::Client, Fault> {
    let concurrency = reader.settings.concurrency as usize;
    desk.network
        .client(NAME, &[&reader.endpoint], concurrency)
        .map_err(|error| Fault::new(format!("cannot connect to Mend: {error:#}")))
}
