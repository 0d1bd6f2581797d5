//! Branches: what is asked for, and what shows that one was scanned.

use serde_json::json;

use crate::common::server::Reply;
use crate::mock::{Mock, code, of_project, on, refusal};

#[test]
fn the_branch_is_asked_for_where_the_policy_says_so() {
    let rows = vec![on("main", code(1, "low", "to_verify")), on("feature/x y&z", code(2, "high", "to_verify"))];
    let vendor = Mock::new().with("sast", rows).start();
    for (section, branch, asked, read) in [
        ("", Some("main"), None, 2),
        (", branch: current", Some("feature/x y&z"), Some("feature/x y&z"), 1),
        (", branch: main", Some("feature/x y&z"), Some("main"), 1),
        (", commit: branch", Some("main"), Some("main"), 1),
    ] {
        let before = vendor.api.requests().len();
        let arguments: Vec<&str> = branch.iter().flat_map(|branch| ["--branch", branch]).collect();
        let run = vendor.judge(&of_project(section), &arguments, 1);
        assert_eq!(run.source().read(), read, "{section}");
        assert_eq!(run.source().notes().contains("are those of 2 branches"), read == 2, "{section}");
        for request in vendor.api.requests().iter().skip(before).filter(|request| request.path.contains("/results/")) {
            assert_eq!(request.query("branch"), asked, "{section} {}", request.target);
        }
    }
    vendor
        .judge(&of_project(", branch: current"), &[], 3)
        .source()
        .is("failed", "that is not known; name it with --branch");
}

#[test]
fn a_branch_is_shown_to_be_scanned_by_its_findings_alone() {
    let settled = || on("main", code(1, "low", "resolved"));
    let judged = |mock: Mock, more: &str, status| {
        mock.start().judge(&of_project(&format!(", commit: branch{more}")), &["--branch", "main"], status).source()
    };
    // A finding of the branch, though it does not count any more.
    let source = judged(Mock::new().with("sast", vec![settled()]), "", 0).whole();
    assert_eq!(source.0["scans"][0]["branch"], "main");
    assert!(source.0["scans"][0]["finished"].as_str().unwrap().starts_with("2026-11-18T10:21:33"), "{:#}", source.0);
    source.notes_that("CybeDefend tells no branch of a scan");
    // The scan of the project is fresh, but nothing shows that it was of this branch.
    judged(Mock::new().with("sast", vec![settled()]), ", max_age: 1d", 3).is("stale", "(`max_age`)");
    judged(Mock::new().with("sast", vec![settled()]), ", max_age: 7d", 0).whole();
    // CybeDefend names it, with findings of types that are not read.
    judged(Mock::new(), "", 0).whole();
    judged(Mock::new(), ", max_age: 7d", 3).is("partial", "does not tell when it ended");
    // A scan that may be of this branch and is not over, or did not end well, proves nothing.
    judged(Mock::new().scan("running").with("sast", vec![settled()]), "", 3).is("partial", "is still running");
    judged(Mock::new().scan("failed").with("sast", vec![settled()]), "", 3).is("partial", "failed");
}

#[test]
fn a_branch_that_nothing_shows_is_not_clean() {
    let vendor = Mock::new().with("sast", vec![on("main", code(1, "low", "to_verify"))]).start();
    let never = "branch feature/x of payments-api was never scanned, or it was and is clean";
    let of = |section: &str, status| vendor.judge(&of_project(section), &["--branch", "feature/x"], status).source();
    of(", commit: branch", 3).is("partial", never);
    of(", commit: branch", 3).is("partial", "does not tell its branch, so nothing proves that feature/x was scanned");
    of(", branch: current", 0).whole().notes_that(never);
    let hidden = Mock::new().at("/project/{id}/branches", |_| refusal(403, "no")).start();
    let of = |section: &str, status| hidden.judge(&of_project(section), &["--branch", "feature/x"], status).source();
    of(", commit: branch", 3).is("partial", "cannot read the branches of payments-api");
    of(", branch: current", 0).whole().notes_that("cannot read the branches of payments-api");
}

#[test]
fn no_scan_is_proven_to_be_of_a_commit() {
    let vendor = Mock::new().with("sast", vec![on("main", code(1, "low", "resolved"))]).start();
    let run = vendor.judge(&of_project(", commit: head"), &["--branch", "main", "--commit", "0123456789abcdef"], 3);
    run.source().is("partial", "does not tell its commit");
}

#[test]
fn a_server_that_does_not_filter_by_branch_is_noticed() {
    let mock = Mock::new();
    let mock = mock.at("/project/{id}/results/sast", |_| {
        let rows = vec![on("main", code(1, "critical", "to_verify")), on("feature/x", code(2, "low", "ignored"))];
        Reply::ok(&json!({"total": 2, "totalPages": 1, "vulnerabilities": rows}))
    });
    let source = mock.start().judge(&of_project(", branch: feature/x"), &[], 0).source().whole();
    assert_eq!(source.notes_that("1 of the SAST findings of payments-api are of another branch").read(), 1);
}
