//! Mayo ASPM, end to end: a server that answers as the service documents, and as it must not.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::server::{Reply, Request, Server};
use common::{Folder, Run, finish};
use serde_json::{Value, json};

const KEY: &str = "mayo_ak_0123456789abcdefABCDEF0123456789";
const PROJECT: &str = "proj_7f31c0";
const OTHER: &str = "proj_91aa02";

/// In which of the two forms lists are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `data` and `pagination`.
    Data,
    /// `items` and `total`.
    Items,
    /// A bare list.
    Bare,
}

/// The service: what it holds, and how it writes.
#[derive(Clone)]
struct Mayo {
    projects: Vec<Value>,
    /// `None`: there is no such route.
    assets: Option<Vec<Value>>,
    scans: Option<Vec<Value>>,
    findings: Vec<Value>,
    /// The forms of `/projects`, and of everything else.
    forms: (Form, Form),
    /// The size of its pages, whatever is asked for.
    size: Option<usize>,
    /// Whether it restricts to a project.
    restricts: bool,
    /// What it adds to the total of the findings.
    claims: i64,
}

fn project(id: &str, name: &str, findings: u64) -> Value {
    json!({"id": id, "name": name, "asset_count": 1, "finding_count": findings, "created_at": "2026-02-03T08:12:44Z"})
}

fn finding(id: &str) -> Value {
    finding_of(id, PROJECT, "checkout-service")
}

fn finding_of(id: &str, project: &str, name: &str) -> Value {
    json!({
        "id": id, "title": format!("SQL query built from request parameter {id}"), "severity": "high", "status": "open",
        "scanner": "semgrep", "scanner_type": "sast", "rule_id": "python.sqlalchemy.injection",
        "file_path": "src/orders/query.py", "line_number": 47, "cve_id": "", "cwe_id": "CWE-89",
        "package": "", "package_version": "", "fixed_version": "", "epss_score": 0.0, "in_kev": false, "a_new_field": {"x": [1]},
        "first_detected": "2026-04-17T03:22:10Z",
        "asset": {"id": format!("asset_{name}"), "name": name, "source": "github", "full_name": format!("acme/{name}")},
        "project": {"id": project, "name": name}
    })
}

fn scan(id: &str, scanner: &str, status: &str, ended: Option<&str>) -> Value {
    json!({
        "id": id, "asset_id": "asset_checkout-service", "project_id": PROJECT, "scanner": scanner, "scanner_type": "sast",
        "branch": "main", "commit_sha": "9f2c41d07777", "trigger": "scheduled", "status": status,
        "created_at": "2026-11-20T03:38:40Z", "started_at": "2026-11-20T03:39:02Z", "completed_at": ended, "finding_count": 1
    })
}

fn done() -> Value {
    scan("scan_a91e", "semgrep", "completed", Some("2026-11-20T03:41:09Z"))
}

fn with(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

fn many(count: usize) -> Vec<Value> {
    (0..count).map(|n| finding(&format!("f_{n:04}"))).collect()
}

impl Mayo {
    fn with(findings: Vec<Value>) -> Mayo {
        let count = findings.len() as u64;
        Mayo {
            projects: vec![project(PROJECT, "checkout-service", count), project(OTHER, "identity", 0)],
            assets: None,
            scans: Some(vec![done()]),
            findings,
            forms: (Form::Data, Form::Data),
            size: None,
            restricts: true,
            claims: 0,
        }
    }

    fn forms(self, projects: Form, others: Form) -> Mayo {
        Mayo { forms: (projects, others), ..self }
    }

    fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }

    /// Answers, but for what `first` answers.
    fn start_with(self, first: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
        Server::start(move |request| first(request).unwrap_or_else(|| self.answer(request)))
    }

    fn answer(&self, request: &Request) -> Reply {
        let bearer = request.bearer() == Some(KEY) && request.header("x-api-key").is_none();
        let by_header = request.header("x-api-key") == Some(KEY) && request.header("authorization").is_none();
        if !(bearer || by_header) {
            return error(401, "unauthorized", "Missing or invalid credentials");
        }
        assert_eq!(request.method, "GET", "nothing is written at the service");
        assert_eq!(request.header("accept"), Some("application/json"));
        assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("findgate/")));
        let allowed = ["page", "per_page", "project_id", "sort"];
        if let Some((name, _)) = request.query.iter().find(|(name, _)| !allowed.contains(&name.as_str())) {
            return error(400, "invalid_parameter", &format!("Unknown parameter {name}"));
        }
        let size = request.query("per_page").and_then(|size| size.parse::<usize>().ok()).unwrap_or(20);
        if !(1..=100).contains(&size) {
            return error(400, "invalid_parameter", "per_page must be 1 to 100");
        }
        let of_project = |rows: &[Value]| -> Vec<Value> {
            let id = request.query("project_id").filter(|_| self.restricts);
            let is_of = |row: &&Value| {
                id.is_none_or(|id| {
                    row["project"]["id"] == id
                        || row["project_id"] == id
                        || row["project"].is_null() && row["project_id"].is_null()
                })
            };
            rows.iter().filter(is_of).cloned().collect()
        };
        let (form, rows, claims) = match request.path.as_str() {
            "/projects" => (self.forms.0, self.projects.clone(), 0),
            "/assets" if self.assets.is_some() => (self.forms.1, self.assets.clone().unwrap(), 0),
            "/scans" if self.scans.is_some() => (self.forms.1, of_project(self.scans.as_ref().unwrap()), 0),
            "/findings" => (self.forms.1, of_project(&self.findings), self.claims),
            _ => return Reply::json(404, &json!({"detail": "Not Found"})),
        };
        let page = request.query("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Reply::ok(&list(form, &rows, page, self.size.unwrap_or(size), claims))
    }
}

