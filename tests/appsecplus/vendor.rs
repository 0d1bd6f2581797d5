//! AppSec+ as it is documented, as strict as it is: an unknown parameter, a wrong grant or a missing header is refused.

#![allow(dead_code, reason = "each test file uses its own part")]

use serde_json::{Value, json};

use crate::common::server::{Reply, Request, Server};

pub(crate) const CLIENT_ID: &str = "ci-gate";
pub(crate) const SECRET: &str = "s3cr3t+va&l=ue%/x";
pub(crate) const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjaS1nYXRlIn0.c2ln";
pub(crate) const REPOSITORY: &str = "github.com/acme/checkout-service";
pub(crate) const COMMIT: &str = "9f2c41d07a3b5566778899aabbccddeeff001122";

/// How a server pages its lists.
#[derive(Clone, Debug)]
pub(crate) enum Paging {
    /// Not at all, and it does not know the parameters.
    Never,
    /// By `limit`, with so many rows where none is asked for, and without a word on what comes next.
    Silent(usize),
    /// By a cursor that it tells there.
    Cursor(usize, Told),
}

/// Where a server tells the next cursor.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    Body,
    Meta,
    Header,
    Link,
}

/// What a server has.
#[derive(Clone, Debug)]
pub(crate) struct Vendor {
    pub(crate) applications: Value,
    pub(crate) scans: Value,
    pub(crate) vulnerabilities: Value,
    pub(crate) paging: Paging,
    /// What stands before every path, as `/api`.
    pub(crate) prefix: &'static str,
    pub(crate) nested: bool,
    pub(crate) flat: bool,
    /// Whether the parameter `applicationId` has any effect.
    pub(crate) filters: bool,
}

pub(crate) fn scan(id: &str, kind: &str, status: &str, completed: Option<&str>) -> Value {
    json!({
        "id": id, "applicationId": "app-20417", "scanType": kind, "status": status,
        "triggeredBy": format!("ci-gate acme/checkout-service@{}", &COMMIT[..8]),
        "startedAt": completed.map(|_| "2025-11-20T12:00:00Z"), "completedAt": completed,
        "summary": completed.map(|_| json!({"totalFindings": 0, "critical": 0, "high": 0, "medium": 0, "low": 0}))
    })
}

pub(crate) fn vulnerability(number: u64, severity: &str, status: &str) -> Value {
    json!({
        "id": format!("vuln-{number}"), "applicationId": "app-20417", "scanId": "scan-880",
        "title": format!("Flaw {number}"), "description": "Something is wrong.", "severity": severity, "cwe": "CWE-89",
        "cve": null, "cvssScore": 5.0, "status": status, "introducedIn": "commit-9f2c41d0", "remediation": null,
        "createdAt": "2025-11-20T12:05:00Z", "updatedAt": "2025-11-20T12:05:00Z"
    })
}

pub(crate) fn vulnerabilities(count: u64) -> Value {
    (1..=count).map(|number| vulnerability(number, "high", "open")).collect()
}

impl Default for Vendor {
    /// Two applications; one with two scans that ended and nothing found.
    fn default() -> Vendor {
        let application = |id: &str, name: &str, repository: Value| {
            json!({
                "id": id, "name": name, "description": "An application.", "criticality": "high", "owner": "team",
                "repoUrl": repository, "serviceUrl": null, "language": "rust", "tags": ["pci"],
                "createdAt": "2025-10-04T09:15:00Z", "updatedAt": "2025-11-10T07:02:31Z"
            })
        };
        Vendor {
            applications: json!([
                application("app-20417", "Checkout Service", json!("https://github.com/acme/checkout-service")),
                application("app-20418", "Identity", Value::Null),
            ]),
            scans: json!([
                scan("scan-880", "sast", "completed", Some("2025-11-20T12:04:10Z")),
                scan("scan-881", "sca", "completed", Some("2025-11-20T12:05:10Z")),
            ]),
            vulnerabilities: json!([]),
            paging: Paging::Never,
            prefix: "",
            nested: true,
            flat: true,
            filters: true,
        }
    }
}

pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({"code": code, "message": message, "details": {}}))
}

impl Vendor {
    /// One with these findings.
    pub(crate) fn with(vulnerabilities: Value) -> Vendor {
        Vendor { vulnerabilities, ..Vendor::default() }
    }

    /// Starts it.
    pub(crate) fn start(self) -> Server {
        Server::start(move |request| self.answer(request))
    }

    /// Starts it with a function before it that may answer instead.
    pub(crate) fn start_with(
        self,
        first: impl Fn(&Request, &Vendor) -> Option<Reply> + Send + Sync + 'static,
    ) -> Server {
        Server::start(move |request| first(request, &self).unwrap_or_else(|| self.answer(request)))
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let Some(path) = request.path.strip_prefix(self.prefix) else {
            return refusal(404, "not_found", "no such path");
        };
        if path == "/oauth/token" {
            return token(request);
        }
        if request.header("accept") != Some("application/json") {
            return refusal(400, "invalid_request", "Accept must be application/json");
        }
        if request.bearer() != Some(TOKEN) {
            return refusal(401, "unauthorized", "The access token is invalid or has expired");
        }
        if request.method != "GET" {
            return refusal(405, "method_not_allowed", "read only");
        }
        self.data(request, path)
    }

