//! Trying everything out that reading needs, without reading it.

use std::cell::RefCell;

use super::client::Server;
use super::config::{PAT, Reader};
use super::lists::{First, Progress};
use super::project::Project;
use super::scans::{self, Newest};
use super::{branch, client, lists, project};
use crate::finding::{Scan, ScanState};
use crate::source::{Desk, Fault, Step};

/// The smallest page that every list takes.
const PAGE_SIZE: u32 = 10;

/// Tries everything that reading needs.
pub async fn probe(reader: &Reader, desk: &Desk) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Err((step, fault)) = attempt(reader, desk, &mut steps).await {
        steps.push(Step::bad(step, fault.to_string()));
    }
    steps
}

async fn attempt(reader: &Reader, desk: &Desk, steps: &mut Vec<Step>) -> Result<(), (&'static str, Fault)> {
    let at = |step| move |fault| (step, fault);
    let client = client(reader, desk).map_err(at("reached"))?;
    let server = Server::new(&client, reader);
    server.reach(&client).await.map_err(at("reached"))?;
    steps.push(Step::good("reached", format!("{} says how to log in", reader.api.host())));
    server.begin().await.map_err(at("authenticated"))?;
    steps.push(Step::good("authenticated", format!("{} exchanged {PAT} for a token", reader.auth.host())));
    let branch = branch(reader, desk).map_err(at("project"))?;
    if reader.projects.is_empty() {
        let project = project::open_unnamed(&server, desk.repository.as_deref()).await.map_err(at("project"))?;
        let seen = format!("{} ({}), because it is called like the repository", project.name, project.id);
        steps.push(Step::good("project", seen));
        attempt_project(&server, reader, desk, (&project, branch.as_deref()), steps).await;
    }
    for wanted in &reader.projects {
        match project::open(&server, wanted).await {
            Ok(project) => {
                steps.push(Step::good("project", format!("{} ({})", project.name, project.id)));
                attempt_project(&server, reader, desk, (&project, branch.as_deref()), steps).await;
            }
            Err(fault) => steps.push(Step::bad("project", fault.to_string())),
        }
    }
    Ok(())
}

async fn attempt_project(
    server: &Server<'_>,
    reader: &Reader,
    desk: &Desk,
    (project, branch): (&Project, Option<&str>),
    steps: &mut Vec<Step>,
) {
    steps.extend(project.hidden(&reader.types).into_iter().map(|hidden| match hidden.is_grave {
        true => Step::bad("project", hidden.told),
        false => Step::odd("project", hidden.told),
    }));
    let progress = Progress::new(&desk.meter);
    let lists = lists(server, reader, (project, branch), PAGE_SIZE, &progress);
    let newest = RefCell::new(Newest::default());
    let scans = scans::newest(server, project, &lists, None, &newest).await;
    let Newest { firsts, notes, .. } = newest.into_inner();
    match scans {
        Ok(scans) if scans.is_empty() => steps.push(Step::odd(
            "scans",
            format!("no list names a scan: {} was never scanned, or none of its lists may be read", project.name),
        )),
        Ok(scans) => steps.extend(scans.iter().map(scan_step)),
        Err(fault) => steps.push(Step::bad("scans", fault.to_string())),
    }
    steps.extend(notes.into_iter().map(|note| Step::odd("scans", note)));
    let nobody = firsts.iter().all(|first| matches!(first, First::Denied(_)));
    for (list, first) in reader.types.iter().zip(firsts) {
        let name = list.list();
        steps.push(match first {
            First::Page(_) if project.is_off(*list) => {
                Step::odd(name, format!("{} is switched off for {} in CybeDefend", list.title(), project.name))
            }
            First::Page(page) => {
                let total = page.total.map_or_else(|| "no total given".to_owned(), |total| format!("{total} in all"));
                Step::good(name, total)
            }
            First::Denied(fault) if !(reader.types_are_named || nobody) => {
                Step::odd(name, format!("{fault}; or the plan of the organization does not have them"))
            }
            First::Denied(fault) | First::Broken(fault) => Step::bad(name, fault.to_string()),
        });
    }
}

/// `CybeDefend: completed, 2026-11-20T06:11:58Z`.
fn scan_step(scan: &Scan) -> Step {
    let status = scan.status.as_deref().unwrap_or("without a state");
    let when = scan.finished.map(|time| format!(", {time}")).unwrap_or_default();
    let seen = format!("{}: {status}{when}", scan.engine);
    match scan.state {
        ScanState::Finished => Step::good("scans", seen),
        ScanState::Partial | ScanState::Running | ScanState::Failed | ScanState::Unknown => Step::odd("scans", seen),
    }
}

#[cfg(test)]
#[path = "tests/probe.rs"]
mod tests;
