//! Notes on merge requests of GitLab.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::common::server::{Reply, Server};
use crate::common::{Folder, Run, finish};
use crate::platform::{Comments, MARKER, REPORT, methods, on_github, plain};

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
