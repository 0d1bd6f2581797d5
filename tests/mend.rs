//! Mend, end to end: against a server that answers as Mend does.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;
#[path = "mend/mock.rs"]
mod mock;

use std::time::Duration;

use common::server::{Reply, Server};
use common::{Folder, finish};
use mock::*;
use serde_json::{Value, json};

fn findings(run: &Value, key: &str) -> Vec<String> {
    let list = run["findings"].as_array().unwrap().iter();
    list.map(|finding| {
        format!(
            "{} {} {}",
            finding["kind"].as_str().unwrap(),
            finding["severity"].as_str().unwrap(),
            finding[key].as_str().unwrap_or("-")
        )
    })
    .collect()
}

#[test]
fn a_project_is_read_by_its_scans_and_what_mend_excuses_does_not_count() {
    let server = Mend::new().start();
    let run = judge(&policy(&server, ""), &["--format", "json"]).ends_with(1).json();
    let source = &run["sources"][0];
    assert_eq!((&source["state"], &source["read"], &source["open"]), (&json!("complete"), &json!(5), &json!(2)));
    assert_eq!(source["projects"], json!(["GH_payments-api_main"]));
    assert_eq!(source["scans"][0]["engine"], "SAST");
    assert_eq!((&source["scans"][0]["findings"], &source["scans"][1]["findings"]), (&json!(2), &json!(3)));
    let mut seen = findings(&run, "disposition");
    seen.sort();
    assert_eq!(
        seen,
        ["sast high violation", "sast low excused", "sca critical violation", "sca high excused", "sca medium excused"]
    );
    // SCA by project, code by scan, in the end the token is given back.
    assert_eq!(server.count(&path(&sast_of(SAST_SCAN))), 1);
    assert_eq!(server.count(&path(SAST)), 0);
    assert_eq!(server.count(&path("logout")), 1);
    assert_eq!(server.count(&path("login")), 1);
    tells(&source["notes"], "licenses and policy violations are not read");
    tells(&source["notes"], "no total given for the SAST findings");
    for request in
        server.requests().iter().filter(|request| request.bearer().is_some() && request.path != path("logout"))
    {
        assert_eq!(request.query("limit"), Some("1000"), "{request:?}");
    }
}

#[test]
fn a_project_in_which_nothing_is_open_passes() {
    let server = Mend::clean().start();
    judge(&policy(&server, ""), &[]).ends_with(0).says("PASS");
}

#[test]
fn two_runs_give_the_same_bytes() {
    let server = Mend::new().start();
    let policy = policy(&server, "engines: [sca, sast], page_size: 1");
    let run = || judge(&policy, &["--format", "json", "--as-of", "2026-11-21"]).ends_with(1).stdout;
    let first = run();
    assert_eq!(first, run());
    assert_eq!(first, run());
}

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

#[test]
fn a_token_that_ends_is_renewed_whoever_says_so() {
    for status in [401, 403] {
        let mut mend = Mend::new();
        mend.ends = Some((2, status));
        let server = mend.start();
        let source = source(&server, "page_size: 1, concurrency: 1", 1);
        assert_eq!((&source["state"], &source["read"]), (&json!("complete"), &json!(5)), "{status}");
        assert_eq!(server.count(&path("login")), 1, "the refresh token suffices");
        assert!(server.count(&path("login/accessToken")) > 2, "{status}");
    }
}

#[test]
fn a_token_is_renewed_before_it_ends_whatever_tells_when_that_is() {
    for (life, ttl, tokens) in [
        (600, json!(null), 1),
        (1800, json!(1), 1),
        (1, json!(1800), 2),
        // Its own claim is of no use: then the answer's, in seconds or milliseconds.
        (-1, json!("1"), 2),
        (-1, json!(600_000), 1),
        (-1, json!(null), 1),
    ] {
        let mut mend = Mend::new().on(SCANS, |_, _| {
            std::thread::sleep(Duration::from_millis(1100));
            None
        });
        (mend.life, mend.ttl) = (life, ttl.clone());
        let server = mend.start();
        assert_eq!(source(&server, "", 1)["state"], "complete");
        assert_eq!(server.count(&path("login/accessToken")), tokens, "{life} {ttl}");
    }
}

#[test]
fn a_refused_refresh_token_leads_to_a_new_login() {
    let mut mend = Mend::new().on("login/accessToken", |_, n| (n == 1).then(|| refused(403)));
    mend.ends = Some((2, 401));
    let server = mend.start();
    assert_eq!(source(&server, "concurrency: 1", 1)["state"], "complete");
    assert_eq!(server.count(&path("login")), 2);
}

