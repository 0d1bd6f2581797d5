//! What became of the waivers.

use super::page::{HOLDS_ALL, Page};
use super::{Report, class_of};
use crate::policy::WaiverOutcome;
use crate::report::words::{plural, waivers as words};

/// How many statements of VEX documents are shown that nothing was found of.
const STATEMENTS: usize = 50;

/// How many waivers are shown at most.
const SHOWN: usize = 1_000;

pub(super) fn waivers(report: &Report<'_>, page: &mut Page<'_>) {
    let waivers = &report.evaluation.waivers;
    if waivers.is_empty() {
        return;
    }
    page.raw("<section id=\"waivers\" aria-labelledby=\"waivers-title\">\n<h2 id=\"waivers-title\">Waivers</h2>\n");
    page.raw("<ul class=\"rules\">\n");
    let (shown, history) = words::shown(waivers, STATEMENTS);
    let mut more = 0;
    for (number, waiver) in shown.enumerate() {
        if number < SHOWN { one(report, waiver, page) } else { more += 1 }
    }
    for (count, noun, which) in [(more, "more waiver", ""), (history, "more VEX statement", " of what was not found")] {
        if count > 0 {
            page.element("li", "cut", &format!("and {}{which}; {HOLDS_ALL}", plural(count, noun))).raw("\n");
        }
    }
    page.raw("</ul>\n</section>\n");
}

fn one(report: &Report<'_>, waiver: &WaiverOutcome, page: &mut Page<'_>) {
    let (tone, what) = words::outcome(report, waiver);
    let WaiverOutcome { id, place, ticket, approved_by, because, .. } = waiver;
    page.raw("<li><b class=\"rule ").raw(class_of(tone)).raw("\">").text(id).raw("</b> ").element("span", "", &what);
    page.raw(" ").element("code", "soft", &place.to_string()).raw("\n");
    for line in because.clone().into_iter().chain([words::about(waiver)]) {
        page.element("p", "", &line).raw("\n");
    }
    let said = [("ticket", ticket), ("approved by", approved_by)];
    let said: Vec<String> =
        said.iter().filter_map(|(what, value)| value.as_ref().map(|value| format!("{what} {value}"))).collect();
    if !said.is_empty() {
        page.element("p", "soft", &said.join(", "));
    }
    page.raw("</li>\n");
}
