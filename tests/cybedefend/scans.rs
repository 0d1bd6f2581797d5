//! Scans as proof: completed, running, failed, stale, of other lists.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::common::server::Reply;
use crate::mock::{Mock, OTHER, PROJECT, TYPES, many, of_project, refusal, results};

#[test]
fn only_a_scan_that_completed_is_a_proof() {
    for (state, status, want) in [
        ("completed", 0, ""),
        ("COMPLETED", 0, ""),
        ("completed_degraded", 3, "ended, but not all of it (it says completed_degraded)"),
        ("failed", 3, "failed (it says failed)"),
        ("queued", 3, "is still running"),
        ("running", 3, "`wait` in the policy waits for it"),
        ("paused", 3, "whether the newest CybeDefend scan of payments-api has ended is not known (it says paused)"),
    ] {
        let run = Mock::new().scan(state).start().judge(&of_project(""), &[], status);
        let source = run.source();
        assert_eq!(source.state() == "complete", status == 0, "{state}");
        assert!(source.reasons().contains(want), "{state}: {}", source.reasons());
    }
}

#[test]
fn why_a_scan_failed_is_noted() {
    let mut mock = Mock::new().scan("failed");
    let scan = mock.scan.as_mut().unwrap();
    scan["errorMessage"] = json!("out of\nmemory");
    scan["errorCategory"] = json!("scan");
    mock.start()
        .judge(&of_project(""), &[], 3)
        .source()
        .notes_that("the newest scan of payments-api says: out of memory (scan)");
}

/// A server whose scan ends after it was asked for so many times.
fn ends_after(times: usize) -> Mock {
    let count = Arc::new(AtomicUsize::new(0));
    let mock = Mock::new();
    let (running, done) = (mock.clone().scan("running"), mock.clone());
    mock.before(move |request| {
        request.bearer()?;
        let is_scan = request.path.contains("/scan/");
        let asked = if is_scan { count.fetch_add(1, Ordering::SeqCst) } else { count.load(Ordering::SeqCst) };
        let now = if asked < times { &running } else { &done };
        if is_scan {
            return Some(Reply::ok(now.scan.as_ref().unwrap()));
        }
        let list = TYPES.into_iter().find(|list| request.path == results(list))?;
        let with = |rows| Mock { lists: [(list, rows)].into(), ..now.clone() };
        // What the scan finds is there when it has ended.
        Some(if asked < times { with(Vec::new()) } else { with(many(1)) }.page(request, list))
    })
}

#[test]
fn a_running_scan_is_waited_for_and_what_it_finds_is_read() {
    let vendor = ends_after(2).start();
    let run = vendor.judge(&of_project(", types: sast, wait: 60s"), &[], 1);
    assert_eq!(run.source().whole().read(), 1);
    assert_eq!(vendor.of_list("sast").len(), 2, "while it runs only the scan is asked for");

    let run = ends_after(2).start().judge(&of_project(", types: sast"), &[], 3);
    run.source().is("partial", "is still running");
    let run = ends_after(999).start().judge(&of_project(", types: sast, wait: 1s"), &[], 3);
    run.source().is("partial", "`wait` was too short for it");
    let with_branch = of_project(", types: sast, wait: 60s, commit: branch");
    assert_eq!(ends_after(2).start().judge(&with_branch, &["--branch", "main"], 1).source().whole().read(), 1);
}

#[test]
fn a_list_that_is_refused_only_after_the_scan_was_waited_for_is_not_left_out() {
    let asked = AtomicUsize::new(0);
    let mock = ends_after(2);
    let inner = Arc::clone(&mock.before);
    let vendor = mock
        .before(move |request| {
            let is_list = request.bearer().is_some() && request.path == results("container");
            if is_list && asked.fetch_add(1, Ordering::SeqCst) > 0 { Some(refusal(403, "no")) } else { inner(request) }
        })
        .start();
    let lenient = of_project(", wait: 60s").replace("{all: any}", "{all: critical}");
    vendor.judge(&lenient, &[], 3).source().is("failed", "cannot read the container findings of payments-api");
}

