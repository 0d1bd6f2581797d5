//! The project that is judged: repository, branch, commit, base, pull request. Told by options, else by the CI platform,
//! else by git.
//!
//! Nothing here fails. What nobody told is `None`, and a note says why; whoever needs it decides what that means.

mod address;
pub(crate) mod git;
#[cfg(test)]
mod git_tests;
mod github;
#[cfg(test)]
mod github_tests;
mod occasion;
#[cfg(test)]
mod occasion_tests;
mod platform;
#[cfg(test)]
mod platform_tests;
mod renames;

pub use git::top_of;
pub use platform::Ci;
pub use renames::{Renamed, renamed};

use crate::env::Env;
use crate::event::Event;
use git::{Answers, Head, Trouble, Wanted};
use platform::{Facts, Told};

/// What is known of the project. A fact that nobody told is `None`.
#[derive(Clone, Debug, Default)]
pub struct Project {
    /// The CI platform that runs this, if any: that which was named, else the one that is recognized.
    pub ci: Ci,
    /// Its name at the vendors, where the user said one.
    pub name: Option<String>,
    /// Host and path, without credentials: `github.com/acme/payments`.
    pub repository: Option<String>,
    /// The branch that is judged; in a pull request its head.
    pub branch: Option<String>,
    /// The commit that is judged; in a pull request its head, not what the platform made of it.
    pub commit: Option<String>,
    /// The commit or branch that a change goes into; after a push the commit before it.
    pub base: Option<String>,
    /// The pull or merge request, if it is one that is judged.
    pub pull_request: Option<PullRequest>,
    /// Whether this runs for a change, as the platform or the user tells: a pull or merge request, or a group of a merge queue.
    pub is_change: bool,
    /// What started the run, where a platform or the user tells.
    pub event: Option<Event>,
    /// The environment that is deployed to, where a platform or the user names one.
    pub environment: Option<String>,
    /// Where each value came from, a sentence each.
    pub notes: Vec<String>,
    /// What the user should know although nothing is wrong.
    pub warnings: Vec<String>,
    /// Why the branch is not known, where it is not.
    pub no_branch: Option<String>,
}

/// A pull request of GitHub, Azure or Bitbucket, a merge request of GitLab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequest {
    /// The number that people see.
    pub number: Option<u64>,
    /// Whether it comes from another repository, as far as the platform tells.
    pub from_fork: Option<bool>,
    /// The branch that it goes into.
    pub target: Option<String>,
}

/// What the user said of the project, by options.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said<'a> {
    /// `--ci`.
    pub ci: Option<Ci>,
    /// `--project`.
    pub name: Option<&'a str>,
    /// `--repo`.
    pub repository: Option<&'a str>,
    /// `--branch`.
    pub branch: Option<&'a str>,
    /// `--commit`.
    pub commit: Option<&'a str>,
    /// `--base`.
    pub base: Option<&'a str>,
    /// `--event`.
    pub event: Option<Event>,
    /// `--environment`.
    pub environment: Option<&'a str>,
}

