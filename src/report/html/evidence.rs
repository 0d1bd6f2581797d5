//! What was not read, and what was.

use super::page::Page;
use super::{LISTED, Report};
use crate::finding::State;
use crate::policy::{Evidence, FeedUse};
use crate::report::words::{evidence as words, is_missing, plural};

/// How many scans of a source are listed without being asked for.
const SCANS: usize = 5;

pub(super) fn not_read(report: &Report<'_>, page: &mut Page<'_>) {
    let mut incomplete =
        report.evaluation.evidence.iter().filter(|one| one.coverage.state != State::Complete).peekable();
    if incomplete.peek().is_none() {
        return;
    }
    page.raw("<section id=\"not-read\" aria-labelledby=\"not-read-title\">\n<h2 id=\"not-read-title\">Not read</h2>\n");
    for evidence in incomplete {
        heading(evidence, page);
        page.list(&evidence.coverage.reasons, LISTED, "more reason").raw("</div>\n</div>\n");
    }
    page.raw("</section>\n");
}

/// What a source is called and how it stands; what follows stands beside it, in two elements that are left open.
fn heading(evidence: &Evidence, page: &mut Page<'_>) {
    let tone = match evidence.coverage.state {
        State::Complete => "good",
        _ if is_missing(evidence) => "bad",
        _ => "warning",
    };
    page.raw("<div class=\"source\">\n<h3>").text(&evidence.coverage.source).raw(" ");
    page.element("span", tone, &words::missing(evidence)).raw("</h3>\n<div>\n");
}

pub(super) fn sources(report: &Report<'_>, page: &mut Page<'_>) {
    page.raw("<section id=\"sources\" aria-labelledby=\"sources-title\">\n<h2 id=\"sources-title\">Sources</h2>\n");
    if report.evaluation.evidence.is_empty() {
        page.raw("<p>None.</p>\n");
    }
    for (evidence, open) in report.evaluation.evidence.iter().zip(&report.evaluation.open) {
        let coverage = &evidence.coverage;
        heading(evidence, page);
        let skipped = (coverage.skipped > 0).then(|| format!("{} could not be read", plural(coverage.skipped, "row")));
        let pages = match coverage.pages {
            0 => None,
            1 => Some("1 page or file".to_owned()),
            count => Some(format!("{count} pages or files")),
        };
        let told = [words::read(coverage, *open), pages, skipped, words::projects(coverage, LISTED)];
        let told: Vec<String> = told.into_iter().flatten().collect();
        if !told.is_empty() {
            page.element("p", "", &told.join("; ")).raw("\n");
        }
        if !coverage.tells_scans && words::read(coverage, *open).is_some() {
            page.raw(
                "<p>It does not tell its scans: of when and of which commit its findings are, nobody knows.</p>\n",
            );
        }
        let scans: Vec<String> = coverage.scans.iter().take(LISTED).map(words::scan).collect();
        let (first, rest) = scans.split_at(scans.len().min(SCANS));
        page.list(first, SCANS, "");
        if !rest.is_empty() {
            let more = plural((coverage.scans.len() - SCANS) as u64, "more scan");
            page.raw("<details>\n").element("summary", "", &format!("and {more}")).raw("\n").list(rest, LISTED, "");
            if coverage.scans.len() > LISTED {
                page.element("p", "cut", &format!("The first {LISTED} are listed; {}.", super::page::HOLDS_ALL));
            }
            page.raw("</details>\n");
        }
        let notes: Vec<String> = coverage.notes.iter().map(|note| format!("note: {note}")).collect();
        page.list(&notes, LISTED, "more note").raw("</div>\n</div>\n");
    }
    page.raw("</section>\n");
}

pub(super) fn feeds(report: &Report<'_>, page: &mut Page<'_>) {
    let feeds = &report.evaluation.feeds;
    if feeds.is_empty() {
        return;
    }
    page.raw(
        "<section aria-labelledby=\"feeds-title\">\n<h2 id=\"feeds-title\">Risk facts</h2>\n<dl class=\"facts\">\n",
    );
    for feed in feeds {
        let FeedUse { name, .. } = feed;
        page.fact(name, &words::feed(feed));
    }
    page.raw("</dl>\n</section>\n");
}
