//! What started the run, and where it deploys to, as each CI platform tells it. What a platform does not tell stays unknown:
//! a guess could miss an override that is stricter.

use super::platform::{Ci, Reference, Told, told};
use crate::env::Env;
use crate::event::Event;

/// An event, and the variable that told it.
pub(super) type ToldEvent = (Event, &'static str);

/// What started the run.
pub(super) fn event(ci: Ci, env: &Env) -> Option<ToldEvent> {
    match ci {
        Ci::Github => github(env),
        Ci::Gitlab => gitlab(env),
        Ci::Azure => azure(env),
        Ci::Bitbucket => first(env, &[("BITBUCKET_PR_ID", Event::PullRequest), ("BITBUCKET_TAG", Event::Tag)]),
        Ci::Circleci => first(
            env,
            &[
                ("CIRCLE_TAG", Event::Tag),
                ("CIRCLE_PULL_REQUEST", Event::PullRequest),
                ("CIRCLE_PR_NUMBER", Event::PullRequest),
            ],
        ),
        Ci::Jenkins => jenkins(env),
        Ci::None => None,
    }
}

/// The environment that is deployed to. GitHub tells it in the event only.
pub(super) fn environment(ci: Ci, env: &Env) -> Option<Told> {
    match ci {
        Ci::Gitlab => told(env, "CI_ENVIRONMENT_NAME"),
        Ci::Azure => told(env, "ENVIRONMENT_NAME"),
        Ci::Bitbucket => told(env, "BITBUCKET_DEPLOYMENT_ENVIRONMENT"),
        Ci::Github | Ci::Circleci | Ci::Jenkins | Ci::None => None,
    }
}

/// The event of the first variable that is set.
fn first(env: &Env, known: &[(&'static str, Event)]) -> Option<ToldEvent> {
    known.iter().find(|(name, _)| env.get(name).is_some()).map(|(name, event)| (*event, *name))
}

/// A push, or a tag where the reference is one.
fn push(env: &Env, reference: &str) -> Event {
    match env.get(reference).map(Reference::of) {
        Some(Reference::Tag(_)) => Event::Tag,
        _ => Event::Push,
    }
}

/// <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows>
fn github(env: &Env) -> Option<ToldEvent> {
    let name = "GITHUB_EVENT_NAME";
    let event = match env.get(name)? {
        "push" | "create" if env.get("GITHUB_REF_TYPE") == Some("tag") => Event::Tag,
        "push" => push(env, "GITHUB_REF"),
        "pull_request" | "pull_request_target" | "pull_request_review" | "pull_request_review_comment" => {
            Event::PullRequest
        }
        "merge_group" => Event::MergeGroup,
        "release" => Event::Tag,
        "schedule" => Event::Schedule,
        "workflow_dispatch" => Event::Manual,
        _ => Event::Other,
    };
    Some((event, name))
}

/// <https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable>
fn gitlab(env: &Env) -> Option<ToldEvent> {
    let train = "CI_MERGE_REQUEST_EVENT_TYPE";
    if env.get(train) == Some("merge_train") {
        return Some((Event::MergeGroup, train));
    }
    // A pipeline that another one started is of what that one is of.
    let request = first(
        env,
        &[("CI_MERGE_REQUEST_IID", Event::PullRequest), ("CI_EXTERNAL_PULL_REQUEST_IID", Event::PullRequest)],
    );
    if request.is_some() {
        return request;
    }
    let source = "CI_PIPELINE_SOURCE";
    let event = match env.get(source) {
        Some("schedule") => Event::Schedule,
        Some("web" | "chat") => Event::Manual,
        _ if env.get("CI_COMMIT_TAG").is_some() => return Some((Event::Tag, "CI_COMMIT_TAG")),
        Some("push" | "webide") => Event::Push,
        Some("merge_request_event" | "external_pull_request_event") => Event::PullRequest,
        Some(_) => Event::Other,
        None => return None,
    };
    Some((event, source))
}

/// <https://learn.microsoft.com/azure/devops/pipelines/build/variables#build-variables>
fn azure(env: &Env) -> Option<ToldEvent> {
    let request = first(
        env,
        &[
            ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", Event::PullRequest),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", Event::PullRequest),
        ],
    );
    if request.is_some() {
        return request;
    }
    let reason = "BUILD_REASON";
    let event = match env.get(reason)? {
        "PullRequest" => Event::PullRequest,
        "IndividualCI" | "BatchedCI" => push(env, "BUILD_SOURCEBRANCH"),
        "Schedule" => Event::Schedule,
        "Manual" => Event::Manual,
        _ => Event::Other,
    };
    Some((event, reason))
}

/// Changes and tags of multibranch jobs, two plugins for pull requests, and the causes that the plugin EnvInject tells.
fn jenkins(env: &Env) -> Option<ToldEvent> {
    let known = first(
        env,
        &[
            ("CHANGE_ID", Event::PullRequest),
            ("ghprbPullId", Event::PullRequest),
            ("gitlabMergeRequestIid", Event::PullRequest),
            ("TAG_NAME", Event::Tag),
        ],
    );
    if known.is_some() {
        return known;
    }
    let action = "gitlabActionType";
    match env.get(action) {
        Some("PUSH") => return Some((Event::Push, action)),
        Some("TAG_PUSH") => return Some((Event::Tag, action)),
        _ => {}
    }
    let cause = "BUILD_CAUSE";
    let event = match env.get(cause)? {
        "SCMTRIGGER" => Event::Push,
        "TIMERTRIGGER" => Event::Schedule,
        "MANUALTRIGGER" | "USERIDCAUSE" => Event::Manual,
        _ => return None,
    };
    Some((event, cause))
}
