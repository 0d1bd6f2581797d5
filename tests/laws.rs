//! The laws that merging and evaluation keep, whatever the input.

use std::collections::BTreeSet;
use std::sync::Arc;

use findgate::finding::{
    Context, Coverage, Cwe, Excuse, Finding, Fingerprint, FingerprintInput, Kind, Location, Package, Scan, ScanState,
    Severity, Sighting, State, Text, merge,
};
use findgate::policy::{
    Aim, BASELINE, Circumstances, CommitRule, Disposition, Document, Enforcement, Evaluation, Evidence, EvidenceRule,
    Limit, Match, Place, Problems, Requirement, Resolved, Stated, Subject, Verdict, Waiver, WaiverRules, decode,
    evaluate, resolve, weigh,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Few values for each fact, so that readings meet each other.
fn findings() -> impl Strategy<Value = Vec<Finding>> {
    prop::collection::vec(finding(), 0..24)
}

fn finding() -> impl Strategy<Value = Finding> {
    let identity = (
        select(vec![Kind::Sca, Kind::Sast, Kind::Secret]),
        prop::option::of(select(vec!["src/a.py", "src/b.py"])),
        prop::option::of(1u32..3),
        select(vec!["alpha", "beta"]),
        select(vec!["C1", "C2"]),
        prop::option::of(select(vec!["eval(x)", "run(y)"])),
    );
    let facts = (
        prop::option::of(select(Severity::WORST_FIRST.to_vec())),
        subsequence(vec!["CVE-2021-0001", "CVE-2021-0002", "GHSA-aaaa-bbbb-cccc"], 0..=2),
        subsequence(vec![78, 89], 0..=2),
        prop::option::of((
            select(vec!["left-pad", "right-pad"]),
            prop::option::of(select(vec!["1.0", "2.0"])),
            any::<bool>(),
        )),
        prop::option::of(any::<bool>()),
        prop::option::weighted(0.2, Just(Excuse::Suppressed)),
        prop::option::of(select(vec![0.1f32, 9.8])),
        select(vec!["one", "two"]),
    );
    (identity, facts).prop_map(
        |((kind, path, line, tool, check, code), (severity, ids, cwe, package, flag, excuse, cvss, title))| {
            let text = |text: &str| -> Text { text.into() };
            let ids: Arc<[Text]> = ids.into_iter().map(text).collect();
            let package = package.filter(|_| kind == Kind::Sca).map(|(name, version, with_purl)| {
                let purl = format!("pkg:npm/{name}{}", version.map(|v| format!("@{v}")).unwrap_or_default());
                Package {
                    name: name.into(),
                    version: version.map(text),
                    purl: with_purl.then(|| text(&purl)),
                    direct: flag,
                    scope: None,
                }
            });
            let context = code.and_then(Context::of_code);
            let hash = FingerprintInput {
                kind,
                advisory: ids.first().map(|id| &**id),
                check: Some(check),
                package: package.as_ref(),
                path,
                context,
                message: title,
            }
            .hash();
            Finding {
                fingerprint: Fingerprint { hash, ordinal: 1 },
                context,
                kind,
                severity,
                severity_from: tool.into(),
                ids,
                cwe: cwe.into_iter().map(Cwe).collect(),
                title: title.into(),
                said: code.filter(|_| flag.is_some()).and_then(Context::of_code),
                package: package.map(Box::new),
                fix: flag,
                fixed_in: Arc::default(),
                also_in: flag
                    .filter(|also| *also)
                    .map(|_| Text::from("src/b.py"))
                    .into_iter()
                    .filter(|_| path == Some("src/a.py"))
                    .collect(),
                location: path.map(|path| Location {
                    path: path.into(),
                    line,
                    column: None,
                    end_line: None,
                    end_column: None,
                }),
                first_seen: None,
                cvss_vector: None,
                cvss,
                epss: None,
                kev: flag,
                reachable: None,
                license: Arc::default(),
                new: flag,
                links: Arc::default(),
                sightings: vec![Sighting {
                    source: "sarif".into(),
                    tool: Some(tool.into()),
                    check: Some(check.into()),
                    id: None,
                    status: None,
                    excuse,
                    justification: None,
                    severity: None,
                    url: None,
                    fingerprint: hash,
                }],
            }
        },
    )
}

fn place() -> Place {
    Place { file: "policy.yml".into(), line: 1, column: 1, bytes: 0..0 }
}

fn limit(number: usize, kind: Option<Kind>, floor: Severity, allow: u64, enforcement: Enforcement) -> Limit {
    let subject = Subject::AtLeast { kind, floor, only_new: false };
    Limit {
        name: format!("limit-{number}"),
        description: None,
        place: place(),
        enforcement,
        from: None,
        allow,
        subject,
        locked: false,
    }
}

prop_compose! {
    fn limits()(parts in prop::collection::vec(
        (prop::option::of(select(Kind::ALL.to_vec())), select(Severity::WORST_FIRST.to_vec()), 0u64..5, any::<bool>()), 1..5,
    )) -> Vec<Limit> {
        parts.into_iter().enumerate().map(|(number, (kind, floor, allow, deny))| {
            limit(number, kind, floor, allow, if deny { Enforcement::Deny } else { Enforcement::Warn })
        }).collect()
    }
}

prop_compose! {
    fn waiver()(
        id in prop::option::of(select(vec!["cve-2021-0001", "CVE-2021-0002"])),
        check in prop::option::of(select(vec!["C1", "C2"])),
        package in any::<bool>(),
        expires in prop::option::of(select(vec!["2026-01-01", "2026-06-01", "2027-01-01"])),
    ) -> Waiver {
        let name = globset::Glob::new("left-*").unwrap().compile_matcher();
        let package = (package || (id.is_none() && check.is_none())).then_some(findgate::policy::PackagePattern::Name(name));
        Waiver {
            id: "w".to_owned(),
            place: place(),
            matches: Match {
                id: id.map(str::to_owned),
                fingerprint: None,
                package,
                path: None,
                check: check.map(str::to_owned),
                statement: None,
                as_written: String::new(),
            },
            reason: "because".to_owned(),
            owner: None,
            ticket: None,
            approved_by: None,
            expires: expires.map(|date| date.parse().unwrap()),
        }
    }
}

/// Lives that let some waivers through and stop others.
fn waiver_rules() -> impl Strategy<Value = WaiverRules> {
    let days = || prop::option::of(select(vec![0u64, 30, 400]));
    (days(), days(), days()).prop_map(|(critical, high, default)| {
        let life = |days: Option<u64>| days.map(|days| Stated { value: days * 86_400, place: place() });
        let own = [(Severity::Critical, life(critical)), (Severity::High, life(high))];
        WaiverRules {
            max_life: own.into_iter().filter_map(|(severity, life)| Some((severity, life?))).collect(),
            max_life_default: life(default),
            ..WaiverRules::default()
        }
    })
}

fn policy(limits: Vec<Limit>, waivers: Vec<Waiver>, unknown_severity: Severity) -> Resolved {
    Resolved { name: None, limits, unknown_severity, waivers, waiver_rules: WaiverRules::default(), applied: None }
}

fn evidence(state: State, requirement: Requirement) -> Vec<Evidence> {
    let coverage = Coverage {
        source: "sarif".into(),
        state,
        reasons: Vec::new(),
        notes: Vec::new(),
        projects: Vec::new(),
        scans: Vec::new(),
        tells_scans: true,
        pages: 0,
        read: 0,
        skipped: 0,
    };
    vec![Evidence { coverage, requirement }]
}

fn judge(policy: &Resolved, state: State, findings: Vec<Finding>) -> Evaluation {
    evaluate(policy, evidence(state, Requirement::Required), findings, "2026-06-01T00:00:00Z".parse().unwrap())
}

/// The better the verdict, the smaller.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Undecided => 1,
        Verdict::Fail => 2,
    }
}

