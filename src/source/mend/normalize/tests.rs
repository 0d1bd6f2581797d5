//! Rows as Mend writes them, in the files of `fixtures`; variations are made from them.

use serde_json::{Value, json};

use super::*;
use crate::finding::{Cwe, State};
use crate::net::Masks;
use crate::source::mend::envelope::page;

const PROJECT: &str = "8c0d2f5e-7a41-4f0e-9c55-3f6f0c1b7d10";

type Take = for<'m, 'r, 'l> fn(&'m Maker<'static>, &'r RawValue, &'l mut Ledger) -> Row<Finding>;

fn maker() -> Maker<'static> {
    Maker::new(PROJECT, Some("github.com/acme/payments-api"))
}

/// The findings of a page, and the account.
fn read(body: &str, take: Take) -> (Vec<Finding>, Ledger) {
    let (maker, mut ledger) = (maker(), Ledger::new(NAME));
    let mut findings = Vec::new();
    for row in page(body).unwrap().rows {
        if let Row::Kept(_, finding) = take(&maker, row, &mut ledger) {
            findings.push(finding);
        }
    }
    (findings, ledger)
}

fn sca(maker: &Maker<'static>, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
    maker.dependency(row, ledger)
}
fn sast(maker: &Maker<'static>, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
    maker.code(row, ledger)
}
fn image(maker: &Maker<'static>, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
    maker.image(row, ledger)
}
fn secret(maker: &Maker<'static>, row: &RawValue, ledger: &mut Ledger) -> Row<Finding> {
    maker.secret(row, ledger)
}

/// The row of a fixture with this number, changed at these places.
fn changed(fixture: &str, row: usize, changes: &[(&str, Value)]) -> String {
    let mut body: Value = serde_json::from_str(fixture).unwrap();
    let mut row = body["response"][row].take();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        row.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value.clone());
    }
    body["response"] = json!([row]);
    body.to_string()
}

const SCA: &str = include_str!("../fixtures/sca.json");
const SAST: &str = include_str!("../fixtures/sast.json");
const IMAGES: &str = include_str!("../fixtures/images.json");
const SECRETS: &str = include_str!("../fixtures/secrets.json");

fn one(body: &str, take: Take) -> Finding {
    let (mut findings, _) = read(body, take);
    assert_eq!(findings.len(), 1, "{body}");
    findings.remove(0)
}

fn texts(list: &[Text]) -> Vec<&str> {
    list.iter().map(|text| &**text).collect()
}

