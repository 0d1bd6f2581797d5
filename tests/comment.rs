//! `findgate comment` against servers that answer as GitHub and GitLab do: one comment, never that of somebody else, never
//! two, and a token that goes nowhere else.

mod common;

use std::sync::{Arc, Mutex};

use common::server::{Reply, Request, Server};
use common::{Folder, Run, finish};
use serde_json::{Value, json};

const TOKEN: &str = "ghs_0123456789abcdefghij";
const REPORT: &str = "<!-- findgate: default -->\n## findgate: fail\n\nTwo findings.\n";
const MARKER: &str = "<!-- findgate: default -->";

/// What a server does besides.
type Odd = dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync;

/// The comments of a request, as a platform keeps them.
#[derive(Clone, Default)]
struct Comments(Arc<Mutex<Vec<Value>>>);

impl Comments {
    fn of(rows: Vec<Value>) -> Comments {
        Comments(Arc::new(Mutex::new(rows)))
    }

    fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    fn body(&self, id: u64) -> String {
        let all = self.all();
        let one = all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("no comment {id}: {all:?}"));
        one["body"].as_str().unwrap().to_owned()
    }

    fn page(&self, request: &Request) -> Reply {
        assert_eq!(request.query("per_page"), Some("100"));
        let page: usize = request.query("page").expect("a page").parse().unwrap();
        let all = self.all();
        let rows: Vec<Value> = all.iter().skip((page - 1) * 100).take(100).cloned().collect();
        let reply = Reply::ok(&json!(rows));
        if all.len() <= page * 100 {
            return reply.with("x-next-page", "");
        }
        // The address of the next page leads elsewhere, and must not be followed.
        reply
            .with("Link", "<http://127.0.0.1:1/evil?page=2>; rel=\"next\"")
            .with("X-Next-Page", &(page + 1).to_string())
    }

    fn make(&self, request: &Request, author: Value) -> Reply {
        let mut all = self.0.lock().unwrap();
        let id = 1000 + all.len() as u64;
        let row = json!({"id": id, "body": request.json()["body"], "user": author, "author": author, "system": false});
        all.push(row.clone());
        Reply::json(201, &row)
    }

    fn change(&self, request: &Request) -> Reply {
        let id: u64 = request.path.rsplit('/').next().unwrap().parse().unwrap();
        let mut all = self.0.lock().unwrap();
        let row = all.iter_mut().find(|row| row["id"] == id).expect("a comment to change");
        row["body"] = request.json()["body"].clone();
        Reply::ok(row)
    }
}

fn bot() -> Value {
    json!({"id": 41, "login": "github-actions[bot]", "type": "Bot"})
}

fn github_row(id: u64, body: &str, author: &Value) -> Value {
    json!({"id": id, "body": body, "user": author, "author_association": "NONE", "performed_via_github_app": null})
}

/// GitHub as a job's token sees it: `base` stands before every path.
fn github(
    base: &'static str,
    comments: &Comments,
    odd: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static,
) -> Server {
    let (comments, odd) = (comments.clone(), Box::new(odd) as Box<Odd>);
    let seen = Mutex::new(0);
    Server::start(move |request| {
        assert_eq!(request.bearer(), Some(TOKEN), "{}", request.path);
        assert_eq!(request.header("accept"), Some("application/vnd.github+json"));
        assert_eq!(request.header("x-github-api-version"), Some("2022-11-28"));
        assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("findgate/")));
        let number = {
            let mut seen = seen.lock().unwrap();
            *seen += 1;
            *seen
        };
        if let Some(reply) = odd(request, number) {
            return reply;
        }
        let list = format!("{base}/repos/o/r/issues/7/comments");
        let one = format!("{base}/repos/o/r/issues/comments/");
        let graphql = if base.is_empty() { "/graphql" } else { "/api/graphql" };
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path == format!("{base}/user") => {
                Reply::json(403, &json!({"message": "Resource not accessible by integration"}))
            }
            ("POST", path) if path == graphql => {
                Reply::ok(&json!({"data": {"viewer": {"login": "github-actions[bot]"}}}))
            }
            ("GET", path) if path == list => comments.page(request),
            ("POST", path) if path == list => comments.make(request, bot()),
            ("PATCH", path) if path.starts_with(&one) => comments.change(request),
            (method, path) => Reply::json(404, &json!({"message": format!("Not Found: {method} {path}")})),
        }
    })
}

