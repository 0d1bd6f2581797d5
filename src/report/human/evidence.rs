//! What was not read, and what was.

use std::io::{self, Write};

use super::{GREEN, RED, Report, SHOWN, YELLOW, plural, section, wrapped};
use crate::finding::State;
use crate::report::escape::terminal;
use crate::report::words::{evidence as words, is_missing};

pub(super) fn not_read(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let incomplete: Vec<_> =
        report.evaluation.evidence.iter().filter(|evidence| evidence.coverage.state != State::Complete).collect();
    if incomplete.is_empty() {
        return Ok(());
    }
    section("not read", out)?;
    for evidence in incomplete {
        let coverage = &evidence.coverage;
        let style = if is_missing(evidence) { RED } else { YELLOW };
        writeln!(out, "  {style}{}{style:#}  {}", terminal(&coverage.source), words::missing(evidence))?;
        for reason in coverage.reasons.iter().take(SHOWN) {
            wrapped("    - ", "      ", reason, out)?;
        }
        if let Some(rest) = coverage.reasons.len().checked_sub(SHOWN).filter(|&rest| rest > 0) {
            writeln!(
                out,
                "    - and {}; `--output json=findgate.json` holds them all",
                plural(rest as u64, "more reason")
            )?;
        }
    }
    Ok(())
}

pub(super) fn sources(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    section("sources", out)?;
    for (evidence, open) in report.evaluation.evidence.iter().zip(&report.evaluation.open) {
        let coverage = &evidence.coverage;
        let style = if coverage.state == State::Complete { GREEN } else { YELLOW };
        let counts = words::read(coverage, *open).map(|counts| format!(", {counts}")).unwrap_or_default();
        writeln!(out, "  {}  {style}{}{style:#}{counts}", terminal(&coverage.source), coverage.state.name())?;
        if let Some(projects) = words::projects(coverage, SHOWN) {
            wrapped("    ", "      ", &projects, out)?;
        }
        for scan in coverage.scans.iter().take(SHOWN) {
            wrapped("    ", "      ", &words::scan(scan), out)?;
        }
        if let Some(rest) = coverage.scans.len().checked_sub(SHOWN).filter(|&rest| rest > 0) {
            writeln!(out, "    and {}", plural(rest as u64, "more scan"))?;
        }
        for note in coverage.notes.iter().take(SHOWN) {
            wrapped("    note: ", "      ", note, out)?;
        }
    }
    Ok(())
}

pub(super) fn feeds(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let feeds = &report.evaluation.feeds;
    if feeds.is_empty() {
        return Ok(());
    }
    section("risk facts", out)?;
    for feed in feeds {
        wrapped(&format!("  {}  ", feed.name), "    ", &words::feed(feed), out)?;
    }
    Ok(())
}
