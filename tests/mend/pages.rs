//! Lists to their end, and lists that do not end as they should.

use serde_json::{Value, json};

use crate::common::server::{Reply, Server};
use crate::mock::{Mend, SCA, Shape, judge, path, policy, refused, rows, source, tells};

#[test]
fn lists_are_read_to_their_end_in_every_envelope_and_no_other_host_is_asked() {
    let trap = Server::start(|_| Reply::ok(&json!({"response": []})));
    for shape in [Shape::Flat, Shape::Nested, Shape::Images, Shape::Code] {
        let many: Vec<Value> = (0..7).map(|i| numbered(i, "LOW")).collect();
        let mut mend = Mend::clean().with(SCA, shape, many);
        mend.elsewhere = format!("{}/steal", trap.url);
        let server = mend.start();
        let source = source(&server, "page_size: 2, engines: sca", 1);
        assert_eq!((&source["state"], &source["read"]), (&json!("complete"), &json!(7)), "{shape:?}: {source:#}");
        assert_eq!(server.count(&path(SCA)), 4);
    }
    assert!(trap.requests().is_empty(), "the address of a next page must not be followed");
}

/// A finding of the dependency scanner with an id of its own.
fn numbered(i: u32, severity: &str) -> Value {
    let mut row = rows("sca").remove(0);
    row["uuid"] = json!(format!("4a4dbdef-ed2d-4825-aaaf-{i:012}"));
    row["name"] = json!(format!("CVE-2026-{}", 20000 + i));
    row["vulnerability"]["name"] = row["name"].clone();
    row["vulnerability"]["severity"] = json!(severity);
    row
}

fn page(ids: std::ops::Range<u32>, more: Value) -> Reply {
    Reply::ok(
        &json!({"response": ids.map(|i| numbered(i, "LOW")).collect::<Vec<_>>(), "additionalData": more, "supportToken": "1"}),
    )
}

