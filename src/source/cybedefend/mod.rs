//! CybeDefend as a source.
//!
//! A personal access token is exchanged for a short-lived one (`client`). Of each project (`project`) all types of finding are
//! read (`lists`), whatever their status, and judged here (`normalize`): the server's own filters lose what is not rated. The
//! newest scan (`scans`) is told by the lists.

mod client;
mod config;
mod lists;
mod normalize;
mod package;
mod probe;
mod project;
mod scans;
mod severity;
mod types;
mod wire;

pub use config::{LANGUAGE, NAME, Reader, Settings, decode, ready};
pub use probe::probe;

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures_util::future::join_all;

use self::client::Server;
use self::config::Branch;
use self::lists::{First, List, Progress, Reading};
use self::normalize::Lens;
use self::project::{Hidden, Project};
use self::scans::{Newest, Shown};
use self::types::Type;
use super::ledger::Ledger;
use super::scans::settle;
use super::{Collected, Desk, Fault};
use crate::finding::{Scan, Text};
use crate::net::Client;
use crate::policy::{CommitRule, short_branch};

/// Reads every project that the settings name. It does not fail: what could not be read is said in the coverage.
pub async fn collect(reader: &Reader, desk: &Desk) -> Collected {
    let mut ledger = Ledger::new(NAME);
    if let Err(fault) = read(reader, desk, &mut ledger).await {
        ledger.failed(fault);
    }
    ledger.finish(&desk.network.masks)
}

fn client(reader: &Reader, desk: &Desk) -> Result<Client, Fault> {
    let client = desk.network.client(NAME, &[&reader.api, &reader.auth], reader.concurrency);
    client.map_err(|error| Fault::new(format!("cannot make a client: {error:#}")))
}

async fn read(reader: &Reader, desk: &Desk, ledger: &mut Ledger) -> Result<(), Fault> {
    let branch = branch(reader, desk)?;
    let client = client(reader, desk)?;
    let server = Server::new(&client, reader);
    server.begin().await?;
    for project in projects(&server, reader, desk, ledger).await? {
        ledger.projects.push(project.name.as_str().into());
        read_project(&server, reader, desk, (&project, branch.as_deref()), ledger).await;
    }
    Ok(())
}

/// The branch whose findings are read. `None`: all.
fn branch(reader: &Reader, desk: &Desk) -> Result<Option<String>, Fault> {
    match (&reader.branch, desk.rule.commit) {
        (Some(Branch::Named(name)), _) => Ok(Some(name.clone())),
        (Some(Branch::Current), _) => match &desk.branch {
            Some(branch) => Ok(Some(branch.clone())),
            None => Err(Fault::new(
                "`branch: current` reads the branch that is judged, and that is not known; name it with --branch",
            )),
        },
        (None, CommitRule::Any) => Ok(None),
        // Where it is not known all are read, and nothing proves then what the policy asks for.
        (None, CommitRule::Branch | CommitRule::Head) => Ok(desk.branch.clone()),
    }
}

/// The projects that may be read, each once. One that may not is a failure and keeps nobody from reading the others.
async fn projects(
    server: &Server<'_>,
    reader: &Reader,
    desk: &Desk,
    ledger: &mut Ledger,
) -> Result<Vec<Project>, Fault> {
    if reader.projects.is_empty() {
        let project = project::open_unnamed(server, desk.repository.as_deref()).await?;
        ledger.note(format!("no project is named, so {} was read, which is called like the repository", project.name));
        return Ok(vec![project]);
    }
    let mut projects: Vec<Project> = Vec::new();
    for wanted in &reader.projects {
        match project::open(server, wanted).await {
            Ok(project) if projects.iter().any(|known| known.id.eq_ignore_ascii_case(&project.id)) => {}
            Ok(project) => projects.push(project),
            Err(fault) => ledger.failed(fault),
        }
    }
    // Scans of one name follow one another: two projects that share it would vouch for each other.
    let names: Vec<String> = projects.iter().map(|project| project.name.clone()).collect();
    for project in &mut projects {
        if names.iter().filter(|name| **name == project.name).count() > 1 {
            project.name = format!("{} ({})", project.name, project.id);
        }
    }
    Ok(projects)
}

fn lists<'a>(
    server: &'a Server<'a>,
    reader: &'a Reader,
    (project, branch): (&'a Project, Option<&'a str>),
    page_size: u32,
    progress: &'a Progress<'a>,
) -> Vec<List<'a>> {
    let lens = |list| Lens {
        project: &project.id,
        project_name: &project.name,
        list,
        branch,
        only_of_branch: reader.only_of_branch,
        app: reader.app.as_deref(),
    };
    let ahead = reader.concurrency * 2;
    reader.types.iter().map(|list| List::new(server, lens(*list), (page_size, ahead), progress)).collect()
}

