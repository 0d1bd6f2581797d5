//! A CybeDefend on this machine: an API and a login service, as strict as the real ones are known to be.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::common::server::{Reply, Request, Server, jwt};
use crate::common::{Folder, Run, finish};

pub(crate) const PROJECT: &str = "550e8400-e29b-41d4-a716-446655440001";
pub(crate) const OTHER: &str = "660e8400-e29b-41d4-a716-446655440002";
pub(crate) const ORGANIZATION: &str = "2b9d1f5e-6a0b-4a0e-8b0f-0c5d7a1f2e33";
pub(crate) const SCAN: &str = "0f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c11";
pub(crate) const PAT: &str = "pat_Zm91bmQgYSBzZWNyZXQ0";
const CLIENT: &str = "fm90ay05zohu8fk2q45ms";
pub(crate) const TYPES: [&str; 6] = ["sast", "sca", "iac", "secret", "cicd", "container"];

type Before = dyn Fn(&Request) -> Option<Reply> + Send + Sync;

/// What the server holds and how it behaves.
#[derive(Clone)]
pub(crate) struct Mock {
    pub(crate) lists: BTreeMap<&'static str, Vec<Value>>,
    /// More rows are not put on a page.
    pub(crate) clamp: usize,
    /// What `GET /project/{id}/scan/{id}` gives; the lists name it. `None`: never scanned.
    pub(crate) scan: Option<Value>,
    pub(crate) project: Value,
    pub(crate) branches: Vec<&'static str>,
    pub(crate) profile: Value,
    /// What `/client-apps` names as the audience.
    pub(crate) resource: Option<&'static str>,
    /// Seconds that a token holds, by its answer and by itself.
    pub(crate) lifetime: (i64, i64),
    /// A token opens so many requests of the API.
    pub(crate) requests_per_token: usize,
    /// Looks at every request first.
    pub(crate) before: Arc<Before>,
}

/// The path of a list of findings.
pub(crate) fn results(list: &str) -> String {
    format!("/project/{PROJECT}/results/{list}")
}

/// Both services, running.
pub(crate) struct Vendor {
    pub(crate) api: Server,
    pub(crate) auth: Server,
}

impl Mock {
    pub(crate) fn new() -> Mock {
        Mock {
            lists: TYPES.map(|name| (name, Vec::new())).into(),
            clamp: 100,
            scan: Some(json!({
                "id": SCAN, "name": "scan", "state": "completed", "projectId": PROJECT,
                "createAt": "2026-11-20T06:05:00.000Z", "updatedAt": "2026-11-20T06:12:00.000Z",
                "startTime": "2026-11-20T06:05:04.000Z", "endTime": "2026-11-20T06:11:58.000Z",
                "containers": [{}], "progress": 100, "step": "done"
            })),
            project: json!({"projectId": PROJECT, "teamName": "Platform", "name": "payments-api", "referenceBranch": "main"}),
            branches: vec!["main"],
            profile: json!({
                "id": "u", "myOrganizations": [{"id": ORGANIZATION, "name": "Acme"}],
                "myAccessibleProjects": [
                    {"projectId": PROJECT, "projectName": "payments-api", "organizationId": ORGANIZATION},
                    {"projectId": OTHER, "projectName": "payments-web", "organizationId": ORGANIZATION}
                ]
            }),
            resource: None,
            lifetime: (600, 600),
            requests_per_token: usize::MAX,
            before: Arc::new(|_| None),
        }
    }

    pub(crate) fn with(mut self, list: &'static str, rows: Vec<Value>) -> Mock {
        self.lists.insert(list, rows);
        self
    }

