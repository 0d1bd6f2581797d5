//! Settings that are wrong or missing, and the example.

use crate::common::Folder;
use crate::gate::{assert_told, command, ended, policy};
use crate::vendor::{TOKEN, Vendor};

#[test]
fn missing_and_half_credentials_and_untrusted_hosts_are_wrong_settings_and_nobody_is_asked() {
    let server = Vendor::default().start();
    let folder = Folder::new();
    let without = |removed: &[&str]| {
        let mut command = command(&folder, &server, "");
        for name in removed {
            command.env_remove(name);
        }
        ended(&mut command, 2).stderr
    };
    assert!(without(&["APPSECPLUS_CLIENT_ID", "APPSECPLUS_CLIENT_SECRET"]).contains("it has no credentials"));
    assert!(without(&["APPSECPLUS_CLIENT_ID"]).contains("APPSECPLUS_CLIENT_ID is not"));
    assert!(without(&["APPSECPLUS_CLIENT_SECRET"]).contains("APPSECPLUS_CLIENT_SECRET is not"));
    for section in ["url: 'https://appsec.evil.example'", "token_url: 'https://appsec.evil.example/t'"] {
        let mut command = command(&folder, &server, section);
        if section.starts_with("url") {
            command.env_remove("APPSECPLUS_URL");
        }
        let run = ended(&mut command, 2);
        assert!(run.stderr.contains("--allow-host appsec.evil.example"), "{}", run.stderr);
    }
    ended(command(&folder, &server, "").env("APPSECPLUS_URL", "http://10.0.0.1"), 2).complains("not encrypted");
    // What should be judged is not known either.
    folder.write("policy.yml", policy(""));
    let mut nameless = folder.command();
    nameless
        .args(["check", "--policy", "policy.yml"])
        .env("APPSECPLUS_URL", &server.url)
        .env("APPSECPLUS_TOKEN", TOKEN);
    ended(&mut nameless, 2).complains("neither an application is named nor the repository known");
    assert!(server.requests().is_empty());
}

#[test]
fn a_fork_without_credentials_is_undecided() {
    let folder = Folder::new().with("policy.yml", policy("application: x"));
    let mut command = folder.in_pull_request("eve/r", "fix");
    command.args(["check", "--policy", "policy.yml", "--format", "json", "--trust", "worktree"]);
    assert_told(&ended(&mut command, 3).json(), "failed", &["pull request from a fork", "APPSECPLUS_CLIENT_ID"]);
}

#[test]
fn the_example_policy_is_valid() {
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/vendors/appsecplus.yml");
    let folder = Folder::new().with("policy.yml", std::fs::read(example).unwrap());
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder
        .run(["policy", "show", "policy.yml", "--branch", "main"])
        .ends_with(0)
        .says("vulnerabilities and scans of the application");
}
