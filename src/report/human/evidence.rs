//! What was not read, and what was.

use std::io::{self, Write};

use super::{GREEN, RED, Report, SHOWN, YELLOW, plural, section, short, wrapped};
use crate::finding::{Scan, ScanState, State};
use crate::policy::{BASELINE, FeedUse, Requirement};
use crate::report::escape::terminal;

pub(super) fn not_read(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let incomplete: Vec<_> =
        report.evaluation.evidence.iter().filter(|evidence| evidence.coverage.state != State::Complete).collect();
    if incomplete.is_empty() {
        return Ok(());
    }
    section("not read", out)?;
    for evidence in incomplete {
        let coverage = &evidence.coverage;
        let (style, effect) = match evidence.requirement {
            Requirement::Required => (RED, "required"),
            Requirement::Optional => (YELLOW, "optional"),
        };
        writeln!(out, "  {style}{}{style:#}  {}, {effect}", terminal(&coverage.source), coverage.state.name())?;
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
        let scans = match coverage.scans.len() as u64 {
            0 if !coverage.tells_scans => String::new(),
            count => format!(" in {}", plural(count, "scan")),
        };
        let source = &coverage.source;
        // Those are read as well, and have no findings that could be counted.
        let counts = if **source == *BASELINE || source.starts_with("enrich.") {
            String::new()
        } else {
            format!(", {} read{scans}, {open} counted", plural(coverage.read, "finding"))
        };
        writeln!(out, "  {}  {style}{}{style:#}{counts}", terminal(source), coverage.state.name())?;
        if !coverage.projects.is_empty() {
            let projects: Vec<&str> = coverage.projects.iter().take(SHOWN).map(|name| &**name).collect();
            let more = coverage.projects.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            wrapped("    ", "      ", &format!("{} {}{more}", of_what(&projects), projects.join(", ")), out)?;
        }
        for scan in coverage.scans.iter().take(SHOWN) {
            wrapped("    ", "      ", &one_scan(scan), out)?;
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
    for FeedUse { name, from, date, entries, told } in feeds {
        let of = date.strftime("%Y-%m-%d");
        let told = plural(told.len() as u64, "finding");
        let entries = plural(*entries, "vulnerability");
        wrapped(&format!("  {name}  "), "    ", &format!("{entries}, of {of}, told {told} ({from})"), out)?;
    }
    Ok(())
}

fn of_what(projects: &[&str]) -> &'static str {
    if projects.len() == 1 { "project" } else { "projects" }
}

/// A run in a file by its file; a vendor's scan by its state, time, branch and commit.
fn one_scan(scan: &Scan) -> String {
    let Scan { engine, version, origin, target, state, status, finished, commit, branch, findings } = scan;
    let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    if target.is_none() {
        return format!("{engine}{version}: {} ({origin})", plural(*findings, "finding"));
    }
    // Of a scan that ended well every word says the same.
    let word = status.as_ref().filter(|word| *state != ScanState::Finished && !word.eq_ignore_ascii_case(state.name()));
    let word = word.map(|word| format!(" ({word})")).unwrap_or_default();
    let when = finished.map(|time| format!(" {time}")).unwrap_or_default();
    let branch = branch.as_ref().map(|branch| format!(", branch {branch}")).unwrap_or_default();
    let commit = commit.as_ref().map(|commit| format!(", commit {}", short(commit))).unwrap_or_default();
    format!("{engine}{version} scan {origin}: {}{word}{when}{branch}{commit}", state.name())
}
