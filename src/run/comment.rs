//! `findgate comment`: posts a report where people talk about the change.
//!
//! The verdict is that of `check`, so what cannot be posted is a warning.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::time::Instant;

use crate::cli;
use crate::comment::{Conversation, Document, Done, Forge, LARGEST, Nowhere, Said, What, publish};
use crate::env::Env;
use crate::exit::Status;
use crate::messages::Messages;
use crate::net::{Masks, Network, Roots, on_one_thread};
use crate::project::{Ci, Project};
use crate::report::terminal;
use crate::settings::{self, Refusal};

use super::lines::{print, safe};
use super::stored;

pub(super) fn run(arguments: &cli::Comment, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let cli::Comment { document: path, pull_request, dry_run, place: at, reach } = arguments;
    let path = path.as_deref().unwrap_or(Path::new("-"));
    let budget = settings::timeout(reach.timeout.as_deref())?;
    let deadline = Instant::now() + budget;
    let read = stored::read(path, LARGEST, env).and_then(Document::parse);
    let document = read.with_context(|| format!("cannot post {}", stored::shown(path)))?;
    let project = settings::project(&at.project(None), env);
    project.notes.iter().for_each(|note| messages.detail(note));
    let masks = Masks::default();
    let said =
        Said { ci: at.ci, repository: at.repo.as_deref().filter(|repo| !repo.is_empty()), number: *pull_request };
    let conversation = match Conversation::find(said, &project, &masks, env) {
        Ok(conversation) => conversation,
        Err(Nowhere::Wrong(error)) => return Err(error.context("cannot post the comment").into()),
        Err(Nowhere::NoRequest(why)) => {
            messages.note(&format!("no comment was posted: {why}"));
            return Ok(Status::Holds);
        }
        Err(Nowhere::NoToken(why)) => {
            warn(&format!("no comment was posted: {why}"), &project, env, messages);
            return Ok(Status::Holds);
        }
    };
    let network = Network {
        roots: roots(reach.ca_file.as_deref(), conversation.forge, env, messages)?,
        deadline,
        budget,
        masks: masks.clone(),
        log: Arc::new(move |line| messages.detail(line)),
    };
    let client = network.client("comment", &[&conversation.api], 1)?;
    let done = on_one_thread(publish(&conversation, &document, &client, *dry_run));
    match done.unwrap_or_else(Err) {
        Ok(done) if *dry_run => {
            print(format!("{}\n", safe(&planned(&done, &conversation))).as_bytes())?;
        }
        Ok(done) => {
            messages.line(&told(&done, &conversation));
            for note in notes(&done) {
                messages.note(&note);
            }
        }
        Err(why) => warn(&format!("the comment was not posted: {}", masks.apply(&why)), &project, env, messages),
    }
    Ok(Status::Holds)
}

/// What is trusted. What GitLab's runner names for its own server counts for that alone, and no other is asked here.
fn roots(ca_file: Option<&Path>, forge: Forge, env: &Env, messages: Messages) -> anyhow::Result<Roots> {
    const OWN: &str = "CI_SERVER_TLS_CA_FILE";
    let mut roots = Roots::read(ca_file, env)?;
    if let Some(file) = env.get(OWN).filter(|_| forge == Forge::Gitlab)
        && let Err(error) = roots.add(&env.folder.join(file))
    {
        messages.note(&format!("{OWN} is not used: {error:#}"));
    }
    Ok(roots)
}

fn told(done: &Done, conversation: &Conversation) -> String {
    let id = done.id.map(|id| format!(" {id}")).unwrap_or_default();
    let what = match done.what {
        What::Created => "posted",
        What::Updated => "updated",
        What::Kept => "left as it is, for it says the same:",
    };
    format!("{what} comment{id} on {}", conversation.shown())
}

fn planned(done: &Done, conversation: &Conversation) -> String {
    let id = done.id.map(|id| format!(" {id}")).unwrap_or_default();
    let what = match done.what {
        What::Created => "post a comment",
        What::Updated => "update comment",
        What::Kept => "leave as it is, for it says the same: comment",
    };
    let cut = if done.is_cut { ", cut to what fits" } else { "" };
    format!("would {what}{id} on {} ({} characters{cut})", conversation.shown(), done.length)
}

/// What should be known besides.
fn notes(done: &Done) -> impl Iterator<Item = String> {
    let others = (done.others > 0).then(|| {
        let (noun, verb) = if done.others == 1 { ("comment", "is") } else { ("comments", "are") };
        format!(
            "{} more {noun} of the same name {verb} there and left as {verb}; delete what is not wanted",
            done.others
        )
    });
    let cut = done.is_cut.then(|| "the report is longer than a comment may be, and was cut at a line".to_owned());
    others.into_iter().chain(cut)
}

/// Says what was not done. On GitHub Actions as an annotation of the run, which people see without opening a log.
fn warn(text: &str, project: &Project, env: &Env, messages: Messages) {
    let is_actions = project.ci == Ci::Github && env.get("GITHUB_ACTIONS") == Some("true");
    if !is_actions {
        return messages.note(text);
    }
    // On one line already; a percent sign begins what stands for a character there.
    let text = terminal(text).replace('%', "%25");
    messages.remark(&format!("::warning title=findgate::{text}\n"));
}
