//! Where the gate is: on each CI platform the override of the right branch holds, and stderr says where values came from.

mod common;

use common::{Folder, Run, finish, results, sarif};
use serde_json::json;

/// The finding is high, so it counts on a branch for releases only.
const POLICY: &str =
    "version: 1\nthresholds: {all: critical}\noverrides:\n  - {branch: 'release/*', thresholds: {all: high}}\n";

const CHECK: [&str; 5] = ["check", "--policy", "policy.yml", "--sarif", "*.sarif"];

fn folder() -> Folder {
    Folder::new().with("policy.yml", POLICY).with("scan.sarif", sarif(results(1)))
}

fn run(folder: &Folder, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let mut command = folder.command();
    finish(command.envs(variables.iter().copied()).args(CHECK).args(more))
}

const SHA: &str = "1111111111111111111111111111111111111111";

#[test]
fn an_override_goes_by_the_branch_on_each_platform() {
    let event = |head: &str| {
        json!({"number": 7, "pull_request": {
            "head": {"ref": head, "sha": SHA, "repo": null},
            "base": {"ref": "main", "sha": SHA, "repo": {"full_name": "o/r"}}
        }})
        .to_string()
    };
    for (branch, status) in [("release/2", 1), ("fix/login", 0)] {
        let folder = folder().with("event.json", event(branch));
        let reference = format!("refs/heads/{branch}");
        let remote = format!("origin/{branch}");
        let queue = format!("refs/heads/gh-readonly-queue/{branch}/pr-7-{SHA}");
        let github = ("GITHUB_ACTIONS", "true");
        let cases: [&[(&str, &str)]; 14] = [
            &[github, ("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", &reference)],
            &[
                github,
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_REF", "refs/pull/7/merge"),
                ("GITHUB_HEAD_REF", branch),
            ],
            &[
                github,
                ("GITHUB_EVENT_NAME", "pull_request_target"),
                ("GITHUB_REF", "refs/heads/main"),
                ("GITHUB_EVENT_PATH", "event.json"),
            ],
            &[github, ("GITHUB_EVENT_NAME", "merge_group"), ("GITHUB_REF", &queue)],
            &[("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", branch)],
            &[
                ("GITLAB_CI", "true"),
                ("CI_MERGE_REQUEST_IID", "7"),
                ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", branch),
                ("CI_COMMIT_REF_NAME", "refs/merge-requests/7/head"),
            ],
            &[("JENKINS_URL", "https://ci.example.com"), ("GIT_BRANCH", &remote)],
            &[("JENKINS_URL", "https://ci.example.com"), ("BRANCH_NAME", branch), ("GIT_BRANCH", branch)],
            &[
                ("JENKINS_URL", "https://ci.example.com"),
                ("BRANCH_NAME", "PR-7"),
                ("CHANGE_ID", "7"),
                ("CHANGE_BRANCH", branch),
            ],
            &[("TF_BUILD", "True"), ("BUILD_SOURCEBRANCH", &reference)],
            &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
                ("SYSTEM_PULLREQUEST_SOURCEBRANCH", &reference),
            ],
            &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_BRANCH", branch)],
            &[("CIRCLECI", "true"), ("CIRCLE_BRANCH", branch)],
            &[("CI", "true"), ("FINDGATE_BRANCH", branch)],
        ];
        for variables in cases {
            let run = run(&folder, variables, &[]);
            assert_eq!(run.status, status, "{variables:?}\n{}\n{}", run.stdout, run.stderr);
        }
    }
}

#[test]
fn where_no_branch_is_known_the_error_says_why_and_what_to_do() {
    let folder = folder();
    for (variables, reason) in [
        (&[("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/tags/v1")][..], "tag v1 is built (from GITHUB_REF)"),
        (&[("GITLAB_CI", "true"), ("CI_COMMIT_TAG", "v1")], "tag v1 is built (from CI_COMMIT_TAG)"),
        (&[("CIRCLECI", "true"), ("CIRCLE_BRANCH", "pull/12")], "CIRCLE_BRANCH is pull/12, which is no branch"),
        (&[], "no git repository is in "),
    ] {
        run(&folder, variables, &[]).ends_with(2).complains("name it with --branch").complains(reason);
    }
}

#[test]
fn the_platform_is_named_by_an_option_or_its_variable() {
    let folder = folder();
    let nested = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REF", "refs/heads/main"),
        ("JENKINS_URL", "x"),
        ("BRANCH_NAME", "release/1"),
    ];
    run(&folder, &nested, &[]).ends_with(0);
    run(&folder, &nested, &["--ci", "jenkins"]).ends_with(1);
    let named = |value| [&nested[..], &[("FINDGATE_CI", value)]].concat();
    run(&folder, &named("jenkins"), &[]).ends_with(1);
    run(&folder, &named("jenkins"), &["--ci", "github"]).ends_with(0);
    run(&folder, &named(""), &[]).ends_with(0);
    run(&folder, &named("none"), &[]).ends_with(2).complains("--branch");
    run(&folder, &named("travis"), &[]).ends_with(2).complains("circleci");
    let mut show = folder.command();
    finish(show.envs(nested).args(["policy", "show", "policy.yml", "--ci", "jenkins"]))
        .ends_with(0)
        .says("applied: overrides");
}

#[test]
fn every_value_says_where_it_came_from() {
    let gitlab = [
        ("GITLAB_CI", "true"),
        ("CI_PROJECT_URL", "https://gitlab.com/acme/shop"),
        ("CI_MERGE_REQUEST_IID", "7"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "fix/login"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_COMMIT_SHA", SHA),
    ];
    let folder = folder();
    let run = run(&folder, &gitlab, &["--verbose", "--base", "v1", "--format", "json"]).ends_with(0);
    for told in [
        "CI platform GitLab (from GITLAB_CI)",
        "pull request 7 into main",
        "repository gitlab.com/acme/shop (from CI_PROJECT_URL)",
        "branch fix/login (from CI_MERGE_REQUEST_SOURCE_BRANCH_NAME)",
        "commit 1111111111111111111111111111111111111111 (from CI_COMMIT_SHA)",
        "base v1 (from --base)",
    ] {
        assert!(run.stderr.lines().any(|line| line == told), "no {told:?} in\n{}", run.stderr);
    }
    assert_eq!(
        run.json()["project"],
        json!({"repository": "gitlab.com/acme/shop", "branch": "fix/login", "commit": SHA, "base": "v1"})
    );
}

#[test]
fn what_git_cannot_say_is_a_note_that_changes_no_verdict() {
    let policy = "version: 1\nthresholds: {all: critical}\n";
    // A file that leads nowhere, as in a container that was given a worktree alone.
    let folder = folder().with("policy.yml", policy).with(".git", "gitdir: /nowhere/.git/worktrees/w\n");
    let run = folder.check(&[]).ends_with(0);
    assert!(run.stderr.contains("note: "), "{}", run.stderr);
    assert!(run.stderr.contains("--branch"), "{}", run.stderr);
    assert!(!folder.check(&["--quiet"]).ends_with(0).stderr.contains("--branch"));
    let told = folder.check(&["--repo", "github.com/o/r", "--branch", "b", "--commit", "c"]).ends_with(0);
    assert!(!told.stderr.contains("note: "), "{}", told.stderr);
}
