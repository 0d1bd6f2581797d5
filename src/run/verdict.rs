//! `findgate verdict`: ends as a stored evaluation says.
//!
//! The status is a function of the file and of the commit that is built. What cannot be read, or is of another commit, is no
//! evidence: undecided.

mod evaluation;

use anyhow::{Context as _, anyhow};

use crate::cli;
use crate::env::Env;
use crate::exit::Status;
use crate::finding::State;
use crate::messages::Messages;
use crate::policy::{Verdict, is_same_commit};
use crate::project::{Project, is_same_repository, short};
use crate::report::{only_read, plural};
use crate::settings::{self, Refusal};
use crate::snapshot::LARGEST;

use super::lines::{cut, print, safe};
use super::stored;
use evaluation::{Source, Stored, Violated};

/// The most rules and sources that are shown; the evaluation holds them all.
const SHOWN: usize = 50;
/// The most of a line that is shown, in characters.
const LONGEST: usize = 400;

pub(super) fn run(arguments: &cli::Verdict, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let cli::Verdict { evaluation: path, place, commit } = arguments;
    let name = stored::shown(path);
    let attempt = || format!("cannot take the verdict from {name}");
    let read = stored::read(path, LARGEST, env).and_then(|bytes| Stored::parse(&bytes));
    let evaluation = read.with_context(attempt).map_err(Refusal::NoEvidence)?;
    let project = settings::project(&place.project(commit.as_deref()), env);
    project.notes.iter().for_each(|note| messages.detail(note));
    project.warnings.iter().for_each(|warning| messages.note(warning));
    for note in is_of_this(&evaluation, &project).with_context(attempt).map_err(Refusal::NoEvidence)? {
        messages.note(&format!("{name}: {note}"));
    }
    let lines = told(&evaluation, &name);
    let shown: String = lines.iter().map(|line| format!("{}\n", safe(&cut(line, LONGEST)))).collect();
    print(shown.as_bytes())?;
    Ok(Status::from(evaluation.verdict))
}

/// For fuzzing: the verdict of a stored evaluation, and the lines that tell it.
#[cfg(fuzzing)]
pub(crate) fn stored_verdict(bytes: &[u8]) -> anyhow::Result<(Verdict, Vec<String>)> {
    let evaluation = Stored::parse(bytes)?;
    let lines = told(&evaluation, "evaluation.json");
    Ok((evaluation.verdict, lines.iter().map(|line| safe(&cut(line, LONGEST)).to_string()).collect()))
}

/// Whether it is of what is built, as far as both are known; what is not known, a sentence each.
///
/// # Errors
/// If it is of another repository or of another commit, or says of none where it is known which one is built.
fn is_of_this(evaluation: &Stored, project: &Project) -> anyhow::Result<Vec<String>> {
    if let (Some(judged), Some(built)) = (&evaluation.repository, &project.repository)
        && judged != built
        && !is_same_repository(judged, built)
    {
        return Err(anyhow!(
            "it is of the repository {judged}, and {built} is built; judge that one, or say with --repo which one is meant"
        ));
    }
    let missing = match (&evaluation.commit, &project.commit) {
        (Some(judged), Some(built)) => {
            return match is_same_commit(judged, built) || judged == built {
                true => Ok(Vec::new()),
                false => Err(anyhow!(
                    "it is of commit {judged}, and commit {built} is built; judge that one, or say with --commit which one is meant"
                )),
            };
        }
        (None, Some(built)) => {
            return Err(anyhow!("it does not say of which commit it is, and commit {built} is built; judge that one"));
        }
        (Some(_), None) => "which commit is built is not known (say it with --commit)",
        (None, None) => "neither its commit nor the one that is built is known",
    };
    Ok(vec![format!("{missing}, so whether it is of what is built was not checked")])
}

/// The verdict and why, a line each, the verdict last.
fn told(evaluation: &Stored, name: &str) -> Vec<String> {
    let Stored { verdict, policy, rules, repository, commit, as_of, only, violated, sources, warnings } = evaluation;
    let day = as_of.strftime("%Y-%m-%d");
    let mut lines = vec![format!("policy {policy}, {}, as of {day}", plural(*rules as u64, "rule"))];
    let commit = commit.as_ref().map(|commit| format!("commit {}", short(commit)));
    let project: Vec<String> = repository.iter().cloned().chain(commit).collect();
    lines.extend((!project.is_empty()).then(|| format!("project {}", project.join(", "))));
    // Below a policy that holds, "violated" would contradict the verdict.
    let heading = if violated.iter().any(|one| one.denies) { "violated" } else { "warnings" };
    lines.extend(listed(heading, violated.iter().map(rule)));
    let unread = sources.iter().filter(|source| source.state != State::Complete).map(source);
    lines.extend(listed("not read completely", unread));
    if *verdict == Verdict::Pass && !sources.iter().any(|source| source.state == State::Complete) {
        lines.push("no source was read completely; all are optional".to_owned());
    }
    let besides = match warnings {
        0 => String::new(),
        warnings => format!("{} and ", plural(*warnings as u64, "warning")),
    };
    lines.push(format!("{besides}every finding: {name}"));
    let mut why: Vec<String> = match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Fail => violated.iter().filter(|one| one.denies).map(|one| one.rule.clone()).collect(),
        Verdict::Undecided => {
            let missing = sources.iter().filter(|source| source.is_missing());
            missing.map(|source| format!("{} {}", source.name, source.state.said())).collect()
        }
    };
    // First, for the line may be cut.
    why.splice(0..0, only_read(only));
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    lines.push(format!("findgate: {} ({}){why}", verdict.name(), Status::from(*verdict).number()));
    lines
}

fn listed(heading: &str, items: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = items.map(|item| format!("  {item}")).collect();
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    lines.extend((more > 0).then(|| format!("  and {more} more")));
    lines.splice(0..0, (!lines.is_empty()).then(|| heading.to_owned()));
    lines
}

fn rule(violated: &Violated) -> String {
    let Violated { rule, denies, denies_from, found, allowed, place } = violated;
    let effect = match denies_from {
        _ if *denies => String::new(),
        Some(day) => format!("  (warns only; denies from {day})"),
        None => "  (warns only)".to_owned(),
    };
    format!("{rule}  {found} found, {allowed} allowed{effect}  {place}")
}

fn source(source: &Source) -> String {
    let Source { name, state, requirement, reason } = source;
    let reason = reason.as_deref().unwrap_or("no reason was given");
    format!("{name} ({}, {}): {reason}", state.name(), requirement.name())
}
