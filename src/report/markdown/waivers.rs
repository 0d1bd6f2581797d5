//! What became of the waivers.

use super::{NAME, Page, Report, SENTENCE, SHOWN, code, fold, more, plural, sign, text, unfold};
use crate::policy::WaiverOutcome;
use crate::report::words::{Tone, waivers as words};

/// How many statements of VEX documents are shown that nothing was found of.
const STATEMENTS: usize = 10;

pub(super) fn waivers(report: &Report<'_>, page: &mut Page) {
    let waivers = &report.evaluation.waivers;
    if waivers.is_empty() {
        return;
    }
    let (shown, history) = words::shown(waivers, STATEMENTS);
    let (quiet, urgent): (Vec<_>, Vec<_>) =
        shown.partition(|waiver| words::outcome(report, waiver).0 == Tone::Good || words::is_history(waiver));
    page.add("\n### Waivers\n\n");
    let rest = page.list(urgent.iter().map(|waiver| item(report, waiver)), SHOWN);
    more(rest, "waiver", page);
    if quiet.is_empty() {
        return;
    }
    let what = if urgent.is_empty() { "waiver" } else { "more waiver" };
    if fold(&plural(quiet.len() as u64, what), page) {
        let rest = page.list(quiet.iter().map(|waiver| item(report, waiver)), SHOWN);
        more(rest, "waiver", page);
        more(history as usize, "VEX statement of what was not found", page);
        unfold(page);
    }
}

fn item(report: &Report<'_>, waiver: &WaiverOutcome) -> String {
    let (tone, what) = words::outcome(report, waiver);
    let place = code(&waiver.place.to_string(), NAME);
    let because = waiver.because.iter().map(|because| format!("<br>{}", text(because, SENTENCE)));
    let because: String = because.collect();
    let about = text(&words::about(waiver), SENTENCE);
    format!("- {} {} {what} ({place}){because}<br>{about}\n", sign(tone), code(&waiver.id, NAME))
}
