//! A run by a policy, of a server, and what it says of the source.

use assert_cmd::Command;
use serde_json::Value;

use crate::common::server::{Reply, Server};
use crate::common::{Folder, Run, finish};
use crate::vendor::{CLIENT_ID, REPOSITORY, SECRET, TOKEN, Vendor};

/// A policy with this section.
pub(crate) fn policy(section: &str) -> String {
    format!("version: 1\nthresholds: {{all: any}}\nsources:\n  appsecplus: {{{section}}}\n")
}

/// `findgate check` by a policy with this section, of a server.
pub(crate) fn command(folder: &Folder, server: &Server, section: &str) -> Command {
    folder.write("policy.yml", policy(section));
    let mut command = folder.command();
    command
        .args(["check", "--policy", "policy.yml", "--verbose", "--as-of", "2025-11-21", "--repo", REPOSITORY])
        .envs([("FINDGATE_FORMAT", "json"), ("FINDGATE_TIMEOUT", "20s")])
        .env("APPSECPLUS_URL", &server.url)
        .env("APPSECPLUS_CLIENT_ID", CLIENT_ID)
        .env("APPSECPLUS_CLIENT_SECRET", SECRET);
    command
}

/// Runs it, and sees to it that nothing that it says holds a credential.
#[track_caller]
pub(crate) fn ended(command: &mut Command, status: i32) -> Run {
    let run = finish(command).ends_with(status);
    for text in [&run.stdout, &run.stderr] {
        for secret in [SECRET, "s3cr3t", TOKEN, "eyJhbGci"] {
            assert!(!text.contains(secret), "{secret} in\n{text}");
        }
    }
    run
}

#[track_caller]
pub(crate) fn gate(server: &Server, section: &str, status: i32) -> Value {
    let source = ended(&mut command(&Folder::new(), server, section), status).json();
    assert_eq!(source["sources"].as_array().map(Vec::len), Some(1));
    source
}

pub(crate) fn state(run: &Value) -> &str {
    run["sources"][0]["state"].as_str().unwrap()
}

pub(crate) fn told(run: &Value, list: &str) -> String {
    run["sources"][0][list].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

/// That the source is in this state, for a reason (or, where it is complete, with a note) that holds these words.
#[track_caller]
pub(crate) fn assert_told(run: &Value, want: &str, words: &[&str]) {
    let texts = if want == "complete" { told(run, "notes") } else { told(run, "reasons") };
    assert_eq!(state(run), want, "{texts}");
    for word in words {
        assert!(texts.contains(word), "no {word:?} in\n{texts}");
    }
}

pub(crate) fn read(run: &Value) -> u64 {
    run["sources"][0]["read"].as_u64().unwrap()
}

/// A list of vulnerabilities that is answered by this function of the cursor.
pub(crate) fn paged(page: impl Fn(Option<&str>) -> Value + Send + Sync + 'static) -> Server {
    Vendor::default().start_with(move |request, _| {
        request.path.ends_with("/vulnerabilities").then(|| Reply::ok(&page(request.query("cursor"))))
    })
}