    /// Answers some requests in another way.
    pub(crate) fn before(mut self, before: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Mock {
        self.before = Arc::new(before);
        self
    }

    /// Answers requests of one path in another way.
    pub(crate) fn at(self, path: &'static str, reply: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Mock {
        let path = path.replace("{id}", PROJECT);
        self.before(move |request| (request.path == path).then(|| reply(request)))
    }

    pub(crate) fn scan(mut self, state: &str) -> Mock {
        if let Some(scan) = &mut self.scan {
            scan["state"] = json!(state);
        }
        self
    }

    pub(crate) fn start(self) -> Vendor {
        // Tokens with the number of requests that each was used for.
        let tokens: Arc<Mutex<Vec<(String, usize)>>> = Arc::default();
        let resource: Arc<Mutex<String>> = Arc::default();
        let (mock, issued) = (self.clone(), Arc::clone(&tokens));
        let api = Server::start(move |request| mock.api(request, &issued));
        resource.lock().unwrap().push_str(self.resource.unwrap_or(&api.url));
        let count = AtomicUsize::new(0);
        let auth = Server::start(move |request| {
            if let Some(reply) = (self.before)(request) {
                return reply;
            }
            match exchange(request, &resource.lock().unwrap()) {
                Ok(()) => {
                    let token = jwt(&format!("ci-{}", count.fetch_add(1, Ordering::SeqCst)), self.lifetime.1);
                    tokens.lock().unwrap().push((token.clone(), 0));
                    Reply::ok(&json!({
                        "access_token": token, "token_type": "Bearer", "expires_in": self.lifetime.0, "scope": ""
                    }))
                }
                Err(refusal) => refusal,
            }
        });
        Vendor { api, auth }
    }

    fn api(&self, request: &Request, tokens: &Mutex<Vec<(String, usize)>>) -> Reply {
        if let Some(reply) = (self.before)(request) {
            return reply;
        }
        if request.path == "/client-apps" {
            assert_eq!(request.header("authorization"), None, "nobody asks for a credential here");
            let mut apps =
                json!({"cli": {"appId": CLIENT}, "vscode": {"appId": "wrong"}, "intellij": {"appId": "wrong"}});
            if let Some(resource) = self.resource {
                apps["logtoResource"] = json!(resource);
            }
            return Reply::ok(&apps);
        }
        let is_good = tokens.lock().unwrap().iter_mut().any(|(token, used)| {
            let is_it = request.bearer() == Some(token) && *used < self.requests_per_token;
            *used += usize::from(is_it);
            is_it
        });
        if !is_good {
            return refusal(401, "Unauthorized");
        }
        let parts: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match parts.as_slice() {
            ["user", "profile"] => Reply::ok(&self.profile),
            ["project", PROJECT] => Reply::ok(&self.project),
            ["project", PROJECT, "branches"] => Reply::ok(&json!({"projectId": PROJECT, "branches": self.branches})),
            ["project", PROJECT, "scan", SCAN] if self.scan.is_some() => Reply::ok(self.scan.as_ref().unwrap()),
            ["project", PROJECT, "results", list] => match TYPES.iter().find(|name| *name == list) {
                Some(list) => self.page(request, list),
                None => refusal(404, "Not Found"),
            },
            ["project", ..] => refusal(403, "Forbidden"),
            _ => refusal(404, &format!("Cannot GET {}", request.path)),
        }
    }

    /// A page of findings. A filter with brackets is no filter; all others are applied as the server applies them.
    pub(crate) fn page(&self, request: &Request, list: &'static str) -> Reply {
        let number = |names: [&str; 2]| names.iter().find_map(|name| request.query(name)?.parse::<usize>().ok());
        let by_limit = ["sca", "container"].contains(&list);
        let names = if by_limit { ["page", "limit"] } else { ["pageNumber", "pageSizeNumber"] };
        let page = number([names[0], names[0]]).unwrap_or(1);
        let size = number([names[1], names[1]]).unwrap_or(10);
        let limit = size.min(self.clamp);
        let statuses = request.all("status");
        let fits = |row: &&Value| {
            let base = row.get("base").unwrap_or(row);
            request.query("branch").is_none_or(|branch| base["branch"] == branch)
                && (statuses.is_empty() || statuses.iter().any(|status| base["currentState"] == *status))
        };
        let rows: Vec<&Value> = self.lists[list].iter().filter(fits).collect();
        let shown: Vec<&Value> = rows.iter().copied().skip((page - 1) * limit).take(limit).collect();
        let mut body = json!({
            "projectId": PROJECT, "projectName": "payments-api", "page": page, "limit": limit, "total": rows.len(),
            "totalPages": rows.len().div_ceil(limit), "status": statuses, "severity": [], "priority": [],
            "vulnerabilities": shown
        });
        if let Some(scan) = &self.scan {
            body["scanProjectInfo"] =
                json!({"scanId": SCAN, "state": scan["state"], "createAt": scan["createAt"], "scanType": "sast"});
        }
        Reply::ok(&body)
    }
}

/// The exchange of a token, with every error that the login service has for a wrong field.
fn exchange(request: &Request, resource: &str) -> Result<(), Reply> {
    let error = |name: &str, description: &str| {
        Err(Reply::json(
            400,
            &json!({
                "code": format!("oidc.{name}"), "message": "Request is invalid.", "error": name, "error_description": description
            }),
        ))
    };
    if (request.method.as_str(), request.path.as_str()) != ("POST", "/oidc/token") {
        return Err(refusal(404, "Not Found"));
    }
    if request.header("content-type") != Some("application/x-www-form-urlencoded")
        || request.header("accept") != Some("application/json")
        || request.header("authorization").is_some()
        || !request.query.is_empty()
    {
        return error("invalid_request", "wrong headers");
    }
    let form = request.form();
    let field = |name: &str| {
        let mut values = form.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() { None } else { first }
    };
    if field("grant_type") != Some("urn:ietf:params:oauth:grant-type:token-exchange") || form.len() != 5 {
        return error("invalid_request", "requested grant type is not allowed for this client");
    }
    if field("client_id") != Some(CLIENT) {
        return error("invalid_client", "invalid client");
    }
    if field("subject_token_type") != Some("urn:logto:token-type:personal_access_token")
        || field("subject_token") != Some(PAT)
    {
        return error("invalid_grant", "grant request is invalid");
    }
    if field("resource") != Some(resource) {
        return error("invalid_target", "resource indicator is missing, or unknown");
    }
    Ok(())
}

/// The most common shape of an error.
pub(crate) fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"message": message, "statusCode": status, "timestamp": "2026-11-20T12:31:18.491Z", "path": "/x"}),
    )
}

