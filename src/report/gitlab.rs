//! GitLab Code Quality: the widget of merge requests.
//!
//! An array of what violates the policy and what it warns of, each at a file and a line. GitLab compares it with the
//! report of the target branch by fingerprints, so none holds a line, a count or a version. It has no word for a report
//! that is not complete: what was not read is an entry at the policy, for an empty array would look like a clean one.

#[cfg(test)]
mod tests;

use std::io;

use serde::Serialize;

use super::Report;
use super::anchor::{self, Anchor};
use super::escape::{is_visible, shorten, terminal};
use super::stream::compact;
use super::words::{self, evidence, is_missing, name_of_check};
use crate::digest::digest;
use crate::finding::Severity;
use crate::policy::{Enforcement, Judged, Violation};

/// The most findings: a widget of thousands is read by nobody, and every one is compared with the other branch's. GitLab
/// takes 100 MB of an artifact; an entry takes at most 12 KB, so these take 60.
const FINDINGS: usize = 5_000;

/// The longest description and the longest name of a check, in characters.
const DESCRIPTION: usize = 1_000;
const NAME: usize = 200;

/// The most of one sentence of why a finding counts, so that none of them leaves no room for those that follow.
const SENTENCE: usize = 200;

/// What GitLab reads; it ignores other keys.
#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let ruled = report.evaluation.violations.iter().filter(|violation| violation.findings.is_empty());
    let found = words::shown(report).into_iter().take(FINDINGS);
    let entries = not_read(report).into_iter();
    let entries = entries.chain(ruled.map(|violation| rule(report, violation)));
    let entries = entries.chain(found.map(|judged| finding(report, judged))).chain(told(report));
    let mut line = Vec::new();
    out.write_all(b"[")?;
    let mut between: &[u8] = b"\n  ";
    for entry in entries {
        out.write_all(between)?;
        compact(out, &mut line, entry)?;
        between = b",\n  ";
    }
    out.write_all(if between.starts_with(b",") { b"\n]\n" } else { b"]\n" })
}

/// What a user should know of a document that does not hold everything.
pub(super) fn shortened(report: &Report<'_>) -> Option<String> {
    let all = words::shown(report).len();
    let left_out = all.checked_sub(FINDINGS).filter(|&left_out| left_out > 0)?;
    Some(words::left_out(left_out as u64, all as u64))
}

fn finding<'a>(report: &Report<'a>, judged: &'a Judged) -> Entry<'a> {
    let finding = &judged.finding;
    let place = anchor::of(finding);
    let subject = words::subject(finding).map(|subject| format!("{}: ", shorten(&subject, 150))).unwrap_or_default();
    let title = shorten(words::title(finding), 250);
    let mut text = format!("{subject}{title}");
    let lost = place.is_none().then(|| "no file is known, so it is shown at the policy".to_owned());
    for more in words::why(report, judged).into_iter().chain(words::fix(finding)).chain(lost) {
        text.push_str("; ");
        text.push_str(&shorten(&more, SENTENCE));
    }
    let package = finding.package.as_deref().map(|package| format!("/{}", package.name)).unwrap_or_default();
    let check = format!("{}{package}", name_of_check(finding));
    let at = place.unwrap_or_else(|| anchor::at_policy(report));
    entry(&text, &check, finding.fingerprint.to_string(), severity(finding.severity), at)
}

/// A violated rule that counts no finding, at its line in the policy.
fn rule<'a>(report: &Report<'a>, violation: &'a Violation) -> Entry<'a> {
    let Violation { rule, place, enforcement, .. } = violation;
    let severity = match enforcement {
        Enforcement::Deny => "critical",
        Enforcement::Warn => "minor",
    };
    let text = format!("{} [{rule}]", words::rule_itself(violation));
    own(&text, "rule", rule, severity, anchor::at_line(report, &place.file, place.line))
}

/// What was not read, and that nothing was.
fn not_read<'a>(report: &Report<'a>) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    let evidence = &report.evaluation.evidence;
    let at = anchor::at_policy(report);
    for one in evidence {
        let Some(why) = evidence::not_read(one) else { continue };
        let (severity, effect) =
            if is_missing(one) { ("blocker", "required, so the verdict lacks it") } else { ("info", "optional") };
        entries.push(own(&format!("{why} ({effect})"), "source", &one.coverage.source, severity, at));
    }
    if evidence.is_empty() {
        entries.push(own(words::NOTHING_READ, "source", "", "blocker", at));
    }
    entries
}

/// What else a reader of the widget would not know.
fn told<'a>(report: &Report<'a>) -> Vec<Entry<'a>> {
    let only = words::only_read(report.only).map(|only| (format!("{only}, because of --only"), "only"));
    let cut = shortened(report).map(|cut| (format!("this report was cut: {cut}"), "cut"));
    let at = anchor::at_policy(report);
    only.into_iter().chain(cut).map(|(text, about)| own(&text, about, "", "info", at)).collect()
}

/// An entry that is no finding: the same fingerprint as long as it is about the same thing.
fn own<'a>(text: &str, what: &str, which: &str, severity: &'static str, at: Anchor<'a>) -> Entry<'a> {
    let fingerprint = digest(format!("findgate/{what}/{which}").as_bytes());
    entry(text, &format!("findgate/{what}"), fingerprint, severity, at)
}

fn entry<'a>(text: &str, check: &str, fingerprint: String, severity: &'static str, at: Anchor<'a>) -> Entry<'a> {
    let text = terminal(text);
    let description = if is_visible(&text) { shorten(&text, DESCRIPTION).into_owned() } else { check.to_owned() };
    let check_name = shorten(&terminal(check), NAME).into_owned();
    let Anchor { path, line } = at;
    Entry { description, check_name, fingerprint, severity, location: Location { path, lines: Lines { begin: line } } }
}

/// GitLab's five words for ours; what no source rates is said in the description.
fn severity(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "blocker",
        Some(Severity::High) => "critical",
        Some(Severity::Medium) => "major",
        Some(Severity::Low) => "minor",
        Some(Severity::Info) | None => "info",
    }
}
