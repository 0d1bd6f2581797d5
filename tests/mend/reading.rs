//! What is read, and what of it counts.

use serde_json::{Value, json};

use crate::mock::{Mend, SAST, SAST_SCAN, SCA, SCA_SCAN, Shape, judge, path, policy, rows, sast_of, scan, tells};

fn findings(run: &Value, key: &str) -> Vec<String> {
    let list = run["findings"].as_array().unwrap().iter();
    list.map(|finding| {
        format!(
            "{} {} {}",
            finding["kind"].as_str().unwrap(),
            finding["severity"].as_str().unwrap(),
            finding[key].as_str().unwrap_or("-")
        )
    })
    .collect()
}

#[test]
fn a_project_is_read_by_its_scans_and_what_mend_excuses_does_not_count() {
    let server = Mend::new().start();
    let run = judge(&policy(&server, ""), &["--format", "json"]).ends_with(1).json();
    let source = &run["sources"][0];
    assert_eq!((&source["state"], &source["read"], &source["open"]), (&json!("complete"), &json!(5), &json!(2)));
    assert_eq!(source["projects"], json!(["GH_payments-api_main"]));
    assert_eq!(source["scans"][0]["engine"], "SAST");
    assert_eq!((&source["scans"][0]["findings"], &source["scans"][1]["findings"]), (&json!(2), &json!(3)));
    let mut seen = findings(&run, "disposition");
    seen.sort();
    assert_eq!(
        seen,
        ["sast high violation", "sast low excused", "sca critical violation", "sca high excused", "sca medium excused"]
    );
    // SCA by project, code by scan, in the end the token is given back.
    assert_eq!(server.count(&path(&sast_of(SAST_SCAN))), 1);
    assert_eq!(server.count(&path(SAST)), 0);
    assert_eq!(server.count(&path("logout")), 1);
    assert_eq!(server.count(&path("login")), 1);
    tells(&source["notes"], "licenses and policy violations are not read");
    tells(&source["notes"], "no total given for the SAST findings");
    for request in
        server.requests().iter().filter(|request| request.bearer().is_some() && request.path != path("logout"))
    {
        assert_eq!(request.query("limit"), Some("1000"), "{request:?}");
    }
}

#[test]
fn a_project_in_which_nothing_is_open_passes() {
    let server = Mend::clean().start();
    judge(&policy(&server, ""), &[]).ends_with(0).says("PASS");
}

#[test]
fn two_runs_give_the_same_bytes() {
    let server = Mend::new().start();
    let policy = policy(&server, "engines: [sca, sast], page_size: 1");
    let run = || judge(&policy, &["--format", "json", "--as-of", "2026-11-21"]).ends_with(1).stdout;
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first, run());
}

#[test]
fn words_that_nobody_knows_count_as_open_and_are_told() {
    let mut rows = rows("sca").split_off(1);
    rows[0]["findingInfo"] = json!({"findingStatus": "ARCHIVED"});
    rows[0]["vulnerability"] = json!({"name": "WS-2024-0042", "severity": "FATAL", "score": null});
    let server = Mend::clean().with(SCA, Shape::Nested, rows).start();
    let run = judge(&policy(&server, ""), &["--format", "json"]).ends_with(1).json();
    let open = run["findings"].as_array().unwrap().iter().find(|f| f["disposition"] == "violation").unwrap();
    assert_eq!((&open["severity"], &open["counted_severity"]), (&json!("unknown"), &json!("critical")));
    tells(&run["sources"][0]["notes"], "the status `ARCHIVED`");
    tells(&run["sources"][0]["notes"], "the severity `FATAL`");
}

#[test]
fn the_older_form_of_everything_is_read() {
    // 2024: no `findingStatus`, no contexts, no reachability, switches as words, `None` for null.
    let mut old = rows("sca").remove(0);
    old["findingInfo"] = json!({"status": "ACTIVE", "comment": {}, "detectedAt": "2024-11-02T22:22:08Z"});
    for field in ["dependencyContexts", "reachability", "malicious", "workflowUuids", "violations"] {
        old.as_object_mut().unwrap().remove(field);
    }
    old["component"]["directDependency"] = json!("True");
    old["component"]["dependencyType"] = json!("");
    old["component"].as_object_mut().unwrap().remove("path");
    old["topFix"] = json!({});
    let mut scan = scan(SCA_SCAN, "SCA", "", "2026-09-14T08:21:40Z");
    scan.as_object_mut().unwrap().remove("scanStatus");
    scan["status"] = json!("FINISHED");
    let mut mend = Mend::clean().with(SCA, Shape::Nested, vec![old]).scans(vec![scan]);
    mend.summaries[0].as_object_mut().unwrap().remove("applicationName");
    mend.summaries[0]["labels"] = json!([{"contextType": "project"}]);
    mend.summaries[0]["statistics"]["IMG_SECURITY"] = json!({"imgMaxRiskScore": 7.5});
    let server = mend.start();
    let run = judge(&policy(&server, "projects: GH_acme/GH_payments-api_main, engines: sca"), &["--format", "json"])
        .ends_with(1)
        .json();
    assert_eq!(run["sources"][0]["state"], "complete");
    assert_eq!((&run["findings"][0]["package"]["direct"], &run["findings"][0]["fix"]), (&json!(true), &json!("none")));
}
