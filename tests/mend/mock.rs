//! A server that answers as Mend does, and is as strict.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::common::server::{Reply, Request, Server, jwt};
use crate::common::{Folder, Run, finish};

pub(crate) const EMAIL: &str = "ci-gate@acme.example";
pub(crate) const KEY: &str = "uk-7d1f0c52a9e84b3c";
pub(crate) const ORG: &str = "f1d2a1b0-6a3e-4b55-9d1e-0c4b7f2e9a11";
pub(crate) const PROJECT: &str = "8c0d2f5e-7a41-4f0e-9c55-3f6f0c1b7d10";
pub(crate) const SAST_SCAN: &str = "b5e748b4-a6ff-4303-89a6-b051062fa5e3";
pub(crate) const SCA_SCAN: &str = "e0c1a2b3-4d5e-4f60-8172-93a4b5c6d7e8";
pub(crate) const IMG_SCAN: &str = "1a2b3c4d-0000-4f60-8172-93a4b5c6d7e8";
pub(crate) const COMMIT: &str = "4f2a9c1d7e5b8a6f3c2d1e0f9a8b7c6d5e4f3a2b";
const REFRESH: &str = "rt-2f7c0b6b4e1d9988";

/// A fixture, as a value.
pub(crate) fn fixture(name: &str) -> Value {
    let text = match name {
        "sca" => include_str!("../../src/source/mend/fixtures/sca.json"),
        "sast" => include_str!("../../src/source/mend/fixtures/sast.json"),
        "images" => include_str!("../../src/source/mend/fixtures/images.json"),
        "secrets" => include_str!("../../src/source/mend/fixtures/secrets.json"),
        "violations" => include_str!("../../src/source/mend/fixtures/violations.json"),
        "libraries" => include_str!("../../src/source/mend/fixtures/libraries.json"),
        "summaries" => include_str!("../../src/source/mend/fixtures/summaries.json"),
        other => panic!("no fixture {other}"),
    };
    serde_json::from_str(text).unwrap()
}

pub(crate) fn rows(name: &str) -> Vec<Value> {
    fixture(name)["response"].as_array().unwrap().clone()
}

/// How the envelope of a list is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// Everything beside each other, the total as text.
    Flat,
    /// The next page in `paging`, the total as a number.
    Nested,
    /// As images: `paging.cursor` is that of this page.
    Images,
    /// As the code scanner: no total, `null` on the last page.
    Code,
}

type Override = dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync;

/// What the mock holds.
#[derive(Clone)]
pub(crate) struct Mend {
    pub(crate) summaries: Vec<Value>,
    pub(crate) lists: BTreeMap<String, (Shape, Vec<Value>)>,
    pub(crate) details: BTreeMap<String, Value>,
    /// The organization that tokens are given for.
    pub(crate) org: String,
    /// How long a token is good for, as it says itself, in seconds.
    pub(crate) life: i64,
    /// What the answer says of a token's life besides.
    pub(crate) ttl: Value,
    /// After so many uses a token is refused with this status.
    pub(crate) ends: Option<(usize, u16)>,
    /// Where the addresses of next pages lead.
    pub(crate) elsewhere: String,
    over: Vec<Arc<Override>>,
}

pub(crate) fn path(rest: &str) -> String {
    format!("/api/v3.0/{}", rest.replace("{p}", PROJECT).replace("{o}", ORG))
}

pub(crate) const SUMMARIES: &str = "orgs/{o}/projects/summaries";
pub(crate) const SCANS: &str = "orgs/{o}/projects/{p}/scans";
pub(crate) const SCA: &str = "projects/{p}/dependencies/findings/security";
pub(crate) const SAST: &str = "projects/{p}/code/findings";
pub(crate) const IMAGES: &str = "projects/{p}/images/findings/security";
pub(crate) const SECRETS: &str = "projects/{p}/images/findings/secrets";
pub(crate) const VIOLATIONS: &str = "orgs/{o}/projects/{p}/violations";
pub(crate) const LIBRARIES: &str = "projects/{p}/dependencies/libraries";

