//! Policies that are judged beside the one that decides: that of the change itself, and the one that `shadow` names. What is
//! wrong with them is told, and stops nothing.

use std::path::Path;

use anyhow::ensure;

use super::{Library, plans, resolve, wanted};
use crate::env::Env;
use crate::finding::Coverage;
use crate::policy::{BaselineAt, BesideRole, Feed, FeedAt, Parent, Policy, Resolved, Stated};
use crate::policy_file::{self, Loaded, NotLoaded, POLICY_FILES, Wrong};
use crate::project::Project;
use crate::snapshot::Wanted;
use crate::tree::Tree;

/// A policy that is judged beside the one that decides.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What it is.
    pub role: BesideRole,
    /// Its name for people.
    pub origin: String,
    /// `sha256:` and the digest of its text, where it could be read.
    pub digest: Option<String>,
    /// What it says, or why it cannot be used.
    pub policy: Result<Contender, String>,
}

/// A policy that could decide.
#[derive(Clone, Debug)]
pub struct Contender {
    /// What holds for this project.
    pub resolved: Resolved,
    /// What it asks for.
    pub wanted: Vec<Wanted>,
    /// What it says as written.
    pub policy: Policy,
}

impl Contender {
    /// What it names besides sources and is not what was read for the policy that decides: a baseline, feeds.
    #[must_use]
    pub fn unread(&self, decides: &Policy, role: BesideRole, tree: &Tree) -> Vec<Coverage> {
        let ours = inputs(decides);
        let changed = if role == BesideRole::Change { tree.changed() } else { Vec::new() };
        let mut unread = Vec::new();
        for ((name, at), (_, ours)) in inputs(&self.policy).into_iter().zip(ours) {
            let reason = match at {
                None => continue,
                Some(at) if ours.as_ref() != Some(&at) => {
                    format!("this policy names another {name} ({at}), which was not read")
                }
                Some(at) if changed.iter().any(|path| path == Path::new(&at)) => {
                    format!("{at} is another one in this change, which was not read")
                }
                Some(_) => continue,
            };
            unread.push(Coverage::unread(name, reason));
        }
        unread
    }
}

/// What a policy reads beside its sources and itself, by name, in a fixed order.
fn inputs(policy: &Policy) -> [(&'static str, Option<String>); 3] {
    let baseline = policy.baseline.as_ref().map(|baseline| match &baseline.value {
        BaselineAt::File(name) | BaselineAt::Branch(name) => name.clone(),
    });
    let feed = |feed: &Option<Stated<Feed>>| {
        feed.as_ref().map(|feed| match &feed.value.at {
            FeedAt::File(at) | FeedAt::Url(at) => at.clone(),
        })
    };
    [("baseline", baseline), ("kev", feed(&policy.kev)), ("epss", feed(&policy.epss))]
}

/// What is needed to see what another policy would say.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub(super) named: Option<&'a str>,
    pub(super) policy: &'a Loaded,
    pub(super) tree: &'a Tree,
    pub(super) library: &'a Library,
    pub(super) project: &'a Project,
    pub(super) sarif: &'a [String],
    pub(super) only: &'a [String],
    pub(super) env: &'a Env,
}

impl Around<'_> {
    /// Every policy that is judged beside the one that decides.
    pub(super) fn candidates(self) -> Vec<Candidate> {
        self.of_change().into_iter().chain(self.shadow()).collect()
    }

    /// The policy as the change would have it, where that is another one.
    fn of_change(self) -> Option<Candidate> {
        let worktree = Tree::worktree(&self.env.folder);
        let is_found_elsewhere = || {
            let found = |tree: &Tree| tree.discover(&POLICY_FILES).ok().and_then(|found| found.first().copied());
            self.named.is_none() && found(self.tree) != found(&worktree)
        };
        if self.tree.base_commit().is_none() || (self.tree.changed().is_empty() && !is_found_elsewhere()) {
            return None;
        }
        // What it names and nobody fetched is not fetched for it: whoever proposes the change could send the run anywhere.
        let origin = self.named.map_or_else(|| "the policy of this change".to_owned(), str::to_owned);
        Some(self.candidate(BesideRole::Change, origin, self.library.again(self.named, &worktree)))
    }

    /// The policy that `shadow` names.
    fn shadow(self) -> Option<Candidate> {
        let stated = self.policy.policy.shadow.as_ref()?;
        let named = match &stated.value {
            Parent::Preset(name) => format!("preset:{name}"),
            Parent::File(path) => policy_file::beside(&stated.place.file, path),
            Parent::Remote { url, .. } => url.clone(),
        };
        let tree = self.tree.afresh();
        let loaded = self.library.load(Some(&named), &tree);
        let origin = tree.told(&named);
        Some(self.candidate(BesideRole::Shadow, origin, loaded))
    }

    fn candidate(self, role: BesideRole, origin: String, loaded: Result<Loaded, NotLoaded>) -> Candidate {
        let mut loaded = match loaded {
            Ok(loaded) => loaded,
            Err(error) => return Candidate { role, origin, digest: None, policy: Err(why(error)) },
        };
        // A shadow that names no source, as a preset, is about what is read anyway. A change that takes the sources away is not.
        if loaded.plans.is_empty() && role == BesideRole::Shadow {
            loaded.plans.clone_from(&self.policy.plans);
            loaded.policy.sources.clone_from(&self.policy.policy.sources);
        }
        let origin = if role == BesideRole::Change { loaded.origin.clone() } else { origin };
        let digest = Some(loaded.digest.clone());
        let contender = || {
            let mut resolved = resolve(&loaded, self.project)?;
            if !self.only.is_empty() {
                resolved.read_in_part();
            }
            let mut plans = plans(self.sarif, &loaded)?;
            ensure!(!plans.is_empty(), "it names no source, so nothing would be judged");
            plans.retain(|(plan, _)| self.only.is_empty() || self.only.iter().any(|only| only == plan.name()));
            let wanted = plans.iter().map(|(plan, rule)| wanted(plan, *rule, &loaded, self.sarif)).collect();
            Ok(Contender { resolved, wanted, policy: loaded.policy.clone() })
        };
        let policy = contender().map_err(|error: anyhow::Error| format!("{error:#}"));
        Candidate { role, origin, digest, policy }
    }
}

/// Why a policy cannot be used, in a sentence. What is wrong with it stands in the words of its drawing, which hides what
/// may be a credential.
fn why(error: NotLoaded) -> String {
    match error {
        NotLoaded::Other(error) => format!("{error:#}"),
        NotLoaded::Wrong(Wrong { problems, texts }) => {
            let first = problems.get(..1).unwrap_or_default();
            let drawn = policy_file::draw(first, |file| texts.get(file).map(|text| &**text), false);
            let message = drawn.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let place = first.first().map(|problem| format!("{}: ", problem.place));
            let more = problems.len().saturating_sub(1);
            let more = if more > 0 { format!(" (and {more} more that is wrong)") } else { String::new() };
            format!("{}{message}{more}", place.unwrap_or_default())
        }
    }
}
