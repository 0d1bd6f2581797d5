//! Events and environments as a table: what a platform sets, and what is known then.

use serde_json::json;

use super::platform_tests::project;
use crate::event::Event;

#[track_caller]
fn check(variables: &[(&str, &str)], event: Option<Event>, environment: Option<&str>) {
    let project = project(variables, None);
    assert_eq!((project.event, project.environment.as_deref()), (event, environment), "{variables:?}");
    // Whatever is known says where it came from.
    let noted =
        |what: &str| project.notes.iter().any(|note| note.starts_with(&format!("{what} ")) && note.contains(" (from "));
    assert_eq!((noted("event"), noted("environment")), (event.is_some(), environment.is_some()), "{:?}", project.notes);
}

#[test]
fn github() {
    let github = |name, more: &[(&'static str, &'static str)]| {
        [&[("GITHUB_ACTIONS", "true"), ("GITHUB_EVENT_NAME", name)], more].concat()
    };
    for (name, event) in [
        ("push", Event::Push),
        ("pull_request", Event::PullRequest),
        ("pull_request_target", Event::PullRequest),
        ("pull_request_review", Event::PullRequest),
        ("merge_group", Event::MergeGroup),
        ("release", Event::Tag),
        ("schedule", Event::Schedule),
        ("workflow_dispatch", Event::Manual),
        ("repository_dispatch", Event::Other),
        ("workflow_run", Event::Other),
    ] {
        check(&github(name, &[("GITHUB_REF", "refs/heads/main")]), Some(event), None);
    }
    check(&github("push", &[("GITHUB_REF", "refs/tags/v1")]), Some(Event::Tag), None);
    check(&github("push", &[("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag")]), Some(Event::Tag), None);
    check(&github("create", &[("GITHUB_REF_NAME", "v1"), ("GITHUB_REF_TYPE", "tag")]), Some(Event::Tag), None);
    check(&[("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/heads/main")], None, None);
    let event = json!({"deployment": {"environment": "production"}}).to_string();
    let deployed = project(&github("deployment", &[("GITHUB_REF", "refs/heads/main")]), Some(&event));
    assert_eq!((deployed.event, deployed.environment.as_deref()), (Some(Event::Other), Some("production")));
}

#[test]
fn gitlab() {
    let gitlab = |more: &[(&'static str, &'static str)]| [&[("GITLAB_CI", "true")], more].concat();
    let source = |name| ("CI_PIPELINE_SOURCE", name);
    for (name, event) in [
        ("push", Event::Push),
        ("webide", Event::Push),
        ("schedule", Event::Schedule),
        ("web", Event::Manual),
        ("chat", Event::Manual),
        ("merge_request_event", Event::PullRequest),
        ("trigger", Event::Other),
        ("api", Event::Other),
        ("parent_pipeline", Event::Other),
    ] {
        check(&gitlab(&[source(name), ("CI_COMMIT_BRANCH", "main")]), Some(event), None);
    }
    check(&gitlab(&[source("push"), ("CI_COMMIT_TAG", "v1")]), Some(Event::Tag), None);
    check(&gitlab(&[source("schedule"), ("CI_COMMIT_TAG", "v1")]), Some(Event::Schedule), None);
    check(&gitlab(&[source("parent_pipeline"), ("CI_MERGE_REQUEST_IID", "7")]), Some(Event::PullRequest), None);
    let train =
        [source("merge_request_event"), ("CI_MERGE_REQUEST_IID", "7"), ("CI_MERGE_REQUEST_EVENT_TYPE", "merge_train")];
    check(&gitlab(&train), Some(Event::MergeGroup), None);
    check(&gitlab(&[source("push"), ("CI_ENVIRONMENT_NAME", "prod/eu")]), Some(Event::Push), Some("prod/eu"));
    check(&gitlab(&[]), None, None);
}

#[test]
fn azure_and_bitbucket() {
    let azure = |more: &[(&'static str, &'static str)]| [&[("TF_BUILD", "True")], more].concat();
    for (reason, event) in [
        ("IndividualCI", Event::Push),
        ("BatchedCI", Event::Push),
        ("PullRequest", Event::PullRequest),
        ("Schedule", Event::Schedule),
        ("Manual", Event::Manual),
        ("BuildCompletion", Event::Other),
    ] {
        check(&azure(&[("BUILD_REASON", reason), ("BUILD_SOURCEBRANCH", "refs/heads/main")]), Some(event), None);
    }
    check(&azure(&[("BUILD_REASON", "IndividualCI"), ("BUILD_SOURCEBRANCH", "refs/tags/v1")]), Some(Event::Tag), None);
    check(&azure(&[("BUILD_REASON", "Manual"), ("ENVIRONMENT_NAME", "prod")]), Some(Event::Manual), Some("prod"));

    let bitbucket = |more: &[(&'static str, &'static str)]| [&[("BITBUCKET_BUILD_NUMBER", "1")], more].concat();
    check(&bitbucket(&[("BITBUCKET_PR_ID", "7"), ("BITBUCKET_BRANCH", "x")]), Some(Event::PullRequest), None);
    check(&bitbucket(&[("BITBUCKET_TAG", "v1")]), Some(Event::Tag), None);
    // A push, the clock and a person look alike there.
    let deployed = [("BITBUCKET_BRANCH", "main"), ("BITBUCKET_DEPLOYMENT_ENVIRONMENT", "staging")];
    check(&bitbucket(&deployed), None, Some("staging"));
}

#[test]
fn circleci_and_jenkins() {
    check(&[("CIRCLECI", "true"), ("CIRCLE_TAG", "v1")], Some(Event::Tag), None);
    let request =
        [("CIRCLECI", "true"), ("CIRCLE_BRANCH", "x"), ("CIRCLE_PULL_REQUEST", "https://github.com/o/r/pull/7")];
    check(&request, Some(Event::PullRequest), None);
    check(&[("CIRCLECI", "true"), ("CIRCLE_BRANCH", "main")], None, None);

    let jenkins = |more: &[(&'static str, &'static str)]| [&[("JENKINS_URL", "https://ci.example.com")], more].concat();
    check(&jenkins(&[("CHANGE_ID", "7"), ("CHANGE_BRANCH", "x")]), Some(Event::PullRequest), None);
    check(&jenkins(&[("ghprbPullId", "7")]), Some(Event::PullRequest), None);
    check(&jenkins(&[("gitlabMergeRequestIid", "7")]), Some(Event::PullRequest), None);
    check(&jenkins(&[("TAG_NAME", "v1")]), Some(Event::Tag), None);
    check(&jenkins(&[("gitlabActionType", "TAG_PUSH")]), Some(Event::Tag), None);
    check(&jenkins(&[("gitlabActionType", "PUSH"), ("BRANCH_NAME", "main")]), Some(Event::Push), None);
    check(&jenkins(&[("BUILD_CAUSE", "TIMERTRIGGER")]), Some(Event::Schedule), None);
    check(&jenkins(&[("BUILD_CAUSE", "USERIDCAUSE")]), Some(Event::Manual), None);
    check(&jenkins(&[("BUILD_CAUSE", "SCMTRIGGER,USERIDCAUSE"), ("BRANCH_NAME", "main")]), None, None);
    check(&[], None, None);
}
