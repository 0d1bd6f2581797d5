//! `findgate sources`: tries each source out and says what a person needs to make it work.

use std::io::Write as _;

use crate::cli::{Input, Sources};
use crate::env::Env;
use crate::exit::Status;
use crate::finding::State;
use crate::messages::Messages;
use crate::policy::Requirement;
use crate::progress::Board;
use crate::report::{plural, terminal, wrapped};
use crate::settings::{self, Refusal, Settings};
use crate::source::{self, Outcome, Reader, Step, sarif};

use super::lines::print;

pub(super) fn run(arguments: &Sources, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let Sources { reading, project, network } = arguments;
    let settings = settings::trial(&Input::to_read(reading, project, network), env)?;
    for note in &settings.notes {
        messages.detail(note);
    }
    for warning in &settings.warnings {
        messages.note(warning);
    }
    let board = if messages.may_draw_progress() { Board::drawn() } else { Board::silent() };
    let desks = super::desks(&settings, &board, messages);
    let of_vendors = source::probe(&settings.readers, &desks);
    let mut text = Vec::new();
    let mut status = Status::Holds;
    for ((reader, rule), steps) in settings.readers.iter().zip(of_vendors) {
        let steps = match reader {
            Reader::Sarif(files) => of_files(files, env),
            Reader::Unread(coverage) => coverage.reasons.iter().map(|reason| Step::bad("settings", reason)).collect(),
            Reader::Mend(_) | Reader::Mayo(_) | Reader::Cybedefend(_) | Reader::Appsecplus(_) => steps,
        };
        let steps = masked(steps, &settings);
        let bad = steps.is_empty() || steps.iter().any(|step| matches!(step.outcome, Outcome::Bad(_)));
        // Writing to memory cannot fail.
        let _ = describe(&mut text, reader.name(), rule.requirement, &steps);
        status = match (rule.requirement, bad, reader) {
            (Requirement::Optional, ..) | (_, false, _) => status,
            (Requirement::Required, true, Reader::Unread(_)) => Status::Usage,
            (Requirement::Required, true, _) if status == Status::Holds => Status::Undecided,
            (Requirement::Required, true, _) => status,
        };
    }
    print(&text)?;
    Ok(status)
}

/// Files have nobody to ask: they are read.
fn of_files(files: &sarif::Settings, env: &Env) -> Vec<Step> {
    let coverage = sarif::collect(files, &env.folder, &crate::progress::Progress::silent()).coverage;
    let read = format!("{} in {}", plural(coverage.read, "finding"), plural(coverage.scans.len() as u64, "scan"));
    let mut steps: Vec<Step> = coverage.reasons.iter().map(|reason| Step::bad("files", reason)).collect();
    if coverage.state == State::Complete {
        steps.push(Step::good("files", read));
    }
    steps
}

/// Takes out the credentials that a server echoed.
fn masked(steps: Vec<Step>, settings: &Settings) -> Vec<Step> {
    let clean = |text: String| settings.masks.apply(&text).into_owned();
    let step = |Step { name, outcome }: Step| Step {
        name: clean(name),
        outcome: match outcome {
            Outcome::Good(text) => Outcome::Good(clean(text)),
            Outcome::Odd(text) => Outcome::Odd(clean(text)),
            Outcome::Bad(text) => Outcome::Bad(clean(text)),
        },
    };
    steps.into_iter().map(step).collect()
}

/// Made for 80 columns, as the report is.
fn describe(out: &mut Vec<u8>, name: &str, requirement: Requirement, steps: &[Step]) -> std::io::Result<()> {
    let optional = if requirement == Requirement::Optional { " (optional)" } else { "" };
    writeln!(out, "{}{optional}", terminal(name))?;
    let width = steps.iter().map(|step| terminal(&step.name).chars().count()).max().unwrap_or(0);
    let mut above = String::new();
    for Step { name, outcome } in steps {
        let (mark, text) = match outcome {
            Outcome::Good(text) => ("ok", text.as_str()),
            Outcome::Odd(text) => ("note", text.as_str()),
            Outcome::Bad(text) => ("FAIL", text.as_str()),
        };
        // A permission that is missing for one list is missing for all of them; the sentence is long, and needed once.
        let but_for_the_name = text.replace(name, "");
        let is_same = matches!(outcome, Outcome::Bad(_)) && but_for_the_name == above;
        above = but_for_the_name;
        let text = if is_same { "as above" } else { text };
        let first = format!("  {mark:4}  {:width$}  ", terminal(name));
        wrapped(&first, &" ".repeat(first.chars().count()), text, out)?;
    }
    Ok(())
}
