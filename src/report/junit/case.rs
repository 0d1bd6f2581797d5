//! One case: a finding, a rule, or a source.

use std::io;

use super::super::Report;
use super::super::escape::{actions_safe, shorten, unstyled};
use super::super::xml::{Xml, fitting};
use super::super::{anchor, words};
use super::{NAME, SENTENCE};
use crate::policy::{Enforcement, Judged, Violation};
use crate::policy_file::proposal;

/// The most that a text of several lines takes, in bytes.
const TEXT: usize = 2_500;

/// The most of one line of it, in characters, so that the last lines are never the ones that are cut.
const LINE: usize = 220;

/// The most of a check or a package in a name, and of a path there, in bytes. The fingerprint comes behind them.
const PART: usize = 60;
const PATH: usize = 100;

/// The longest path that is told apart from the name, in bytes: a shortened one would be another.
const FILE: usize = 500;

pub(super) struct Case {
    /// Once in a suite, and the same from run to run.
    pub(super) name: String,
    pub(super) file: Option<String>,
    pub(super) outcome: Outcome,
}

pub(super) enum Outcome {
    Holds,
    Failure { kind: &'static str, message: String, text: Vec<String> },
    Error { kind: &'static str, message: String, text: Vec<String> },
    Skipped(String),
}

impl Case {
    pub(super) fn write(&self, class: &str, xml: &mut Xml<'_>) -> io::Result<()> {
        let (name, class) = (line(&self.name), line(class));
        let (name, class) = (fitting(&name, NAME), fitting(&class, NAME));
        let mut attributes = vec![("classname", &*class), ("name", &*name)];
        attributes.extend(self.file.as_deref().map(|file| ("file", file)));
        attributes.push(("time", "0"));
        let (element, kind, message, text) = match &self.outcome {
            Outcome::Holds => return xml.element("testcase", &attributes, ""),
            Outcome::Skipped(why) => {
                xml.start("testcase", &attributes)?;
                xml.element("skipped", &[], &fitting(&line(why), SENTENCE))?;
                return xml.end();
            }
            Outcome::Failure { kind, message, text } => ("failure", kind, message, text),
            Outcome::Error { kind, message, text } => ("error", kind, message, text),
        };
        xml.start("testcase", &attributes)?;
        let message = line(message);
        let lines: Vec<String> = text.iter().map(|text| line(text)).collect();
        let text = lines.join("\n");
        let attributes = [("type", *kind), ("message", &*fitting(&message, SENTENCE))];
        xml.element(element, &attributes, &fitting(&text, TEXT))?;
        xml.end()
    }
}

/// A line of a report that may be printed to the log of a CI platform: visible, without styles, and no command. Nor is it a
/// file to Jenkins and GitLab, which attach what `[[ATTACHMENT|PATH]]` names, Jenkins from anywhere on its agent.
pub(super) fn line(text: &str) -> String {
    // Of the spaces that begin a line those of ours mean something: they are the waiver's.
    actions_safe(&unstyled(text)).replace("[[ATTACHMENT", "[ [ATTACHMENT")
}

/// A finding that a rule counts.
pub(super) fn found(report: &Report<'_>, violation: &Violation, judged: &Judged) -> Case {
    let finding = &judged.finding;
    let title = shorten(words::title(finding), LINE);
    let fix = words::fix(finding);
    let what = format!("{}: {title}", shorten(&words::place(finding), LINE));
    let message = match &fix {
        Some(fix) => format!("{what}; {}", shorten(fix, LINE)),
        None => what,
    };
    let at = if finding.location.is_some() { " at " } else { ", " };
    let outcome = match violation.enforcement {
        Enforcement::Warn => {
            let why = words::why(report, judged).join("; ");
            Outcome::Skipped(format!("warns only: {}{at}{message}; {why}", judged.severity))
        }
        Enforcement::Deny => {
            let mut text = vec![title.into_owned(), format!("{}{at}{}", judged.severity, words::place(finding))];
            text.extend(words::why(report, judged));
            text.push(words::about(finding));
            text.extend(fix);
            text.push(format!("why: {}, with the options of this run", words::explain(finding)));
            text.push("to waive it, whoever owns the policy adds under `waivers:`".to_owned());
            let text = text.into_iter().map(|text| shorten(&text, LINE).into_owned());
            let waiver = proposal(judged, &report.policy.waiver_rules, report.as_of).block(2, 2, "\n");
            let text = text.chain(waiver.lines().map(str::to_owned)).collect();
            Outcome::Failure { kind: judged.severity.name(), message, text }
        }
    };
    Case { name: name(judged), file: file(judged), outcome }
}

/// A rule by itself, for what has no finding.
pub(super) fn ruled(violation: &Violation, name: &str, message: &str) -> Case {
    let Violation { rule, place, .. } = violation;
    let text = vec![format!("{} {rule} ({place})", verb(violation)), words::counted(violation)];
    let outcome = match violation.enforcement {
        Enforcement::Deny => Outcome::Failure { kind: "policy", message: message.to_owned(), text },
        Enforcement::Warn => Outcome::Skipped(format!("warns only: {message}")),
    };
    Case { name: name.to_owned(), file: None, outcome }
}

fn verb(violation: &Violation) -> &'static str {
    match violation.enforcement {
        Enforcement::Deny => "violates",
        Enforcement::Warn => "warned of by",
    }
}

/// A waived finding, with the waiver.
pub(super) fn waived(report: &Report<'_>, judged: &Judged) -> Case {
    let waiver = judged.waiver.and_then(|number| report.evaluation.waivers.get(number as usize));
    let why = waiver.map_or_else(
        || "waived".to_owned(),
        |waiver| {
            let until = waiver.expires.map(|day| format!(" until {day}")).unwrap_or_default();
            let owner = waiver.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
            format!("waived{until} by {} ({}): {}{owner}", waiver.id, waiver.place, waiver.reason)
        },
    );
    Case { name: name(judged), file: file(judged), outcome: Outcome::Skipped(why) }
}

/// What it is, where, and which of them. Of a long path the end is kept.
fn name(judged: &Judged) -> String {
    let finding = &judged.finding;
    let package = finding.package.as_deref().map(|package| &*package.name);
    let mut parts: Vec<String> = Vec::new();
    for part in [Some(words::name_of_check(finding)), package].into_iter().flatten() {
        parts.push(fitting(&line(&shorten(part, LINE)), PART).into_owned());
    }
    if let Some(location) = &finding.location {
        let backwards: String = line(&location.path).chars().rev().collect();
        parts.push(fitting(&backwards, PATH).chars().rev().collect());
    }
    format!("{} [{}]", parts.join(" "), finding.fingerprint)
}

fn file(judged: &Judged) -> Option<String> {
    let path = anchor::of(&judged.finding)?.path;
    (fitting(path, FILE).len() == path.len()).then(|| path.to_owned())
}
