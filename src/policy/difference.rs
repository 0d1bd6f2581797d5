//! What two policies say of the same findings, told apart.
//!
//! One decides, or is the old one, and comes before; the other one comes after. What both say alike is left out.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::finding::Fingerprint;

use super::{Disposition, Enforcement, Evaluation, Verdict, Violation};

/// Everything that two evaluations say differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The verdict before and after, alike or not.
    pub verdict: (Verdict, Verdict),
    /// The limits that only one of them violates, or both with other numbers; by name.
    pub rules: Vec<RuleChange>,
    /// The findings that land elsewhere, or that only one of them has; by fingerprint.
    pub findings: Vec<Change>,
}

/// A limit that is violated differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// The limit's name: `thresholds.sca.high`.
    pub rule: String,
    /// How it is violated before; `None`: it is not, or there is none of that name.
    pub before: Option<Outcome>,
    /// How it is violated after.
    pub after: Option<Outcome>,
}

/// How a limit is violated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Deny or warn.
    pub enforcement: Enforcement,
    /// How many findings it allows.
    pub allowed: u64,
    /// How many it counted.
    pub found: u64,
}

/// A finding that lands elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its identity.
    pub fingerprint: Fingerprint,
    /// Where it landed before; `None`: it was not there.
    pub before: Option<Landed>,
    /// Where it landed after.
    pub after: Option<Landed>,
}

/// Where a finding landed in one of the evaluations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Landed {
    /// Which finding it is: an index into [`Evaluation::findings`] of that evaluation.
    pub finding: u32,
    /// Where it landed.
    pub disposition: Disposition,
}

/// Why a policy is judged although another one decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BesideRole {
    /// It is what the change makes of the policy.
    Change,
    /// The policy that decides names it as its `shadow`.
    Shadow,
}

impl BesideRole {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            BesideRole::Change => "change",
            BesideRole::Shadow => "shadow",
        }
    }
}

impl Difference {
    /// Compares two evaluations. Pure, and the same for the same input; takes time by the number of findings.
    #[must_use]
    pub fn between(before: &Evaluation, after: &Evaluation) -> Difference {
        Difference {
            verdict: (before.verdict, after.verdict),
            rules: rules(&before.violations, &after.violations),
            findings: findings(before, after),
        }
    }

    /// Whether nothing is different.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.verdict.0 == self.verdict.1 && self.rules.is_empty() && self.findings.is_empty()
    }
}

impl Outcome {
    fn of(violation: &Violation) -> Outcome {
        let Violation { enforcement, allowed, found, .. } = violation;
        Outcome { enforcement: *enforcement, allowed: *allowed, found: *found }
    }
}

fn rules(before: &[Violation], after: &[Violation]) -> Vec<RuleChange> {
    let mut rules: BTreeMap<&str, (Option<Outcome>, Option<Outcome>)> = BTreeMap::new();
    for violation in before {
        rules.entry(&violation.rule).or_default().0 = Some(Outcome::of(violation));
    }
    for violation in after {
        rules.entry(&violation.rule).or_default().1 = Some(Outcome::of(violation));
    }
    let different = rules.into_iter().filter(|(_, (before, after))| before != after);
    different.map(|(rule, (before, after))| RuleChange { rule: rule.to_owned(), before, after }).collect()
}

