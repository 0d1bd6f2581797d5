//! The example of four vendors: that its snapshot is what the made-up answers beside it give, and what it is judged to.

#![allow(clippy::disallowed_methods, reason = "a test sets up the environment of the binary")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::server::{Reply, Request, Server};
use common::{Folder, finish};
use serde_json::Value;

const COMMIT: &str = "4f2a9c1d7e0b4f2a9c1d7e0b4f2a9c1d7e0b4f2a";

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vendors")
}

/// A server that gives the answers of a vendor of the example.
fn vendor(name: &str) -> Server {
    let file = example().join("answers").join(format!("{name}.json"));
    let answers: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    Server::start(move |request: &Request| match answers.get(format!("{} {}", request.method, request.path)) {
        Some(answer) => Reply::ok(answer),
        None => Reply::json(404, &serde_json::json!({"message": "the example has no such answer"})),
    })
}

/// Takes the snapshot of the example from its answers.
fn collect() -> String {
    asked(&["collect", "--output", "-"])
}

/// A command that asks the servers of the example.
fn asked(arguments: &[&str]) -> String {
    let [mend, mayo, cybedefend, appsecplus] = ["mend", "mayo", "cybedefend", "appsecplus"].map(vendor);
    let folder = Folder::new();
    let mut command = folder.command();
    command
        .env("MEND_URL", &mend.url)
        .env("MEND_EMAIL", "ci@acme.example")
        .env("MEND_USER_KEY", "key-of-the-example")
        .env("MAYOASPM_URL", &mayo.url)
        .env("MAYOASPM_API_KEY", "mayo_ak_0123456789abcdefghijklmnopqrstuv")
        .env("CYBEDEFEND_URL", &cybedefend.url)
        .env("CYBEDEFEND_AUTH_URL", &cybedefend.url)
        .env("CYBEDEFEND_APP_URL", "https://eu.cybedefend.com")
        .env("CYBEDEFEND_PAT", "pat_of_the_example")
        .env("APPSECPLUS_URL", &appsecplus.url)
        .env("APPSECPLUS_CLIENT_ID", "ci-gate")
        .env("APPSECPLUS_CLIENT_SECRET", "secret-of-the-example");
    let policy = example().join("findgate.yml");
    command.args(arguments).args(["--ci", "none", "--repo", "github.com/acme/payments", "--branch", "main"]);
    finish(command.args(["--commit", COMMIT, "--policy"]).arg(policy)).ends_with(0).stdout
}

/// What the answers decide: everything but the moment of reading.
fn content(snapshot: &str) -> Value {
    let mut content = serde_json::from_str::<Value>(snapshot).unwrap()["content"].clone();
    assert!(content.as_object_mut().unwrap().remove("taken").is_some());
    content
}

#[test]
fn the_snapshot_of_the_example_is_what_its_answers_give() {
    let kept = fs::read_to_string(example().join("snapshot.json")).unwrap();
    assert!(
        content(&kept) == content(&collect()),
        "the snapshot is out of date: cargo test --test example_vendors -- --ignored"
    );
    for secret in ["key-of-the-example", "mayo_ak_", "pat_of_the", "secret-of-the", "token-of-the"] {
        assert!(!kept.contains(secret), "{secret}");
    }
}

#[test]
fn explain_names_the_vendor_that_a_severity_is_from() {
    let folder = Folder::new();
    let mut command = folder.command();
    command.args(["explain", "CVE-2021-23337", "--ci", "none", "--as-of", "2026-11-21T12:00:00Z"]);
    command.arg("--policy").arg(example().join("findgate.yml"));
    let told = finish(command.arg("--snapshot").arg(example().join("snapshot.json"))).ends_with(0).stdout;
    assert!(told.contains("from the severity at M"), "{told}");
}

#[test]
fn sources_can_be_tried_where_they_can_be_read() {
    // The server has the lists that reading asks for and no others, so each step must ask for the same.
    let told = asked(&["sources"]);
    assert!(!told.contains("FAIL"), "{told}");
    for vendor in ["mend\n", "mayo\n", "cybedefend\n", "appsecplus\n"] {
        assert!(told.contains(vendor), "{vendor} is not in {told}");
    }
    assert!(told.lines().all(|line| line.chars().count() <= 80), "{told}");
}

#[test]
#[ignore = "writes the snapshot of the example"]
fn write_the_snapshot() {
    fs::write(example().join("snapshot.json"), collect()).unwrap();
}

#[test]
fn the_example_is_judged_without_account_and_network() {
    let json = judge(&["--format", "json"]).ends_with(1).json();
    let sources = json["sources"].as_array().unwrap();
    let states: Vec<(&str, &str)> =
        sources.iter().map(|s| (s["name"].as_str().unwrap(), s["state"].as_str().unwrap())).collect();
    let complete = ["appsecplus", "cybedefend", "mayo", "mend"].map(|name| (name, "complete"));
    assert_eq!(states, complete, "{:#}", json["sources"]);
    let findings = json["findings"].as_array().unwrap();
    let seen_by = |id: &str| -> Vec<Vec<&str>> {
        let with = findings.iter().filter(|f| f["ids"].as_array().unwrap().iter().any(|one| one == id));
        with.map(|f| f["sources"].as_array().unwrap().iter().map(|s| s["source"].as_str().unwrap()).collect()).collect()
    };
    assert_eq!(seen_by("CVE-2024-47764"), [["cybedefend", "mend"]], "one finding of two vendors");
    assert_eq!(seen_by("CVE-2021-23337"), [["mayo", "mend"]]);
    let injection: Vec<&Value> = findings.iter().filter(|f| f["cwe"] == serde_json::json!(["CWE-89"])).collect();
    assert_eq!(injection.len(), 1, "three vendors saw one flaw: {injection:#?}");
    assert_eq!(injection[0]["sources"].as_array().unwrap().len(), 3);
    assert_eq!(injection[0]["severity"], "critical", "the worst counts");
    let rules: Vec<&str> = json["violations"].as_array().unwrap().iter().map(|v| v["rule"].as_str().unwrap()).collect();
    for rule in ["thresholds.all.critical", "thresholds.sca.high", "thresholds.secret.any", "copyleft", "reachable"] {
        assert!(rules.contains(&rule), "{rule} is not among {rules:?}");
    }
    // A week later the scans are too old for the policy.
    let stale = judge(&["--format", "json", "--as-of", "2026-12-01T00:00:00Z"]).ends_with(1).json();
    assert!(stale["sources"].as_array().unwrap().iter().all(|source| source["state"] == "stale"));
}

fn judge(more: &[&str]) -> common::Run {
    let folder = Folder::new();
    let mut command = folder.command();
    command.args(["check", "--ci", "none"]).arg("--policy").arg(example().join("findgate.yml"));
    command.arg("--snapshot").arg(example().join("snapshot.json"));
    if !more.contains(&"--as-of") {
        command.args(["--as-of", "2026-11-21T12:00:00Z"]);
    }
    finish(command.args(more))
}
