//! GitHub Actions as a table: what an event sets and says, and what is known then.

use serde_json::{Value, json};

use super::PullRequest;
use super::platform_tests::{BASE, GITHUB, HEAD, MERGE, ZEROS, check, project, want, with};

fn pull_request_event(head_repository: &Value) -> Value {
    json!({
        "action": "synchronize",
        "number": 12,
        "pull_request": {
            "number": 12,
            "merged": false,
            "head": {"ref": "fix/login", "sha": HEAD, "repo": head_repository},
            "base": {"ref": "main", "sha": BASE, "repo": {"full_name": "acme/shop"}}
        }
    })
}

const PULL: [(&str, &str); 6] = [
    ("GITHUB_EVENT_NAME", "pull_request"),
    ("GITHUB_REF", "refs/pull/12/merge"),
    ("GITHUB_REF_NAME", "12/merge"),
    ("GITHUB_HEAD_REF", "fix/login"),
    ("GITHUB_BASE_REF", "main"),
    ("GITHUB_SHA", MERGE),
];

#[test]
fn github_pull_requests_are_judged_by_their_head_and_not_by_the_merge() {
    let event = |repo| pull_request_event(&repo);
    let wanted = || want("github.com/acme/shop", "fix/login", HEAD, BASE);
    for (repo, from_fork) in [
        (json!({"full_name": "Acme/shop"}), Some(false)),
        (json!({"full_name": "ada/shop"}), Some(true)),
        (json!(null), Some(true)),
        (json!({}), None),
        (json!("ada/shop"), None),
    ] {
        let event = event(repo);
        check("pull_request", &with(&GITHUB, &PULL), Some(&event), wanted().pull(12, from_fork, "main"));
        // The tip of the default branch is not a merge of anything.
        let mut target = with(&GITHUB, &PULL);
        target.extend([("GITHUB_EVENT_NAME", "pull_request_target"), ("GITHUB_REF", "refs/heads/main")]);
        target.retain(|(name, value)| {
            !matches!((*name, *value), ("GITHUB_EVENT_NAME", "pull_request") | ("GITHUB_REF", "refs/pull/12/merge"))
        });
        check("pull_request_target", &target, Some(&event), wanted().pull(12, from_fork, "main"));
    }
    let review =
        [("GITHUB_EVENT_NAME", "pull_request_review"), ("GITHUB_REF", "refs/pull/12/merge"), ("GITHUB_SHA", MERGE)];
    let event = event(json!(null));
    check("review", &with(&GITHUB, &review), Some(&event), wanted().pull(12, Some(true), "main"));
}

#[test]
fn a_github_pull_request_that_is_merged_is_the_branch_that_it_went_into() {
    let mut event = pull_request_event(&json!({"full_name": "acme/shop"}));
    event["action"] = json!("closed");
    event["pull_request"]["merged"] = json!(true);
    let closed = [
        ("GITHUB_EVENT_NAME", "pull_request"),
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_HEAD_REF", "fix/login"),
        ("GITHUB_BASE_REF", "main"),
        ("GITHUB_SHA", MERGE),
    ];
    let merged = want("github.com/acme/shop", "main", MERGE, BASE).pull(12, Some(false), "main");
    check("merged", &with(&GITHUB, &closed), Some(&event), merged);
    event["pull_request"]["merged"] = json!(false);
    let dropped = want("github.com/acme/shop", "fix/login", HEAD, BASE).pull(12, Some(false), "main");
    check("closed", &with(&GITHUB, &closed), Some(&event), dropped);
}

#[test]
fn other_github_events_go_by_their_reference() {
    let on_main = [
        ("GITHUB_REF", "refs/heads/main"),
        ("GITHUB_REF_NAME", "main"),
        ("GITHUB_REF_TYPE", "branch"),
        ("GITHUB_SHA", HEAD),
    ];
    let repository = "github.com/acme/shop";
    let github =
        |name, more: &[(&'static str, &'static str)]| [&GITHUB[..], &[("GITHUB_EVENT_NAME", name)], more].concat();

    check(
        "push",
        &github("push", &on_main),
        Some(&json!({"before": BASE, "after": HEAD})),
        want(repository, "main", HEAD, BASE),
    );
    check(
        "a new branch",
        &github("push", &on_main),
        Some(&json!({"before": ZEROS})),
        want(repository, "main", HEAD, "-"),
    );
    for event in ["schedule", "workflow_dispatch", "workflow_run"] {
        let payload = json!({"before": BASE, "schedule": "0 0 * * *"});
        check(event, &github(event, &on_main), Some(&payload), want(repository, "main", HEAD, "-"));
    }
    // A run after that of a pull request may have checked out the change; the commit of the run is the default branch's.
    let payload = json!({"workflow_run": {"event": "pull_request", "head_branch": "fix"}});
    let run = project(&github("workflow_run", &on_main), Some(&payload.to_string()));
    assert_eq!((run.is_change, run.base.as_deref()), (true, Some(HEAD)));
    let payload = json!({"workflow_run": {"event": "push", "head_branch": "main"}});
    assert!(!project(&github("workflow_run", &on_main), Some(&payload.to_string())).is_change);
    let slash = [("GITHUB_REF", "refs/heads/release/1.2"), ("GITHUB_SHA", HEAD)];
    check("slash", &github("push", &slash), None, want(repository, "release/1.2", HEAD, "-"));
    let names_only = [("GITHUB_REF_NAME", "main"), ("GITHUB_REF_TYPE", "branch"), ("GITHUB_SHA", HEAD)];
    check("names", &github("push", &names_only), None, want(repository, "main", HEAD, "-"));
    for tag in [
        vec![("GITHUB_REF", "refs/tags/v1"), ("GITHUB_SHA", HEAD)],
        vec![("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag"), ("GITHUB_SHA", HEAD)],
    ] {
        let project =
            check("tag", &github("push", &tag), Some(&json!({"before": BASE})), want(repository, "-", HEAD, "-"));
        assert!(project.no_branch.unwrap().starts_with("tag v1 is built"));
    }
    let enterprise = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_SERVER_URL", "https://GHE.example.com:8443"),
        ("GITHUB_REPOSITORY", "o/r"),
        ("GITHUB_REF", "refs/heads/main"),
    ];
    check("enterprise", &enterprise, None, want("ghe.example.com:8443/o/r", "main", "-", "-"));
}

