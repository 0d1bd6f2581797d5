//! Several sources at once, and what each must show: through the binary, against servers on this machine.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::server::{Reply, Request, Server};
use common::{Folder, Run, finish};
use serde_json::{Value, json};

const HEAD: &str = "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a";

/// AppSec+ with these scans and findings.
fn appsecplus(scans: impl Fn(usize) -> Value + Send + Sync + 'static, findings: Value) -> Server {
    let polls = AtomicUsize::new(0);
    Server::start(move |request: &Request| match request.path.as_str() {
        "/applications/app-1" => Reply::ok(&json!({"id": "app-1", "name": "Shop"})),
        "/applications" => Reply::ok(&json!([{"id": "app-1", "name": "Shop"}])),
        "/scans" | "/applications/app-1/scans" => Reply::ok(&scans(polls.fetch_add(1, Ordering::SeqCst))),
        "/applications/app-1/vulnerabilities" => Reply::ok(&findings),
        _ => Reply::json(404, &json!({"code": "not_found", "message": "no such thing"})),
    })
}

fn scan(id: &str, kind: &str, status: &str, completed: Option<&str>, by: &str) -> Value {
    json!({
        "id": id, "applicationId": "app-1", "scanType": kind, "status": status, "triggeredBy": by,
        "startedAt": completed.or(Some("2026-11-20T12:00:00Z")), "completedAt": completed, "summary": null
    })
}

fn finding(id: &str, severity: &str) -> Value {
    json!({"id": id, "applicationId": "app-1", "scanId": "s1", "title": format!("flaw {id}"), "severity": severity,
           "status": "open", "createdAt": "2026-11-20T12:05:00Z"})
}

/// Mayo ASPM with these findings.
fn mayo(findings: Vec<Value>) -> Server {
    Server::start(move |request: &Request| {
        let page =
            |rows: &[Value]| json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": rows.len()}});
        match request.path.as_str() {
            "/projects" => Reply::ok(&page(&[
                json!({"id": "proj_1", "name": "shop", "asset_count": 1, "finding_count": findings.len()}),
            ])),
            "/findings" => Reply::ok(&page(&findings)),
            _ => Reply::json(404, &json!({"error": {"code": "not_found", "message": "no such route"}})),
        }
    })
}

fn of_mayo(id: &str, severity: &str) -> Value {
    json!({"id": id, "title": "a flaw", "severity": severity, "status": "open", "scanner": "semgrep", "scanner_type": "sast",
           "rule_id": "r", "file_path": "src/a.py", "line_number": 3, "project": {"id": "proj_1", "name": "shop"}})
}

/// Runs a command with both vendors' credentials; a server that is not given does not exist.
fn run(folder: &Folder, apps: Option<&Server>, mayo: Option<&Server>, arguments: &[&str]) -> Run {
    let mut command = folder.command();
    let nobody = "http://127.0.0.1:1";
    command
        .env("APPSECPLUS_URL", apps.map_or(nobody, |server| &server.url))
        .env("APPSECPLUS_TOKEN", "token-of-the-test")
        .env("MAYOASPM_URL", mayo.map_or(nobody, |server| &server.url))
        .env("MAYOASPM_API_KEY", "mayo_ak_0123456789abcdefghijklmnopqrstuv");
    finish(command.args(arguments))
}

fn policy(sources: &str, evidence: &str) -> Folder {
    Folder::new()
        .with("policy.yml", format!("version: 1\nsources: {sources}\nthresholds: {{all: critical}}\n{evidence}"))
}

const CHECK: [&str; 5] = ["check", "--policy", "policy.yml", "--as-of", "2026-11-21T00:00:00Z"];