/// A finding of code, infrastructure, a pipeline or a secret.
pub(crate) fn code(number: u64, severity: &str, status: &str) -> Value {
    json!({"base": {
        "id": format!("5dc18003-c915-430d-bbeb-{number:012}"), "projectId": PROJECT, "createdAt": "2026-11-18T10:21:33.000Z",
        "currentState": status, "currentSeverity": severity, "currentPriority": "urgent", "language": "python",
        "path": format!("src/a{number}.py"), "vulnerableStartLine": 25, "vulnerableEndLine": 27, "branch": "main",
        "scoringSource": "static",
        "vulnerability": {"id": "rule-1", "name": "SQL Injection", "description": "**text**", "cwe": ["CWE-89"], "severity": "LOW"}
    }})
}

/// The same on another branch.
pub(crate) fn on(branch: &str, mut row: Value) -> Value {
    row["base"]["branch"] = json!(branch);
    row
}

/// So many findings of severity low.
pub(crate) fn many(count: u64) -> Vec<Value> {
    (1..=count).map(|number| code(number, "low", "to_verify")).collect()
}

/// A finding of a package.
pub(crate) fn package(number: u64, severity: Value) -> Value {
    json!({
        "base": {"id": format!("9b8b7a44-6f0e-4b9f-9b15-{number:012}"), "currentState": "to_verify",
                 "currentSeverity": severity, "path": "", "branch": "main", "vulnerability": null},
        "library": {"packageName": "cookie", "packageVersion": "0.3.1", "fileName": "package-lock.json", "ecosystem": "npm",
                    "path": ["express@4.16.0", "cookie@0.3.1"]},
        "metadata": {"ghsaId": "GHSA-pxg6-pf52-xh8x", "cve": "CVE-2024-47764", "summary": "cookie accepts too much",
                     "severityGh": "", "cwes": [{"cweId": "CWE-74"}]},
        "autofixRecords": [{"recommendedProposedVersion": "0.7.0", "hasFixAvailable": true}]
    })
}