/// Both lists are in the order of the fingerprints, so they are walked side by side.
fn findings(before: &Evaluation, after: &Evaluation) -> Vec<Change> {
    let landed = |evaluation: &Evaluation, at: usize| {
        let judged = evaluation.findings.get(at)?;
        let landed = Landed { finding: u32::try_from(at).ok()?, disposition: judged.disposition };
        Some((judged.finding.fingerprint, landed))
    };
    let (mut left, mut right) = (0, 0);
    let mut changes = Vec::new();
    loop {
        let (old, new) = (landed(before, left), landed(after, right));
        let order = match (&old, &new) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let old = old.filter(|_| order.is_le());
        let new = new.filter(|_| order.is_ge());
        left += usize::from(old.is_some());
        right += usize::from(new.is_some());
        let disposition = |side: Option<(Fingerprint, Landed)>| side.map(|(_, landed)| landed.disposition);
        if disposition(old) != disposition(new)
            && let Some((fingerprint, _)) = old.or(new)
        {
            let part = |side: Option<(Fingerprint, Landed)>| side.map(|(_, landed)| landed);
            changes.push(Change { fingerprint, before: part(old), after: part(new) });
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::super::decode::tests::read;
    use super::super::{Circumstances, Resolved, evaluate, resolve};
    use super::*;
    use crate::finding::{Finding, Kind, Severity, merge};
    use crate::report::sample::sample;

    /// Findings of code, one of each severity that is named.
    fn findings(severities: &[Severity]) -> Vec<Finding> {
        let samples = sample().evaluation.findings;
        let one = samples.iter().map(|judged| &judged.finding).find(|finding| finding.kind == Kind::Sast).unwrap();
        let number = |(number, severity): (usize, &Severity)| {
            let mut finding = one.clone();
            finding.fingerprint.hash = [u8::try_from(number).unwrap(); 16];
            finding.severity = Some(*severity);
            finding.sightings.iter_mut().for_each(|sighting| sighting.excuse = None);
            finding
        };
        merge(severities.iter().enumerate().map(number).collect()).findings
    }

    fn policy(text: &str) -> Resolved {
        resolve(&read(&format!("version: 1\n{text}")).expect("good"), Circumstances::default()).expect("resolved")
    }

    fn judged(text: &str, findings: &[Finding]) -> Evaluation {
        evaluate(&policy(text), Vec::new(), findings.to_vec(), Timestamp::UNIX_EPOCH)
    }

    const FOUND: [Severity; 3] = [Severity::Critical, Severity::High, Severity::Low];

    #[test]
    fn the_same_policy_makes_no_difference() {
        let evaluation = judged("thresholds: {all: high}", &findings(&FOUND));
        let difference = Difference::between(&evaluation, &evaluation);
        assert!(difference.is_empty(), "{difference:?}");
        assert_eq!(difference.verdict, (Verdict::Fail, Verdict::Fail));
    }

    #[test]
    fn a_rule_is_told_when_only_one_violates_it_or_both_with_other_numbers() {
        let found = findings(&FOUND);
        let before = judged("thresholds: {all: critical, sast: {high: 1}, secret: any}", &found);
        let after = judged("thresholds: {sast: {high: 0}, all: low}", &found);
        let difference = Difference::between(&before, &after);
        let outcome = |allowed, found| Some(Outcome { enforcement: Enforcement::Deny, allowed, found });
        let rule = |rule: &str, before, after| RuleChange { rule: rule.to_owned(), before, after };
        assert_eq!(
            difference.rules,
            [
                rule("thresholds.all.critical", outcome(0, 1), None),
                rule("thresholds.all.low", None, outcome(0, 3)),
                rule("thresholds.sast.high", outcome(1, 2), outcome(0, 2)),
            ]
        );
    }

    #[test]
    fn a_finding_is_told_when_it_lands_elsewhere_or_is_seen_by_one_only() {
        let found = findings(&FOUND);
        let before = judged("thresholds: {all: critical}", &found[..2]);
        let after = judged("thresholds: {all: low}", &found[1..]);
        let difference = Difference::between(&before, &after);
        let landed = |finding, disposition| Some(Landed { finding, disposition });
        let told: Vec<_> = difference.findings.iter().map(|change| (change.before, change.after)).collect();
        assert_eq!(
            told,
            [
                (landed(0, Disposition::Violation), None),
                (landed(1, Disposition::Allowed), landed(0, Disposition::Violation)),
                (None, landed(1, Disposition::Violation)),
            ]
        );
        let prints: Vec<_> = difference.findings.iter().map(|change| change.fingerprint).collect();
        assert_eq!(prints, found.iter().map(|finding| finding.fingerprint).collect::<Vec<_>>());
    }

    fn some_findings() -> impl Strategy<Value = Vec<Severity>> {
        proptest::collection::vec(proptest::sample::select(&Severity::WORST_FIRST[..]), 0..8)
    }

    proptest! {
        #[test]
        fn turned_round_it_says_the_same_the_other_way_and_it_names_every_difference(
            severities in some_findings(), from in 0usize..8, to in 0usize..8,
            floors in (proptest::sample::select(&Severity::WORST_FIRST[..]), proptest::sample::select(&Severity::WORST_FIRST[..]))
        ) {
            let found = findings(&severities);
            let before = judged(&format!("thresholds: {{all: {}}}", floors.0), &found[from.min(found.len())..]);
            let after = judged(&format!("thresholds: {{all: {}}}", floors.1), &found[..to.min(found.len())]);
            let there = Difference::between(&before, &after);
            let back = Difference::between(&after, &before);
            prop_assert_eq!(there.verdict, (back.verdict.1, back.verdict.0));
            let turned: Vec<_> = back.findings.iter().map(|c| Change { before: c.after, after: c.before, ..*c }).collect();
            prop_assert_eq!(&there.findings, &turned);
            let at = |evaluation: &Evaluation, of: &Finding| {
                evaluation.findings.iter().find(|j| j.finding.fingerprint == of.fingerprint).map(|j| j.disposition)
            };
            for finding in &found {
                let told = there.findings.iter().any(|change| change.fingerprint == finding.fingerprint);
                prop_assert_eq!(told, at(&before, finding) != at(&after, finding));
            }
        }
    }
}
