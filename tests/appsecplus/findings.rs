//! The rows of vulnerabilities: their facts, what counts, whose they are.

use serde_json::json;

use crate::common::Folder;
use crate::common::server::Reply;
use crate::gate::{assert_told, command, ended, gate, paged, read, told};
use crate::vendor::{Vendor, refusal, vulnerabilities, vulnerability};

#[test]
fn a_finding_has_every_fact_that_was_told() {
    let vendor = Vendor::with(json!([{
        "id": "vuln-3001", "applicationId": "app-20417", "scanId": "scan-880",
        "title": "SQL injection in order search", "description": "A request value is concatenated into a statement.",
        "severity": "critical", "cwe": "CWE-89", "cve": null, "cvssScore": 9.4,
        "status": "open", "introducedIn": "commit-9f2c41d0", "remediation": "Bind the value as a parameter.",
        "createdAt": "2025-11-20T12:05:00Z", "updatedAt": "2025-11-20T12:05:00Z", "someday": {"new": true}
    }]));
    let run = gate(&vendor.start(), "", 1);
    let finding = &run["findings"][0];
    for (fact, want) in [
        ("kind", json!("sast")),
        ("severity", json!("critical")),
        ("title", json!("SQL injection in order search")),
        ("cwe", json!(["CWE-89"])),
    ] {
        assert_eq!(finding[fact], want, "{fact} of {finding:#}");
    }
    let text = finding.to_string();
    for part in ["vuln-3001", "9.4", "2025-11-20T12:05:00Z", "AppSec+"] {
        assert!(text.contains(part), "no {part} in {finding:#}");
    }
    assert_eq!(run["sources"][0]["scans"][0]["findings"], json!(1), "{:#}", run["sources"][0]);
}

#[test]
fn open_and_in_progress_count_accepted_only_where_it_is_asked_for_and_resolved_never() {
    for (status, plain, counted) in [
        ("open", 1, 1),
        ("in_progress", 1, 1),
        ("inProgress", 1, 1),
        ("accepted", 0, 1),
        ("false_positive", 0, 1),
        ("resolved", 0, 0),
        ("closed", 0, 0),
        ("whatever", 1, 1),
    ] {
        let server = Vendor::with(json!([vulnerability(1, "critical", status)])).start();
        let run = gate(&server, "", plain);
        assert_eq!(run["findings"].as_array().unwrap().len(), 1, "{status}");
        let notes = told(&run, "notes");
        assert_eq!(notes.contains("1 finding is accepted in AppSec+"), counted != plain, "{status}: {notes}");
        assert_eq!(notes.contains("status `whatever`"), status == "whatever", "{status}: {notes}");
        gate(&server, "count_accepted: true", counted);
    }
}

#[test]
fn a_severity_that_nobody_knows_is_unrated_and_told() {
    let server = Vendor::with(json!([vulnerability(1, "urgent", "open")])).start();
    let run = gate(&server, "", 1);
    assert_told(&run, "complete", &["1 finding has the severity `urgent`", "unknown_severity"]);
}

#[test]
fn rows_without_id_or_severity_or_sense_are_counted_and_make_the_source_partial() {
    for (bad, word) in [
        (json!({"severity": "low", "applicationId": "app-20417"}), "it has no id"),
        (json!({"id": "vuln-9", "applicationId": "app-20417"}), "it has no severity"),
        (json!("vuln-9"), "could not be read"),
        (json!(null), "could not be read"),
    ] {
        let run = gate(&Vendor::with(json!([vulnerability(1, "low", "resolved"), bad])).start(), "", 3);
        assert_told(&run, "partial", &["1 row of the vulnerabilities could not be read", word]);
        assert_eq!((read(&run), run["sources"][0]["skipped"].as_u64()), (1, Some(1)));
    }
}

#[test]
fn rows_of_other_applications_are_left_out_and_told_by_both_routes() {
    let foreign = |number| {
        let mut row = vulnerability(number, "critical", "open");
        row["applicationId"] = json!("app-20418");
        row
    };
    let rows = json!([vulnerability(1, "low", "resolved"), foreign(2), foreign(3)]);
    let flat = Vendor { nested: false, filters: false, ..Vendor::with(rows.clone()) }.start();
    let run = gate(&flat, "", 0);
    assert_told(&run, "complete", &["2 vulnerabilities of other applications left out", "come from the list of all"]);
    let vulnerabilities = flat.requests().into_iter().find(|request| request.path == "/vulnerabilities").unwrap();
    assert_eq!(vulnerabilities.query, [("applicationId".to_owned(), "app-20417".to_owned())]);
    let nested = Vendor::with(rows).start_with(|request, vendor| {
        (request.path.ends_with("/vulnerabilities")).then(|| Reply::ok(&vendor.vulnerabilities))
    });
    assert_told(&gate(&nested, "", 0), "complete", &["2 vulnerabilities of other applications left out"]);
}