/// A page of a list.
fn list(form: Form, rows: &[Value], page: usize, size: usize, claims: i64) -> Value {
    let part: Vec<&Value> = rows.iter().skip((page - 1) * size).take(size).collect();
    let total = rows.len() as i64 + claims;
    match form {
        Form::Data => json!({"data": part, "pagination": {"page": page, "per_page": size, "total": total}}),
        Form::Items => json!({
            "items": part, "total": total, "page": page, "page_size": size, "total_pages": rows.len().div_ceil(size)
        }),
        Form::Bare => json!(part),
    }
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": message}}))
}

const POLICY: &str = "version: 1\nthresholds: {all: any}\nsources: {mayo: {project: checkout-service}}\n";

/// A policy with these keys of the source.
fn policy(keys: &str) -> String {
    format!("version: 1\nthresholds: {{all: any}}\nsources: {{mayo: {{{keys}}}}}\n")
}

fn run_with(server: &Server, policy: &str, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let folder = Folder::new().with("policy.yml", policy);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--format", "json", "--as-of", "2026-11-21"]).args(more);
    finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY).envs(variables.iter().copied()))
}

fn run(server: &Server) -> Run {
    run_with(server, POLICY, &[], &[])
}

/// A run against a server that never gets well.
fn short(server: &Server) -> Run {
    run_with(server, POLICY, &[], &["--timeout", "3s"])
}

fn source(run: &Run) -> Value {
    run.json()["sources"][0].clone()
}

/// Whether one of the sentences says this.
fn tells(run: &Run, list: &str, part: &str) -> bool {
    source(run)[list].as_array().unwrap().iter().any(|text| text.as_str().unwrap().contains(part))
}

#[track_caller]
fn noted(run: Run, part: &str) -> Run {
    assert!(tells(&run, "notes", part), "no note of {part:?}:\n{:#}", source(&run));
    run
}

#[track_caller]
fn blamed(run: Run, state: &str, part: &str) -> Run {
    assert_eq!(source(&run)["state"], state, "{:#}", source(&run));
    assert!(tells(&run, "reasons", part), "no reason of {part:?}:\n{:#}", source(&run));
    run
}

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
fn findings_of_other_projects_are_left_out_and_told() {
    let mut rows = many(2);
    rows.push(finding_of("f_x", OTHER, "identity"));
    // It lacks what a finding needs, and is nobody's here.
    rows.push(json!({"id": "f_y", "project_id": OTHER}));
    let projects = vec![project(PROJECT, "checkout-service", 2)];
    let server = Mayo { restricts: false, projects, ..Mayo::with(rows.clone()) }.start();
    let run = noted(run(&server).ends_with(1), "2 findings of other projects left out (`identity`, `proj_91aa02`)");
    assert_eq!((&source(&run)["state"], &source(&run)["read"]), (&json!("complete"), &json!(2)), "{:#}", source(&run));
    // More are said to be there than are left.
    let projects = vec![project(PROJECT, "checkout-service", 4)];
    let server = Mayo { restricts: false, projects, ..Mayo::with(rows) }.start();
    blamed(self::run(&server).ends_with(1), "partial", "is said to have 4 findings, and its list has 2");
    // Nothing of ours among them, and nothing is expected.
    let rows = vec![finding_of("f_x", OTHER, "identity")];
    let server =
        Mayo { restricts: false, projects: vec![project(PROJECT, "checkout-service", 0)], ..Mayo::with(rows) }.start();
    assert_eq!(source(&self::run(&server).ends_with(0))["read"], 0);
}

#[test]
fn findings_that_do_not_tell_their_project_are_nobodys_unless_the_policy_trusts_the_server() {
    let bare = |id: &str| {
        let mut row = finding(id);
        row.as_object_mut().unwrap().retain(|name, _| name != "project" && name != "asset");
        row
    };
    let server = Mayo::with(vec![bare("a"), bare("b")]).start();
    let untrusted = run(&server).ends_with(3);
    blamed(untrusted, "failed", "none of the 2 findings");
    let trusting = policy("project: checkout-service, trust_server_filter: true");
    let run = noted(run_with(&server, &trusting, &[], &[]).ends_with(1), "`trust_server_filter`");
    assert_eq!((&source(&run)["state"], &source(&run)["read"]), (&json!("complete"), &json!(2)));
    // Where nothing restricts the list, there is nothing to trust.
    let trusting = policy("project: checkout-service, trust_server_filter: true, project_param: ''");
    blamed(run_with(&server, &trusting, &[], &[]).ends_with(3), "failed", "nothing restricts the list");
    // Some do, some do not: all count.
    let server = Mayo::with(vec![bare("a"), finding("b")]).start();
    let run = noted(self::run(&server).ends_with(1), "1 finding without a project in the list");
    assert_eq!(source(&run)["read"], 2);
    // One that is another's shows that the service does tell.
    let server = Mayo { restricts: false, ..Mayo::with(vec![bare("a"), finding_of("b", OTHER, "identity")]) }.start();
    assert_eq!(source(&self::run(&server).ends_with(1))["read"], 1);
}

