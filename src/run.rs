//! The pipeline, as a table of contents.

mod explain;
mod policy;
mod shell;

use std::path::Path;

use anyhow::Context as _;

use crate::cli::{Action, Check, Cli, Input};
use crate::env::Env;
use crate::exit::Status;
use crate::finding::{self, State};
use crate::messages::Messages;
use crate::policy::{Evaluation, Evidence, evaluate};
use crate::policy_file;
use crate::progress::Progress;
use crate::report::{Color, Output, Report, Targets, Unprepared, Written};
use crate::settings::{Refusal, Settings, entries, settings};
use crate::source;

/// Runs a command and tells how it ended.
#[must_use]
pub fn run(cli: &Cli, env: &Env) -> Status {
    let messages = Messages::new(&cli.shared, env);
    let outcome = match &cli.command {
        Action::Check(arguments) => check(arguments, cli.shared.color, env, messages),
        Action::Explain(arguments) => explain::run(arguments, env, messages),
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
        Refusal::Output(error) => {
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
    let mut settings = settings(&arguments.input, env)?;
    let targets =
        Targets::prepare(arguments.format, &outputs(&arguments.outputs)?, color).map_err(|error| match error {
            Unprepared::Conflict(error) => Refusal::Other(error),
            Unprepared::Unwritable(error) => Refusal::Output(error),
        })?;
    let files: Vec<_> = targets.files().map(Path::to_owned).collect();
    for (plan, _) in &mut settings.plans {
        plan.set_written(&files);
    }
    let evaluation = judge(&settings, env, messages);
    let written = targets.write_all(&report(&settings, &evaluation));
    let verdict = Status::from(evaluation.verdict);
    // Giving a million findings back one by one takes longer than all that the process has left to do.
    std::mem::forget(evaluation);
    let status = match verdict {
        Status::Violated if arguments.exit_zero => Status::Holds,
        status => status,
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
            // What was found to be violated is violated, whatever could not be written.
            Ok(if status == Status::Violated { status } else { Status::Undecided })
        }
    }
}

/// Reads every `--output`.
fn outputs(arguments: &[String]) -> anyhow::Result<Vec<Output>> {
    let read = |argument: &str| argument.parse().with_context(|| format!("cannot use --output {argument}"));
    entries("--output", arguments)?.into_iter().map(read).collect()
}

/// Collect, normalize, merge, evaluate.
fn judge(settings: &Settings, env: &Env, messages: Messages) -> Evaluation {
    for note in &settings.notes {
        messages.detail(note);
    }
    for warning in &settings.warnings {
        messages.note(warning);
    }
    let mut evidence = Vec::new();
    let mut findings = Vec::new();
    for (plan, requirement) in &settings.plans {
        let progress = if messages.may_draw_progress() { Progress::bar() } else { Progress::silent() };
        let collected = source::collect(plan, &env.folder, &progress);
        progress.finish();
        tell(&collected.coverage, messages);
        evidence.push(Evidence { coverage: collected.coverage, requirement: *requirement });
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

/// One plain line per source, for logs and for people who wait.
fn tell(coverage: &finding::Coverage, messages: Messages) {
    let finding::Coverage { source, state, reasons, notes, scans, read, skipped: _ } = coverage;
    let count = |count: u64, noun: &str| if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") };
    let (findings, scans) = (count(*read, "finding"), count(scans.len() as u64, "scan"));
    let tail = match (state, reasons.first()) {
        (State::Complete, _) | (_, None) => String::new(),
        (_, Some(reason)) => format!(": {reason}"),
    };
    messages.line(&format!("{source}: {}, {findings} in {scans}{tail}", state.name()));
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
    let settings = settings(input, env)?;
    let evaluation = judge(&settings, env, messages);
    Ok((settings, evaluation))
}
