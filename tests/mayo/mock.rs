//! A server that answers as Mayo ASPM does, and what a run against it says.

use serde_json::{Value, json};

use crate::common::server::{Reply, Request, Server};
use crate::common::{Folder, Run, finish};

pub(crate) const KEY: &str = "mayo_ak_0123456789abcdefABCDEF0123456789";
pub(crate) const PROJECT: &str = "proj_7f31c0";
pub(crate) const OTHER: &str = "proj_91aa02";

/// In which form lists are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `data` and `pagination`.
    Data,
    /// `items` and `total`.
    Items,
    /// A bare list.
    Bare,
}

/// The service: what it holds, and how it writes.
#[derive(Clone)]
pub(crate) struct Mayo {
    pub(crate) projects: Vec<Value>,
    /// `None`: there is no such route.
    pub(crate) assets: Option<Vec<Value>>,
    pub(crate) scans: Option<Vec<Value>>,
    pub(crate) findings: Vec<Value>,
    /// The forms of `/projects`, and of everything else.
    pub(crate) forms: (Form, Form),
    /// The size of its pages, whatever is asked for.
    pub(crate) size: Option<usize>,
    /// Whether it restricts to a project.
    pub(crate) restricts: bool,
    /// What it adds to the total of the findings.
    pub(crate) claims: i64,
}

pub(crate) fn project(id: &str, name: &str, findings: u64) -> Value {
    json!({"id": id, "name": name, "asset_count": 1, "finding_count": findings, "created_at": "2026-02-03T08:12:44Z"})
}

pub(crate) fn finding(id: &str) -> Value {
    finding_of(id, PROJECT, "checkout-service")
}

pub(crate) fn finding_of(id: &str, project: &str, name: &str) -> Value {
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

pub(crate) fn scan(id: &str, scanner: &str, status: &str, ended: Option<&str>) -> Value {
    json!({
        "id": id, "asset_id": "asset_checkout-service", "project_id": PROJECT, "scanner": scanner, "scanner_type": "sast",
        "branch": "main", "commit_sha": "9f2c41d07777", "trigger": "scheduled", "status": status,
        "created_at": "2026-11-20T03:38:40Z", "started_at": "2026-11-20T03:39:02Z", "completed_at": ended, "finding_count": 1
    })
}

pub(crate) fn done() -> Value {
    scan("scan_a91e", "semgrep", "completed", Some("2026-11-20T03:41:09Z"))
}

pub(crate) fn with(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

pub(crate) fn many(count: usize) -> Vec<Value> {
    (0..count).map(|n| finding(&format!("f_{n:04}"))).collect()
}

impl Mayo {
    pub(crate) fn with(findings: Vec<Value>) -> Mayo {
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

    pub(crate) fn forms(self, projects: Form, others: Form) -> Mayo {
        Mayo { forms: (projects, others), ..self }
    }

    pub(crate) fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }

    /// Answers, but for what `first` answers.
    pub(crate) fn start_with(self, first: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Server {
        Server::start(move |request| first(request).unwrap_or_else(|| self.answer(request)))
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
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
pub(crate) fn list(form: Form, rows: &[Value], page: usize, size: usize, claims: i64) -> Value {
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

pub(crate) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"error": {"code": code, "message": message}}))
}

pub(crate) const POLICY: &str = "version: 1\nthresholds: {all: any}\nsources: {mayo: {project: checkout-service}}\n";

/// A policy with these keys of the source.
pub(crate) fn policy(keys: &str) -> String {
    format!("version: 1\nthresholds: {{all: any}}\nsources: {{mayo: {{{keys}}}}}\n")
}

pub(crate) fn run_with(server: &Server, policy: &str, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let folder = Folder::new().with("policy.yml", policy);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml", "--format", "json", "--as-of", "2026-11-21"]).args(more);
    finish(command.env("MAYOASPM_URL", &server.url).env("MAYOASPM_API_KEY", KEY).envs(variables.iter().copied()))
}

pub(crate) fn run(server: &Server) -> Run {
    run_with(server, POLICY, &[], &[])
}

/// A run against a server that never gets well.
pub(crate) fn short(server: &Server) -> Run {
    run_with(server, POLICY, &[], &["--timeout", "3s"])
}

pub(crate) fn source(run: &Run) -> Value {
    run.json()["sources"][0].clone()
}

/// Whether one of the sentences says this.
pub(crate) fn tells(run: &Run, list: &str, part: &str) -> bool {
    source(run)[list].as_array().unwrap().iter().any(|text| text.as_str().unwrap().contains(part))
}

#[track_caller]
pub(crate) fn noted(run: Run, part: &str) -> Run {
    assert!(tells(&run, "notes", part), "no note of {part:?}:\n{:#}", source(&run));
    run
}

#[track_caller]
pub(crate) fn blamed(run: Run, state: &str, part: &str) -> Run {
    assert_eq!(source(&run)["state"], state, "{:#}", source(&run));
    assert!(tells(&run, "reasons", part), "no reason of {part:?}:\n{:#}", source(&run));
    run
}
