//! What is read: the types of findings, their facts, what counts as open.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::common::{Folder, finish};
use crate::mock::{Mock, PROJECT, SCAN, TYPES, code, image, many, of_project, package};

#[test]
fn all_six_types_are_read_with_their_facts_and_links() {
    let vendor = Mock::new()
        .with("sast", vec![code(1, "critical", "to_verify")])
        .with("sca", vec![package(1, json!("medium"))])
        .with("iac", vec![code(2, "high", "confirmed")])
        .with("secret", vec![code(3, "high", "to_verify")])
        .with("cicd", vec![code(4, "low", "to_verify")])
        .with("container", vec![image(1)])
        .start();
    let folder = Folder::new().with("policy.yml", of_project(""));
    let mut command = vendor.check(&folder, &["--format", "json"]);
    command.env("CYBEDEFEND_APP_URL", "https://app.acme.example/");
    let run = finish(&mut command).ends_with(1);
    let source = run.source().whole();
    assert_eq!((source.read(), source.0["projects"].clone()), (6, json!(["payments-api"])));
    let findings = run.findings();
    let kinds: BTreeSet<&str> = findings.iter().map(|finding| finding["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, TYPES.into_iter().collect());
    let of = |kind: &str| findings.iter().find(|finding| finding["kind"] == kind).unwrap().clone();
    assert_eq!(of("sast")["severity"], "critical");
    assert_eq!(of("sast")["location"]["path"], "src/a1.py");
    assert_eq!(of("sca")["package"]["purl"], "pkg:npm/cookie@0.3.1");
    assert_eq!(of("sca")["ids"], json!(["CVE-2024-47764", "GHSA-pxg6-pf52-xh8x"]));
    assert_eq!(of("container")["location"]["path"], "acme/payments");
    let text = run.stdout.clone();
    for (kind, id) in
        [("sast", "5dc18003-c915-430d-bbeb-000000000001"), ("container", "4c7e0a7d-8f0a-4f1b-9d0e-000000000001")]
    {
        assert!(text.contains(&format!("https://app.acme.example/project/{PROJECT}/{kind}/issue/{id}")), "{kind}");
    }
    let [scan] = source.0["scans"].as_array().unwrap().as_slice() else {
        panic!("one scan: {source:#}", source = source.0)
    };
    assert_eq!((&scan["engine"], &scan["findings"]), (&json!("CybeDefend"), &json!(6)));
}

#[test]
fn a_project_without_findings_passes_and_its_scan_is_told() {
    let run = Mock::new().start().judge(&of_project(""), &[], 0);
    let source = run.source().whole();
    let scan = &source.0["scans"][0];
    assert_eq!(scan["origin"], SCAN);
    assert_eq!(scan["state"], "finished");
    assert!(scan["finished"].as_str().unwrap().starts_with("2026-11-20T06:11:58"), "{scan}");
    assert_eq!((&scan["branch"], &scan["commit"]), (&Value::Null, &Value::Null));
    assert_eq!(source.0["pages"], 6);
}

#[test]
fn every_status_is_asked_for_and_what_is_settled_does_not_count() {
    let statuses = [
        "to_verify",
        "confirmed",
        "proposed_not_exploitable",
        "resolved",
        "ignored",
        "not_exploitable",
        "fixed",
        "accepted_risk",
    ];
    let rows = (1..).zip(statuses).map(|(number, status)| code(number, "high", status)).collect();
    let vendor = Mock::new().with("sast", rows).start();
    let run = vendor.judge(&of_project(""), &[], 1);
    assert_eq!(run.source().whole().read(), 8);
    let excused = run.findings().iter().filter(|finding| finding["disposition"] == "excused").count();
    assert_eq!(excused, 5);
    let documented: BTreeSet<&str> = ["page", "limit", "pageNumber", "pageSizeNumber", "sort", "order"].into();
    for list in TYPES {
        for request in vendor.of_list(list) {
            let names: BTreeSet<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
            assert!(
                names.is_subset(&documented),
                "{list} is filtered or asked in a way that nobody documents: {names:?}"
            );
            assert_eq!(names.contains("sort"), list != "container", "{list}");
            assert_eq!((request.query("limit"), request.query("pageSizeNumber")), (Some("100"), Some("100")));
        }
    }
}

#[test]
fn words_that_nobody_knows_count_as_open_and_as_unrated() {
    let rows = vec![code(1, "high", "in_progress"), code(2, "catastrophic", "to_verify")];
    let run = Mock::new().with("iac", rows).start().judge(&of_project(""), &[], 1);
    let source = run.source().whole().notes_that("the status `in_progress`").notes_that("the severity `catastrophic`");
    assert_eq!(source.0["open"], 2);
    assert!(
        run.findings()
            .iter()
            .any(|finding| finding["severity"] == "unknown" && finding["counted_severity"] == "critical"),
        "{}",
        run.stdout
    );
}

#[test]
fn unrated_findings_are_read_and_count_as_the_policy_says() {
    let vendor = Mock::new().with("sca", vec![package(1, Value::Null)]).start();
    let with = |rest: &str| of_project("").replace("{all: any}", &format!("{{all: critical}}{rest}"));
    vendor.judge(&with(""), &[], 1);
    vendor.judge(&with("\nunknown_severity: low"), &[], 0);
}

#[test]
fn a_list_that_is_wrapped_in_a_list_is_read_and_one_of_several_is_not() {
    let wrapped = |copies: usize| {
        let mock = Mock::new().with("sast", vec![code(1, "high", "to_verify")]);
        let inner = mock.clone();
        mock.at("/project/{id}/results/sast", move |request| match inner.page(request, "sast") {
            Reply::Answer(status, headers, body) => {
                let body = String::from_utf8(body).unwrap();
                Reply::Answer(status, headers, format!("[{}]", vec![body; copies].join(",")).into_bytes())
            }
            other => other,
        })
    };
    assert_eq!(wrapped(1).start().judge(&of_project(""), &[], 1).source().whole().read(), 1);
    wrapped(2).start().judge(&of_project(""), &[], 3).source().is("failed", "not of one page");
}

#[test]
fn only_the_named_types_are_read() {
    let vendor = Mock::new().with("iac", many(1)).start();
    let run = vendor.judge(&of_project(", types: [sast, secret]"), &[], 0);
    assert_eq!(run.source().whole().0["pages"], 2);
    for list in TYPES {
        assert_eq!(!vendor.of_list(list).is_empty(), ["sast", "secret"].contains(&list), "{list}");
    }
}

#[test]
fn two_runs_give_the_same_bytes() {
    let mut mock = Mock::new()
        .with("sast", many(45))
        .with("iac", many(30))
        .with("sca", (1..=25).map(|n| package(n, json!("high"))).collect())
        .with("container", (1..=15).map(image).collect());
    mock.clamp = 10;
    let vendor = mock.start();
    for format in ["json", "sarif", "human"] {
        let run = || {
            let folder = Folder::new().with("policy.yml", of_project(""));
            finish(&mut vendor.check(&folder, &["--format", format])).ends_with(1).stdout
        };
        assert_eq!(run(), run(), "{format}");
    }
}
