//! The laws of evaluation.

use findgate::finding::{Severity, State, merge};
use findgate::policy::{Disposition, Enforcement, Subject, Verdict, evaluate};
use proptest::prelude::*;
use proptest::sample::select;

use crate::values::{everything_said, findings, judge, limits, policy, rank, states, waiver};

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_findings_changes_nothing_in_the_evaluation(
        (findings, shuffled) in findings().prop_map(|f| merge(f).findings).prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle())),
        limits in limits(), waivers in prop::collection::vec(waiver(), 0..3), state in states(),
    ) {
        let policy = policy(limits, waivers, Severity::Critical);
        prop_assert_eq!(
            everything_said(&judge(&policy, state, findings)),
            everything_said(&judge(&policy, state, shuffled))
        );
    }

    #[test]
    fn every_finding_lands_in_exactly_one_disposition(
        findings in findings().prop_map(|f| merge(f).findings),
        limits in limits(), waivers in prop::collection::vec(waiver(), 0..3),
    ) {
        let evaluation = judge(&policy(limits, waivers, Severity::Critical), State::Complete, findings.clone());
        prop_assert_eq!(evaluation.findings.len(), findings.len());
        let counted: u64 = evaluation.counts.iter().map(|(_, c)| c.critical + c.high + c.medium + c.low + c.info + c.unknown).sum();
        let with = |wanted| evaluation.findings.iter().filter(|judged| judged.disposition == wanted).count() as u64;
        prop_assert_eq!(with(Disposition::Violation) + with(Disposition::Warning) + with(Disposition::Allowed), counted);
        prop_assert_eq!(Disposition::ALL.into_iter().map(with).sum::<u64>(), findings.len() as u64);
        for (number, judged) in (0u32..).zip(&evaluation.findings) {
            let enforcements: Vec<Enforcement> = judged.violations.iter().map(|&v| evaluation.violations[v as usize].enforcement).collect();
            let wanted = match judged.disposition {
                Disposition::Violation => enforcements.contains(&Enforcement::Deny),
                Disposition::Warning => !enforcements.is_empty() && !enforcements.contains(&Enforcement::Deny),
                Disposition::Allowed => enforcements.is_empty() && judged.waiver.is_none() && judged.excuse.is_none(),
                // Only a comparison with a baseline gives it.
                Disposition::Baseline => false,
                Disposition::Waived => enforcements.is_empty() && judged.waiver.is_some() && judged.excuse.is_none(),
                Disposition::Excused => enforcements.is_empty() && judged.waiver.is_none() && judged.excuse.is_some(),
            };
            prop_assert!(wanted, "{judged:?}");
            for &violation in &judged.violations {
                prop_assert!(evaluation.violations[violation as usize].findings.contains(&number));
            }
        }
    }

    #[test]
    fn a_violation_says_how_many_it_found_and_found_more_than_it_allows(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(),
    ) {
        let evaluation = judge(&policy(limits, Vec::new(), Severity::Critical), State::Complete, findings);
        for violation in &evaluation.violations {
            prop_assert!(violation.found > violation.allowed);
            prop_assert_eq!(violation.found, violation.findings.len() as u64);
        }
        let denied = evaluation.violations.iter().any(|v| v.enforcement == Enforcement::Deny);
        prop_assert_eq!(evaluation.verdict == Verdict::Fail, denied);
    }

    #[test]
    fn a_stricter_policy_never_passes_more(
        findings in findings().prop_map(|f| merge(f).findings), loose in limits(), added in limits(),
        waivers in prop::collection::vec(waiver(), 0..3), state in states(),
        unknown in select(Severity::WORST_FIRST.to_vec()), which in any::<prop::sample::Index>(), how in 0..5,
    ) {
        let before = judge(&policy(loose.clone(), waivers.clone(), unknown), state, findings.clone());
        let (mut strict, mut fewer, mut worse) = (loose.clone(), waivers, unknown);
        let changed = &mut strict[which.index(loose.len())];
        match how {
            0 => changed.allow = changed.allow.saturating_sub(1),
            1 => if let Subject::AtLeast { floor, .. } = &mut changed.subject { *floor = Severity::Info },
            2 => { changed.enforcement = Enforcement::Deny; fewer.pop(); }
            3 => worse = Severity::Critical,
            _ => strict.extend(added),
        }
        let after = judge(&policy(strict, fewer, worse), state, findings);
        prop_assert!(rank(after.verdict) >= rank(before.verdict), "{:?} became {:?}", before.verdict, after.verdict);
    }

    #[test]
    fn one_more_finding_never_improves_the_verdict(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(),
        waivers in prop::collection::vec(waiver(), 0..3), which in any::<prop::sample::Index>(),
    ) {
        prop_assume!(!findings.is_empty());
        let policy = policy(limits, waivers, Severity::Critical);
        let mut fewer = findings.clone();
        fewer.remove(which.index(findings.len()));
        let before = judge(&policy, State::Complete, fewer).verdict;
        prop_assert!(rank(judge(&policy, State::Complete, findings).verdict) >= rank(before));
    }

    #[test]
    fn nothing_passes_without_complete_evidence(
        findings in findings().prop_map(|f| merge(f).findings), limits in limits(), state in states(),
    ) {
        let policy = policy(limits, Vec::new(), Severity::Critical);
        let as_of = "2026-06-01T00:00:00Z".parse().unwrap();
        let required = judge(&policy, state, findings.clone()).verdict;
        prop_assert!(required != Verdict::Pass || state == State::Complete);
        prop_assert!(evaluate(&policy, Vec::new(), findings, as_of).verdict != Verdict::Pass);
    }
}
