//! Trying a server out: each step that works, and where it stops.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::config::{Reader, decode, ready};
use super::probe;
use crate::env::Env;
use crate::net::{Masks, Network, Roots, Trust};
use crate::policy::{Document, EvidenceRule, Problems};
use crate::progress::Board;
use crate::project::Project;
use crate::source::{Access, Desk, Outcome};

use crate::source::test_server::{Reply, Request, Server};

/// What each step says, for a server that answers like this.
fn steps(section: &str, handler: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Vec<String> {
    let server = Server::start(handler);
    steps_at(&server.url, section)
}

fn steps_at(url: &str, section: &str) -> Vec<String> {
    let mut problems = Problems::default();
    let document = Document::parse("p.yml", section, &mut problems).expect("YAML");
    let settings = decode(&document.root, &document.root.place, &mut problems).expect("a good section");
    let env = Env::of(
        [("APPSECPLUS_URL", url), ("APPSECPLUS_CLIENT_ID", "ci"), ("APPSECPLUS_CLIENT_SECRET", "hunter2hunter2")],
        std::path::Path::new("/"),
    );
    let (trust, masks) = (Trust::default(), Masks::default());
    let project = Project { repository: Some("github.com/acme/shop".into()), ..Project::default() };
    let access = Access { env: &env, trust: &trust, project: &project, masks: &masks };
    let reader: Reader = ready(&settings, &access).expect("ready");
    let budget = Duration::from_secs(10);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = runtime.block_on(async {
        let network = Network {
            roots: Roots::default(),
            deadline: Instant::now() + budget,
            budget,
            masks: masks.clone(),
            log: std::sync::Arc::new(|_| {}),
        };
        let desk = Desk {
            network,
            rule: EvidenceRule { wait: 600, ..EvidenceRule::default() },
            repository: project.repository.clone(),
            branch: None,
            commit: None,
            meter: Board::silent().meter("appsecplus"),
        };
        probe(&reader, &desk).await
    });
    steps
        .into_iter()
        .map(|step| match step.outcome {
            Outcome::Good(text) => format!("good {}: {text}", step.name),
            Outcome::Odd(text) => format!("odd {}: {text}", step.name),
            Outcome::Bad(text) => format!("bad {}: {text}", step.name),
        })
        .collect()
}

fn answer(request: &Request) -> Reply {
    let refused = |status, message: &str| Reply::json(status, &json!({"code": "no", "message": message}));
    if request.path == "/oauth/token" {
        return Reply::ok(&json!({"access_token": "token-1234"}));
    }
    if request.bearer() != Some("token-1234") {
        return refused(401, "who are you?");
    }
    match request.path.as_str() {
        "/applications" => Reply::ok(&json!([
            {"id": "app-1", "name": "Shop", "repoUrl": "https://github.com/acme/shop", "criticality": "high"},
            {"id": "app-2", "name": "Other"}
        ])),
        "/applications/app-1/scans" => Reply::ok(&json!([
            {"id": "s1", "scanType": "sca", "status": "completed", "completedAt": "2025-11-20T12:00:00Z"},
            {"id": "s2", "scanType": "sast", "status": "running"}
        ])),
        "/applications/app-2/scans" => Reply::ok(&json!([])),
        "/vulnerabilities" if request.query("limit").is_none() => Reply::ok(&json!([])),
        "/vulnerabilities" => refused(400, "unknown parameter limit"),
        _ => refused(404, "no such path"),
    }
}

#[test]
fn a_server_that_works_is_gone_through_to_the_end_and_nothing_is_waited_for() {
    let started = std::time::Instant::now();
    let steps = steps("{types: sca}", answer);
    assert!(steps[0].starts_with("good reached: 127.0.0.1:"), "{steps:#?}");
    assert!(steps[1].starts_with("good authenticated: 127.0.0.1:"), "{steps:#?}");
    assert_eq!(steps[2], "good project: Shop (app-1), criticality high");
    assert_eq!(steps[3], "good scans: SAST running; SCA completed 2025-11-20T12:00:00Z");
    assert_eq!(steps[4..], ["good vulnerabilities: can be read"]);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_does_not_work_is_the_last_step_that_makes_sense_and_holds_no_credential() {
    let missing = steps("{application: Web}", answer);
    assert!(missing.len() == 3 && missing[2].starts_with("bad project: there is no application `Web`"), "{missing:#?}");
    let never = steps("{application: Other, types: sast}", answer);
    assert_eq!(never[3], "odd scans: none: it was never scanned");
    let login = steps("{}", |request| {
        if request.path != "/oauth/token" {
            return answer(request);
        }
        Reply::json(401, &json!({"error": "invalid_client", "error_description": "wrong: hunter2hunter2"}))
    });
    assert!(login.len() == 2 && login[1].starts_with("bad authenticated: cannot log in to AppSec+"), "{login:#?}");
    assert!(login[1].contains("wrong: ****"), "{login:#?}");
    let forbidden = steps("{application: Shop}", |request| {
        let list = request.path.ends_with("vulnerabilities");
        if list { Reply::json(403, &json!({"code": "forbidden", "message": "no"})) } else { answer(request) }
    });
    assert!(forbidden[4].starts_with("bad vulnerabilities: ") && forbidden[4].contains("Read-Only"), "{forbidden:#?}");
    let people = steps("{}", |_| Reply::text(200, "text/html", "<html>"));
    assert!(people.len() == 1 && people[0].starts_with("bad reached: "), "{people:#?}");
}
