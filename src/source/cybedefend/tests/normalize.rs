use serde_json::{Value, json};

use super::*;
use crate::finding::Severity;

const PROJECT: &str = "550e8400-e29b-41d4-a716-446655440001";

fn lens(list: Type) -> Lens<'static> {
    Lens {
        project: PROJECT,
        project_name: "payments-api",
        list,
        branch: None,
        only_of_branch: false,
        app: Some("https://eu.cybedefend.com"),
    }
}

fn row(list: Type, row: &Value) -> Row {
    normalize(&row.to_string(), lens(list), &mut Names::new()).unwrap_or_else(|why| panic!("{why}: {row}"))
}

fn read(list: Type, content: &Value) -> Read {
    match row(list, content).content {
        Content::Finding(read) => *read,
        other => panic!("{other:?}"),
    }
}

fn finding(list: Type, row: &Value) -> Finding {
    read(list, row).finding
}

fn sast() -> Value {
    json!({
        "base": {
            "id": "5dc18003-c915-430d-bbeb-a644feab9131", "projectId": PROJECT,
            "createdAt": "2026-11-18T10:21:33.000Z", "updateAt": "2026-11-20T06:11:59.000Z", "timeToFix": null,
            "currentState": "to_verify", "currentSeverity": "critical", "currentPriority": "urgent",
            "language": "python", "path": "./bad\\libuser.py", "vulnerableStartLine": 25, "vulnerableEndLine": 27,
            "branch": "feature/new-feature", "scoringSource": "static",
            "cvss4Vector": "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
            "cvss4BaseScore": 9.3, "cvss4EnvironmentalScore": 8.6, "cvss4EnvironmentalVector": "",
            "epssScore": null, "exploitabilityVerdict": "theoretical",
            "vulnerability": {
                "id": "b7a1f0de-0d7d-4b0e-9b3a-3c6b7c0a9f01", "name": "SQL Injection", "shortDescription": "Input reaches SQL.",
                "description": "long **text**", "cwe": ["CWE-89"], "cweArray": ["CWE-20"], "severity": "CRITICAL"
            },
            "historyItems": {"items": []},
            "codeSnippets": [{
                "vulnerableStartLine": 25, "vulnerableEndLine": 26, "startLine": 22, "endLine": 30,
                "code": [
                    {"line": 24, "content": "before()"},
                    {"line": 25, "content": "cur.execute("},
                    {"line": 26, "content": "    name)"},
                    {"line": 27, "content": "after()"}
                ]
            }]
        },
        "dataFlowItems": [{"id": "x", "nameHighlight": "name"}]
    })
}

#[test]
fn a_finding_of_code_keeps_everything_that_it_tells() {
    let finding = finding(Type::Sast, &sast());
    assert_eq!((finding.kind, finding.severity), (Kind::Sast, Some(Severity::Critical)));
    assert_eq!(&*finding.title, "SQL Injection");
    assert_eq!(*finding.cwe, [Cwe(20), Cwe(89)]);
    let location = finding.location.as_ref().unwrap();
    assert_eq!((&*location.path, location.line, location.end_line), ("bad/libuser.py", Some(25), Some(27)));
    assert_eq!(finding.context, Context::of_code("cur.execute(name)"));
    assert_eq!(finding.first_seen, Some("2026-11-18T10:21:33Z".parse().unwrap()));
    assert_eq!(finding.cvss, Some(9.3));
    assert!(finding.cvss_vector.as_deref().unwrap().starts_with("CVSS:4.0/"));
    assert_eq!((finding.epss, finding.kev, finding.reachable, finding.new), (None, None, None, None));
    let [sighting] = finding.sightings.as_slice() else { panic!("one sighting") };
    assert_eq!(sighting.check.as_deref(), Some("b7a1f0de-0d7d-4b0e-9b3a-3c6b7c0a9f01"));
    assert_eq!(sighting.id.as_deref(), Some("5dc18003-c915-430d-bbeb-a644feab9131"));
    assert_eq!((sighting.status.as_deref(), sighting.excuse), (Some("to_verify"), None));
    assert_eq!(sighting.severity.as_deref(), Some("critical"));
    assert_eq!(
        sighting.url.as_deref(),
        Some(
            "https://eu.cybedefend.com/project/550e8400-e29b-41d4-a716-446655440001/sast/issue/5dc18003-c915-430d-bbeb-a644feab9131"
        )
    );
    assert_eq!(sighting.fingerprint, finding.fingerprint.hash);
}

