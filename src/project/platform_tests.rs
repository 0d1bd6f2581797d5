//! Every platform but GitHub as a table: what it sets, and what is known then.

use serde_json::Value;

use super::{Ci, Project, PullRequest, Said, detect};
use crate::env::Env;

pub(super) const HEAD: &str = "1111111111111111111111111111111111111111";
pub(super) const BASE: &str = "2222222222222222222222222222222222222222";
pub(super) const MERGE: &str = "3333333333333333333333333333333333333333";
pub(super) const ZEROS: &str = "0000000000000000000000000000000000000000";

/// What is expected: `-` is what is not known.
pub(super) struct Want {
    repository: &'static str,
    branch: &'static str,
    commit: &'static str,
    base: &'static str,
    pull_request: Option<(u64, Option<bool>, &'static str)>,
}

pub(super) fn want(repository: &'static str, branch: &'static str, commit: &'static str, base: &'static str) -> Want {
    Want { repository, branch, commit, base, pull_request: None }
}

impl Want {
    /// Its number, whether it is from a fork, and where it goes.
    pub(super) fn pull(self, number: u64, from_fork: Option<bool>, target: &'static str) -> Want {
        Want { pull_request: Some((number, from_fork, target)), ..self }
    }
}

pub(super) fn project(variables: &[(&str, &str)], event: Option<&str>) -> Project {
    project_of(None, variables, event)
}

/// The project in a folder without git, and without a git program, so that nothing but the platform tells.
fn project_of(ci: Option<Ci>, variables: &[(&str, &str)], event: Option<&str>) -> Project {
    let folder = tempfile::tempdir().unwrap();
    let mut variables = variables.to_vec();
    if let Some(event) = event {
        std::fs::write(folder.path().join("event.json"), event).unwrap();
        variables.push(("GITHUB_EVENT_PATH", "event.json"));
    }
    detect(Said { ci, ..Said::default() }, &Env::of(variables, folder.path()))
}

#[track_caller]
pub(super) fn check(case: &str, variables: &[(&str, &str)], event: Option<&Value>, want: Want) -> Project {
    let project = project(variables, event.map(Value::to_string).as_deref());
    let known = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
    assert_eq!(
        [&project.repository, &project.branch, &project.commit, &project.base].map(known),
        [want.repository, want.branch, want.commit, want.base],
        "{case}: {project:#?}"
    );
    let pull_request = want.pull_request.map(|(number, from_fork, target)| PullRequest {
        number: Some(number),
        from_fork,
        target: Some(target).filter(|target| *target != "-").map(str::to_owned),
    });
    assert_eq!(project.pull_request, pull_request, "{case}");
    assert_eq!(project.no_branch.is_some(), project.branch.is_none(), "{case}: a reason stands for a branch");
    project
}

/// Variables of one platform, and what a case adds.
pub(super) fn with<'a>(common: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    common.iter().chain(more).copied().collect()
}

pub(super) const GITHUB: [(&str, &str); 3] =
    [("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", "https://github.com"), ("GITHUB_REPOSITORY", "acme/shop")];

const GITLAB: [(&str, &str); 4] = [
    ("GITLAB_CI", "true"),
    ("CI_SERVER_HOST", "gitlab.example.com"),
    ("CI_PROJECT_PATH", "acme/web/shop"),
    ("CI_PROJECT_URL", "https://gitlab.example.com/acme/web/shop"),
];

