//! Lists in either form, their pages and totals, and servers that tell them wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::common::server::Reply;
use crate::mock::{
    Form, Mayo, POLICY, PROJECT, blamed, finding, many, policy, project, run, run_with, source, tells, with,
};

#[test]
fn projects_and_findings_are_read_in_either_form_and_in_a_mixture() {
    for (projects, others) in [
        (Form::Data, Form::Data),
        (Form::Items, Form::Items),
        (Form::Data, Form::Items),
        (Form::Items, Form::Data),
        (Form::Bare, Form::Bare),
    ] {
        let server = Mayo::with(many(3)).forms(projects, others).start();
        let run = run(&server).ends_with(1);
        let source = source(&run);
        assert_eq!(
            (&source["state"], &source["read"], &source["skipped"]),
            (&json!("complete"), &json!(3), &json!(0)),
            "{source:#}"
        );
        assert_eq!(source["projects"], json!(["checkout-service"]));
        assert_eq!(tells(&run, "notes", "no total given"), others == Form::Bare);
        let finding = &run.json()["findings"][0];
        assert_eq!((&finding["kind"], &finding["tool"]), (&json!("sast"), &json!("semgrep")));
        assert_eq!(finding["disposition"], "violation");
        let clean = Mayo::with(Vec::new()).forms(projects, others).start();
        assert_eq!(self::source(&self::run(&clean).ends_with(0))["state"], "complete");
    }
}

#[test]
fn every_page_is_read_and_a_row_that_moved_counts_once() {
    for form in [Form::Data, Form::Items, Form::Bare] {
        let server = Mayo::with(many(250)).forms(Form::Data, form).start();
        assert_eq!(source(&run(&server).ends_with(1))["read"], 250, "{form:?}");
        assert!(server.count("/findings") >= 3);
        // A server with pages of its own size.
        let server = Mayo { size: Some(50), ..Mayo::with(many(250)).forms(Form::Data, form) }.start();
        assert_eq!(source(&run(&server).ends_with(1))["read"], 250, "{form:?}");
    }
    // What stands last on one page stands first on the next, and the total knows.
    let mut rows = many(150);
    rows.insert(100, rows[99].clone());
    let server = Mayo { claims: -1, ..Mayo::with(rows) }.start();
    let run = run(&server).ends_with(1);
    assert_eq!((&source(&run)["state"], &source(&run)["read"]), (&json!("complete"), &json!(150)));
    // One that was resolved on one page and is open on the next counts as open.
    let rows = vec![with(finding("a"), "status", json!("resolved")), finding("a")];
    let run = self::run(&Mayo { claims: -1, ..Mayo::with(rows) }.start()).ends_with(1);
    assert_eq!((&source(&run)["state"], &run.json()["dispositions"]["violation"]), (&json!("complete"), &json!(1)));
}

#[test]
fn pages_are_read_side_by_side_and_not_more_than_the_policy_allows() {
    for (concurrency, most) in [(1, 1), (3, 3)] {
        let mayo = Mayo::with(many(60));
        let inner = mayo.clone();
        let server = mayo.start_with(move |request| {
            let is_later = request.path == "/findings" && request.query("page") != Some("1");
            is_later.then(|| Reply::Slow(Duration::from_millis(80), Box::new(inner.answer(request))))
        });
        let keys = format!("project: checkout-service, page_size: 10, concurrency: {concurrency}");
        let run = run_with(&server, &policy(&keys), &[], &[]).ends_with(1);
        assert_eq!(source(&run)["read"], 60);
        assert_eq!(server.most_at_once(), most);
    }
}

#[test]
fn a_list_that_is_shorter_than_it_says_is_read_once_more_and_then_is_not_complete() {
    for form in [Form::Data, Form::Items] {
        let server = Mayo { claims: 1, ..Mayo::with(many(249)).forms(Form::Data, form) }.start();
        let run = run(&server).ends_with(1);
        blamed(run, "partial", "the total of the findings is 250, and 249 came, and again");
        assert!(server.count("/findings") >= 6);
        // More than it says is as little to be believed.
        let server = Mayo { claims: -1, ..Mayo::with(many(3)).forms(Form::Data, form) }.start();
        blamed(self::run(&server).ends_with(1), "partial", "the total of the findings is 2, and 3 came, and again");
        let server = Mayo { claims: 1, ..Mayo::with(Vec::new()).forms(Form::Data, form) }.start();
        blamed(self::run(&server).ends_with(3), "partial", "the total of the findings is 1, and 0 came");
    }
}

#[test]
fn a_total_that_changes_while_pages_are_read_is_read_once_more() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let first = Mayo::with(many(120));
    let then = Mayo::with(many(130));
    let late = then.clone();
    let server = first.clone().start_with(move |request| {
        let is_list = request.path == "/findings";
        // The second request and all after it see the longer list.
        (is_list && counter.fetch_add(1, Ordering::SeqCst) > 0).then(|| late.answer(request))
    });
    let run = run(&server).ends_with(1);
    assert_eq!(
        (&source(&run)["state"], &source(&run)["read"]),
        (&json!("complete"), &json!(130)),
        "{:#}",
        source(&run)
    );
    // One that never comes to rest.
    let growing = AtomicUsize::new(0);
    let server = first.start_with(move |request| {
        let more = growing.fetch_add(1, Ordering::SeqCst);
        (request.path == "/findings").then(|| Mayo { claims: more as i64, ..then.clone() }.answer(request))
    });
    blamed(self::run(&server).ends_with(1), "partial", "changed while they were read, and again");
}

