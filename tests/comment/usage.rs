//! What is posted where, and what is wrong to ask for.

use crate::common::{Folder, finish};
use crate::platform::{Comments, MARKER, REPORT, TOKEN, bot, github, github_row, methods, on_github, plain};

#[test]
fn enterprise_has_its_api_below_a_path() {
    let comments = Comments::default();
    let server = github("/api/v3", &comments, |_, _| None);
    on_github(&server, "/api/v3", REPORT, &[]).ends_with(0).complains("posted comment 1000");
    on_github(&server, "/api/v3/", REPORT, &[]).ends_with(0).complains("left as it is");
    assert_eq!(server.count("/api/graphql"), 2);
    assert_eq!(comments.all().len(), 1);
}

#[test]
fn what_is_too_long_for_the_platform_is_cut_and_says_so() {
    let long = format!("{REPORT}\n```yaml\n{}```\n", "- a line of findings \u{1f308}\n".repeat(4000));
    let comments = Comments::default();
    let server = plain(&comments);
    on_github(&server, "", &long, &[]).ends_with(0).complains("was cut at a line");
    let body = comments.body(1000);
    assert!(body.encode_utf16().count() <= 65_536 && body.len() > 60_000);
    assert!(body.starts_with(REPORT));
    assert!(body.trim_end().lines().last().unwrap().starts_with("*Cut here: "), "{}", &body[body.len() - 300..]);
    assert_eq!(body.matches("```").count(), 2);
    on_github(&server, "", &long, &[]).ends_with(0).complains("left as it is");
}

#[test]
fn a_dry_run_says_what_it_would_do_and_writes_nothing() {
    let comments = Comments::default();
    let server = plain(&comments);
    let run = on_github(&server, "", REPORT, &["--dry-run"]).ends_with(0);
    let length = REPORT.len();
    assert_eq!(run.stdout, format!("would post a comment on pull request 7 of o/r ({length} characters)\n"));
    let comments = Comments::of(vec![github_row(4, &format!("{MARKER}\nold"), &bot())]);
    let server = plain(&comments);
    on_github(&server, "", REPORT, &["--dry-run"]).ends_with(0).says("would update comment 4 on pull request 7");
    let comments = Comments::of(vec![github_row(4, REPORT, &bot())]);
    let same = plain(&comments);
    on_github(&same, "", REPORT, &["--dry-run"]).ends_with(0).says("would leave as it is");
    assert_eq!((methods(&server), methods(&same)), (vec![], vec![]));
}

#[test]
fn a_document_that_is_no_report_is_wrong_usage_and_nobody_is_asked() {
    let server = plain(&Comments::default());
    for document in
        ["", "## findgate: fail\n", "<!-- other: default -->\n", "<!-- findgate: a b -->\n", "\n<!-- findgate: a -->\n"]
    {
        on_github(&server, "", document, &[]).ends_with(2).complains("cannot post findgate.md: ");
    }
    on_github(&server, "", &format!("{MARKER}\n{}", "a".repeat(9 << 20)), &[]).ends_with(2).complains("larger than");
    let folder = Folder::new();
    folder.run(["comment", "missing.md"]).ends_with(2).complains("there is no such file");
    folder.write("binary.md", [0xff, 0xfe]);
    folder.run(["comment", "binary.md"]).ends_with(2).complains("not UTF-8");
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn options_that_are_wrong_are_two_and_nobody_is_asked() {
    let server = plain(&Comments::default());
    for (more, want) in [
        (&["--ci", "jenkins"][..], "GitHub and GitLab"),
        (&["--ci", "other"], "invalid value"),
        (&["--pull-request", "0"], "--pull-request"),
        (&["--pull-request", "x"], "--pull-request"),
        (&["--timeout", "soon"], "--timeout soon"),
        (&["--ca-file", "missing.pem"], "--ca-file missing.pem"),
        (&["--repo", "github.com/o/r"], "no token goes elsewhere"),
        (&["--repo", "/a/path"], "not on"),
    ] {
        on_github(&server, "", REPORT, more).ends_with(2).complains(want);
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn where_there_is_no_pull_request_or_no_token_nothing_is_posted_and_it_is_said() {
    let folder = Folder::new().with("findgate.md", REPORT);
    let run = |variables: &[(&str, &str)]| {
        let mut command = folder.command();
        finish(command.args(["comment", "findgate.md"]).envs(variables.iter().copied())).ends_with(0)
    };
    run(&[]).complains("note: no comment was posted: this platform is neither");
    run(&[("JENKINS_URL", "https://ci.example")]).complains("--ci github or --ci gitlab");
    let push = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_EVENT_NAME", "push"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_TOKEN", TOKEN),
    ];
    let pushed = run(&push).complains("note: no comment was posted: this run is of no pull request");
    assert!(!pushed.stderr.contains("::warning"), "{}", pushed.stderr);
    let pull = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_REF", "refs/pull/7/merge"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_TOKEN", " "),
    ];
    run(&pull)
        .complains("::warning title=findgate::no comment was posted: there is no token")
        .complains("pull-requests: write");
    run(&[("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "main")]).complains("no merge request");
    let request = [
        ("GITLAB_CI", "true"),
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_PROJECT_ID", "5"),
        ("CI_JOB_TOKEN", "glcbt-0123456789"),
    ];
    run(&request)
        .complains("note: no comment was posted: there is no token")
        .complains("CI_JOB_TOKEN may not write notes");
}