#[test]
fn what_stays_refused_with_a_new_token_is_a_missing_permission() {
    for (list, what, more) in [
        (SCA, "SCA findings", ""),
        (SCANS, "scans", ""),
        (SUMMARIES, "project summaries", ""),
        (VIOLATIONS, "policy violations", "engines: [sca, license]"),
    ] {
        for status in [401, 403] {
            let reply = Reply::json(status, &json!({"supportToken": "9af0", "message": "denied"}));
            let server = Mend::clean().with(LIBRARIES, Shape::Nested, vec![]).always(list, reply).start();
            let source = source(&server, more, 3);
            assert_eq!(source["state"], "failed", "{list}");
            let reason = source["reason"].as_str().unwrap();
            for part in
                [what, &status.to_string(), "denied, support token 9af0", "may not read", "Organization Auditor"]
            {
                assert!(reason.contains(part), "{list}: {reason}");
            }
            assert_eq!(server.count(&path(list)), 2, "once more with a new token, and no more");
            assert_eq!(server.count(&path("logout")), 1);
        }
    }
}

#[test]
fn the_message_of_a_refusal_is_found_wherever_it_stands_and_no_page_is_repeated() {
    for (body, want) in [
        (
            json!({"additionalData": {"message": "Something went wrong", "success": false}, "response": null, "supportToken": "4c"}),
            "(Something went wrong, support token 4c)",
        ),
        (
            json!({"additionalData": {"error": "failed loading"}, "response": [], "supportToken": "65"}),
            "(failed loading, support token 65)",
        ),
        (json!({"errorMessage": "no such"}), "(no such)"),
        (json!({"response": {"message": "inner"}}), "(inner)"),
        (json!("Unauthorized"), "(Unauthorized)"),
        (json!({"supportToken": "1"}), "(support token 1)"),
    ] {
        let server = Mend::clean().always(SCA, Reply::json(404, &body)).start();
        let source = source(&server, "", 3);
        assert!(source["reason"].as_str().unwrap().contains(want), "{source:#}");
    }
    let server = Mend::clean().always(SCA, Reply::text(404, "text/html", "<html><script>x</script></html>")).start();
    let reason = source(&server, "", 3)["reason"].to_string();
    assert!(reason.contains("a page for people") && !reason.contains("script"), "{reason}");
}

#[test]
fn a_wrong_key_is_told_apart_from_everything_else_and_never_printed() {
    for status in [400, 401, 403] {
        let server = Mend::new().always("login", refused(status)).start();
        let run = judge(&policy(&server, ""), &["--verbose"]).ends_with(3);
        assert!(run.stderr.contains("cannot log in to Mend"), "{}", run.stderr);
        assert!(run.stderr.contains("are MEND_EMAIL and MEND_USER_KEY right"), "{}", run.stderr);
        for secret in [KEY, EMAIL] {
            assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret), "{}{}", run.stdout, run.stderr);
        }
        assert_eq!(server.count(&path("login")), 1, "a wrong key is not tried again");
    }
    let server = Mend::new().always("login", Reply::ok(&json!({"response": {"userUuid": "u"}}))).start();
    judge(&policy(&server, ""), &[]).ends_with(3).complains("no refresh token");
    let server = Mend::new().always("login/accessToken", refused(403)).start();
    judge(&policy(&server, ""), &[]).ends_with(3).complains("does the user belong to the organization");
    let server = Mend::new().always("login/accessToken", Reply::ok(&json!({"response": {"orgUuid": ORG}}))).start();
    judge(&policy(&server, ""), &[]).ends_with(3).complains("there is no token in it");
}

#[test]
fn a_key_of_another_organization_is_refused_and_its_projects_are_not_read() {
    let mut mend = Mend::clean();
    mend.org = "99999999-6a3e-4b55-9d1e-0c4b7f2e9a11".to_owned();
    let server = mend.start();
    let source = source(&server, "", 3);
    let reason = source["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("the key belongs to organization 99999999-6a3e-4b55-9d1e-0c4b7f2e9a11 (Acme)"),
        "{reason}"
    );
    assert!(reason.contains(ORG), "{reason}");
    assert!(server.requests().iter().all(|request| !request.path.contains("/orgs/")), "nothing of it was read");
    assert_eq!(server.count(&path("logout")), 1, "and the token is given back");
    assert!(server.requests().iter().any(|r| r.path == path("login/accessToken") && r.query("orgUuid") == Some(ORG)));
}

