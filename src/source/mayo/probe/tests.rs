use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::*;
use crate::env::Env;
use crate::net::{Masks, Network, Roots, Trust};
use crate::policy::{Document, EvidenceRule, Problems};
use crate::progress::Meter;
use crate::project::Project;
use crate::source::Access;
use crate::source::Outcome;

const KEY: &str = "mayo_ak_0123456789abcdefABCDEF0123456789";

/// A server that answers each path with one status and body, and everything else with 404.
fn serve(answers: Vec<(&'static str, u16, Value)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
            let first = lines.next().unwrap_or_default();
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let path = first.split([' ', '?']).nth(1).unwrap_or_default();
            let known = answers.iter().find(|(known, ..)| *known == path);
            let (status, body) =
                known.map_or((404, json!({"detail": "Not Found"})), |(_, status, body)| (*status, body.clone()));
            let body = body.to_string();
            let _ = write!(
                stream,
                "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
        }
    });
    url
}

fn steps(section: &str, url: &str) -> Vec<String> {
    let mut problems = Problems::default();
    let document = Document::parse("p.yml", section, &mut problems).unwrap();
    let settings = super::super::decode(&document.root, &document.root.place, &mut problems).expect("a section");
    let env = Env::of([("MAYOASPM_URL", url), ("MAYOASPM_API_KEY", KEY)], Path::new("."));
    let (masks, project) = (Masks::default(), Project::default());
    let access = Access { env: &env, trust: &Trust::default(), project: &project, masks: &masks };
    let reader = super::super::ready(&settings, &access).expect("ready");
    let network = Network {
        roots: Roots::default(),
        deadline: Instant::now() + Duration::from_secs(5),
        budget: Duration::from_secs(5),
        masks,
        log: Arc::new(|_| {}),
    };
    let rule = EvidenceRule { wait: 600, ..EvidenceRule::default() };
    let desk = Desk { network, rule, repository: None, branch: None, commit: None, meter: Meter::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = runtime.block_on(probe(&reader, &desk));
    let told = |step: Step| match step.outcome {
        Outcome::Good(text) => format!("good {}: {text}", step.name),
        Outcome::Odd(text) => format!("odd {}: {text}", step.name),
        Outcome::Bad(text) => format!("bad {}: {text}", step.name),
    };
    steps.into_iter().map(told).collect()
}

fn projects() -> Value {
    json!({"data": [{"id": "proj_1", "name": "checkout", "finding_count": 3}], "pagination": {"total": 1}})
}

fn one(row: Value) -> Value {
    json!({"items": [row], "total": 3, "page_size": 1})
}

fn finding(members: Value) -> Value {
    let mut row = json!({"id": "f", "severity": "low", "status": "open"});
    row.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    row
}

#[track_caller]
fn assert_steps(steps: &[String], want: &[&str]) {
    assert_eq!(steps.len(), want.len(), "{steps:#?}");
    for (step, want) in steps.iter().zip(want) {
        assert!(step.starts_with(want.split(" ... ").next().unwrap()), "{step}\n{want}");
        assert!(want.split(" ... ").all(|part| step.contains(part)), "{step}\n{want}");
    }
}

#[test]
fn where_everything_works_every_step_says_what_was_seen_and_nothing_is_waited_for() {
    let scans =
        json!([{"id": 1, "scanner": "grype", "status": "running", "project_id": "proj_1", "asset": "acme/checkout"}]);
    let url = serve(vec![
        ("/projects", 200, projects()),
        ("/scans", 200, scans),
        ("/findings", 200, one(finding(json!({"project_id": "proj_1"})))),
    ]);
    let want = [
        "good reached: 127.0.0.1",
        "good authenticated: ",
        "good project: checkout (proj_1)",
        "good scans: grype of acme/checkout: running",
        "good findings: 3 findings",
    ];
    assert_steps(&steps("project: checkout", &url), &want);
}

#[test]
fn each_list_that_does_not_work_says_why() {
    let denied = json!({"error": {"code": "insufficient_permissions", "message": format!("not with {KEY}")}});
    let url = serve(vec![
        ("/projects", 200, projects()),
        ("/scans", 403, denied.clone()),
        ("/findings", 403, denied.clone()),
    ]);
    let told = steps("project: checkout", &url);
    assert_steps(
        &told[3..],
        &["odd scans: it does not tell its scans ... scans:read", "bad findings: ... findings:read"],
    );
    assert!(!told.join("\n").contains(KEY) && told[4].contains("****"), "{told:#?}");
    for (row, want) in [
        (finding(json!({})), "bad findings: 3 findings; the first does not tell its project"),
        (finding(json!({"project_id": "proj_2"})), "odd findings: 3 findings; the list is not restricted"),
        (finding(json!({"asset": "acme/x"})), "odd findings: 3 findings; the first tells its asset"),
        (
            json!({"id": "f", "project_id": "proj_1"}),
            "bad findings: the first row cannot be read: finding f has no severity",
        ),
    ] {
        let url = serve(vec![("/projects", 200, projects()), ("/findings", 200, one(row))]);
        let told = steps("project: checkout", &url);
        assert_steps(&told[3..], &["odd scans: it does not tell its scans", want]);
    }
    let empty = json!({"data": [], "pagination": {"total": 0}});
    let url = serve(vec![("/projects", 200, projects()), ("/findings", 200, empty)]);
    assert_steps(&steps("project: checkout", &url)[4..], &["bad findings: the project is said to have 3"]);
}

#[test]
fn it_stops_at_the_first_step_without_which_the_next_make_no_sense() {
    let refused = |status| serve(vec![("/projects", status, json!({"detail": "no"}))]);
    assert_steps(
        &steps("project: checkout", &refused(401)),
        &["good reached", "bad authenticated: ... MAYOASPM_API_KEY"],
    );
    assert_steps(
        &steps("project: checkout", &refused(403)),
        &["good reached", "good authenticated", "bad project: ... projects:read"],
    );
    assert_steps(&steps("project: checkout", &refused(404)), &["good reached", "bad project: ... It ends in /api"]);
    let url = serve(vec![("/projects", 200, projects())]);
    assert_steps(
        &steps("project: other", &url)[2..],
        &["bad project: there is no project `other`; there is `checkout`"],
    );
    let url = serve(vec![("/projects", 200, json!({"ok": true}))]);
    assert_steps(&steps("project: other", &url)[2..], &["bad project: cannot read the projects"]);
    // Nobody listens there.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_steps(&steps("project: other", &nowhere), &["bad reached: cannot read the projects: no connection"]);
}
