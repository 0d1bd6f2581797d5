//! The laws of merging.

use std::collections::BTreeSet;

use findgate::finding::{Finding, Fingerprint, Sighting, merge};
use proptest::prelude::*;

use crate::values::findings;

proptest! {
    #![proptest_config(ProptestConfig { cases: 384, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_reading_changes_nothing_in_merging(
        (findings, shuffled) in findings().prop_flat_map(|f| (Just(f.clone()), Just(f).prop_shuffle()))
    ) {
        prop_assert_eq!(merge(findings), merge(shuffled));
    }

    #[test]
    fn merging_what_was_merged_changes_nothing(findings in findings()) {
        let once = merge(findings).findings;
        let twice = merge(once.clone());
        prop_assert_eq!(twice.joined, 0);
        prop_assert_eq!(twice.findings, once);
    }

    #[test]
    fn reading_everything_twice_changes_nothing(findings in findings()) {
        let doubled = findings.iter().chain(&findings).cloned().collect();
        prop_assert_eq!(merge(doubled).findings, merge(findings).findings);
    }

    #[test]
    fn merging_keeps_every_sighting_and_gives_each_finding_a_fingerprint_of_its_own(findings in findings()) {
        let before: BTreeSet<Sighting> = findings.iter().flat_map(|f| f.sightings.clone()).collect();
        let merged = merge(findings.clone());
        let after: BTreeSet<Sighting> = merged.findings.iter().flat_map(|f| f.sightings.clone()).collect();
        prop_assert_eq!(before, after);
        prop_assert_eq!(merged.findings.len() as u64 + merged.joined, findings.len() as u64);
        let fingerprints: BTreeSet<Fingerprint> = merged.findings.iter().map(|f| f.fingerprint).collect();
        prop_assert_eq!(fingerprints.len(), merged.findings.len());
    }

    #[test]
    fn merging_never_makes_the_worst_severity_better(findings in findings()) {
        let worst = |findings: &[Finding]| findings.iter().filter_map(|f| f.severity).max();
        let before = worst(&findings);
        prop_assert_eq!(worst(&merge(findings).findings), before);
    }

    #[test]
    fn a_finding_that_any_source_calls_open_is_never_excused(findings in findings()) {
        for finding in merge(findings).findings {
            let all_excused = finding.sightings.iter().all(|sighting| sighting.excuse.is_some());
            prop_assert_eq!(finding.excuse().is_some(), all_excused);
        }
    }
}