fn plain(comments: &Comments) -> Server {
    github("", comments, |_, _| None)
}

/// In a pull request on GitHub.
fn on_github(server: &Server, base: &str, document: &str, more: &[&str]) -> Run {
    let event = json!({"number": 7, "pull_request": {
        "head": {"ref": "topic", "sha": "1".repeat(40), "repo": {"full_name": "o/r"}},
        "base": {"ref": "main", "sha": "2".repeat(40), "repo": {"full_name": "o/r"}}
    }});
    let folder = Folder::new().with("findgate.md", document).with("event.json", event.to_string());
    let mut command = folder.command();
    command.args(["comment", "findgate.md"]).args(more).envs([
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_API_URL", &format!("{}{base}", server.url)),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_HEAD_REF", "topic"),
        ("GITHUB_TOKEN", TOKEN),
    ]);
    let run = finish(&mut command);
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(TOKEN), "the token is told:\n{text}");
    }
    run
}

fn post(server: &Server) -> Run {
    on_github(server, "", REPORT, &["--verbose"])
}

fn methods(server: &Server) -> Vec<String> {
    let writes =
        server.requests().into_iter().filter(|request| request.method != "GET" && !request.path.ends_with("graphql"));
    writes.map(|request| format!("{} {}", request.method, request.path)).collect()
}

#[test]
fn a_comment_is_posted_once_then_updated_and_left_alone_where_it_says_the_same() {
    let comments = Comments::of(vec![github_row(1, "nice", &json!({"id": 5, "login": "ann", "type": "User"}))]);
    let server = plain(&comments);
    post(&server).ends_with(0).complains("posted comment 1001 on pull request 7 of o/r");
    assert_eq!(comments.body(1001), REPORT);
    post(&server).ends_with(0).complains("left as it is, for it says the same: comment 1001");
    assert_eq!(methods(&server), ["POST /repos/o/r/issues/7/comments"]);
    on_github(&server, "", "<!-- findgate: default -->\n## pass\n", &[]).ends_with(0).complains("updated comment 1001");
    assert_eq!(comments.body(1001), "<!-- findgate: default -->\n## pass\n");
    assert_eq!(methods(&server)[1..], ["PATCH /repos/o/r/issues/comments/1001"]);
    // Another name has a comment of its own.
    on_github(&server, "", "<!-- findgate: web -->\n## pass\n", &[]).ends_with(0).complains("posted comment 1002");
    assert_eq!(comments.all().len(), 3);
}

#[test]
fn line_ends_and_what_stands_behind_the_last_word_make_no_difference() {
    let stored = REPORT.trim_end().replace('\n', "\r\n");
    let comments = Comments::of(vec![github_row(3, &stored, &bot())]);
    let server = plain(&comments);
    post(&server).ends_with(0).complains("comment 3");
    assert_eq!(methods(&server), [""; 0]);
}

#[test]
fn a_comment_on_the_third_page_is_found() {
    let ann = json!({"id": 5, "login": "ann", "type": "User"});
    let mut rows: Vec<Value> = (1..=250).map(|id| github_row(id, "talk", &ann)).collect();
    rows[220] = github_row(221, "<!-- findgate: default -->\nold", &bot());
    let comments = Comments::of(rows);
    let server = plain(&comments);
    post(&server).ends_with(0).complains("updated comment 221");
    assert_eq!(comments.body(221), REPORT);
    assert_eq!(server.count("/repos/o/r/issues/7/comments"), 3);
    assert_eq!(server.count("/evil"), 0);
}