#[test]
fn what_moves_or_is_triaged_keeps_its_fingerprint() {
    let mut moved = sast();
    moved["base"]["id"] = json!("00000000-c915-430d-bbeb-a644feab9131");
    moved["base"]["vulnerableStartLine"] = json!(45);
    moved["base"]["vulnerableEndLine"] = json!(46);
    moved["base"]["currentSeverity"] = json!("low");
    moved["base"]["currentState"] = json!("confirmed");
    moved["base"]["vulnerability"]["name"] = json!("SQL Injection, reworded");
    moved["base"]["codeSnippets"] = json!([{
        "vulnerableStartLine": 45, "vulnerableEndLine": 45,
        "code": [{"line": 44, "content": "other()"}, {"line": 45, "content": "cur.execute(name)"}]
    }]);
    let (before, after) = (finding(Type::Sast, &sast()), finding(Type::Sast, &moved));
    assert_eq!(before.fingerprint, after.fingerprint);
    assert_ne!(before.said, after.said, "they are two findings all the same");
    let mut other = sast();
    other["base"]["path"] = json!("bad/other.py");
    assert_ne!(before.fingerprint, finding(Type::Sast, &other).fingerprint);
}

#[test]
fn the_inner_object_alone_is_read_as_an_older_server_sends_it() {
    let nested = sast();
    assert_eq!(finding(Type::Sast, &nested["base"]), finding(Type::Sast, &nested));
}

#[test]
fn nothing_of_a_secrets_code_goes_anywhere() {
    let secret = "AKIA-very-secret-0123";
    let row = json!({"base": {
        "id": "2e0c8f0e-77f2-4f57-9f38-0b6f5d5a8f7c", "currentState": "confirmed", "currentSeverity": null,
        "path": "deploy/.env", "vulnerableStartLine": 3, "vulnerableEndLine": 3, "branch": "main",
        "codeSnippets": [{"vulnerableStartLine": 3, "vulnerableEndLine": 3, "code": [{"line": 3, "content": secret}]}],
        "vulnerability": {"name": "Hardcoded secret", "shortDescription": secret, "description": secret,
                          "severity": "HIGH", "cwe": ["CWE-798"], "owaspTop10": null}
    }});
    let found = finding(Type::Secret, &row);
    assert_eq!((found.kind, found.severity), (Kind::Secret, Some(Severity::High)), "the rule's severity");
    assert_eq!((&*found.title, found.context), ("Hardcoded secret", None));
    assert!(!format!("{found:?}").contains(secret));
    let mut nameless = row;
    nameless["base"]["vulnerability"]["name"] = Value::Null;
    assert_eq!(&*finding(Type::Secret, &nameless).title, "a credential");
}

#[test]
fn infrastructure_and_pipelines_are_kinds_of_their_own() {
    for (list, kind) in [(Type::Iac, Kind::Iac), (Type::Cicd, Kind::Cicd)] {
        let found = finding(list, &sast());
        assert_eq!(found.kind, kind);
        assert!(found.context.is_some());
        assert!(found.sightings[0].url.as_deref().unwrap().contains(&format!("/{}/issue/", list.name())));
    }
}

fn sca() -> Value {
    json!({
        "base": {"id": "9b8b7a44-6f0e-4b9f-9b15-2f5f3c7f2f10", "currentState": "to_verify", "currentSeverity": "medium",
                 "language": "", "path": "", "vulnerableStartLine": 0, "vulnerableEndLine": 0, "branch": "main",
                 "vulnerability": null, "epssScore": 0.002, "cvss4BaseScore": 6.3},
        "library": {"packageName": "cookie", "packageVersion": "0.3.1", "fileName": "package-lock.json",
                    "ecosystem": "npm", "path": ["express@4.16.0", "cookie@0.3.1"]},
        "cvssScore": 5.3,
        "metadata": {"ghsaId": "GHSA-pxg6-pf52-xh8x", "cve": "CVE-2024-47764", "summary": "cookie accepts too much",
                     "severityGh": "LOW", "cwes": [{"cweId": "CWE-74"}], "aliases": [{"alias": "CVE-2024-47764"}],
                     "references": [{"url": "https://github.com/advisories/GHSA-pxg6-pf52-xh8x"}, {"url": "javascript:alert(1)"}],
                     "packages": [{"packageName": "cookie", "fixed": "0.7.0", "fixAvailable": true}]},
        "autofixRecords": [{"vulnerablePackage": "cookie", "recommendedProposedVersion": "0.7.0", "hasFixAvailable": true}]
    })
}

