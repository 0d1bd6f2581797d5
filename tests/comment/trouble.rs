//! Answers that are unclear, limits, refusals, forks, and a token that goes nowhere else.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::common::server::{Reply, Request, Server};
use crate::common::{Folder, finish};
use crate::platform::{Comments, REPORT, TOKEN, bot, github, methods, on_github, plain, post};

#[test]
fn an_unclear_answer_does_not_make_two_comments() {
    // It was made, and the answer says 500, or is cut, or is no JSON.
    let broken: [fn(&Value) -> Reply; 4] = [
        |_| Reply::json(500, &json!({"message": "Server Error"})),
        |row| Reply::Cut(201, row.to_string().into_bytes(), 10),
        |_| Reply::Hangup,
        |_| Reply::text(201, "text/html", "<html>"),
    ];
    for reply in broken {
        let comments = Comments::default();
        let own = comments.clone();
        let server = github("", &comments, move |request, _| {
            let is_first = request.method == "POST" && !request.path.ends_with("graphql") && own.all().is_empty();
            is_first.then(|| {
                own.make(request, bot());
                reply(&own.all()[0])
            })
        });
        post(&server).ends_with(0).complains("posted comment 1000");
        assert_eq!((comments.all().len(), methods(&server).len()), (1, 1));
    }
    // It was not made: it is sent again.
    let comments = Comments::default();
    let failed = Mutex::new(false);
    let server = github("", &comments, move |request, _| {
        let mut failed = failed.lock().unwrap();
        let fails = request.path.ends_with("/comments") && request.method == "POST" && !*failed;
        *failed |= fails;
        fails.then(|| Reply::json(503, &json!({"message": "try later"})).with("Retry-After", "0"))
    });
    post(&server).ends_with(0).complains("posted comment 1000");
    assert_eq!((comments.all().len(), methods(&server).len()), (1, 2));
}

#[test]
fn a_server_that_always_fails_is_a_warning_after_a_few_tries() {
    let comments = Comments::default();
    let server = github("", &comments, |request, _| {
        (request.method == "POST" && request.path.ends_with("/comments"))
            .then(|| Reply::json(500, &json!({"message": "no"})))
    });
    post(&server)
        .ends_with(0)
        .complains("::warning title=findgate::the comment was not posted: cannot post the comment: ");
    assert_eq!(methods(&server).len(), 3);
}

#[test]
fn a_server_that_has_had_too_many_requests_is_waited_for() {
    let comments = Comments::default();
    let busy = Mutex::new(std::collections::BTreeSet::new());
    let server = github("", &comments, move |request, _| {
        let first = busy.lock().unwrap().insert(format!("{} {}", request.method, request.path));
        first.then(|| Reply::json(429, &json!({"message": "slow down"})).with("Retry-After", "0"))
    });
    post(&server).ends_with(0).complains("posted comment 1000");
    assert_eq!(comments.all().len(), 1);
    assert_eq!(methods(&server).len(), 2);
    // Longer than the run has time for.
    let server = github("", &comments, |_, _| Some(Reply::json(429, &json!({})).with("Retry-After", "3600")));
    on_github(&server, "", REPORT, &["--timeout", "5s"]).ends_with(0).complains("asks to wait 60m");
}

#[test]
fn a_limit_that_has_the_status_of_a_missing_permission_is_not_taken_for_one() {
    let limit = || Reply::json(403, &json!({"message": "You have exceeded a secondary rate limit."}));
    let is_write = |request: &Request| request.method == "POST" && request.path.ends_with("/comments");
    // It says how long to wait, so that is waited for.
    let comments = Comments::default();
    let refused = Mutex::new(false);
    let server = github("", &comments, move |request, _| {
        let is_first = is_write(request) && !std::mem::replace(&mut *refused.lock().unwrap(), true);
        is_first.then(|| limit().with("Retry-After", "0"))
    });
    post(&server).ends_with(0).complains("posted comment 1000");
    assert_eq!((comments.all().len(), methods(&server).len()), (1, 2));
    let server = github("", &comments, move |_, _| Some(limit().with("Retry-After", "60")));
    on_github(&server, "", REPORT, &["--timeout", "5s"]).ends_with(0).complains("asks to wait 1m,");
    assert_eq!(server.requests().len(), 1);
    // It does not say.
    let exhausted = || Reply::json(403, &json!({"message": "No."})).with("X-RateLimit-Remaining", "0");
    for reply in [limit(), exhausted()] {
        let server = github("", &Comments::default(), move |request, _| is_write(request).then(|| reply.clone()));
        let run = post(&server).ends_with(0).complains("it has had too many requests: run it later");
        assert!(!run.stderr.contains("pull-requests: write"), "{}", run.stderr);
        assert_eq!(methods(&server).len(), 1);
    }
}

#[test]
fn a_page_of_a_proxy_is_no_answer() {
    for (method, path) in [("GET", "/user"), ("GET", "/repos/o/r/issues/7/comments")] {
        let server = github("", &Comments::default(), move |request, _| {
            (request.method == method && request.path == path)
                .then(|| Reply::text(200, "text/html", format!("<html>Sign in {TOKEN}</html>")))
        });
        post(&server).ends_with(0).complains("the comment was not posted").complains("page");
        assert_eq!(methods(&server), [""; 0]);
    }
    let server = github("", &Comments::default(), |request, _| {
        (request.method == "POST" && request.path.ends_with("/comments"))
            .then(|| Reply::text(403, "text/html", "<html>Blocked by the proxy</html>"))
    });
    let run = post(&server).ends_with(0).complains("answered 403");
    assert!(!run.stderr.contains("<html>"), "{}", run.stderr);
}

