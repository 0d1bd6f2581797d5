//! What became of the waivers.

use super::{Tone, plural};
use crate::finding::State;
use crate::policy::{Evaluation, Evidence, Judged, Unused, WaiverOutcome, WaiverState};
use crate::report::Report;
use crate::report::escape::shorten;

/// The most of a name and of a reason beside a finding, in characters.
const PART: usize = 120;

/// The waiver that a finding has and that does not excuse it, and why: `not waived: the waiver later expired on 2026-12-01
/// (.findgate.yml:12)`.
pub(crate) fn unwaived(evaluation: &Evaluation, judged: &Judged) -> Option<String> {
    let waiver = evaluation.waivers.get(judged.unwaived? as usize)?;
    let WaiverOutcome { id, place, expires, state, vex, because, .. } = waiver;
    let what = if vex.is_some() { "VEX statement" } else { "waiver" };
    let why = match (*state, expires) {
        (WaiverState::Expired, Some(day)) if vex.is_none() => format!("expired on {day}"),
        (WaiverState::Expired, Some(day)) => format!("is too old; max_life let it hold until {day}"),
        (WaiverState::TooBroad { vulnerabilities }, _) => format!("is too broad: {}", several(vulnerabilities)),
        (WaiverState::TooLong { until, .. }, _) if vex.is_none() => format!("holds too long; max_life allows {until}"),
        (WaiverState::TooLong { until, .. }, _) => format!("is too old; max_life let it hold until {until}"),
        _ => "does not hold for it".to_owned(),
    };
    // Neither a long name nor a long reason may leave no room for the state.
    let because = because.as_ref().map(|because| format!(": {}", shorten(because, PART))).unwrap_or_default();
    Some(format!("not waived: the {what} {} {why}{because} ({place})", shorten(id, PART)))
}

fn several(vulnerabilities: u32) -> String {
    let count = plural(u64::from(vulnerabilities), "vulnerability");
    format!("the package has {count}; add the id of the one that is meant")
}

/// How good it is, what it did, and what to do about it: `excuses 2 findings until 2026-12-01`.
pub(crate) fn outcome(report: &Report<'_>, waiver: &WaiverOutcome) -> (Tone, String) {
    let WaiverOutcome { expires, state, matched, vex, because, .. } = waiver;
    let matched_text = plural(*matched, "finding");
    // What stands below it stops it for the others.
    let excused_text = if because.is_some() { format!("some of {matched_text}") } else { matched_text.clone() };
    let until = expires.map(|date| format!(" until {date}")).unwrap_or_default();
    match *state {
        WaiverState::Active if expires.is_none() && vex.is_none() => {
            (Tone::Warning, format!("excuses {excused_text}, and never expires; give it an `expires` date"))
        }
        WaiverState::Active => (Tone::Good, format!("excuses {excused_text}{until}")),
        WaiverState::Expiring { days: 0 } => (Tone::Warning, format!("excuses {excused_text}, and expires today")),
        WaiverState::Expiring { days } => {
            (Tone::Warning, format!("excuses {excused_text}, and expires in {}", plural(u64::from(days), "day")))
        }
        WaiverState::Expired => {
            let since = expires.map(|date| format!(" on {date}")).unwrap_or_default();
            (Tone::Bad, format!("expired{since}, excuses nothing; it matches {matched_text}"))
        }
        WaiverState::Unused if vex.is_some() => (Tone::Warning, "excuses nothing".to_owned()),
        WaiverState::Unused => {
            let rules = &report.policy.waiver_rules;
            let evidence = &report.evaluation.evidence;
            let is_read = |one: &Evidence| one.coverage.state == State::Complete;
            let is_complete = !evidence.is_empty() && evidence.iter().all(is_read) && !rules.is_in_part;
            let advice = match rules.unused() {
                Unused::Ignore => "",
                Unused::Warn | Unused::Deny if !is_complete => "; not everything was read, so it may still be needed",
                Unused::Warn | Unused::Deny => "; remove it or correct its `match`",
            };
            (Tone::Warning, format!("matches nothing{advice}"))
        }
        WaiverState::TooBroad { vulnerabilities } => {
            (Tone::Bad, format!("too broad, excuses nothing: {}", several(vulnerabilities)))
        }
        WaiverState::TooLong { findings, until } => {
            let rest = matched.saturating_sub(u64::from(findings));
            let excuses = match rest {
                0 => "nothing".to_owned(),
                _ if because.is_some() => excused_text,
                _ => format!("{rest} of {matched_text}"),
            };
            let what = if vex.is_some() { "too old" } else { "holds too long" };
            let reach = match expires {
                _ if vex.is_some() => String::new(),
                Some(day) => format!(", and it reaches to {day}"),
                None => ", and it never expires".to_owned(),
            };
            (Tone::Bad, format!("{what}, excuses {excuses}; max_life allows {until}{reach}"))
        }
        WaiverState::Refused => (Tone::Bad, "excuses nothing".to_owned()),
    }
}

/// What it is about, why, and who answers for it: `check B602: not reachable (web-team)`.
pub(crate) fn about(waiver: &WaiverOutcome) -> String {
    let WaiverOutcome { matches, reason, owner, vex, .. } = waiver;
    let owner = owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
    let vex = vex.as_ref().map(|status| format!(" (VEX, {status})")).unwrap_or_default();
    format!("{matches}{vex}: {reason}{owner}")
}

/// Whether a document states it of what was not found.
pub(crate) fn is_history(waiver: &WaiverOutcome) -> bool {
    waiver.vex.is_some() && waiver.state == WaiverState::Unused
}

/// The waivers, and of statements of VEX documents that nothing was found of only so many: a document may hold the history
/// of a product. How many were left out comes beside them.
pub(crate) fn shown(waivers: &[WaiverOutcome], most: usize) -> (impl Iterator<Item = &WaiverOutcome>, u64) {
    let statements = waivers.iter().filter(|waiver| is_history(waiver)).count();
    let mut seen = 0usize;
    let shown = waivers.iter().filter(move |waiver| {
        let counts = usize::from(is_history(waiver));
        seen += counts;
        counts == 0 || seen <= most
    });
    (shown, statements.saturating_sub(most) as u64)
}

/// Who answers for waivers of this policy, and so may know whom to ask for another; the first five by name.
pub(crate) fn owners(waivers: &[WaiverOutcome]) -> Vec<&str> {
    let mut owners: Vec<&str> = waivers.iter().filter_map(|waiver| waiver.owner.as_deref()).collect();
    owners.sort_unstable();
    owners.dedup();
    owners.truncate(5);
    owners
}