pub(crate) fn sast_of(scan: &str) -> String {
    format!("projects/{{p}}/scans/{scan}/code/findings")
}

pub(crate) fn scan(uuid: &str, engine: &str, status: &str, time: &str) -> Value {
    json!({"uuid": uuid, "name": "scan", "scanTime": time, "scanStatus": status, "engine": engine,
           "projectName": "GH_payments-api_main", "projectUuid": PROJECT, "tags": []})
}

pub(crate) fn tagged(mut scan: Value, tags: &[(&str, &str)]) -> Value {
    scan["tags"] = tags
        .iter()
        .map(|(key, value)| json!({"key": key, "value": value, "displayName": format!("{key}:{value}")}))
        .collect();
    scan
}

impl Mend {
    /// One project, whose dependencies and code were scanned: two open findings, two suppressed, one removed.
    pub(crate) fn new() -> Mend {
        let mend = Mend {
            summaries: rows("summaries"),
            lists: BTreeMap::new(),
            details: BTreeMap::new(),
            org: ORG.to_owned(),
            life: 1800,
            ttl: json!(1800),
            ends: None,
            elsewhere: "http://elsewhere.example/api".to_owned(),
            over: Vec::new(),
        };
        mend.with(
            SCANS,
            Shape::Nested,
            vec![
                scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z"),
                scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"),
            ],
        )
        .with(SCA, Shape::Nested, rows("sca"))
        .with(&sast_of(SAST_SCAN), Shape::Code, rows("sast"))
    }

    /// One in which nothing is open.
    pub(crate) fn clean() -> Mend {
        Mend::new().with(SCA, Shape::Nested, rows("sca").split_off(1)).with(
            &sast_of(SAST_SCAN),
            Shape::Code,
            rows("sast").split_off(1),
        )
    }

    /// Adds a list.
    pub(crate) fn with(mut self, list: &str, shape: Shape, rows: Vec<Value>) -> Mend {
        self.lists.insert(path(list), (shape, rows));
        self
    }

    /// Takes a list away: it is 404.
    pub(crate) fn without(mut self, list: &str) -> Mend {
        self.lists.remove(&path(list));
        self
    }

    pub(crate) fn scans(self, scans: Vec<Value>) -> Mend {
        self.with(SCANS, Shape::Nested, scans)
    }

    /// When the project was last scanned.
    pub(crate) fn last_scan(mut self, last: Value) -> Mend {
        self.summaries[0]["statistics"]["LAST_SCAN"] = last;
        self
    }

    /// Answers requests to a path otherwise; the number counts them from 0.
    pub(crate) fn on(
        mut self,
        list: &str,
        reply: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static,
    ) -> Mend {
        let (wanted, count) = (path(list), AtomicUsize::new(0));
        self.over.push(Arc::new(move |request: &Request, _| {
            (request.path == wanted).then(|| reply(request, count.fetch_add(1, Ordering::SeqCst))).flatten()
        }));
        self
    }

    /// Answers every request to a path so.
    pub(crate) fn always(self, list: &str, reply: Reply) -> Mend {
        self.on(list, move |_, _| Some(reply.clone()))
    }

    pub(crate) fn start(self) -> Server {
        // Tokens that are good, with how often they were used.
        let tokens: Mutex<Vec<(String, usize)>> = Mutex::default();
        let refresh = Mutex::new(Vec::<String>::new());
        Server::start(move |request| {
            if request.header("agent-name") != Some("findgate") || request.header("agent-version").is_none() {
                return refused(400);
            }
            if let Some(reply) = self.over.iter().find_map(|over| over(request, 0)) {
                return reply;
            }
            match request.path.strip_prefix("/api/v3.0/") {
                Some("login") => self.login(request, &refresh),
                Some("login/accessToken") => self.access(request, &refresh, &tokens),
                Some("logout") => {
                    let held = request.header("wss-refresh-token").unwrap_or_default().to_owned();
                    refresh.lock().unwrap().retain(|token| *token != held);
                    Reply::text(200, "application/json", "\"Logged out\"")
                }
                Some(_) => self.read(request, &tokens),
                None => Reply::text(302, "text/html", "").with("Location", "https://elsewhere.example/app"),
            }
        })
    }

