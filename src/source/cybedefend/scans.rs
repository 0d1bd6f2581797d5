//! Scans. No address lists those of a project: each list of findings names the newest one, which can then be asked for.
//!
//! CybeDefend stores neither branch nor commit with a scan. That a branch was scanned is shown by its findings alone: each came
//! from a scan of it, and at the time at which it was found for the first time. So the branch of a scan is told only where
//! findings of that branch were read or CybeDefend names the branch, and then no scan is younger than the newest of them.

use std::cell::RefCell;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::client::Server;
use super::lists::{First, List};
use super::normalize::TOOL;
use super::project::Project;
use super::types::Type;
use super::wire;
use crate::finding::{Scan, ScanState};
use crate::source::Fault;
use crate::source::names::one_line;

/// The first pages of all lists, and what the scans that they name turned out to be.
#[derive(Default)]
pub(super) struct Newest {
    /// Each list's first page, in the order of the lists.
    pub(super) firsts: Vec<First>,
    /// Sentences for whoever wants to know more.
    pub(super) notes: Vec<String>,
    named: Vec<Named>,
}

/// A scan and the lists that name it.
#[derive(Clone, Debug, PartialEq)]
struct Named {
    id: String,
    lists: Vec<Type>,
    /// State and beginning, as the list tells them.
    state: Option<String>,
    created: Option<Timestamp>,
}

impl Newest {
    /// The lists that name a scan.
    pub(super) fn lists_of(&self, id: &str) -> &[Type] {
        self.named.iter().find(|named| named.id == id).map_or(&[], |named| &named.lists)
    }
}

/// Reads the newest scans, with the first page of every list. While a scan is known that has not ended only that is asked for.
/// `branch` is entered as theirs, so that they are waited for; whether they are of it is not known yet.
pub(super) async fn newest(
    server: &Server<'_>,
    project: &Project,
    lists: &[List<'_>],
    branch: Option<&str>,
    newest: &RefCell<Newest>,
) -> Result<Vec<Scan>, Fault> {
    let known = newest.borrow().named.clone();
    // The scans that had ended before the lists were read.
    let mut ended: Vec<String> = Vec::new();
    if !known.is_empty() {
        let (scans, notes) = all(server, project, &known, branch, lists.len()).await?;
        if scans.iter().any(|scan| !has_ended(scan.state)) {
            newest.borrow_mut().notes = notes;
            return Ok(scans);
        }
        ended.extend(known.into_iter().map(|named| named.id));
    }
    for is_last in [false, false, true] {
        let mut firsts = join_all(lists.iter().map(List::first)).await;
        // A list that was there while the scan was waited for is one that the plan has.
        let before = std::mem::take(&mut newest.borrow_mut().firsts);
        for (first, before) in firsts.iter_mut().zip(before) {
            if let (First::Denied(fault), First::Page(_) | First::Broken(_)) = (&*first, before) {
                *first = First::Broken(fault.clone());
            }
        }
        let named = named(lists.iter().map(List::of).zip(&firsts));
        *newest.borrow_mut() = Newest { firsts, notes: Vec::new(), named: named.clone() };
        let (mut scans, notes) = all(server, project, &named, branch, lists.len()).await?;
        newest.borrow_mut().notes = notes;
        // A scan that ended after the lists were read has found what is not in them.
        let is_late = |named: &Named| {
            !ended.contains(&named.id) && !has_ended(state_of(named.state.as_deref().unwrap_or_default()))
        };
        let mut late = Vec::new();
        for (scan, named) in
            scans.iter_mut().zip(&named).filter(|(scan, named)| has_ended(scan.state) && is_late(named))
        {
            if is_last {
                scan.state = ScanState::Running;
            }
            late.push(named.id.clone());
        }
        if late.is_empty() || is_last {
            return Ok(scans);
        }
        ended.extend(late);
    }
    Ok(Vec::new())
}

/// The scans that the first pages name, each once.
fn named<'p>(firsts: impl Iterator<Item = (Type, &'p First)>) -> Vec<Named> {
    let mut named: Vec<Named> = Vec::new();
    for (list, first) in firsts {
        let First::Page(page) = first else { continue };
        let wire::ScanInfo { scan_id, state, create_at } = &page.scan;
        let Some(id) = scan_id.text() else { continue };
        match named.iter_mut().find(|known| known.id == id) {
            Some(known) => known.lists.push(list),
            None => named.push(Named {
                id: id.to_owned(),
                lists: vec![list],
                state: state.text().map(str::to_owned),
                created: create_at.time(),
            }),
        }
    }
    named
}

async fn all(
    server: &Server<'_>,
    project: &Project,
    named: &[Named],
    branch: Option<&str>,
    lists: usize,
) -> Result<(Vec<Scan>, Vec<String>), Fault> {
    let is_one = named.len() == 1;
    let each = named.iter().map(|named| one(server, project, named, branch, is_one || named.lists.len() == lists));
    let mut scans = Vec::new();
    let mut notes = Vec::new();
    for read in join_all(each).await {
        let (scan, note) = read?;
        scans.push(scan);
        notes.extend(note);
    }
    Ok((scans, notes))
}

