//! The pipeline, as a table of contents.

mod collect;
mod explain;
mod policy;
mod shell;
mod sources;

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::cli::{Action, Check, Cli, Input};
use crate::env::Env;
use crate::exit::Status;
use crate::finding::{self, State};
use crate::messages::Messages;
use crate::net::Network;
use crate::policy::{Evaluation, EvidenceRule, evaluate, weigh};
use crate::policy_file;
use crate::progress::Board;
use crate::report::{Color, Destination, Output, Report, Targets, Unprepared, Written};
use crate::settings::{Refusal, Settings, entries, settings};
use crate::source::{Collected, Desk, Reader};

use collect::Telling;

/// Runs a command and tells how it ended.
#[must_use]
pub fn run(cli: &Cli, env: &Env) -> Status {
    let messages = Messages::new(&cli.shared, env);
    let outcome = match &cli.command {
        Action::Check(arguments) => check(arguments, cli.shared.color, env, messages),
        Action::Collect(arguments) => collect::run(arguments, env, messages),
        Action::Explain(arguments) => explain::run(arguments, env, messages),
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
        Refusal::Policy { problems, text } => {
            messages.drawn(&policy_file::draw(problems, |_| Some(text.as_str()), true));
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
    let targets =
        Targets::prepare(arguments.format, &outputs(&arguments.outputs)?, color).map_err(|error| match error {
            Unprepared::Conflict(error) => Refusal::Other(error),
            Unprepared::Unwritable(error) => Refusal::Output(error),
        })?;
    let saved = collect::saved(arguments, &targets, env)?;
    settings.set_written(targets.files().chain(saved.iter().map(Destination::resolved)).map(Path::to_owned).collect());
    let collected = collect::collect(&mut settings, Telling::Weighed, env, messages);
    let kept = saved.map_or(Ok(()), |to| collect::keep(&to, &settings, &collected, env));
    let evaluation = judge(&settings, collected, messages);
    let written = targets.write_all(&report(&settings, &evaluation));
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

/// Weigh, merge, evaluate.
fn judge(settings: &Settings, collected: Vec<Collected>, messages: Messages) -> Evaluation {
    let mut evidence = Vec::new();
    let mut findings = Vec::new();
    for (wanted, collected) in settings.wanted.iter().zip(collected) {
        evidence.push(weigh(collected.coverage, &wanted.rule, settings.aim(), settings.as_of));
        if findings.is_empty() {
            findings = collected.findings;
        } else {
            findings.extend(collected.findings);
        }
    }
    let merged = finding::merge(findings);
    if merged.joined > 0 {
        messages.detail(&format!(
            "{} readings of {} findings",
            merged.findings.len() as u64 + merged.joined,
            merged.findings.len()
        ));
    }
    evaluate(&settings.resolved, evidence, merged.findings, settings.as_of)
}

/// Makes what a source needs that asks a vendor. All share the run's time, which begins now.
fn desks(settings: &Settings, board: &Board, messages: Messages) -> impl Fn(&Reader, &EvidenceRule) -> Desk + Sync {
    let lines = board.clone();
    let network = Network {
        roots: settings.roots.clone(),
        deadline: tokio::time::Instant::now() + settings.timeout,
        budget: settings.timeout,
        masks: settings.masks.clone(),
        log: Arc::new(move |line| lines.above(|| messages.detail(line))),
    };
    move |reader, rule| Desk {
        network: network.clone(),
        rule: *rule,
        repository: settings.project.repository.clone(),
        branch: settings.project.branch.clone(),
        commit: settings.project.commit.clone(),
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
    let count = |count: u64, noun: &str| if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
    let findings = match (state, read) {
        (State::Failed, 0) => String::new(),
        _ => format!(", {}", count(*read, "finding")),
    };
    let scans = if scans.is_empty() { String::new() } else { format!(" in {}", count(scans.len() as u64, "scan")) };
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
        policy_digest: &settings.policy.digest,
        project: &settings.project,
        as_of: settings.as_of,
        only: &settings.only,
    }
}

/// What a judgement of this input gives, for commands that look into it.
fn judged(input: &Input, env: &Env, messages: Messages) -> Result<(Settings, Evaluation), Refusal> {
    let mut settings = settings(input, env)?;
    let collected = collect::collect(&mut settings, Telling::Weighed, env, messages);
    let evaluation = judge(&settings, collected, messages);
    Ok((settings, evaluation))
}