#[test]
fn a_server_that_knows_no_pages_or_never_ends_is_not_believed() {
    // The same full page again and again.
    let rows = many(100);
    for body in [
        json!(rows),
        json!({"items": rows, "page_size": 100, "total_pages": 3}),
        json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": 300}}),
    ] {
        let again = body.clone();
        let server =
            Mayo::with(many(1)).start_with(move |request| (request.path == "/findings").then(|| Reply::ok(&again)));
        let run = run(&server).ends_with(1);
        assert_eq!(
            (&source(&run)["state"], &source(&run)["read"]),
            (&json!("partial"), &json!(100)),
            "{:#}",
            source(&run)
        );
    }
    // A short one that is given again is all there is.
    let all = json!(many(3));
    let server = Mayo::with(many(3)).start_with(move |request| (request.path == "/findings").then(|| Reply::ok(&all)));
    assert_eq!(source(&run(&server).ends_with(1))["state"], "complete");
    // New findings without end.
    let number = AtomicUsize::new(0);
    let server = Mayo::with(many(1)).start_with(move |request| {
        let n = number.fetch_add(1, Ordering::SeqCst);
        (request.path == "/findings").then(|| Reply::ok(&json!([finding(&format!("f_{n}"))])))
    });
    blamed(run_with(&server, POLICY, &[], &["--timeout", "1s"]).ends_with(1), "failed", "--timeout");
}

#[test]
fn a_page_of_rows_that_cannot_be_read_is_no_end_and_no_repetition() {
    // Fifty at a time, whatever is asked for, and no total: the second page holds what lacks a status.
    let first: Vec<Value> = many(40).into_iter().map(|row| with(row, "status", json!("resolved"))).collect();
    let second: Vec<Value> = (0..40).map(|n| json!({"id": format!("x_{n}"), "project_id": PROJECT})).collect();
    let server = Mayo { projects: vec![project(PROJECT, "checkout-service", 40)], ..Mayo::with(first.clone()) }
        .start_with(move |request| {
            (request.path == "/findings").then(|| {
                Reply::ok(&match request.query("page") {
                    Some("1") => json!(first),
                    Some("2") => json!(second),
                    _ => json!([]),
                })
            })
        });
    blamed(run(&server).ends_with(3), "partial", "40 rows of the findings could not be read");
}

#[test]
fn a_list_that_says_that_it_goes_on_or_looks_like_a_page_is_not_all() {
    let resolved =
        |count| -> Vec<Value> { many(count).into_iter().map(|row| with(row, "status", json!("resolved"))).collect() };
    for (body, why) in [
        (json!({"data": resolved(3), "pagination": {"next_cursor": "abc"}}), "says that there is another one"),
        (json!({"data": resolved(3), "pagination": {"total": 3}, "has_more": true}), "says that there is another one"),
        // The documented size of a page, from a service that does not turn them.
        (json!(resolved(20)), "holds only what came before"),
        (json!({"data": resolved(50)}), "holds only what came before"),
        (json!({"data": resolved(3), "total": 7, "pagination": {"total": 3}}), "total of the findings is 7"),
    ] {
        let again = body.clone();
        let server =
            Mayo::with(resolved(3)).start_with(move |request| (request.path == "/findings").then(|| Reply::ok(&again)));
        blamed(run(&server).ends_with(3), "partial", why);
    }
    // A total that only a later page tells.
    let server = Mayo::with(resolved(3)).start_with(move |request| {
        (request.path == "/findings").then(|| {
            Reply::ok(&match request.query("page") {
                Some("1") => json!({"data": resolved(3)}),
                _ => json!({"data": [], "pagination": {"total": 30}}),
            })
        })
    });
    blamed(run(&server).ends_with(3), "partial", "the total of the findings is 30, and 3 came");
}

#[test]
fn pages_of_more_rows_than_are_ever_read_end_the_reading() {
    let page = |rows: usize, total: u64| {
        let paging = json!({"page": 1, "per_page": 100, "total": total});
        Reply::ok(&json!({"data": vec![Value::Null; rows], "pagination": paging}))
    };
    let large = page(1_000_001, 1_000_001);
    let server = Mayo::with(Vec::new()).start_with(move |request| (request.path == "/findings").then(|| large.clone()));
    blamed(run(&server).ends_with(3), "failed", "more rows than are ever read");
    // The first page is small, and those after it are not.
    let (small, large) = (page(100, 4_000_000), page(700_000, 4_000_000));
    let server = Mayo::with(Vec::new()).start_with(move |request| {
        let is_first = request.query.iter().any(|(name, value)| name == "page" && value == "1");
        (request.path == "/findings").then(|| if is_first { small.clone() } else { large.clone() })
    });
    blamed(run(&server).ends_with(3), "failed", "more rows than are ever read");
    assert!(server.count("/findings") < 40, "{} pages were asked for", server.count("/findings"));
}
