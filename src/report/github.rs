//! Workflow commands of GitHub Actions: annotations beside the code and at the run.
//!
//! GitHub shows ten errors and ten warnings of a step and drops the others in silence, so only the worst are written, and
//! one notice tells how many are not. What was not read comes first, then rules that are violated without a finding, then
//! findings. A run about which there is nothing to say writes nothing: an annotation on every green run would teach people
//! not to look.
//!
//! Each line is a command of ours. Text from outside stands only in its values, escaped as the runner unescapes them, and
//! holds no `##[`, which an older runner takes as a command wherever it stands.

#[cfg(test)]
mod tests;

use std::io;

use super::Report;
use super::anchor::{self, Anchor};
use super::escape::{actions_safe, shorten, terminal};
use super::words::{self, evidence, is_missing, plural};
use crate::finding::State;
use crate::policy::{Disposition, Enforcement, Evidence, Judged, Violation};

/// How many annotations of each level GitHub shows of a step.
const SHOWN: usize = 10;

/// The longest message and the longest title, in characters. GitHub cuts a message at 4,096; an escape takes three.
const MESSAGE: usize = 4_096 / 3;
const TITLE: usize = 200;

/// The longest line of a message, in characters.
const LINE: usize = 280;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

/// What an annotation is of.
enum Item<'a> {
    /// That there is not even a source.
    Nothing,
    Unread(&'a Evidence),
    /// A rule that is violated without a finding.
    Ruled(&'a Violation),
    Found(&'a Judged),
}

impl<'a> Item<'a> {
    fn annotation(&self, report: &Report<'a>) -> Annotation<'a> {
        match self {
            Item::Nothing => nothing_read(),
            Item::Unread(evidence) => not_read(report, evidence),
            Item::Ruled(violation) => rule(report, violation),
            Item::Found(judged) => finding(report, judged),
        }
    }
}

struct Annotation<'a> {
    at: Option<Anchor<'a>>,
    title: String,
    /// The lines of the message.
    lines: Vec<String>,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut rest = Vec::new();
    for (level, noun) in [(Level::Error, "error"), (Level::Warning, "warning")] {
        let mut items = items(report, level);
        for item in items.by_ref().take(SHOWN) {
            command(level, &item.annotation(report), out)?;
        }
        let left_out = items.count() as u64;
        if left_out > 0 {
            rest.push(plural(left_out, noun));
        }
    }
    let (verdict, why) = words::last_line(report);
    let mut lines = vec![format!("findgate: {verdict}{why}")];
    if !rest.is_empty() {
        let rest = rest.join(" and ");
        lines.push(format!(
            "Not shown: {rest}; GitHub shows {SHOWN} of each. The report in the log and the other formats tell more."
        ));
    }
    if report.only.is_empty() && lines.len() == 1 {
        return Ok(());
    }
    command(Level::Notice, &Annotation { at: None, title: "findgate".to_owned(), lines }, out)
}

/// Everything of a level, the worst first.
fn items<'a>(report: &Report<'a>, level: Level) -> impl Iterator<Item = Item<'a>> {
    let evaluation = report.evaluation;
    let nothing = (evaluation.evidence.is_empty() && level == Level::Error).then_some(Item::Nothing);
    let unread = evaluation.evidence.iter().filter(move |one| of_evidence(one) == Some(level));
    let ruled = evaluation.violations.iter().filter(move |one| of_rule(one) == Some(level));
    let found = disposition(level).into_iter().flat_map(|disposition| evaluation.with(disposition));
    let items = nothing.into_iter().chain(unread.map(Item::Unread));
    items.chain(ruled.map(Item::Ruled)).chain(found.map(Item::Found))
}

fn of_evidence(one: &Evidence) -> Option<Level> {
    match one.coverage.state {
        State::Complete => None,
        _ if is_missing(one) => Some(Level::Error),
        _ => Some(Level::Warning),
    }
}

/// The level of a rule that is violated without a finding.
fn of_rule(violation: &Violation) -> Option<Level> {
    let level = match violation.enforcement {
        Enforcement::Deny => Level::Error,
        Enforcement::Warn => Level::Warning,
    };
    violation.findings.is_empty().then_some(level)
}

fn disposition(level: Level) -> Option<Disposition> {
    match level {
        Level::Error => Some(Disposition::Violation),
        Level::Warning => Some(Disposition::Warning),
        Level::Notice => None,
    }
}

fn nothing_read<'a>() -> Annotation<'a> {
    let lines = vec![words::NOTHING_READ.to_owned()];
    Annotation { at: None, title: "findgate: not read".to_owned(), lines }
}

fn not_read<'a>(report: &Report<'a>, one: &Evidence) -> Annotation<'a> {
    let effect = if is_missing(one) { "It is required, so the verdict lacks it." } else { "It is optional." };
    let why = evidence::not_read(one).map(|why| shorten(&why, MESSAGE - effect.len() - 1).into_owned());
    let lines = why.into_iter().chain([effect.to_owned()]).collect();
    let title = format!("findgate: {} {}", one.coverage.source, one.coverage.state.said());
    Annotation { at: anchor::in_policy(report, report.policy_origin, 1), title, lines }
}

fn rule<'a>(report: &Report<'a>, violation: &'a Violation) -> Annotation<'a> {
    let Violation { rule, place, .. } = violation;
    let title = format!("findgate: {rule}");
    let told = format!("{} ({place})", words::counted(violation));
    let lines = vec![words::rule_itself(violation), told];
    Annotation { at: anchor::in_policy(report, &place.file, place.line), title, lines }
}

fn finding<'a>(report: &Report<'_>, judged: &'a Judged) -> Annotation<'a> {
    let finding = &judged.finding;
    let title = format!("findgate: {} ({})", words::rules(report, judged), judged.severity);
    let place = anchor::of(finding);
    let lost = place.is_none().then(|| words::place(finding));
    let is_denied = judged.disposition == Disposition::Violation;
    let why = if is_denied { "why, and the waiver to paste" } else { "why" };
    let explain = format!("{why}: {}, with the options of this run", words::explain(finding));
    let lines = [words::title(finding).to_owned()].into_iter().chain(lost).chain(words::why(report, judged));
    let lines = lines.chain([words::about(finding)]).chain(words::fix(finding)).chain([explain]);
    let lines = lines.map(|line| shorten(&line, LINE).into_owned()).collect();
    Annotation { at: place, title, lines }
}

/// Writes a command: a line.
fn command(level: Level, annotation: &Annotation<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Annotation { at, title, lines } = annotation;
    let name = match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    };
    write!(out, "::{name} ")?;
    if let Some(Anchor { path, line }) = at {
        write!(out, "file={},line={line},", property(path))?;
    }
    let lines: Vec<_> = lines.iter().map(|line| terminal(line)).collect();
    let message = data(&shorten(&lines.join("\n"), MESSAGE));
    writeln!(out, "title={}::{message}", property(&shorten(&terminal(title), TITLE)))
}

/// A text as the data of a command (actions/toolkit, `command.ts`). What is escaped is one line, in which `##[` is broken.
fn data(text: &str) -> String {
    actions_safe(&escaped(text)).into_owned()
}

/// A text as the value of a property: colons and commas would end it.
fn property(text: &str) -> String {
    actions_safe(&escaped(text).replace(':', "%3A").replace(',', "%2C")).into_owned()
}

fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