#[test]
fn a_list_that_does_not_end_as_it_should_is_undecided() {
    for (name, mend, why) in [
        (
            "fewer than the total",
            Mend::clean().always(SCA, page(0..2, json!({"totalItems": "3"}))),
            "Mend counts 3, and 2 came",
        ),
        (
            "an empty page before the end",
            Mend::clean().on(SCA, |request, _| {
                Some(page(
                    if request.query("cursor").is_some() { 0..0 } else { 0..2 },
                    json!({"totalItems": 4, "paging": {"next": "x?cursor=1"}}),
                ))
            }),
            "Mend counts 4, and 2 came",
        ),
        (
            "the same cursor again",
            Mend::clean().on(SCA, |_, n| {
                let n = u32::try_from(n).unwrap();
                Some(page(n..n + 1, json!({"next": "http://x/?cursor=7"})))
            }),
            "in a circle",
        ),
        (
            "the same page again",
            Mend::clean().on(SCA, |_, n| Some(page(0..1, json!({"next": format!("http://x/?cursor={n}")})))),
            "nothing but what had come before",
        ),
        (
            "the next page lost",
            Mend::clean().always(SCA, page(0..1, json!({"paging": {"next": "http://x/more"}}))),
            "no cursor that leads to it",
        ),
        (
            "the total moves, twice",
            Mend::clean().on(SCA, |request, n| {
                let first = request.query("cursor").is_none();
                Some(if first {
                    page(0..1, json!({"totalItems": 3 + n, "next": "http://x/?cursor=1"}))
                } else {
                    page(1..2, json!({"totalItems": 2}))
                })
            }),
            "changed while they were read, twice",
        ),
        ("no list", Mend::clean().always(SCA, Reply::ok(&json!({"response": {"a": 1}}))), "its `response` is no list"),
        (
            "null with a total",
            Mend::clean().always(SCA, Reply::ok(&json!({"response": null, "additionalData": {"totalItems": 1}}))),
            "is no list",
        ),
        (
            "another envelope",
            Mend::clean().always(SCA, Reply::ok(&json!({"data": [], "pagination": {"total": 0}}))),
            "no `response`",
        ),
        ("a bare list", Mend::clean().always(SCA, Reply::ok(&json!([]))), "it is no object"),
        (
            "an error in a good answer",
            Mend::clean()
                .always(SCA, Reply::ok(&json!({"response": [], "additionalData": {"error": "failed loading"}}))),
            "it reports an error: failed loading",
        ),
        (
            "a duplicate key",
            Mend::clean().always(SCA, Reply::text(200, "application/json", r#"{"response": [{}], "response": []}"#)),
            "duplicate field",
        ),
        (
            "truncated",
            Mend::clean().always(SCA, Reply::text(200, "application/json", r#"{"response": [{"uuid": "a"}"#)),
            "cannot read the SCA findings",
        ),
        (
            "no UTF-8",
            Mend::clean().always(SCA, Reply::text(200, "application/json", b"{\"response\": [\"\xff\"]}".to_vec())),
            "is not UTF-8",
        ),
        (
            "a row that is none",
            Mend::clean().with(SCA, Shape::Nested, vec![json!("x")]),
            "1 row of the SCA findings could not be read",
        ),
        (
            "a row without an id",
            Mend::clean().with(SCA, Shape::Nested, vec![json!({"name": "CVE-2026-1"})]),
            "it has no uuid",
        ),
        (
            "a row with half a character",
            Mend::clean().always(SCA, Reply::text(200, "application/json", r#"{"response": [{"uuid": "\ud800"}]}"#)),
            "1 row of the SCA findings",
        ),
        ("only another project's rows", Mend::clean().always(SCA, foreign(1)), "belong to another project"),
        ("only another project's row, twice", Mend::clean().always(SCA, foreign(2)), "belong to another project"),
    ] {
        let server = mend.start();
        let run = judge(&policy(&server, "page_size: 2, engines: sca"), &["--format", "json", "--timeout", "20s"]);
        assert!(matches!(run.status, 1 | 3), "{name}: {}\n{}", run.status, run.stderr);
        let source = &run.json()["sources"][0];
        assert_ne!(source["state"], "complete", "{name}");
        assert!(source["reasons"].to_string().contains(why), "{name}: {:#}", source["reasons"]);
        // Whatever stays when the open ones are allowed is undecided.
        let lenient = policy(&server, "page_size: 2, engines: sca").replace("{all: any}", "{all: critical}");
        judge(&lenient, &["--timeout", "20s"]).ends_with(3);
    }
}

fn foreign(times: usize) -> Reply {
    let mut row = numbered(1, "CRITICAL");
    row["project"]["uuid"] = json!("aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10");
    Reply::ok(&json!({"response": vec![row; times], "additionalData": {"totalItems": 1}}))
}

#[test]
fn a_total_that_changes_once_is_read_again_and_duplicates_count_once() {
    let server = Mend::clean()
        .on(SCA, |request, n| {
            let first = request.query("cursor").is_none();
            Some(match (first, n) {
                (true, 0) => page(0..2, json!({"totalItems": 4, "next": "http://x/?cursor=1"})),
                (false, 1) => page(1..3, json!({"totalItems": 3})),
                // The second time: rows that moved come twice.
                (true, _) => page(0..2, json!({"totalItems": 3, "next": "http://x/?cursor=1"})),
                (false, _) => page(1..3, json!({"totalItems": 3})),
            })
        })
        .start();
    let source = source(&server, "page_size: 2, engines: sca", 1);
    assert_eq!((&source["state"], &source["read"]), (&json!("complete"), &json!(3)), "{source:#}");
    assert_eq!(server.count(&path(SCA)), 4);
}

#[test]
fn a_row_of_another_project_is_left_out_and_told() {
    let mut other = numbered(1, "CRITICAL");
    other["project"]["uuid"] = json!("aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10");
    let mut list = rows("sca").split_off(1);
    list.push(other);
    let server = Mend::clean().with(SCA, Shape::Nested, list).start();
    let source = source(&server, "", 0);
    tells(&source["notes"], "1 of the SCA findings belong to another project");
}

#[test]
fn an_endless_list_ends_with_the_time_of_the_run() {
    let server = Mend::clean()
        .on(SCA, |_, n| {
            let n = u32::try_from(n).unwrap();
            Some(page(n..n + 1, json!({"next": format!("http://x/?cursor={n}")})))
        })
        .start();
    let policy = policy(&server, "engines: sca").replace("{all: any}", "{all: critical}");
    let run = judge(&policy, &["--timeout", "2s"]).ends_with(3);
    run.complains("the time of this run, 2s, is used up");
}

#[test]
fn large_pages_are_asked_for_smaller_where_the_server_cannot() {
    for status in [400, 413] {
        let server = Mend::new()
            .on(SCA, move |request, _| {
                let limit: u32 = request.query("limit").unwrap().parse().unwrap();
                (limit > 250).then(|| refused(status))
            })
            .start();
        assert_eq!(source(&server, "engines: sca", 1)["state"], "complete");
        let limits: Vec<String> = server
            .requests()
            .iter()
            .filter(|r| r.path == path(SCA))
            .map(|r| r.query("limit").unwrap().to_owned())
            .collect();
        assert_eq!(limits, ["1000", "500", "250"]);
    }
}
