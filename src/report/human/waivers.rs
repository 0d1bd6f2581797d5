//! What became of the waivers.

use std::io::{self, Write};

use super::{GREEN, RED, Report, YELLOW, plural, section, wrapped};
use crate::policy::{WaiverOutcome, WaiverState};
use crate::report::escape::terminal;

/// How many statements of VEX documents are shown that nothing was found of; a document may hold the history of a product.
const STATEMENTS: usize = 10;

pub(super) fn waivers(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let waivers = &report.evaluation.waivers;
    if waivers.is_empty() {
        return Ok(());
    }
    section("waivers", out)?;
    let mut statements = 0usize;
    for waiver in waivers {
        if waiver.vex.is_some() && waiver.state == WaiverState::Unused {
            statements += 1;
            if statements > STATEMENTS {
                continue;
            }
        }
        let WaiverOutcome { id, matches, reason, owner, vex, because, .. } = waiver;
        let (style, what) = outcome(waiver);
        writeln!(out, "  {style}{}{style:#}  {what}", terminal(id))?;
        if let Some(because) = because {
            wrapped("    ", "    ", because, out)?;
        }
        let owner = owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        let vex = vex.as_ref().map(|status| format!(" (VEX, {status})")).unwrap_or_default();
        wrapped("    ", "    ", &format!("{matches}{vex}: {reason}{owner}"), out)?;
    }
    if let Some(rest) = statements.checked_sub(STATEMENTS).filter(|&rest| rest > 0) {
        let rest = plural(rest as u64, "more VEX statement");
        writeln!(out, "  and {rest} of what was not found; `--output json=findgate.json` holds them all")?;
    }
    Ok(())
}

/// How good it is, and what it did.
fn outcome(waiver: &WaiverOutcome) -> (anstyle::Style, String) {
    let WaiverOutcome { expires, state, matched, vex, because, .. } = waiver;
    let matched_text = plural(*matched, "finding");
    // What stands below it stops it for the others.
    let excused_text = if because.is_some() { format!("some of {matched_text}") } else { matched_text.clone() };
    let until = expires.map(|date| format!(" until {date}")).unwrap_or_default();
    match *state {
        WaiverState::Active => (GREEN, format!("excuses {excused_text}{until}")),
        WaiverState::Expiring { days: 0 } => (YELLOW, format!("excuses {excused_text}, and expires today")),
        WaiverState::Expiring { days } => {
            (YELLOW, format!("excuses {excused_text}, and expires in {}", plural(u64::from(days), "day")))
        }
        WaiverState::Expired => {
            let since = expires.map(|date| format!(" on {date}")).unwrap_or_default();
            (RED, format!("expired{since}, excuses nothing; it matches {matched_text}"))
        }
        WaiverState::Unused if vex.is_some() => (YELLOW, "excuses nothing".to_owned()),
        WaiverState::Unused => (YELLOW, "matches nothing".to_owned()),
        WaiverState::TooBroad { vulnerabilities } => {
            let count = plural(u64::from(vulnerabilities), "vulnerability");
            (RED, format!("too broad, excuses nothing: the package has {count}; add the id of one"))
        }
        WaiverState::TooLong { findings, until } => {
            let rest = matched.saturating_sub(u64::from(findings));
            let excuses = match rest {
                0 => "nothing".to_owned(),
                _ if because.is_some() => excused_text,
                _ => format!("{rest} of {matched_text}"),
            };
            let what = if vex.is_some() { "too old" } else { "holds too long" };
            (RED, format!("{what}, excuses {excuses}; max_life allows {until}"))
        }
        WaiverState::Refused => (RED, "excuses nothing".to_owned()),
    }
}
