//! The report for a person: at a terminal, or in the log of a CI job.
//!
//! The verdict first, then what was violated, worst first, then what was not read, waivers, counts, and a last line that
//! can be searched for. It is made for 80 columns whatever the terminal, so that it is the same everywhere. Styles are
//! always written; the target strips them where they are not wanted. No line begins with text from outside.

mod beside;
mod evidence;
#[cfg(test)]
mod tests;
mod waivers;

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::Report;
use super::escape::{actions_safe, shorten, terminal};
use crate::exit::Status;
use crate::finding::{Finding, Kind, Severity, State};
use crate::policy::{Baseline, Counts, Disposition, Enforcement, Evidence, Judged, Requirement, Verdict, Violation};

/// How many findings are shown at most; a log of thousands is read by nobody, and the other formats hold them all.
const SHOWN: usize = 50;

/// The width that text is wrapped to.
const WIDTH: usize = 80;

/// The most of a title that is shown, in characters: some scanners write a page. `explain` and the other formats hold all.
const TITLE: usize = 280;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    head(report, out)?;
    violated(report, out)?;
    findings(report, out)?;
    evidence::not_read(report, out)?;
    waivers::waivers(report, out)?;
    beside::beside(report, out)?;
    counts(report, out)?;
    evidence::sources(report, out)?;
    evidence::feeds(report, out)?;
    last_line(report, out)
}

fn head(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let evaluation = report.evaluation;
    let by = |enforcement| evaluation.violations.iter().filter(|v| v.enforcement == enforcement).count() as u64;
    let (denied, warned) = (by(Enforcement::Deny), by(Enforcement::Warn));
    let missing = evaluation.evidence.iter().any(is_missing);
    let (style, word, sentence) = match evaluation.verdict {
        // Only optional sources, and none of them was read: allowed, but nobody should take it for a look at the findings.
        Verdict::Pass if !evaluation.evidence.iter().any(|e| e.coverage.state == State::Complete) => {
            (YELLOW, "PASS", "no violation was seen, but no source was read completely; all are optional".to_owned())
        }
        Verdict::Pass if warned == 0 => (GREEN, "PASS", "the policy holds".to_owned()),
        Verdict::Pass => (GREEN, "PASS", format!("the policy holds, with warnings of {}", plural(warned, "rule"))),
        Verdict::Fail if missing => {
            let denied = plural(denied, "rule");
            let sentence =
                format!("the policy is violated in {denied}, and not everything\n      that is required was read");
            (RED, "FAIL", sentence)
        }
        Verdict::Fail => (RED, "FAIL", format!("the policy is violated in {}", plural(denied, "rule"))),
        Verdict::Undecided => {
            (YELLOW, "UNDECIDED", "no violation was seen, but not everything that is required was read".to_owned())
        }
    };
    writeln!(out, "{style}{word}{style:#}  {sentence}")?;
    let name = report.policy.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
    let limits = plural(evaluation.limits.len() as u64, "rule");
    // Always, because `--as-of` can make an expired waiver hold.
    let day = report.as_of.strftime("%Y-%m-%d");
    wrapped("      ", "        ", &format!("policy {}{name}, {limits}, as of {day}", report.policy_shown), out)?;
    if let Some(applied) = &report.policy.applied {
        wrapped("      ", "        ", &format!("with {applied}"), out)?;
    }
    let project = [
        report.project.repository.clone(),
        report.project.branch.as_ref().map(|branch| format!("branch {branch}")),
        report.project.commit.as_ref().map(|commit| format!("commit {}", short(commit))),
    ];
    let project: Vec<String> = project.into_iter().flatten().collect();
    if !project.is_empty() {
        wrapped("      ", "        ", &format!("project {}", project.join(", ")), out)?;
    }
    if let Some(baseline) = &evaluation.baseline {
        wrapped("      ", "        ", &compared(baseline), out)?;
        for note in baseline.notes.iter().take(SHOWN) {
            wrapped("        note: ", "          ", note, out)?;
        }
    }
    if !report.only.is_empty() {
        writeln!(out, "      {YELLOW}{}{YELLOW:#}, because of --only", terminal(&only_read(report)))?;
    }
    Ok(())
}

/// `baseline .findgate/baseline.json of 2026-11-20 (commit 1a2b3c): 120 known, 3 new`.
fn compared(baseline: &Baseline) -> String {
    let Baseline { file, taken, commit, matched, new, .. } = baseline;
    let of = taken.map(|time| format!(" of {}", time.strftime("%Y-%m-%d"))).unwrap_or_default();
    let commit = commit.as_ref().map(|commit| format!(" (commit {})", short(commit))).unwrap_or_default();
    format!("baseline {file}{of}{commit}: {matched} known, {new} new")
}