#[test]
fn a_finding_of_the_dependency_scanner_keeps_every_fact() {
    let (findings, ledger) = read(SCA, sca);
    assert_eq!(findings.len(), 3);
    let finding = &findings[0];
    assert_eq!((finding.kind, finding.severity), (Kind::Sca, Some(Severity::Critical)));
    assert_eq!(texts(&finding.ids), ["CVE-2026-10001"]);
    assert_eq!(&*finding.title, "Crafted patterns lead to code execution.");
    let package = finding.package.as_ref().unwrap();
    assert_eq!((&*package.name, package.version.as_deref()), ("globmatch", Some("2.3.1")));
    assert_eq!((package.purl.as_deref(), package.direct), (Some("pkg:npm/globmatch@2.3.1"), Some(false)));
    assert_eq!(finding.location.as_ref().map(|location| &*location.path), Some("package.json"));
    assert_eq!((finding.fix, texts(&finding.fixed_in)), (Some(true), vec!["2.3.2"]));
    assert_eq!((finding.cvss, finding.reachable), (Some(9.8), None));
    assert_eq!(finding.cvss_vector.as_deref(), Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"));
    assert!((finding.epss.unwrap() - 0.029).abs() < 1e-5, "{:?}: a percentage", finding.epss);
    assert_eq!(finding.first_seen, Some("2026-09-01T22:22:08Z".parse().unwrap()));
    assert_eq!(
        texts(&finding.links),
        [
            "https://github.com/advisories/GHSA-xxxx-yyyy-zzzz",
            "https://www.mend.io/vulnerability-database/CVE-2026-10001"
        ]
    );
    assert_eq!((finding.excuse(), finding.sightings[0].status.as_deref()), (None, Some("UNREVIEWED")));
    assert_eq!(finding.sightings[0].severity.as_deref(), Some("CRITICAL"));

    let suppressed = &findings[1];
    assert_eq!(suppressed.excuse(), Some(Excuse::Suppressed));
    assert_eq!(suppressed.sightings[0].justification.as_deref(), Some("not reachable in our use"));
    assert_eq!((suppressed.fix, texts(&suppressed.ids)), (Some(false), vec!["WS-2024-0042"]));
    let package = suppressed.package.as_ref().unwrap();
    assert_eq!((&*package.name, package.direct), ("org.woodreader:woodreader", Some(true)));
    assert_eq!((findings[2].excuse(), findings[2].fix), (Some(Excuse::Fixed), Some(false)));
    let coverage = ledger.finish(&Masks::default()).coverage;
    assert_eq!((coverage.state, coverage.notes.len()), (State::Complete, 0));
}

#[test]
fn a_severity_that_is_not_told_is_read_from_the_vector_and_the_score() {
    let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H";
    for (severity, score, vector, want) in [
        (json!("CRITICAL"), json!(1.0), json!(null), Some(Severity::Critical)),
        (json!("low"), json!(9.9), json!(null), Some(Severity::Low)),
        (json!(null), json!(9.0), json!(null), Some(Severity::Critical)),
        (json!(null), json!("7.0"), json!(null), Some(Severity::High)),
        (json!("UNKNOWN"), json!(4.0), json!(null), Some(Severity::Medium)),
        (json!(""), json!(0.1), json!(null), Some(Severity::Low)),
        // A word that nobody knows may be worse than the number beside it.
        (json!("FATAL"), json!(0.1), json!(vector), None),
        (json!("none"), json!(9.8), json!(null), Some(Severity::Critical)),
        (json!("none"), json!(0), json!(null), Some(Severity::Info)),
        // A vector that says less than the score, and the other way round: the worse holds.
        (json!(null), json!(9.8), json!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), Some(Severity::Critical)),
        (json!(null), json!(0.1), json!(vector), Some(Severity::High)),
        (json!(null), json!(11), json!(null), None),
        (json!(null), json!(-1), json!(null), None),
        (json!(null), json!(0), json!(null), None),
        (json!(null), json!(null), json!({}), None),
        (json!([]), json!("?"), json!("nonsense"), None),
    ] {
        let body = changed(
            SCA,
            2,
            &[
                ("/vulnerability/severity", severity.clone()),
                ("/vulnerability/score", score.clone()),
                ("/scoreMetadataVector", vector.clone()),
            ],
        );
        let (findings, ledger) = read(&body, sca);
        assert_eq!(findings[0].severity, want, "{severity} {score} {vector}");
        let notes = ledger.finish(&Masks::default()).coverage.notes;
        assert_eq!(notes.iter().any(|note| note.contains("the severity `FATAL`")), severity == "FATAL", "{notes:?}");
    }
}

#[test]
fn a_field_of_another_type_costs_that_fact_and_nothing_else() {
    for pointer in [
        "/findingInfo/comment",
        "/findingInfo/detectedAt",
        "/project",
        "/application",
        "/component/path",
        "/component/dependencyFile",
        "/component/dependencyType",
        "/component/references",
        "/vulnerability/vulnerabilityScoring",
        "/vulnerability/references",
        "/vulnerability/description",
        "/topFix",
        "/threatAssessment",
        "/workflowUuids",
        "/dependencyContexts",
        "/malicious",
        "/reachability",
    ] {
        for other in [json!(null), json!({}), json!([]), json!([""]), json!(""), json!("True"), json!(1), json!(2.5)] {
            let finding = one(&changed(SCA, 0, &[(pointer, other.clone())]), sca);
            assert_eq!(finding.severity, Some(Severity::Critical), "{pointer} {other}");
            assert_eq!(finding.excuse(), None, "{pointer} {other}");
        }
    }
    let finding = one(&changed(SCA, 0, &[("/component", json!({"uuid": "c"}))]), sca);
    assert!(finding.package.is_none() && finding.location.is_none());
    let finding = one(&changed(SCA, 0, &[("/findingInfo", json!(null))]), sca);
    assert_eq!((finding.excuse(), finding.sightings[0].status.as_deref()), (None, None), "without a status it is open");
}