#[test]
fn a_comment_of_somebody_else_with_our_marker_is_neither_edited_nor_taken_for_ours() {
    let stolen = format!("{MARKER}\n## findgate: pass\n");
    let foreign = [
        json!({"id": 5, "login": "mallory", "type": "User"}),
        // A name that looks like the bot's.
        json!({"id": 6, "login": "github-actions", "type": "User"}),
        json!({"id": 7, "login": "evil-app[bot]", "type": "Bot"}),
        json!({"id": 8, "login": "github-actions-evil[bot]", "type": "Bot"}),
        Value::Null,
    ];
    let mut rows: Vec<Value> = (1..).zip(&foreign).map(|(id, author)| github_row(id, &stolen, author)).collect();
    rows[2]["performed_via_github_app"] = json!({"slug": "evil-app"});
    // One of ours that only quotes the marker.
    rows.push(github_row(50, &format!("see\n{MARKER}\n"), &bot()));
    rows.push(github_row(51, &format!("{MARKER} and more\n"), &bot()));
    let comments = Comments::of(rows.clone());
    let server = plain(&comments);
    post(&server).ends_with(0).complains("posted comment 1007");
    assert_eq!(comments.all()[..7], rows[..]);
    post(&server).ends_with(0).complains("left as it is");
    assert_eq!(methods(&server).len(), 1);
}

#[test]
fn a_personal_token_finds_its_own_comment_by_the_account() {
    let me = json!({"id": 77, "login": "ann", "type": "User"});
    let renamed = json!({"id": 77, "login": "ann-before", "type": "User"});
    let comments = Comments::of(vec![
        github_row(1, &format!("{MARKER}\nbot"), &bot()),
        github_row(2, &format!("{MARKER}\nother"), &json!({"id": 78, "login": "ann", "type": "User"})),
        github_row(3, &format!("{MARKER}\nmine"), &renamed),
    ]);
    let server = github("", &comments, move |request, _| (request.path == "/user").then(|| Reply::ok(&me)));
    post(&server).ends_with(0).complains("updated comment 3");
    assert_eq!(server.count("/graphql"), 0);
}

#[test]
fn the_token_of_an_app_finds_the_comment_of_its_own_bot() {
    let own = json!({"id": 91, "login": "acme-gate[bot]", "type": "Bot"});
    for login in ["acme-gate[bot]", "acme-gate"] {
        let comments = Comments::of(vec![
            github_row(1, &format!("{MARKER}\nof a job"), &bot()),
            github_row(2, &format!("{MARKER}\nof the app"), &own),
        ]);
        let server = github("", &comments, move |request, _| {
            (request.path == "/graphql").then(|| Reply::ok(&json!({"data": {"viewer": {"login": login}}})))
        });
        post(&server).ends_with(0).complains("updated comment 2");
    }
    // Where the platform knows none, it is the job's own.
    for reply in
        [Reply::json(404, &json!({})), Reply::ok(&json!({"errors": []})), Reply::ok(&json!({"data": {"viewer": null}}))]
    {
        let comments = Comments::of(vec![github_row(1, &format!("{MARKER}\nof a job"), &bot())]);
        let server = github("", &comments, move |request, _| (request.path == "/graphql").then(|| reply.clone()));
        post(&server).ends_with(0).complains("updated comment 1");
    }
}

