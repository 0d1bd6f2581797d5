//! GitHub with its comments, and a job in a pull request there.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::common::server::{Reply, Request, Server};
use crate::common::{Folder, Run, finish};

pub(crate) const TOKEN: &str = "ghs_0123456789abcdefghij";
pub(crate) const REPORT: &str = "<!-- findgate: default -->\n## findgate: fail\n\nTwo findings.\n";
pub(crate) const MARKER: &str = "<!-- findgate: default -->";

/// What a server does besides.
pub(crate) type Odd = dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync;

/// The comments of a request, as a platform keeps them.
#[derive(Clone, Default)]
pub(crate) struct Comments(pub(crate) Arc<Mutex<Vec<Value>>>);

impl Comments {
    pub(crate) fn of(rows: Vec<Value>) -> Comments {
        Comments(Arc::new(Mutex::new(rows)))
    }

    pub(crate) fn all(&self) -> Vec<Value> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn body(&self, id: u64) -> String {
        let all = self.all();
        let one = all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("no comment {id}: {all:?}"));
        one["body"].as_str().unwrap().to_owned()
    }

    pub(crate) fn page(&self, request: &Request) -> Reply {
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

    pub(crate) fn make(&self, request: &Request, author: Value) -> Reply {
        let mut all = self.0.lock().unwrap();
        let id = 1000 + all.len() as u64;
        let row = json!({"id": id, "body": request.json()["body"], "user": author, "author": author, "system": false});
        all.push(row.clone());
        Reply::json(201, &row)
    }

    pub(crate) fn change(&self, request: &Request) -> Reply {
        let id: u64 = request.path.rsplit('/').next().unwrap().parse().unwrap();
        let mut all = self.0.lock().unwrap();
        let row = all.iter_mut().find(|row| row["id"] == id).expect("a comment to change");
        row["body"] = request.json()["body"].clone();
        Reply::ok(row)
    }
}

pub(crate) fn bot() -> Value {
    json!({"id": 41, "login": "github-actions[bot]", "type": "Bot"})
}

pub(crate) fn github_row(id: u64, body: &str, author: &Value) -> Value {
    json!({"id": id, "body": body, "user": author, "author_association": "NONE", "performed_via_github_app": null})
}

/// GitHub as a job's token sees it: `base` stands before every path.
pub(crate) fn github(
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

pub(crate) fn plain(comments: &Comments) -> Server {
    github("", comments, |_, _| None)
}

/// In a pull request on GitHub.
pub(crate) fn on_github(server: &Server, base: &str, document: &str, more: &[&str]) -> Run {
    let folder = Folder::new().with("findgate.md", document);
    let mut command = folder.in_pull_request("o/r", "topic");
    command.args(["comment", "findgate.md"]).args(more);
    command.env("GITHUB_API_URL", format!("{}{base}", server.url)).env("GITHUB_TOKEN", TOKEN);
    let run = finish(&mut command);
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains(TOKEN), "the token is told:\n{text}");
    }
    run
}

pub(crate) fn post(server: &Server) -> Run {
    on_github(server, "", REPORT, &["--verbose"])
}

pub(crate) fn methods(server: &Server) -> Vec<String> {
    let writes =
        server.requests().into_iter().filter(|request| request.method != "GET" && !request.path.ends_with("graphql"));
    writes.map(|request| format!("{} {}", request.method, request.path)).collect()
}