#[test]
fn a_finding_that_names_only_its_asset_belongs_to_the_projects_of_that_asset() {
    let by_asset = |id: &str, name: &str| {
        let mut row = finding_of(id, PROJECT, name);
        row.as_object_mut().unwrap().remove("project");
        row
    };
    let assets = vec![
        json!({"id": "asset_checkout-service", "full_name": "acme/checkout-service", "project_ids": [PROJECT]}),
        json!({"id": "asset_identity", "full_name": "acme/identity", "project_ids": [OTHER]}),
    ];
    let rows = vec![by_asset("a", "checkout-service"), by_asset("b", "identity"), by_asset("c", "unheard-of")];
    let server = Mayo { assets: Some(assets), ..Mayo::with(rows.clone()) }.start();
    let run = noted(run(&server).ends_with(1), "1 finding of other projects left out");
    assert_eq!(source(&run)["read"], 2, "what cannot be told counts: {:#}", source(&run));
    // Without a list of assets nobody can tell.
    blamed(self::run(&Mayo::with(rows).start()).ends_with(3), "failed", "none of the 3 findings");
}

#[test]
fn an_empty_list_of_a_project_that_is_said_to_have_findings_is_no_pass() {
    let server = Mayo { projects: vec![project(PROJECT, "checkout-service", 12)], ..Mayo::with(Vec::new()) }.start();
    blamed(run(&server).ends_with(3), "failed", "said to have 12 findings");
    // All that is shown is another's.
    let rows = vec![finding_of("f_x", OTHER, "identity")];
    let mayo = Mayo { projects: vec![project(PROJECT, "checkout-service", 12)], restricts: false, ..Mayo::with(rows) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "findings:read");
    // Nobody says how many there are.
    let untold = vec![json!({"id": PROJECT, "name": "checkout-service"})];
    let mayo = Mayo { projects: untold, ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.clone().start()).ends_with(3), "partial", "nothing shows that the list is that of the project");
    let trusting = policy("project: checkout-service, trust_server_filter: true");
    noted(run_with(&mayo.start(), &trusting, &[], &[]).ends_with(0), "the server's word is taken for it");
}

#[test]
fn neither_status_nor_severity_is_asked_for_so_no_filter_can_hide_anything() {
    let rows = ["open", "Triaged", "confirmed", "In Progress", "in-progress", "IN_PROGRESS", "accepted", "quarantined"];
    let out = ["resolved", "False Positive", "suppressed", "accepted_risk", "muted"];
    let rows: Vec<Value> = rows
        .iter()
        .chain(&out)
        .enumerate()
        .map(|(n, word)| with(finding(&format!("f_{n}")), "status", json!(word)))
        .collect();
    let server = Mayo::with(rows).start();
    let run = noted(
        run(&server).ends_with(1),
        "the status `quarantined`, which this version does not know; it counts as open",
    );
    assert_eq!(run.json()["dispositions"]["violation"], 8);
    assert_eq!(run.json()["dispositions"]["excused"], 5);
    assert!(server.requests().iter().all(|r| r.query("status").is_none() && r.query("severity").is_none()));
    let strict = policy("project: checkout-service, count_accepted_risk: true");
    assert_eq!(run_with(&server, &strict, &[], &[]).ends_with(1).json()["dispositions"]["violation"], 9);
}

#[test]
fn a_server_that_does_not_know_the_parameter_of_the_project_shows_everything_and_the_rows_decide() {
    for reply in [
        error(400, "invalid_parameter", "Unknown parameter 'project_id'"),
        Reply::json(
            400,
            &json!({"error": {"code": "validation_error", "message": "Invalid", "details": [{"field": "project_id", "message": "unknown"}]}}),
        ),
        Reply::json(
            422,
            &json!({"detail": [{"type": "extra_forbidden", "loc": ["query", "project_id"], "msg": "Extra inputs are not permitted"}]}),
        ),
    ] {
        let mut rows = many(2);
        rows.push(finding_of("f_x", OTHER, "identity"));
        let mut scans = vec![done()];
        scans.push(with(done(), "project_id", json!(OTHER)));
        scans[1]["id"] = json!("scan_x");
        let projects = vec![project(PROJECT, "checkout-service", 2)];
        let mayo = Mayo { scans: Some(scans), projects, ..Mayo::with(rows) };
        let refused = reply.clone();
        let server = mayo.start_with(move |request| request.query("project_id").is_some().then(|| refused.clone()));
        let run = noted(run(&server).ends_with(1), "refuses the parameter `project_id`");
        assert_eq!(
            (&source(&run)["state"], &source(&run)["read"]),
            (&json!("complete"), &json!(2)),
            "{:#}",
            source(&run)
        );
        assert_eq!(source(&run)["scans"].as_array().unwrap().len(), 1);
    }
    // The refusal of anything else stands.
    let server = Mayo::with(many(1))
        .start_with(|request| (request.path == "/findings").then(|| error(400, "invalid_parameter", "page is wrong")));
    blamed(run(&server).ends_with(3), "failed", "400 (invalid_parameter: page is wrong)");
    // Scans are asked for in an order that the service may not know.
    let server = Mayo::with(many(1)).start_with(|request| {
        request.query("sort").is_some().then(|| error(400, "invalid_parameter", "sort: unknown"))
    });
    assert_eq!(source(&run(&server).ends_with(1))["state"], "complete");
    assert!(server.requests().iter().all(|r| r.path != "/findings" || r.query("sort").is_none()));
}

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
fn a_project_that_is_not_there_is_told_with_those_that_are() {
    let server = Mayo::with(many(1)).start();
    let run = run_with(&server, &policy("project: checkout"), &[], &[]).ends_with(3);
    blamed(run, "failed", "there is no project `checkout`; there is `checkout-service`, `identity`");
    assert_eq!(server.count("/findings"), 0, "nothing else is read instead");
    // By its id, in another case, by the option.
    for keys in ["project: proj_7f31c0", "project: Checkout-Service", "projects: [checkout-service]"] {
        assert_eq!(source(&run_with(&server, &policy(keys), &[], &[]).ends_with(1))["read"], 1, "{keys}");
    }
    let named = run_with(&server, POLICY, &[], &["--project", "identity"]).ends_with(3);
    assert_eq!(source(&named)["projects"], json!(["identity"]));
    blamed(named, "failed", "never scanned");
    let twice = vec![project("1", "a", 1), project("2", "a", 1)];
    let server = Mayo { projects: twice, ..Mayo::with(many(1)) }.start();
    blamed(run_with(&server, &policy("project: a"), &[], &[]).ends_with(3), "failed", "name one by its id: 1, 2");
}

