//! The findings, the worst first, and what filters them.

use std::collections::BTreeSet;

use super::Report;
use super::finding::finding;
use super::page::{HOLDS_ALL, Page, grouped};
use crate::finding::{Kind, Severity};
use crate::policy::{Disposition, Judged};
use crate::report::words;

/// How many are listed of those that somebody must look at, and of each group of the others. A browser opens that many in
/// less than a second or two, and nobody reads more.
const LISTED: usize = 2_000;
const ASIDE: usize = 500;

/// The groups that need nobody today, closed at first.
const GROUPS: [(Disposition, &str); 4] = [
    (Disposition::Allowed, "Allowed: they count, within every rule"),
    (Disposition::Baseline, "Known from the baseline, and in no violated rule"),
    (Disposition::Waived, "Waived: somebody answers for them, until a day"),
    (Disposition::Excused, "Excused by their source, which does not call them open"),
];

pub(super) fn findings(report: &Report<'_>, page: &mut Page<'_>) {
    page.raw("<section id=\"findings\" aria-labelledby=\"findings-title\" tabindex=\"-1\">\n");
    page.raw("<h2 id=\"findings-title\">Findings</h2>\n");
    let shown = words::shown(report);
    cut(shown.len(), LISTED, page);
    if !report.evaluation.findings.is_empty() {
        filter(report, page);
    }
    if shown.is_empty() {
        page.raw("<p>There is none that violates a rule or is warned of.</p>\n");
    }
    page.raw("<div class=\"list\">\n");
    for judged in shown.iter().take(LISTED) {
        finding(report, judged, page);
    }
    page.raw("</div>\n</section>\n");
    for (disposition, name) in GROUPS {
        group(report, disposition, name, page);
    }
}

/// Those that landed there.
fn group(report: &Report<'_>, disposition: Disposition, name: &'static str, page: &mut Page<'_>) {
    let landed: Vec<&Judged> = report.evaluation.with(disposition).collect();
    if landed.is_empty() {
        return;
    }
    page.raw("<section class=\"group\">\n<h2>").raw(name).raw("</h2>\n<details class=\"list\">\n<summary>");
    page.text(&words::plural(landed.len() as u64, "finding")).raw("</summary>\n");
    cut(landed.len(), ASIDE, page);
    for judged in landed.iter().take(ASIDE) {
        finding(report, judged, page);
    }
    page.raw("</details>\n</section>\n");
}

/// That not all are listed, before those that are.
fn cut(count: usize, most: usize, page: &mut Page<'_>) {
    if count > most {
        let (most, count) = (grouped(most as u64), grouped(count as u64));
        let cut = format!("The worst {most} of {count} are listed; {HOLDS_ALL}. Counts and plots are of all.");
        page.element("p", "cut", &cut).raw("\n");
    }
}

/// Hidden until the script, without which it could do nothing, shows it.
fn filter(report: &Report<'_>, page: &mut Page<'_>) {
    let all = &report.evaluation.findings;
    let kinds: BTreeSet<Kind> = all.iter().map(|judged| judged.finding.kind).collect();
    let severities: BTreeSet<Severity> = all.iter().map(|judged| judged.severity).collect();
    let landed: BTreeSet<Disposition> = all.iter().map(|judged| judged.disposition).collect();
    page.raw("<div id=\"filter\" role=\"search\" aria-label=\"Filter the findings\" hidden>\n");
    page.raw("<label class=\"wide\">Search <input id=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" ");
    page.raw("placeholder=\"title, path, package, id, rule, fingerprint\"></label>\n");
    choice("<label>Severity <select id=\"severity\">\n", severities.iter().rev().map(|one| one.name()), page);
    choice("<label>Kind <select id=\"kind\">\n", kinds.iter().map(|one| one.name()), page);
    choice("<label>Outcome <select id=\"landed\">\n", landed.iter().map(|one| one.name()), page);
    let violations = &report.evaluation.violations;
    if !violations.is_empty() {
        page.raw("<label>Rule <select id=\"rule\">\n<option value=\"\">any</option>\n");
        for (number, violation) in violations.iter().enumerate() {
            page.raw("<option value=\"").plain(number as u64).raw("\">").text(&violation.rule).raw("</option>\n");
        }
        page.raw("</select></label>\n");
    }
    if report.evaluation.baseline.is_some() {
        page.raw("<label class=\"tick\"><input id=\"new\" type=\"checkbox\"> only new</label>\n");
    }
    page.raw("<button id=\"reset\" type=\"button\">Show all</button>\n");
    page.raw("<p id=\"hits\" role=\"status\" aria-live=\"polite\"></p>\n</div>\n");
}

fn choice(label: &'static str, names: impl Iterator<Item = &'static str>, page: &mut Page<'_>) {
    page.raw(label).raw("<option value=\"\">any</option>\n");
    for name in names {
        page.raw("<option>").raw(name).raw("</option>\n");
    }
    page.raw("</select></label>\n");
}
