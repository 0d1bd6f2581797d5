//! `findgate policy diff`: what another policy would make of what was found.
//!
//! Both policies judge the same findings on the same day. What either says of its sources does not matter, but for what it
//! asks of their evidence: a source that a policy requires and nothing shows is one that was not read.

mod write;

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use jiff::Timestamp;

use crate::cli::{Input, Listing, PolicyDiff, Reading};
use crate::env::Env;
use crate::exit::Status;
use crate::finding::{Severity, State};
use crate::messages::Messages;
use crate::policy::{Change, Difference, Disposition, Evaluation, Judged, Verdict};
use crate::project::Project;
use crate::settings::{Apart, Given, Refusal, apart, as_of, entries, selections};
use crate::snapshot;
use crate::source::sarif::Selection;
use crate::tree::Tree;

use super::collect::{Telling, collect};
use super::judge::judge;
use super::lines::{self, print};

/// What is compared.
struct Compared {
    old: Named,
    new: Named,
    as_of: Timestamp,
    /// What each of the inputs shows, the worst change first.
    shown: Vec<Shown>,
}

/// A policy by its name and digest.
struct Named {
    origin: String,
    digest: String,
}

/// What differs for one snapshot, or for the files of `--sarif`.
struct Shown {
    /// The file, or the globs.
    name: String,
    /// How many findings were judged.
    findings: usize,
    difference: Difference,
    /// The findings of the difference, the worst first.
    moved: Vec<Moved>,
}

/// A finding that lands elsewhere.
struct Moved {
    change: Change,
    kind: &'static str,
    severity: Severity,
    title: String,
    path: Option<String>,
    line: Option<u32>,
    /// All of it on a line.
    described: String,
}

/// Evidence that both policies judge.
struct Subject {
    name: String,
    evidence: Evidence,
}

enum Evidence {
    Snapshot(PathBuf),
    Files(Vec<Selection>),
}

pub(super) fn run(arguments: &PolicyDiff, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let PolicyDiff { old, new, snapshots, sarif, as_of: day, branch, event, environment, format } = arguments;
    let as_of = as_of(day.as_deref(), env.now)?;
    let env = &env.at(as_of);
    let project = Project {
        branch: branch.clone(),
        event: *event,
        environment: environment.clone(),
        no_branch: Some("no snapshot tells it".to_owned()),
        ..Project::default()
    };
    let mut compared = None;
    for Subject { name, evidence } in subjects(snapshots, sarif)? {
        let given = given(&evidence, env)?;
        let judge = |policy: &str| {
            let tree = Tree::worktree(&env.folder);
            let known = Apart { project: project.clone(), evidence: given.clone(), tree };
            judged(policy, known, as_of, env, messages)
                .map_err(|refusal| about(refusal, &format!("cannot judge {name} by {policy}")))
        };
        let ((old, before), (new, after)) = (judge(old)?, judge(new)?);
        if let Evidence::Files(_) = evidence {
            refuse_incomplete(&before)?;
        }
        let compared = compared.get_or_insert_with(|| Compared { old, new, as_of, shown: Vec::new() });
        compared.shown.push(shown(name, &before, &after));
    }
    let Some(mut compared) = compared else {
        return Err(anyhow!("nothing to compare by: name snapshots with --snapshot, or files with --sarif").into());
    };
    compared.shown.sort_by_cached_key(Shown::rank);
    match format {
        Listing::Human => print(write::human(&compared).as_bytes())?,
        Listing::Json => print(&write::json(&compared).context("write the difference").map_err(Refusal::Output)?)?,
    };
    let same = compared.shown.iter().all(|shown| shown.difference.is_empty());
    Ok(if same { Status::Holds } else { Status::Violated })
}

fn subjects(snapshots: &[PathBuf], sarif: &[String]) -> anyhow::Result<Vec<Subject>> {
    let snapshot =
        |path: &PathBuf| Subject { name: path.display().to_string(), evidence: Evidence::Snapshot(path.clone()) };
    let mut subjects: Vec<Subject> = snapshots.iter().map(snapshot).collect();
    let globs = entries("--sarif", sarif)?;
    if !globs.is_empty() {
        subjects.push(Subject { name: globs.join(", "), evidence: Evidence::Files(selections(&globs)?) });
    }
    Ok(subjects)
}

/// Reads a snapshot. One that is missing is no evidence here, too: of many, each was meant to be compared.
fn given(evidence: &Evidence, env: &Env) -> Result<Given, Refusal> {
    match evidence {
        Evidence::Files(files) => Ok(Given::Files(files.clone())),
        Evidence::Snapshot(path) => match snapshot::read(&env.folder.join(path)) {
            Ok(snapshot) => Ok(Given::Snapshot(Box::new(snapshot))),
            Err(snapshot::Unusable::Unreadable(error) | snapshot::Unusable::NoEvidence(error)) => {
                Err(Refusal::NoEvidence(error))
            }
        },
    }
}