#[test]
fn several_projects_and_sub_projects_are_read_and_a_finding_of_two_counts_once() {
    let projects = vec![
        project(PROJECT, "checkout-service", 2),
        project(OTHER, "identity", 1),
        with(project("proj_sub", "checkout-web", 1), "parent_id", json!(PROJECT)),
    ];
    let both = with(finding("both"), "projects", json!([{"id": OTHER}, {"id": PROJECT}]));
    let rows = vec![both, finding_of("b", OTHER, "identity"), finding_of("c", "proj_sub", "checkout-web")];
    let server = Mayo { projects, restricts: false, ..Mayo::with(rows) }.start();
    let run = run_with(&server, &policy("projects: [checkout-service, identity]"), &[], &[]).ends_with(1);
    assert_eq!(source(&run)["read"], 3);
    assert_eq!(source(&run)["projects"], json!(["checkout-service", "checkout-web", "identity"]));
    let asked: Vec<String> = server
        .requests()
        .iter()
        .filter(|r| r.path == "/findings")
        .filter_map(|r| r.query("project_id").map(str::to_owned))
        .collect();
    assert_eq!(asked, [PROJECT, "proj_sub", OTHER]);
}

#[test]
fn the_project_of_the_repository_is_found_by_its_asset() {
    let assets = || {
        Some(vec![
            json!({"id": "asset_checkout-service", "name": "checkout-service", "full_name": "acme/checkout-service", "project_ids": [PROJECT]}),
            json!({"id": "asset_web", "name": "web", "full_name": "acme/web", "project_ids": [PROJECT]}),
            json!({"id": "asset_lone", "name": "lone", "full_name": "acme/lone", "project_ids": []}),
        ])
    };
    let mut other = finding("f_other");
    other["asset"] = json!({"id": "asset_web", "name": "web", "full_name": "acme/web"});
    let rows = vec![finding("f_1"), other];
    let server = Mayo { assets: assets(), ..Mayo::with(rows) }.start();
    for (keys, more) in [
        ("", &["--repo", "github.com/acme/checkout-service"][..]),
        ("asset: acme/checkout-service", &[]),
        ("asset: ACME/Checkout-Service, project: checkout-service", &[]),
    ] {
        let run = run_with(&server, &policy(keys), &[], more).ends_with(1);
        let run = noted(run, "1 finding of other assets than");
        assert_eq!(
            (&source(&run)["read"], &source(&run)["projects"]),
            (&json!(1), &json!(["checkout-service"])),
            "{keys}"
        );
    }
    blamed(
        run_with(&server, &policy("asset: acme/none"), &[], &[]).ends_with(3),
        "failed",
        "there is no asset `acme/none`",
    );
    blamed(run_with(&server, &policy("asset: acme/lone"), &[], &[]).ends_with(3), "failed", "belongs to no project");
    // The server knows no list of assets.
    for status in [404, 405] {
        let reply = Reply::json(status, &json!({"detail": "no"}));
        let server = Mayo::with(many(1)).start_with(move |r| (r.path == "/assets").then(|| reply.clone()));
        let run = run_with(&server, &policy(""), &[], &["--repo", "github.com/acme/checkout-service"]).ends_with(1);
        noted(run, "found by the name of the repository github.com/acme/checkout-service");
        let run = run_with(&server, &policy(""), &[], &["--repo", "github.com/acme/none"]).ends_with(3);
        blamed(run, "failed", "there is no project `none`");
        // It is called the same, and is another's.
        let run = run_with(&server, &policy(""), &[], &["--repo", "github.com/evil/checkout-service"]).ends_with(1);
        blamed(run, "failed", "none of github.com/evil/checkout-service");
    }
    let server =
        Mayo::with(many(1)).start_with(|r| (r.path == "/assets").then(|| error(403, "insufficient_permissions", "no")));
    blamed(
        run_with(&server, &policy("asset: acme/a"), &[], &[]).ends_with(3),
        "failed",
        "the permission projects:read",
    );
    // Nobody says which project is meant.
    run_with(&server, &policy(""), &[], &[]).ends_with(2).complains("--project");
}

