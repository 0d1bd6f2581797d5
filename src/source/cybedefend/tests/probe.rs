use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::*;
use crate::env::Env;
use crate::net::{Masks, Network, Roots, Trust};
use crate::policy::{Document, EvidenceRule, Problems};
use crate::progress::Board;
use crate::project::Project as Judged;
use crate::source::ledger::Ledger;
use crate::source::{Access, Outcome};

const PROJECT: &str = "550e8400-e29b-41d4-a716-446655440001";
const SCAN: &str = "0f3f1a60-3a39-4f0c-8f6e-5a2b9a4a7c11";

/// A server that answers each request, by its path and query, with a status and a body.
fn serve(answer: impl Fn(&str) -> (u16, String) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut length = 0;
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).unwrap();
                if header.trim().is_empty() {
                    break;
                }
                if let Some(told) = header.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = told.trim().parse().unwrap();
                }
            }
            reader.read_exact(&mut vec![0; length]).unwrap();
            let (status, body) = answer(&target);
            let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            (&stream).write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    url
}

/// What a healthy CybeDefend answers.
fn healthy(target: &str) -> (u16, String) {
    let path = target.split('?').next().unwrap();
    let body = match path {
        "/client-apps" => r#"{"cli": {"appId": "cli"}}"#.to_owned(),
        "/oidc/token" => r#"{"access_token": "token-0123456789", "expires_in": 600}"#.to_owned(),
        _ if path == format!("/project/{PROJECT}") => {
            format!(r#"{{"projectId": "{PROJECT}", "name": "payments-api", "sastSeverities": ["critical", "high"]}}"#)
        }
        _ if path == format!("/project/{PROJECT}/scan/{SCAN}") => {
            format!(r#"{{"id": "{SCAN}", "state": "completed", "endTime": "2026-11-20T06:11:58.000Z"}}"#)
        }
        _ => format!(
            r#"{{"total": 0, "totalPages": 0, "vulnerabilities": [],
                 "scanProjectInfo": {{"scanId": "{SCAN}", "state": "completed"}}}}"#
        ),
    };
    (200, body)
}

fn reader(url: &str, section: &str) -> Reader {
    let env = Env::of(
        [(PAT, "pat_0123456789"), ("CYBEDEFEND_URL", url), ("CYBEDEFEND_AUTH_URL", url)],
        std::path::Path::new("."),
    );
    let mut problems = Problems::default();
    let document = Document::parse("p.yml", section, &mut problems).unwrap();
    let settings = super::super::decode(&document.root, &document.root.place, &mut problems).unwrap();
    let (trust, project, masks) = (Trust::default(), Judged::default(), Masks::default());
    super::super::ready(&settings, &Access { env: &env, trust: &trust, project: &project, masks: &masks }).unwrap()
}

fn desk() -> Desk {
    let budget = Duration::from_secs(5);
    Desk {
        network: Network {
            roots: Roots::default(),
            deadline: Instant::now() + budget,
            budget,
            masks: Masks::default(),
            log: Arc::new(|_| {}),
        },
        rule: EvidenceRule::default(),
        repository: Some("github.com/acme/payments-api".into()),
        branch: None,
        commit: None,
        meter: Board::silent().meter("cybedefend"),
    }
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build().unwrap().block_on(work)
}

fn told(url: &str, section: &str) -> Vec<String> {
    let reader = reader(url, section);
    let steps = run(async { probe(&reader, &desk()).await });
    let line = |Step { name, outcome }| match outcome {
        Outcome::Good(text) => format!("good {name}: {text}"),
        Outcome::Odd(text) => format!("odd {name}: {text}"),
        Outcome::Bad(text) => format!("bad {name}: {text}"),
    };
    steps.into_iter().map(line).collect()
}

fn section() -> String {
    format!("project: {PROJECT}")
}