fn violated(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let violations = &report.evaluation.violations;
    if violations.is_empty() {
        return Ok(());
    }
    // Below a policy that holds, "violated" would contradict the verdict.
    let denied = violations.iter().any(|violation| violation.enforcement == Enforcement::Deny);
    section(if denied { "violated" } else { "warnings" }, out)?;
    let width = violations.iter().map(|violation| violation.rule.chars().count()).max().unwrap_or(0).min(40);
    for violation in violations {
        let (style, effect) = match violation.enforcement {
            Enforcement::Deny => (RED, String::new()),
            Enforcement::Warn => match violation.denies_from {
                Some(day) => (YELLOW, format!("  (warns only; denies from {day})")),
                None => (YELLOW, "  (warns only)".to_owned()),
            },
        };
        let Violation { rule, found, allowed, place, .. } = violation;
        let told = format!("{found} found, {allowed} allowed{effect}");
        let place = format!("{}:{}", terminal(&place.file), place.line);
        let used = 2 + rule.width().max(width) + 2 + told.len() + 2;
        // What extends a policy on a server names a long address.
        let gap = if used + place.width() > WIDTH { "\n    " } else { "  " };
        writeln!(out, "  {style}{rule:width$}{style:#}  {told}{gap}{DIM}{place}{DIM:#}")?;
        if let Some(description) = &violation.description {
            wrapped("    ", "    ", description, out)?;
        }
        if !violation.unknown.is_empty() {
            let facts: Vec<String> = violation
                .unknown
                .iter()
                .map(|(fact, count)| format!("{fact} ({})", plural(*count, "finding")))
                .collect();
            wrapped("    ", "    ", &format!("not told by any source, so counted as true: {}", facts.join(", ")), out)?;
        }
    }
    Ok(())
}

fn findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let violations = report.evaluation.with(Disposition::Violation).count();
    let shown: Vec<&Judged> =
        report.evaluation.with(Disposition::Violation).chain(report.evaluation.with(Disposition::Warning)).collect();
    if shown.is_empty() {
        return Ok(());
    }
    section("findings", out)?;
    for judged in shown.iter().take(SHOWN) {
        finding(report, judged, out)?;
    }
    if let Some(rest) = shown.len().checked_sub(SHOWN).filter(|&rest| rest > 0) {
        writeln!(
            out,
            "  {BOLD}and {}{BOLD:#}; `--output json=findgate.json` holds them all",
            plural(rest as u64, "more finding")
        )?;
    }
    if let Some(worst) = shown.first().filter(|_| violations > 0) {
        writeln!(out)?;
        let fingerprint = worst.finding.fingerprint.to_string();
        let short = fingerprint.get(..11).unwrap_or(&fingerprint);
        wrapped(
            "  ",
            "  ",
            &format!(
                "why one of them counts, and the waiver to paste: findgate explain {short}, with the options of \
                 this run"
            ),
            out,
        )?;
    }
    Ok(())
}

fn finding(report: &Report<'_>, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
    let finding = &judged.finding;
    let style = severity_style(judged.severity);
    // Without a baseline nearly everything would be called new, or nothing.
    let is_new = report.evaluation.baseline.is_some() && finding.new == Some(true);
    let new = if is_new { format!("  {YELLOW}new{YELLOW:#}") } else { String::new() };
    writeln!(out, "  {style}{:8}{style:#}  {BOLD}{}{BOLD:#}{new}", judged.severity, place_of(finding))?;
    wrapped("            ", "            ", &shorten(&terminal(&finding.title), TITLE), out)?;
    if let Some(about) = about(finding) {
        wrapped("            ", "              ", &about, out)?;
    }
    if finding.severity.is_none() {
        wrapped("            ", "              ", &format!("unrated; counts as {}", judged.severity), out)?;
    }
    if let Some(fix) = fix_of(finding) {
        wrapped("            ", "              ", &fix, out)?;
    }
    let rules: Vec<&str> = judged
        .violations
        .iter()
        .filter_map(|&number| report.evaluation.violations.get(number as usize))
        .map(|violation| violation.rule.as_str())
        .collect();
    let verb = if judged.disposition == Disposition::Warning { "warned of by" } else { "violates" };
    wrapped("            ", "              ", &format!("{verb} {}", rules.join(", ")), out)?;
    let fingerprint = finding.fingerprint.to_string();
    writeln!(out, "            {DIM}{fingerprint}{DIM:#}")
}

/// Who says so and what it is about: `lodash 4.17.20, CVE-2021-23337, CWE-94 (Trivy)`.
fn about(finding: &Finding) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if let Some(package) = &finding.package {
        parts.push(match &package.version {
            Some(version) => format!("{} {version}", package.name),
            None => package.name.to_string(),
        });
    }
    parts.extend(finding.ids.iter().map(|id| id.to_string()));
    if let Some(check) = finding.check().filter(|check| !finding.ids.contains(check)) {
        parts.push(check.to_string());
    }
    parts.extend(finding.cwe.iter().map(ToString::to_string));
    let mut tools: Vec<&str> = finding.sightings.iter().map(|s| s.tool.as_deref().unwrap_or(&s.source)).collect();
    tools.sort_unstable();
    tools.dedup();
    parts.push(format!("({})", tools.join(", ")));
    Some(parts.join(", ").replace(", (", " ("))
}