/// Finds out what is known: an option before the CI platform before git.
#[must_use]
pub fn detect(said: Said<'_>, env: &Env) -> Project {
    let facts = platform::facts(said.ci, env);
    let Facts { ci, branch, no_branch, commit, base, merge, pull_request, mut notes, mut warnings, .. } = facts;
    let event = said.event.map(|event| (event, "--event")).or(facts.event);
    // Either word makes it a change: what the user says of a platform that is not known must not loosen anything, and `--event
    // push` must not take from a pull request that it is one.
    let events = [facts.event.map(|(event, _)| event), said.event];
    let is_change = pull_request.is_some()
        || events.iter().flatten().any(|event| matches!(event, Event::PullRequest | Event::MergeGroup));
    let option = |value: Option<&str>, name| value.filter(|v| !v.is_empty()).map(|value| (value.to_owned(), name));

    let repository = named(said.repository, &mut warnings).or(facts.repository);
    let environment = option(said.environment, "--environment").or(facts.environment);
    let branch = option(said.branch.map(plain_branch), "--branch").or(branch);
    let said_commit = option(said.commit, "--commit");
    let said_base = option(said.base, "--base");

    let wants_commit = said_commit.is_none() && commit.is_none();
    let wanted = Wanted {
        // A commit that the platform made is checked out, so git would name that one.
        head: (branch.is_none() && no_branch.is_none()) || (wants_commit && merge.is_none()),
        remote: repository.is_none(),
        parents_of: merge.as_ref().map(|(sha, _)| sha.as_str()).filter(|_| wants_commit || said_base.is_none()),
        base: ci == Ci::None && said_base.is_none(),
    };
    let Answers { head, repository: remote, parents, base: left_at, trouble, notes: git_notes } = git::ask(wanted, env);
    let Head { branch: git_branch, commit: git_commit, is_detached, is_dirty } = head;
    notes.extend(git_notes);

    // The platform merged the head into the base, in this order; another commit of two parents proves nothing.
    let merged = match parents.as_slice() {
        [into, head] if commit.as_ref().is_none_or(|(commit, _)| commit == head) => Some((into, head)),
        _ => None,
    };
    let repository = repository.or(remote);
    let branch = branch.or_else(|| Some((git_branch.filter(|_| no_branch.is_none())?, "git")));
    let no_branch = no_branch
        .or_else(|| is_detached.then(|| "git has checked out a commit, not a branch (detached head)".to_owned()));
    let base = said_base.or_else(|| Some((merged?.0.clone(), "the first parent of the merge commit"))).or(base);
    // On the default branch itself nothing was left.
    let left_at = left_at.filter(|left_at| git_commit.as_ref() != Some(left_at));
    let base = base.or_else(|| Some((left_at?, "git merge-base with origin's default branch")));
    let commit = said_commit
        .or(commit)
        .or_else(|| Some((merged?.1.clone(), "the second parent of the merge commit")))
        .or_else(|| {
            let (merge, by) = merge?;
            warnings.push(format!("commit {merge} is a merge that only this run knows; name its head with --commit"));
            Some((merge, by))
        })
        .or_else(|| {
            let commit = git_commit?;
            if is_dirty {
                warnings
                    .push(format!("files have changed since commit {commit}; findings may be of other code than that"));
            }
            Some((commit, "git"))
        });

    let trouble = trouble.map(|trouble| match trouble {
        // Nothing to repair, and nothing to be told aloud.
        Trouble::NoRepository(text) => text,
        Trouble::Refused(text) => {
            warnings.push(text.clone());
            text
        }
    });
    let no_branch = no_branch.or(trouble).filter(|_| branch.is_none());
    notes.extend(no_branch.iter().map(|reason| format!("branch not known: {reason}")));
    notes.extend(pull_request.as_ref().map(describe));
    let mut noted = |what: &str, told: Option<Told>| {
        let (value, by) = told?;
        notes.push(format!("{what} {value} (from {by})"));
        Some(value)
    };
    let event = event.map(|(event, by)| {
        let _ = noted("event", Some((event.name().to_owned(), by)));
        event
    });
    Project {
        ci,
        name: said.name.filter(|name| !name.trim().is_empty()).map(str::to_owned),
        repository: noted("repository", repository),
        branch: noted("branch", branch),
        commit: noted("commit", commit),
        base: noted("base", base),
        pull_request,
        is_change,
        event,
        environment: noted("environment", environment),
        notes,
        warnings,
        no_branch,
    }
}

/// Whether two addresses name one repository, however each is written (`git@host:a/b.git`, `https://host/a/b`, `host/a/b`).
#[must_use]
pub fn is_same_repository(a: &str, b: &str) -> bool {
    let plain =
        |address: &str| address::named(address.trim()).ok().map(|name| name.trim_end_matches('/').to_lowercase());
    let bare = |name: String| name.strip_suffix(".git").map(str::to_owned).unwrap_or(name);
    matches!((plain(a).map(bare), plain(b).map(bare)), (Some(a), Some(b)) if a == b)
}

/// A commit as people compare it.
#[must_use]
pub fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// The branch's own name: `main` of `refs/heads/main`, and of Jenkins' `origin/main`. Overrides are written without either.
fn plain_branch(name: &str) -> &str {
    let name = name.trim();
    name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("origin/")).unwrap_or(name)
}

/// The repository that `--repo` names.
fn named(said: Option<&str>, warnings: &mut Vec<String>) -> Option<Told> {
    match address::named(said.filter(|said| !said.is_empty())?) {
        Ok(repository) => Some((repository, "--repo")),
        Err(reason) => {
            warnings.push(format!("--repo {reason}; write host and path, as in github.com/acme/payments"));
            None
        }
    }
}

fn describe(pull_request: &PullRequest) -> String {
    let PullRequest { number, from_fork, target } = pull_request;
    let number = number.map(|number| format!(" {number}")).unwrap_or_default();
    let origin = match from_fork {
        Some(true) => " from a fork",
        Some(false) => " from the repository itself",
        None => "",
    };
    let target = target.as_ref().map(|target| format!(" into {target}")).unwrap_or_default();
    format!("pull request{number}{origin}{target}")
}

/// For fuzzing: what an address of a git remote is read as, and what a repository is that a user names so.
#[cfg(fuzzing)]
pub(crate) fn addressed(text: &str) -> [Result<String, &'static str>; 2] {
    [address::repository(text), address::named(text)]
}

/// For fuzzing: every text that GitHub Actions tells of the project, git not being asked.
#[cfg(fuzzing)]
pub(crate) fn of_github(env: &Env) -> Vec<String> {
    let Facts { repository, branch, commit, base, merge, environment, no_branch, notes, warnings, .. } =
        platform::facts(Some(Ci::Github), env);
    let told = [repository, branch, commit, base, merge, environment].into_iter().flatten().map(|(text, _)| text);
    told.chain(no_branch).chain(notes).chain(warnings).collect()
}
