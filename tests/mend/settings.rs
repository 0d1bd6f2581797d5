//! Settings that are wrong or missing, and the example.

use crate::common::{Folder, finish};
use crate::mock::{EMAIL, KEY, Mend, ORG, policy};

#[test]
fn what_is_missing_or_wrong_in_the_settings_is_status_two_and_nobody_is_asked() {
    let server = Mend::clean().start();
    let folder = Folder::new().with("policy.yml", policy(&server, ""));
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml"]).args(arguments).envs(variables.iter().copied());
        finish(&mut command)
    };
    run(&[], &[]).ends_with(2).complains("MEND_EMAIL and MEND_USER_KEY");
    run(&[("MEND_EMAIL", EMAIL)], &[]).ends_with(2).complains("MEND_USER_KEY is empty");
    let keys = [("MEND_EMAIL", EMAIL), ("MEND_USER_KEY", KEY)];
    let with = |more: (&'static str, &'static str)| [keys[0], keys[1], more];
    run(&with(("MEND_ORG_UUID", "another")), &[]).ends_with(2).complains("make them the same");
    for url in [
        "https://evil.example",
        "https://api-saas.mend.io.evil.example",
        "http://api-saas.mend.io",
        "https://api-saas.mend.io:8443",
    ] {
        folder.write("policy.yml", policy(&server, "").replace(&server.url, url));
        let told = run(&keys, &[]).ends_with(2);
        assert!(!told.stderr.contains(KEY) && !told.stderr.contains(EMAIL), "{}", told.stderr);
    }
    folder.write("policy.yml", policy(&server, "").replace(&server.url, "https://evil.example"));
    run(&keys, &[]).ends_with(2).complains("--allow-host");
    assert!(server.requests().is_empty());
    // The environment is the job's own: its address goes before that of the policy.
    let mut command = folder.command();
    command
        .args(["check", "--policy", "policy.yml"])
        .envs(keys)
        .env("MEND_URL", &server.url)
        .env("MEND_ORG_UUID", ORG.to_uppercase());
    finish(&mut command).ends_with(0);
}

#[test]
fn a_pull_request_from_a_fork_has_no_credentials_and_is_undecided() {
    let server = Mend::clean().start();
    let folder = Folder::new().with("policy.yml", policy(&server, ""));
    let mut command = folder.in_pull_request("stranger/r", "feature");
    command.args(["check", "--policy", "policy.yml", "--trust", "worktree"]);
    command.envs([("MEND_EMAIL", ""), ("MEND_USER_KEY", "")]);
    finish(&mut command).ends_with(3).complains("no secrets to a pull request from a fork");
    assert!(server.requests().is_empty());
}

#[test]
fn the_example_policy_is_good() {
    let example = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vendors/mend.yml")).unwrap();
    let folder = Folder::new().with("policy.yml", &example);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder.run(["policy", "show", "--policy", "policy.yml"]).ends_with(0).says("project");
}