#[test]
fn a_row_that_names_no_application_is_taken_below_one_and_refused_from_the_list_of_all() {
    let mut row = vulnerability(1, "low", "resolved");
    row.as_object_mut().unwrap().remove("applicationId");
    let vendor = Vendor::with(json!([row]));
    assert_eq!(read(&gate(&vendor.clone().start(), "", 0)), 1);
    let run = gate(&vendor.start(), "route: flat", 3);
    assert_told(&run, "partial", &["it does not say which application it is of"]);
}

#[test]
fn the_route_of_the_policy_is_the_one_that_is_taken() {
    let server = Vendor::default().start();
    gate(&server, "route: flat", 0);
    assert!(server.requests().iter().all(|request| !request.path.starts_with("/applications/")));
    let server = Vendor { nested: false, ..Vendor::default() }.start();
    assert_told(&gate(&server, "route: nested", 3), "failed", &["cannot read the vulnerabilities", "`route: flat`"]);
    assert_eq!((server.count("/vulnerabilities"), server.count("/scans")), (0, 0));
    // 405 means the same as 404; other refusals do not.
    for (status, want) in [(405, 0), (403, 3), (400, 3)] {
        let server = Vendor::default().start_with(move |request, _| {
            request.path.ends_with("app-20417/vulnerabilities").then(|| refusal(status, "no", "no"))
        });
        gate(&server, "", want);
    }
}

#[test]
fn a_finding_without_a_known_scan_is_of_the_kind_other_and_told() {
    let mut rows = vec![vulnerability(1, "low", "resolved"), vulnerability(2, "low", "resolved")];
    rows[0].as_object_mut().unwrap().remove("scanId");
    rows[1]["scanId"] = json!("scan-of-long-ago");
    let run = gate(&Vendor::with(json!(rows)).start(), "", 0);
    assert_told(&run, "complete", &["what kind 2 findings are of is not told"]);
    assert!(run["findings"].as_array().unwrap().iter().all(|finding| finding["kind"] == "other"));
    let mut vendor = Vendor::with(json!([vulnerability(1, "low", "resolved")]));
    vendor.scans[0]["scanType"] = json!("api");
    assert_told(&gate(&vendor.start(), "", 0), "complete", &["the kind `api`", "counts as `other`"]);
}

#[test]
fn fields_that_a_server_adds_are_used() {
    let mut row = vulnerability(1, "high", "open");
    row["filePath"] = json!("src/orders.rs");
    row["line"] = json!(12);
    row["scanner"] = json!("Semgrep");
    row["ruleId"] = json!("sql.concat");
    let run = gate(&Vendor::with(json!([row])).start(), "", 1);
    let text = run["findings"][0].to_string();
    for part in ["src/orders.rs", "12", "Semgrep", "sql.concat"] {
        assert!(text.contains(part), "no {part} in {text}");
    }
}

#[test]
fn two_runs_give_the_same_bytes_whatever_the_order_of_rows() {
    let mut rows = vulnerabilities(30).as_array().unwrap().clone();
    let first = Vendor::with(json!(rows)).start();
    rows.reverse();
    let second = Vendor::with(json!(rows)).start();
    for format in ["human", "json", "sarif"] {
        let bytes = |server| ended(command(&Folder::new(), server, "").args(["--format", format]), 1).stdout;
        assert_eq!(bytes(&first), bytes(&first), "{format}");
        assert_eq!(bytes(&first), bytes(&second), "{format}");
    }
}

#[test]
fn a_list_below_the_application_that_holds_only_those_of_others_is_not_its_own() {
    let server = paged(|_| {
        let mut row = vulnerability(1, "critical", "open");
        row["applicationId"] = json!("app-20418");
        json!([row])
    });
    assert_told(&gate(&server, "", 3), "partial", &["nothing shows that it is the list of this application"]);
}
