//! What each condition of the language says of a finding: true, false, or not told.

use std::sync::Arc;

use findgate::finding::{Cwe, Excuse, Finding, Fingerprint, Kind, Location, Package, Scope, Severity, Sighting, Text};
use findgate::policy::{Candidate, Condition, Document, Fact, Problems, Subject, Truth, decode};

/// The `when` of a rule.
fn condition(when: &str) -> Condition {
    let text = format!("version: 1\nrules:\n  r:\n    when: {{{when}}}\n");
    let mut problems = Problems::default();
    let policy = Document::parse("p.yml", &text, &mut problems).and_then(|d| decode(&d, &[], &mut problems));
    let Some(policy) = policy else { panic!("{when}: {:#?}", problems.sorted()) };
    match policy.limits.into_iter().next().unwrap().subject {
        Subject::When(condition) => condition,
        Subject::AtLeast { .. } => unreachable!("a rule has conditions"),
    }
}

fn list(texts: &[&str]) -> Arc<[Text]> {
    texts.iter().map(|text| Text::from(*text)).collect()
}

/// A vulnerable package of which everything is told, seen 40 days before the day that is judged.
fn told() -> Finding {
    Finding {
        fingerprint: Fingerprint { hash: [1; 16], ordinal: 1 },
        context: None,
        kind: Kind::Sca,
        severity: Some(Severity::High),
        severity_from: "scan".into(),
        ids: list(&["CVE-2021-23337", "GHSA-35jh-r3h4-6jhm"]),
        cwe: [Cwe(94)].into(),
        title: "command injection".into(),
        said: None,
        package: Some(Box::new(Package {
            name: "@acme/lodash".into(),
            version: Some("4.17.20".into()),
            purl: Some("pkg:npm/%40acme/lodash@4.17.20".into()),
            direct: Some(true),
            scope: Some(Scope::Production),
        })),
        fix: Some(true),
        fixed_in: list(&["4.17.21"]),
        also_in: Arc::default(),
        location: Some(Location {
            path: "web/package-lock.json".into(),
            line: Some(7),
            column: None,
            end_line: None,
            end_column: None,
        }),
        first_seen: Some("2026-10-12T00:00:00Z".parse().unwrap()),
        cvss_vector: None,
        cvss: Some(7.1),
        epss: Some(0.1),
        kev: Some(false),
        reachable: Some(true),
        license: list(&["MIT"]),
        new: Some(false),
        links: list(&[]),
        sightings: vec![Sighting {
            source: "sarif".into(),
            tool: Some("Trivy".into()),
            check: Some("CVE-2021-23337".into()),
            id: Some("vendor-7".into()),
            status: Some("underReview".into()),
            excuse: None::<Excuse>,
            justification: None,
            severity: Some("HIGH".into()),
            url: None,
            fingerprint: [1; 16],
        }],
    }
}

/// The same with every fact left out that a source may leave out.
fn untold(kind: Kind) -> Finding {
    let mut finding = told();
    finding.kind = kind;
    finding.severity = None;
    (finding.ids, finding.cwe, finding.license) = (list(&[]), Arc::default(), list(&[]));
    (finding.package, finding.location, finding.first_seen) = (None, None, None);
    (finding.fix, finding.kev, finding.reachable, finding.new) = (None, None, None, None);
    (finding.cvss, finding.epss) = (None, None);
    let seen = &mut finding.sightings[0];
    (seen.tool, seen.check, seen.id, seen.status) = (None, None, None, None);
    finding
}

fn answer(when: &str, finding: &Finding) -> (Truth, Vec<Fact>) {
    let as_of = "2026-11-21T00:00:00Z".parse().unwrap();
    let candidate = Candidate { finding, severity: finding.severity.unwrap_or(Severity::Critical), as_of };
    let mut unknown = Vec::new();
    (condition(when).truth(&candidate, &mut unknown), unknown)
}

#[track_caller]
fn check(finding: &Finding, truth: Truth, conditions: &[&str]) {
    for when in conditions {
        assert_eq!(answer(when, finding).0, truth, "{when}");
    }
}