fn everything_said(evaluation: &Evaluation) -> String {
    format!("{evaluation:#?}")
}

fn states() -> impl Strategy<Value = State> {
    select(vec![State::Complete, State::Stale, State::Partial, State::Failed])
}

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

/// A policy as somebody writes it, with everything at once that can make it stricter or laxer.
#[derive(Clone, Debug)]
struct Written {
    thresholds: Vec<Threshold>,
    new_thresholds: Vec<Threshold>,
    rules: Vec<Rule>,
    /// What holds on the branch `main`, which is judged.
    on_main: Vec<Threshold>,
    unknown: &'static str,
    /// What each matches, and its last day.
    waivers: Vec<(&'static str, &'static str)>,
    unused: &'static str,
    life: &'static str,
}

#[derive(Clone, Debug)]
struct Threshold {
    kind: &'static str,
    severity: &'static str,
    allow: u64,
    enforcement: &'static str,
}

#[derive(Clone, Debug)]
struct Rule {
    when: &'static str,
    allow: u64,
    enforcement: &'static str,
}

/// From the laxest to the strictest; 2026-06-01 is judged.
const ENFORCEMENTS: [&str; 4] = ["warn", "{warn_until: 2027-01-01}", "{warn_until: 2026-06-01}", "deny"];

const CONDITIONS: [&str; 9] = [
    "{kind: [sca, secret]}",
    "{severity: '>=medium'}",
    "{new: true}",
    "{new: false}",
    "{kev: true}",
    "{kev: true, unknown: skip}",
    "{not: {path: src/a.py}}",
    "{any: [{new: true, severity: '>=low'}, {path: 'src/**'}]}",
    "{all: [{kev: false}, {not: {new: true}}]}",
];

