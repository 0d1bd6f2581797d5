//! What was read, and what was not.

use super::plural;
use crate::finding::{Coverage, Scan, ScanState, State};
use crate::policy::{BASELINE, Evidence, FeedUse};
use crate::project::short;

/// `failed, required`.
pub(crate) fn missing(evidence: &Evidence) -> String {
    format!("{}, {}", evidence.coverage.state.name(), evidence.requirement.name())
}

/// That it was not read, and why: `mend is partial: page 3 of 4 is missing; and 2 more reasons`. `None` where it was.
pub(crate) fn not_read(evidence: &Evidence) -> Option<String> {
    let Coverage { source, state, reasons, .. } = &evidence.coverage;
    let why = match &reasons[..] {
        [] => String::new(),
        [one] => format!(": {one}"),
        [first, rest @ ..] => format!(": {first}; and {}", plural(rest.len() as u64, "more reason")),
    };
    (*state != State::Complete).then(|| format!("{source} {}{why}", state.said()))
}

/// What came of it: `12 findings read in 3 scans, 9 counted`. A baseline and feeds are read as well, and have no findings
/// that could be counted.
pub(crate) fn read(coverage: &Coverage, counted: u64) -> Option<String> {
    let source = &*coverage.source;
    if *source == *BASELINE || source.starts_with("enrich.") {
        return None;
    }
    let scans = match coverage.scans.len() as u64 {
        0 if !coverage.tells_scans => String::new(),
        count => format!(" in {}", plural(count, "scan")),
    };
    Some(format!("{} read{scans}, {counted} counted", plural(coverage.read, "finding")))
}

/// What the source calls what it was asked for, at most so many: `projects a, b and 3 more`.
pub(crate) fn projects(coverage: &Coverage, most: usize) -> Option<String> {
    let names: Vec<&str> = coverage.projects.iter().take(most).map(|name| &**name).collect();
    let of_what = if names.len() == 1 { "project" } else { "projects" };
    let more = coverage.projects.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!names.is_empty()).then(|| format!("{of_what} {}{more}", names.join(", ")))
}

/// A run in a file by its file; a vendor's scan by its state, time, branch and commit.
pub(crate) fn scan(scan: &Scan) -> String {
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

/// What a feed told: `1432 vulnerabilities, of 2026-11-20, told 3 findings (kev.json)`.
pub(crate) fn feed(feed: &FeedUse) -> String {
    let FeedUse { name: _, from, date, entries, told } = feed;
    let of = date.strftime("%Y-%m-%d");
    let told = plural(told.len() as u64, "finding");
    format!("{}, of {of}, told {told} ({from})", plural(*entries, "vulnerability"))
}
