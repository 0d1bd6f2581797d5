//! Where the gate is: on each CI platform the override of the right branch holds, and stderr says where values came from.

mod common;

use common::{Folder, Run, finish, results, sarif};
use serde_json::json;

/// The finding is high, so it counts on a branch for releases only.
const POLICY: &str =
    "version: 1\nthresholds: {all: critical}\noverrides:\n  - {branch: 'release/*', thresholds: {all: high}}\n";

/// The policy is that of a folder, not of a repository.
const CHECK: [&str; 7] = ["check", "--policy", "policy.yml", "--sarif", "*.sarif", "--trust", "worktree"];

fn folder() -> Folder {
    Folder::new().with("policy.yml", POLICY).with("scan.sarif", sarif(results(1)))
}

fn run(folder: &Folder, variables: &[(&str, &str)], more: &[&str]) -> Run {
    let mut command = folder.command();
    finish(command.envs(variables.iter().copied()).args(CHECK).args(more))
}

const SHA: &str = "1111111111111111111111111111111111111111";

#[test]
fn an_override_goes_by_the_branch_and_in_a_pull_request_by_the_one_that_it_goes_into() {
    // The name of a change's own branch is its author's choice.
    let own = "release/mine";
    let event = |target: &str| {
        json!({"number": 7, "pull_request": {
            "head": {"ref": own, "sha": SHA, "repo": null},
            "base": {"ref": target, "sha": SHA, "repo": {"full_name": "o/r"}}
        }})
        .to_string()
    };
    for (branch, status) in [("release/2", 1), ("main", 0)] {
        let folder = folder().with("event.json", event(branch));
        let reference = format!("refs/heads/{branch}");
        let remote = format!("origin/{branch}");
        let queue = format!("refs/heads/gh-readonly-queue/{branch}/pr-7-{SHA}");
        let github = ("GITHUB_ACTIONS", "true");
        let jenkins = ("JENKINS_URL", "https://ci.example.com");
        let cases: [&[(&str, &str)]; 15] = [
            &[github, ("GITHUB_EVENT_NAME", "push"), ("GITHUB_REF", &reference)],
            &[
                github,
                ("GITHUB_EVENT_NAME", "pull_request"),
                ("GITHUB_REF", "refs/pull/7/merge"),
                ("GITHUB_HEAD_REF", own),
                ("GITHUB_BASE_REF", branch),
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
                ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", own),
                ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", branch),
                ("CI_COMMIT_REF_NAME", "refs/merge-requests/7/head"),
            ],
            &[jenkins, ("GIT_BRANCH", &remote)],
            &[jenkins, ("BRANCH_NAME", branch), ("GIT_BRANCH", branch)],
            &[jenkins, ("BRANCH_NAME", "PR-7"), ("CHANGE_ID", "7"), ("CHANGE_BRANCH", own), ("CHANGE_TARGET", branch)],
            &[("TF_BUILD", "True"), ("BUILD_SOURCEBRANCH", &reference)],
            &[
                ("TF_BUILD", "True"),
                ("BUILD_REASON", "PullRequest"),
                ("BUILD_SOURCEBRANCH", "refs/pull/7/merge"),
                ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "refs/heads/release/mine"),
                ("SYSTEM_PULLREQUEST_TARGETBRANCH", &reference),
            ],
            &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_BRANCH", branch)],
            &[
                ("BITBUCKET_BUILD_NUMBER", "1"),
                ("BITBUCKET_BRANCH", own),
                ("BITBUCKET_PR_ID", "7"),
                ("BITBUCKET_PR_DESTINATION_BRANCH", branch),
            ],
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
fn an_override_goes_by_the_event_and_the_environment() {
    let policy = "version: 1\nthresholds: {all: critical}\noverrides:\n  - {event: [schedule, tag], thresholds: {all: high}}\n  \
                  - {environment: 'prod*', thresholds: {all: medium}}\n";
    let folder = folder().with("policy.yml", policy);
    let (github, gitlab) = (("GITHUB_ACTIONS", "true"), ("GITLAB_CI", "true"));
    let main = ("GITHUB_REF", "refs/heads/main");
    for (variables, status) in [
        (&[github, main, ("GITHUB_EVENT_NAME", "push")][..], 0),
        (&[github, main, ("GITHUB_EVENT_NAME", "schedule")], 1),
        (&[github, ("GITHUB_REF", "refs/tags/v1"), ("GITHUB_EVENT_NAME", "push")], 1),
        (&[gitlab, ("CI_PIPELINE_SOURCE", "push"), ("CI_COMMIT_BRANCH", "main")], 0),
        (&[gitlab, ("CI_PIPELINE_SOURCE", "push"), ("CI_ENVIRONMENT_NAME", "Production")], 1),
        (&[("TF_BUILD", "True"), ("BUILD_REASON", "Schedule")], 1),
        (&[("TF_BUILD", "True"), ("BUILD_REASON", "Manual"), ("ENVIRONMENT_NAME", "staging")], 0),
        (&[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_TAG", "v1")], 1),
        (&[("CIRCLECI", "true"), ("CIRCLE_TAG", "v1")], 1),
        (&[("JENKINS_URL", "x"), ("TAG_NAME", "v1")], 1),
        (&[("FINDGATE_EVENT", "push"), ("FINDGATE_ENVIRONMENT", "prod-eu")], 1),
    ] {
        let run = run(&folder, variables, &[]);
        assert_eq!(run.status, status, "{variables:?}\n{}\n{}", run.stdout, run.stderr);
    }
    // An event that nobody tells could be the one of the override.
    run(&folder, &[("BITBUCKET_BUILD_NUMBER", "1"), ("BITBUCKET_BRANCH", "main")], &[])
        .ends_with(2)
        .complains("the event is not known; name it with --event");
    run(&folder, &[], &["--event", "push"]).ends_with(0);
    run(&folder, &[], &["--event", "pr"]).ends_with(2).complains("pull_request");
    let told = run(&folder, &[github, main, ("GITHUB_EVENT_NAME", "push")], &["--verbose", "--environment", "prod"])
        .ends_with(1);
    told.complains("event push (from GITHUB_EVENT_NAME)").complains("environment prod (from --environment)");
    let mut show = folder.command();
    finish(show.args(["policy", "show", "policy.yml", "--event", "push", "--environment", "prod"]))
        .ends_with(0)
        .says("applied: overrides at policy.yml:5 (environment prod)");
}

#[test]
fn policy_show_is_for_the_branch_that_is_named_even_in_a_pull_request() {
    let folder = folder();
    let request = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_HEAD_REF", "release/mine"),
        ("GITHUB_BASE_REF", "main"),
    ];
    let show = |more: &[&str]| {
        finish(folder.command().envs(request).args(["policy", "show", "policy.yml", "--trust", "worktree"]).args(more))
            .ends_with(0)
    };
    assert!(!show(&[]).stdout.contains("applied: "));
    show(&["--branch", "release/1"]).says("applied: overrides at policy.yml:4 (branch release/1)");
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