    fn login(&self, request: &Request, refresh: &Mutex<Vec<String>>) -> Reply {
        if request.method != "POST" || request.header("content-type") != Some("application/json") {
            return refused(400);
        }
        let body = request.json();
        if body["email"] != EMAIL || body["userKey"] != KEY {
            return refused(401);
        }
        let mut refresh = refresh.lock().unwrap();
        let number = refresh.len();
        refresh.push(format!("{REFRESH}-{number}"));
        Reply::ok(&json!({
            "supportToken": "1171c60d",
            "response": {"userUuid": "u-1", "userName": "ci-gate", "email": EMAIL, "refreshToken": refresh.last(),
                         "jwtTTL": 1800, "sessionStartTime": 1_790_000_000_000_u64}
        }))
    }

    fn access(&self, request: &Request, refresh: &Mutex<Vec<String>>, tokens: &Mutex<Vec<(String, usize)>>) -> Reply {
        let held = request.header("wss-refresh-token").unwrap_or_default();
        let known = refresh.lock().unwrap().iter().any(|token| token == held);
        if request.method != "POST" || !known || request.header("authorization").is_some() {
            return refused(403);
        }
        let mut tokens = tokens.lock().unwrap();
        let token = jwt(&format!("ci-gate-{}", tokens.len()), self.life);
        tokens.push((token.clone(), 0));
        let mut response = json!({"userUuid": "u-1", "username": "ci-gate", "email": EMAIL, "jwtToken": token, "orgName": "Acme",
                                  "orgUuid": self.org, "sessionStartTime": 1_790_000_000_000_u64});
        response["tokenTTL"] = self.ttl.clone();
        Reply::ok(&json!({"supportToken": "1171c60e", "response": response}))
    }

