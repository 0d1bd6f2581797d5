//! Trying Mend out, step by step: what answers, what may be read.

use super::client::{Api, List, Refused};
use super::config::Engine;
use super::project::{self, Project};
use super::read;
use super::scans;
use crate::finding::{Scan, ScanState};
use crate::policy::series;
use crate::project::short;
use crate::source::{Outcome, Step};

/// Tries everything that reading needs. It stops where what follows makes no sense any more.
pub(super) async fn steps(api: &Api<'_>) -> Vec<Step> {
    let mut steps = Vec::new();
    let host = api.host();
    let org = match api.begin().await {
        Ok(org) => org,
        Err(fault) => {
            if api.is_reached() {
                steps.push(Step::good("reached", host));
                steps.push(Step::bad("authenticated", fault.0));
            } else {
                steps.push(Step::bad("reached", fault.0));
            }
            return steps;
        }
    };
    steps.push(Step::good("reached", host));
    let named = org.name.as_ref().map_or_else(|| org.uuid.clone(), |name| format!("{name} ({})", org.uuid));
    let seen = format!("the key belongs to the organization {named}");
    steps.push(match api.reader.settings.org {
        Some(_) => Step::good("authenticated", seen),
        None => Step::odd("authenticated", format!("{seen}; `org` in the policy or MEND_ORG_UUID would fix it")),
    });
    let projects = match project::find(api, &org.uuid).await {
        Ok((projects, _)) => projects,
        Err(fault) => {
            steps.push(Step::bad("project", fault.0));
            return steps;
        }
    };
    for project in &projects {
        of_project(api, &org.uuid, project, &mut steps).await;
    }
    steps
}

async fn of_project(api: &Api<'_>, org: &str, project: &Project, steps: &mut Vec<Step>) {
    steps.push(Step::good("project", format!("{} ({})", project.label, project.uuid)));
    let scans = match scans::read(api, org, project).await {
        Ok(scans) => {
            let name = "scans";
            steps.push(match (scans.notable.is_empty(), project.scanned.ever) {
                (false, _) => {
                    let newest =
                        series(&scans.notable).into_iter().filter_map(|group| group.first().copied().map(told));
                    let told = newest.collect::<Vec<_>>().join("; ");
                    let all_good = series(&scans.notable)
                        .iter()
                        .filter_map(|group| group.first())
                        .all(|scan| scan.state == ScanState::Finished);
                    Step { name: name.into(), outcome: if all_good { Outcome::Good(told) } else { Outcome::Odd(told) } }
                }
                (true, Some(true)) => Step::odd(name, "it was scanned, but Mend lists no scan"),
                (true, _) => Step::bad(name, "it was never scanned; scan it first"),
            });
            scans
        }
        Err(fault) => {
            steps.push(Step::bad("scans", fault.0));
            scans::Scans::none()
        }
    };
    let asked = api.reader.settings.engines.as_deref();
    let ran = |engine: Engine| scans.show(engine) || project.scanned.by(engine) == Some(true);
    let wanted = |engine: Engine| match asked {
        Some(asked) => asked.contains(&engine),
        None => engine == Engine::Sca || (engine != Engine::License && ran(engine)),
    };
    for engine in Engine::ALL.into_iter().filter(|engine| wanted(*engine)) {
        if engine == Engine::License {
            steps.push(list(api, &read::violations(org, project)).await);
        }
        // What is tried must be what is read: Mend may have the list of a scan and not that of the project, or the other.
        let scan = match engine {
            Engine::Sast | Engine::Container | Engine::Secret => scans.to_read(engine, api.desk),
            Engine::Sca | Engine::License => None,
        };
        let of_project = read::lists(project, engine, None);
        let of_scan = scan.map(|scan| read::lists(project, engine, Some(&scan.origin)));
        steps.push(match of_scan {
            Some(of_scan) => match api.first(&of_scan).await {
                Err(Refused { status: Some(400 | 404), .. }) => list(api, &of_project).await,
                first => told_of(of_scan.what, first),
            },
            None => list(api, &of_project).await,
        });
    }
}

async fn list(api: &Api<'_>, list: &List<'_>) -> Step {
    told_of(list.what, api.first(list).await)
}

fn told_of(what: &'static str, first: Result<(usize, Option<u64>), Refused>) -> Step {
    match first {
        Ok((_, Some(total))) => Step::good(what, format!("{total} in all, whatever became of them")),
        Ok((0, None)) => Step::good(what, "none"),
        Ok((_, None)) => Step::good(what, "some; Mend tells no total"),
        Err(refused) => Step::bad(what, refused.fault.0),
    }
}

/// `SCA FINISHED 2026-09-14T08:21:40Z of commit 4f2a9c1d7e`.
fn told(scan: &Scan) -> String {
    let status = scan.status.as_deref().unwrap_or(scan.state.name());
    let time = scan.finished.map(|time| format!(" {time}")).unwrap_or_default();
    let commit = scan.commit.as_ref().map(|commit| format!(" of commit {}", short(commit))).unwrap_or_default();
    let branch = scan.branch.as_ref().map(|branch| format!(" of branch {branch}")).unwrap_or_default();
    format!("{} {status}{time}{commit}{branch}", scan.engine)
}

#[cfg(test)]
mod tests;