#[test]
fn scans_prove_age_and_commit_and_where_they_are_not_told_nothing_is_proven() {
    let judged = |mayo: Mayo, keys: &str, more: &[&str]| {
        run_with(&mayo.start(), &policy(&format!("project: checkout-service, {keys}")), &[], more)
    };
    let clean = || Mayo::with(Vec::new());
    judged(clean(), "max_age: 48h", &[]).ends_with(0);
    blamed(judged(clean(), "max_age: 1h", &[]).ends_with(3), "stale", "the newest semgrep (sast) scan of");
    judged(clean(), "commit: branch", &["--branch", "main"]).ends_with(0);
    blamed(judged(clean(), "commit: branch", &["--branch", "dev"]).ends_with(3), "partial", "no scan of branch dev");
    judged(clean(), "commit: head", &["--commit", "9f2c41d0777700000000000000000000000000aa"]).ends_with(0);
    blamed(judged(clean(), "commit: head", &["--commit", "aaaaaaaaaaaa"]).ends_with(3), "partial", "no scan of commit");
    // No such route.
    let untold = || Mayo { scans: None, ..Mayo::with(Vec::new()) };
    let run = judged(untold(), "commit: any", &[]).ends_with(0);
    noted(noted(run, "it does not tell its scans"), "clean or was never scanned");
    for keys in ["max_age: 48h", "commit: branch", "commit: head"] {
        blamed(judged(untold(), keys, &["--branch", "main"]).ends_with(3), "partial", "it does not tell its scans");
    }
    // A key that may not see them.
    let server = clean().start_with(|r| (r.path == "/scans").then(|| error(403, "insufficient_permissions", "no")));
    noted(self::run(&server).ends_with(0), "scans:read");
    // What is refused for another reason is not known to be nothing.
    let server = clean().start_with(|r| (r.path == "/scans").then(|| error(400, "invalid_parameter", "no")));
    blamed(self::run(&server).ends_with(3), "partial", "cannot read the scans");
    let server = clean().start_with(|r| (r.path == "/scans").then(|| Reply::ok(&json!({"ok": true}))));
    blamed(self::run(&server).ends_with(3), "partial", "cannot read the scans");
}

#[test]
fn a_project_without_scans_was_never_scanned() {
    let mayo = Mayo { scans: Some(Vec::new()), ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "never scanned");
    let empty = vec![with(project(PROJECT, "checkout-service", 0), "asset_count", json!(0))];
    let mayo = Mayo { scans: None, projects: empty, ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "never scanned: the project `checkout-service` has no assets");
    // Of another project only, or of nobody's.
    let other = with(done(), "project_id", json!(OTHER));
    let mayo = Mayo { scans: Some(vec![other]), restricts: false, ..Mayo::with(Vec::new()) };
    blamed(run(&mayo.start()).ends_with(3), "failed", "never scanned");
    let mut nobodys = done();
    nobodys.as_object_mut().unwrap().retain(|name, _| name != "project_id" && name != "asset_id");
    let mayo = Mayo { scans: Some(vec![nobodys]), ..Mayo::with(Vec::new()) };
    noted(run(&mayo.start()).ends_with(0), "they prove nothing");
    // Findings without scans were uploaded.
    let mayo = Mayo { scans: Some(Vec::new()), ..Mayo::with(many(1)) };
    assert_eq!(source(&run(&mayo.start()).ends_with(1))["state"], "complete");
}

#[test]
fn a_scan_that_runs_or_failed_is_told_and_one_that_runs_is_waited_for() {
    for (status, part) in [
        ("running", "is still running"),
        ("queued", "is still running"),
        ("Timed Out", "failed (it says Timed Out)"),
        ("cancelled", "failed (it says cancelled)"),
        ("paused", "whether the newest grype (sast) scan of asset_checkout-service has ended is not known"),
    ] {
        let scans = vec![done(), scan("scan_b", "grype", status, None)];
        let mayo = Mayo { scans: Some(scans), ..Mayo::with(Vec::new()) };
        blamed(run(&mayo.start()).ends_with(3), "partial", part);
    }
    // It began, never ended, and a later one did.
    let stuck = with(scan("stuck", "semgrep", "running", None), "started_at", json!("2026-01-01T00:00:00Z"));
    let mayo = Mayo { scans: Some(vec![done(), stuck]), ..Mayo::with(Vec::new()) };
    assert_eq!(source(&run(&mayo.start()).ends_with(0))["state"], "complete");
    let asked = AtomicUsize::new(0);
    let server = Mayo::with(Vec::new()).start_with(move |request| {
        let first = request.path == "/scans" && asked.fetch_add(1, Ordering::SeqCst) == 0;
        first.then(|| Reply::ok(&json!([scan("scan_a91e", "semgrep", "running", None)])))
    });
    run_with(&server, &policy("project: checkout-service, wait: 1m"), &[], &[]).ends_with(0);
    // Asked while it ran, on a second page that was empty, and once more.
    let order: Vec<String> = server.requests().into_iter().map(|r| r.path).collect();
    assert!(
        order.iter().rposition(|path| path == "/scans") < order.iter().position(|path| path == "/findings"),
        "{order:?}"
    );
}

