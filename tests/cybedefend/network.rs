//! Trouble on the way: errors that pass and that stay, redirects, echoes of the token.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::common::server::{Reply, Server};
use crate::common::{Folder, finish};
use crate::mock::{Mock, PAT, code, many, of_project, refusal, results};

#[test]
fn passing_trouble_is_waited_out() {
    for trouble in [
        refusal(500, "oops"),
        refusal(503, "busy"),
        refusal(429, "slow down").with("Retry-After", "0"),
        Reply::Hangup,
        Reply::Cut(200, br#"{"total": 0, "totalPages": 0, "vulnerabilities": []}"#.to_vec(), 20),
        Reply::text(200, "text/html", "<html>restarting</html>"),
    ] {
        let count = AtomicUsize::new(0);
        let mock = Mock::new().with("sast", many(3)).before(move |request| {
            (request.path == results("sast") && count.fetch_add(1, Ordering::SeqCst) < 2).then(|| trouble.clone())
        });
        assert_eq!(mock.start().judge(&of_project(", types: sast"), &[], 1).source().whole().read(), 3);
    }
}

#[test]
fn a_server_that_has_had_too_many_requests_again_and_again_is_read_to_the_end() {
    let mut mock = Mock::new().with("sast", many(45)).with("iac", many(45));
    mock.clamp = 10;
    let count = AtomicUsize::new(0);
    let mock = mock.before(move |_| {
        (count.fetch_add(1, Ordering::SeqCst) % 5 < 3).then(|| refusal(429, "slow down").with("Retry-After", "0"))
    });
    assert_eq!(mock.start().judge(&of_project(""), &[], 1).source().whole().read(), 90);
}

#[test]
fn trouble_that_does_not_pass_is_undecided_and_says_what_it_was() {
    let truncated = br#"{"total": 0, "totalPages": 0, "vulnerabilities": []}"#.to_vec();
    for (trouble, want) in [
        (refusal(500, "oops"), "cannot read the SAST findings of payments-api: "),
        (refusal(429, "slow down").with("Retry-After", "3600"), "too many requests"),
        (Reply::Cut(200, truncated.clone(), 20), "cannot read the SAST findings of payments-api: "),
        (Reply::text(200, "application/json", truncated[..30].to_vec()), "is not JSON, or only the half of it"),
        (Reply::text(200, "text/html", "<html>sign in</html>"), "page for people"),
        (Reply::text(200, "application/json", ""), "is not JSON"),
    ] {
        let shown = format!("{trouble:?}");
        let mock = Mock::new().at("/project/{id}/results/sast", move |_| trouble.clone());
        let run = mock.start().judge(&of_project(", types: sast"), &["--timeout", "2s"], 3);
        assert!(run.source().is("failed", want).read() == 0, "{shown}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let trap = Server::start(|_| Reply::ok(&json!({"total": 0, "totalPages": 0, "vulnerabilities": []})));
    for path in ["/client-apps", "/oidc/token", "/project/{id}", "/project/{id}/results/sast"] {
        for status in [301, 302, 307, 308] {
            let to = format!("{}/x", trap.url);
            let reply = Reply::text(status, "text/plain", "").with("Location", &to);
            let mock = Mock::new().at(path, move |_| reply.clone());
            mock.start()
                .judge(&of_project(", types: sast"), &[], 3)
                .source()
                .is("failed", "where no credential is sent");
        }
    }
    assert_eq!(trap.requests().len(), 0);
}

#[test]
fn what_a_server_echoes_of_the_token_is_shown_nowhere() {
    for (format, status) in [("human", 1), ("json", 1), ("sarif", 1), ("sarif-audit", 1)] {
        let seen: Arc<std::sync::Mutex<Vec<String>>> = Arc::default();
        let tokens = Arc::clone(&seen);
        let mock = Mock::new().before(move |request| {
            let token = request.bearer()?;
            tokens.lock().unwrap().push(token.to_owned());
            if request.path == results("iac") {
                return Some(refusal(404, &format!("no {token} and no {PAT}")));
            }
            let mut row = code(1, "high", "to_verify");
            row["base"]["vulnerability"]["name"] = json!(format!("echo {token} {PAT}"));
            row["base"]["path"] = json!(format!("src/{token}.py"));
            row["base"]["vulnerability"]["id"] = json!(format!("rule-{PAT}"));
            let body = json!({"total": 1, "totalPages": 1, "vulnerabilities": [row]});
            (request.path == results("sast")).then(|| Reply::ok(&body))
        });
        let vendor = mock.start();
        let folder = Folder::new().with("policy.yml", of_project(""));
        let run = finish(&mut vendor.check(&folder, &["--verbose", "--format", format])).ends_with(status);
        assert!(run.stdout.contains("echo ****"), "{format}: {}", run.stdout);
        let tokens = seen.lock().unwrap();
        assert!(!tokens.is_empty());
        for secret in tokens.iter().map(String::as_str).chain([PAT]) {
            assert!(
                !run.stdout.contains(secret) && !run.stderr.contains(secret),
                "{format}\n{}\n{}",
                run.stdout,
                run.stderr
            );
        }
    }
}