#[test]
fn without_an_organization_that_of_the_key_is_read_and_told() {
    let server = Mend::clean().start();
    let policy = policy(&server, "").replace(&format!("org: {ORG}, "), "");
    let run = judge(&policy, &["--format", "json"]).ends_with(0).json();
    tells(&run["sources"][0]["notes"], &format!("the organization is the key's own, {ORG} (Acme)"));
    let login = server.requests().into_iter().find(|r| r.path == path("login/accessToken")).unwrap();
    assert_eq!(login.query("orgUuid"), None);
}

#[test]
fn credentials_that_a_server_echoes_are_masked_in_every_output() {
    let echo = format!("bad {KEY} of {EMAIL}");
    let mut row = rows("sca").remove(0);
    row["vulnerability"]["description"] = json!(format!("Found {KEY} here"));
    row["findingInfo"]["comment"] = json!({"comment": EMAIL});
    row["findingInfo"]["findingStatus"] = json!("SUPPRESSED");
    let reply = Reply::json(404, &json!({"message": echo}));
    let server = Mend::clean()
        .with(SCA, Shape::Nested, vec![row])
        .with(LIBRARIES, Shape::Nested, vec![])
        .always(VIOLATIONS, reply)
        .start();
    let policy = policy(&server, "engines: [sca, license]");
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let run = judge(&policy, &["--format", format, "--verbose"]).ends_with(3);
        for text in [&run.stdout, &run.stderr] {
            assert!(!text.contains(KEY) && !text.contains(EMAIL), "{format}: {text}");
            for token in ["rt-2f7c0b6b4e1d9988", ".c2lnbmF0dXJl"] {
                assert!(!text.contains(token), "{format}: {text}");
            }
        }
        if format == "json" {
            assert!(
                run.stdout.contains("Found **** here") && run.stdout.contains("bad **** of ****"),
                "{}",
                run.stdout
            );
        }
    }
}