#[test]
fn what_tells_more_of_a_dependency_is_read() {
    let with = |pointer: &str, value: Value| one(&changed(SCA, 0, &[(pointer, value)]), sca);
    assert_eq!(with("/reachability", json!("REACHABLE")).reachable, Some(true));
    assert_eq!(with("/reachability", json!("POTENTIALLY_REACHABLE")).reachable, Some(true));
    assert_eq!(with("/reachability", json!("UNREACHABLE")).reachable, Some(false));
    assert_eq!(with("/threatAssessment/epssPercentage", json!(120)).epss, None);
    assert_eq!(with("/threatAssessment/epssPercentage", json!("0.412")).epss, Some(0.004_12));
    assert_eq!(with("/threatAssessment", json!(null)).epss, None);
    let nested = json!({"name": "CVE-1", "threatAssessment": {"epssPercentage": 50}});
    let body = changed(SCA, 0, &[("/threatAssessment", json!({})), ("/vulnerability", nested)]);
    assert_eq!(one(&body, sca).epss, Some(0.5));
    assert!(with("/malicious", json!(true)).title.starts_with("malicious package: "));
    let windows = with("/component/dependencyFile", json!("D:\\a\\1\\s\\web\\package.json"));
    assert_eq!(windows.location.map(|location| location.path.to_string()).as_deref(), Some("web/package.json"));
    let cached =
        changed(SCA, 0, &[("/component/dependencyFile", json!("")), ("/component/path", json!("/root/.m2/a.jar"))]);
    assert_eq!(one(&cached, sca).location, None, "never an absolute path");
}

#[test]
fn a_row_without_an_id_or_a_vulnerability_is_skipped_and_counted() {
    let named = changed(SCA, 0, &[("/uuid", json!(null))]);
    assert_eq!(
        one(&named, sca).sightings[0].id.as_deref(),
        Some("CVE-2026-10001 6bf04787-e184-47f6-83b8-bb5540c1b5a3")
    );
    for changes in [
        &[("/uuid", json!(null)), ("/component/uuid", json!(null))][..],
        &[("/name", json!(null)), ("/vulnerability/name", json!(""))],
    ] {
        let (findings, ledger) = read(&changed(SCA, 0, changes), sca);
        let coverage = ledger.finish(&Masks::default()).coverage;
        assert!(findings.is_empty());
        assert_eq!((coverage.state, coverage.skipped), (State::Partial, 1), "{changes:?}");
    }
}

#[test]
fn a_row_of_another_project_is_left_out() {
    let other = "aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10";
    for (fixture, pointer, take) in [
        (SCA, "/project/uuid", sca as Take),
        (SAST, "/projectId", sast),
        (IMAGES, "/projectUUID", image),
        (IMAGES, "/projectUuid", image),
    ] {
        assert!(read(&changed(fixture, 0, &[(pointer, json!(other))]), take).0.is_empty(), "{pointer}");
        assert_eq!(read(&changed(fixture, 0, &[(pointer, json!(PROJECT.to_uppercase()))]), take).0.len(), 1);
        assert_eq!(read(&changed(fixture, 0, &[(pointer, json!(88123))]), take).0.len(), 1, "a number says nothing");
    }
}

#[test]
fn a_finding_of_the_code_scanner_keeps_every_fact() {
    let (findings, ledger) = read(SAST, sast);
    let finding = &findings[0];
    assert_eq!((finding.kind, finding.severity, finding.cvss), (Kind::Sast, Some(Severity::High), None));
    assert_eq!(&*finding.title, "Path/Directory Traversal: open() could be abused to reveal file content.");
    assert_eq!(finding.check().map(|check| &**check), Some("ruby-path-traversal"));
    let location = finding.location.as_ref().unwrap();
    assert_eq!((&*location.path, location.line, location.end_line), ("src/codegen/generate.rb", Some(379), None));
    assert_eq!((&*finding.cwe, finding.new, finding.excuse()), (&[Cwe(22)][..], None, None));
    assert_eq!(finding.context, Context::of_code("File.open(name, \"w\")"));
    assert_eq!(finding.first_seen, Some("2026-09-14T08:19:38.811Z".parse().unwrap()));
    assert!(finding.links.iter().any(|link| link.contains("/22.html")), "{:?}", finding.links);
    let suppressed = &findings[1];
    assert_eq!((suppressed.excuse(), suppressed.severity), (Some(Excuse::Suppressed), Some(Severity::Low)));
    assert_eq!(suppressed.sightings[0].justification.as_deref(), Some("test code"));
    assert_eq!(ledger.finish(&Masks::default()).coverage.state, State::Complete);
}

