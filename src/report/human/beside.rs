//! What other policies would say.

use std::io::{self, Write};

use super::{BOLD, GREEN, RED, Report, YELLOW, place_of, plural, section, wrapped};
use crate::exit::Status;
use crate::policy::{BesideRole, Change, Disposition, Landed, Outcome, RuleChange, Verdict};
use crate::report::escape::{shorten, terminal};
use crate::report::{Beside, Would};

/// How many differences of one policy are shown at most.
const SHOWN: usize = 10;

/// The most of a title that is shown, in characters.
const TITLE: usize = 60;

pub(super) fn beside(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    if report.beside.is_empty() {
        return Ok(());
    }
    section("beside", out)?;
    for one in report.beside {
        let Beside { role, origin, digest: _, result } = one;
        let what = match role {
            BesideRole::Change => "the policy of this change",
            BesideRole::Shadow => "the shadow policy",
        };
        let would = match result {
            Ok(would) => would,
            Err(_) => {
                writeln!(out, "  {YELLOW}{what}{YELLOW:#}")?;
                wrapped("    ", "    ", &one.sentence(), out)?;
                continue;
            }
        };
        let verdict = would.verdict();
        let style = match verdict {
            Verdict::Pass => GREEN,
            Verdict::Fail => RED,
            Verdict::Undecided => YELLOW,
        };
        let status = Status::from(verdict).number();
        let after = if *role == BesideRole::Change { " after the merge" } else { "" };
        writeln!(
            out,
            "  {BOLD}{what}{BOLD:#}  would give {style}{}{style:#} ({status}){after}; it does not decide",
            verdict.name()
        )?;
        wrapped("    ", "      ", origin, out)?;
        differences(report, would, out)?;
    }
    Ok(())
}

fn differences(report: &Report<'_>, would: &Would, out: &mut dyn Write) -> io::Result<()> {
    for reason in would.unread.iter().take(SHOWN) {
        wrapped("    not read: ", "      ", reason, out)?;
    }
    let difference = &would.difference;
    // Where something was not read, it proves nothing that a rule is not violated there, or that a finding is not seen.
    let is_read = would.unread.is_empty();
    let rules: Vec<&RuleChange> = difference.rules.iter().filter(|one| is_read || one.after.is_some()).collect();
    let findings: Vec<&Change> = difference.findings.iter().filter(|one| is_read || one.after.is_some()).collect();
    let all = rules.len() + findings.len();
    if all == 0 {
        return if is_read { writeln!(out, "    it makes no difference") } else { Ok(()) };
    }
    let rules = rules.into_iter().map(rule);
    let findings = findings.into_iter().map(|change| finding(report, change));
    for line in rules.chain(findings).take(SHOWN) {
        wrapped("    - ", "      ", &line, out)?;
    }
    if let Some(rest) = all.checked_sub(SHOWN).filter(|&rest| rest > 0) {
        let more = plural(rest as u64, "more difference");
        writeln!(out, "    - and {more}; `--output json=findgate.json` holds them all")?;
    }
    Ok(())
}

fn rule(change: &RuleChange) -> String {
    let RuleChange { rule, before, after } = change;
    let told = |outcome: &Outcome| {
        let Outcome { enforcement, allowed, found } = outcome;
        format!("{found} found, {allowed} allowed, {}", enforcement.name())
    };
    match (before, after) {
        (Some(before), Some(after)) => format!("{rule}: {}; by it {}", told(before), told(after)),
        (Some(before), None) => format!("{rule}: {}; by it not violated", told(before)),
        (None, Some(after)) => format!("{rule}: violated by it: {}", told(after)),
        (None, None) => rule.clone(),
    }
}

fn finding(report: &Report<'_>, change: &Change) -> String {
    let Change { fingerprint, before, after } = change;
    let landed = |landed: &Option<Landed>| landed.map_or("not seen", |landed| Disposition::name(landed.disposition));
    let known = before.and_then(|landed| report.evaluation.findings.get(landed.finding as usize));
    let name = known.map_or_else(
        || fingerprint.to_string(),
        |judged| {
            let title = terminal(&judged.finding.title);
            format!("{} {}", place_of(&judged.finding), shorten(&title, TITLE))
        },
    );
    format!("{name}: {}, by it {}", landed(before), landed(after))
}