#[test]
fn a_credential_at_the_end_of_what_is_repeated_is_not_shown_by_half() {
    for before in [140, 145, 190, 195] {
        let said = format!("{}{KEY}{}", "x".repeat(before), "y".repeat(100));
        for reply in [Reply::text(404, "text/plain", said.clone()), Reply::json(404, &json!({"message": said}))] {
            let server = Mend::clean().always(SCA, reply).start();
            let run = judge(&policy(&server, "engines: sca"), &["--verbose"]).ends_with(3);
            assert!(!run.stdout.contains("xuk") && !run.stderr.contains("xuk"), "{}{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn a_redirect_is_not_followed_and_no_token_leaves() {
    let trap = Server::start(|_| Reply::ok(&json!({"response": []})));
    for list in ["login", "login/accessToken", SUMMARIES, SCA] {
        let to = format!("{}/x", trap.url);
        let server = Mend::clean().always(list, Reply::text(302, "text/html", "").with("Location", &to)).start();
        tells(&source(&server, "", 3)["reasons"], "where no credential is sent");
    }
    assert!(trap.requests().is_empty());
}

#[test]
fn a_page_for_people_is_no_answer() {
    for list in ["login", SUMMARIES, SCA] {
        let server = Mend::clean().always(list, Reply::text(200, "text/html", "<!doctype html><p>Sign in</p>")).start();
        tells(&source(&server, "", 3)["reasons"], "a page for people");
    }
}

#[test]
fn passing_trouble_is_waited_out_and_lasting_trouble_is_undecided() {
    let server = Mend::new().on(SCA, |_, n| (n < 2).then(|| refused(500))).start();
    assert_eq!(source(&server, "", 1)["state"], "complete");
    let server = Mend::new()
        .on(SCA, |_, n| (n < 3).then(|| refused(429).with("Retry-After", "0")))
        .on("login", |_, n| (n < 1).then(|| refused(503).with("Retry-After", "0")))
        .on(&sast_of(SAST_SCAN), |_, n| (n < 1).then_some(Reply::Cut(200, br#"{"response": [], "x": 1}"#.to_vec(), 9)))
        .on(SCANS, |_, n| (n < 1).then_some(Reply::Hangup))
        .start();
    assert_eq!(source(&server, "", 1)["state"], "complete");
    let server = Mend::clean().always(SCA, refused(500)).start();
    judge(&policy(&server, ""), &["--timeout", "3s"]).ends_with(3).complains("SCA findings");
    let server = Mend::clean().always(SCA, refused(429).with("Retry-After", "3600")).start();
    judge(&policy(&server, ""), &["--timeout", "5s"]).ends_with(3).complains("too many requests");
    let server = Mend::clean().always(SCA, Reply::Cut(200, br#"{"response": []}"#.to_vec(), 5)).start();
    judge(&policy(&server, ""), &["--timeout", "3s"]).ends_with(3);
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let slow = |mend: Mend| {
        [SCA, VIOLATIONS, LIBRARIES, IMAGES, SECRETS, SAST].iter().fold(mend, |mend, list| {
            mend.on(list, |_, _| {
                std::thread::sleep(Duration::from_millis(100));
                None
            })
        })
    };
    let full = || {
        slow(with_images(Mend::clean()).without(&sast_of(SAST_SCAN)))
            .with(SAST, Shape::Code, vec![])
            .with(VIOLATIONS, Shape::Flat, vec![])
            .with(LIBRARIES, Shape::Nested, vec![])
    };
    for (concurrency, most) in [(1, 1), (2, 2), (4, 4)] {
        let server = full().start();
        let source = source(
            &server,
            &format!("concurrency: {concurrency}, engines: [sca, sast, container, secret, license]"),
            0,
        );
        assert_eq!(source["state"], "complete", "{source:#}");
        assert!(server.most_at_once() <= most, "{} at once", server.most_at_once());
        if most > 1 {
            assert!(server.most_at_once() > 1, "lists are read at the same time");
        }
    }
}

/// An image was scanned, too; nothing was found in it.
fn with_images(mend: Mend) -> Mend {
    mend.scans(vec![
        scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z"),
        scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"),
        scan(IMG_SCAN, "IMG", "FINISHED", "2026-09-14T08:22:40Z"),
    ])
    .with(IMAGES, Shape::Images, vec![])
    .with(SECRETS, Shape::Images, vec![])
}

#[test]
fn images_are_read_by_scan_else_by_project_and_every_row_is_open() {
    let of_scan = |rest: &str| format!("projects/{{p}}/scans/{IMG_SCAN}/images/findings/{rest}");
    let mut other = rows("images").remove(0);
    other["uuid"] = json!("edcd08f7-0688-4a30-932b-541256072847");
    other["vulnerabilityId"] = json!("CVE-2026-30004");
    other["projectUuid"] = json!(PROJECT);
    other["detectionDate"] = json!("2026-09-10T16:15:26Z");
    for field in ["vulnerabilityID", "projectUUID"] {
        other.as_object_mut().unwrap().remove(field);
    }
    let both = vec![rows("images").remove(0), other];
    let by_scan = with_images(Mend::clean())
        .with(&of_scan("security"), Shape::Images, both.clone())
        .with(&of_scan("secrets"), Shape::Images, rows("secrets"))
        .start();
    let by_project = with_images(Mend::clean())
        .with(IMAGES, Shape::Images, both)
        .with(SECRETS, Shape::Images, rows("secrets"))
        .start();
    for (server, noted) in [(&by_scan, false), (&by_project, true)] {
        let run = judge(&policy(server, "page_size: 1"), &["--format", "json"]).ends_with(1).json();
        let mut open: Vec<String> = run["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|f| f["disposition"] == "violation")
            .map(|f| format!("{} {}", f["kind"].as_str().unwrap(), f["severity"].as_str().unwrap()))
            .collect();
        open.sort();
        assert_eq!(open, ["container high", "container high", "secret high"]);
        let notes = &run["sources"][0]["notes"];
        tells(notes, "Mend tells no status of image findings and secrets");
        assert_eq!(
            notes.to_string().contains("does not show the image findings of the newest scan"),
            noted,
            "{notes:#}"
        );
        assert_eq!(run["sources"][0]["state"], "complete");
    }
}

#[test]
fn the_newest_scan_of_one_image_does_not_hide_what_another_image_has() {
    let list = format!("projects/{{p}}/scans/{IMG_SCAN}/images/findings/security");
    let server = with_images(Mend::clean())
        .with(&list, Shape::Images, vec![])
        .with(&format!("projects/{{p}}/scans/{IMG_SCAN}/images/findings/secrets"), Shape::Images, vec![])
        .with(IMAGES, Shape::Images, rows("images"))
        .start();
    let run = judge(&policy(&server, ""), &["--format", "json"]).ends_with(1).json();
    let open = run["findings"].as_array().unwrap().iter().filter(|finding| finding["kind"] == "container").count();
    assert_eq!(open, 1, "{run:#}");
    tells(&run["sources"][0]["notes"], "are not of its newest IMG scan");
}

#[test]
fn licenses_and_violations_are_read_when_asked_for() {
    let mut lax = rows("libraries").remove(0);
    lax["uuid"] = json!("3d1f4c3b-9a8b-4c7d-8e6f-5a4b3c2d1e0f");
    lax["name"] = json!("easy-1.0.jar");
    lax["purl"] = json!("pkg:maven/org.easy/easy@1.0?type=jar");
    lax["licenses"] = json!([{"name": "MIT", "severity": "LOW"}, {"name": "LGPL-2.1", "severity": "MEDIUM"}]);
    let libraries = vec![rows("libraries").remove(0), lax];
    let server = Mend::clean()
        .with(VIOLATIONS, Shape::Flat, rows("violations"))
        .with(LIBRARIES, Shape::Nested, libraries)
        .start();
    for (licenses, want) in [
        ("violations", vec!["GPL-3.0"]),
        ("risky", vec!["GPL-3.0", "LGPL-2.1"]),
        ("all", vec!["GPL-3.0", "LGPL-2.1", "MIT"]),
    ] {
        let more = format!("engines: [sca, license], licenses: {licenses}");
        let run = judge(&policy(&server, &more), &["--format", "json"]).ends_with(1).json();
        let mut told: Vec<&str> = run["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["kind"] == "license")
            .map(|finding| finding["license"][0].as_str().unwrap())
            .collect();
        told.sort_unstable();
        assert_eq!(told, want, "{licenses}");
        tells(
            &run["sources"][0]["notes"],
            "1 policy violations of GH_payments-api_main are by findings that its lists tell",
        );
        tells(&run["sources"][0]["notes"], "no status of policy violations");
        let gpl =
            run["findings"].as_array().unwrap().iter().find(|finding| finding["license"][0] == "GPL-3.0").unwrap();
        assert_eq!(gpl["package"]["purl"], "pkg:maven/org.copyleft/copyleft-parser@3.1.0");
    }
    // Without libraries a violation still counts; a choice of licenses cannot be made.
    let server = Mend::clean().with(VIOLATIONS, Shape::Flat, rows("violations")).start();
    let source_of = |more: &str, status| source(&server, more, status);
    tells(&source_of("engines: [sca, license]", 1)["notes"], "without facts of their libraries");
    assert_eq!(source_of("engines: [sca, license], licenses: all", 1)["state"], "failed");
}

#[test]
fn a_rule_on_licenses_sees_those_of_every_library() {
    let server =
        Mend::clean().with(VIOLATIONS, Shape::Flat, vec![]).with(LIBRARIES, Shape::Nested, rows("libraries")).start();
    let judge_by = |licenses: &str, status| {
        let policy = format!(
            "{}rules:\n  copyleft: {{when: {{kind: license, license: 'GPL-*'}}}}\n",
            policy(&server, &format!("engines: [sca, license], licenses: {licenses}"))
                .replace("thresholds: {all: any}\n", "")
        );
        judge(&policy, &[]).ends_with(status);
    };
    judge_by("all", 1);
    judge_by("violations", 0);
}

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
fn scans_whose_findings_mend_does_not_list_are_no_part_of_a_pass_that_nobody_asked_for() {
    let mut mend = Mend::clean();
    let (_, scans) = mend.lists.get_mut(&path(SCANS)).unwrap();
    scans.push(scan("99990000-a6ff-4303-89a6-b051062fa5e3", "IAC", "FAILED", "2026-09-14T08:18:20Z"));
    let told = "has IAC scans, too; Mend has no list of what they found";
    let server = mend.start();
    tells(&source(&server, "", 3)["reasons"], told);
    tells(&source(&server, "engines: [sca, sast]", 0)["notes"], told);
}

#[test]
fn a_scan_of_no_engine_alone_may_have_been_of_any() {
    // Where the summary does not tell which engines ran, their lists are asked.
    let of = |engine: &str| {
        let scans = vec![
            scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"),
            scan(IMG_SCAN, engine, "FINISHED", "2026-09-14T08:21:40Z"),
        ];
        let mut mend = Mend::clean().scans(scans).with(SAST, Shape::Code, rows("sast"));
        mend = mend.with(IMAGES, Shape::Images, vec![]).with(SECRETS, Shape::Images, vec![]);
        mend.summaries[0]["statistics"] = json!({});
        mend.start()
    };
    assert_eq!(source(&of("UNIFIED"), "", 1)["state"], "complete");
    assert_eq!(source(&of("SCA"), "", 0)["state"], "complete");
}

#[test]
fn an_engine_that_is_asked_for_and_never_ran_is_not_clean() {
    let server = with_images(Mend::clean())
        .scans(vec![scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z")])
        .last_scan(json!({"lastScanTime": 1, "lastScaScanTime": 1, "lastSastScanTime": 0, "lastImgScanTime": 0}))
        .with(SAST, Shape::Code, vec![])
        .start();
    for (engine, kind) in [("sast", "SAST"), ("container", "IMG"), ("secret", "IMG")] {
        let source = source(&server, &format!("engines: [sca, {engine}]"), 3);
        tells(&source["reasons"], &format!("`engines` asks for {engine}, but no {kind} scan ever ran"));
    }
    // Nobody asked for it: only what ran is read.
    let source_of = source(&server, "", 0);
    assert_eq!((&source_of["state"], server.count(&path(SAST))), (&json!("complete"), 1));
    let server = Mend::clean()
        .scans(vec![scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z")])
        .last_scan(json!({"lastScanTime": 1, "lastScaScanTime": 0, "lastSastScanTime": 1}))
        .start();
    tells(&source(&server, "", 0)["notes"], "no SCA scan ever ran in the project");
}

#[test]
fn the_project_is_found_by_repository_and_branch() {
    let server = Mend::clean().start();
    let find = |repo: &str, branch: &str| {
        judge(&policy(&server, "named: no"), &["--repo", repo, "--branch", branch, "--format", "json"])
    };
    let run = find("github.com/acme/payments-api", "main").ends_with(0).json();
    assert_eq!(run["sources"][0]["projects"], json!(["GH_payments-api_main"]));
    let run = find("github.com/acme/payments-api", "dev").ends_with(3).json();
    tells(
        &run["sources"][0]["reasons"],
        "no project at Mend is of the repository github.com/acme/payments-api and of the branch dev",
    );
    let run = find("github.com/acme/other", "main").ends_with(3).json();
    tells(&run["sources"][0]["reasons"], "none of the 1 projects");

    let mut mend = Mend::clean();
    let mut twin = mend.summaries[0].clone();
    twin["uuid"] = json!("aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10");
    twin["name"] = json!("GH_payments-api_too");
    mend.summaries.push(twin);
    let server = mend.start();
    let run = judge(
        &policy(&server, "named: no"),
        &["--repo", "github.com/acme/payments-api", "--branch", "main", "--format", "json"],
    )
    .ends_with(3)
    .json();
    tells(
        &run["sources"][0]["reasons"],
        "GH_acme/GH_payments-api_main (8c0d2f5e-7a41-4f0e-9c55-3f6f0c1b7d10), GH_acme/GH_payments-api_too (aaaaaaaa",
    );
}

#[test]
fn projects_are_named_by_name_application_or_uuid_and_several_are_read_at_once() {
    let second = "aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10";
    let mut mend = Mend::clean();
    let mut twin = mend.summaries[0].clone();
    (twin["uuid"], twin["applicationName"]) = (json!(second), json!("GH_blog"));
    mend.summaries.push(twin);
    let of_second = |list: &str| list.replace("{p}", second);
    let mend = mend
        .with(
            &of_second(SCANS),
            Shape::Flat,
            vec![json!({"uuid": "s-2", "scanTime": "2026-09-14T08:21:40Z", "scanStatus": "FINISHED", "engine": "SCA"})],
        )
        .with(&of_second(SCA), Shape::Flat, {
            let mut row = rows("sca").remove(0);
            row["project"]["uuid"] = json!(second);
            vec![row]
        })
        .with(&of_second(SAST), Shape::Code, vec![]);
    let server = mend.start();
    for (projects, status, names) in [
        (PROJECT, 0, json!(["GH_payments-api_main"])),
        (second, 1, json!(["GH_payments-api_main"])),
        ("GH_blog/GH_payments-api_main", 1, json!(["GH_payments-api_main"])),
        (
            "[GH_acme/GH_payments-api_main, GH_blog/GH_payments-api_main]",
            1,
            json!(["GH_acme/GH_payments-api_main", "GH_blog/GH_payments-api_main"]),
        ),
    ] {
        let source = source(&server, &format!("projects: {projects}"), status);
        assert_eq!((&source["projects"], &source["state"]), (&names, &json!("complete")), "{projects}: {source:#}");
    }
    tells(&source(&server, "project: GH_payments-api_main", 3)["reasons"], "write application/name or the UUID");
    assert_eq!(source(&server, "project: GH_payments-api_main, application: GH_acme", 0)["state"], "complete");
    // Mend shows a user only what they may see, and nothing says why.
    let gone = "bbbbbbbb-7a41-4f0e-9c55-3f6f0c1b7d10";
    let source_of = source(&server, &format!("project: {gone}"), 3);
    tells(&source_of["reasons"], "Mend shows no project `bbbbbbbb-7a41-4f0e-9c55-3f6f0c1b7d10`");
    tells(&source_of["reasons"], "is it active?");
    let asked = server.requests().into_iter().rfind(|r| r.path == path(SUMMARIES)).unwrap();
    assert_eq!(asked.json(), json!({"projectUuids": [gone]}));
    // The command line goes before the policy.
    judge(&policy(&server, &format!("project: {gone}")), &["--project", PROJECT]).ends_with(0);
}

#[test]
fn no_project_proves_anything_for_another_one() {
    let second = "aaaaaaaa-7a41-4f0e-9c55-3f6f0c1b7d10";
    let of_second = |list: &str| list.replace("{p}", second);
    let both = |twin: &dyn Fn(&mut Value), scans: Vec<Value>| {
        let mut mend = Mend::clean().scans(vec![scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z")]);
        let mut copy = mend.summaries[0].clone();
        copy["uuid"] = json!(second);
        twin(&mut copy);
        mend.summaries.push(copy);
        mend.with(&of_second(SCANS), Shape::Flat, scans).with(&of_second(SCA), Shape::Flat, vec![]).start()
    };
    let judged = |server: &Server| {
        let more = format!("projects: [{PROJECT}, {second}], engines: sca, max_age: 7d");
        let run = judge(&policy(server, &more), &["--format", "json", "--as-of", "2026-09-15"]).ends_with(3);
        run.json()["sources"][0].clone()
    };
    // The scans of the one are recent; of the other none is listed.
    let source = judged(&both(&|twin| twin["name"] = json!("blog"), vec![]));
    tells(&source["reasons"], "Mend lists no SCA scan of the project blog");
    // Both have one name and one application, and only one was scanned of late.
    let old = json!({"uuid": "s-2", "scanTime": "2025-01-01T08:21:40Z", "scanStatus": "FINISHED", "engine": "SCA"});
    let source = judged(&both(&|_| {}, vec![old]));
    assert_eq!(source["state"], "stale", "{source:#}");
    tells(&source["reasons"], &format!("({second}) ended"));
}

#[test]
fn a_new_token_of_another_organization_ends_the_reading() {
    // The key's own organization changes while its lists are read; there the project has no findings.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let mut mend = Mend::clean().with(SCA, Shape::Nested, vec![]);
    mend.ends = Some((2, 401));
    let server = mend
        .on("login/accessToken", move |_, _| {
            let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
            (!first).then(|| {
                Reply::ok(
                    &json!({"response": {"jwtToken": "a.b.c", "orgUuid": "99999999-6a3e-4b55-9d1e-0c4b7f2e9a11"}}),
                )
            })
        })
        .start();
    let policy = policy(&server, "engines: sca").replace(&format!("org: {ORG}, "), "");
    judge(&policy, &[]).ends_with(3).complains("of another organization (99999999-6a3e-4b55-9d1e-0c4b7f2e9a11)");
}

#[test]
fn the_word_of_another_scan_is_none_of_this_one() {
    let mut mend = Mend::clean().scans(vec![scan(SCA_SCAN, "SCA", "RUNNING", "2026-09-14T08:21:40Z")]);
    let detail = format!("{SCANS}/{SCA_SCAN}");
    mend.details
        .insert(path(&detail), json!({"uuid": SAST_SCAN, "status": "FINISHED", "endTime": "2026-09-14T09:00:00Z"}));
    tells(&source(&mend.start(), "engines: sca", 3)["reasons"], "is still running");
}

#[test]
fn words_that_nobody_knows_count_as_open_and_are_told() {
    let mut rows = rows("sca").split_off(1);
    rows[0]["findingInfo"] = json!({"findingStatus": "ARCHIVED"});
    rows[0]["vulnerability"] = json!({"name": "WS-2024-0042", "severity": "FATAL", "score": null});
    let server = Mend::clean().with(SCA, Shape::Nested, rows).start();
    let run = judge(&policy(&server, ""), &["--format", "json"]).ends_with(1).json();
    let open = run["findings"].as_array().unwrap().iter().find(|f| f["disposition"] == "violation").unwrap();
    assert_eq!((&open["severity"], &open["counted_severity"]), (&json!("unknown"), &json!("critical")));
    tells(&run["sources"][0]["notes"], "the status `ARCHIVED`");
    tells(&run["sources"][0]["notes"], "the severity `FATAL`");
}

#[test]
fn the_older_form_of_everything_is_read() {
    // 2024: no `findingStatus`, no contexts, no reachability, switches as words, `None` for null.
    let mut old = rows("sca").remove(0);
    old["findingInfo"] = json!({"status": "ACTIVE", "comment": {}, "detectedAt": "2024-11-02T22:22:08Z"});
    for field in ["dependencyContexts", "reachability", "malicious", "workflowUuids", "violations"] {
        old.as_object_mut().unwrap().remove(field);
    }
    old["component"]["directDependency"] = json!("True");
    old["component"]["dependencyType"] = json!("");
    old["component"].as_object_mut().unwrap().remove("path");
    old["topFix"] = json!({});
    let mut scan = scan(SCA_SCAN, "SCA", "", "2026-09-14T08:21:40Z");
    scan.as_object_mut().unwrap().remove("scanStatus");
    scan["status"] = json!("FINISHED");
    let mut mend = Mend::clean().with(SCA, Shape::Nested, vec![old]).scans(vec![scan]);
    mend.summaries[0].as_object_mut().unwrap().remove("applicationName");
    mend.summaries[0]["labels"] = json!([{"contextType": "project"}]);
    mend.summaries[0]["statistics"]["IMG_SECURITY"] = json!({"imgMaxRiskScore": 7.5});
    let server = mend.start();
    let run = judge(&policy(&server, "projects: GH_acme/GH_payments-api_main, engines: sca"), &["--format", "json"])
        .ends_with(1)
        .json();
    assert_eq!(run["sources"][0]["state"], "complete");
    assert_eq!((&run["findings"][0]["package"]["direct"], &run["findings"][0]["fix"]), (&json!(true), &json!("none")));
}

#[test]
fn what_is_missing_or_wrong_in_the_settings_is_status_two_and_nobody_is_asked() {
    let server = Mend::clean().start();
    let folder = Folder::new().with("policy.yml", policy(&server, ""));
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml"]).args(arguments).envs(variables.iter().copied());
        finish(&mut command)
    };
    run(&[], &[]).ends_with(2).complains("MEND_EMAIL and MEND_USER_KEY");
    run(&[("MEND_EMAIL", EMAIL)], &[]).ends_with(2).complains("MEND_USER_KEY is empty");
    let keys = [("MEND_EMAIL", EMAIL), ("MEND_USER_KEY", KEY)];
    let with = |more: (&'static str, &'static str)| [keys[0], keys[1], more];
    run(&with(("MEND_ORG_UUID", "another")), &[]).ends_with(2).complains("make them the same");
    for url in [
        "https://evil.example",
        "https://api-saas.mend.io.evil.example",
        "http://api-saas.mend.io",
        "https://api-saas.mend.io:8443",
    ] {
        folder.write("policy.yml", policy(&server, "").replace(&server.url, url));
        let told = run(&keys, &[]).ends_with(2);
        assert!(!told.stderr.contains(KEY) && !told.stderr.contains(EMAIL), "{}", told.stderr);
    }
    folder.write("policy.yml", policy(&server, "").replace(&server.url, "https://evil.example"));
    run(&keys, &[]).ends_with(2).complains("--allow-host");
    assert!(server.requests().is_empty());
    // The environment is the job's own: its address goes before that of the policy.
    let mut command = folder.command();
    command
        .args(["check", "--policy", "policy.yml"])
        .envs(keys)
        .env("MEND_URL", &server.url)
        .env("MEND_ORG_UUID", ORG.to_uppercase());
    finish(&mut command).ends_with(0);
}

#[test]
fn a_pull_request_from_a_fork_has_no_credentials_and_is_undecided() {
    let server = Mend::clean().start();
    let event = json!({"pull_request": {"number": 7,
        "head": {"sha": COMMIT, "ref": "feature", "repo": {"full_name": "stranger/payments-api", "fork": true}},
        "base": {"sha": COMMIT, "ref": "main", "repo": {"full_name": "acme/payments-api"}}}});
    let folder = Folder::new().with("policy.yml", policy(&server, "")).with("event.json", event.to_string());
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml"]);
    for (name, value) in [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("GITHUB_REPOSITORY", "acme/payments-api"),
        ("GITHUB_HEAD_REF", "feature"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("MEND_EMAIL", ""),
        ("MEND_USER_KEY", ""),
        ("FINDGATE_TRUST", "worktree"),
    ] {
        command.env(name, value);
    }
    finish(&mut command).ends_with(3).complains("no secrets to a pull request from a fork");
    assert!(server.requests().is_empty());
}

#[test]
fn the_example_policy_is_good() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vendors/mend.yml")).unwrap();
    let folder = Folder::new().with("policy.yml", &example);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder.run(["policy", "show", "--policy", "policy.yml"]).ends_with(0).says("project");
}
