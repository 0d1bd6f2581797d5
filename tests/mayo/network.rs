//! Refusals, trouble on the way, and a key that goes nowhere else.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::common::server::{Reply, Server};
use crate::common::{Folder, finish};
use crate::mock::{
    Form, KEY, Mayo, POLICY, blamed, done, error, finding, list, many, noted, policy, run, run_with, short, source,
    with,
};

#[test]
fn each_refusal_of_the_key_says_what_to_do() {
    for (status, body, part) in [
        (401, json!({"error": {"code": "unauthorized", "message": "no"}}), "is not one that the service knows"),
        (401, json!({"error": {"code": "api_key_revoked", "message": "no"}}), "was revoked; create a new one"),
        (401, json!({"error": {"code": "api_key_expired", "message": "no"}}), "has expired; create a new one"),
        (401, json!({"error": {"code": "token_expired", "message": "no"}}), "the token of a session"),
        (401, json!({"error": {"code": "token_invalid", "message": "no"}}), "the token of a session"),
        (401, json!({"detail": "Not authenticated"}), "401 (Not authenticated)"),
        (403, json!({"error": {"code": "insufficient_permissions", "message": "no"}}), "the permission findings:read"),
        (403, json!({"detail": "Forbidden"}), "the permission findings:read"),
        (404, json!({"detail": "Not Found"}), "is the address right (it ends in /api)?"),
    ] {
        let reply = Reply::json(status, &body);
        let server = Mayo::with(many(1)).start_with(move |r| (r.path == "/findings").then(|| reply.clone()));
        blamed(run(&server).ends_with(3), "failed", part);
        assert_eq!(server.count("/findings"), 1, "it is not tried again");
    }
    let server = Mayo::with(many(1))
        .start_with(|r| (r.path == "/projects").then(|| error(403, "insufficient_permissions", "no")));
    blamed(run(&server).ends_with(3), "failed", "the permission projects:read");
    assert_eq!(server.count("/findings"), 0);
    // The key is another one.
    let server = Mayo::with(many(1)).start();
    let run = run_with(&server, POLICY, &[("MAYOASPM_API_KEY", "mayo_ak_wrong")], &[]).ends_with(3);
    noted(blamed(run, "failed", "cannot read the projects: 127.0.0.1"), "does not look like a key of Mayo");
}

#[test]
fn too_many_requests_are_waited_out_as_the_server_asks_and_not_for_ever() {
    let once = |reply: Reply| {
        let asked = AtomicUsize::new(0);
        Mayo::with(many(1)).start_with(move |request| {
            (request.path == "/findings" && asked.fetch_add(1, Ordering::SeqCst) == 0).then(|| reply.clone())
        })
    };
    let said = json!({"error": {"code": "rate_limited", "message": "Rate limit exceeded.", "retry_after": 1}});
    for reply in [
        Reply::json(429, &said).with("Retry-After", "1"),
        Reply::json(429, &said),
        Reply::json(429, &json!({"detail": "rate limited (queue full)"})),
    ] {
        let server = once(reply);
        assert_eq!(source(&run(&server).ends_with(1))["state"], "complete");
        assert_eq!(server.count("/findings"), 2);
    }
    for reply in
        [Reply::json(429, &json!({"detail": "queue full"})), Reply::json(429, &said).with("Retry-After", "600")]
    {
        let server = Mayo::with(many(1)).start_with(move |r| (r.path == "/findings").then(|| reply.clone()));
        blamed(short(&server).ends_with(3), "failed", "too many requests");
    }
}

