//! What comes first: the verdict, what was judged, and why it came out so.

use super::page::Page;
use super::{LISTED, Report, class_of};
use crate::policy::{Disposition, Enforcement, Violation};
use crate::report::words::{self, Headline, Tone};

/// What the browser shows for the page: `FAIL: the policy is violated in 2 rules - github.com/acme/payments`.
pub(super) fn title(report: &Report<'_>) -> String {
    let Headline { word, sentence, .. } = words::headline(report);
    let project = report.project.repository.as_ref().map(|repository| format!(" - {repository}")).unwrap_or_default();
    format!("{word}: {sentence}{project} - findgate")
}

pub(super) fn head(report: &Report<'_>, page: &mut Page<'_>) {
    let Headline { tone, word, sentence } = words::headline(report);
    page.raw("<header class=\"").raw(class_of(tone)).raw("\">\n<p class=\"brand\">findgate report</p>\n");
    page.raw("<h1><strong>")
        .raw(word)
        .raw("</strong> <span>")
        .text(&sentence)
        .raw("</span></h1>\n<ul class=\"about\">\n");
    page.element("li", "", &words::policy(report)).raw("\n");
    if let Some(applied) = &report.policy.applied {
        page.element("li", "", &format!("with {applied}")).raw("\n");
    }
    if let Some(project) = words::project(report) {
        page.element("li", "", &project).raw("\n");
    }
    if let Some(baseline) = &report.evaluation.baseline {
        page.raw("<li>").text(&words::compared(baseline)).raw("\n");
        page.list(&baseline.notes, LISTED, "more note").raw("</li>\n");
    }
    if let Some(only) = words::only_read(report.only) {
        page.element("li", "strong", &format!("{only}, because of --only")).raw("\n");
    }
    if let Some(sentence) = words::ends_well(report) {
        page.element("li", "strong", &format!("{sentence}, because of --exit-zero")).raw("\n");
    }
    page.raw("</ul>\n");
    tally(report, page);
    page.raw("</header>\n");
    nav(report, page);
}

/// How many findings landed where.
fn tally(report: &Report<'_>, page: &mut Page<'_>) {
    page.raw("<ul class=\"tally\">\n");
    for disposition in Disposition::ALL {
        let count = report.evaluation.findings.iter().filter(|judged| judged.disposition == disposition).count() as u64;
        // Without a baseline nothing can be known from it.
        if disposition == Disposition::Baseline && report.evaluation.baseline.is_none() {
            continue;
        }
        page.raw("<li><b>").number(count).raw("</b> ").raw(landed(disposition, count)).raw("</li>\n");
    }
    if let Some(baseline) = &report.evaluation.baseline {
        page.raw("<li><b>").number(baseline.new).raw("</b> new</li>\n");
    }
    page.raw("</ul>\n");
}

/// What became of findings, after their number.
fn landed(disposition: Disposition, count: u64) -> &'static str {
    match (disposition, count) {
        (Disposition::Violation, 1) => "violation",
        (Disposition::Violation, _) => "violations",
        (Disposition::Warning, 1) => "warning",
        (Disposition::Warning, _) => "warnings",
        (Disposition::Allowed, _) => "allowed",
        (Disposition::Baseline, _) => "known from the baseline",
        (Disposition::Waived, _) => "waived",
        (Disposition::Excused, _) => "excused by their source",
    }
}

fn nav(report: &Report<'_>, page: &mut Page<'_>) {
    let evaluation = report.evaluation;
    page.raw("<nav aria-label=\"On this page\">\n<ul>\n<li><a href=\"#why\">Why</a></li>\n");
    page.raw("<li><a href=\"#counts\">Counts</a></li>\n<li><a href=\"#findings\">Findings</a></li>\n");
    for (is_there, item) in [
        (!evaluation.waivers.is_empty(), "<li><a href=\"#waivers\">Waivers</a></li>\n"),
        (!report.beside.is_empty(), "<li><a href=\"#beside\">Other policies</a></li>\n"),
        (true, "<li><a href=\"#sources\">Sources</a></li>\n<li><a href=\"#record\">Policy</a></li>\n"),
    ] {
        if is_there {
            page.raw(item);
        }
    }
    page.raw("</ul>\n</nav>\n");
}

/// The rules that are violated, and those that nobody could decide.
pub(super) fn why(report: &Report<'_>, page: &mut Page<'_>) {
    let evaluation = report.evaluation;
    let violations = &evaluation.violations;
    page.raw("<section id=\"why\" aria-labelledby=\"why-title\">\n<h2 id=\"why-title\">");
    // Below a policy that holds, "violated" would contradict the verdict.
    let denied = violations.iter().any(|violation| violation.enforcement == Enforcement::Deny);
    page.raw(match (denied, violations.is_empty()) {
        (true, _) => "Violated",
        (false, false) => "Warnings",
        (false, true) if words::headline(report).tone == Tone::Good => "No rule is violated",
        // What was not read may hold one.
        (false, true) => "No violation was seen",
    });
    page.raw("</h2>\n");
    if !violations.is_empty() {
        page.raw("<ul class=\"rules\">\n");
        for (number, violation) in violations.iter().enumerate() {
            rule(number as u64, violation, page);
        }
        page.raw("</ul>\n");
    }
    if !evaluation.undecided.is_empty() {
        page.raw("<p>Not decided, because they ask what is new and the baseline was not read:</p>\n");
        page.list(&evaluation.undecided, LISTED, "more rule");
    }
    let (verdict, why) = words::last_line(report);
    page.raw("<p class=\"line\"><code>findgate: ").raw(verdict).text(&why).raw("</code></p>\n</section>\n");
}

/// Its count leads to the findings, and the script leaves those of the rule.
fn rule(number: u64, violation: &Violation, page: &mut Page<'_>) {
    let Violation { rule, place, enforcement, .. } = violation;
    let class = if *enforcement == Enforcement::Deny { "rule bad" } else { "rule warning" };
    page.raw("<li id=\"rule-").plain(number).raw("\">").element("b", class, rule);
    page.raw(" <span><a href=\"#findings\" data-rule=\"").plain(number).raw("\">").text(&words::counted(violation));
    page.raw("</a></span> ").element("code", "soft", &place.to_string());
    for sentence in [violation.description.clone(), words::unknown(violation)].into_iter().flatten() {
        page.raw("\n").element("p", "", &sentence);
    }
    page.raw("</li>\n");
}

/// What a reader must know beside the verdict.
pub(super) fn notes(report: &Report<'_>, page: &mut Page<'_>) {
    let notes = &report.evaluation.besides;
    let weakened = words::weakened(report);
    if notes.is_empty() && weakened.is_empty() {
        return;
    }
    page.raw("<section aria-labelledby=\"notes-title\">\n<h2 id=\"notes-title\">Also to know</h2>\n");
    if !weakened.is_empty() {
        page.raw("<p>On the command line the gate was weakened by:</p>\n").list(&weakened, LISTED, "more option");
    }
    page.list(notes, LISTED, "more note").raw("</section>\n");
}
