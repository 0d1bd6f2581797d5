//! Risk facts of public feeds, put onto findings: whether a vulnerability is exploited, and how likely that is.

use std::collections::HashSet;

use super::{Finding, Fingerprint};

/// The CVE ids that findings have.
#[must_use]
pub fn cves(findings: &[Finding]) -> HashSet<&str> {
    findings.iter().flat_map(of).collect()
}

/// Tells findings whether they are known to be exploited, by a catalog that says which CVEs are. Those that it told the fact
/// come back.
///
/// What the catalog lists is exploited, whoever said otherwise. What a source calls exploited stays so although the catalog
/// does not list it: entries are hardly ever taken out, and a catalog that is old or cut must let nothing through. Where nobody
/// said anything, a CVE that is not listed is not exploited. Of a finding without a CVE a catalog of CVEs tells nothing.
pub fn tell_exploited(findings: &mut [Finding], is_listed: impl Fn(&str) -> bool) -> Vec<Fingerprint> {
    let mut told = Vec::new();
    for finding in findings {
        let Some(listed) = of(finding).map(&is_listed).reduce(|one, other| one || other) else { continue };
        if listed || finding.kev.is_none() {
            finding.kev = Some(listed);
            told.push(finding.fingerprint);
        }
    }
    told
}

/// Tells findings how likely it is that they will be exploited, by a feed that scores CVEs: of several CVEs the likeliest
/// counts. Those that it told the fact come back.
///
/// The feed's score goes before that of a source, which copied it from the same place on some day. A CVE that has none changes
/// nothing: a higher score of a source may be that of this one, and stays.
pub fn tell_likelihood(findings: &mut [Finding], score: impl Fn(&str) -> Option<f32>) -> Vec<Fingerprint> {
    let mut told = Vec::new();
    for finding in findings {
        let mut has_all = true;
        let scores = of(finding).filter_map(|cve| {
            let score = score(cve);
            has_all &= score.is_some();
            score
        });
        let Some(highest) = scores.reduce(f32::max) else { continue };
        if !has_all && finding.epss.is_some_and(|said| said > highest) {
            continue;
        }
        finding.epss = Some(highest);
        told.push(finding.fingerprint);
    }
    told
}

fn of(finding: &Finding) -> impl Iterator<Item = &str> {
    finding.ids.iter().map(|id| &**id).filter(|id| id.starts_with("CVE-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn finding(ids: &[&str], kev: Option<bool>, epss: Option<f32>) -> Finding {
        let mut finding = sample::sample().evaluation.findings.swap_remove(0).finding;
        finding.ids = ids.iter().map(|id| (*id).into()).collect();
        (finding.kev, finding.epss) = (kev, epss);
        finding
    }

    #[test]
    fn what_is_listed_is_exploited_and_what_a_source_calls_exploited_stays_so() {
        let (listed, other) = (&["CVE-2021-44228", "GHSA-jfh8-c2jp-5v3q"][..], &["CVE-2020-0001"][..]);
        for (ids, said, want, is_told) in [
            (listed, None, Some(true), true),
            (listed, Some(false), Some(true), true),
            (listed, Some(true), Some(true), true),
            (&["CVE-2020-0001", "CVE-2021-44228"], None, Some(true), true),
            (other, None, Some(false), true),
            (other, Some(true), Some(true), false),
            (other, Some(false), Some(false), false),
            (&["GHSA-jfh8-c2jp-5v3q"], None, None, false),
            (&[], Some(true), Some(true), false),
        ] {
            let mut findings = [finding(ids, said, Some(0.5))];
            let told = tell_exploited(&mut findings, |cve| cve == "CVE-2021-44228");
            assert_eq!((findings[0].kev, told.len() == 1), (want, is_told), "{ids:?} {said:?}");
            assert_eq!(findings[0].epss, Some(0.5));
        }
    }

    #[test]
    fn the_likeliest_score_of_the_feed_goes_before_that_of_a_source() {
        let score = |cve: &str| match cve {
            "CVE-2021-0001" => Some(0.1),
            "CVE-2021-0002" => Some(0.9),
            _ => None,
        };
        for (ids, said, want, is_told) in [
            (&["CVE-2021-0001", "CVE-2021-0002"][..], Some(0.95), Some(0.9), true),
            (&["CVE-2021-0001"], None, Some(0.1), true),
            (&["CVE-2021-0003"], Some(0.4), Some(0.4), false),
            (&["CVE-2021-0001", "CVE-2021-0003"], Some(0.4), Some(0.4), false),
            (&["CVE-2021-0001", "CVE-2021-0003"], Some(0.05), Some(0.1), true),
            (&["CVE-2021-0003"], None, None, false),
            (&["GHSA-35jh-r3h4-6jhm"], Some(0.4), Some(0.4), false),
        ] {
            let mut findings = [finding(ids, None, said)];
            let told = tell_likelihood(&mut findings, score);
            assert_eq!((findings[0].epss, told.len() == 1), (want, is_told), "{ids:?}");
            assert_eq!(findings[0].kev, None);
        }
    }

    #[test]
    fn only_ids_of_the_cve_scheme_are_asked_for() {
        let findings = [finding(&["CVE-2021-0001", "GHSA-35jh-r3h4-6jhm"], None, None), finding(&[], None, None)];
        assert_eq!(cves(&findings), HashSet::from(["CVE-2021-0001"]));
    }
}