prop_compose! {
    fn thresholds()(
        kinds in subsequence(vec!["all", "sca", "sast", "secret"], 0..=3),
        parts in prop::collection::vec((select(vec!["critical", "high", "medium", "info"]), 0u64..4, select(ENFORCEMENTS.to_vec())), 3),
    ) -> Vec<Threshold> {
        let one = |(kind, (severity, allow, enforcement))| Threshold { kind, severity, allow, enforcement };
        kinds.into_iter().zip(parts).map(one).collect()
    }
}

prop_compose! {
    fn written()(
        thresholds in thresholds(), new_thresholds in thresholds(), on_main in thresholds(),
        rules in prop::collection::vec((select(CONDITIONS.to_vec()), 0u64..4, select(ENFORCEMENTS.to_vec())), 1..4),
        unknown in select(vec!["info", "medium", "critical"]),
        waivers in prop::collection::vec((
            select(vec!["{path: src/a.py}", "{check: C1}", "{id: CVE-2021-0001}", "{package: left-pad}", "{path: nowhere}"]),
            select(vec!["2026-05-31", "2026-06-01", "2026-07-01", "2027-01-01"]),
        ), 0..3),
        unused in select(vec!["ignore", "warn", "deny"]),
        life in select(vec!["{default: 999d}", "{default: 999d, high: 30d}"]),
    ) -> Written {
        let rules = rules.into_iter().map(|(when, allow, enforcement)| Rule { when, allow, enforcement }).collect();
        Written { thresholds, new_thresholds, rules, on_main, unknown, waivers, unused, life }
    }
}

