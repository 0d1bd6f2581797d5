//! What became of the waivers.

use super::{Tone, plural};
use crate::policy::{WaiverOutcome, WaiverState};

/// How good it is, and what it did: `excuses 2 findings until 2026-12-01`.
pub(crate) fn outcome(waiver: &WaiverOutcome) -> (Tone, String) {
    let WaiverOutcome { expires, state, matched, vex, because, .. } = waiver;
    let matched_text = plural(*matched, "finding");
    // What stands below it stops it for the others.
    let excused_text = if because.is_some() { format!("some of {matched_text}") } else { matched_text.clone() };
    let until = expires.map(|date| format!(" until {date}")).unwrap_or_default();
    match *state {
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
        WaiverState::Unused => (Tone::Warning, "matches nothing".to_owned()),
        WaiverState::TooBroad { vulnerabilities } => {
            let count = plural(u64::from(vulnerabilities), "vulnerability");
            (Tone::Bad, format!("too broad, excuses nothing: the package has {count}; add the id of one"))
        }
        WaiverState::TooLong { findings, until } => {
            let rest = matched.saturating_sub(u64::from(findings));
            let excuses = match rest {
                0 => "nothing".to_owned(),
                _ if because.is_some() => excused_text,
                _ => format!("{rest} of {matched_text}"),
            };
            let what = if vex.is_some() { "too old" } else { "holds too long" };
            (Tone::Bad, format!("{what}, excuses {excuses}; max_life allows {until}"))
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

/// The waivers, and of statements of VEX documents that nothing was found of only so many: a document may hold the history
/// of a product. How many were left out comes beside them.
pub(crate) fn shown(waivers: &[WaiverOutcome], most: usize) -> (impl Iterator<Item = &WaiverOutcome>, u64) {
    let is_history = |waiver: &WaiverOutcome| waiver.vex.is_some() && waiver.state == WaiverState::Unused;
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