#[test]
fn each_state_of_a_scan_ends_in_its_own_sentence() {
    let fresh = Some("2026-11-20T12:04:10Z");
    let old = Some("2026-11-01T12:04:10Z");
    let here = format!("gate acme/shop@{HEAD}");
    for (scans, evidence, status, sentence) in [
        (json!([scan("s1", "sast", "completed", fresh, "ci")]), "max_age: 7d", 0, "findgate: pass"),
        (json!([scan("s1", "sast", "completed", old, "ci")]), "max_age: 7d", 3, "`max_age`"),
        (json!([scan("s1", "sast", "running", None, "ci")]), "commit: any", 3, "still running"),
        (json!([scan("s1", "sast", "queued", None, "ci")]), "commit: any", 3, "still running"),
        (json!([scan("s1", "sast", "failed", fresh, "ci")]), "commit: any", 3, "failed"),
        (json!([scan("s1", "sast", "sleeping", fresh, "ci")]), "commit: any", 3, "is not known (it says sleeping)"),
        (json!([]), "max_age: 7d", 3, "scan"),
        (json!([scan("s1", "sast", "completed", fresh, &here)]), "commit: head", 0, "findgate: pass"),
        (json!([scan("s1", "sast", "completed", fresh, "ci")]), "commit: head", 3, "does not tell its commit"),
        (
            json!([scan("s1", "sast", "completed", fresh, "gate acme/shop@0123456789abcdef")]),
            "commit: head",
            3,
            "no scan of commit",
        ),
        // The list is as the newest scan left it, and that was of another commit.
        (
            json!([
                scan("s1", "sast", "completed", fresh, &here),
                scan("s2", "sast", "completed", Some("2026-11-20T13:00:00Z"), "gate acme/shop@0123456789abcdef")
            ]),
            "commit: head",
            3,
            "is as the sast scan s2 left it",
        ),
        (json!([scan("s1", "sast", "completed", fresh, &here)]), "commit: branch", 0, "findgate: pass"),
        (json!([scan("s1", "sast", "completed", fresh, "ci")]), "commit: branch", 3, "does not tell its branch"),
        // One engine is as it should be, the other is not.
        (
            json!([scan("s1", "sast", "completed", fresh, "ci"), scan("s2", "sca", "completed", old, "ci")]),
            "max_age: 7d",
            3,
            "the newest sca scan",
        ),
    ] {
        let shown = scans.clone();
        let server = appsecplus(move |_| shown.clone(), json!([finding("vuln-1", "low")]));
        let folder = policy("{appsecplus: {application: app-1}}", &format!("evidence: {{{evidence}}}\n"));
        let arguments: Vec<&str> = CHECK.iter().chain(&["--commit", HEAD, "--branch", "main"]).copied().collect();
        let run = run(&folder, Some(&server), None, &arguments).ends_with(status);
        let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.to_lowercase().contains(&sentence.to_lowercase()), "{sentence} is not in\n{}", run.stdout);
        // What the log says of the source while it runs is what the report says.
        assert_eq!(run.stderr.contains("appsecplus: complete"), status == 0, "{}", run.stderr);
    }
}

