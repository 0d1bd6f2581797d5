//! Scans as proof: running, failed, of another commit, not yet listed.

use serde_json::json;

use crate::common::server::{Reply, Server};
use crate::mock::{
    COMMIT, IMAGES, Mend, SAST, SAST_SCAN, SCA, SCA_SCAN, SCANS, SECRETS, SUMMARIES, Shape, judge, path, policy,
    refused, rows, sast_of, scan, source, tagged, tells,
};

#[test]
fn a_scan_that_runs_is_waited_for_as_long_as_the_policy_says() {
    let running = |status: &str| {
        vec![
            scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z"),
            scan(SCA_SCAN, "SCA", status, "2026-09-14T08:21:40Z"),
        ]
    };
    let detail = path(&format!("{SCANS}/{SCA_SCAN}"));
    // The list says that it runs, and the scan itself that it has ended: the latter counts.
    let mut mend = Mend::clean().scans(running("PROCESSING"));
    mend.details.insert(
        detail.clone(),
        json!({"uuid": SCA_SCAN, "engine": "SCA", "status": "FINISHED", "endTime": "2026-09-14T08:22:30Z"}),
    );
    let server = mend.start();
    let source_of = |server: &Server, more: &str, status| source(server, more, status);
    let source = source_of(&server, "", 0);
    assert_eq!(
        (&source["scans"][1]["state"], &source["scans"][1]["finished"]),
        (&json!("finished"), &json!("2026-09-14T08:22:30Z"))
    );
    // It ends while it is waited for.
    let ends = || {
        Mend::clean().on(SCANS, move |_, n| {
        let status = if n < 2 { "Processing" } else { "finished" };
        Some(Reply::ok(&json!({"response": [scan(SCA_SCAN, "SCA", status, "2026-09-14T08:21:40Z")], "additionalData": {"totalItems": 1, "paging": {}}})))
    })
    };
    let server = ends().start();
    assert_eq!(source_of(&server, "wait: 30s, engines: sca", 0)["state"], "complete");
    assert_eq!(server.count(&path(SCANS)), 3);
    // Without waiting, or with too short a wait, it is undecided.
    let source = source_of(&ends().start(), "engines: sca", 3);
    tells(&source["reasons"], "the newest SCA scan of GH_payments-api_main is still running");
    let server = Mend::clean().scans(running("RUNNING")).start();
    tells(&source_of(&server, "wait: 1s", 3)["reasons"], "`wait` was too short");
}

#[test]
fn a_scan_that_did_not_end_well_is_undecided() {
    for (word, detail, why) in [
        ("PARTIAL", json!(null), "ended, but not all of it (it says PARTIAL)"),
        ("DONE", json!(null), "has ended is not known (it says DONE)"),
        ("DONE", json!({"status": "FAILED", "agentInfo": {"errorMessage": "out of disk"}}), "failed (it says FAILED)"),
        (
            "FAILED",
            json!({"status": "FAILED", "agentInfo": {"errorMessage": "out of disk"}}),
            "failed (it says FAILED)",
        ),
        ("", json!(null), "has ended is not known"),
        ("PROCESSING", json!({"status": "PARTIAL"}), "ended, but not all of it"),
    ] {
        let mut mend = Mend::clean().scans(vec![
            scan("00000000-0000-4000-8000-000000000001", "SCA", "FINISHED", "2026-09-01T08:18:20Z"),
            scan(SCA_SCAN, "SCA", word, "2026-09-14T08:21:40Z"),
        ]);
        if !detail.is_null() {
            mend.details.insert(path(&format!("{SCANS}/{SCA_SCAN}")), detail.clone());
        }
        let server = mend.start();
        let source = source(&server, "engines: sca, wait: 1s", 3);
        tells(&source["reasons"], why);
        if detail.to_string().contains("disk") {
            tells(&source["notes"], "the newest SCA scan of GH_payments-api_main failed: out of disk");
        }
    }
}

