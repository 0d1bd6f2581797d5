//! The pipeline, as a table of contents.

mod actions;
mod baseline;
mod baseline_branch;
mod beside;
mod cases;
mod collect;
mod comment;
mod diff;
mod explain;
mod feeds;
mod judge;
mod lines;
mod once;
mod policy;
mod shell;
mod sources;
mod stored;
mod verdict;
mod verify;
mod waive;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::{Action, Check, Cli, Input};
use crate::env::Env;
use crate::exit::Status;
use crate::finding::{self, State};
use crate::messages::Messages;
use crate::net::Network;
use crate::policy::{Evaluation, EvidenceRule, Verdict};
use crate::policy_file::{self, Wrong};
use crate::progress::Board;
use crate::project::Project;
use crate::report::{Color, Destination, Format, Output, Report, Targets, Unprepared, Written, plural};
use crate::settings::{Refusal, Settings, entries, settings};
use crate::source::{Desk, Reader};

use collect::Telling;
use judge::judge;
#[cfg(fuzzing)]
pub(crate) use {policy::shown, verdict::stored_verdict};

/// Runs a command and tells how it ended.
#[must_use]
pub fn run(cli: &Cli, env: &Env) -> Status {
    let messages = Messages::new(&cli.shared, env);
    let outcome = match &cli.command {
        Action::Check(arguments) => check(arguments, cli.shared.color, env, messages),
        Action::Collect(arguments) => collect::run(arguments, env, messages),
        Action::Explain(arguments) => explain::run(arguments, env, messages),
        Action::Verify(arguments) => verify::run(arguments, env, messages),
        Action::Waive(arguments) => waive::run(arguments, env, messages),
        Action::Verdict(arguments) => verdict::run(arguments, env, messages),
        Action::Comment(arguments) => comment::run(arguments, env, messages),
        Action::Sources(arguments) => sources::run(arguments, env, messages),
        Action::Policy(action) => policy::run(action, env, messages),
        Action::Completions { shell } => shell::completions(*shell, env),
        Action::Man { command } => shell::man(command, env),
    };
    outcome.unwrap_or_else(|refusal| refuse(&refusal, messages))
}

/// Nothing was judged: says why.
fn refuse(refusal: &Refusal, messages: Messages) -> Status {
    match refusal {
        Refusal::Policy(Wrong { problems, texts }) => {
            messages.drawn(&policy_file::draw(problems, |file| texts.get(file).map(|text| &**text), true));
            Status::Usage
        }
        Refusal::Output(error) | Refusal::NoEvidence(error) => {
            messages.error(error);
            Status::Undecided
        }
        Refusal::Other(error) => {
            messages.error(error);
            Status::Usage
        }
    }
}

/// `findgate check`.
fn check(arguments: &Check, color: Color, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    collect::refuse_both(arguments)?;
    let mut settings = settings(&arguments.input, env)?;
    settings.bypasses.extend(arguments.exit_zero.then(|| "--exit-zero".to_owned()));
    let targets =
        Targets::prepare(arguments.format, &outputs(&arguments.outputs)?, color).map_err(|error| match error {
            Unprepared::Conflict(error) => Refusal::Other(error),
            Unprepared::Unwritable(error) => Refusal::Output(error),
        })?;
    let saved = collect::saved(arguments, &targets)?;
    let written = targets.files().chain(saved.iter().map(Destination::resolved)).map(Path::to_owned);
    settings.set_written(written.collect(), &env.folder)?;
    let read = collect::collect(&mut settings, Telling::Weighed, env, messages);
    let kept = saved.map_or(Ok(()), |to| collect::keep(&to, &settings, &read.collected, env));
    if settings.seal.is_none() && targets.carry(Format::Record) {
        settings.seal = Some(collect::seal(&settings, &read.collected, env)?);
    }
    let others = beside::shared(&settings, &read.collected);
    let evaluation = judge(&mut settings, read, env, messages);
    let beside = beside::judge(&settings, others, &evaluation);
    for other in &beside {
        messages.note(&other.sentence());
    }
    if arguments.exit_zero && evaluation.verdict == Verdict::Fail {
        messages.note("the violation does not fail this run, because of --exit-zero");
    }
    let report = Report { beside: &beside, ..report(&settings, &evaluation) };
    let written = targets.write_all(&report);
    actions::tell(&report, &targets, env, messages);
    let verdict = Status::from(evaluation.verdict);
    // Giving a million findings back one by one takes longer than all that the process has left to do.
    std::mem::forget(evaluation);
    let status = match verdict {
        Status::Violated if arguments.exit_zero => Status::Holds,
        status => status,
    };
    // What was found to be violated is violated, whatever could not be written.
    let unwritten = if status == Status::Violated { status } else { Status::Undecided };
    let status = match kept {
        Ok(()) => status,
        Err(refusal) => {
            refuse(&refusal, messages);
            unwritten
        }
    };
    match written {
        // Whoever read stdout may have had enough of it; the verdict stands.
        Ok(Written { stdout_closed: _, notes }) => {
            for note in notes {
                messages.note(&note);
            }
            Ok(status)
        }
        Err(error) => {
            messages.error(&error);
            Ok(unwritten)
        }
    }
}