#[test]
fn a_server_in_trouble_is_asked_again_and_an_answer_that_is_none_is_never_a_pass() {
    let asked = AtomicUsize::new(0);
    let server = Mayo::with(many(1)).start_with(move |request| {
        (request.path == "/findings" && asked.fetch_add(1, Ordering::SeqCst) < 2)
            .then(|| error(500, "internal", "oops"))
    });
    assert_eq!(source(&run(&server).ends_with(1))["state"], "complete");
    let good = list(Form::Data, &many(1), 1, 100, 0).to_string();
    let half = good[..good.len() / 2].to_owned();
    let twice = good.replacen("\"data\":", "\"data\":[],\"data\":", 1);
    for (name, reply) in [
        ("a page for people", Reply::text(200, "text/html", "<html>login</html>")),
        ("half of the JSON", Reply::text(200, "application/json", half.clone())),
        ("broken JSON that ends well", Reply::text(200, "application/json", format!("{half}}}"))),
        ("a cut body", Reply::Cut(200, good.clone().into_bytes(), 40)),
        ("no body", Reply::text(200, "application/json", "")),
        ("nothing of the kind", Reply::ok(&json!({"ok": true}))),
        ("a list in a list", Reply::ok(&json!({"data": {"findings": []}}))),
        ("null", Reply::ok(&json!({"data": null, "pagination": {"total": 0}}))),
        ("a key twice", Reply::text(200, "application/json", twice)),
        ("an error with a list", Reply::ok(&json!({"data": [], "error": {"code": "partial"}}))),
        ("invalid UTF-8", Reply::text(200, "application/json", [b"{\"data\": [\"\xff\"]}".to_vec()].concat())),
        ("a hangup", Reply::Hangup),
        ("an error for ever", error(503, "maintenance", "later")),
    ] {
        let server = Mayo::with(Vec::new()).start_with(move |r| (r.path == "/findings").then(|| reply.clone()));
        let run = short(&server);
        assert_eq!(run.status, 3, "{name}: {}", run.stdout);
        assert_eq!(source(&run)["state"], "failed", "{name}");
    }
}

#[test]
fn what_was_read_before_a_page_failed_still_counts() {
    let server = Mayo::with(many(250)).start_with(|request| {
        (request.path == "/findings" && request.query("page") == Some("3"))
            .then(|| error(403, "insufficient_permissions", "no"))
    });
    let run = blamed(run(&server).ends_with(1), "failed", "cannot read page 3 of the findings");
    assert!(source(&run)["read"].as_u64().unwrap() >= 100);
}

#[test]
fn the_key_is_never_sent_anywhere_else() {
    let trap = Server::start(|_| Reply::ok(&json!({"data": []})));
    let to = format!("{}/findings", trap.url);
    let server = Mayo::with(many(1))
        .start_with(move |r| (r.path == "/findings").then(|| Reply::text(302, "text/plain", "").with("Location", &to)));
    blamed(run(&server).ends_with(3), "failed", "where no credential is sent");
    assert!(trap.requests().is_empty());
    // A host that only the policy names gets no request at all.
    let folder = Folder::new().with("policy.yml", policy("project: a, url: 'https://evil.example/api'"));
    let mut command = folder.command();
    finish(command.args(["check", "--policy", "policy.yml"]).env("MAYOASPM_API_KEY", KEY))
        .ends_with(2)
        .complains("--allow-host evil.example");
}

#[test]
fn a_key_that_the_server_echoes_is_in_no_output() {
    let other = "mayo_ak_SomebodyElses0123456789abcdefgh";
    let mut row = finding("f_1");
    row["title"] = json!(format!("found {KEY} and {other}"));
    row["rule_id"] = json!(format!("check-{KEY}"));
    row["file_path"] = json!(format!("src/{KEY}.py"));
    let scans = Some(vec![with(done(), "scanner", json!(format!("semgrep {KEY}")))]);
    let echo = format!("no {KEY} here, nor {other}");
    for (name, server) in [
        ("finding", Mayo { scans, ..Mayo::with(vec![row.clone()]) }.start()),
        ("error", Mayo::with(vec![row]).start_with(move |r| (r.path == "/findings").then(|| error(400, KEY, &echo)))),
    ] {
        for format in ["human", "json", "sarif", "sarif-audit"] {
            let folder = Folder::new().with("policy.yml", POLICY);
            let mut command = folder.command();
            command.args(["check", "--policy", "policy.yml", "--verbose", "--format", format]);
            let run = finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY));
            assert_eq!(run.status, if name == "error" { 3 } else { 1 });
            assert!(run.stdout.contains("****"), "{name} {format}:\n{}", run.stdout);
            for text in [&run.stdout, &run.stderr] {
                assert!(!text.contains(KEY) && !text.contains(other), "{name} {format}:\n{text}");
            }
        }
    }
}