#[test]
fn where_nobody_tells_whose_token_it_is_no_comment_is_guessed_to_be_its_own() {
    let old = github_row(1, &format!("{MARKER}\nof a job"), &bot());
    let busy = json!({"message": "You have exceeded a secondary rate limit."});
    for (path, reply, want) in [
        ("/graphql", Reply::json(501, &json!({})), "cannot ask which bot the token belongs to: "),
        ("/graphql", Reply::json(403, &busy), "cannot ask which bot the token belongs to: "),
        ("/graphql", Reply::text(200, "text/html", "<html>"), "ask which bot the token belongs to"),
        ("/user", Reply::json(403, &busy), "cannot ask whom the token belongs to: "),
    ] {
        let comments = Comments::of(vec![old.clone()]);
        let server = github("", &comments, move |request, _| (request.path == path).then(|| reply.clone()));
        post(&server).ends_with(0).complains("::warning title=findgate::the comment was not posted: ").complains(want);
        assert_eq!((methods(&server), comments.all()), (vec![], vec![old.clone()]));
    }
}

#[test]
fn of_several_the_first_is_updated_and_the_others_are_told() {
    let old = format!("{MARKER}\nold");
    let comments = Comments::of((1..=3).map(|id| github_row(id, &old, &bot())).collect());
    let server = plain(&comments);
    post(&server).ends_with(0).complains("updated comment 1 ").complains("2 more comments of the same name are there");
    assert_eq!((comments.body(1), comments.body(2), comments.body(3)), (REPORT.to_owned(), old.clone(), old));
}

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
fn enterprise_has_its_api_below_a_path() {
    let comments = Comments::default();
    let server = github("/api/v3", &comments, |_, _| None);
    on_github(&server, "/api/v3", REPORT, &[]).ends_with(0).complains("posted comment 1000");
    on_github(&server, "/api/v3/", REPORT, &[]).ends_with(0).complains("left as it is");
    assert_eq!(server.count("/api/graphql"), 2);
    assert_eq!(comments.all().len(), 1);
}

#[test]
fn what_is_too_long_for_the_platform_is_cut_and_says_so() {
    let long = format!("{REPORT}\n```yaml\n{}```\n", "- a line of findings \u{1f308}\n".repeat(4000));
    let comments = Comments::default();
    let server = plain(&comments);
    on_github(&server, "", &long, &[]).ends_with(0).complains("was cut at a line");
    let body = comments.body(1000);
    assert!(body.encode_utf16().count() <= 65_536 && body.len() > 60_000);
    assert!(body.starts_with(REPORT));
    assert!(body.trim_end().lines().last().unwrap().starts_with("*Cut here: "), "{}", &body[body.len() - 300..]);
    assert_eq!(body.matches("```").count(), 2);
    on_github(&server, "", &long, &[]).ends_with(0).complains("left as it is");
}

#[test]
fn a_dry_run_says_what_it_would_do_and_writes_nothing() {
    let comments = Comments::default();
    let server = plain(&comments);
    let run = on_github(&server, "", REPORT, &["--dry-run"]).ends_with(0);
    let length = REPORT.len();
    assert_eq!(run.stdout, format!("would post a comment on pull request 7 of o/r ({length} characters)\n"));
    let comments = Comments::of(vec![github_row(4, &format!("{MARKER}\nold"), &bot())]);
    let server = plain(&comments);
    on_github(&server, "", REPORT, &["--dry-run"]).ends_with(0).says("would update comment 4 on pull request 7");
    let comments = Comments::of(vec![github_row(4, REPORT, &bot())]);
    let same = plain(&comments);
    on_github(&same, "", REPORT, &["--dry-run"]).ends_with(0).says("would leave as it is");
    assert_eq!((methods(&server), methods(&same)), (vec![], vec![]));
}

