//! What the verdict rests on, and the end of the page.

use super::page::Page;
use super::{LISTED, Report};
use crate::report::words;

pub(super) fn record(report: &Report<'_>, page: &mut Page<'_>) {
    page.raw(
        "<section id=\"record\" aria-labelledby=\"record-title\">\n<h2 id=\"record-title\">What it rests on</h2>\n",
    );
    page.raw("<dl class=\"facts\">\n").fact("Policy", report.policy_shown).fact("Digest", report.policy_digest);
    page.fact(
        "Read from",
        if report.trust == "base" { "the commit that the change goes into" } else { "the work tree" },
    );
    for (name, commit) in [("Base", report.base), ("Commit", report.project.commit.as_deref())] {
        if let Some(commit) = commit {
            page.fact(name, commit);
        }
    }
    page.fact("As of", &report.as_of.to_string()).raw("</dl>\n");
    if !report.inputs.is_empty() {
        page.raw("<details>\n<summary>Digests of ")
            .text(&words::plural(report.inputs.len() as u64, "file"))
            .raw("</summary>\n");
        let files: Vec<String> =
            report.inputs.iter().map(|file| format!("{} {} {}", file.role.name(), file.name, file.digest)).collect();
        page.list(&files, LISTED, "more file").raw("</details>\n");
    }
    let limits = &report.evaluation.limits;
    if !limits.is_empty() {
        page.raw("<details>\n<summary>")
            .text(&words::plural(limits.len() as u64, "rule"))
            .raw(" evaluated</summary>\n<ul>\n");
        for limit in limits.iter().take(LISTED) {
            let is_violated = report.evaluation.violations.iter().any(|violation| violation.rule == *limit);
            let outcome = match (is_violated, report.evaluation.undecided.contains(limit)) {
                (true, _) => "violated",
                (false, true) => "not decided",
                (false, false) => "holds",
            };
            page.raw("<li>").text(limit).raw(": ").raw(outcome).raw("</li>\n");
        }
        if limits.len() > LISTED {
            page.element("li", "cut", &format!("and {}", words::plural((limits.len() - LISTED) as u64, "more rule")));
        }
        page.raw("</ul>\n</details>\n");
    }
    page.raw("</section>\n");
}

pub(super) fn foot(report: &Report<'_>, page: &mut Page<'_>) {
    page.raw(concat!("<footer>\n<p>Written by findgate ", env!("CARGO_PKG_VERSION"), " for the day "));
    page.text(&report.as_of.strftime("%Y-%m-%d").to_string());
    page.raw(". This page refers to nothing outside; links in it lead to where findings come from.</p>\n</footer>\n");
}