#[test]
fn every_step_of_a_healthy_source_is_good() {
    let url = serve(healthy);
    let host = url.strip_prefix("http://").unwrap();
    assert_eq!(
        told(&url, &section()),
        [
            format!("good reached: {host} says how to log in"),
            format!("good authenticated: {host} exchanged CYBEDEFEND_PAT for a token"),
            format!("good project: payments-api ({PROJECT})"),
            "odd project: payments-api hides SAST findings of these severities in CybeDefend: medium, low; whether there are \
             any, findgate cannot see"
                .to_owned(),
            "good scans: CybeDefend: completed, 2026-11-20T06:11:58Z".to_owned(),
            "good SAST findings: 0 in all".to_owned(),
            "good SCA findings: 0 in all".to_owned(),
            "good IaC findings: 0 in all".to_owned(),
            "good secret findings: 0 in all".to_owned(),
            "good CI/CD findings: 0 in all".to_owned(),
            "good container findings: 0 in all".to_owned(),
        ]
    );
}

#[test]
fn trying_out_stops_where_nothing_further_makes_sense_and_says_what_to_do() {
    let down = serve(|_| (404, r#"{"message": "no such page"}"#.to_owned()));
    let steps = told(&down, &section());
    assert_eq!(steps.len(), 1);
    assert!(
        steps[0].starts_with("bad reached: cannot find out how to log in") && steps[0].contains("check the region")
    );

    let rejected = serve(|target| match target {
        "/oidc/token" => (400, r#"{"code": "oidc.invalid_grant", "error": "invalid_grant"}"#.to_owned()),
        other => healthy(other),
    });
    let steps = told(&rejected, &section());
    assert_eq!(steps.len(), 2);
    assert!(steps[1].starts_with("bad authenticated: ") && steps[1].contains("revoked"), "{steps:?}");

    let closed = serve(|target| match target {
        target if target.starts_with("/project/") => (403, r#"{"message": "Forbidden"}"#.to_owned()),
        other => healthy(other),
    });
    let steps = told(&closed, &section());
    assert_eq!(steps.len(), 3);
    assert!(steps[2].starts_with("bad project: ") && steps[2].contains("may not read this"), "{steps:?}");
}

#[test]
fn a_list_that_may_not_be_read_shows_and_is_bad_only_where_it_must_be_there() {
    let without = |part: &'static str| {
        serve(move |target| match target {
            target if target.contains(part) => (403, r#"{"message": "not in plan"}"#.to_owned()),
            other => healthy(other),
        })
    };
    let container = |url: &str, section: &str| {
        told(url, section).into_iter().find(|step| step.contains(" container findings: ")).unwrap()
    };
    let url = without("/results/container");
    assert!(container(&url, &section()).starts_with("odd container findings: "));
    assert!(container(&url, &format!("{{project: {PROJECT}, types: [container, sast]}}")).starts_with("bad "));
    assert!(container(&without("/results/"), &section()).starts_with("bad "));
    let steps = told(&without("/results/"), &section());
    assert!(steps.iter().any(|step| step.starts_with("odd scans: no list names a scan")), "{steps:?}");
}

#[test]
fn a_list_that_never_ends_is_read_up_to_a_limit_and_that_is_said() {
    let page = |target: &str| {
        let number = target.split("pageNumber=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        format!(r#"[{{"totalPages": 99999999, "vulnerabilities": [{{"base": {{"id": "f{number}"}}}}]}}]"#)
    };
    let url = serve(move |target| if target.contains("/results/") { (200, page(target)) } else { healthy(target) });
    let reader = reader(&url, &format!("{{project: {PROJECT}, types: sast}}"));
    let collected = run(async {
        let desk = desk();
        let client = client(&reader, &desk).unwrap();
        let server = Server::new(&client, &reader);
        let project = project::open(&server, &reader.projects[0]).await.unwrap();
        let progress = Progress::new(&desk.meter);
        let list = lists(&server, &reader, (&project, None), 10, &progress).remove(0).of_at_most(7);
        let First::Page(first) = list.first().await else { panic!("a page") };
        let mut ledger = Ledger::new("cybedefend");
        list.rest(*first).await.enter(list.of(), &project.name, &mut ledger);
        ledger.finish(&desk.network.masks)
    });
    assert_eq!((collected.coverage.read, collected.coverage.pages), (7, 7));
    assert_eq!(collected.coverage.state.name(), "partial");
    assert!(collected.coverage.reasons[0].contains("only the first 7 pages"), "{:?}", collected.coverage.reasons);
}
