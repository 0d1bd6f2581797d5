//! Scans as proof of age, commit and branch.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::common::{Folder, finish};
use crate::mock::{
    KEY, Mayo, OTHER, PROJECT, blamed, done, error, many, noted, policy, project, run, run_with, scan, source, tells,
    with,
};

#[test]
fn scans_prove_age_and_commit_and_where_they_are_not_told_nothing_is_proven() {
    let judged = |mayo: Mayo, keys: &str, more: &[&str]| {
        run_with(&mayo.start(), &policy(&format!("project: checkout-service, {keys}")), &[], more)
    };
    let clean = || Mayo::with(Vec::new());
    judged(clean(), "max_age: 48h", &[]).ends_with(0);
    blamed(judged(clean(), "max_age: 1h", &[]).ends_with(3), "stale", "the newest semgrep (sast) scan of");
    judged(clean(), "commit: branch", &["--branch", "main"]).ends_with(0);
    blamed(judged(clean(), "commit: branch", &["--branch", "dev"]).ends_with(3), "partial", "no scan of branch dev");
    judged(clean(), "commit: head", &["--commit", "9f2c41d0777700000000000000000000000000aa"]).ends_with(0);
    blamed(judged(clean(), "commit: head", &["--commit", "aaaaaaaaaaaa"]).ends_with(3), "partial", "no scan of commit");
    // No such route.
    let untold = || Mayo { scans: None, ..Mayo::with(Vec::new()) };
    let run = judged(untold(), "commit: any", &[]).ends_with(0);
    noted(noted(run, "it does not tell its scans"), "clean or was never scanned");
    for keys in ["max_age: 48h", "commit: branch", "commit: head"] {
        blamed(judged(untold(), keys, &["--branch", "main"]).ends_with(3), "partial", "it does not tell its scans");
    }
    // A key that may not see them.
    let server = clean().start_with(|r| (r.path == "/scans").then(|| error(403, "insufficient_permissions", "no")));
    noted(self::run(&server).ends_with(0), "scans:read");
    // What is refused for another reason is not known to be nothing.
    let server = clean().start_with(|r| (r.path == "/scans").then(|| error(400, "invalid_parameter", "no")));
    blamed(self::run(&server).ends_with(3), "partial", "cannot read the scans");
    let server = clean().start_with(|r| (r.path == "/scans").then(|| Reply::ok(&json!({"ok": true}))));
    blamed(self::run(&server).ends_with(3), "partial", "cannot read the scans");
}

#[test]
fn a_project_without_scans_was_never_scanned() {
    let mayo = Mayo { scans: Some(Vec::new()), ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "never scanned");
    let empty = vec![with(project(PROJECT, "checkout-service", 0), "asset_count", json!(0))];
    let mayo = Mayo { scans: None, projects: empty, ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "never scanned: the project `checkout-service` has no assets");
    // Of another project only, or of nobody's.
    let other = with(done(), "project_id", json!(OTHER));
    let mayo = Mayo { scans: Some(vec![other]), restricts: false, ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "never scanned");
    let mut nobodys = done();
    nobodys.as_object_mut().unwrap().retain(|name, _| name != "project_id" && name != "asset_id");
    let mayo = Mayo { scans: Some(vec![nobodys]), ..Mayo::with(Vec::new()) };
    noted(run(&mayo.start()).ends_with(0), "they prove nothing");
    // Findings without scans were uploaded.
    let mayo = Mayo { scans: Some(Vec::new()), ..Mayo::with(many(1)) };
    assert_eq!(source(&run(&mayo.start()).ends_with(1))["state"], "complete");
}

#[test]
fn a_scan_that_runs_or_failed_is_told_and_one_that_runs_is_waited_for() {
    for (status, part) in [
        ("running", "is still running"),
        ("queued", "is still running"),
        ("Timed Out", "failed (it says Timed Out)"),
        ("cancelled", "failed (it says cancelled)"),
        ("paused", "whether the newest grype (sast) scan of asset_checkout-service has ended is not known"),
    ] {
        let scans = vec![done(), scan("scan_b", "grype", status, None)];
        let mayo = Mayo { scans: Some(scans), ..Mayo::with(Vec::new()) };
        blamed(run(&mayo.start()).ends_with(3), "partial", part);
    }
    // It began, never ended, and a later one did.
    let stuck = with(scan("stuck", "semgrep", "running", None), "started_at", json!("2026-01-01T00:00:00Z"));
    let mayo = Mayo { scans: Some(vec![done(), stuck]), ..Mayo::with(Vec::new()) };
    assert_eq!(source(&run(&mayo.start()).ends_with(0))["state"], "complete");
    let asked = AtomicUsize::new(0);
    let server = Mayo::with(Vec::new()).start_with(move |request| {
        let first = request.path == "/scans" && asked.fetch_add(1, Ordering::SeqCst) == 0;
        first.then(|| Reply::ok(&json!([scan("scan_a91e", "semgrep", "running", None)])))
    });
    run_with(&server, &policy("project: checkout-service, wait: 1m"), &[], &[]).ends_with(0);
    // Asked while it ran, on a second page that was empty, and once more.
    let order: Vec<String> = server.requests().into_iter().map(|r| r.path).collect();
    assert!(
        order.iter().rposition(|path| path == "/scans") < order.iter().position(|path| path == "/findings"),
        "{order:?}"
    );
}