/// Reads one scan. Lists that name different scans were scanned at different times, and each must have been.
async fn one(
    server: &Server<'_>,
    project: &Project,
    named: &Named,
    branch: Option<&str>,
    is_of_all: bool,
) -> Result<(Scan, Option<String>), Fault> {
    let attempt = format!("read the newest scan of {}", project.name);
    let request = server.get(&["project", &project.id, "scan", &named.id], attempt.as_str());
    let answer = server.send(request).await?;
    let engine = if is_of_all {
        TOOL.to_owned()
    } else {
        let lists: Vec<&str> = named.lists.iter().map(|list| list.title()).collect();
        format!("{TOOL} {}", lists.join("+"))
    };
    let mut scan = Scan {
        engine: engine.into(),
        version: None,
        origin: named.id.as_str().into(),
        target: Some(project.name.as_str().into()),
        state: ScanState::Unknown,
        status: None,
        finished: None,
        commit: None,
        branch: branch.map(Into::into),
        findings: 0,
    };
    if matches!(answer.status, 403 | 404) {
        // The list has told its state already, and when it was begun, which is before it ended.
        let state = named.state.as_deref().unwrap_or_default();
        scan.state = state_of(state);
        scan.status = named.state.as_deref().map(Into::into);
        scan.finished = named.created.filter(|_| has_ended(scan.state));
        let note = format!("{}; its state is the one that the findings name", server.refused(&attempt, &answer));
        return Ok((scan, Some(note)));
    }
    if !answer.is_success() {
        return Err(server.refused(&attempt, &answer));
    }
    let told: wire::Scan = server.parse(&attempt, &answer)?;
    let of = told.project_id.text();
    if of.is_some_and(|of| !of.eq_ignore_ascii_case(&project.id)) {
        return Err(Fault::protocol(&attempt, &server.host(), "it is of another project"));
    }
    if told.id.text().is_some_and(|id| !id.eq_ignore_ascii_case(&named.id)) {
        return Err(Fault::protocol(&attempt, &server.host(), "it is another scan"));
    }
    let word = told.state.text().map(str::to_owned).or_else(|| named.state.clone());
    scan.state = state_of(word.as_deref().unwrap_or_default());
    scan.status = word.map(Into::into);
    if has_ended(scan.state) {
        scan.finished = told.end_time.time().or(told.updated_at.time()).or(named.created);
    }
    let note = told.error_message.text().map(|message| {
        let category = told.error_category.text().map(|category| format!(" ({})", one_line(category, 40)));
        format!("the newest scan of {} says: {}{}", project.name, one_line(message, 200), category.unwrap_or_default())
    });
    Ok((scan, note))
}

fn has_ended(state: ScanState) -> bool {
    matches!(state, ScanState::Finished | ScanState::Partial | ScanState::Failed)
}

/// What a scan's state means. Words are compared without their case, as CybeDefend's own clients do.
pub(super) fn state_of(word: &str) -> ScanState {
    match word.trim().to_ascii_lowercase().as_str() {
        "completed" => ScanState::Finished,
        // Some scanner did not finish.
        "completed_degraded" => ScanState::Partial,
        "failed" => ScanState::Failed,
        "queued" | "running" | "pending" => ScanState::Running,
        _ => ScanState::Unknown,
    }
}

/// What findings say of the branch that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// There are findings of it; the newest was found then.
    At(Option<Timestamp>),
    /// Nothing shows that it was ever scanned.
    Not,
}

/// Gives scans their branch as far as it is shown.
pub(super) fn of_branch(scans: &mut [Scan], shown: Shown) {
    for scan in scans {
        match shown {
            Shown::Not => scan.branch = None,
            // The newest scan may be of another branch, so it proves nothing about the age of this one.
            Shown::At(newest) => {
                scan.finished = scan.finished.and_then(|finished| Some(finished.min(newest?)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_a_scan_is_read_and_an_unknown_one_has_not_ended() {
        for (word, want) in [
            ("queued", ScanState::Running),
            ("pending", ScanState::Running),
            ("RUNNING", ScanState::Running),
            ("Completed", ScanState::Finished),
            ("completed_degraded", ScanState::Partial),
            ("failed", ScanState::Failed),
            ("analysing", ScanState::Unknown),
            ("", ScanState::Unknown),
        ] {
            assert_eq!(state_of(word), want, "{word}");
            assert_eq!(
                has_ended(state_of(word)),
                matches!(want, ScanState::Finished | ScanState::Partial | ScanState::Failed)
            );
        }
    }

    #[test]
    fn a_scan_is_of_a_branch_only_where_findings_show_it_and_is_no_younger_than_they_are() {
        let scan = || Scan {
            engine: TOOL.into(),
            version: None,
            origin: "s".into(),
            target: Some("p".into()),
            state: ScanState::Finished,
            status: None,
            finished: Some("2026-11-20T06:00:00Z".parse().unwrap()),
            commit: None,
            branch: Some("main".into()),
            findings: 0,
        };
        for (shown, branch, finished) in [
            (Shown::Not, None, Some("2026-11-20T06:00:00Z")),
            (Shown::At(None), Some("main"), None),
            (Shown::At(Some("2026-11-18T00:00:00Z".parse().unwrap())), Some("main"), Some("2026-11-18T00:00:00Z")),
            (Shown::At(Some("2026-11-21T00:00:00Z".parse().unwrap())), Some("main"), Some("2026-11-20T06:00:00Z")),
        ] {
            let mut scans = [scan()];
            of_branch(&mut scans, shown);
            assert_eq!(scans[0].branch.as_deref(), branch, "{shown:?}");
            assert_eq!(scans[0].finished, finished.map(|time| time.parse().unwrap()), "{shown:?}");
        }
    }
}
