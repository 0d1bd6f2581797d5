//! The rows of findings: what they must have, and every form in which they have it.

use serde_json::{Value, json};

use crate::common::server::Server;
use crate::common::{Folder, finish};
use crate::mock::{
    Form, KEY, Mayo, OTHER, POLICY, PROJECT, blamed, finding, finding_of, many, noted, policy, project, run, run_with,
    source, with,
};

#[test]
fn a_row_that_lacks_what_it_must_have_is_a_counted_skip_and_the_others_are_kept() {
    for missing in ["id", "severity", "status"] {
        let mut rows = many(2);
        rows[0].as_object_mut().unwrap().remove(missing);
        let run = run(&Mayo::with(rows).start()).ends_with(1);
        let run = blamed(run, "partial", "1 row of the findings could not be read");
        assert_eq!((&source(&run)["read"], &source(&run)["skipped"]), (&json!(1), &json!(1)), "{missing}");
    }
    let server = Mayo::with(vec![json!(7), with(finding("a"), "status", json!("resolved"))]).start();
    blamed(run(&server).ends_with(3), "partial", "could not be read");
}

#[test]
fn numbers_as_ids_and_words_in_any_form_are_read() {
    let mut row = finding("x");
    row["id"] = json!(12);
    row["project"] = json!(7);
    row["severity"] = json!("Informational");
    row["cve_id"] = Value::Null;
    let unknown = with(with(row.clone(), "id", json!(13)), "severity", json!("urgent"));
    let mayo = Mayo {
        projects: vec![project("x", "other", 0), with(project("7", "checkout-service", 2), "id", json!(7))],
        restricts: false,
        ..Mayo::with(vec![row, unknown])
    };
    let run = run(&mayo.start()).ends_with(1);
    let run = noted(run, "the severity `urgent`, which this version does not know; it counts as `unknown_severity`");
    let counts = &run.json()["counts"]["sast"];
    assert_eq!(
        (&counts["info"], &counts["unknown"], &counts["critical"]),
        (&json!(1), &json!(1), &json!(0)),
        "{counts}"
    );
    // An unknown severity counts as the worst.
    let critical = POLICY.replace("{all: any}", "{all: critical}");
    assert_eq!(
        run_with(
            &Mayo { restricts: false, ..Mayo::with(vec![with(finding("a"), "severity", json!("urgent"))]) }.start(),
            &critical,
            &[],
            &[]
        )
        .ends_with(1)
        .json()["dispositions"]["violation"],
        1
    );
}

#[test]
fn a_kind_that_nothing_tells_is_other_and_told() {
    let mut untold = finding("a");
    untold.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "scanner" | "scanner_type"));
    let odd = with(with(finding("b"), "scanner_type", json!("fuzzing")), "scanner", json!("acme"));
    let run = run(&Mayo::with(vec![untold, odd]).start()).ends_with(1);
    let run = noted(run, "the kind `fuzzing`, which this version does not know; it counts as `other`");
    let run = noted(run, "1 finding counted as `other`, for nothing tells what kind of scan found them");
    assert_eq!(run.json()["counts"]["other"]["high"], 2);
}

#[test]
fn findings_of_other_branches_count_and_are_told() {
    let rows =
        vec![with(finding("a"), "branch", json!("fix/x")), with(finding("b"), "branch", json!("refs/heads/main"))];
    let server = Mayo::with(rows).start();
    let run = run_with(&server, POLICY, &[], &["--branch", "main"]).ends_with(1);
    let run =
        noted(noted(run, "1 finding of other branches than main; they count all the same"), "pull requests among them");
    assert_eq!(run.json()["dispositions"]["violation"], 2);
}

#[test]
fn paths_and_parameters_of_the_policy_are_asked_for_and_told() {
    let mayo = Mayo::with(many(2));
    let server = Server::start(move |request| {
        let mut request = request.clone();
        if request.path == format!("/v2/projects/{PROJECT}/findings") {
            assert_eq!(request.query("scanner_type"), Some("sast"));
            assert_eq!(request.query("project_id"), None);
            request.path = "/findings".into();
            request.query.retain(|(name, _)| name != "scanner_type");
        }
        mayo.answer(&request)
    });
    let keys = "project: checkout-service, project_param: '', findings_path: '/v2/projects/{project_id}/findings', extra_query: {scanner_type: sast}, auth_header: x-api-key, page_size: 1";
    let run = noted(run_with(&server, &policy(keys), &[], &[]).ends_with(1), "asked for with `scanner_type=sast`");
    assert_eq!(source(&run)["read"], 2);
    assert!(server.requests().iter().all(|r| r.header("x-api-key") == Some(KEY) && r.bearer().is_none()));
    // The token of a session goes out as a bearer, whatever the policy says.
    let server = Mayo::with(many(1)).start();
    let keys = "project: checkout-service, auth_header: x-api-key";
    run_with(&server, &policy(keys), &[("MAYOASPM_API_KEY", "eyJhbGciOiJub25lIn0.e30.x")], &[]).ends_with(3);
    assert_eq!(server.requests()[0].bearer(), Some("eyJhbGciOiJub25lIn0.e30.x"));
}

#[test]
fn adjusted_severities_count_where_the_policy_asks_for_them() {
    let server = Mayo::with(vec![with(finding("a"), "adjusted_severity", json!("low"))]).start();
    let limits = "version: 1\nthresholds: {all: high}\nsources: {mayo: {project: checkout-service, severity: WORD}}\n";
    run_with(&server, &limits.replace("WORD", "reported"), &[], &[]).ends_with(1);
    run_with(&server, &limits.replace("WORD", "adjusted"), &[], &[]).ends_with(0);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let mut rows = many(120);
    rows.push(finding_of("f_x", OTHER, "identity"));
    let folder = Folder::new().with("policy.yml", policy("project: checkout-service, page_size: 10"));
    let server = Mayo { restricts: false, ..Mayo::with(rows) }.start();
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let once = || {
            let mut command = folder.command();
            command.args(["check", "--policy", "policy.yml", "--format", format, "--as-of", "2026-11-21"]);
            finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY)).ends_with(1).stdout
        };
        assert_eq!(once(), once(), "{format}");
    }
}

#[test]
fn ids_that_are_large_numbers_are_not_taken_for_one_another() {
    let open = with(finding("x"), "id", json!(18_446_744_073_709_551_614_u64));
    let low = with(with(finding("y"), "id", json!(18_446_744_073_709_551_615_u64)), "severity", json!("low"));
    let server = Mayo { projects: vec![project(PROJECT, "checkout-service", 2)], ..Mayo::with(vec![open, low]) }
        .forms(Form::Data, Form::Bare)
        .start();
    assert_eq!(source(&run(&server).ends_with(1))["read"], 2);
}

#[test]
fn a_score_of_nought_rates_nothing() {
    let row = with(with(finding("f"), "severity", json!("unknown")), "cvss_score", json!(0.0));
    let critical = POLICY.replace("any", "critical");
    run_with(&Mayo::with(vec![row]).start(), &critical, &[], &[]).ends_with(1);
}