impl Written {
    /// The policy that holds on the branch `main`.
    fn holds(&self) -> Resolved {
        let map = |thresholds: &[Threshold]| {
            let one = |Threshold { kind, severity, allow, enforcement }: &Threshold| {
                format!("{kind}: {{{severity}: {allow}, enforcement: {enforcement}}}")
            };
            thresholds.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let mut text = format!("version: 1\nunknown_severity: {}\nrules:\n", self.unknown);
        for (number, Rule { when, allow, enforcement }) in self.rules.iter().enumerate() {
            text += &format!("  r{number}: {{when: {when}, allow: {allow}, enforcement: {enforcement}}}\n");
        }
        for (key, thresholds) in [("thresholds", &self.thresholds), ("new_thresholds", &self.new_thresholds)] {
            if !thresholds.is_empty() {
                text += &format!("{key}: {{{}}}\n", map(thresholds));
            }
        }
        if !self.on_main.is_empty() {
            text += &format!("overrides:\n- {{branch: main, thresholds: {{{}}}}}\n", map(&self.on_main));
        }
        text += &format!("waivers:\n  unused: {}\n  max_life: {}\n  entries:\n", self.unused, self.life);
        for (number, (matches, expires)) in self.waivers.iter().enumerate() {
            text += &format!("  - {{id: w{number}, match: {matches}, reason: known, expires: {expires}}}\n");
        }
        let text = if self.waivers.is_empty() { text.replace("  entries:\n", "") } else { text };
        let mut problems = Problems::default();
        let document = Document::parse("policy.yml", &text, &mut problems).expect("YAML");
        let policy = decode(&document, &findgate::source::LANGUAGES, &mut problems);
        let policy = policy.unwrap_or_else(|| panic!("{:#?}\n{text}", problems.sorted()));
        resolve(&policy, Circumstances { branch: Some("main"), environment: None, event: None }).expect("a branch")
    }

    /// Makes it stricter in one place. Whether a waiver is unused, which may be denied, is another matter.
    fn tighten(&mut self, how: usize, which: prop::sample::Index) {
        let all = [&mut self.thresholds, &mut self.new_thresholds, &mut self.on_main];
        let mut thresholds: Vec<&mut Threshold> = all.into_iter().flatten().collect();
        let at = (!thresholds.is_empty()).then(|| which.index(thresholds.len()));
        let threshold = at.map(|at| thresholds.swap_remove(at));
        let rule = which.index(self.rules.len());
        let rule = &mut self.rules[rule];
        let stricter = |enforcement: &mut &'static str| {
            let at = ENFORCEMENTS.iter().position(|one| one == enforcement).unwrap();
            *enforcement = ENFORCEMENTS[(at + 1).min(3)];
        };
        match (how, threshold) {
            (0, Some(threshold)) => threshold.allow = threshold.allow.saturating_sub(1),
            (1, Some(threshold)) => threshold.severity = "info",
            (2, Some(threshold)) => stricter(&mut threshold.enforcement),
            (3, _) => rule.allow = rule.allow.saturating_sub(1),
            (4, _) => stricter(&mut rule.enforcement),
            (5, _) if self.unused != "deny" => self.waivers.truncate(1),
            (6, _) if self.unused != "deny" => self.waivers.iter_mut().for_each(|waiver| waiver.1 = "2026-05-31"),
            (7, _) if self.unused != "deny" => self.life = "{default: 999d, critical: 0d, high: 0d, medium: 0d}",
            (8, _) => self.unused = if self.unused == "ignore" { "warn" } else { "deny" },
            (9, _) => self.unknown = "critical",
            _ => self.rules.push(Rule { when: "{severity: '>=high'}", allow: 1, enforcement: "deny" }),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn tightening_never_makes_a_failure_pass_whatever_else_the_policy_says(
        findings in findings().prop_map(|f| merge(f).findings), loose in written(), state in states(),
        without_baseline in any::<bool>(), how in 0usize..11, which in any::<prop::sample::Index>(),
    ) {
        let mut strict = loose.clone();
        strict.tighten(how, which);
        let mut findings = findings;
        let mut shown = evidence(state, Requirement::Required);
        if without_baseline {
            findings.iter_mut().for_each(|finding| finding.new = None);
            let coverage = Coverage::unread(BASELINE, "there is none".to_owned());
            shown.push(Evidence { coverage, requirement: Requirement::Required });
        }
        let judged = |written: &Written| {
            evaluate(&written.holds(), shown.clone(), findings.clone(), "2026-06-01T00:00:00Z".parse().unwrap())
        };
        let (before, after) = (judged(&loose).verdict, judged(&strict).verdict);
        prop_assert!(rank(after) >= rank(before), "{before:?} became {after:?} by {strict:#?}");
    }
}