#[test]
fn a_finding_of_a_package_has_what_its_advisory_tells() {
    let found = finding(Type::Sca, &sca());
    assert_eq!((found.kind, found.severity), (Kind::Sca, Some(Severity::Medium)));
    assert_eq!(*found.ids, ["CVE-2024-47764".into(), "GHSA-pxg6-pf52-xh8x".into()]);
    assert_eq!((&*found.title, &*found.cwe), ("cookie accepts too much", &[Cwe(74)][..]));
    let package = found.package.as_deref().unwrap();
    assert_eq!((&*package.name, package.version.as_deref()), ("cookie", Some("0.3.1")));
    assert_eq!((package.purl.as_deref(), package.direct), (Some("pkg:npm/cookie@0.3.1"), Some(false)));
    assert_eq!((found.fix, &*found.fixed_in), (Some(true), &["0.7.0".into()][..]));
    let location = found.location.as_ref().unwrap();
    assert_eq!((&*location.path, location.line), ("package-lock.json", None));
    assert_eq!((found.epss, found.cvss), (Some(0.002), Some(6.3)));
    assert_eq!(found.links.len(), 1);
    assert_eq!(found.sightings[0].check.as_deref(), Some("CVE-2024-47764"));
}

#[test]
fn an_unrated_advisory_is_read_and_stays_unrated() {
    let row = json!({
        "base": {"id": "c2a0e7b5-0d4a-45d2-8f3b-6a0f2a3a9e77", "currentState": "to_verify", "currentSeverity": null,
                 "branch": "main", "vulnerability": null},
        "library": {"packageName": "ajv", "packageVersion": "5.0.0", "fileName": "package-lock.json", "ecosystem": "npm", "path": []},
        "metadata": {"ghsaId": "GHSA-v88g-cgmw-v5xw", "cve": "", "summary": "Prototype Pollution in Ajv",
                     "aliases": [{"alias": "PYSEC-1"}, {"alias": "CVE-2020-15366"}], "cwes": []}
    });
    let found = finding(Type::Sca, &row);
    assert_eq!((found.severity, found.sightings[0].severity.as_deref()), (None, None));
    assert_eq!(found.advisory().map(|id| &**id), Some("CVE-2020-15366"));
    assert_eq!(found.package.unwrap().direct, None);
}

#[test]
fn an_advisory_is_rated_by_its_own_word_before_any_score() {
    for (current, gh, cvss, want) in [
        (json!("HIGH"), "LOW", 9.9, Severity::High),
        (Value::Null, "MODERATE", 9.9, Severity::Medium),
        (json!(""), "", 9.9, Severity::Critical),
        (json!("unknown"), "UNKNOWN", 5.0, Severity::Medium),
    ] {
        let mut row = sca();
        row["base"]["currentSeverity"] = current;
        row["base"]["cvss4BaseScore"] = Value::Null;
        row["metadata"]["severityGh"] = json!(gh);
        row["cvssScore"] = json!(cvss);
        assert_eq!(finding(Type::Sca, &row).severity, Some(want), "{row}");
    }
}

fn container() -> Value {
    json!({
        "id": "4c7e0a7d-8f0a-4f1b-9d0e-2f7c1b6a5d33", "vulnerabilityIdentifier": "CVE-2023-45853",
        "currentState": "to_verify", "currentSeverity": "critical", "fixedVersion": "1:1.2.13.dfsg-2", "branch": "main",
        "cvss4BaseScore": 9.8, "epssScore": 0.7,
        "package": {"name": "zlib1g", "version": "1:1.2.13.dfsg-1"},
        "vuln": {"vulnerabilityId": "CVE-2023-45853", "pkgName": "zlib1g", "installedVersion": "1:1.2.13.dfsg-1",
                 "title": "zlib: integer overflow", "severity": "CRITICAL", "type": "", "class": "os-pkgs",
                 "target": "acme/payments:1.4.2 (debian 12.5)", "cweIds": ["CWE-190"]}
    })
}

#[test]
fn a_finding_of_an_image_is_flat_and_keeps_its_image() {
    let found = finding(Type::Container, &container());
    assert_eq!((found.kind, found.severity), (Kind::Container, Some(Severity::Critical)));
    assert_eq!(*found.ids, ["CVE-2023-45853".into()]);
    assert_eq!(&*found.title, "zlib: integer overflow (in acme/payments:1.4.2 (debian 12.5))");
    assert_eq!(found.location.as_ref().map(|location| &*location.path), Some("acme/payments"));
    assert_eq!((found.fix, &*found.fixed_in), (Some(true), &["1:1.2.13.dfsg-2".into()][..]));
    assert_eq!((found.epss, found.cvss, &*found.cwe), (Some(0.7), Some(9.8), &[Cwe(190)][..]));
    assert_eq!(found.package.as_deref().unwrap().purl, None);

    let mut next = container();
    next["vuln"]["target"] = json!("acme/payments:1.4.3 (debian 12.6)");
    next["package"]["version"] = json!("1:1.2.13.dfsg-1.1");
    assert_eq!(finding(Type::Container, &next).fingerprint, found.fingerprint, "a new build");
    next["vuln"]["target"] = json!("acme/web:1");
    assert_ne!(finding(Type::Container, &next).fingerprint, found.fingerprint, "another image");

    let nested = json!({"base": container()});
    assert_eq!(finding(Type::Container, &nested), found);
    let bare =
        json!({"id": "a", "vulnerabilityIdentifier": "DLA-1-1", "fixedVersion": "", "package": null, "vuln": null});
    let found = finding(Type::Container, &bare);
    assert_eq!((&*found.title, found.fix, found.severity), ("DLA-1-1", None, None));
}