#[test]
fn a_running_scan_is_waited_for_as_long_as_the_policy_says() {
    let done = json!([scan("s1", "sast", "completed", Some("2026-11-20T12:04:10Z"), "ci")]);
    let running = json!([scan("s1", "sast", "running", None, "ci")]);
    let (later, now) = (done.clone(), running.clone());
    let server = appsecplus(move |poll| if poll < 2 { now.clone() } else { later.clone() }, json!([]));
    let folder = policy("{appsecplus: {application: app-1, wait: 30s}}", "");
    run(&folder, Some(&server), None, &CHECK).ends_with(0);
    assert!(server.requests().iter().filter(|request| request.path.ends_with("/scans")).count() >= 3);

    let server = appsecplus(move |_| running.clone(), json!([]));
    let folder = policy("{appsecplus: {application: app-1, wait: 1s}}", "");
    run(&folder, Some(&server), None, &CHECK).ends_with(3).says("still running");
    // The run's own time is over first.
    let folder = policy("{appsecplus: {application: app-1, wait: 10m}}", "");
    let arguments: Vec<&str> = CHECK.iter().chain(&["--timeout", "2s"]).copied().collect();
    let started = Instant::now();
    run(&folder, Some(&server), None, &arguments).ends_with(3);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_source_that_fails_does_not_keep_the_others_and_a_violation_they_show_is_one() {
    let scans = |_| json!([scan("s1", "sast", "completed", Some("2026-11-20T12:04:10Z"), "ci")]);
    let apps = appsecplus(scans, json!([finding("vuln-1", "critical")]));
    let folder = policy("{mayo: {project: shop}, appsecplus: {application: app-1}}", "");
    let failed = run(&folder, Some(&apps), None, &[&CHECK[..], &["--timeout", "10s"]].concat()).ends_with(1);
    failed.says("findgate: fail (1)").says("no connection to 127.0.0.1:1");

    let harmless = appsecplus(scans, json!([finding("vuln-1", "low")]));
    let undecided = run(&folder, Some(&harmless), None, &[&CHECK[..], &["--timeout", "10s"]].concat()).ends_with(3);
    undecided.says("mayo failed");
    let folder = policy("{mayo: {project: shop, required: false}, appsecplus: {application: app-1}}", "");
    run(&folder, Some(&harmless), None, &[&CHECK[..], &["--timeout", "10s"]].concat()).ends_with(0);
}

#[test]
fn sources_are_asked_at_the_same_time() {
    // Each server answers its findings only after the other was asked for its own.
    let asked = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let until = |flag: &AtomicUsize| {
        let started = Instant::now();
        while flag.load(Ordering::SeqCst) == 0 && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        flag.load(Ordering::SeqCst) > 0
    };
    let seen = Arc::clone(&asked);
    let apps = Server::start(move |request: &Request| match request.path.as_str() {
        "/applications/app-1" => Reply::ok(&json!({"id": "app-1", "name": "Shop"})),
        "/scans" | "/applications/app-1/scans" => {
            Reply::ok(&json!([scan("s1", "sast", "completed", Some("2026-11-20T12:04:10Z"), "ci")]))
        }
        "/applications/app-1/vulnerabilities" => {
            seen.0.store(1, Ordering::SeqCst);
            if until(&seen.1) { Reply::ok(&json!([])) } else { Reply::json(400, &json!({})) }
        }
        _ => Reply::json(404, &json!({})),
    });
    let seen = Arc::clone(&asked);
    let mayo = Server::start(move |request: &Request| {
        let page = |rows: Value, total: usize| json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": total}});
        match request.path.as_str() {
            "/projects" => Reply::ok(&page(json!([{"id": "proj_1", "name": "shop", "finding_count": 1}]), 1)),
            "/findings" => {
                seen.1.store(1, Ordering::SeqCst);
                let row = of_mayo("f_1", "low");
                if until(&seen.0) { Reply::ok(&page(json!([row]), 1)) } else { Reply::json(400, &json!({})) }
            }
            _ => Reply::json(404, &json!({})),
        }
    });
    let folder = policy("{mayo: {project: shop}, appsecplus: {application: app-1}}", "");
    run(&folder, Some(&apps), Some(&mayo), &CHECK).ends_with(0);
}

#[test]
fn coverage_names_projects_scans_and_counts_in_json() {
    let scans = |_| json!([scan("s1", "sast", "completed", Some("2026-11-20T12:04:10Z"), &format!("gate@{HEAD}"))]);
    let apps = appsecplus(scans, json!([finding("vuln-1", "low"), finding("vuln-2", "high")]));
    let folder = policy("{appsecplus: {application: app-1}}", "");
    let arguments = [&CHECK[..], &["--format", "json"]].concat();
    let json = run(&folder, Some(&apps), None, &arguments).ends_with(0).json();
    let source = &json["sources"][0];
    assert_eq!(source["state"], "complete", "{source:#}");
    assert_eq!((&source["read"], &source["open"]), (&json!(2), &json!(2)));
    assert_eq!(source["projects"], json!(["Shop"]));
    assert!(source["pages"].as_u64().unwrap() > 0);
    let scan = &source["scans"][0];
    assert_eq!((&scan["state"], &scan["finished"]), (&json!("finished"), &json!("2026-11-20T12:04:10Z")));
    assert_eq!(scan["commit"], json!(HEAD));
}

#[test]
fn sources_says_for_each_what_works_and_what_is_missing() {
    let scans = |_| json!([scan("s1", "sast", "completed", Some("2026-11-20T12:04:10Z"), "ci")]);
    let apps = appsecplus(scans, json!([]));
    let mayo = mayo(vec![of_mayo("f_1", "low")]);
    let folder = policy("{mayo: {project: shop}, appsecplus: {application: app-1}}", "");
    let good = run(&folder, Some(&apps), Some(&mayo), &["sources", "--policy", "policy.yml"]).ends_with(0);
    for part in ["mayo\n", "appsecplus\n", "Shop", "shop"] {
        assert!(good.stdout.contains(part), "{part:?} is not in\n{}", good.stdout);
    }
    assert!(!good.stdout.contains("FAIL"), "{}", good.stdout);

    let down = run(&folder, Some(&apps), None, &["sources", "--policy", "policy.yml", "--timeout", "10s"]).ends_with(3);
    down.says("FAIL").says("127.0.0.1:1");
    let mut command = folder.command();
    command.env("APPSECPLUS_URL", &apps.url).env("APPSECPLUS_TOKEN", "token-of-the-test");
    let missing = finish(command.args(["sources", "--policy", "policy.yml"])).ends_with(2);
    missing.says("no credentials: set MAYOASPM_API_KEY").says("Shop");
    let optional = policy("{mayo: {project: shop, required: false}, appsecplus: {application: app-1}}", "");
    let mut command = optional.command();
    command.env("APPSECPLUS_URL", &apps.url).env("APPSECPLUS_TOKEN", "token-of-the-test");
    finish(command.args(["sources", "--policy", "policy.yml"])).ends_with(0).says("mayo (optional)");
}

#[test]
fn a_credential_that_a_server_repeats_is_masked_in_what_sources_says() {
    let echo = |name: &str, secret: &str| format!("{name} {secret}");
    let shop = echo("Shop", "token-of-the-test");
    let apps = Server::start(move |request: &Request| match request.path.as_str() {
        "/applications/app-1" => Reply::ok(&json!({"id": "app-1", "name": shop})),
        "/applications" => Reply::ok(&json!([{"id": "app-1", "name": shop}])),
        _ => Reply::ok(&json!([])),
    });
    let key = "mayo_ak_0123456789abcdefghijklmnopqrstuv";
    let project = json!({"id": "proj_1", "name": echo("shop", key), "asset_count": 1, "finding_count": 0});
    let mayo = Server::start(move |request: &Request| {
        let rows = if request.path == "/projects" { vec![project.clone()] } else { Vec::new() };
        Reply::ok(&json!({"data": rows, "pagination": {"page": 1, "per_page": 100, "total": rows.len()}}))
    });
    let folder = policy("{mayo: {project: proj_1}, appsecplus: {application: app-1}}", "");
    let told = run(&folder, Some(&apps), Some(&mayo), &["sources", "--policy", "policy.yml", "--verbose"]);
    assert!([0, 3].contains(&told.status), "{told:?}");
    for part in ["Shop ****", "shop ****"] {
        assert!(told.stdout.contains(part), "{part:?} is not in\n{}", told.stdout);
    }
    for secret in ["token-of-the-test", key] {
        assert!(!told.stdout.contains(secret) && !told.stderr.contains(secret), "{told:?}");
    }
}

#[test]
fn sources_fails_where_the_policy_asks_for_scans_that_nobody_tells() {
    // This server has no list of scans.
    let mayo = mayo(vec![of_mayo("f_1", "low")]);
    let command = ["sources", "--policy", "policy.yml"];
    run(&policy("{mayo: {project: shop}}", ""), None, Some(&mayo), &command).ends_with(0).says("note  scans");
    let folder = policy("{mayo: {project: shop, max_age: 7d}}", "");
    run(&folder, None, Some(&mayo), &command).ends_with(3).says("FAIL  scans");
    run(&folder, None, Some(&mayo), &CHECK).ends_with(3);
}

#[test]
fn what_sources_says_fits_into_80_columns() {
    let scans: Vec<Value> = ["sast", "sca", "dast", "container"]
        .iter()
        .map(|kind| {
            scan(&format!("s-{kind}"), kind, "completed", Some("2026-11-20T12:04:10Z"), &format!("gate@{HEAD}"))
        })
        .collect();
    let apps = appsecplus(move |_| json!(scans), json!([]));
    let folder = policy("{mayo: {project: shop}, appsecplus: {application: app-1}}", "");
    let told = run(&folder, Some(&apps), None, &["sources", "--policy", "policy.yml", "--timeout", "5s"]).ends_with(3);
    for line in told.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn files_and_vendors_are_judged_together() {
    let scans = |_| json!([scan("s1", "sast", "completed", Some("2026-11-20T12:04:10Z"), "ci")]);
    let apps = appsecplus(scans, json!([finding("vuln-1", "low")]));
    let folder = policy("{appsecplus: {application: app-1}}", "")
        .with("a.sarif", common::sarif(vec![common::result(1), common::result(2)]));
    let arguments = [&CHECK[..], &["--sarif", "a.sarif", "--format", "json"]].concat();
    let json = run(&folder, Some(&apps), None, &arguments).ends_with(0).json();
    assert_eq!(json["findings"].as_array().unwrap().len(), 3);
    let only = [&CHECK[..], &["--sarif", "a.sarif", "--only", "sarif"]].concat();
    // Without the vendor nobody is asked for its credentials.
    finish(folder.command().args(only)).ends_with(0).says("only sarif was read");
}

#[test]
fn timeouts_hosts_and_certificates_that_cannot_be_used_are_settings() {
    let folder = policy("{appsecplus: {application: app-1}}", "").with("empty.pem", "");
    for (arguments, part) in [
        (&["--timeout", "soon"][..], "--timeout soon: not a duration"),
        (&["--timeout", "0s"], "--timeout 0s"),
        (&["--allow-host", "https://x.example"], "--allow-host"),
        (&["--allow-host", ""], "--allow-host was given without a value"),
        (&["--ca-file", "none.pem"], "--ca-file none.pem"),
        (&["--ca-file", "empty.pem"], "holds no certificate"),
    ] {
        let arguments = [&CHECK[..], arguments].concat();
        run(&folder, None, None, &arguments).ends_with(2).complains(part);
    }
}