#[test]
fn of_a_long_history_of_scans_the_newest_are_read_where_they_come_newest_first() {
    let history = |newest_first: bool| -> Vec<Value> {
        let mut scans: Vec<Value> = (0..1_200)
            .map(|n| {
                let time = format!("2026-{:02}-{:02}T0{}:00:00Z", 1 + n / 280, 1 + (n / 10) % 28, n % 10);
                let scan =
                    with(scan(&format!("s{n:04}"), "semgrep", "completed", Some(&time)), "created_at", json!(time));
                with(scan, "started_at", json!(time))
            })
            .collect();
        if newest_first {
            scans.reverse();
        }
        scans
    };
    for newest_first in [true, false] {
        let server = Mayo { scans: Some(history(newest_first)), ..Mayo::with(Vec::new()) }.start();
        let run = run(&server).ends_with(0);
        assert_eq!(source(&run)["scans"][0]["origin"], "s1199");
        assert_eq!(tells(&run, "notes", "only the newest 1000"), newest_first);
        let aged = run_with(&server, &policy("project: checkout-service, max_age: 1y"), &[], &[]).ends_with(0);
        assert!(!tells(&aged, "notes", "only the newest"), "how old every scan is cannot be told from some");
    }
}

#[test]
fn a_row_that_lacks_what_it_must_have_is_a_counted_skip_and_the_others_are_kept() {
    for missing in ["id", "severity", "status"] {
        let mut rows = many(2);
        rows[0].as_object_mut().unwrap().remove(missing);
        let run = run(&Mayo::with(rows).start()).ends_with(1);
        let run = blamed(run, "partial", "1 row of the findings could not be read");
        assert_eq!((&source(&run)["read"], &source(&run)["skipped"]), (&json!(1), &json!(1)), "{missing}");
    }
    let server = Mayo::with(vec![json!(7), with(finding("a"), "status", json!("resolved"))]).start();
    blamed(run(&server).ends_with(3), "partial", "could not be read");
}

#[test]
fn numbers_as_ids_and_words_in_any_form_are_read() {
    let mut row = finding("x");
    row["id"] = json!(12);
    row["project"] = json!(7);
    row["severity"] = json!("Informational");
    row["cve_id"] = Value::Null;
    let unknown = with(with(row.clone(), "id", json!(13)), "severity", json!("urgent"));
    let mayo = Mayo {
        projects: vec![project("x", "other", 0), with(project("7", "checkout-service", 2), "id", json!(7))],
        restricts: false,
        ..Mayo::with(vec![row, unknown])
    };
    let run = run(&mayo.start()).ends_with(1);
    let run = noted(run, "the severity `urgent`, which this version does not know; it counts as `unknown_severity`");
    let counts = &run.json()["counts"]["sast"];
    assert_eq!(
        (&counts["info"], &counts["unknown"], &counts["critical"]),
        (&json!(1), &json!(1), &json!(0)),
        "{counts}"
    );
    // An unknown severity counts as the worst.
    let critical = POLICY.replace("{all: any}", "{all: critical}");
    assert_eq!(
        run_with(
            &Mayo { restricts: false, ..Mayo::with(vec![with(finding("a"), "severity", json!("urgent"))]) }.start(),
            &critical,
            &[],
            &[]
        )
        .ends_with(1)
        .json()["dispositions"]["violation"],
        1
    );
}

#[test]
fn a_kind_that_nothing_tells_is_other_and_told() {
    let mut untold = finding("a");
    untold.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "scanner" | "scanner_type"));
    let odd = with(with(finding("b"), "scanner_type", json!("fuzzing")), "scanner", json!("acme"));
    let run = run(&Mayo::with(vec![untold, odd]).start()).ends_with(1);
    let run = noted(run, "the kind `fuzzing`, which this version does not know; it counts as `other`");
    let run = noted(run, "1 finding counted as `other`, for nothing tells what kind of scan found them");
    assert_eq!(run.json()["counts"]["other"]["high"], 2);
}

#[test]
fn findings_of_other_branches_count_and_are_told() {
    let rows =
        vec![with(finding("a"), "branch", json!("fix/x")), with(finding("b"), "branch", json!("refs/heads/main"))];
    let server = Mayo::with(rows).start();
    let run = run_with(&server, POLICY, &[], &["--branch", "main"]).ends_with(1);
    let run =
        noted(noted(run, "1 finding of other branches than main; they count all the same"), "pull requests among them");
    assert_eq!(run.json()["dispositions"]["violation"], 2);
}

