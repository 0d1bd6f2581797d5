//! Lists of one type that may not be read.

use std::collections::BTreeSet;

use serde_json::json;

use crate::common::server::Reply;
use crate::mock::{Mock, OTHER, PROJECT, many, of_project, package, refusal};

#[test]
fn a_type_that_the_plan_does_not_have_is_noted_and_undecided_only_where_it_is_named() {
    let vendor = Mock::new().at("/project/{id}/results/container", |_| refusal(403, "not in plan")).start();
    let source = vendor.judge(&of_project(""), &[], 0).source().whole();
    source.notes_that("cannot read the container findings of payments-api").notes_that("not in plan");
    vendor.judge(&of_project(", types: [sast, container]"), &[], 3).source().is("partial", "not in plan");
    vendor.judge(&of_project(", types: [sast, sca]"), &[], 0);
}

#[test]
fn no_list_at_all_is_a_failure_and_says_what_to_do() {
    let vendor =
        Mock::new().before(|request| request.path.contains("/results/").then(|| refusal(403, "Forbidden"))).start();
    let reasons = vendor
        .judge(&of_project(""), &[], 3)
        .source()
        .is("failed", "none of the lists of payments-api may be read")
        .reasons();
    assert!(reasons.contains("Read Only suffices"), "{reasons}");
}

#[test]
fn a_list_that_fails_in_any_other_way_fails_the_source_and_keeps_what_the_others_show() {
    for (reply, want) in [
        (refusal(404, "Not Found"), "answered 404"),
        (refusal(400, "bad"), "answered 400 (bad)"),
        (Reply::json(400, &json!({"message": ["a must be b", "c"], "error": "Bad Request"})), "(a must be b; c)"),
        (
            Reply::json(
                400,
                &json!({"timestamp": "x", "service": "S", "method": "m", "message": "Invalid", "code": 400}),
            ),
            "(Invalid)",
        ),
        (Reply::json(404, &json!({"error_description": "described", "error": "short"})), "(described)"),
        (Reply::json(404, &json!({"error": "short"})), "(short)"),
        (Reply::text(404, "text/html", "<html>not here</html>"), "a page for people"),
        (Reply::text(404, "text/plain", ""), "answered 404; it does not exist here"),
        (Reply::json(410, &json!({"message": "Gone"})), "create a personal access token"),
        (Reply::ok(&json!({"message": "Forbidden", "statusCode": 403})), "it holds no `vulnerabilities`"),
        (Reply::ok(&json!({"total": 3, "totalPages": 1, "vulnerabilities": null})), "it holds no `vulnerabilities`"),
        (Reply::ok(&json!({"total": 0, "totalPages": 0, "vulnerabilities": "none"})), "cannot be read"),
        (
            Reply::ok(&json!({"projectId": OTHER, "total": 0, "totalPages": 0, "vulnerabilities": []})),
            "it is of another project",
        ),
        (Reply::text(200, "application/json", "{\"total\": 1, \"vulnerabilities\": [{\"ba}"), "cannot be read"),
        (
            Reply::text(200, "application/json", "{\"total\": 1, \"total\": 0, \"vulnerabilities\": []}"),
            "duplicate field",
        ),
        (
            Reply::text(200, "application/json", b"{\"total\": 0, \"vulnerabilities\": [], \"x\": \"\xff\"}".to_vec()),
            "not UTF-8",
        ),
    ] {
        let vendor = Mock::new().with("sast", many(1)).at("/project/{id}/results/iac", move |_| reply.clone()).start();
        let run = vendor.judge(&of_project(""), &[], 1);
        let source = run.source().is("failed", want);
        assert!(source.reasons().contains("cannot read the IaC findings of payments-api"), "{}", source.reasons());
        assert_eq!(source.read(), 1);
    }
}

#[test]
fn an_empty_list_may_come_without_its_rows() {
    let reply = Reply::ok(&json!({"projectId": PROJECT, "total": 0, "totalPages": 0, "vulnerabilities": null}));
    let vendor = Mock::new().at("/project/{id}/results/iac", move |_| reply.clone()).start();
    vendor.judge(&of_project(""), &[], 0).source().whole();
}

#[test]
fn a_server_that_takes_only_the_documented_parameters_gets_only_those() {
    let mut mock = Mock::new().with("sast", many(25)).with("sca", (1..=25).map(|n| package(n, json!("low"))).collect());
    mock.clamp = 10;
    let mock = mock.before(|request| {
        let list = request.path.split("/results/").nth(1)?;
        let names: BTreeSet<&str> = request.query.iter().map(|(name, _)| name.as_str()).collect();
        let pair: BTreeSet<&str> = if ["sca", "container"].contains(&list) {
            ["page", "limit"].into()
        } else {
            ["pageNumber", "pageSizeNumber"].into()
        };
        (names != pair).then(|| refusal(400, "property page should not exist"))
    });
    let vendor = mock.start();
    assert_eq!(vendor.judge(&of_project(""), &[], 1).source().whole().read(), 50);
    assert_eq!(vendor.of_list("sast").len(), 4, "the other dialect is tried once");
}