async fn read_project(
    server: &Server<'_>,
    reader: &Reader,
    desk: &Desk,
    (project, branch): (&Project, Option<&str>),
    ledger: &mut Ledger,
) {
    let progress = Progress::new(&desk.meter);
    let lists = lists(server, reader, (project, branch), reader.page_size, &progress);
    let asks_for_branch = desk.rule.commit != CommitRule::Any;
    let newest = RefCell::new(Newest::default());
    let of_branch = branch.filter(|_| asks_for_branch);
    let settled = settle(desk, || scans::newest(server, project, &lists, of_branch, &newest)).await;
    let mut newest = newest.into_inner();
    let (firsts, notes) = (std::mem::take(&mut newest.firsts), std::mem::take(&mut newest.notes));
    let mut scans = settled.unwrap_or_else(|fault| {
        ledger.partial(fault.to_string());
        Vec::new()
    });
    notes.into_iter().for_each(|note| ledger.note(note));
    for Hidden { told, is_grave } in project.hidden(&reader.types) {
        if is_grave { ledger.partial(told) } else { ledger.note(told) }
    }
    let asks = match (desk.rule.max_age, desk.rule.commit) {
        (Some(_), _) => Some("`max_age`"),
        (None, CommitRule::Branch | CommitRule::Head) => Some("`commit`"),
        (None, CommitRule::Any) => None,
    };
    // The scans of another project prove nothing for this one.
    if let Some(asks) = asks.filter(|_| scans.is_empty()) {
        ledger.partial(format!(
            "CybeDefend names no scan of {}, so nothing proves what {asks} of the policy asks for",
            project.name
        ));
    }

    let readings = join_all(lists.iter().zip(firsts).map(|(list, first)| async move {
        match first {
            First::Page(page) => Ok(list.rest(*page).await),
            First::Denied(fault) => Err((true, fault)),
            First::Broken(fault) => Err((false, fault)),
        }
    }))
    .await;
    let nobody = readings.iter().all(|reading| matches!(reading, Err((true, _))));
    let findings: u64 = readings.iter().flatten().map(Reading::findings).sum();
    prove(server, (project, branch), &readings, findings, (&mut scans, asks_for_branch), ledger).await;
    for scan in &mut scans {
        let named = |list: &Type| newest.lists_of(&scan.origin).contains(list);
        let of_it = reader.types.iter().zip(&readings).filter(|(list, _)| named(list));
        scan.findings = of_it.filter_map(|(_, reading)| reading.as_ref().ok()).map(Reading::findings).sum();
    }
    ledger.scans(scans);

    let mut denied = Vec::new();
    for (list, reading) in reader.types.iter().zip(readings) {
        match reading {
            Ok(reading) => reading.enter(*list, &project.name, ledger),
            Err((false, fault)) => ledger.failed(fault),
            Err((true, fault)) if nobody => denied.push(fault),
            Err((true, fault)) => {
                let told = format!("{fault}; or the plan of the organization does not have them");
                if reader.types_are_named { ledger.partial(told) } else { ledger.note(told) }
            }
        }
        if project.is_off(*list) {
            let told = format!("{} is switched off for {} in CybeDefend", list.title(), project.name);
            if reader.types_are_named { ledger.partial(told) } else { ledger.note(told) }
        }
    }
    if let Some(fault) = denied.into_iter().next() {
        ledger.failed(Fault::new(format!("{fault}; none of the lists of {} may be read", project.name)));
    }
}

/// Finds out whether anything shows that what is judged was scanned at all, and says where nothing does.
async fn prove(
    server: &Server<'_>,
    (project, branch): (&Project, Option<&str>),
    readings: &[Result<Reading, (bool, Fault)>],
    findings: u64,
    (scans, asks_for_branch): (&mut [Scan], bool),
    ledger: &mut Ledger,
) {
    let cannot_tell =
        |what: String| format!("{what} was never scanned, or it was and is clean: CybeDefend does not tell which");
    let mut doubt = None;
    if let Some(branch) = branch {
        // Those of another branch were left out already.
        let found = || readings.iter().flatten().flat_map(Reading::branches);
        let shown = if found().next().is_some() {
            Shown::At(found().filter_map(|(_, first_seen)| first_seen).max())
        } else {
            match branches(server, project).await {
                Ok(branches) if branches.iter().any(|known| known == branch) => Shown::At(None),
                Ok(_) => Shown::Not,
                Err(fault) => {
                    if asks_for_branch {
                        ledger.partial(fault.to_string())
                    } else {
                        ledger.note(fault.to_string())
                    }
                    Shown::Not
                }
            }
        };
        if asks_for_branch {
            scans::of_branch(scans, shown);
            if shown != Shown::Not && !scans.is_empty() {
                ledger.note(format!(
                    "CybeDefend tells no branch of a scan: that {branch} was scanned is shown by its findings, and the time of the \
                     scan is at the earliest when the newest of them was found"
                ));
            }
        }
        if shown == Shown::Not && findings == 0 {
            doubt = Some(cannot_tell(format!("branch {branch} of {}", project.name)));
        }
    } else {
        let branches: BTreeSet<&Text> =
            readings.iter().flatten().flat_map(Reading::branches).map(|(name, _)| name).collect();
        if branches.len() > 1 {
            ledger.note(format!(
                "the findings of {} are those of {} branches, and what is in several counts several times; `branch: current` \
                 in the policy reads one",
                project.name,
                branches.len()
            ));
        }
        if scans.is_empty() && findings == 0 {
            doubt = Some(cannot_tell(project.name.clone()));
        }
    }
    match doubt {
        Some(doubt) if asks_for_branch => ledger.partial(doubt),
        Some(doubt) => ledger.note(doubt),
        None => {}
    }
}

/// The branches that findings of code, packages and infrastructure were found in.
async fn branches(server: &Server<'_>, project: &Project) -> Result<Vec<String>, Fault> {
    let attempt = format!("read the branches of {}", project.name);
    let answer = server.ask(server.get(&["project", &project.id, "branches"], attempt.as_str())).await?;
    let told: wire::Branches = server.parse(&attempt, &answer)?;
    Ok(told.branches.iter().filter_map(|branch| branch.text().map(|name| short_branch(name).to_owned())).collect())
}
