//! What became of the waivers.

use super::{NAME, Page, Report, SENTENCE, SHOWN, code, fold, more, plural, sign, text, unfold};
use crate::policy::{WaiverOutcome, WaiverState};
use crate::report::words::waivers as words;

/// How many statements of VEX documents are shown that nothing was found of.
const STATEMENTS: usize = 10;

pub(super) fn waivers(report: &Report<'_>, page: &mut Page) {
    let waivers = &report.evaluation.waivers;
    if waivers.is_empty() {
        return;
    }
    let (shown, history) = words::shown(waivers, STATEMENTS);
    let (quiet, urgent): (Vec<_>, Vec<_>) =
        shown.partition(|waiver| matches!(waiver.state, WaiverState::Active | WaiverState::Unused));
    page.add("\n### Waivers\n\n");
    let rest = page.list(urgent.iter().map(|waiver| item(waiver)), SHOWN);
    more(rest, "waiver", page);
    if quiet.is_empty() {
        return;
    }
    let what = if urgent.is_empty() { "waiver" } else { "more waiver" };
    if fold(&plural(quiet.len() as u64, what), page) {
        let rest = page.list(quiet.iter().map(|waiver| item(waiver)), SHOWN);
        more(rest, "waiver", page);
        more(history as usize, "VEX statement of what was not found", page);
        unfold(page);
    }
}

fn item(waiver: &WaiverOutcome) -> String {
    let (tone, what) = words::outcome(waiver);
    let place = code(&waiver.place.to_string(), NAME);
    let because = waiver.because.iter().map(|because| format!("<br>{}", text(because, SENTENCE)));
    let because: String = because.collect();
    let about = text(&words::about(waiver), SENTENCE);
    format!("- {} {} {what} ({place}){because}<br>{about}\n", sign(tone), code(&waiver.id, NAME))
}
