//! Policies that are read, and what is read from them.

use super::super::super::*;
use super::read;
use crate::finding::{Cwe, Scope};

fn condition(when: &str) -> Condition {
    let policy =
        read(&format!("version: 1\nrules:\n  r: {{when: {when}}}\n")).unwrap_or_else(|p| panic!("{when}: {p:#?}"));
    match policy.limits.into_iter().next().expect("a limit").subject {
        Subject::When(condition) => condition,
        Subject::AtLeast { .. } => panic!("not a rule"),
    }
}

/// The clauses of a rule as people read them.
fn written(limit: &Limit) -> Vec<&str> {
    let Subject::When(condition) = &limit.subject else { panic!("{} is a threshold", limit.name) };
    condition.clauses.iter().map(|clause| clause.written.as_str()).collect()
}

#[test]
fn a_policy_is_read_as_it_is_written() {
    let policy = read(
        "version: 1
name: payments
sources:
  sarif: {files: [\"reports/**/*.sarif\"], required: false}
  mend: {org: x}
evidence: {required: true}
thresholds:
  all: critical
  sca: {critical: 0, medium: 20}
  sast: {high: 5}
  secret: any
rules:
  known-exploited:
    description: Nothing that is being exploited.
    when: {kev: true}
  late:
    when: {kind: [sca, container], severity: \">=high\", fix: available, age: \">30d\"}
    allow: 3
    enforcement: warn
unknown_severity: high
waivers:
- {id: w.1, match: {id: CVE-2021-23337, path: [web/**, app/*]}, reason: not reachable, owner: me, expires: 2027-01-31}
- id: w2
  match: {fingerprint: \"v1:0123456789abcdef0123456789abcdef.2\", package: pkg:npm/lodash@4.17.20, check: B602}
  reason: >
    folded
    text
  expires: \"2027-02-01\"
overrides:
- {branch: \"release/*\", thresholds: {all: medium}}
- {branch: [main, dev], rules: {late: {when: {kev: false}}}, unknown_severity: low}
",
    )
    .unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(policy.name.map(|name| name.value).as_deref(), Some("payments"));
    let limits: Vec<_> =
        policy.limits.iter().map(|l| (l.name.as_str(), l.allow, l.enforcement, l.place.line, l.place.column)).collect();
    assert_eq!(
        limits,
        [
            ("thresholds.all.critical", 0, Enforcement::Deny, 8, 8),
            ("thresholds.sca.critical", 0, Enforcement::Deny, 9, 9),
            ("thresholds.sca.medium", 20, Enforcement::Deny, 9, 22),
            ("thresholds.sast.high", 5, Enforcement::Deny, 10, 10),
            ("thresholds.secret.any", 0, Enforcement::Deny, 11, 11),
            ("known-exploited", 0, Enforcement::Deny, 13, 3),
            ("late", 3, Enforcement::Warn, 16, 3),
        ]
    );
    let floors: Vec<_> = policy
        .limits
        .iter()
        .filter_map(|l| match l.subject {
            Subject::AtLeast { kind, floor, only_new: _ } => Some((kind, floor)),
            Subject::When(_) => None,
        })
        .collect();
    assert_eq!(
        floors,
        [
            (None, Severity::Critical),
            (Some(Kind::Sca), Severity::Critical),
            (Some(Kind::Sca), Severity::Medium),
            (Some(Kind::Sast), Severity::High),
            (Some(Kind::Secret), Severity::Info),
        ]
    );
    assert_eq!(policy.limits[5].description.as_deref(), Some("Nothing that is being exploited."));
    assert_eq!(
        written(&policy.limits[6]),
        ["kind: [sca, container]", "severity: \">=high\"", "fix: available", "age: \">30d\""]
    );
    assert_eq!(written(&policy.overrides[1].limits[0]), ["kev: false"]);
    let unknown = policy.unknown_severity.expect("said");
    assert_eq!((unknown.value, unknown.place.line), (Severity::High, 20));
    assert_eq!(policy.sources.len(), 2);
    assert_eq!(policy.sources[0].evidence.over(&policy.evidence).requirement, Requirement::Optional);
    assert_eq!(policy.sources[0].section.to_flow(), "{files: [\"reports/**/*.sarif\"]}");
    assert_eq!(policy.sources[1].evidence.over(&policy.evidence).requirement, Requirement::Required);
    let [first, second] = &policy.waivers[..] else { panic!("two waivers") };
    assert_eq!(first.id, "w.1");
    assert_eq!(first.matches.as_written, "id: CVE-2021-23337, path: web/** or app/*");
    assert_eq!(first.expires, Some(jiff::civil::date(2027, 1, 31)));
    assert!(first.matches.path.as_ref().is_some_and(|p| p.is_match("web/a/b") && !p.is_match("app/a/b")));
    assert_eq!(second.reason, "folded text");
    assert_eq!(second.expires, Some(jiff::civil::date(2027, 2, 1)));
    assert!(matches!(&second.matches.package, Some(PackagePattern::Purl { base, version })
        if base == "pkg:npm/lodash" && version.as_deref() == Some("4.17.20")));
    let branch = policy.overrides[1].when.branch.as_ref().expect("branches");
    assert_eq!(branch.as_written, ["main", "dev"]);
    assert_eq!(policy.overrides[1].unknown_severity.as_ref().map(|s| s.value), Some(Severity::Low));
}

#[test]
fn conditions_are_read_as_they_are_written() {
    let one = |when: &str| condition(when).clauses.into_iter().next().expect("a clause").test;
    assert!(matches!(one("{severity: \">=high\"}"), Test::Severity(s) if s == [Severity::Critical, Severity::High]));
    assert!(matches!(one("{severity: \"< medium\"}"), Test::Severity(s) if s == [Severity::Low, Severity::Info]));
    assert!(matches!(one("{severity: high}"), Test::Severity(s) if s == [Severity::High]));
    assert!(matches!(one("{severity: [low, high]}"), Test::Severity(s) if s == [Severity::Low, Severity::High]));
    assert!(
        matches!(one("{epss: \">0.5\"}"), Test::Epss(b) if b == Bound { comparison: Comparison::Above, limit: 0.5 })
    );
    assert!(
        matches!(one("{cvss: \"<= 10\"}"), Test::Cvss(b) if b == Bound { comparison: Comparison::AtMost, limit: 10.0 })
    );
    for (age, seconds) in
        [("2h", 7200.0), ("30d", 2_592_000.0), ("2w", 1_209_600.0), ("1mo", 2_592_000.0), ("1y", 31_536_000.0)]
    {
        assert!(matches!(one(&format!("{{age: \">={age}\"}}")), Test::Age(b) if b.limit == seconds), "{age}");
    }
    assert!(matches!(one("{cwe: [CWE-79, cwe-89, 22]}"), Test::Cwe(c) if c == [Cwe(79), Cwe(89), Cwe(22)]));
    assert!(matches!(one("{scope: production}"), Test::Scope(s) if s == [Scope::Production]));
    assert!(matches!(one("{fix: none}"), Test::Fix(false)));
    let patterns = |when: &str| match one(when) {
        Test::Path(p)
        | Test::Id(p)
        | Test::License(p)
        | Test::Source(p)
        | Test::Tool(p)
        | Test::Check(p)
        | Test::Status(p) => p,
        other => panic!("{other:?}"),
    };
    for (when, yes, no) in [
        ("{path: 'src/*'}", "src/a", "src/a/b"),
        ("{path: 'src/**'}", "src/a/b", "lib/a"),
        ("{path: 'src/**/*.js'}", "src/a.js", "src/a.jsx"),
        ("{path: 'SRC/*'}", "SRC/a", "src/a"),
        ("{id: 'cve-2021-*'}", "CVE-2021-1", "CVE-2022-1"),
        ("{license: 'agpl-*'}", "AGPL-3.0-only", "GPL-3.0-only"),
        ("{tool: semgrep*}", "Semgrep OSS", "bandit"),
        ("{check: 'java.*'}", "java.lang/x", "Java.lang"),
        ("{status: 'confirmed'}", "CONFIRMED", "open"),
        ("{source: 'm*'}", "mend", "sarif"),
    ] {
        let globs = patterns(when);
        assert!(globs.is_match(yes) && !globs.is_match(no), "{when}");
    }
    let package = |pattern: &str| match one(&format!("{{package: {pattern}}}")) {
        Test::Package(patterns) => match patterns.into_iter().next() {
            Some(PackagePattern::Purl { base, version }) => format!("{base} {version:?}"),
            Some(PackagePattern::Name(glob)) => format!("{} {}", glob.is_match("@acme/a/b"), glob.is_match("acme")),
            None => String::new(),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(package("pkg:npm/lodash"), "pkg:npm/lodash None");
    assert_eq!(package("'pkg:npm/@angular/core@1.2'"), "pkg:npm/%40angular/core Some(\"1.2\")");
    assert_eq!(package("pkg:pypi/Django_Rest"), "pkg:pypi/django-rest None");
    assert_eq!(package("'@acme/*'"), "true false");
    let nested = condition("{any: [{kev: true}, {not: {new: false}, unknown: skip}], unknown: match}");
    let Some(Clause { test: Test::Any(conditions), .. }) = nested.clauses.first() else { panic!("any") };
    assert_eq!(conditions[1].when_unknown, WhenUnknown::Skip);
    assert_eq!(nested.when_unknown, WhenUnknown::Match);
    let order: Vec<bool> = condition("{new: true, kev: true, direct: true}")
        .clauses
        .iter()
        .map(|c| matches!(c.test, Test::New(_)))
        .collect();
    assert_eq!(order, [true, false, false]);
}

#[test]
fn aliases_quotes_and_line_ends_do_not_change_what_is_read() {
    let plain = read("version: 1\nrules:\n  a: &r {when: {kev: true}}\n  b: *r\n").expect("good");
    assert_eq!(plain.limits.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    for yaml in [
        "version: 1\r\n\"thresholds\": {'all': \"high\"}\r\n",
        "\u{feff}version: 1\nthresholds:\n    all: high",
        "%YAML 1.2\n---\n{version: 1, thresholds: {all: high}}\n...\n",
        "{\"version\": 1, \"thresholds\": {\"all\": \"high\"}}",
        "version: !!int 1\nthresholds: !!map {all: !!str high}\n",
        "version: 1\nthresholds: {all: {high: 0}}\nwaivers: []\n",
    ] {
        let policy = read(yaml).unwrap_or_else(|problems| panic!("{yaml}: {problems:#?}"));
        assert_eq!(policy.limits[0].name, "thresholds.all.high");
    }
}