#[test]
fn a_group_of_githubs_merge_queue_is_the_branch_that_it_becomes() {
    let queue = [
        ("GITHUB_EVENT_NAME", "merge_group"),
        ("GITHUB_REF", "refs/heads/gh-readonly-queue/release/1/pr-12-2222"),
        ("GITHUB_SHA", HEAD),
    ];
    let event = json!({"merge_group": {
        "head_sha": HEAD, "head_ref": "refs/heads/gh-readonly-queue/release/1/pr-12-2222",
        "base_sha": BASE, "base_ref": "refs/heads/release/1"
    }});
    check("queue", &with(&GITHUB, &queue), Some(&event), want("github.com/acme/shop", "release/1", HEAD, BASE));
    check("no event", &with(&GITHUB, &queue), None, want("github.com/acme/shop", "release/1", HEAD, "-"));
}

#[test]
fn a_note_does_not_repeat_the_event_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("event.json"), json!("\u{1b}".repeat(100_000)).to_string()).unwrap();
    let env = crate::env::Env::of([("GITHUB_EVENT_PATH", "event.json")], folder.path());
    let notes = super::github::facts(&env).notes;
    assert!(notes.iter().any(|note| note.starts_with("the event cannot be read: ")), "{notes:?}");
    assert!(notes.iter().all(|note| note.len() < 2000), "{notes:?}");
}

#[test]
fn an_event_that_cannot_be_read_is_a_note_and_costs_no_branch() {
    let of_variables = || Some((12, None, "main"));
    for (event, note) in [
        (None, None),
        (Some(String::new()), Some("the event cannot be read")),
        (Some("{".to_owned()), Some("the event cannot be read")),
        (Some("[]".to_owned()), None),
        (Some("null".to_owned()), Some("the event cannot be read")),
        (Some("7".to_owned()), Some("the event cannot be read")),
        (Some("{}".to_owned()), None),
        (Some("[".repeat(100_000)), Some("the event cannot be read")),
        (Some(" ".repeat(25 << 20) + "{}"), Some("larger than 26214400 bytes")),
        (Some(r#"{"number": 1, "number": 2}"#.to_owned()), Some("the event cannot be read")),
        (Some(json!({"pull_request": 7, "number": "12"}).to_string()), Some("the event's number is not")),
        (Some(json!({"pull_request": {"head": []}}).to_string()), Some("the event's pull_request.head.ref is not")),
        (
            Some(json!({"pull_request": {"head": {"ref": 1, "sha": null}}}).to_string()),
            Some("pull_request.head.ref is not"),
        ),
        (Some(json!({"pull_request": {"head": {"ref": "x".repeat(2000)}}}).to_string()), Some("head.ref is not")),
        (
            Some(json!({"action": {}, "pull_request": {"number": -1, "base": {"sha": 7}}}).to_string()),
            Some("base.sha is not"),
        ),
    ] {
        let project = project(&with(&GITHUB, &PULL), event.as_deref());
        let case = event.as_deref().unwrap_or("none").trim_start().chars().take(80).collect::<String>();
        assert_eq!(project.branch.as_deref(), Some("fix/login"), "{case}: {project:#?}");
        assert_eq!(project.base.as_deref(), Some("main"), "{case}");
        let PullRequest { number, from_fork, target } = project.pull_request.clone().unwrap();
        assert_eq!(Some((number.unwrap(), from_fork, target.as_deref().unwrap())), of_variables(), "{case}");
        assert_eq!(project.commit.as_deref(), Some(MERGE), "{case}");
        assert!(project.warnings.iter().any(|warning| warning.contains("only this run knows")), "{case}");
        if let Some(note) = note {
            assert!(project.notes.iter().any(|told| told.contains(note)), "{case}: no {note:?} in {:?}", project.notes);
        }
    }
    let missing = [("GITHUB_EVENT_PATH", "no/such.json"), ("GITHUB_REF", "refs/heads/main")];
    assert_eq!(project(&with(&GITHUB, &missing), None).branch.as_deref(), Some("main"));
    let folder = [("GITHUB_EVENT_PATH", "."), ("GITHUB_REF", "refs/heads/main")];
    assert_eq!(project(&with(&GITHUB, &folder), None).branch.as_deref(), Some("main"));
}

#[test]
fn the_event_is_read_on_github_only() {
    let event = pull_request_event(&json!(null)).to_string();
    let gitlab = [("GITLAB_CI", "true"), ("CI_COMMIT_BRANCH", "main"), ("GITHUB_EVENT_NAME", "pull_request")];
    let project = project(&gitlab, Some(&event));
    assert_eq!((project.branch.as_deref(), project.pull_request), (Some("main"), None));
}