    fn data(&self, request: &Request, path: &str) -> Reply {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        let of = |rows: &Value, id: &str| -> Vec<Value> {
            rows.as_array()
                .unwrap()
                .iter()
                .filter(|row| row["applicationId"] == id || row["applicationId"].is_null())
                .cloned()
                .collect()
        };
        let application = |id: &str| self.applications.as_array().unwrap().iter().find(|one| one["id"] == id).cloned();
        let missing = |id: &str| refusal(404, "not_found", &format!("Application {id} was not found"));
        match parts.as_slice() {
            ["applications"] => {
                self.list(request, &["owner", "criticality", "tag"], self.applications.as_array().unwrap().clone())
            }
            ["applications", id] => application(id).map_or_else(|| missing(id), |one| Reply::ok(&one)),
            ["applications", id, list @ ("scans" | "vulnerabilities")] if self.nested => {
                if application(id).is_none() {
                    return missing(id);
                }
                let rows = if *list == "scans" { of(&self.scans, id) } else { of(&self.vulnerabilities, id) };
                self.list(request, if *list == "scans" { &[] } else { &["severity", "status"] }, rows)
            }
            [list @ ("scans" | "vulnerabilities")] if self.flat => {
                let rows = if *list == "scans" { &self.scans } else { &self.vulnerabilities };
                let rows = match request.query("applicationId") {
                    Some(id) if self.filters => of(rows, id),
                    _ => rows.as_array().unwrap().clone(),
                };
                self.list(request, &["applicationId", "severity", "status"], rows)
            }
            _ => refusal(404, "not_found", "no such path"),
        }
    }

    fn list(&self, request: &Request, known: &[&str], rows: Vec<Value>) -> Reply {
        let paged: &[&str] = match self.paging {
            Paging::Never => &[],
            Paging::Silent(_) => &["limit"],
            Paging::Cursor(..) => &["limit", "cursor"],
        };
        if let Some((name, _)) =
            request.query.iter().find(|(name, _)| !known.contains(&name.as_str()) && !paged.contains(&name.as_str()))
        {
            return refusal(400, "invalid_request", &format!("unknown parameter {name}"));
        }
        let size = |default| request.query("limit").map_or(default, |limit| limit.parse().expect("a number"));
        match self.paging {
            Paging::Never => Reply::ok(&Value::Array(rows)),
            Paging::Silent(default) => Reply::ok(&rows.into_iter().take(size(default)).collect()),
            Paging::Cursor(default, told) => {
                let begin: usize = request.query("cursor").map_or(0, |cursor| {
                    cursor.strip_prefix("at/+").and_then(|begin| begin.parse().ok()).expect("a cursor of ours")
                });
                let end = (begin + size(default)).min(rows.len());
                let next = (end < rows.len()).then(|| format!("at/+{end}"));
                let page = Value::Array(rows[begin..end].to_vec());
                match (told, next) {
                    (Told::Body, next) => Reply::ok(&json!({"items": page, "nextCursor": next})),
                    (Told::Meta, next) => Reply::ok(&json!({"data": page, "meta": {"next_cursor": next}})),
                    (Told::Header, Some(next)) => Reply::ok(&page).with("X-Next-Cursor", &next),
                    (Told::Link, Some(next)) => {
                        let link = format!("<{}?cursor={}>; rel=\"next\"", request.path, next.replace('+', "%2B"));
                        Reply::ok(&page).with("Link", &link)
                    }
                    (_, None) => Reply::ok(&page),
                }
            }
        }
    }
}

/// The token endpoint, with every parameter exactly once.
fn token(request: &Request) -> Reply {
    let invalid = |message: &str| refusal(400, "invalid_request", message);
    if request.method != "POST" {
        return refusal(405, "method_not_allowed", "POST it");
    }
    if request.header("content-type") != Some("application/x-www-form-urlencoded") {
        return invalid("the body must be a form");
    }
    let mut form = request.form();
    form.sort();
    let names: Vec<&str> = form.iter().map(|(name, _)| name.as_str()).collect();
    if names != ["client_id", "client_secret", "grant_type"] {
        return invalid(&format!("wrong parameters: {names:?}"));
    }
    if form[2].1 != "client_credentials" {
        return invalid("unsupported grant");
    }
    if (form[0].1.as_str(), form[1].1.as_str()) != (CLIENT_ID, SECRET) {
        return refusal(401, "invalid_client", "Client authentication failed");
    }
    Reply::ok(&json!({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600}))
}
