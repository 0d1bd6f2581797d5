//! The laws of waivers.

use findgate::finding::{Severity, State, merge};
use findgate::policy::{Disposition, Evaluation};
use proptest::prelude::*;

use crate::values::{findings, judge, limits, policy, rank, states, waiver, waiver_rules};

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn a_waiver_removes_only_what_it_matches(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(), waiver in waiver(), state in states(),
    ) {
        let before = judge(&policy(limits.clone(), Vec::new(), Severity::Critical), state, findings.clone());
        let after = judge(&policy(limits, vec![waiver.clone()], Severity::Critical), state, findings);
        for (before, after) in before.findings.iter().zip(&after.findings) {
            if after.disposition == Disposition::Waived {
                prop_assert!(waiver.matches.fits(&after.finding));
                prop_assert!(before.disposition != Disposition::Excused);
            } else {
                prop_assert_eq!(before.disposition == Disposition::Excused, after.disposition == Disposition::Excused);
            }
        }
        prop_assert!(rank(after.verdict) <= rank(before.verdict));
    }

    #[test]
    fn a_waiver_changes_only_what_it_matches_and_makes_no_pass_a_failure(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(), state in states(),
        others in prop::collection::vec(waiver(), 0..3), added in waiver(), rules in waiver_rules(),
    ) {
        let mut before = policy(limits, others, Severity::Critical);
        before.waiver_rules = rules;
        let mut after = before.clone();
        after.waivers.push(added.clone());
        let (before, after) = (judge(&before, state, findings.clone()), judge(&after, state, findings));
        for (old, new) in before.findings.iter().zip(&after.findings) {
            if !added.matches.fits(&old.finding) {
                prop_assert_eq!((old.counts(), old.waiver, old.excuse), (new.counts(), new.waiver, new.excuse));
            }
            // What was waived or excused stays so, and by whom.
            prop_assert!(old.counts() || (old.disposition == new.disposition && old.waiver == new.waiver));
        }
        for violation in &after.violations {
            let old = before.violations.iter().find(|old| old.rule == violation.rule);
            let gone = after.findings.iter().zip(&before.findings).filter(|(new, old)| new.counts() != old.counts()).count();
            prop_assert!(old.is_some_and(|old| old.found >= violation.found && old.found - violation.found <= gone as u64));
        }
        prop_assert!(rank(after.verdict) <= rank(before.verdict));
    }

    #[test]
    fn no_finding_is_waived_for_longer_than_its_severity_allows(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(),
        waivers in prop::collection::vec(waiver(), 1..4), rules in waiver_rules(),
    ) {
        let mut policy = policy(limits, waivers, Severity::High);
        policy.waiver_rules = rules;
        let evaluation = judge(&policy, State::Complete, findings);
        for judged in evaluation.findings.iter().filter(|judged| judged.disposition == Disposition::Waived) {
            let life = policy.waiver_rules.max_life(judged.severity).map(|life| life.value);
            let allowed = life.map(|life| findgate::policy::last_day("2026-06-01".parse().unwrap(), life));
            let waiver = &evaluation.waivers[judged.waiver.unwrap() as usize];
            prop_assert!(allowed.is_none_or(|allowed| waiver.expires.is_some_and(|expires| expires <= allowed)));
        }
    }

    #[test]
    fn an_expired_waiver_changes_no_disposition(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(), mut waiver in waiver(),
    ) {
        waiver.expires = Some("2026-05-31".parse().unwrap());
        let without = judge(&policy(limits.clone(), Vec::new(), Severity::Critical), State::Complete, findings.clone());
        let with = judge(&policy(limits, vec![waiver], Severity::Critical), State::Complete, findings);
        let dispositions = |evaluation: &Evaluation| evaluation.findings.iter().map(|j| j.disposition).collect::<Vec<_>>();
        prop_assert_eq!(dispositions(&without), dispositions(&with));
        prop_assert_eq!(without.verdict, with.verdict);
    }
}