#[test]
fn paths_and_parameters_of_the_policy_are_asked_for_and_told() {
    let mayo = Mayo::with(many(2));
    let server = Server::start(move |request| {
        let mut request = request.clone();
        if request.path == format!("/v2/projects/{PROJECT}/findings") {
            assert_eq!(request.query("scanner_type"), Some("sast"));
            assert_eq!(request.query("project_id"), None);
            request.path = "/findings".into();
            request.query.retain(|(name, _)| name != "scanner_type");
        }
        mayo.answer(&request)
    });
    let keys = "project: checkout-service, project_param: '', findings_path: '/v2/projects/{project_id}/findings', extra_query: {scanner_type: sast}, auth_header: x-api-key, page_size: 1";
    let run = noted(run_with(&server, &policy(keys), &[], &[]).ends_with(1), "asked for with `scanner_type=sast`");
    assert_eq!(source(&run)["read"], 2);
    assert!(server.requests().iter().all(|r| r.header("x-api-key") == Some(KEY) && r.bearer().is_none()));
    // The token of a session goes out as a bearer, whatever the policy says.
    let server = Mayo::with(many(1)).start();
    let keys = "project: checkout-service, auth_header: x-api-key";
    run_with(&server, &policy(keys), &[("MAYOASPM_API_KEY", "eyJhbGciOiJub25lIn0.e30.x")], &[]).ends_with(3);
    assert_eq!(server.requests()[0].bearer(), Some("eyJhbGciOiJub25lIn0.e30.x"));
}

#[test]
fn adjusted_severities_count_where_the_policy_asks_for_them() {
    let server = Mayo::with(vec![with(finding("a"), "adjusted_severity", json!("low"))]).start();
    let limits = "version: 1\nthresholds: {all: high}\nsources: {mayo: {project: checkout-service, severity: WORD}}\n";
    run_with(&server, &limits.replace("WORD", "reported"), &[], &[]).ends_with(1);
    run_with(&server, &limits.replace("WORD", "adjusted"), &[], &[]).ends_with(0);
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
fn an_address_of_this_machine_may_stand_in_the_policy_with_or_without_a_slash() {
    let mayo = Mayo::with(many(1));
    let server = Server::start(move |request| {
        let mut request = request.clone();
        request.path = request.path.strip_prefix("/api").expect("the prefix is kept").to_owned();
        mayo.answer(&request)
    });
    for tail in ["/api", "/api/"] {
        let folder = Folder::new()
            .with("policy.yml", policy(&format!("project: checkout-service, url: '{}{tail}'", server.url)));
        let mut command = folder.command();
        finish(command.args(["check", "--policy", "policy.yml"]).env("MAYOASPM_API_KEY", KEY)).ends_with(1);
    }
}

#[test]
fn without_a_key_nothing_is_asked() {
    let folder = Folder::new().with("policy.yml", POLICY);
    let check = ["check", "--policy", "policy.yml"];
    folder.run(check).ends_with(2).complains("set MAYOASPM_API_KEY");
    let event = json!({"number": 7, "pull_request": {
        "head": {"ref": "fix", "sha": "1".repeat(40), "repo": {"full_name": "evil/r", "fork": true}},
        "base": {"ref": "main", "sha": "2".repeat(40), "repo": {"full_name": "o/r"}}
    }});
    folder.write("event.json", event.to_string());
    let fork = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_EVENT_PATH", "event.json"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("FINDGATE_TRUST", "worktree"),
    ];
    let mut command = folder.command();
    finish(command.args(check).envs(fork)).ends_with(3).says("from a fork");
    let optional = policy("project: a, required: false");
    Folder::new().with("policy.yml", optional).run(check).ends_with(0).says("set MAYOASPM_API_KEY");
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

#[test]
fn two_runs_give_the_same_bytes() {
    let mut rows = many(120);
    rows.push(finding_of("f_x", OTHER, "identity"));
    let folder = Folder::new().with("policy.yml", policy("project: checkout-service, page_size: 10"));
    let server = Mayo { restricts: false, ..Mayo::with(rows) }.start();
    for format in ["human", "json", "sarif", "sarif-audit"] {
        let once = || {
            let mut command = folder.command();
            command.args(["check", "--policy", "policy.yml", "--format", format, "--as-of", "2026-11-21"]);
            finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY)).ends_with(1).stdout
        };
        assert_eq!(once(), once(), "{format}");
    }
}

