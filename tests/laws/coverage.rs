//! The laws of scans as proof.

use findgate::finding::{Coverage, Scan, ScanState, State};
use findgate::policy::{Aim, CommitRule, Evidence, EvidenceRule, Requirement, weigh};
use proptest::prelude::*;
use proptest::sample::select;

use crate::values::evidence;

const AIM: Aim<'static> = Aim { branch: Some("main"), commit: Some("0123456789abcdef") };

fn commits() -> impl Strategy<Value = CommitRule> {
    select(vec![CommitRule::Any, CommitRule::Branch, CommitRule::Head])
}

fn scans() -> impl Strategy<Value = Vec<Scan>> {
    let scan = (
        select(vec!["A", "B"]),
        select(vec![None, Some("t1"), Some("t2")]),
        select(ScanState::ALL.to_vec()),
        prop::option::of(1_779_000_000i64..1_780_000_000),
        select(vec![None, Some("main"), Some("other")]),
        select(vec![None, Some("0123456789abcdef"), Some("fedcba9876543210")]),
        0u32..4,
    );
    let scan = scan.prop_map(|(engine, target, state, finished, branch, commit, origin)| Scan {
        engine: engine.into(),
        version: None,
        origin: format!("s{origin}").into(),
        target: target.map(Into::into),
        state,
        status: None,
        finished: finished.map(|seconds| jiff::Timestamp::from_second(seconds).unwrap()),
        commit: commit.map(Into::into),
        branch: branch.map(Into::into),
        findings: 0,
    });
    prop::collection::vec(scan, 0..8)
}

fn scanned(scans: Vec<Scan>) -> Coverage {
    let Evidence { coverage, .. } = evidence(State::Complete, Requirement::Required).remove(0);
    Coverage { scans, ..coverage }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn evidence_that_is_asked_more_of_never_shows_more(
        scans in scans(), max_age in prop::option::of(1u64..2_000_000), less in 1u64..1_000_000, commit in commits(),
    ) {
        let asked = |max_age, commit| {
            let rule = EvidenceRule { max_age, commit, ..EvidenceRule::default() };
            weigh(scanned(scans.clone()), &rule, AIM, "2026-06-01T00:00:00Z".parse().unwrap()).coverage.state
        };
        let stricter = Some(max_age.map_or(less, |seconds| seconds.saturating_sub(less).max(1)));
        prop_assert!(asked(stricter, commit) >= asked(max_age, commit));
        prop_assert!(asked(max_age, commit) >= asked(max_age, CommitRule::Any) || commit != CommitRule::Any);
        prop_assert!(asked(None, CommitRule::Any) <= State::Partial);
    }

    #[test]
    fn the_order_in_which_scans_are_told_changes_nothing(
        (scans, shuffled) in scans().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())), commit in commits(),
    ) {
        let rule = EvidenceRule { max_age: Some(500_000), commit, ..EvidenceRule::default() };
        let weigh = |scans| weigh(scanned(scans), &rule, AIM, "2026-06-01T00:00:00Z".parse().unwrap()).coverage;
        let (one, other) = (weigh(scans), weigh(shuffled));
        prop_assert_eq!((one.state, one.reasons), (other.state, other.reasons));
    }

    #[test]
    fn a_finished_scan_that_is_newer_than_all_others_proves_what_its_engine_is_asked_for(scans in scans(), commit in commits()) {
        let mut scans: Vec<Scan> = scans.into_iter().filter(|scan| scan.state != ScanState::Running).collect();
        scans.retain(|scan| scan.state != ScanState::Unknown && scan.target.is_some());
        scans.push(Scan {
            engine: "A".into(),
            target: Some("t1".into()),
            origin: "newest".into(),
            state: ScanState::Finished,
            finished: Some("2026-05-31T23:00:00Z".parse().unwrap()),
            commit: AIM.commit.map(Into::into),
            branch: AIM.branch.map(Into::into),
            version: None,
            status: None,
            findings: 0,
        });
        let rule = EvidenceRule { max_age: Some(7200), commit, ..EvidenceRule::default() };
        let only: Vec<Scan> =
            scans.into_iter().filter(|s| &*s.engine == "A" && s.target.as_deref() == Some("t1")).collect();
        let weighed = weigh(scanned(only), &rule, AIM, "2026-06-01T00:00:00Z".parse().unwrap()).coverage;
        prop_assert_eq!(weighed.state, State::Complete, "{:?}", weighed.reasons);
    }
}