/// Reads every `--output`.
fn outputs(arguments: &[String]) -> anyhow::Result<Vec<Output>> {
    let read = |argument: &str| argument.parse().with_context(|| format!("cannot use --output {argument}"));
    entries("--output", arguments)?.into_iter().map(read).collect()
}

/// Makes what a source needs that asks a vendor for what is judged. All share the run's time.
fn desks(settings: &Settings, board: &Board, messages: Messages) -> impl Fn(&Reader, &EvidenceRule) -> Desk + Sync {
    let Project { branch, commit, .. } = &settings.project;
    desks_for(settings, (branch.clone(), commit.clone()), board, messages)
}

/// As [`desks`], for a branch and a commit.
fn desks_for(
    settings: &Settings,
    (branch, commit): (Option<String>, Option<String>),
    board: &Board,
    messages: Messages,
) -> impl Fn(&Reader, &EvidenceRule) -> Desk + Sync {
    let repository = settings.project.repository.clone();
    let lines = board.clone();
    let network = Network {
        roots: settings.roots.clone(),
        deadline: settings.deadline,
        budget: settings.timeout,
        masks: settings.masks.clone(),
        log: Arc::new(move |line| lines.above(|| messages.detail(line))),
    };
    move |reader, rule| Desk {
        network: network.clone(),
        rule: *rule,
        repository: repository.clone(),
        branch: branch.clone(),
        commit: commit.clone(),
        meter: board.meter(reader.name()),
    }
}

/// One plain line per source, for logs and for people who wait.
fn tell(coverage: &finding::Coverage, messages: Messages) {
    let finding::Coverage {
        source,
        state,
        reasons,
        notes,
        projects: _,
        scans,
        tells_scans: _,
        pages: _,
        read,
        skipped: _,
    } = coverage;
    let findings = match (state, read) {
        (State::Failed, 0) => String::new(),
        _ => format!(", {}", plural(*read, "finding")),
    };
    let scans = if scans.is_empty() { String::new() } else { format!(" in {}", plural(scans.len() as u64, "scan")) };
    let tail = match (state, reasons.first()) {
        (State::Complete, _) | (_, None) => String::new(),
        (_, Some(reason)) => format!(": {reason}"),
    };
    messages.line(&format!("{source}: {}{findings}{scans}{tail}", state.name()));
    for note in notes {
        messages.detail(&format!("{source}: {note}"));
    }
}

/// What writers get.
fn report<'a>(settings: &'a Settings, evaluation: &'a Evaluation) -> Report<'a> {
    Report {
        evaluation,
        policy: &settings.resolved,
        policy_origin: &settings.policy.origin,
        policy_shown: &settings.policy_at.shown,
        trust: settings.policy_at.side.name(),
        base: settings.policy_at.base.as_deref(),
        policy_digest: &settings.policy.digest,
        inputs: &settings.inputs,
        told: &settings.told,
        bypasses: &settings.bypasses,
        baseline_named: settings.baseline_named.as_deref(),
        project: &settings.project,
        is_of_fork: settings.is_of_fork,
        seal: settings.seal.as_ref(),
        as_of: settings.as_of,
        only: &settings.only,
        beside: &[],
    }
}

/// What a judgement of this input gives, for commands that look into it.
fn judged(input: &Input, env: &Env, messages: Messages) -> Result<(Settings, Evaluation), Refusal> {
    let mut settings = settings(input, env)?;
    let read = collect::collect(&mut settings, Telling::Weighed, env, messages);
    let evaluation = judge(&mut settings, read, env, messages);
    Ok((settings, evaluation))
}
