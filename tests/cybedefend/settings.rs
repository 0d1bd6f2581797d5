//! Settings that are wrong or missing, and the example.

use crate::common::{Folder, finish};
use crate::mock::{Mock, PAT, PROJECT, policy};

#[test]
fn what_cannot_be_used_is_refused_before_anybody_is_asked() {
    let listener = Mock::new().start();
    let foreign = "url: 'https://cybedefend.acme.example', auth_url: 'https://auth.acme.example'";
    let set = |variable: &'static str, value: &str| (variable, value.to_owned());
    let url = || set("CYBEDEFEND_URL", &listener.api.url);
    let auth = || set("CYBEDEFEND_AUTH_URL", &listener.auth.url);
    let pat = || set("CYBEDEFEND_PAT", PAT);
    for (section, env, want) in [
        (foreign, vec![pat()], "--allow-host cybedefend.acme.example"),
        ("region: eu", vec![], "set CYBEDEFEND_PAT"),
        ("", vec![pat()], "nothing says where CybeDefend is"),
        ("", vec![pat(), url()], "CYBEDEFEND_URL is given without CYBEDEFEND_AUTH_URL"),
        ("", vec![pat(), url(), auth(), set("CYBEDEFEND_REGION", "eu")], "both say where CybeDefend is"),
        ("", vec![pat(), url(), auth(), set("CYBEDEFEND_PROJECT_ID", "../x")], "is not an id of a project"),
        ("", vec![pat(), set("CYBEDEFEND_REGION", "eu/../x")], "is not a region"),
        ("", vec![pat(), set("CYBEDEFEND_URL", "http://10.0.0.1"), auth()], "is not encrypted"),
        ("region: eu, url: 'https://x.example'", vec![pat()], "both say where CybeDefend is"),
        ("types: [dast]", vec![pat(), url(), auth()], "unknown type of finding"),
        ("", vec![set("CYBEDEFEND_PAT", "pat one"), url(), auth()], "CYBEDEFEND_PAT holds white space"),
    ] {
        let folder = Folder::new().with("policy.yml", policy(section));
        let mut command = folder.command();
        command.args(["check", "--policy", "policy.yml"]).envs(env);
        let run = finish(&mut command).ends_with(2).complains(want);
        assert!(!run.stderr.contains(PAT), "{}", run.stderr);
    }
    assert_eq!(listener.api.requests().len() + listener.auth.requests().len(), 0);
}

#[test]
fn addresses_on_this_machine_may_stand_in_the_policy() {
    let vendor = Mock::new().start();
    let section = format!("url: '{}/', auth_url: '{}', project: {PROJECT}", vendor.api.url, vendor.auth.url);
    let folder = Folder::new().with("policy.yml", policy(&section));
    let mut command = folder.command();
    finish(command.args(["check", "--policy", "policy.yml"]).env("CYBEDEFEND_PAT", PAT)).ends_with(0);
}

#[test]
fn a_pull_request_from_a_fork_has_no_token_and_is_undecided() {
    let folder = Folder::new().with("policy.yml", policy("region: eu"));
    let mut command = folder.in_pull_request("stranger/r", "feature");
    command.args(["check", "--policy", "policy.yml", "--trust", "worktree"]).env("CYBEDEFEND_PAT", "");
    finish(&mut command).ends_with(3).says("pull request from a fork");
}

#[test]
fn the_example_holds() {
    let example =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vendors/cybedefend.yml")).unwrap();
    let folder = Folder::new().with("policy.yml", &example);
    folder.run(["policy", "check", "policy.yml"]).ends_with(0);
    folder.run(["policy", "show", "policy.yml"]).ends_with(0).says("project payments-api");
}