/// Each condition once as it holds of [`told`], and once as it does not.
const CONDITIONS: [(&str, &str); 27] = [
    ("kind: sca", "kind: [sast, secret]"),
    ("severity: high", "severity: [critical, medium]"),
    ("severity: '>=high'", "severity: '>high'"),
    ("severity: '<=high'", "severity: '<high'"),
    ("new: false", "new: true"),
    ("fix: available", "fix: none"),
    ("kev: false", "kev: true"),
    ("epss: '>=0.1'", "epss: '>0.1'"),
    ("epss: '<=0.1'", "epss: '<0.1'"),
    ("cvss: '>=7.1'", "cvss: '>7.1'"),
    ("cvss: '<=7.1'", "cvss: '<7.1'"),
    ("age: '>39d'", "age: '>40d'"),
    ("age: '>=40d'", "age: '<960h'"),
    ("reachable: true", "reachable: false"),
    ("direct: true", "direct: false"),
    ("scope: production", "scope: development"),
    ("path: 'web/*'", "path: '*.json'"),
    ("path: ['src/**', '**/package-lock.json']", "path: 'WEB/**'"),
    ("package: '@acme/*'", "package: lodash"),
    ("package: 'pkg:npm/@acme/lodash'", "package: 'pkg:npm/@acme/lodash@4.17.21'"),
    ("id: cve-2021-23337", "id: 'CVE-2020-*'"),
    ("id: vendor-7", "id: vendor-8"),
    ("cwe: [79, CWE-94]", "cwe: CWE-79"),
    ("license: 'mit*'", "license: ['AGPL-*', 'SSPL-*']"),
    ("source: sarif", "source: mend"),
    ("tool: trivy", "tool: grype"),
    ("check: 'CVE-*'", "check: 'cve-*'"),
];

#[test]
fn a_condition_holds_or_does_not_where_the_fact_is_told() {
    for (holds, fails) in CONDITIONS {
        check(&told(), Truth::True, &[holds]);
        check(&told(), Truth::False, &[fails]);
    }
    check(&told(), Truth::True, &["status: UNDERREVIEW"]);
    check(&told(), Truth::False, &["status: open"]);
}

#[test]
fn a_fact_that_was_not_told_is_unknown_whichever_way_it_is_asked_for() {
    let always_told = ["kind", "severity", "source"];
    for (one, other) in CONDITIONS {
        let name = one.split(':').next().unwrap();
        if always_told.contains(&name) {
            continue;
        }
        for when in [one, other] {
            let (truth, unknown) = answer(when, &untold(Kind::Sca));
            assert_eq!(truth, Truth::Unknown, "{when}");
            assert_eq!(unknown.iter().map(|fact| fact.name()).collect::<Vec<_>>(), [name], "{when}");
        }
    }
    check(&untold(Kind::Sca), Truth::Unknown, &["status: open"]);
    // An unrated finding has the severity that the policy gives it.
    check(&untold(Kind::Sca), Truth::True, &["severity: critical"]);
}

#[test]
fn facts_that_cannot_be_of_a_flaw_in_the_projects_own_code_are_known_not_to_hold() {
    let flaw = untold(Kind::Sast);
    check(&flaw, Truth::False, &["fix: available", "fix: none", "kev: true", "epss: '<0.1'", "direct: false"]);
    check(&flaw, Truth::False, &["scope: production", "package: '*'", "license: '*'"]);
    check(&flaw, Truth::True, &["kev: false", "not: {package: '*'}"]);
    check(&flaw, Truth::Unknown, &["cwe: CWE-89", "path: '**'", "reachable: true", "age: '>1d'", "cvss: '>0'"]);
    check(&untold(Kind::License), Truth::False, &["cwe: CWE-89"]);
}

