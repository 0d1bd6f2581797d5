//! What was not read, and what was.

use super::{NAME, Page, Report, SENTENCE, SHOWN, code, fold, more, text, unfold};
use crate::finding::State;
use crate::policy::{Evidence, FeedUse};
use crate::report::words::{evidence as words, is_missing, plural};

/// How many reasons of one source are shown; they come worst first.
const REASONS: usize = 8;

pub(super) fn not_read(report: &Report<'_>, page: &mut Page) {
    let incomplete = || report.evaluation.evidence.iter().filter(|evidence| evidence.coverage.state != State::Complete);
    let required = incomplete().filter(|evidence| is_missing(evidence));
    let optional = incomplete().filter(|evidence| !is_missing(evidence));
    let sources: Vec<&Evidence> = required.chain(optional).collect();
    if sources.is_empty() {
        return;
    }
    page.add("\n### Not read\n\n");
    let rest = page.list(sources.into_iter().map(source), SHOWN);
    more(rest, "source", page);
}

/// A source and why it was not read.
fn source(evidence: &Evidence) -> String {
    let coverage = &evidence.coverage;
    let strong = if is_missing(evidence) { "**" } else { "" };
    let mut lines = format!("- {} {strong}{}{strong}\n", code(&coverage.source, NAME), words::missing(evidence));
    for reason in coverage.reasons.iter().take(REASONS) {
        lines.push_str(&format!("  - {}\n", text(reason, SENTENCE)));
    }
    let rest = coverage.reasons.len().saturating_sub(REASONS);
    if rest > 0 {
        lines.push_str(&format!("  - and {}; {}\n", plural(rest as u64, "more reason"), super::ALL));
    }
    lines
}

pub(super) fn sources(report: &Report<'_>, page: &mut Page) {
    let evidence = &report.evaluation.evidence;
    let complete = evidence.iter().filter(|evidence| evidence.coverage.state == State::Complete).count();
    let feeds = &report.evaluation.feeds;
    let told = if feeds.is_empty() { String::new() } else { format!(", {}", plural(feeds.len() as u64, "feed")) };
    let sources = plural(evidence.len() as u64, "source");
    fold(&format!("What was read: {sources}, {complete} of them completely{told}"), page);
    for (at, (evidence, open)) in evidence.iter().zip(&report.evaluation.open).enumerate() {
        let coverage = &evidence.coverage;
        let counts = words::read(coverage, *open).map(|counts| format!(", {counts}")).unwrap_or_default();
        let line = format!("- {} {}{counts}\n", code(&coverage.source, NAME), coverage.state.name());
        if page.list([line].into_iter(), 1) > 0 {
            more(report.evaluation.evidence.len() - at, "source", page);
            break;
        }
        let item = |sentence: &str| format!("  - {}\n", text(sentence, SENTENCE));
        if let Some(projects) = words::projects(coverage, SHOWN) {
            page.add(&item(&projects));
        }
        let rest = page.list(coverage.scans.iter().map(|scan| item(&words::scan(scan))), SHOWN);
        if rest > 0 {
            page.add(&format!("  - and {}\n", plural(rest as u64, "more scan")));
        }
        let rest = page.list(coverage.notes.iter().map(|note| item(&format!("note: {note}"))), SHOWN);
        if rest > 0 {
            page.add(&format!("  - and {}\n", plural(rest as u64, "more note")));
        }
    }
    let told = |feed: &FeedUse| format!("- facts of `{}`: {}\n", feed.name, text(&words::feed(feed), SENTENCE));
    let rest = page.list(feeds.iter().map(told), SHOWN);
    more(rest, "feed", page);
    unfold(page);
}