#[test]
fn a_document_that_is_no_report_is_wrong_usage_and_nobody_is_asked() {
    let server = plain(&Comments::default());
    for document in
        ["", "## findgate: fail\n", "<!-- other: default -->\n", "<!-- findgate: a b -->\n", "\n<!-- findgate: a -->\n"]
    {
        on_github(&server, "", document, &[]).ends_with(2).complains("cannot post findgate.md: ");
    }
    on_github(&server, "", &format!("{MARKER}\n{}", "a".repeat(9 << 20)), &[]).ends_with(2).complains("larger than");
    let folder = Folder::new();
    folder.run(["comment", "missing.md"]).ends_with(2).complains("there is no such file");
    folder.write("binary.md", [0xff, 0xfe]);
    folder.run(["comment", "binary.md"]).ends_with(2).complains("not UTF-8");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn options_that_are_wrong_are_two_and_nobody_is_asked() {
    let server = plain(&Comments::default());
    for (more, want) in [
        (&["--ci", "jenkins"][..], "GitHub and GitLab"),
        (&["--ci", "other"], "invalid value"),
        (&["--pull-request", "0"], "--pull-request"),
        (&["--pull-request", "x"], "--pull-request"),
        (&["--timeout", "soon"], "--timeout soon"),
        (&["--ca-file", "missing.pem"], "--ca-file missing.pem"),
        (&["--repo", "github.com/o/r"], "no token goes elsewhere"),
        (&["--repo", "/a/path"], "not on"),
    ] {
        on_github(&server, "", REPORT, more).ends_with(2).complains(want);
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn where_there_is_no_pull_request_or_no_token_nothing_is_posted_and_it_is_said() {
    let folder = Folder::new().with("findgate.md", REPORT);
    let run = |variables: &[(&str, &str)]| {
        let mut command = folder.command();
        finish(command.args(["comment", "findgate.md"]).envs(variables.iter().copied())).ends_with(0)
    };
    run(&[]).complains("note: no comment was posted: this platform is neither");
    run(&[("JENKINS_URL", "https://ci.example")]).complains("--ci github or --ci gitlab");
    let push = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_TOKEN", TOKEN),
    ];
    let pushed = run(&push).complains("note: no comment was posted: this run is of no pull request");
    assert!(!pushed.stderr.contains("::warning"), "{}", pushed.stderr);
    let pull = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_TOKEN", " "),
    ];
    run(&pull)
        .complains("::warning title=findgate::no comment was posted: there is no token")
        .complains("pull-requests: write");
    run(&[("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "main")]).complains("no merge request");
    let request = [
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_PROJECT_ID", "5"),
        ("CI_JOB_TOKEN", "glcbt-0123456789"),
    ];
    run(&request)
        .complains("note: no comment was posted: there is no token")
        .complains("CI_JOB_TOKEN may not write notes");
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

const LAB_TOKEN: &str = "glpat-0123456789abcdef";

/// GitLab: project 4, or a path, and merge request 3.
fn gitlab(base: &'static str, project: &'static str, comments: &Comments) -> Server {
    let comments = comments.clone();
    Server::start(move |request| {
        assert_eq!(request.header("private-token"), Some(LAB_TOKEN), "{}", request.path);
        assert_eq!(request.header("authorization"), None);
        // As it was sent: a slash within the project is no slash of the path.
        let path = request.target.split('?').next().unwrap();
        let list = format!("{base}/projects/{project}/merge_requests/3/notes");
        match (request.method.as_str(), path) {
            ("GET", path) if path == format!("{base}/user") => Reply::ok(&json!({"id": 12, "username": "gate-bot"})),
            ("GET", path) if path == list => {
                assert_eq!((request.query("sort"), request.query("order_by")), (Some("asc"), Some("created_at")));
                comments.page(request)
            }
            ("POST", path) if path == list => comments.make(request, json!({"id": 12, "username": "gate-bot"})),
            ("PUT", path) if path.starts_with(&format!("{list}/")) => comments.change(request),
            (_, path) => Reply::json(404, &json!({"message": format!("404 {path}")})),
        }
    })
}

fn note(id: u64, body: &str, author: u64) -> Value {
    json!({"id": id, "body": body, "author": {"id": author, "username": "somebody"}, "system": false, "type": null})
}

fn on_gitlab(server: &Server, base: &str, variables: &[(&str, &str)], more: &[&str]) -> Run {
    post_on_gitlab(server, base, REPORT, variables, more)
}

fn post_on_gitlab(server: &Server, base: &str, document: &str, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let folder = Folder::new().with("findgate.md", document);
    let mut command = folder.command();
    command.args(["comment", "findgate.md", "--verbose"]).args(more);
    command.envs([
        ("GITLAB_CI", "true"),
        ("CI_API_V4_URL", &*format!("{}{base}", server.url)),
        ("CI_MERGE_REQUEST_IID", "3"),
        ("FINDGATE_GITLAB_TOKEN", LAB_TOKEN),
        ("CI_JOB_TOKEN", "glcbt-64_0123456789"),
    ]);
    let run = finish(command.envs(variables.iter().copied()));
    assert!(!run.stderr.contains(LAB_TOKEN) && !run.stdout.contains(LAB_TOKEN), "{}", run.stderr);
    run
}

#[test]
fn on_gitlab_a_note_is_posted_updated_and_left_in_the_project_that_the_change_goes_into() {
    let stolen = format!("{MARKER}\nstolen");
    let mut rows: Vec<Value> = (1..=120).map(|id| note(id, &stolen, 99)).collect();
    rows[5]["system"] = json!(true);
    rows[5]["author"]["id"] = json!(12);
    let comments = Comments::of(rows.clone());
    let server = gitlab("/api/v4", "4", &comments);
    let ids = [("CI_PROJECT_ID", "5"), ("CI_MERGE_REQUEST_PROJECT_ID", "4")];
    let run = on_gitlab(&server, "/api/v4", &ids, &[]).ends_with(0);
    run.complains("posted comment 1120 on merge request 3 of project 4");
    on_gitlab(&server, "/api/v4", &ids, &[]).ends_with(0).complains("left as it is");
    comments.0.lock().unwrap()[120]["body"] = json!(format!("{MARKER}\nold"));
    on_gitlab(&server, "/api/v4", &ids, &[]).ends_with(0).complains("updated comment 1120");
    assert_eq!(comments.body(1120), REPORT);
    assert_eq!(comments.all()[..120], rows[..]);
    assert_eq!(
        methods(&server),
        ["POST /api/v4/projects/4/merge_requests/3/notes", "PUT /api/v4/projects/4/merge_requests/3/notes/1120"]
    );
}

#[test]
fn on_gitlab_no_line_of_a_report_is_carried_out_and_the_note_is_found_the_same() {
    let comments = Comments::default();
    let server = gitlab("", "4", &comments);
    let report = format!("{REPORT}/merge\n\n```\n  /close\n```\n");
    let ids = [("CI_PROJECT_ID", "4")];
    post_on_gitlab(&server, "", &report, &ids, &[]).ends_with(0).complains("posted comment 1000");
    let body = comments.body(1000);
    assert!(body.lines().all(|line| !line.trim_start().starts_with('/')), "{body}");
    assert_eq!(body.replace('\u{200b}', ""), report);
    post_on_gitlab(&server, "", &report, &ids, &[]).ends_with(0).complains("left as it is");
    // GitHub carries nothing out.
    let comments = Comments::default();
    on_github(&plain(&comments), "", &report, &[]).ends_with(0);
    assert_eq!(comments.body(1000), report);
}

#[test]
fn on_gitlab_a_note_may_be_longer_and_is_cut_all_the_same() {
    let comments = Comments::default();
    let server = gitlab("", "4", &comments);
    let ids = [("CI_PROJECT_ID", "4")];
    let long = |lines: usize| format!("{REPORT}{}", "/usr/lib is a line of a report\n".repeat(lines));
    post_on_gitlab(&server, "", &long(20_000), &ids, &[]).ends_with(0).complains("posted comment 1000");
    assert!(comments.body(1000).len() > 600_000);
    post_on_gitlab(&server, "", &long(40_000), &ids, &[]).ends_with(0).complains("was cut at a line");
    let body = comments.body(1000);
    let length = body.encode_utf16().count();
    assert!(length <= 1_000_000 && length > 990_000, "{length}");
}

#[test]
fn on_gitlab_too_limits_are_waited_for_and_an_unclear_answer_makes_no_second_note() {
    let comments = Comments::default();
    let real = gitlab("", "4", &comments);
    post_on_gitlab(&real, "", "<!-- findgate: other -->\nx\n", &[("CI_PROJECT_ID", "4")], &[]).ends_with(0);
    let (own, count) = (comments.clone(), Mutex::new(0));
    let server = Server::start(move |request| {
        let mut count = count.lock().unwrap();
        *count += 1;
        match (request.method.as_str(), request.path.as_str(), *count) {
            (_, _, 1) => Reply::text(429, "text/plain", "Retry later").with("Retry-After", "0"),
            ("GET", "/user", _) => Reply::ok(&json!({"id": 12})),
            ("GET", _, _) => own.page(request),
            (_, _, _) => {
                own.make(request, json!({"id": 12}));
                Reply::text(502, "text/html", "<html>Bad gateway</html>")
            }
        }
    });
    on_gitlab(&server, "", &[("CI_PROJECT_ID", "4")], &[]).ends_with(0).complains("posted comment 1001");
    assert_eq!(comments.all().len(), 2);
    assert_eq!(methods(&server).len(), 1);
}

#[test]
fn nothing_of_gitlab_is_followed_to_another_host() {
    let elsewhere = Server::start(|_| Reply::ok(&json!({"id": 12})));
    for status in [301, 302, 307, 308] {
        let to = format!("{}/users/sign_in", elsewhere.url);
        let server = Server::start(move |_| {
            Reply::text(status, "text/html", "<html>You are being redirected").with("Location", &to)
        });
        let run = on_gitlab(&server, "", &[("CI_PROJECT_ID", "4")], &[]).ends_with(0);
        run.complains("the comment was not posted").complains("where no credential is sent");
    }
    assert_eq!(elsewhere.requests().len(), 0);
}

#[test]
fn a_project_in_subgroups_on_an_instance_of_its_own_is_named_by_its_path() {
    let comments = Comments::default();
    let server = gitlab("/gitlab/api/v4", "g%2Fsub%2Fr", &comments);
    let host = server.url.trim_start_matches("http://");
    let repository = format!("http://{host}/gitlab/g/sub/r.git");
    on_gitlab(&server, "/gitlab/api/v4", &[], &["--repo", &repository]).ends_with(0).complains("posted comment 1000");
    // As the platform tells the address.
    let told = [("CI_PROJECT_URL", repository.trim_end_matches(".git"))];
    on_gitlab(&server, "/gitlab/api/v4", &told, &[]).ends_with(0).complains("left as it is");
    let before = server.requests().len();
    on_gitlab(&server, "/gitlab/api/v4", &[], &["--repo", "gitlab.com/g/sub/r"]).ends_with(2);
    assert_eq!(server.requests().len(), before);
}

#[test]
fn on_gitlab_too_what_is_refused_is_a_warning() {
    for (status, want) in [
        (401, "FINDGATE_GITLAB_TOKEN is not accepted"),
        (403, "the token needs the scope `api` and at least the role Reporter"),
        (404, "either there is no merge request 3 of project 4"),
    ] {
        let server = Server::start(move |_| {
            Reply::json(status, &json!({"error": "insufficient_scope", "error_description": "more is needed"}))
        });
        let run = on_gitlab(&server, "", &[("CI_PROJECT_ID", "4")], &[]).ends_with(0);
        run.complains("note: the comment was not posted: ").complains(want).complains("(more is needed)");
    }
    // A certificate file that is not there leaves the others.
    let server = gitlab("", "4", &Comments::default());
    let variables = [("CI_PROJECT_ID", "4"), ("CI_SERVER_TLS_CA_FILE", "missing.pem")];
    on_gitlab(&server, "", &variables, &[])
        .ends_with(0)
        .complains("CI_SERVER_TLS_CA_FILE is not used")
        .complains("posted");
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