fn fix_of(finding: &Finding) -> Option<String> {
    if finding.fixed_in.is_empty() {
        return (finding.fix == Some(false)).then(|| "no fixed version yet".to_owned());
    }
    let versions: Vec<&str> = finding.fixed_in.iter().map(|version| &**version).collect();
    Some(format!("fix: upgrade to {}", versions.join(" or ")))
}

fn place_of(finding: &Finding) -> String {
    match &finding.location {
        None => "no location".to_owned(),
        Some(location) => {
            let numbers = [location.line, location.column.filter(|_| location.line.is_some())];
            let numbers: String = numbers.into_iter().flatten().map(|number| format!(":{number}")).collect();
            format!("{}{numbers}", terminal(&location.path))
        }
    }
}

fn counts(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let evaluation = report.evaluation;
    section("counted findings", out)?;
    let told: Vec<&(Kind, Counts)> =
        evaluation.counts.iter().filter(|(_, counts)| *counts != Counts::default()).collect();
    if told.is_empty() {
        writeln!(out, "  none")?;
    } else {
        writeln!(out, "  {DIM}kind       critical     high   medium      low     info  unknown{DIM:#}")?;
        for (kind, counts) in told {
            let Counts { critical, high, medium, low, info, unknown } = counts;
            writeln!(out, "  {kind:9}  {critical:8} {high:8} {medium:8} {low:8} {info:8} {unknown:8}")?;
        }
    }
    let with = |disposition| evaluation.with(disposition).count() as u64;
    let known = with(Disposition::Baseline);
    if known > 0 {
        writeln!(out, "  {known} known from the baseline, and in no violated rule")?;
    }
    let aside = [(with(Disposition::Waived), "waived"), (with(Disposition::Excused), "excused by their source")];
    let aside: Vec<String> = aside.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if !aside.is_empty() {
        writeln!(out, "  not counted: {}", aside.join(", "))?;
    }
    if let Some(unseen) = &evaluation.unseen {
        writeln!(out, "  {YELLOW}not judged{YELLOW:#}")?;
        wrapped("    ", "    ", unseen, out)?;
    }
    Ok(())
}

/// A commit as people compare it.
fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// `findgate: fail (1): thresholds.sca.high, known-exploited`.
fn last_line(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let evaluation = report.evaluation;
    let verdict = evaluation.verdict;
    let status = Status::from(verdict).number();
    let mut why: Vec<String> = match verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Fail => {
            let denied = evaluation.violations.iter().filter(|violation| violation.enforcement == Enforcement::Deny);
            denied.map(|violation| violation.rule.clone()).collect()
        }
        Verdict::Undecided => {
            let missing = evaluation.evidence.iter().filter(|evidence| is_missing(evidence));
            missing.map(|e| format!("{} is {}", e.coverage.source, e.coverage.state.name())).collect()
        }
    };
    if !report.only.is_empty() {
        why.push(only_read(report));
    }
    let why = if why.is_empty() { String::new() } else { format!(": {}", why.join(", ")) };
    let style = match verdict {
        Verdict::Pass => GREEN,
        Verdict::Fail => RED,
        Verdict::Undecided => YELLOW,
    };
    writeln!(out)?;
    writeln!(out, "findgate: {style}{}{style:#} ({status}){}", verdict.name(), terminal(&why))
}

/// Whether the verdict lacks something for want of this source.
fn is_missing(evidence: &Evidence) -> bool {
    evidence.coverage.state != State::Complete && evidence.requirement == Requirement::Required
}

/// `only mend and sarif were read`.
fn only_read(report: &Report<'_>) -> String {
    let verb = if report.only.len() == 1 { "was" } else { "were" };
    format!("only {} {verb} read", report.only.join(" and "))
}

fn section(name: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{name}{BOLD:#}")
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => RED,
        Severity::Medium => YELLOW,
        Severity::Low | Severity::Info => BOLD,
    }
}

fn plural(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix("ty")) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ties"),
        (_, None) => format!("{count} {noun}s"),
    }
}

/// Writes text from outside, made safe and wrapped between words; a word longer than a line stays whole, so that it can be
/// copied. Chinese and Japanese put no spaces between words, so a line may end after any of their characters.
pub(crate) fn wrapped(first: &str, rest: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
    let text = terminal(text);
    let mut line = first.to_owned();
    let mut used = first.width();
    let mut empty = true;
    for word in text.split_whitespace() {
        let mut space = usize::from(!empty);
        for piece in pieces(word) {
            let length = piece.width();
            if !empty && used + space + length > WIDTH {
                writeln!(out, "{}", actions_safe(&line))?;
                line = rest.to_owned();
                used = rest.width();
                space = 0;
            }
            if space > 0 {
                line.push(' ');
            }
            line.push_str(piece);
            used += space + length;
            space = 0;
            empty = false;
        }
    }
    writeln!(out, "{}", actions_safe(&line))
}

/// The parts of a word between which a line may end: before and after characters that take two columns.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let wide = |c: char| c.width() == Some(2);
        let first = rest.chars().next()?;
        let end = if wide(first) { first.len_utf8() } else { rest.find(wide).unwrap_or(rest.len()) };
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}