#[test]
fn a_scan_that_ends_between_its_lists_and_the_question_for_it_is_read_again() {
    // The lists are read while it runs and show nothing; when it is asked for it has ended.
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let mock = Mock::new().with("sast", many(1));
    let (running, done) = (mock.clone().with("sast", Vec::new()).scan("running"), mock.clone());
    let mock = mock.before(move |request| {
        let is_list = request.bearer().is_some() && request.path == results("sast");
        is_list.then(|| {
            let now = if count.fetch_add(1, Ordering::SeqCst) == 0 { &running } else { &done };
            now.page(request, "sast")
        })
    });
    let run = mock.start().judge(&of_project(", types: sast"), &[], 1);
    assert_eq!((run.source().whole().read(), asked.load(Ordering::SeqCst)), (1, 2));
}

#[test]
fn lists_that_name_different_scans_need_all_of_them() {
    const SECOND: &str = "1f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c12";
    let mock = Mock::new().before(|request| {
        request.bearer()?;
        if request.path == results("container") {
            let info = json!({"scanId": SECOND, "state": "failed"});
            return Some(Reply::ok(
                &json!({"total": 0, "totalPages": 0, "vulnerabilities": [], "scanProjectInfo": info}),
            ));
        }
        (request.path == format!("/project/{PROJECT}/scan/{SECOND}"))
            .then(|| Reply::ok(&json!({"id": SECOND, "state": "failed", "endTime": "2026-01-01T00:00:00Z"})))
    });
    let source = mock.start().judge(&of_project(""), &[], 3).source();
    let source = source.is("partial", "the newest CybeDefend container scan of payments-api failed");
    assert_eq!(source.0["scans"].as_array().unwrap().len(), 2);
}

#[test]
fn a_scan_that_may_not_be_read_has_the_state_that_the_lists_tell() {
    for status in [403, 404] {
        for (state, ends) in [("completed", 0), ("running", 3)] {
            let mock = Mock::new()
                .scan(state)
                .before(move |request| request.path.contains("/scan/").then(|| refusal(status, "no")));
            let source = mock.start().judge(&of_project(""), &[], ends).source();
            source.notes_that("its state is the one that the findings name");
        }
    }
    let mock = Mock::new().before(|request| request.path.contains("/scan/").then(|| refusal(400, "odd")));
    mock.start().judge(&of_project(""), &[], 3).source().is("partial", "cannot read the newest scan of payments-api");
    let mut foreign = Mock::new();
    foreign.scan.as_mut().unwrap()["projectId"] = json!(OTHER);
    foreign.start().judge(&of_project(""), &[], 3).source().is("partial", "it is of another project");
    let mut another = Mock::new();
    another.scan.as_mut().unwrap()["id"] = json!("1f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c12");
    another.start().judge(&of_project(""), &[], 3).source().is("partial", "it is another scan");
}

#[test]
fn an_old_scan_is_stale() {
    let vendor = Mock::new().start();
    vendor.judge(&of_project(", max_age: 7d"), &[], 0);
    vendor.judge(&of_project(", max_age: 1h"), &[], 3).source().is("stale", "(`max_age`)");
}

#[test]
fn a_project_without_scan_and_findings_is_noted_or_undecided_as_the_policy_asks() {
    let mut mock = Mock::new();
    mock.scan = None;
    mock.branches = Vec::new();
    let vendor = mock.start();
    let never = "was never scanned, or it was and is clean: CybeDefend does not tell which";
    vendor.judge(&of_project(""), &[], 0).source().whole().notes_that(&format!("payments-api {never}"));
    vendor.judge(&of_project(", commit: branch"), &["--branch", "main"], 3).source().is("partial", never);
    vendor.judge(&of_project(", commit: head"), &["--branch", "main"], 3).source().is("partial", never);
    vendor.judge(&of_project(", max_age: 7d"), &[], 3).source().is("partial", "it shows no scan");
}