#[test]
fn the_forms_that_the_code_scanner_has_had_are_all_read() {
    let with = |changes: &[(&str, Value)]| one(&changed(SAST, 0, changes), sast);
    let requested = with(&[("/suppressionRequested", json!(true)), ("/suppressionMessage", json!("please"))]);
    assert_eq!((requested.excuse(), &requested.sightings[0].justification), (None, &None), "asked for is not granted");
    assert_eq!(requested.sightings[0].status.as_deref(), Some("suppression requested"));
    assert_eq!(with(&[("/suppressed", json!("True"))]).excuse(), Some(Excuse::Suppressed));
    assert_eq!(with(&[("/severity", json!("Critical"))]).severity, Some(Severity::Critical));
    assert_eq!(
        with(&[("/severity", json!(null)), ("/type/severity", json!("Medium"))]).severity,
        Some(Severity::Medium)
    );
    let rated = with(&[("/severity", json!("")), ("/type/severity", json!(""))]);
    assert_eq!(rated.severity, Some(Severity::High), "7.913");
    // No step: the end of the first flow. No flow either: no place.
    let sink = with(&[("/sharedStep", json!(null))]).location.unwrap();
    assert_eq!((&*sink.path, sink.line), ("src/codegen/generate.rb", Some(379)));
    for flows in [json!([]), json!(null)] {
        assert_eq!(with(&[("/sharedStep", json!({})), ("/dataFlows", flows)]).location, None);
    }
    assert_eq!(
        with(&[("/sharedStep/line", json!(0)), ("/sharedStep/startLine", json!(0))]).location.unwrap().line,
        None
    );
    assert_eq!(with(&[("/createdTime", json!("0001-01-01T00:00:00Z"))]).first_seen, None);
    for (sarif, common, want) in [("", "path-traversal-22", "path-traversal-22"), ("", "", "mend-sast-1")] {
        let finding = with(&[("/type/sarif", json!(sarif)), ("/type/commonId", json!(common))]);
        assert_eq!(finding.check().map(|check| &**check), Some(want));
    }
    for spelled in ["IssueStatus", "issueStatus"] {
        assert_eq!(with(&[(&format!("/{spelled}"), json!(3))]).excuse(), None);
    }
    assert!(read(&changed(SAST, 0, &[("/id", json!(null))]), sast).0.is_empty());
}

#[test]
fn what_is_found_in_images_is_read_in_both_spellings_and_both_forms_of_dates() {
    let finding = one(IMAGES, image);
    assert_eq!((finding.kind, finding.severity), (Kind::Container, Some(Severity::High)));
    assert_eq!(texts(&finding.ids), ["CVE-2026-30003"]);
    let package = finding.package.as_ref().unwrap();
    assert_eq!((&*package.name, package.version.as_deref(), &package.purl), ("libfoo", Some("1.2.3"), &None));
    assert_eq!((finding.fix, texts(&finding.fixed_in)), (Some(true), vec!["1.2.4"]));
    assert_eq!((finding.epss, finding.cvss), (Some(0.051), Some(7.5)));
    assert_eq!(finding.first_seen, Some("2026-09-10T16:15:26.963Z".parse().unwrap()));
    assert_eq!(finding.location.as_ref().map(|location| &*location.path), Some("payments-api"));
    assert_eq!(finding.excuse(), None);
    let with = |changes: &[(&str, Value)]| one(&changed(IMAGES, 0, changes), image);
    let other = with(&[("/vulnerabilityID", json!(null)), ("/vulnerabilityId", json!("CVE-2026-30003"))]);
    assert_eq!(other.fingerprint, finding.fingerprint);
    assert_eq!(
        with(&[("/detectionDate", json!("2026-09-10T16:15:26Z"))]).first_seen.unwrap().as_second(),
        1_789_056_926
    );
    assert_eq!(with(&[("/detectionDate", json!("soon"))]).first_seen, None);
    assert_eq!(with(&[("/epss", json!(510))]).epss, None);
    assert_eq!(with(&[("/severity", json!("negligible"))]).severity, Some(Severity::Info));
    assert_eq!(with(&[("/severity", json!("UNKNOWN"))]).severity, Some(Severity::High), "the vector");
    let unfixed = with(&[("/hasFix", json!(false)), ("/fixVersion", json!(""))]);
    assert_eq!((unfixed.fix, unfixed.fixed_in.len()), (Some(false), 0));
    let newer = with(&[("/imageName", json!("payments-api:1.4.3")), ("/packageVersion", json!("1.2.9"))]);
    assert_eq!(newer.fingerprint, finding.fingerprint, "a new tag and version are the same finding");
}