#[test]
fn combinations_follow_the_logic_of_three_values() {
    let finding = untold(Kind::Sca);
    let (yes, no, open) = ("{kind: sca}", "{kind: sast}", "{kev: true}");
    for (any, all, parts) in [
        (Truth::True, Truth::True, vec![yes, yes]),
        (Truth::True, Truth::False, vec![yes, no]),
        (Truth::True, Truth::Unknown, vec![yes, open]),
        (Truth::False, Truth::False, vec![no, no]),
        (Truth::Unknown, Truth::False, vec![no, open]),
        (Truth::Unknown, Truth::Unknown, vec![open, open]),
        (Truth::True, Truth::False, vec![yes, no, open]),
    ] {
        let list = parts.join(", ");
        check(&finding, any, &[&format!("any: [{list}]")]);
        check(&finding, all, &[&format!("all: [{list}]")]);
        let negated: Vec<String> = parts.iter().map(|part| format!("{{not: {part}}}")).collect();
        check(&finding, any, &[&format!("not: {{all: [{}]}}", negated.join(", "))]);
    }
    check(&finding, Truth::False, &["not: {kind: sca}"]);
    check(&finding, Truth::Unknown, &["not: {kev: true}", "kind: sca, kev: true"]);
    check(&finding, Truth::False, &["kind: sast, kev: true"]);
}

#[test]
fn skip_makes_unknown_false_where_it_stands_and_nowhere_else() {
    let finding = untold(Kind::Sca);
    check(&finding, Truth::False, &["kev: true, unknown: skip", "kind: sca, kev: true, unknown: skip"]);
    check(&finding, Truth::Unknown, &["kev: true, unknown: match"]);
    // Below `not` it is the inner condition that does not hold.
    check(
        &finding,
        Truth::True,
        &["not: {kev: true, unknown: skip}", "any: [{kev: true, unknown: skip}, {kind: sca}]"],
    );
    check(&finding, Truth::Unknown, &["any: [{kev: true, unknown: skip}, {reachable: true}]"]);
    check(&told(), Truth::True, &["kev: false, unknown: skip"]);
}

#[test]
fn a_purl_is_told_from_a_name_and_a_missing_purl_is_no_other_package() {
    let mut finding = told();
    let package = finding.package.as_mut().unwrap();
    package.purl = None;
    check(&finding, Truth::Unknown, &["package: 'pkg:npm/@acme/lodash'", "package: 'pkg:maven/org.acme/lodash'"]);
    check(&finding, Truth::False, &["package: 'pkg:npm/@acme/underscore'", "package: 'pkg:npm/@acme/lodash@1.0.0'"]);
    check(&told(), Truth::False, &["package: 'pkg:npm/@acme/lodash-es'", "package: 'pkg:npm/%40acme/loda'"]);
    check(&told(), Truth::True, &["package: ['pkg:pypi/x', 'pkg:npm/%40acme/lodash@4.17.20']"]);
}

#[test]
fn what_is_seen_once_more_is_excluded_by_no_rule_that_counted_it() {
    let mut finding = told();
    let mut other = finding.sightings[0].clone();
    (other.source, other.tool) = ("mend".into(), Some("Mend".into()));
    (other.check, other.status) = (Some("lib-1".into()), Some("ACTIVE".into()));
    finding.also_in = list(&["old/package-lock.json"]);
    finding.license = list(&["AGPL-3.0", "MIT"]);
    let excluded =
        ["path: 'web/**'", "source: sarif", "tool: trivy", "check: CVE-*", "status: underreview", "license: mit"];
    check(&told(), Truth::False, &excluded.map(|one| format!("not: {{{one}}}")).each_ref().map(String::as_str));
    finding.sightings.push(other);
    for one in excluded {
        check(&finding, Truth::True, &[one, &format!("not: {{{one}}}"), &format!("not: {{not: {{{one}}}}}")]);
        let twice = format!("not: {{any: [{{{one}}}, {{kind: sast}}]}}");
        check(&finding, Truth::True, &[&twice]);
    }
    check(&finding, Truth::False, &["not: {source: [sarif, mend]}", "not: {path: ['web/**', 'old/*']}"]);
    finding.sightings[1].tool = None;
    check(&finding, Truth::Unknown, &["not: {tool: trivy}"]);
    check(&finding, Truth::True, &["not: {tool: grype}", "tool: trivy"]);
    // Ids are names of one thing.
    check(&finding, Truth::False, &["not: {id: CVE-2021-23337}"]);
}
