//! Trying out, against a server of this machine.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::source::test_server::{Reply, Request, Server};
use serde_json::{Value, json};

use crate::env::Env;
use crate::net::{Masks, Network, Roots, Trust};
use crate::policy::{Document, EvidenceRule, Problems};
use crate::progress::Meter;
use crate::project::Project;
use crate::source::mend::{decode, probe, ready};
use crate::source::{Access, Desk, Outcome, Step};

/// Tries out what the section says.
fn tried(section: &str, timeout: Duration) -> Vec<Step> {
    let mut problems = Problems::default();
    let document = Document::parse("p.yml", section, &mut problems).expect("YAML");
    let settings = decode(&document.root, &document.root.place, &mut problems).expect("settings");
    let variables = [("MEND_EMAIL", "ci@acme.example"), ("MEND_USER_KEY", "uk-0123456789abcdef")];
    let env = Env::of(variables, Path::new("/"));
    let (trust, project, masks) = (Trust::default(), Project::default(), Masks::default());
    let access = Access { env: &env, trust: &trust, project: &project, masks: &masks };
    let reader = ready(&settings, &access).expect("a reader");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().expect("a runtime");
    runtime.block_on(async {
        let network = Network {
            roots: Roots::default(),
            deadline: tokio::time::Instant::now() + timeout,
            budget: timeout,
            masks: masks.clone(),
            log: Arc::new(|_| {}),
        };
        let rule = EvidenceRule::default();
        let desk = Desk { network, rule, repository: None, branch: None, commit: None, meter: Meter::default() };
        probe(&reader, &desk).await
    })
}

fn answer(request: &Request) -> Value {
    let project: Value = serde_json::from_str(include_str!("../fixtures/summaries.json")).unwrap();
    let path = request.path.as_str();
    let list = |rows: Value| json!({"response": rows, "additionalData": {"totalItems": 41}});
    match path.strip_prefix("/api/v3.0/").unwrap_or_default() {
        "login" => json!({"response": {"refreshToken": "rt-0123456789"}}),
        "login/accessToken" => {
            json!({"response": {"jwtToken": "jwt-0123456789", "orgUuid": "o-1", "orgName": "Acme"}})
        }
        "logout" => json!("bye"),
        "orgs/o-1/projects/summaries" => project,
        _ if path.ends_with("/scans") => json!({"response": [
            {"uuid": "s", "engine": "SCA", "scanStatus": "FINISHED", "scanTime": "2026-09-14T08:21:40Z",
             "tags": [{"key": "commit", "value": "4f2a9c1d7e"}]},
            {"uuid": "r", "engine": "SAST", "scanStatus": "RUNNING", "scanTime": "2026-09-14T08:21:40Z"}]}),
        _ => list(json!([{}])),
    }
}

fn told(steps: &[Step]) -> Vec<String> {
    let told = steps.iter().map(|step| match &step.outcome {
        Outcome::Good(text) => format!("good {}: {text}", step.name),
        Outcome::Odd(text) => format!("odd {}: {text}", step.name),
        Outcome::Bad(text) => format!("bad {}: {text}", step.name),
    });
    told.collect()
}

#[test]
fn every_step_tells_what_was_seen_and_a_missing_permission_shows() {
    let server = Server::start(|request| {
        if request.path.ends_with("/code/findings") {
            return Reply::json(403, &json!({"supportToken": "9af0"}));
        }
        if request.path.contains("/findings/") {
            assert_eq!(request.query("limit"), Some("1"));
        }
        Reply::ok(&answer(request))
    });
    let section = format!("{{url: '{}', project: GH_payments-api_main, engines: [sca, sast, license]}}", server.url);
    let steps = told(&tried(&section, Duration::from_secs(20)));
    let starts = [
        "good reached: 127.0.0.1:",
        "odd authenticated: the key belongs to the organization Acme (o-1)",
        "good project: GH_payments-api_main (8c0d2f5e-7a41-4f0e-9c55-3f6f0c1b7d10)",
        "odd scans: SAST RUNNING of branch main; SCA FINISHED 2026-09-14T08:21:40Z of commit 4f2a9c1d7e of branch main",
        "good SCA findings: 41 in all",
        "bad SAST findings: cannot read the SAST findings: 127.0.0.1:",
        "good policy violations: 41 in all",
        "good libraries: 41 in all",
    ];
    assert_eq!(steps.len(), starts.len(), "{steps:#?}");
    for (step, start) in steps.iter().zip(starts) {
        assert!(step.starts_with(start), "{step}\nnot {start}");
    }
    assert!(steps[5].contains("may not read the SAST findings"), "{}", steps[5]);
    assert_eq!(server.count("/api/v3.0/logout"), 1);
}

#[test]
fn it_stops_where_what_follows_makes_no_sense() {
    let steps = told(&tried("url: 'http://127.0.0.1:9'", Duration::from_secs(1)));
    assert_eq!(steps.len(), 1, "{steps:#?}");
    assert!(steps[0].starts_with("bad reached: cannot log in to Mend: "), "{steps:#?}");

    let server = Server::start(|request| match request.path.as_str() {
        "/api/v3.0/login" => Reply::json(401, &json!({"supportToken": "1"})),
        _ => Reply::ok(&answer(request)),
    });
    let steps = told(&tried(&format!("url: '{}'", server.url), Duration::from_secs(5)));
    assert_eq!(steps.len(), 2, "{steps:#?}");
    assert!(steps[0].starts_with("good reached") && steps[1].starts_with("bad authenticated"), "{steps:#?}");

    let server = Server::start(|request| Reply::ok(&answer(request)));
    let steps = told(&tried(&format!("{{url: '{}', project: none}}", server.url), Duration::from_secs(5)));
    assert_eq!(steps.len(), 3, "{steps:#?}");
    assert!(steps[2].starts_with("bad project: Mend shows no project `none`"), "{steps:#?}");
}