#[test]
fn a_secret_in_an_image_is_told_without_itself() {
    let finding = one(SECRETS, secret);
    assert_eq!((finding.kind, finding.severity), (Kind::Secret, Some(Severity::High)));
    assert_eq!(&*finding.title, "AWS Access Key in a container image");
    let location = finding.location.as_ref().unwrap();
    assert_eq!((&*location.path, location.line, location.end_line), ("home/app/.aws/credentials", Some(15), Some(35)));
    assert_eq!(finding.check().map(|check| &**check), Some("123456"));
    assert_eq!(finding.context, None);
    let backwards = one(&changed(SECRETS, 0, &[("/endLine", json!(14))]), secret).location.unwrap();
    assert_eq!((backwards.line, backwards.end_line), (Some(15), None));
}

#[test]
fn violations_and_licenses_become_findings_with_the_facts_of_their_libraries() {
    let (maker, mut ledger) = (maker(), Ledger::new(NAME));
    let body = include_str!("../fixtures/libraries.json");
    let Row::Kept(_, library) = maker.library(page(body).unwrap().rows[0], &mut ledger) else { panic!("a library") };
    let body = include_str!("../fixtures/violations.json");
    let rows: Vec<wire::ViolationRow> = page(body)
        .unwrap()
        .rows
        .into_iter()
        .map(|row| match maker.violation(row, &mut ledger) {
            Row::Kept(_, row) => row,
            _ => panic!("a violation"),
        })
        .collect();
    let finding = maker.violated(&rows[0], Some(&library), &mut ledger).unwrap();
    assert_eq!((finding.kind, finding.severity), (Kind::License, Some(Severity::High)));
    assert_eq!(texts(&finding.license), ["GPL-3.0"]);
    assert_eq!(&*finding.title, "license GPL-3.0 of copyleft-parser-3.1.0.jar violates No strong copyleft");
    let package = finding.package.as_ref().unwrap();
    assert_eq!(package.purl.as_deref(), Some("pkg:maven/org.copyleft/copyleft-parser@3.1.0"));
    assert_eq!((package.direct, finding.location.as_ref().map(|l| &*l.path)), (Some(true), Some("pom.xml")));
    assert!(maker.violated(&rows[1], None, &mut ledger).is_none(), "its list tells it");
    let alone = maker.violated(&rows[0], None, &mut ledger).unwrap();
    assert_eq!(&*alone.package.unwrap().name, "copyleft-parser-3.1.0.jar");

    let license = maker.licensed(&library, &library.licenses[0], &mut ledger);
    assert_eq!((license.kind, license.severity), (Kind::License, Some(Severity::High)));
    assert_eq!(license.fingerprint, finding.fingerprint, "the same thing, with and without a violation");

    for (engine, kind, want) in [
        ("SCA", "LIBRARY", Some(Kind::Other)),
        ("SAST", "SECURITY", None),
        ("IMG", "SECURITY", None),
        ("IAC", "SECURITY", Some(Kind::Iac)),
        ("DAST", "SECURITY", Some(Kind::Dast)),
        ("AI", "SECURITY", Some(Kind::Other)),
        ("AI", "LEGAL", Some(Kind::License)),
        ("NEW", "SECURITY", Some(Kind::Other)),
        ("SCA", "QUALITY", Some(Kind::Other)),
    ] {
        let row = json!({"uuid": "v", "name": "x", "engine": engine, "findingType": kind, "risk": "MEDIUM"});
        let row: wire::ViolationRow = serde_json::from_value(row).unwrap();
        let finding = maker.violated(&row, None, &mut ledger);
        assert_eq!(finding.map(|finding| finding.kind), want, "{engine} {kind}");
    }
    let notes = ledger.finish(&Masks::default()).coverage.notes;
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("`QUALITY`"), "{notes:?}");
}

#[test]
fn findings_with_different_ids_stay_apart_and_a_reading_made_twice_does_not() {
    let (mut findings, _) = read(SAST, sast);
    let mut twin = findings[0].clone();
    twin.said = Context::of_code("another id");
    findings.extend([findings[0].clone(), twin]);
    assert_eq!(crate::finding::merge(findings).findings.len(), 3);
}