fn judged(
    policy: &str,
    known: Apart,
    as_of: Timestamp,
    env: &Env,
    messages: Messages,
) -> Result<(Named, Evaluation), Refusal> {
    let input = Input {
        reading: Reading { policy: Some(policy.to_owned()), ..Reading::default() },
        as_of: Some(as_of.to_string()),
        ..Input::default()
    };
    let messages = messages.hushed();
    let mut settings = apart(&input, known, env)?;
    let read = collect(&mut settings, Telling::Weighed, env, messages);
    let evaluation = judge(&mut settings, read, env, messages);
    Ok((Named { origin: settings.policy.origin, digest: settings.policy.digest }, evaluation))
}

fn about(refusal: Refusal, attempt: &str) -> Refusal {
    match refusal {
        Refusal::Other(error) => Refusal::Other(error.context(attempt.to_owned())),
        Refusal::Output(_) | Refusal::NoEvidence(_) | Refusal::Policy(_) => refusal,
    }
}

/// Files that were not read whole would make two policies look alike.
fn refuse_incomplete(evaluation: &Evaluation) -> Result<(), Refusal> {
    let incomplete = evaluation.evidence.iter().map(|one| &one.coverage).find(|one| one.state != State::Complete);
    let Some(coverage) = incomplete else { return Ok(()) };
    let reason = coverage.reasons.first().map_or("no reason was given", String::as_str);
    Err(Refusal::NoEvidence(anyhow!("the files of --sarif were not read completely: {reason}")))
}

fn shown(name: String, before: &Evaluation, after: &Evaluation) -> Shown {
    let difference = Difference::between(before, after);
    let find = |evaluation: &'_ Evaluation, change: &Change| -> Option<Judged> {
        let at = evaluation.findings.binary_search_by_key(&change.fingerprint, |judged| judged.finding.fingerprint);
        at.ok().and_then(|at| evaluation.findings.get(at)).cloned()
    };
    let moved = difference.findings.iter().filter_map(|change| {
        let judged = find(after, change).or_else(|| find(before, change))?;
        let described = lines::finding(&judged);
        let Judged { finding, severity, .. } = judged;
        Some(Moved {
            change: *change,
            kind: finding.kind.name(),
            severity,
            path: finding.location.as_ref().map(|location| location.path.to_string()),
            line: finding.location.as_ref().and_then(|location| location.line),
            title: finding.title.to_string(),
            described,
        })
    });
    let mut moved: Vec<Moved> = moved.collect();
    moved.sort_by_cached_key(|moved| {
        (weight(moved.change.after.map(|landed| landed.disposition)), std::cmp::Reverse(moved.severity))
    });
    Shown { name, findings: after.findings.len(), difference, moved }
}

/// What blocks first.
fn weight(disposition: Option<Disposition>) -> usize {
    Disposition::ALL.iter().position(|one| Some(*one) == disposition).unwrap_or(Disposition::ALL.len())
}

impl Shown {
    /// Builds that would break before those that would be let through, those before builds that end as they did; within each
    /// the most findings first.
    fn rank(&self) -> (u8, std::cmp::Reverse<usize>, String) {
        use Verdict::{Fail, Pass, Undecided};
        let rank = match self.difference.verdict {
            (Pass, Fail) => 0,
            (Undecided, Fail) => 1,
            (Pass, Undecided) => 2,
            (Fail, Pass) => 3,
            (Undecided, Pass) => 4,
            (Fail, Undecided) => 5,
            _ if !self.difference.is_empty() => 6,
            _ => 7,
        };
        (rank, std::cmp::Reverse(self.moved.len()), self.name.clone())
    }
}

impl Compared {
    /// How often each verdict became which other, in the order of `shown`.
    fn verdicts(&self) -> Vec<((Verdict, Verdict), usize)> {
        let mut counts: Vec<((Verdict, Verdict), usize)> = Vec::new();
        for verdict in self.shown.iter().map(|shown| shown.difference.verdict).filter(|(before, after)| before != after)
        {
            match counts.iter_mut().find(|(known, _)| *known == verdict) {
                Some((_, count)) => *count += 1,
                None => counts.push((verdict, 1)),
            }
        }
        counts
    }

    /// How many inputs the policies do not judge alike.
    fn changed(&self) -> usize {
        self.shown.iter().filter(|shown| !shown.difference.is_empty()).count()
    }
}