#[test]
fn of_a_long_history_of_scans_the_newest_are_read_where_they_come_newest_first() {
    let history = |newest_first: bool| -> Vec<Value> {
        let mut scans: Vec<Value> = (0..1_200)
            .map(|n| {
                let time = format!("2026-{:02}-{:02}T0{}:00:00Z", 1 + n / 280, 1 + (n / 10) % 28, n % 10);
                let scan =
                    with(scan(&format!("s{n:04}"), "semgrep", "completed", Some(&time)), "created_at", json!(time));
                with(scan, "started_at", json!(time))
            })
            .collect();
        if newest_first {
            scans.reverse();
        }
        scans
    };
    for newest_first in [true, false] {
        let server = Mayo { scans: Some(history(newest_first)), ..Mayo::with(Vec::new()) }.start();
        let run = run(&server).ends_with(0);
        assert_eq!(source(&run)["scans"][0]["origin"], "s1199");
        assert_eq!(tells(&run, "notes", "only the newest 1000"), newest_first);
        let aged = run_with(&server, &policy("project: checkout-service, max_age: 1y"), &[], &[]).ends_with(0);
        assert!(!tells(&aged, "notes", "only the newest"), "how old every scan is cannot be told from some");
    }
}

#[test]
fn scans_that_were_told_once_are_not_forgotten_when_they_are_refused() {
    let running = || scan("scan_b", "semgrep", "running", None);
    // While they are waited for.
    let asked = AtomicUsize::new(0);
    let server = Mayo { scans: Some(vec![running()]), ..Mayo::with(Vec::new()) }.start_with(move |request| {
        let again = request.path == "/scans" && asked.fetch_add(1, Ordering::SeqCst) > 0;
        again.then(|| Reply::json(404, &json!({"detail": "Not Found"})))
    });
    let run = run_with(&server, &policy("project: checkout-service, wait: 1m"), &[], &[]).ends_with(3);
    blamed(run, "partial", "cannot read the scans");
    // Those of one project, and not of the other.
    let server = Mayo { scans: Some(vec![running()]), ..Mayo::with(Vec::new()) }.start_with(|request| {
        let other = request.path == "/scans" && request.query("project_id") == Some(OTHER);
        other.then(|| Reply::json(404, &json!({"detail": "Project not found"})))
    });
    let run = run_with(&server, &policy("projects: [checkout-service, identity]"), &[], &[]).ends_with(3);
    blamed(run, "partial", "cannot read the scans");
}

#[test]
fn a_fresh_scan_of_one_asset_does_not_hide_a_stale_one_of_another_of_the_same_name() {
    let of = |id: &str, asset: &str, ended: &str| {
        let row = with(scan(id, "semgrep", "completed", Some(ended)), "asset_id", json!(asset));
        with(row, "asset_name", json!("web"))
    };
    let scans = vec![of("new", "asset_1", "2026-11-20T12:00:00Z"), of("old", "asset_2", "2026-01-01T00:00:00Z")];
    let server = Mayo { scans: Some(scans), ..Mayo::with(Vec::new()) }.start();
    let run = run_with(&server, &policy("project: checkout-service, max_age: 7d"), &[], &[]).ends_with(3);
    blamed(run, "stale", "scan of web (asset_2) ended");
}

#[test]
fn a_scan_that_one_answer_tells_twice_has_not_ended_if_one_of_them_says_so() {
    let mut scans = vec![done(), with(done(), "status", json!("failed"))];
    for _ in 0..2 {
        let mayo = Mayo { scans: Some(scans.clone()), ..Mayo::with(Vec::new()) };
        let server = mayo.start_with({
            let scans = scans.clone();
            move |request| (request.path == "/scans").then(|| Reply::ok(&json!(scans)))
        });
        blamed(run(&server).ends_with(3), "partial", "failed");
        scans.reverse();
    }
}

#[test]
fn the_branch_of_a_fork_is_not_the_one_of_that_name_here() {
    let server = Mayo::with(Vec::new()).start();
    for (from, status) in [("o/r", 0), ("evil/r", 3)] {
        let folder = Folder::new().with("policy.yml", policy("project: checkout-service, commit: branch"));
        let mut command = folder.in_pull_request(from, "main");
        command.args(["check", "--policy", "policy.yml", "--as-of", "2026-11-21", "--trust", "worktree"]);
        finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY)).ends_with(status);
    }
}
