//! What GitHub Actions tells: environment variables, and the event that started the run as a file.
//!
//! <https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows>. The file comes from
//! GitHub, but names of branches in it come from whoever opened the pull request: it is bounded, and a value of the wrong
//! type is a note.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::platform::{Facts, Reference, Told, branch, commit, is_zeros, of_tag, told};
use super::{PullRequest, address};
use crate::brief::bounded;
use crate::env::Env;

/// The most that is read of an event. GitHub's own limit for the payload of a webhook is 25 MB.
const MAX_BYTES: u64 = 25 << 20;
/// The longest text that is taken from it; a reference of git is much shorter.
const MAX_TEXT: usize = 1024;

pub(super) fn facts(env: &Env) -> Facts {
    let mut facts = Facts::default();
    let server = env.get("GITHUB_SERVER_URL").unwrap_or("https://github.com");
    facts.repository = told(env, "GITHUB_REPOSITORY").and_then(|(path, by)| {
        let repository = address::repository(&format!("{server}/{path}"));
        repository.map_err(|reason| facts.notes.push(format!("GITHUB_SERVER_URL {reason}"))).ok().map(|r| (r, by))
    });
    let mut event = Event::default();
    if let Some(path) = env.get("GITHUB_EVENT_PATH") {
        match read(&env.folder.join(path)) {
            Ok(read) => event = read,
            Err(error) => facts.notes.push(format!("the event cannot be read: {error}")),
        }
    }
    let mut payload = Payload { event: &event, notes: Vec::new() };
    let reference = env.get("GITHUB_REF").unwrap_or_default();
    let is_pull = env.get("GITHUB_HEAD_REF").is_some()
        || reference.starts_with("refs/pull/")
        || matches!(&event.pull_request, Some(Value::Object(_)));
    match env.get("GITHUB_EVENT_NAME").unwrap_or_default() {
        _ if is_pull => pull_request(env, reference, &mut payload, &mut facts),
        "merge_group" => merge_group(env, &mut payload, &mut facts),
        name => {
            by_reference(env, &mut facts);
            if name == "push" && facts.no_branch.is_none() {
                facts.base = payload.commit(&["before"], "before of the event");
            }
            if name == "workflow_run" {
                if payload.text(&["workflow_run", "event"]).is_some_and(|event| event.starts_with("pull_request")) {
                    // What is checked out there may be the change, and GITHUB_SHA is none of it.
                    facts.pull_request = Some(PullRequest::default());
                    facts.base = commit(env, "GITHUB_SHA");
                }
                facts.notes.push(
                    "in a workflow_run GITHUB_REF and GITHUB_SHA are those of the default branch; \
                     name those of the other run with --branch and --commit"
                        .to_owned(),
                );
            }
        }
    }
    facts.environment = payload.told(&["deployment", "environment"], "deployment.environment of the event");
    facts.notes.append(&mut payload.notes);
    facts
}

/// `pull_request`, `pull_request_target`, and reviews of one.
fn pull_request(env: &Env, reference: &str, payload: &mut Payload<'_>, facts: &mut Facts) {
    let number = payload.number(&["number"]).or_else(|| payload.number(&["pull_request", "number"]));
    let target = branch(env, "GITHUB_BASE_REF").or_else(|| payload.told(&["pull_request", "base", "ref"], BASE_REF));
    facts.pull_request = Some(PullRequest {
        number: number.or_else(|| reference.strip_prefix("refs/pull/")?.split('/').next()?.parse().ok()),
        from_fork: payload.is_of_fork(),
        target: target.as_ref().map(|(target, _)| target.clone()),
    });
    facts.base = payload.commit(&["pull_request", "base", "sha"], "pull_request.base.sha of the event").or(target);
    if payload.is_merged() {
        // The run after the merge is one of the branch that was merged into.
        facts.notes.push("the pull request is merged; what is judged is the branch that it went into".to_owned());
        by_reference(env, facts);
        return;
    }
    // GITHUB_REF_NAME is `12/merge` there.
    let head_ref = payload.told(&["pull_request", "head", "ref"], "pull_request.head.ref of the event");
    facts.branch = head_ref.or_else(|| told(env, "GITHUB_HEAD_REF"));
    if facts.branch.is_none() {
        facts.no_branch = Some("GITHUB_HEAD_REF is not set, and the event names no head".to_owned());
    }
    facts.commit = payload.commit(&["pull_request", "head", "sha"], "pull_request.head.sha of the event");
    if env.get("GITHUB_EVENT_NAME") == Some("pull_request_target") {
        facts.notes.push("a pull_request_target checks out the base; the head is what is judged".to_owned());
    } else {
        // The head merged into the tip of the base. The event's base may be older than that.
        facts.merge = commit(env, "GITHUB_SHA");
    }
}

const BASE_REF: &str = "pull_request.base.ref of the event";

