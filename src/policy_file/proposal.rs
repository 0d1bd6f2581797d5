//! The waiver that is proposed for a finding: to be pasted, completed and answered for by whoever owns the policy.

use jiff::Timestamp;
use jiff::civil::Date;

use super::append::Entry;
use crate::finding::Finding;
use crate::policy::{Demanded, Judged, WaiverRules, day_of, last_day};

/// The end that is proposed: time enough to fix, too short to be forgotten.
const DAYS: u64 = 30;

/// A waiver for a finding that violates the policy, with what the policy demands of one.
#[must_use]
pub fn proposal(judged: &Judged, rules: &WaiverRules, as_of: Timestamp) -> Entry {
    let demands = |demanded: Demanded| rules.require.iter().any(|stated| stated.value == demanded);
    let say = |what: &str| Some(format!("say {what}"));
    Entry {
        id: waiver_id(&judged.finding),
        matches: vec![("fingerprint", vec![judged.finding.fingerprint.to_string()])],
        reason: "say why this is acceptable".to_owned(),
        owner: say("who answers for it"),
        ticket: say("where the work is tracked").filter(|_| demands(Demanded::Ticket)),
        approved_by: say("who allowed it").filter(|_| demands(Demanded::ApprovedBy)),
        expires: proposed_end(as_of, rules.max_life(judged.severity).map(|life| life.value)),
    }
}

/// The end that is proposed for a waiver: time enough to fix, too short to be forgotten, and no later than its life allows
/// (seconds).
#[must_use]
pub fn proposed_end(as_of: Timestamp, life: Option<u64>) -> Date {
    last_day(day_of(as_of), life.unwrap_or(u64::MAX).min(DAYS * 86_400))
}

/// `cve-2021-23337-1a2b3c`: what it is about, and which of them.
#[must_use]
pub fn waiver_id(finding: &Finding) -> String {
    let what = finding.advisory().or(finding.check()).map_or("finding", |name| &**name);
    let hash = finding.fingerprint.to_string();
    format!("{}-{}", waiver_name(what), hash.get(3..9).unwrap_or_default())
}

/// The part of it that says what it is about.
#[must_use]
pub fn waiver_name(what: &str) -> String {
    const LONGEST: usize = 60;
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = what.chars().take(LONGEST).map(plain).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "finding".to_owned() } else { name.to_owned() }
}
