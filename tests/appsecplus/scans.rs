//! Scans as proof.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::common::Folder;
use crate::common::server::{Reply, Server};
use crate::gate::{assert_told, command, ended, gate, read, told};
use crate::vendor::{COMMIT, Vendor, refusal, scan, vulnerability};

#[test]
fn an_application_that_was_never_scanned_is_not_clean() {
    let run = gate(&Vendor { scans: json!([]), ..Vendor::default() }.start(), "", 3);
    assert_told(&run, "failed", &["Checkout Service was never scanned"]);
    let rows = json!([vulnerability(1, "low", "resolved")]);
    let run = gate(&Vendor { scans: json!([]), ..Vendor::with(rows) }.start(), "", 3);
    assert_told(&run, "partial", &["lists vulnerabilities of Checkout Service but no scan"]);
}

#[test]
fn the_newest_scan_of_each_type_counts_and_null_times_harm_nothing() {
    let old_failure = json!([
        scan("scan-1", "sast", "failed", Some("2025-11-01T12:00:00Z")),
        scan("scan-880", "sast", "completed", Some("2025-11-20T12:00:00Z")),
    ]);
    gate(&Vendor { scans: old_failure, ..Vendor::default() }.start(), "", 0);
    for (newest, word) in [
        (scan("scan-2", "sast", "failed", Some("2025-11-20T13:00:00Z")), "failed"),
        (scan("scan-2", "sast", "queued", None), "still running"),
        (scan("scan-2", "sast", "running", None), "still running"),
        (scan("scan-2", "sast", "paused", None), "not known"),
    ] {
        let mut scans = Vendor::default().scans;
        scans.as_array_mut().unwrap().push(newest);
        let run = gate(&Vendor { scans, ..Vendor::default() }.start(), "", 3);
        assert_told(&run, "partial", &["the newest SAST scan of Checkout Service", word]);
    }
}

#[test]
fn a_running_scan_is_waited_for_as_long_as_the_policy_allows() {
    for (section, status, word) in [("wait: 10s", 0, ""), ("wait: 1s", 3, "`wait` was too short for it")] {
        let calls = AtomicUsize::new(0);
        let server = Vendor::default().start_with(move |request, vendor| {
            let mut scans = vendor.scans.clone();
            if !request.path.ends_with("/scans") {
                return None;
            }
            if status == 3 || calls.fetch_add(1, Ordering::SeqCst) < 2 {
                scans[1] = scan("scan-881", "sca", "running", None);
            }
            Some(Reply::ok(&scans))
        });
        let run = gate(&server, section, status);
        assert!(told(&run, "reasons").contains(word), "{run:#}");
        assert!((2..=4).contains(&server.count("/applications/app-20417/scans")));
        assert_eq!(server.count("/applications/app-20417/vulnerabilities"), 1);
    }
}

#[test]
fn a_scan_belongs_to_the_commit_that_its_trigger_names() {
    let server = Vendor::default().start();
    let with = |commit: &str, server: &Server, status| {
        let folder = Folder::new();
        let mut command = command(&folder, server, "commit: head");
        ended(command.args(["--commit", commit]), status).json()
    };
    with(COMMIT, &server, 0);
    let run = with("0000000000000000000000000000000000000000", &server, 3);
    assert_told(&run, "partial", &["no scan of commit 0000000", "9f2c41d0"]);
    let mut vendor = Vendor::default();
    vendor.scans[0]["triggeredBy"] = json!("Jo Doe");
    vendor.scans[1]["triggeredBy"] = Value::Null;
    assert_told(&with(COMMIT, &vendor.start(), 3), "partial", &["does not tell its commit"]);
}

#[test]
fn the_policy_may_want_types_of_scan_and_an_age() {
    let server = Vendor::default().start();
    gate(&server, "types: [sast, sca]", 0);
    assert_told(
        &gate(&server, "types: [sast, dast, container]", 3),
        "partial",
        &["no finished DAST scan", "no finished container scan"],
    );
    gate(&server, "max_age: 1d", 0);
    assert_told(&gate(&server, "max_age: 6h", 3), "stale", &["`max_age`"]);
}

#[test]
fn results_that_a_scan_counts_and_the_list_does_not_have_are_missing() {
    let mut vendor = Vendor::default();
    vendor.scans[1]["summary"] = json!({"totalFindings": 9, "critical": 1, "high": 2, "medium": 4, "low": 2});
    let run = gate(&vendor.clone().start(), "", 3);
    assert_told(&run, "partial", &["the newest SCA scan counts 9 vulnerabilities", "the list of them is empty"]);
    vendor.vulnerabilities = json!([vulnerability(1, "low", "resolved")]);
    gate(&vendor.start(), "", 0);
}

#[test]
fn scans_that_cannot_be_read_make_the_source_partial_and_findings_are_read_all_the_same() {
    let vendor = Vendor::with(json!([vulnerability(1, "critical", "open")]));
    let server =
        vendor.start_with(|request, _| request.path.ends_with("/scans").then(|| refusal(403, "forbidden", "not you")));
    let run = gate(&server, "", 1);
    assert_told(
        &run,
        "partial",
        &["cannot read the scans of Checkout Service", "answered 403 (forbidden: not you)", "Read-Only"],
    );
    assert_eq!(read(&run), 1);
    let mut vendor = Vendor::default();
    vendor.scans.as_array_mut().unwrap().push(json!({"scanType": "dast", "applicationId": "app-20417"}));
    assert_told(&gate(&vendor.start(), "", 3), "partial", &["1 row of the scans could not be read", "it has no id"]);
}

#[test]
fn a_scan_that_is_told_twice_has_not_ended_well_if_one_of_them_says_so() {
    let done = scan("scan-880", "sast", "completed", Some("2025-11-20T12:04:10Z"));
    let mut failed = done.clone();
    failed["status"] = json!("failed");
    for scans in [json!([done, failed]), json!([failed, done]), json!([done, done])] {
        let good = scans[0] == scans[1];
        let run = gate(&Vendor { scans, ..Vendor::default() }.start(), "", if good { 0 } else { 3 });
        assert_told(&run, if good { "complete" } else { "partial" }, if good { &[] } else { &["failed"] });
    }
}
