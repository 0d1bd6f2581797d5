//! What other policies would say.

use super::place;
use crate::policy::{BesideRole, Change, Disposition, Landed, Outcome, RuleChange};
use crate::report::escape::shorten;
use crate::report::{Report, Would};

/// The most of a title that is shown, in characters.
const TITLE: usize = 60;

/// Which policy it is.
pub(crate) fn whose(role: BesideRole) -> &'static str {
    match role {
        BesideRole::Change => "the policy of this change",
        BesideRole::Shadow => "the shadow policy",
    }
}

/// What it would change, a sentence each; empty where it makes no difference. Where something was not read, it proves
/// nothing that a rule is not violated there, or that a finding is not seen.
pub(crate) fn differences(report: &Report<'_>, would: &Would) -> Vec<String> {
    let difference = &would.difference;
    let is_read = would.unread.is_empty();
    let rules = difference.rules.iter().filter(|one| is_read || one.after.is_some()).map(rule);
    let findings = difference.findings.iter().filter(|one| is_read || one.after.is_some());
    rules.chain(findings.map(|change| finding(report, change))).collect()
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
        |judged| format!("{} {}", place(&judged.finding), shorten(&judged.finding.title, TITLE)),
    );
    format!("{name}: {}, by it {}", landed(before), landed(after))
}
