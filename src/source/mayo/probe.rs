//! Trying the service out, step by step.

use std::cell::RefCell;

use super::client::{Api, Denied};
use super::config::{NAME, Reader};
use super::normalize::Choice;
use super::project::{Belongs, Chosen};
use super::{Desk, Fault, Ledger, Step, envelope, findings, project, scans};
use crate::finding::State;
use crate::policy::CommitRule;
use crate::source::names::Names;

/// Tries everything that reading needs.
pub async fn probe(reader: &Reader, desk: &Desk) -> Vec<Step> {
    let mut desk = desk.clone();
    // Whoever tries a source out does not wait for scans.
    desk.rule.wait = 0;
    let mut steps = Vec::new();
    let _ = try_all(reader, &desk, &mut steps).await;
    steps
}

/// Ends where the next steps would make no sense.
async fn try_all(reader: &Reader, desk: &Desk, steps: &mut Vec<Step>) -> Option<()> {
    let api = match Api::open(reader, desk) {
        Ok(api) => api,
        Err(fault) => return stop(steps, "reached", fault),
    };
    let host = api.host();
    let list = project::projects_list();
    match api.page(&list, 1, 1).await {
        Ok(body) => {
            steps.push(Step::good("reached", &host));
            let who = if reader.odd_key {
                "the key is accepted, although it does not look like one of Mayo"
            } else {
                "the key is accepted"
            };
            steps.push(if reader.odd_key { Step::odd("authenticated", who) } else { Step::good("authenticated", who) });
            if let Err(what) = envelope::open(&body) {
                return stop(steps, "project", Fault::protocol("read the projects", &host, what));
            }
        }
        Err(Denied::Fault(fault)) => return stop(steps, "reached", fault),
        Err(Denied::Refused(refusal)) => {
            steps.push(Step::good("reached", &host));
            if refusal.status == 403 {
                steps.push(Step::good("authenticated", "the key is known"));
            }
            return stop(steps, if refusal.status == 401 { "authenticated" } else { "project" }, refusal.fault);
        }
    }
    let ledger = RefCell::new(Ledger::new(NAME));
    let chosen = match project::choose(&api, &ledger).await {
        Ok(chosen) => chosen,
        Err(fault) => return stop(steps, "project", fault),
    };
    let told: Vec<String> = chosen.targets.iter().map(|target| format!("{} ({})", target.name, target.id)).collect();
    steps.push(with_remarks("project", told.join(", "), ledger, desk));
    steps.push(scans_step(&api, &chosen, desk).await);
    steps.push(findings_step(&api, &chosen).await);
    Some(())
}

fn stop(steps: &mut Vec<Step>, name: &str, fault: Fault) -> Option<()> {
    steps.push(Step::bad(name, fault.0));
    None
}

/// What was seen, with what the account says of it.
fn with_remarks(name: &str, seen: String, ledger: RefCell<Ledger>, desk: &Desk) -> Step {
    let coverage = ledger.into_inner().finish(&desk.network.masks).coverage;
    let remarks: Vec<String> = coverage.reasons.into_iter().chain(coverage.notes).collect();
    let remarks = remarks.join("; ");
    match (coverage.state, remarks.is_empty()) {
        (State::Failed, _) => Step::bad(name, remarks),
        (_, true) => Step::good(name, seen),
        (_, false) if seen.is_empty() => Step::odd(name, remarks),
        (_, false) => Step::odd(name, format!("{seen}; {remarks}")),
    }
}

async fn scans_step(api: &Api<'_>, chosen: &Chosen, desk: &Desk) -> Step {
    let ledger = RefCell::new(Ledger::new(NAME));
    let scans = scans::read(api, chosen, &ledger).await;
    // The account is closed once for the scans, and once for what is said beside them.
    let coverage = ledger.into_inner().finish(&desk.network.masks).coverage;
    let mut newest: Vec<String> = Vec::new();
    for series in crate::policy::series(&coverage.scans) {
        let Some(scan) = series.first() else { continue };
        let when = scan.finished.map(|time| format!(", {time}")).unwrap_or_default();
        let of = scan.target.as_deref().unwrap_or_default();
        let status = scan.status.as_deref().unwrap_or(scan.state.name());
        newest.push(format!("{} of {of}: {status}{when}", scan.engine));
    }
    let remarks: Vec<String> = coverage.reasons.into_iter().chain(coverage.notes).collect();
    match (scans.tells, newest.is_empty()) {
        (true, true) => Step::odd("scans", "there is none: it was never scanned"),
        (true, false) if remarks.is_empty() => Step::good("scans", newest.join("; ")),
        (true, false) => Step::odd("scans", format!("{}; {}", newest.join("; "), remarks.join("; "))),
        // A reading would be undecided, so this is more than a remark.
        (false, _) if desk.rule.max_age.is_some() || desk.rule.commit != CommitRule::Any => {
            Step::bad("scans", remarks.join("; "))
        }
        (false, _) => Step::odd("scans", remarks.join("; ")),
    }
}

/// The first row of the list of findings.
async fn findings_step(api: &Api<'_>, chosen: &Chosen) -> Step {
    const NAME: &str = "findings";
    let settings = &api.reader.settings;
    let list = findings::list(api, chosen.targets.first());
    let body = match api.page(&list, 1, 1).await {
        Ok(body) => body,
        Err(Denied::Refused(refusal)) if refusal.names(&settings.project_param) => {
            return Step::odd(
                NAME,
                format!("{}; without that parameter all findings of the organization are read", refusal.fault),
            );
        }
        Err(denied) => return Step::bad(NAME, Fault::from(denied).0),
    };
    let envelope = match envelope::open(&body) {
        Ok(envelope) => envelope,
        Err(what) => return Step::bad(NAME, Fault::protocol("read the findings", &api.host(), what).0),
    };
    let count = match envelope.facts.total {
        Some(1) => "1 finding".to_owned(),
        Some(total) => format!("{total} findings"),
        None => "no total given".to_owned(),
    };
    let Some(raw) = envelope.rows.first() else {
        let said = chosen.said_findings(0).unwrap_or(0);
        if said > 0 {
            return Step::bad(
                NAME,
                format!(
                    "the project is said to have {said}, and the list shows none: `project_param` or the permission findings:read"
                ),
            );
        }
        return Step::good(NAME, count);
    };
    let choice = Choice { severity: settings.severity, count_accepted_risk: settings.count_accepted_risk };
    match findings::parse(raw, chosen, choice, &mut Names::new()) {
        Err(why) => Step::bad(NAME, format!("the first row cannot be read: {why}")),
        Ok(row) => match row.value.belongs {
            Belongs::To(_) => Step::good(NAME, count),
            Belongs::Elsewhere(name) => {
                Step::odd(NAME, format!("{count}; the list is not restricted to the project: the first is of {name}"))
            }
            Belongs::Asset(_) | Belongs::Untold if settings.trust_server_filter => Step::odd(
                NAME,
                format!("{count}; the first does not tell its project, and `trust_server_filter` takes it"),
            ),
            Belongs::Asset(_) => Step::odd(NAME, format!("{count}; the first tells its asset and not its project")),
            Belongs::Untold => Step::bad(
                NAME,
                format!(
                    "{count}; the first does not tell its project, so whose it is is not known (`trust_server_filter`)"
                ),
            ),
        },
    }
}

#[cfg(test)]
mod tests;