#[test]
fn every_status_is_read_and_only_what_is_settled_is_excused() {
    for (word, want, is_known) in [
        ("to_verify", None, true),
        ("confirmed", None, true),
        ("proposed_not_exploitable", None, true),
        ("resolved", Some(Excuse::Fixed), true),
        ("fixed", Some(Excuse::Fixed), true),
        ("ignored", Some(Excuse::Ignored), true),
        ("IGNORED", Some(Excuse::Ignored), true),
        ("not_exploitable", Some(Excuse::FalsePositive), true),
        ("accepted_risk", Some(Excuse::AcceptedRisk), true),
        ("in_progress", None, false),
        ("resolved?", None, false),
    ] {
        let mut row = sast();
        row["base"]["currentState"] = json!(word);
        let read = read(Type::Sast, &row);
        assert_eq!(read.finding.excuse(), want, "{word}");
        assert_eq!(read.finding.sightings[0].status.as_deref(), Some(word));
        assert_eq!(read.unknown.is_empty(), is_known, "{word}");
        assert!(!read.without_status);
    }
    let mut row = sast();
    row["base"]["currentState"] = Value::Null;
    let read = read(Type::Sast, &row);
    assert!(read.without_status && read.finding.excuse().is_none());
}

#[test]
fn rows_of_another_project_or_branch_are_told_apart() {
    let on = |branch: Option<&'static str>, row: &Value| {
        normalize(&row.to_string(), Lens { branch, ..lens(Type::Sast) }, &mut Names::new()).unwrap().content
    };
    assert!(matches!(on(Some("main"), &sast()), Content::OtherBranch));
    assert!(matches!(on(Some("feature/new-feature"), &sast()), Content::Finding(read) if read.branch.is_some()));
    let mut unsaid = sast();
    unsaid["base"]["branch"] = Value::Null;
    assert!(matches!(on(Some("main"), &unsaid), Content::Finding(read) if read.branch.is_none()));
    let slashed = on(Some("feature/x"), &json!({"base": {"id": "a", "branch": "refs/heads/feature/x"}}));
    assert!(matches!(slashed, Content::Finding(read) if read.branch.as_deref() == Some("feature/x")));
    let mut foreign = sast();
    foreign["base"]["projectId"] = json!("11111111-e29b-41d4-a716-446655440001");
    assert!(matches!(on(None, &foreign), Content::OtherProject));
}

#[test]
fn a_row_without_an_id_cannot_be_read_and_one_with_odd_fields_can() {
    for bad in
        ["{}", "[]", "null", "5", "\"x\"", r#"{"base": {}}"#, r#"{"base": {"id": null, "currentState": "confirmed"}}"#]
    {
        for list in Type::ALL {
            assert!(normalize(bad, lens(list), &mut Names::new()).is_err(), "{bad} {list:?}");
        }
    }
    let odd = json!({"base": {
        "id": 7, "currentSeverity": ["high"], "currentState": {}, "path": 5, "vulnerableStartLine": "12", "branch": 1,
        "vulnerability": "none", "codeSnippets": "none", "createdAt": "yesterday", "epssScore": 7, "cvss4BaseScore": "x"
    }});
    let found = finding(Type::Sast, &odd);
    assert_eq!((found.severity, found.location, found.first_seen, found.epss), (None, None, None, None));
    assert_eq!(&*found.title, "SAST finding of the rule without a name");
    assert_eq!(found.sightings[0].id.as_deref(), Some("7"));
}

#[test]
fn paths_are_of_the_repository_or_not_told() {
    for (path, want) in [
        ("a/b.py", Some("a/b.py")),
        ("./a//b.py", Some("a/b.py")),
        ("a\\b.py", Some("a/b.py")),
        ("/etc/passwd", None),
        ("C:\\a", None),
        ("a/../../b", None),
        ("..", None),
        (".", None),
        ("a\u{1b}[2J", None),
    ] {
        assert_eq!(relative(path).as_deref(), want, "{path:?}");
    }
}

#[test]
fn an_id_that_would_lead_a_link_elsewhere_gets_none() {
    let mut row = sast();
    row["base"]["id"] = json!("../../evil?x#");
    assert_eq!(finding(Type::Sast, &row).sightings[0].url, None);
    let lens = Lens { app: None, ..lens(Type::Sast) };
    let row = normalize(&sast().to_string(), lens, &mut Names::new()).unwrap();
    assert!(matches!(row.content, Content::Finding(read) if read.finding.sightings[0].url.is_none()));
}
