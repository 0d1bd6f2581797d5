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
use super::words::{self, Headline, Tone, plural};
use crate::finding::{Kind, Severity};
use crate::policy::{Counts, Disposition, Enforcement, Judged, Violation};

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
    let Headline { tone, word, sentence } = words::headline(report);
    let style = style_of(tone);
    // The first line begins with the word, in color, and goes on where it ends.
    let first = format!("{style}{word}{style:#}  ");
    let mut lines = Vec::new();
    wrapped(&" ".repeat(word.len() + 2), "      ", &sentence, &mut lines)?;
    write!(out, "{first}")?;
    out.write_all(lines.trim_ascii_start())?;
    wrapped("      ", "        ", &words::policy(report), out)?;
    if let Some(applied) = &report.policy.applied {
        wrapped("      ", "        ", &format!("with {applied}"), out)?;
    }
    if let Some(project) = words::project(report) {
        wrapped("      ", "        ", &project, out)?;
    }
    if let Some(baseline) = &report.evaluation.baseline {
        wrapped("      ", "        ", &words::compared(baseline), out)?;
        for note in baseline.notes.iter().take(SHOWN) {
            wrapped("        note: ", "          ", note, out)?;
        }
    }
    if let Some(only) = words::only_read(report.only) {
        writeln!(out, "      {YELLOW}{}{YELLOW:#}, because of --only", terminal(&only))?;
    }
    let weakened = words::weakened(report);
    if !weakened.is_empty() {
        wrapped("      weakened on the command line: ", "        ", &weakened.join("; "), out)?;
    }
    Ok(())
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
        let style = if violation.enforcement == Enforcement::Deny { RED } else { YELLOW };
        let Violation { rule, place, .. } = violation;
        let told = words::counted(violation);
        let place = format!("{}:{}", terminal(&place.file), place.line);
        let used = 2 + rule.width().max(width) + 2 + told.len() + 2;
        // What extends a policy on a server names a long address.
        let gap = if used + place.width() > WIDTH { "\n    " } else { "  " };
        writeln!(out, "  {style}{rule:width$}{style:#}  {told}{gap}{DIM}{place}{DIM:#}")?;
        for sentence in [violation.description.clone(), words::unknown(violation)].into_iter().flatten() {
            wrapped("    ", "    ", &sentence, out)?;
        }
    }
    Ok(())
}

fn findings(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let shown = words::shown(report);
    let Some(worst) = shown.first() else { return Ok(()) };
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
    if worst.disposition == Disposition::Violation {
        writeln!(out)?;
        let explain = words::explain(&worst.finding);
        let how = format!("why one of them counts, and the waiver to paste: {explain}, with the options of this run");
        wrapped("  ", "  ", &how, out)?;
    }
    Ok(())
}

fn finding(report: &Report<'_>, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
    let finding = &judged.finding;
    let style = severity_style(judged.severity);
    let new = if words::is_new(report, finding) { format!("  {YELLOW}new{YELLOW:#}") } else { String::new() };
    let place = words::place(finding);
    writeln!(out, "  {style}{:8}{style:#}  {BOLD}{}{BOLD:#}{new}", judged.severity, terminal(&place))?;
    wrapped("            ", "            ", &shorten(&terminal(words::title(finding)), TITLE), out)?;
    let told = [Some(words::about(finding)), words::unrated(judged), words::fix(finding)];
    let ruled = [Some(words::ruled(report, judged)), words::waivers::unwaived(report.evaluation, judged)];
    for line in told.into_iter().chain(ruled).flatten() {
        wrapped("            ", "              ", &line, out)?;
    }
    writeln!(out, "            {DIM}{}{DIM:#}", finding.fingerprint)
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

/// `findgate: fail (1): thresholds.sca.high, known-exploited`.
fn last_line(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (verdict, why) = words::last_line(report);
    let style = style_of(report.evaluation.verdict.into());
    writeln!(out)?;
    writeln!(out, "findgate: {style}{verdict}{style:#}{}", terminal(&why))
}

fn section(name: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{BOLD}{name}{BOLD:#}")
}

fn style_of(tone: Tone) -> Style {
    match tone {
        Tone::Good => GREEN,
        Tone::Warning => YELLOW,
        Tone::Bad => RED,
    }
}

fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => RED,
        Severity::Medium => YELLOW,
        Severity::Low | Severity::Info => BOLD,
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
