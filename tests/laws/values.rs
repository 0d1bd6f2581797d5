//! What is merged and judged, with few values for each fact, and the policies that judge it.

use std::sync::Arc;

use findgate::finding::{
    Context, Coverage, Cwe, Excuse, Finding, Fingerprint, FingerprintInput, Kind, Location, Package, Severity,
    Sighting, State, Text,
};
use findgate::policy::{
    Case, Enforcement, Evaluation, Evidence, Limit, Match, PackagePattern, Pattern, Patterns, Place, Requirement,
    Resolved, Slash, Stated, Subject, Verdict, Waiver, WaiverRules, evaluate,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// Few values for each fact, so that readings meet each other.
pub(crate) fn findings() -> impl Strategy<Value = Vec<Finding>> {
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
    pub(crate) fn limits()(parts in prop::collection::vec(
        (prop::option::of(select(Kind::ALL.to_vec())), select(Severity::WORST_FIRST.to_vec()), 0u64..5, any::<bool>()), 1..5,
    )) -> Vec<Limit> {
        parts.into_iter().enumerate().map(|(number, (kind, floor, allow, deny))| {
            limit(number, kind, floor, allow, if deny { Enforcement::Deny } else { Enforcement::Warn })
        }).collect()
    }
}

prop_compose! {
    pub(crate) fn waiver()(
        id in prop::option::of(select(vec!["cve-2021-0001", "CVE-2021-0002"])),
        check in prop::option::of(select(vec!["C1", "C2"])),
        package in any::<bool>(),
        expires in prop::option::of(select(vec!["2026-01-01", "2026-06-01", "2027-01-01"])),
    ) -> Waiver {
        let name = Patterns::new([Pattern::new("left-*", Case::Kept, Slash::Plain).unwrap()]).unwrap();
        let package = (package || (id.is_none() && check.is_none())).then_some(PackagePattern::Name(name));
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
pub(crate) fn waiver_rules() -> impl Strategy<Value = WaiverRules> {
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

pub(crate) fn policy(limits: Vec<Limit>, waivers: Vec<Waiver>, unknown_severity: Severity) -> Resolved {
    Resolved { name: None, limits, unknown_severity, waivers, waiver_rules: WaiverRules::default(), applied: None }
}

pub(crate) fn evidence(state: State, requirement: Requirement) -> Vec<Evidence> {
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

pub(crate) fn judge(policy: &Resolved, state: State, findings: Vec<Finding>) -> Evaluation {
    evaluate(policy, evidence(state, Requirement::Required), findings, "2026-06-01T00:00:00Z".parse().unwrap())
}

/// The better the verdict, the smaller.
pub(crate) fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Undecided => 1,
        Verdict::Fail => 2,
    }
}

pub(crate) fn everything_said(evaluation: &Evaluation) -> String {
    format!("{evaluation:#?}")
}

pub(crate) fn states() -> impl Strategy<Value = State> {
    select(vec![State::Complete, State::Stale, State::Partial, State::Failed])
}
