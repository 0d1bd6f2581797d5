use serde_json::{Value, json};

use super::*;
use crate::finding::Excuse;

fn read_with(row: &Value, choice: Choice) -> Result<Read, String> {
    let row: wire::Finding = serde_json::from_str(&row.to_string()).unwrap();
    read(&row, choice, &mut Names::new())
}

fn good(row: &Value) -> Read {
    read_with(row, Choice::default()).unwrap_or_else(|why| panic!("{why}: {row}"))
}

/// The least that a row must have, and these members.
fn row(members: Value) -> Value {
    let mut row = json!({"id": "f_1", "severity": "high", "status": "open"});
    for (name, value) in members.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

fn sast() -> Value {
    json!({
        "id": "f_01h8x2", "title": "SQL query built from request parameter",
        "description": "Request data reaches a SQL statement without binding.",
        "severity": "critical", "status": "open",
        "scanner": "semgrep", "scanner_type": "sast", "rule_id": "python.sqlalchemy.injection",
        "file_path": "src/orders/query.py", "line_number": 47,
        "cve_id": "", "cwe_id": "CWE-89", "package": "", "package_version": "", "fixed_version": "",
        "age_days": 3, "epss_score": 0.0, "in_kev": false, "priority": 80,
        "fingerprint": "5b0c7d2f9e11", "tags": ["backend"], "code_snippet": "query(f\"select {x}\")",
        "first_detected": "2026-04-17T03:22:10Z", "last_seen": "2026-04-20T03:41:09Z",
        "branch": "refs/heads/main", "url": "https://mayoaspm.com/findings/f_01h8x2",
        "project": {"id": "proj_7f31c0", "name": "checkout-service"}
    })
}

fn sca() -> Value {
    json!({
        "id": "f_01h8x9", "title": "CVE-2026-1234 in libfoo 1.2.0", "severity": "high", "status": "confirmed",
        "scanner": "grype", "scanner_type": "sca", "rule_id": "GHSA-35jh-r3h4-6jhm", "file_path": "Cargo.lock", "line_number": 0,
        "cve_id": "CVE-2026-1234", "cwe_id": "", "package": "libfoo", "package_version": "1.2.0", "fixed_version": "1.2.4",
        "cvss_score": 7.5, "epss_score": 0.61, "in_kev": true
    })
}

#[test]
fn a_flaw_in_the_code_has_every_fact_of_its_row() {
    let Read { id, finding, unknown, kind_untold, branch } = good(&sast());
    assert_eq!((id.as_str(), unknown.len(), kind_untold, branch.as_deref()), ("f_01h8x2", 0, false, Some("main")));
    assert_eq!((finding.kind, finding.severity), (Kind::Sast, Some(Severity::Critical)));
    assert_eq!(&*finding.severity_from, "severity at Mayo");
    assert_eq!(&*finding.title, "SQL query built from request parameter");
    assert_eq!(*finding.cwe, [Cwe(89)]);
    assert!(finding.ids.is_empty() && finding.package.is_none() && finding.fix.is_none());
    let location = finding.location.as_ref().unwrap();
    assert_eq!((&*location.path, location.line), ("src/orders/query.py", Some(47)));
    assert_eq!(finding.first_seen, Some("2026-04-17T03:22:10Z".parse().unwrap()));
    assert_eq!((finding.kev, finding.epss), (Some(false), Some(0.0)));
    assert_eq!(finding.context, Context::of_code("query(f\"select {x}\")"));
    let sighting = &finding.sightings[0];
    assert_eq!(sighting.tool.as_deref(), Some("semgrep"));
    assert_eq!(sighting.check.as_deref(), Some("python.sqlalchemy.injection"));
    assert_eq!(sighting.url.as_deref(), Some("https://mayoaspm.com/findings/f_01h8x2"));
    assert_eq!((sighting.status.as_deref(), sighting.excuse), (Some("open"), None));
    assert_eq!(sighting.fingerprint, finding.fingerprint.hash);
}

#[test]
fn a_vulnerable_package_has_the_form_that_joins_it_with_what_other_sources_saw() {
    let finding = good(&sca()).finding;
    let package = finding.package.as_deref().unwrap();
    assert_eq!(package.purl.as_deref(), Some("pkg:cargo/libfoo@1.2.0"));
    assert_eq!((&*package.name, package.version.as_deref()), ("libfoo", Some("1.2.0")));
    assert_eq!(finding.ids.iter().map(|id| &**id).collect::<Vec<_>>(), ["CVE-2026-1234", "GHSA-35jh-r3h4-6jhm"]);
    assert_eq!((finding.fix, &*finding.fixed_in[0]), (Some(true), "1.2.4"));
    assert_eq!((finding.epss, finding.kev, finding.cvss), (Some(0.61), Some(true), Some(7.5)));
    assert_eq!(finding.location.unwrap().line, None, "line 0 is none");
    let object = good(&row(json!({
        "scanner": {"name": "grype"}, "type": "sca", "package": {"name": "@angular/core", "version": "1.0.0"},
        "path": "web/package-lock.json", "cve": ["cve-2026-1", "CVE-2026-12345", "VENDOR-7"], "fixed_version": ""
    })))
    .finding;
    assert_eq!(object.package.as_deref().unwrap().purl.as_deref(), Some("pkg:npm/%40angular/core@1.0.0"));
    let ids: Vec<&str> = object.ids.iter().map(|id| &**id).collect();
    assert_eq!(ids, ["CVE-2026-1", "CVE-2026-12345", "VENDOR-7"]);
    assert_eq!(object.fix, Some(false), "an empty text says that none is known");
    let null = row(
        json!({"scanner_type": "sca", "package": "a", "fixed_version": null, "epss": 0, "cve_id": "CVE-2026-12345"}),
    );
    let null = good(&null).finding;
    assert_eq!((null.fix, null.epss), (None, None), "no probability of an advisory is 0");
    let purl = good(&row(json!({"scanner_type": "container", "package": "pkg:maven/org.a/b@1"}))).finding;
    assert_eq!((purl.kind, &*purl.package.unwrap().name), (Kind::Container, "org.a:b"));
}

#[test]
fn nothing_of_a_secret_but_its_check_goes_anywhere() {
    for members in [
        json!({"scanner": "gitleaks", "scanner_type": "secret"}),
        json!({"scanner": "gitleaks"}),
        json!({"scanner": "semgrep", "rule_id": "generic.secrets.security.key", "title": "hunter2"}),
        json!({"scanner": "semgrep", "scanner_type": "sast", "cwe_id": 798}),
    ] {
        let mut told = row(
            json!({"title": "key hunter2", "message": "hunter2", "code_snippet": "k = 'hunter2'", "rule_id": "generic-api-key"}),
        );
        for (name, value) in members.as_object().unwrap() {
            told[name] = value.clone();
        }
        let finding = good(&told).finding;
        assert!(!format!("{finding:?}").contains("hunter2"), "{finding:?}");
        assert!(finding.title.starts_with("a credential ("), "{}", finding.title);
        assert_eq!(finding.context, None);
        told["title"] = json!("another text");
        assert_eq!(good(&told).finding.fingerprint, finding.fingerprint);
    }
    assert_eq!(&*good(&row(json!({"scanner_type": "secret", "title": "hunter2"}))).finding.title, "a credential");
}

#[test]
fn a_row_without_id_severity_or_status_cannot_be_judged() {
    for (missing, why) in [("id", "without an id"), ("severity", "no severity"), ("status", "no status")] {
        let mut row = row(json!({}));
        for nothing in [Value::Null, json!(""), json!([])] {
            row[missing] = nothing;
            let error = read_with(&row, Choice::default()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
    assert_eq!(good(&json!({"finding_id": 12, "severity": "low", "status": "open"})).id, "12");
    let long = row(json!({"title": "x".repeat(70_000)}));
    assert!(read_with(&long, Choice::default()).unwrap_err().contains("64 KiB"));
}

#[test]
fn a_severity_that_nobody_knows_is_unknown_and_a_score_speaks_only_where_no_word_does() {
    for (members, want, unknown) in [
        (json!({"severity": "Informational"}), Some(Severity::Info), 0),
        (json!({"severity": "urgent", "cvss_score": 2.0}), None, 1),
        (json!({"severity": "unknown", "cvss_score": "9.8"}), Some(Severity::Critical), 0),
        (
            json!({"severity": "unknown", "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}),
            Some(Severity::Critical),
            0,
        ),
        (json!({"severity": "unknown"}), None, 0),
        (json!({"severity": "unknown", "cvss_score": 11}), None, 0),
    ] {
        let read = good(&row(members.clone()));
        assert_eq!((read.finding.severity, read.unknown.len()), (want, unknown), "{members}");
    }
}

#[test]
fn an_adjusted_severity_counts_only_where_the_policy_asks_for_it() {
    let told = row(json!({"adjusted_severity": "low"}));
    assert_eq!(good(&told).finding.severity, Some(Severity::High));
    let adjusted = Choice { severity: SeverityFrom::Adjusted, ..Choice::default() };
    let finding = read_with(&told, adjusted).unwrap().finding;
    assert_eq!((finding.severity, &*finding.severity_from), (Some(Severity::Low), "priority policy at Mayo"));
    assert_eq!(finding.sightings[0].severity.as_deref(), Some("low"));
    assert_eq!(
        read_with(&row(json!({"adjusted_severity": null})), adjusted).unwrap().finding.severity,
        Some(Severity::High)
    );
}

#[test]
fn an_accepted_risk_counts_where_the_policy_says_so_and_an_accepted_finding_always() {
    let status = |word: &str, choice| read_with(&row(json!({"status": word})), choice).unwrap();
    let count = Choice { count_accepted_risk: true, ..Choice::default() };
    assert_eq!(status("Accepted Risk", Choice::default()).finding.excuse(), Some(Excuse::AcceptedRisk));
    assert_eq!(status("accepted_risk", count).finding.excuse(), None);
    assert_eq!(status("false_positive", count).finding.excuse(), Some(Excuse::FalsePositive));
    assert_eq!(status("accepted", Choice::default()).finding.excuse(), None);
    let unknown = status("quarantined", Choice::default());
    assert_eq!((unknown.finding.excuse(), unknown.unknown), (None, vec![("status", "quarantined".to_owned())]));
}

#[test]
fn the_kind_is_told_by_the_category_else_by_the_scanner_else_by_nothing() {
    for (members, want) in [
        (json!({"scanner_type": "IaC", "scanner": "trivy"}), Kind::Iac),
        (json!({"scanner_type": "gitleaks"}), Kind::Secret),
        (json!({"type": "vulnerability", "scanner": "grype"}), Kind::Sca),
        (json!({"category": "container"}), Kind::Container),
        (json!({"scanner": "opengrep"}), Kind::Sast),
        (json!({"tool": {"name": "Checkov"}}), Kind::Iac),
        (json!({"scanner": "trivy", "package": "a", "cve_id": "CVE-2026-1234"}), Kind::Sca),
    ] {
        let read = good(&row(members.clone()));
        assert_eq!((read.finding.kind, read.unknown.len()), (want, 0), "{members}");
    }
    let read = good(&row(json!({"scanner": "acme", "scanner_type": "fuzzing"})));
    assert_eq!((read.finding.kind, read.unknown), (Kind::Other, vec![("kind", "fuzzing".to_owned())]));
    assert_eq!(good(&row(json!({"scanner": "trivy"}))).unknown, [("kind", "trivy".to_owned())]);
    let untold = good(&row(json!({})));
    assert_eq!((untold.finding.kind, untold.kind_untold), (Kind::Other, true));
    let named = good(&row(json!({"scanner_type": "gitleaks"}))).finding;
    assert_eq!(named.tool().map(|tool| &**tool), Some("gitleaks"));
}

#[test]
fn a_path_is_one_of_the_repository_or_none() {
    for (path, want) in [
        ("src/a.py", Some("src/a.py")),
        ("./src//a.py", Some("src/a.py")),
        ("/src/a.py", Some("src/a.py")),
        ("src\\a.py", Some("src/a.py")),
        ("file:///src/a.py", Some("src/a.py")),
        ("../a.py", None),
        ("a/../b.py", None),
        ("C:\\a.py", None),
        ("https://x.example/a", None),
        ("a\u{1}b", None),
        ("/", None),
    ] {
        assert_eq!(relative(path).as_deref(), want, "{path}");
    }
    let location = good(&row(json!({"path": "a", "start_line": "4", "end_line": 9}))).finding.location.unwrap();
    assert_eq!((location.line, location.end_line), (Some(4), Some(9)));
}

#[test]
fn two_findings_that_only_their_ids_tell_apart_stay_two() {
    let mut second = sast();
    second["id"] = json!("f_2");
    let merged = crate::finding::merge(vec![good(&sast()).finding, good(&second).finding]);
    assert_eq!(merged.findings.len(), 2);
    let again = crate::finding::merge(vec![good(&sast()).finding, good(&sast()).finding]);
    assert_eq!(again.findings.len(), 1);
}

#[test]
fn what_is_of_another_type_than_expected_costs_that_fact_and_nothing_else() {
    for odd in
        [json!(null), json!(""), json!([]), json!({}), json!(true), json!(1.5), json!([[1]]), json!({"id": {"x": []}})]
    {
        let mut row = sca();
        let names: Vec<String> = row.as_object().unwrap().keys().cloned().collect();
        for name in names.iter().filter(|name| !matches!(name.as_str(), "id" | "severity" | "status")) {
            row[name] = odd.clone();
        }
        let finding = good(&row).finding;
        assert_eq!(finding.severity, Some(Severity::High), "{odd}");
    }
}