/// A group of a merge queue becomes the branch that it is made for, so what is demanded of that branch is demanded of it.
/// Its own branch, `gh-readonly-queue/main/pr-12-SHA`, lives for this run only, and no policy could name it well.
fn merge_group(env: &Env, payload: &mut Payload<'_>, facts: &mut Facts) {
    let base_ref = payload.told(&["merge_group", "base_ref"], "merge_group.base_ref of the event");
    let of_event = base_ref.and_then(|(reference, by)| match Reference::of(&reference) {
        Reference::Branch(branch) => Some((branch.to_owned(), by)),
        Reference::Tag(_) | Reference::Other => None,
    });
    by_reference(env, facts);
    let of_queue = || {
        let (queue, by) = facts.branch.as_ref()?;
        let (target, _) = queue.strip_prefix("gh-readonly-queue/")?.rsplit_once("/pr-")?;
        Some((target.to_owned(), *by))
    };
    facts.branch = of_event.or_else(of_queue).or(facts.branch.take());
    let head = payload.commit(&["merge_group", "head_sha"], "merge_group.head_sha of the event");
    facts.commit = head.or(facts.commit.take());
    facts.base = payload.commit(&["merge_group", "base_sha"], "merge_group.base_sha of the event");
}

/// Every other event: `GITHUB_REF` is what is built.
fn by_reference(env: &Env, facts: &mut Facts) {
    facts.commit = commit(env, "GITHUB_SHA");
    match env.get("GITHUB_REF").map(Reference::of) {
        Some(Reference::Branch(branch)) => facts.branch = Some((branch.to_owned(), "GITHUB_REF")),
        Some(Reference::Tag(tag)) => facts.no_branch = Some(of_tag(tag, "GITHUB_REF")),
        Some(Reference::Other) => facts.no_branch = Some("GITHUB_REF is neither a branch nor a tag".to_owned()),
        None => match (env.get("GITHUB_REF_TYPE"), env.get("GITHUB_REF_NAME")) {
            (Some("tag"), tag) => facts.no_branch = Some(of_tag(tag.unwrap_or_default(), "GITHUB_REF_TYPE")),
            _ => facts.branch = told(env, "GITHUB_REF_NAME"),
        },
    }
}

/// What is read of an event. The rest, which may be thousands of commits, is skipped while it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event {
    action: Option<Value>,
    number: Option<Value>,
    before: Option<Value>,
    pull_request: Option<Value>,
    merge_group: Option<Value>,
    deployment: Option<Value>,
    workflow_run: Option<Value>,
}

fn read(path: &Path) -> io::Result<Event> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it is larger than {MAX_BYTES} bytes")));
    }
    serde_json::from_slice(&bytes).map_err(|error| io::Error::other(bounded(error.into()).to_string()))
}

/// An event that is asked for values.
struct Payload<'a> {
    event: &'a Event,
    notes: Vec<String>,
}

impl<'a> Payload<'a> {
    /// The value at a path, if it is there and not null.
    fn value(&mut self, path: &[&str]) -> Option<&'a Value> {
        let (first, rest) = path.split_first()?;
        let Event { action, number, before, pull_request, merge_group, deployment, workflow_run } = self.event;
        let mut value = match *first {
            "action" => action,
            "number" => number,
            "before" => before,
            "pull_request" => pull_request,
            "merge_group" => merge_group,
            "deployment" => deployment,
            "workflow_run" => workflow_run,
            _ => return None,
        }
        .as_ref()?;
        for key in rest {
            match value {
                Value::Object(object) => value = object.get(*key)?,
                // A fork that was deleted.
                Value::Null => return None,
                _ => return self.wrong(path),
            }
        }
        (!value.is_null()).then_some(value)
    }

    fn wrong<T>(&mut self, path: &[&str]) -> Option<T> {
        let note = format!("the event's {} is not what it should be", path.join("."));
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        None
    }

    fn text(&mut self, path: &[&str]) -> Option<String> {
        match self.value(path)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) if text.len() <= MAX_TEXT => Some(text.clone()),
            _ => self.wrong(path),
        }
    }

    fn told(&mut self, path: &[&str], by: &'static str) -> Option<Told> {
        self.text(path).map(|text| (text, by))
    }

    fn commit(&mut self, path: &[&str], by: &'static str) -> Option<Told> {
        self.told(path, by).filter(|(commit, _)| !is_zeros(commit))
    }

    fn number(&mut self, path: &[&str]) -> Option<u64> {
        let value = self.value(path)?;
        value.as_u64().or_else(|| self.wrong(path))
    }

    fn is_merged(&mut self) -> bool {
        self.text(&["action"]).as_deref() == Some("closed")
            && matches!(self.value(&["pull_request", "merged"]), Some(Value::Bool(true)))
    }

    /// Whether head and base are of different repositories. A head without one is of a fork that was deleted.
    fn is_of_fork(&mut self) -> Option<bool> {
        let head = self.value(&["pull_request", "head"])?;
        if matches!(head.get("repo"), Some(Value::Null)) {
            return Some(true);
        }
        let name = ["pull_request", "head", "repo", "full_name"];
        let head = self.text(&name)?;
        let base = self.text(&["pull_request", "base", "repo", "full_name"])?;
        Some(!head.eq_ignore_ascii_case(&base))
    }
}