#[test]
fn a_scan_is_of_the_commit_and_branch_that_are_judged_or_the_run_is_undecided() {
    let scans = |sca: &[(&str, &str)], sast: &[(&str, &str)]| {
        vec![
            tagged(scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z"), sast),
            tagged(scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"), sca),
        ]
    };
    let own = [("commit", "4f2a9c1d7e")];
    let judge_it = |server: &Server, more: &str, status: i32| {
        judge(&policy(server, more), &["--format", "json", "--commit", COMMIT, "--branch", "main", "--timeout", "20s"])
            .ends_with(status)
            .json()["sources"][0]
            .clone()
    };
    let server = Mend::clean().scans(scans(&own, &[("sha", COMMIT)])).start();
    judge_it(&server, "commit: head", 0);
    let server = Mend::clean().scans(scans(&own, &[("commit", "bbbbbbbbbb")])).start();
    tells(&judge_it(&server, "commit: head", 3)["reasons"], "no scan of commit 4f2a9c1d7e5b");
    // The project's own tag tells the branch.
    judge_it(&server, "commit: branch", 0);
    let mut mend = Mend::clean();
    mend.summaries[0]["tags"] = json!([{"key": "azure-branch", "value": "refs/heads/dev"}]);
    let server = mend.start();
    tells(&judge_it(&server, "commit: branch, branch_tag: azure-branch", 3)["reasons"], "is of dev (`commit: branch`)");
    tells(&judge_it(&server, "commit: head", 3)["reasons"], "does not tell its commit");
    // An engine whose scans are not listed proves nothing.
    let server = Mend::clean().scans(scans(&own, &own)[..1].to_vec()).start();
    tells(&judge_it(&server, "commit: head", 3)["reasons"], "Mend lists no SCA scan of the project");
}

#[test]
fn the_code_findings_are_those_of_the_scan_that_the_policy_asks_for() {
    let newer = "cccccccc-a6ff-4303-89a6-b051062fa5e3";
    let mend = Mend::clean().scans(vec![
        tagged(scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z"), &[("commit", COMMIT)]),
        tagged(scan(newer, "SAST", "FINISHED", "2026-09-15T08:18:20Z"), &[("commit", "bbbbbbbbbbbb")]),
    ]);
    let mend = mend.last_scan(json!({"lastScanTime": 1, "lastSastScanTime": 1, "lastScaScanTime": 0}));
    let server = mend.with(&sast_of(newer), Shape::Code, rows("sast")).start();
    let run = |more: &str, status| judge(&policy(&server, more), &["--commit", COMMIT]).ends_with(status);
    run("engines: sast, commit: head", 0);
    run("engines: sast", 1);
    // Dependencies are shown of the newest scan only.
    let scans = |engine: &str| {
        vec![
            tagged(scan(SCA_SCAN, engine, "FINISHED", "2026-09-14T08:18:20Z"), &[("commit", COMMIT)]),
            tagged(scan(newer, engine, "FINISHED", "2026-09-15T08:18:20Z"), &[("commit", "bbbbbbbbbbbb")]),
        ]
    };
    let later = json!({"lastScanTime": 1_790_374_100_000_u64, "lastScaScanTime": 1_790_374_100_000_u64});
    let server = Mend::clean().last_scan(later).scans(scans("SCA")).start();
    let policy = policy(&server, "engines: sca, commit: head");
    judge(&policy, &["--commit", COMMIT]).ends_with(3).complains("the dependencies of the newest SCA scan only");
}

#[test]
fn code_findings_are_those_of_the_project_where_the_scan_has_no_list_of_its_own() {
    for status in [400, 404] {
        let server =
            Mend::clean().with(SAST, Shape::Code, rows("sast")).always(&sast_of(SAST_SCAN), refused(status)).start();
        let source = source(&server, "page_size: 100", 1);
        assert_eq!(source["state"], "complete");
        tells(&source["notes"], &format!("alone (status {status})"));
    }
    let server = Mend::clean().with(SAST, Shape::Code, rows("sast")).always(&sast_of(SAST_SCAN), refused(403)).start();
    assert_eq!(source(&server, "", 3)["state"], "failed", "a missing permission is none of these");
}

#[test]
fn a_project_that_was_never_scanned_is_not_clean() {
    let never = json!({"lastScanTime": 0, "lastScaScanTime": 0, "lastImgScanTime": 0, "lastSastScanTime": 0});
    let server = Mend::clean().last_scan(never.clone()).scans(vec![]).start();
    let of_it = source(&server, "", 3);
    assert_eq!(of_it["state"], "failed");
    tells(&of_it["reasons"], "was never scanned");
    assert_eq!(server.count(&path(SCA)), 0);
    // Its first scan runs, and is waited for.
    let first = |n: usize| {
        let status = if n == 0 { "RUNNING" } else { "FINISHED" };
        Reply::ok(&json!({"response": [scan(SCA_SCAN, "SCA", status, "2026-09-14T08:21:40Z")], "additionalData": null}))
    };
    let server = Mend::clean().last_scan(never).on(SCANS, move |_, n| Some(first(n))).start();
    assert_eq!(source(&server, "wait: 30s", 0)["state"], "complete");
    // Neither the summary nor the list tells of any scan.
    let mut mend = Mend::clean()
        .scans(vec![])
        .with(SAST, Shape::Code, vec![])
        .with(IMAGES, Shape::Images, vec![])
        .with(SECRETS, Shape::Images, vec![]);
    mend.summaries[0]["statistics"] = json!({});
    mend.summaries[0]["lastScanned"] = json!(null);
    let server = mend.start();
    tells(&source(&server, "", 3)["reasons"], "nothing shows that the project");
}

#[test]
fn a_list_that_may_not_show_the_newest_scan_yet_is_waited_for_and_told() {
    let last = |time: u64| json!({"lastScanTime": time, "lastScaScanTime": time, "lastSastScanTime": 0});
    let scans = || vec![tagged(scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"), &[("commit", COMMIT)])];
    // An hour behind, and later no more.
    let behind = Mend::clean().scans(scans()).last_scan(last(1_789_370_500_000));
    let summary = Mend::clean().scans(scans()).last_scan(last(1_789_374_100_000)).summaries;
    let catches_up =
        behind.clone().on(SUMMARIES, move |_, n| (n > 1).then(|| Reply::ok(&json!({"response": summary}))));
    let told = "so its lists may not show that yet";
    let server = catches_up.start();
    assert!(!source(&server, "wait: 1s", 0)["notes"].to_string().contains(told));
    assert_eq!(server.count(&path(SUMMARIES)), 3);
    let server = behind.start();
    tells(&source(&server, "", 0)["notes"], told);
    let policy_of = |more: &str| policy(&server, more);
    judge(&policy_of("commit: head"), &["--commit", COMMIT]).ends_with(3).complains(told);
    // It is behind by more than anything may be old.
    let now = ["--as-of", "2026-09-14T08:22:00Z"];
    judge(&policy_of("max_age: 2h"), &now).ends_with(0);
    judge(&policy_of("max_age: 30m"), &now).ends_with(3).complains(told);
}

#[test]
fn the_word_of_another_scan_is_none_of_this_one() {
    let mut mend = Mend::clean().scans(vec![scan(SCA_SCAN, "SCA", "RUNNING", "2026-09-14T08:21:40Z")]);
    let detail = format!("{SCANS}/{SCA_SCAN}");
    mend.details
        .insert(path(&detail), json!({"uuid": SAST_SCAN, "status": "FINISHED", "endTime": "2026-09-14T09:00:00Z"}));
    tells(&source(&mend.start(), "engines: sca", 3)["reasons"], "is still running");
}