/// A finding of an image.
pub(crate) fn image(number: u64) -> Value {
    json!({
        "id": format!("4c7e0a7d-8f0a-4f1b-9d0e-{number:012}"), "vulnerabilityIdentifier": "CVE-2023-45853",
        "currentState": "confirmed", "currentSeverity": "critical", "fixedVersion": "1.2", "branch": "main",
        "package": {"name": "zlib1g", "version": "1.1"},
        "vuln": {"title": "zlib: overflow", "severity": "CRITICAL", "class": "os-pkgs", "target": "acme/payments:1.4.2 (debian 12.5)"}
    })
}

/// A policy with these keys in the section of the source.
pub(crate) fn policy(section: &str) -> String {
    format!("version: 1\nthresholds: {{all: any}}\nsources:\n  cybedefend: {{{section}}}\n")
}

/// The policy of most tests.
pub(crate) fn of_project(more: &str) -> String {
    policy(&format!("project: {PROJECT}{more}"))
}

impl Vendor {
    /// `findgate check` by the policy in a folder.
    pub(crate) fn check(&self, folder: &Folder, arguments: &[&str]) -> Command {
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml", "--as-of", "2026-11-21"]).args(arguments);
        command
            .env("CYBEDEFEND_PAT", PAT)
            .env("CYBEDEFEND_URL", &self.api.url)
            .env("CYBEDEFEND_AUTH_URL", &self.auth.url);
        command
    }

    /// Judges by a policy, with more arguments, and asserts the status.
    #[track_caller]
    pub(crate) fn judge(&self, policy: &str, arguments: &[&str], status: i32) -> Run {
        self.judge_in(Folder::new().with("policy.yml", policy), arguments, status)
    }

    #[track_caller]
    pub(crate) fn judge_in(&self, folder: Folder, arguments: &[&str], status: i32) -> Run {
        let mut command = self.check(&folder, &["--format", "json"]);
        let run = finish(command.args(arguments)).ends_with(status);
        assert!(
            !run.stdout.contains(PAT) && !run.stderr.contains(PAT),
            "the token is shown:\n{}\n{}",
            run.stdout,
            run.stderr
        );
        for request in self.api.requests() {
            assert!(!format!("{request:?}").contains(PAT), "the API saw the personal access token: {request:?}");
        }
        let most = self.api.most_at_once() + self.auth.most_at_once();
        assert!(most <= 3, "{most} requests at a time");
        run
    }

    /// How often a token was fetched.
    pub(crate) fn exchanges(&self) -> usize {
        self.auth.count("/oidc/token")
    }

    /// The requests of a list.
    pub(crate) fn of_list(&self, list: &str) -> Vec<Request> {
        self.api.requests().into_iter().filter(|request| request.path == results(list)).collect()
    }
}

/// What JSON says of the source.
pub(crate) struct Told(pub(crate) Value);

impl Run {
    pub(crate) fn source(&self) -> Told {
        let json = self.json();
        let sources = json["sources"].as_array().unwrap();
        Told(sources.iter().find(|source| source["name"] == "cybedefend").unwrap().clone())
    }

    pub(crate) fn findings(&self) -> Vec<Value> {
        self.json()["findings"].as_array().unwrap().clone()
    }
}

impl Told {
    fn all(&self, member: &str) -> String {
        let list = self.0[member].as_array().unwrap();
        list.iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn state(&self) -> &str {
        self.0["state"].as_str().unwrap()
    }

    pub(crate) fn read(&self) -> u64 {
        self.0["read"].as_u64().unwrap()
    }

    pub(crate) fn reasons(&self) -> String {
        self.all("reasons")
    }

    pub(crate) fn notes(&self) -> String {
        self.all("notes")
    }

    #[track_caller]
    pub(crate) fn is(self, state: &str, reason: &str) -> Told {
        assert_eq!(self.state(), state, "{:#}", self.0);
        assert!(self.reasons().contains(reason), "no {reason:?} in the reasons: {:#}", self.0);
        self
    }

    #[track_caller]
    pub(crate) fn whole(self) -> Told {
        assert_eq!(self.state(), "complete", "{:#}", self.0);
        self
    }

    #[track_caller]
    pub(crate) fn notes_that(self, note: &str) -> Told {
        assert!(self.notes().contains(note), "no {note:?} in the notes: {:#}", self.0);
        self
    }
}
