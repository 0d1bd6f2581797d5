//! Trouble on the way, redirects, and credentials that a server echoes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::common::Folder;
use crate::common::server::{Reply, Server};
use crate::gate::{assert_told, command, ended, gate, read};
use crate::vendor::{SECRET, TOKEN, Vendor, refusal, vulnerabilities, vulnerability};

/// A server that answers one list in its own way.
fn broken(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Vendor::default().start_with(move |request, _| request.path.ends_with("/vulnerabilities").then(&reply))
}

#[test]
fn a_refusal_says_who_said_what_and_what_to_do() {
    for (status, words) in [
        (400, ["answered 400", "no: because"]),
        (403, ["answered 403", "an admin of AppSec+"]),
        (404, ["answered 404", "is the address of the API right (`url`, APPSECPLUS_URL)?"]),
        (409, ["answered 409", "no: because"]),
    ] {
        let run = gate(&broken(move || refusal(status, "no", "because")), "", 3);
        assert_told(&run, "failed", &words);
        assert_told(&run, "failed", &["cannot read the vulnerabilities of Checkout Service: 127.0.0.1:"]);
    }
    let server = Vendor::default()
        .start_with(|request, _| (request.path == "/applications").then(|| refusal(403, "forbidden", "not you")));
    assert_told(&gate(&server, "", 3), "failed", &["cannot read the applications", "forbidden: not you"]);
}

#[test]
fn an_answer_that_cannot_be_read_is_never_no_findings() {
    let text = |body: &str| {
        let body = body.to_owned();
        broken(move || Reply::text(200, "application/json", body.clone()))
    };
    for (server, word) in [
        (text("<html>please log in</html>"), "a page for people"),
        (text(""), "not JSON"),
        (text(r#"[{"id": "vuln-1", "severity": "high""#), "not JSON"),
        (text(r#"[{"id": "vuln-1", "severity": "high"}, ]"#), "cannot be read"),
        (text("{}"), "no list"),
        (text(r#"{"items": null}"#), "no list"),
        (text(r#"{"items": {"id": 1}}"#), "no list"),
        (text(r#"{"items": [], "results": []}"#), "more than one list"),
        (text(r#"{"items": [], "items": []}"#), "duplicate field"),
        (text(r#""nothing""#), "cannot be read"),
        (broken(|| Reply::text(200, "application/json", *b"[{\"id\": \"\xff\"}]")), "not UTF-8"),
        (broken(|| Reply::text(200, "application/json", *b"[]").with("Content-Encoding", "br")), ""),
    ] {
        let run = gate(&server, "", if word.is_empty() { 0 } else { 3 });
        if !word.is_empty() {
            assert_told(&run, "failed", &[word]);
        }
    }
}

#[test]
fn half_a_body_is_asked_for_again_and_never_taken() {
    let body = vulnerabilities(5).to_string();
    let calls = AtomicUsize::new(0);
    let server = Vendor::with(vulnerabilities(5)).start_with({
        let body = body.clone();
        move |request, _| {
            (request.path.ends_with("/vulnerabilities") && calls.fetch_add(1, Ordering::SeqCst) == 0)
                .then(|| Reply::Cut(200, body.clone().into_bytes(), 700))
        }
    });
    assert_eq!(read(&gate(&server, "", 1)), 5);
    let always = broken(move || Reply::Cut(200, body.clone().into_bytes(), 700));
    let run = ended(command(&Folder::new(), &always, "").args(["--timeout", "10s"]), 3);
    assert_told(&run.json(), "failed", &["ended in the middle", "tried 5 times"]);
}

#[test]
fn a_server_that_fails_twice_and_then_works_is_read() {
    let calls = AtomicUsize::new(0);
    let server = Vendor::with(vulnerabilities(3)).start_with(move |request, _| {
        (request.path.ends_with("/vulnerabilities") && calls.fetch_add(1, Ordering::SeqCst) < 2)
            .then(|| refusal(500, "server_error", "try later"))
    });
    assert_eq!(read(&gate(&server, "", 1)), 3);
    assert_eq!(server.count("/applications/app-20417/vulnerabilities"), 3);
    let run = gate(&broken(|| refusal(500, "server_error", "try later")), "", 3);
    assert_told(&run, "failed", &["answered 500", "server_error: try later"]);
}

#[test]
fn too_many_requests_for_ever_end_with_the_time_of_the_run() {
    let started = Instant::now();
    for reply in [refusal(429, "rate_limited", "no"), refusal(429, "rate_limited", "no").with("Retry-After", "3600")] {
        let server = broken(move || reply.clone());
        let run = ended(command(&Folder::new(), &server, "").args(["--timeout", "3s"]), 3);
        assert_told(&run.json(), "failed", &["has had too many requests"]);
        assert!(server.count("/applications/app-20417/vulnerabilities") < 6);
    }
    assert!(started.elapsed() < Duration::from_secs(12));
}

#[test]
fn a_redirect_is_not_followed_and_the_trap_sees_nothing() {
    let trap = Vendor::default().start();
    for path in ["/oauth/token", "/applications", "/applications/app-20417/vulnerabilities"] {
        for status in [301, 302, 307, 308] {
            let target = format!("{}{path}", trap.url);
            let server = Vendor::default().start_with(move |request, _| {
                (request.path == path).then(|| Reply::json(status, &json!({})).with("Location", &target))
            });
            assert_told(&gate(&server, "", 3), "failed", &["where no credential is sent"]);
        }
    }
    assert!(trap.requests().is_empty());
}

#[test]
fn a_credential_that_the_server_echoes_is_masked_in_every_output() {
    let echo = format!("bad secret {SECRET} or token {TOKEN}");
    let said = echo.clone();
    let server = Vendor::default()
        .start_with(move |request, _| (request.path == "/applications").then(|| refusal(403, "forbidden", &said)));
    let run = gate(&server, "", 3);
    assert_told(&run, "failed", &["****"]);
    let mut row = vulnerability(1, "high", "open");
    row["title"] = json!(echo);
    row["url"] = json!(format!("https://appsec.acme.example/?t={TOKEN}"));
    row["status"] = json!(SECRET);
    let mut vendor = Vendor::with(json!([row]));
    vendor.applications[0]["name"] = json!(format!("Checkout {TOKEN}"));
    vendor.scans[0]["status"] = json!(SECRET);
    let server = vendor.start();
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let folder = Folder::new();
        let run = ended(command(&folder, &server, "").args(["--format", format]), 1);
        assert!(run.stdout.contains("****"), "{format}: {}", run.stdout);
    }
}