    fn read(&self, request: &Request, tokens: &Mutex<Vec<(String, usize)>>) -> Reply {
        {
            let mut tokens = tokens.lock().unwrap();
            let Some((_, uses)) = tokens.iter_mut().find(|(token, _)| Some(token.as_str()) == request.bearer()) else {
                return refused(403);
            };
            *uses += 1;
            if let Some((most, status)) = self.ends
                && *uses > most
            {
                return refused(status);
            }
        }
        if request.path == path(SUMMARIES) {
            if request.method != "POST" || request.header("content-type") != Some("application/json") {
                return refused(400);
            }
            let body = request.json();
            let wanted: Vec<&str> =
                body["projectUuids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let rows = self.summaries.iter();
            let rows = rows.filter(|row| wanted.is_empty() || wanted.contains(&row["uuid"].as_str().unwrap()));
            return self.page(request, Shape::Flat, &rows.cloned().collect::<Vec<_>>());
        }
        if request.method != "GET" {
            return refused(405);
        }
        if let Some(detail) = self.details.get(&request.path) {
            return Reply::ok(&json!({"supportToken": "77aa11", "response": detail}));
        }
        match self.lists.get(&request.path) {
            Some((shape, rows)) => self.page(request, *shape, rows),
            None => refused(404),
        }
    }

    fn page(&self, request: &Request, shape: Shape, rows: &[Value]) -> Reply {
        let Some(limit) = request
            .query("limit")
            .and_then(|limit| limit.parse::<usize>().ok())
            .filter(|limit| (1..=10_000).contains(limit))
        else {
            return refused(400);
        };
        // An index of pages, as opaque as any.
        let page = match request.query("cursor") {
            Some(cursor) => match cursor.strip_prefix("c+").and_then(|cursor| cursor.parse().ok()) {
                Some(page) => page,
                None => return refused(400),
            },
            None => 0,
        };
        let chunk: Vec<&Value> = rows.iter().skip(page * limit).take(limit).collect();
        let next = ((page + 1) * limit < rows.len())
            .then(|| format!("{}?limit={limit}&cursor=c%2B{}", self.elsewhere, page + 1));
        let more = match (shape, next) {
            (Shape::Flat, Some(next)) => {
                json!({"totalItems": rows.len().to_string(), "next": next, "cursor": format!("c+{}", page + 1)})
            }
            (Shape::Flat, None) => json!({"totalItems": rows.len().to_string()}),
            (Shape::Nested, Some(next)) => json!({"totalItems": rows.len(), "paging": {"next": next}}),
            (Shape::Nested, None) => json!({"totalItems": rows.len(), "paging": {}}),
            (Shape::Images, Some(next)) => {
                json!({"totalItems": rows.len(), "paging": {"cursor": format!("c+{page}"), "next": next}})
            }
            (Shape::Images, None) => json!({"totalItems": rows.len(), "paging": {"cursor": format!("c+{page}")}}),
            (Shape::Code, Some(next)) => json!({"cursor": page + 1, "next": next}),
            (Shape::Code, None) => Value::Null,
        };
        Reply::ok(&json!({"response": chunk, "additionalData": more, "supportToken": "659C0A4731"}))
    }
}

/// A status that means no, as most of Mend's services write it.
pub(crate) fn refused(status: u16) -> Reply {
    Reply::json(status, &json!({"supportToken": "1171c60f"}))
}

/// A policy that allows nothing, with these keys in the source.
pub(crate) fn policy(server: &Server, more: &str) -> String {
    let sep = if more.is_empty() { "" } else { ", " };
    let project = if more.contains("project") || more.contains("tags") || more.contains("named: no") {
        String::new()
    } else {
        ", project: GH_payments-api_main".to_owned()
    };
    let more = more.replace("named: no", "page_size: 1000");
    format!(
        "version: 1\nthresholds: {{all: any}}\nsources:\n  mend: {{url: '{}', org: {ORG}{project}{sep}{more}}}\n",
        server.url
    )
}

/// Judges by this policy.
pub(crate) fn judge(policy: &str, more: &[&str]) -> Run {
    let folder = Folder::new().with("policy.yml", policy);
    let mut command = folder.command();
    command.args(["check", "--policy", "policy.yml"]).args(more);
    finish(command.env("MEND_EMAIL", EMAIL).env("MEND_USER_KEY", KEY))
}

/// Judges what the mock holds, and gives the source as JSON tells it.
pub(crate) fn source(server: &Server, more: &str, status: i32) -> Value {
    let run = judge(&policy(server, more), &["--format", "json", "--timeout", "20s"]).ends_with(status);
    run.json()["sources"][0].clone()
}

/// Whether a list of sentences has one with this part.
#[track_caller]
pub(crate) fn tells(list: &Value, part: &str) {
    let any = list.as_array().unwrap().iter().any(|one| one.as_str().unwrap().contains(part));
    assert!(any, "no {part:?} in {list:#}");
}

/// An image was scanned, too; nothing was found in it.
pub(crate) fn with_images(mend: Mend) -> Mend {
    mend.scans(vec![
        scan(SAST_SCAN, "SAST", "FINISHED", "2026-09-14T08:18:20Z"),
        scan(SCA_SCAN, "SCA", "FINISHED", "2026-09-14T08:21:40Z"),
        scan(IMG_SCAN, "IMG", "FINISHED", "2026-09-14T08:22:40Z"),
    ])
    .with(IMAGES, Shape::Images, vec![])
    .with(SECRETS, Shape::Images, vec![])
}