#[test]
fn the_example_is_a_policy_and_says_what_it_reads() {
    let folder = Folder::new().with("policy.yml", include_str!("../examples/vendors/mayo.yml"));
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("project checkout-service");
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
fn of_a_finding_that_two_lists_tell_differently_the_stricter_counts() {
    let projects = vec![project(PROJECT, "checkout-service", 1), project(OTHER, "identity", 1)];
    let server = Mayo { projects, ..Mayo::with(Vec::new()) }.start_with(|request| {
        let both = with(finding("f"), "projects", json!([{"id": OTHER}, {"id": PROJECT}]));
        let status = if request.query("project_id") == Some(OTHER) { "open" } else { "resolved" };
        (request.path == "/findings")
            .then(|| Reply::ok(&list(Form::Data, &[with(both, "status", json!(status))], 1, 100, 0)))
    });
    let run = run_with(&server, &policy("projects: [checkout-service, identity]"), &[], &[]).ends_with(1);
    assert_eq!(source(&run)["read"], 1);
}

#[test]
fn scans_that_were_told_once_are_not_forgotten_when_they_are_refused() {
    let running = || scan("scan_b", "semgrep", "running", None);
    // While they are waited for.
    let asked = AtomicUsize::new(0);
    let server = Mayo { scans: Some(vec![running()]), ..Mayo::with(Vec::new()) }.start_with(move |request| {
        let again = request.path == "/scans" && asked.fetch_add(1, Ordering::SeqCst) > 0;
        again.then(|| Reply::json(404, &json!({"detail": "Not Found"})))
    });
    let run = run_with(&server, &policy("project: checkout-service, wait: 1m"), &[], &[]).ends_with(3);
    blamed(run, "partial", "cannot read the scans");
    // Those of one project, and not of the other.
    let server = Mayo { scans: Some(vec![running()]), ..Mayo::with(Vec::new()) }.start_with(|request| {
        let other = request.path == "/scans" && request.query("project_id") == Some(OTHER);
        other.then(|| Reply::json(404, &json!({"detail": "Project not found"})))
    });
    let run = run_with(&server, &policy("projects: [checkout-service, identity]"), &[], &[]).ends_with(3);
    blamed(run, "partial", "cannot read the scans");
}

#[test]
fn a_fresh_scan_of_one_asset_does_not_hide_a_stale_one_of_another_of_the_same_name() {
    let of = |id: &str, asset: &str, ended: &str| {
        let row = with(scan(id, "semgrep", "completed", Some(ended)), "asset_id", json!(asset));
        with(row, "asset_name", json!("web"))
    };
    let scans = vec![of("new", "asset_1", "2026-11-20T12:00:00Z"), of("old", "asset_2", "2026-01-01T00:00:00Z")];
    let server = Mayo { scans: Some(scans), ..Mayo::with(Vec::new()) }.start();
    let run = run_with(&server, &policy("project: checkout-service, max_age: 7d"), &[], &[]).ends_with(3);
    blamed(run, "stale", "scan of web (asset_2) ended");
}

#[test]
fn a_scan_that_one_answer_tells_twice_has_not_ended_if_one_of_them_says_so() {
    let mut scans = vec![done(), with(done(), "status", json!("failed"))];
    for _ in 0..2 {
        let mayo = Mayo { scans: Some(scans.clone()), ..Mayo::with(Vec::new()) };
        let server = mayo.start_with({
            let scans = scans.clone();
            move |request| (request.path == "/scans").then(|| Reply::ok(&json!(scans)))
        });
        blamed(run(&server).ends_with(3), "partial", "failed");
        scans.reverse();
    }
}

#[test]
fn findings_are_of_the_asset_whatever_project_they_name_and_by_a_name_that_cannot_be_compared_none_is_left_out() {
    // The asset is in two projects, and its finding names the other one.
    let assets = vec![
        json!({"id": "asset_identity", "name": "The Shop", "full_name": "acme/identity", "project_ids": [OTHER, PROJECT]}),
    ];
    let rows = vec![finding_of("f_1", OTHER, "identity")];
    let server = Mayo { assets: Some(assets.clone()), restricts: false, ..Mayo::with(rows) }.start();
    let run = run_with(&server, &policy("asset: acme/identity, project: checkout-service"), &[], &[]).ends_with(1);
    assert_eq!(source(&run)["read"], 1);
    // By the short name of the repository, where the asset has a name for people.
    let row = with(finding("f_1"), "asset", json!({"name": "identity"}));
    let server = Mayo { assets: Some(assets), ..Mayo::with(vec![row.clone()]) }.start();
    run_with(&server, &policy("asset: acme/identity, project: checkout-service"), &[], &[]).ends_with(1);
    // Nobody tells whether `Web Shop` is the repository.
    let row = with(row, "asset", json!({"id": "asset_55", "name": "Web Shop"}));
    let server = Mayo { scans: None, ..Mayo::with(vec![row]) }.start();
    let run = run_with(&server, &policy("asset: acme/identity, project: checkout-service"), &[], &[]).ends_with(3);
    blamed(run, "partial", "names the asset `acme/identity`");
}

#[test]
fn ids_that_are_large_numbers_are_not_taken_for_one_another() {
    let open = with(finding("x"), "id", json!(18_446_744_073_709_551_614_u64));
    let low = with(with(finding("y"), "id", json!(18_446_744_073_709_551_615_u64)), "severity", json!("low"));
    let server = Mayo { projects: vec![project(PROJECT, "checkout-service", 2)], ..Mayo::with(vec![open, low]) }
        .forms(Form::Data, Form::Bare)
        .start();
    assert_eq!(source(&run(&server).ends_with(1))["read"], 2);
}

#[test]
fn a_score_of_nought_rates_nothing() {
    let row = with(with(finding("f"), "severity", json!("unknown")), "cvss_score", json!(0.0));
    let critical = POLICY.replace("any", "critical");
    run_with(&Mayo::with(vec![row]).start(), &critical, &[], &[]).ends_with(1);
}

#[test]
fn the_branch_of_a_fork_is_not_the_one_of_that_name_here() {
    let event = |full_name: &str| {
        json!({"number": 7, "pull_request": {
            "head": {"ref": "main", "sha": "1".repeat(40), "repo": {"full_name": full_name, "fork": full_name != "o/r"}},
            "base": {"ref": "main", "sha": "2".repeat(40), "repo": {"full_name": "o/r"}}
        }})
    };
    let server = Mayo::with(Vec::new()).start();
    for (of, status) in [("o/r", 0), ("evil/r", 3)] {
        let folder = Folder::new().with("policy.yml", policy("project: checkout-service, commit: branch"));
        folder.write("event.json", event(of).to_string());
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml", "--as-of", "2026-11-21"]);
        command.envs([
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "pull_request"),
            ("GITHUB_EVENT_PATH", "event.json"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("FINDGATE_TRUST", "worktree"),
        ]);
        finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY)).ends_with(status);
    }
}