#[test]
fn a_token_that_may_not_is_a_warning_that_says_what_to_grant() {
    for (status, want) in [
        (401, "GITHUB_TOKEN is not accepted"),
        (403, "grant the job `permissions: {pull-requests: write}`"),
        (404, "either there is no pull request 7 of o/r, or GITHUB_TOKEN may not see it"),
        (422, "answered 422 (Echo %25 ****)"),
    ] {
        for method in ["GET", "POST"] {
            let comments = Comments::default();
            let server = github("", &comments, move |request, _| {
                let hit = request.path.ends_with("/comments") && request.method == method;
                hit.then(|| Reply::json(status, &json!({"message": format!("Echo % {TOKEN}")})))
            });
            let run = post(&server).ends_with(0);
            assert_eq!(run.stderr.lines().filter(|line| line.starts_with("::warning")).count(), 1, "{}", run.stderr);
            run.complains("::warning title=findgate::the comment was not posted: cannot ").complains(want);
            assert!(comments.all().is_empty());
        }
    }
    let comments = Comments::default();
    let server = github("", &comments, |request, _| (request.path == "/user").then(|| Reply::json(401, &json!({}))));
    post(&server).ends_with(0).complains("GITHUB_TOKEN is not accepted");
}

#[test]
fn words_of_a_server_are_no_command_and_hide_nothing() {
    let server = github("", &Comments::default(), |request, _| {
        let evil = "a\u{1b}[2J\n::error::x\r\n##[error]y\u{202e} %0A::error::z";
        request.path.ends_with("/comments").then(|| Reply::json(403, &json!({"message": evil.repeat(50)})))
    });
    let run = post(&server).ends_with(0);
    assert!(!run.stderr.contains(['\u{1b}', '\u{202e}', '\r']), "{}", run.stderr);
    let commands: Vec<&str> = run.stderr.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert!(commands[0].contains("%250A") && !commands[0].replace("%25", "").contains('%'), "{}", commands[0]);
    assert!(commands[0].len() < 1500);
}

#[test]
fn nothing_is_followed_to_another_host() {
    let elsewhere = Server::start(|_| Reply::ok(&json!({"id": 1, "login": "x"})));
    for status in [301, 302, 307, 308] {
        let to = format!("{}/user", elsewhere.url);
        let server =
            github("", &Comments::default(), move |_, _| Some(Reply::json(status, &json!({})).with("Location", &to)));
        let run = post(&server).ends_with(0);
        run.complains("the comment was not posted").complains("where no credential is sent");
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn a_server_that_cannot_be_reached_is_a_warning() {
    let server = plain(&Comments::default());
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = Folder::new().with("findgate.md", REPORT);
    let mut command = folder.command();
    command.args(["comment", "findgate.md", "--pull-request", "7", "--timeout", "2s"]).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &*format!("http://{gone}")),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_TOKEN", TOKEN),
    ]);
    finish(&mut command).ends_with(0).complains("::warning title=findgate::the comment was not posted");
    // What is sent without encryption does not leave this machine.
    let mut command = folder.command();
    command.args(["comment", "findgate.md", "--pull-request", "7"]).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", "http://github.example/api/v3"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_TOKEN", TOKEN),
    ]);
    finish(&mut command).ends_with(2).complains("is not encrypted");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_fork_is_told_why_its_token_may_not() {
    let comments = Comments::default();
    let server = github("", &comments, |request, _| {
        let is_post = request.method == "POST" && request.path.ends_with("/comments");
        is_post.then(|| Reply::json(403, &json!({"message": "Resource not accessible by integration"})))
    });
    let event = json!({"number": 7, "pull_request": {
        "head": {"ref": "topic", "repo": {"full_name": "mallory/r"}}, "base": {"ref": "main", "repo": {"full_name": "o/r"}}
    }});
    let folder = Folder::new().with("event.json", event.to_string());
    let mut command = folder.command();
    // From standard input, by the stronger of two variables.
    command.arg("comment").write_stdin(REPORT).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &*server.url),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("GITHUB_TOKEN", "ghs_another"),
        ("FINDGATE_GITHUB_TOKEN", TOKEN),
    ]);
    finish(&mut command).ends_with(0).complains("for a pull request from a fork the job's token can only read");
}

#[test]
fn a_list_that_is_none_or_never_ends_leads_to_no_comment() {
    for body in [json!({"comments": []}), json!([{"id": "x"}]), json!([1])] {
        let server = github("", &Comments::default(), move |request, _| {
            (request.method == "GET" && request.path.ends_with("/comments")).then(|| Reply::ok(&body))
        });
        post(&server).ends_with(0).complains("is not what it should be");
        assert_eq!(methods(&server), [""; 0]);
    }
    let server = github("", &Comments::default(), move |request, _| {
        let is_list = request.method == "GET" && request.path.ends_with("/comments");
        is_list.then(|| Reply::ok(&json!([])).with("Link", "</x>; rel=\"next\""))
    });
    on_github(&server, "", REPORT, &[]).ends_with(0).complains("there are more than 10000 comments");
    assert_eq!(server.count("/repos/o/r/issues/7/comments"), 100);
    assert_eq!(methods(&server), [""; 0]);
}
