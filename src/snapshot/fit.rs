//! What a policy gets of a snapshot. What it asks for and the snapshot does not hold is a source that was not read, and a
//! project that is another one is refused.

use anyhow::bail;

use super::{Held, Snapshot};
use crate::digest::digest;
use crate::finding::{Coverage, State};
use crate::policy::{EvidenceRule, Node, is_same_commit};
use crate::project::{Project, is_same_repository, short};
use crate::source::Collected;

/// A source that is asked for, by the policy or by `--sarif`.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What it must show.
    pub rule: EvidenceRule,
    /// What is read, as [`section_digest`] tells.
    pub settings: String,
}

/// A digest of what the policy says of a source, and of what `--sarif` adds. Two sections that mean the same have the same.
#[must_use]
pub fn section_digest(section: Option<&Node>, sarif: &[String]) -> String {
    let mut text = section.map(Node::canonical).unwrap_or_default();
    for glob in sarif {
        // Nothing else gives this text: a section ends with its bracket, and a glob holds no line feed.
        text.push('\n');
        text.push_str(glob);
    }
    digest(text.as_bytes())
}

impl Snapshot {
    /// What it shows of the sources that are asked for, in their order.
    #[must_use]
    pub fn show(self, wanted: &[Wanted]) -> Vec<Collected> {
        let mut held: Vec<Option<Held>> = self.sources.into_iter().map(Some).collect();
        let mut take = |name: &str| {
            held.iter_mut().find(|held| held.as_ref().is_some_and(|held| held.name() == name)).and_then(Option::take)
        };
        wanted.iter().map(|wanted| shown(wanted, take(&wanted.name))).collect()
    }

    /// The sources that it holds and none of these names.
    pub fn unwanted<'s>(&'s self, names: &[&str]) -> impl Iterator<Item = &'s str> {
        self.sources.iter().map(Held::name).filter(move |name| !names.contains(name))
    }

    /// Fills in what a run does not know of its project.
    ///
    /// # Errors
    /// If the run knows that it is another project. A commit that is another one is a warning: a policy may ask for it, and
    /// then the scans are compared with it.
    pub fn fill(&self, project: &mut Project) -> anyhow::Result<()> {
        // What started a run and where it deploys to are facts of the run that judges.
        let Project {
            ci: _,
            name,
            repository,
            branch,
            commit,
            base,
            pull_request,
            is_change: _,
            event: _,
            environment: _,
            notes: _,
            warnings: _,
            no_branch: _,
        } = &self.project;
        if let (Some(here), Some(there)) = (&project.repository, repository)
            && !is_same_repository(here, there)
        {
            bail!(
                "it was taken for the repository {there}, and this run is about {here}; judge a snapshot of this one, or name \
                 the other with --repo, which goes before what is detected"
            );
        }
        if let Some(here) = &project.name
            && name.as_ref() != Some(here)
        {
            let there =
                name.as_deref().map_or("without --project".to_owned(), |name| format!("for the project {name}"));
            bail!(
                "it was taken {there}, and this run is about the project {here} (--project); take it again with that"
            );
        }
        let moved = match (&project.commit, commit) {
            (Some(here), Some(there)) if !is_same_commit(here, there) && here != there => {
                let (there, here) = (short(there), short(here));
                project.warnings.push(format!(
                    "the snapshot was taken for commit {there}, and commit {here} is judged; `commit: head` in the policy \
                     asks that the scans are of the latter"
                ));
                true
            }
            _ => false,
        };
        if let (None, Some(there)) = (&project.name, name) {
            // It went before what the policy names, and the policy of this run does not tell.
            project.warnings.push(format!(
                "the snapshot was taken for the project {there} (--project), whatever the policy names; that is what is judged"
            ));
        }
        let Project { notes, .. } = project;
        let mut fill = |what: &str, here: &mut Option<String>, there: &Option<String>| {
            if let (None, Some(there)) = (&here, there) {
                notes.push(format!("{what} {there} (from the snapshot)"));
                *here = Some(there.clone());
            }
        };
        fill("project", &mut project.name, name);
        fill("repository", &mut project.repository, repository);
        fill("commit", &mut project.commit, commit);
        // What belongs to a commit says nothing of another one.
        if !moved {
            fill("branch", &mut project.branch, branch);
            fill("base", &mut project.base, base);
            if project.pull_request.is_none() {
                project.pull_request.clone_from(pull_request);
            }
        }
        if project.branch.is_some() {
            project.no_branch = None;
        }
        Ok(())
    }
}

impl Held {
    fn name(&self) -> &str {
        &self.collected.coverage.source
    }
}

/// What one source shows.
fn shown(wanted: &Wanted, held: Option<Held>) -> Collected {
    let Some(Held { settings, mut collected }) = held else {
        let reason = format!("the snapshot does not hold the source {}; take it again with this policy", wanted.name);
        return Collected { findings: Vec::new(), coverage: Coverage::unread(&wanted.name, reason) };
    };
    if settings != wanted.settings {
        let coverage = &mut collected.coverage;
        coverage.state = coverage.state.max(State::Partial);
        // After the others: none of them is of a better state.
        coverage.reasons.push(format!(
            "what the policy says of the source {} is not what it said when the snapshot was taken, so what it names now may \
             not have been read; take the snapshot again with this policy",
            wanted.name
        ));
    }
    collected
}