#[test]
fn gitlab_pipelines() {
    let repository = "gitlab.example.com/acme/web/shop";
    let gitlab = |more: &[(&'static str, &'static str)]| [&GITLAB[..], more].concat();

    let branch = [
        ("CI_COMMIT_BRANCH", "main"),
        ("CI_COMMIT_REF_NAME", "main"),
        ("CI_COMMIT_SHA", HEAD),
        ("CI_COMMIT_BEFORE_SHA", BASE),
    ];
    check("branch", &gitlab(&branch), None, want(repository, "main", HEAD, BASE));
    check(
        "new branch",
        &gitlab(&[("CI_COMMIT_BRANCH", "main"), ("CI_COMMIT_SHA", HEAD), ("CI_COMMIT_BEFORE_SHA", ZEROS)]),
        None,
        want(repository, "main", HEAD, "-"),
    );
    check(
        "schedule",
        &[&gitlab(&branch)[..], &[("CI_PIPELINE_SOURCE", "schedule")]].concat(),
        None,
        want(repository, "main", HEAD, "-"),
    );
    let tag = [("CI_COMMIT_TAG", "v1"), ("CI_COMMIT_REF_NAME", "v1"), ("CI_COMMIT_SHA", HEAD)];
    check("tag", &gitlab(&tag), None, want(repository, "-", HEAD, "-"));

    let request = [
        ("CI_PIPELINE_SOURCE", "merge_request_event"),
        ("CI_MERGE_REQUEST_ID", "900001"),
        ("CI_MERGE_REQUEST_IID", "12"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "fix/login"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", BASE),
        ("CI_MERGE_REQUEST_PROJECT_PATH", "acme/web/shop"),
        ("CI_COMMIT_BEFORE_SHA", ZEROS),
    ];
    let own = ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "acme/web/shop");
    let fork = ("CI_MERGE_REQUEST_SOURCE_PROJECT_PATH", "ada/shop");
    let empty = ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "");
    let wanted = || want(repository, "fix/login", HEAD, BASE);
    let detached = [&gitlab(&request)[..], &[own, empty, ("CI_COMMIT_SHA", HEAD)]].concat();
    check("merge request", &detached, None, wanted().pull(12, Some(false), "main"));
    let forked = [&gitlab(&request)[..], &[fork, ("CI_COMMIT_SHA", HEAD)]].concat();
    check("fork", &forked, None, wanted().pull(12, Some(true), "main"));
    let merged = [
        ("CI_COMMIT_SHA", MERGE),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", HEAD),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_SHA", "4444"),
    ];
    let tip = want(repository, "fix/login", HEAD, "4444").pull(12, None, "main");
    check("merged result", &[&gitlab(&request)[..], &merged].concat(), None, tip);

    let of_branch = [("CI_COMMIT_BRANCH", "fix/login"), ("CI_COMMIT_SHA", HEAD), ("CI_PIPELINE_SOURCE", "push")];
    let open = [&gitlab(&of_branch)[..], &[("CI_OPEN_MERGE_REQUESTS", "acme/web/shop!12")]].concat();
    let project = check("branch with a merge request", &open, None, want(repository, "fix/login", HEAD, "-"));
    assert!(!project.is_change && project.warnings[0].contains("merge_request_event"), "{:?}", project.warnings);

    let mirrored = [
        ("CI_COMMIT_BRANCH", "fix/login"),
        ("CI_COMMIT_SHA", MERGE),
        ("CI_EXTERNAL_PULL_REQUEST_IID", "12"),
        ("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_NAME", "fix/login"),
        ("CI_EXTERNAL_PULL_REQUEST_SOURCE_BRANCH_SHA", HEAD),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA", BASE),
        ("CI_EXTERNAL_PULL_REQUEST_SOURCE_REPOSITORY", "acme/shop"),
        ("CI_EXTERNAL_PULL_REQUEST_TARGET_REPOSITORY", "acme/shop"),
    ];
    check("mirror", &gitlab(&mirrored), None, wanted().pull(12, Some(false), "main"));

    let elsewhere = |more: &[(&'static str, &'static str)]| {
        [&[("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "main")][..], more].concat()
    };
    check(
        "a folder of a host",
        &elsewhere(&[("CI_PROJECT_URL", "https://example.com:8443/gitlab/g/r")]),
        None,
        want("example.com:8443/gitlab/g/r", "main", "-", "-"),
    );
    check(
        "no address",
        &elsewhere(&[("CI_SERVER_HOST", "git.example.com"), ("CI_PROJECT_PATH", "g/r")]),
        None,
        want("git.example.com/g/r", "main", "-", "-"),
    );
}

#[test]
fn azure_pipelines() {
    let azure = |more: &[(&'static str, &'static str)]| {
        let common = [
            ("TF_BUILD", "True"),
            ("BUILD_REPOSITORY_URI", "https://acme@dev.azure.com/acme/web/_git/shop"),
            ("SYSTEM_PULLREQUEST_ISFORK", "False"),
        ];
        [&common[..], more].concat()
    };
    let repository = "dev.azure.com/acme/web/shop";
    let branch = [
        ("BUILD_REASON", "IndividualCI"),
        ("BUILD_SOURCEBRANCH", "refs/heads/release/1"),
        ("BUILD_SOURCEBRANCHNAME", "1"),
        ("BUILD_SOURCEVERSION", HEAD),
    ];
    check("branch", &azure(&branch), None, want(repository, "release/1", HEAD, "-"));
    let tag = [("BUILD_SOURCEBRANCH", "refs/tags/v1"), ("BUILD_SOURCEVERSION", HEAD)];
    check("tag", &azure(&tag), None, want(repository, "-", HEAD, "-"));
    for (source, target) in [("refs/heads/fix/login", "refs/heads/main"), ("fix/login", "main")] {
        let pull = [
            ("BUILD_REASON", "PullRequest"),
            ("BUILD_SOURCEBRANCH", "refs/pull/12/merge"),
            ("BUILD_SOURCEVERSION", MERGE),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "12"),
            ("SYSTEM_PULLREQUEST_SOURCEBRANCH", source),
            ("SYSTEM_PULLREQUEST_TARGETBRANCH", target),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
        ];
        check(
            "pull request",
            &azure(&pull),
            None,
            want(repository, "fix/login", HEAD, "main").pull(12, Some(false), "main"),
        );
    }
    let github = [
        ("TF_BUILD", "True"),
        ("BUILD_REPOSITORY_PROVIDER", "GitHub"),
        ("BUILD_REPOSITORY_URI", "https://github.com/acme/shop"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEBRANCH", "refs/pull/12/merge"),
        ("BUILD_SOURCEVERSION", MERGE),
        ("SYSTEM_PULLREQUEST_ISFORK", "True"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "900001"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "12"),
        ("SYSTEM_PULLREQUEST_SOURCEBRANCH", "fix/login"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "main"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
    ];
    check(
        "of GitHub",
        &github,
        None,
        want("github.com/acme/shop", "fix/login", HEAD, "main").pull(12, Some(true), "main"),
    );
    let tfvc = [
        ("TF_BUILD", "True"),
        ("BUILD_REPOSITORY_PROVIDER", "TfsVersionControl"),
        ("BUILD_REPOSITORY_URI", "https://dev.azure.com/acme/"),
        ("BUILD_SOURCEBRANCH", "$/shop"),
    ];
    check("no git", &tfvc, None, want("-", "$/shop", "-", "-"));
}

#[test]
fn bitbucket_pipelines() {
    let bitbucket = |more: &[(&'static str, &'static str)]| {
        let common =
            [("BITBUCKET_BUILD_NUMBER", "7"), ("BITBUCKET_REPO_FULL_NAME", "acme/shop"), ("BITBUCKET_COMMIT", HEAD)];
        [&common[..], more].concat()
    };
    let repository = "bitbucket.org/acme/shop";
    check(
        "branch",
        &bitbucket(&[("BITBUCKET_BRANCH", "main"), ("BITBUCKET_GIT_HTTP_ORIGIN", "http://bitbucket.org/acme/shop")]),
        None,
        want(repository, "main", HEAD, "-"),
    );
    check("tag", &bitbucket(&[("BITBUCKET_TAG", "v1")]), None, want(repository, "-", HEAD, "-"));
    let pull =
        [("BITBUCKET_BRANCH", "fix/login"), ("BITBUCKET_PR_ID", "12"), ("BITBUCKET_PR_DESTINATION_BRANCH", "main")];
    check("pull request", &bitbucket(&pull), None, want(repository, "fix/login", HEAD, "main").pull(12, None, "main"));
    // Its commit where it is told in full; a part of it may as well be the name of a branch.
    for (told, base) in [(BASE, BASE), ("222222222222", "main")] {
        let pull = [&pull[..], &[("BITBUCKET_PR_DESTINATION_COMMIT", told)]].concat();
        let want = want(repository, "fix/login", HEAD, base).pull(12, None, "main");
        check("its base", &bitbucket(&pull), None, want);
    }
}

#[test]
fn circleci() {
    let circle = |more: &[(&'static str, &'static str)]| {
        let common =
            [("CIRCLECI", "true"), ("CIRCLE_REPOSITORY_URL", "git@github.com:acme/shop.git"), ("CIRCLE_SHA1", HEAD)];
        [&common[..], more].concat()
    };
    let repository = "github.com/acme/shop";
    check("branch", &circle(&[("CIRCLE_BRANCH", "main")]), None, want(repository, "main", HEAD, "-"));
    check("tag", &circle(&[("CIRCLE_TAG", "v1")]), None, want(repository, "-", HEAD, "-"));
    let pull = [("CIRCLE_BRANCH", "fix/login"), ("CIRCLE_PULL_REQUEST", "https://github.com/acme/shop/pull/12")];
    check("pull request", &circle(&pull), None, want(repository, "fix/login", HEAD, "-").pull(12, None, "-"));
    let fork = [
        ("CIRCLE_BRANCH", "pull/12"),
        ("CIRCLE_PULL_REQUEST", "https://github.com/acme/shop/pull/12"),
        ("CIRCLE_PR_NUMBER", "12"),
    ];
    let project = check("fork", &circle(&fork), None, want(repository, "-", HEAD, "-").pull(12, Some(true), "-"));
    assert_eq!(project.no_branch.as_deref(), Some("CIRCLE_BRANCH is pull/12, which is no branch"));
    check(
        "pull/request is a branch",
        &circle(&[("CIRCLE_BRANCH", "pull/request")]),
        None,
        want(repository, "pull/request", HEAD, "-"),
    );
    check("GitHub App", &[("CIRCLECI", "true"), ("CIRCLE_BRANCH", "main")], None, want("-", "main", "-", "-"));
}

#[test]
fn jenkins() {
    let jenkins =
        |more: &[(&'static str, &'static str)]| [&[("JENKINS_URL", "https://ci.example.com/")][..], more].concat();
    let repository = "github.com/acme/shop";
    let declarative = [("GIT_URL", "https://user:token@github.com/acme/shop.git"), ("GIT_COMMIT", HEAD)];
    for (git_branch, branch) in [
        ("origin/main", "main"),
        ("origin/release/1", "release/1"),
        ("refs/remotes/origin/main", "main"),
        ("refs/heads/main", "main"),
        ("main", "main"),
        ("origin/origin/x", "origin/x"),
        ("detached", "-"),
        ("HEAD", "-"),
    ] {
        let variables = [&jenkins(&declarative)[..], &[("GIT_BRANCH", git_branch)]].concat();
        check(git_branch, &variables, None, want(repository, branch, HEAD, "-"));
    }
    let other_remote =
        [("GIT_BRANCH", "upstream/main"), ("GIT_LOCAL_BRANCH", "main"), ("GIT_URL", "git@github.com:acme/shop.git")];
    check("local branch", &jenkins(&other_remote), None, want(repository, "main", "-", "-"));
    let multibranch = [&jenkins(&declarative)[..], &[("BRANCH_NAME", "main"), ("GIT_BRANCH", "main")]].concat();
    check("multibranch", &multibranch, None, want(repository, "main", HEAD, "-"));
    check("scripted", &jenkins(&[("BRANCH_NAME", "main")]), None, want("-", "main", "-", "-"));
    let tag = [&jenkins(&declarative)[..], &[("BRANCH_NAME", "v1"), ("TAG_NAME", "v1")]].concat();
    check("tag", &tag, None, want(repository, "-", HEAD, "-"));

    let change = [
        ("BRANCH_NAME", "PR-12"),
        ("CHANGE_ID", "12"),
        ("CHANGE_BRANCH", "fix/login"),
        ("CHANGE_TARGET", "main"),
        ("GIT_BRANCH", "PR-12"),
    ];
    let change = [&jenkins(&declarative)[..], &change].concat();
    check("change", &change, None, want(repository, "fix/login", HEAD, "main").pull(12, None, "main"));
    let fork = [&change[..], &[("CHANGE_FORK", "ada")]].concat();
    check("fork", &fork, None, want(repository, "fix/login", HEAD, "main").pull(12, Some(true), "main"));
    let nameless = jenkins(&[("BRANCH_NAME", "PR-12"), ("CHANGE_ID", "12"), ("CHANGE_TARGET", "main")]);
    check("a change without a branch", &nameless, None, want("-", "-", "-", "main").pull(12, None, "main"));

    let ghprb = [
        ("GIT_URL", "https://github.com/acme/shop.git"),
        ("GIT_COMMIT", MERGE),
        ("GIT_BRANCH", "origin/pr/12/merge"),
        ("ghprbPullId", "12"),
        ("ghprbActualCommit", HEAD),
        ("ghprbSourceBranch", "fix/login"),
        ("ghprbTargetBranch", "main"),
        ("ghprbAuthorRepoGitUrl", "https://github.com/ada/shop.git"),
    ];
    check("ghprb", &jenkins(&ghprb), None, want(repository, "fix/login", HEAD, "main").pull(12, Some(true), "main"));
    let gitlab = [
        ("GIT_COMMIT", MERGE),
        ("gitlabMergeRequestIid", "12"),
        ("gitlabMergeRequestLastCommit", HEAD),
        ("gitlabSourceBranch", "fix/login"),
        ("gitlabTargetBranch", "main"),
        ("gitlabSourceRepoHttpUrl", "https://gitlab.com/acme/shop.git"),
        ("gitlabTargetRepoHttpUrl", "https://gitlab.com/acme/shop.git"),
    ];
    check(
        "gitlab plugin",
        &jenkins(&gitlab),
        None,
        want("gitlab.com/acme/shop", "fix/login", HEAD, "main").pull(12, Some(false), "main"),
    );
}

/// Every platform at once, each with a branch of its own.
const NESTED: [(&str, &str); 14] = [
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_REF", "refs/heads/of-github"),
    ("GITLAB_CI", "true"),
    ("CI_COMMIT_BRANCH", "of-gitlab"),
    ("TF_BUILD", "True"),
    ("BUILD_SOURCEBRANCH", "refs/heads/of-azure"),
    ("BITBUCKET_BUILD_NUMBER", "7"),
    ("BITBUCKET_BRANCH", "of-bitbucket"),
    ("CIRCLECI", "true"),
    ("CIRCLE_BRANCH", "of-circleci"),
    ("JENKINS_URL", "https://ci.example.com/"),
    ("BRANCH_NAME", "of-jenkins"),
    ("GIT_BRANCH", "origin/of-jenkins"),
];

#[test]
fn the_most_specific_platform_is_recognized_first() {
    let mut variables = NESTED.to_vec();
    for (place, branch) in
        ["of-github", "of-gitlab", "of-azure", "of-bitbucket", "of-circleci", "of-jenkins"].into_iter().enumerate()
    {
        let project = project(&variables, None);
        assert_eq!(project.branch.as_deref(), Some(branch));
        let passed_over = project.notes.iter().filter(|note| note.contains("passed over")).count();
        assert_eq!(passed_over, 5 - place, "{branch}: {:?}", project.notes);
        let mark = ["GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD", "BITBUCKET_BUILD_NUMBER", "CIRCLECI", "JENKINS_URL"]
            .into_iter()
            .find(|mark| variables.iter().any(|(name, _)| name == mark));
        variables.retain(|(name, _)| Some(*name) != mark);
    }
    let project = project(&variables, None);
    assert_eq!(project.branch, None);
    assert!(project.notes.iter().any(|note| note.contains("a platform that is not known")), "{:?}", project.notes);
}

#[test]
fn the_platform_that_is_named_wins_and_no_platform_can_be_named() {
    for (ci, branch) in [
        (Ci::Github, Some("of-github")),
        (Ci::Gitlab, Some("of-gitlab")),
        (Ci::Azure, Some("of-azure")),
        (Ci::Bitbucket, Some("of-bitbucket")),
        (Ci::Circleci, Some("of-circleci")),
        (Ci::Jenkins, Some("of-jenkins")),
        (Ci::None, None),
    ] {
        for no_ci in [None, Some(("CI", "false"))] {
            let variables: Vec<_> =
                no_ci.into_iter().chain(NESTED.into_iter().filter(|(name, _)| *name != "CI")).collect();
            let project = project_of(Some(ci), &variables, None);
            assert_eq!(project.branch.as_deref(), branch);
            assert!(project.notes[0].ends_with("(from --ci)"), "{:?}", project.notes);
        }
    }
}

#[test]
fn ci_false_means_no_platform() {
    for value in ["false", "FALSE"] {
        let variables: Vec<_> = [("CI", value)].into_iter().chain(NESTED.into_iter().skip(1)).collect();
        let project = project(&variables, None);
        assert_eq!(project.branch, None);
        assert!(project.notes[0].contains("CI=false") && project.notes[0].contains("--ci"), "{:?}", project.notes);
    }
}

#[test]
fn an_option_wins_over_the_platform_and_every_value_says_where_it_came_from() {
    let folder = tempfile::tempdir().unwrap();
    let env = Env::of(with(&GITHUB, &[("GITHUB_REF", "refs/heads/main"), ("GITHUB_SHA", HEAD)]), folder.path());
    let project = detect(Said::default(), &env);
    assert_eq!(
        project.notes,
        [
            "CI platform GitHub Actions (from GITHUB_ACTIONS)",
            "repository github.com/acme/shop (from GITHUB_REPOSITORY)",
            "branch main (from GITHUB_REF)",
            "commit 1111111111111111111111111111111111111111 (from GITHUB_SHA)",
        ]
    );
    let said = Said {
        name: None,
        ci: None,
        repository: Some("https://user:secret@gitlab.com/g/r.git"),
        branch: Some("b"),
        commit: Some("c"),
        base: Some("a"),
        event: None,
        environment: None,
    };
    let project = detect(said, &env);
    assert_eq!(
        project.notes[1..],
        [
            "repository gitlab.com/g/r (from --repo)",
            "branch b (from --branch)",
            "commit c (from --commit)",
            "base a (from --base)"
        ]
    );
    let project = detect(Said { repository: Some("file:///home/secret"), branch: Some(""), ..Said::default() }, &env);
    assert_eq!(project.repository.as_deref(), Some("github.com/acme/shop"));
    assert_eq!(project.branch.as_deref(), Some("main"), "what is set to nothing is not set");
    assert!(project.warnings[0].starts_with("--repo is a path of this machine"), "{:?}", project.warnings);
}
