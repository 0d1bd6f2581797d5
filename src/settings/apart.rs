//! Settings of which a part is told instead of found out: for commands that judge apart from the run that they are in.

use super::Wanted;
use crate::policy::{Asked, EvidenceRule};
use crate::policy_file::Loaded;
use crate::project::Project;
use crate::snapshot::Snapshot;
use crate::source::{Plan, sarif};
use crate::tree::Tree;

/// What is known already, and not found out.
#[derive(Clone, Debug)]
pub struct Apart {
    /// The project: neither a CI platform nor git is asked.
    pub project: Project,
    /// What is judged.
    pub evidence: Given,
    /// Where the files that are named are read from.
    pub tree: Tree,
}

/// What is judged.
#[derive(Clone, Debug)]
pub enum Given {
    /// What the options and the policy ask for.
    Asked,
    /// These files and nothing that the policy names, as one source that must be complete.
    Files(Vec<sarif::Selection>),
    /// Whatever this snapshot holds, and nothing else. A source that the policy asks for and the snapshot does not hold was not
    /// read; what the policy said of a source when the snapshot was taken does not matter.
    Snapshot(Box<Snapshot>),
}

/// The one source that files make.
pub(super) fn plans_of(files: &[sarif::Selection]) -> Vec<(Plan, EvidenceRule)> {
    let settings = sarif::Settings { name: sarif::NAME.into(), files: files.to_vec(), written: Vec::new() };
    vec![(Plan::Sarif(settings), EvidenceRule::default())]
}

/// Asks for everything that a snapshot holds, just as it holds it, besides what the policy asks for.
pub(super) fn want_all_of(snapshot: &Snapshot, policy: &Loaded, wanted: &mut Vec<Wanted>) {
    for held in &snapshot.sources {
        let name = &*held.collected.coverage.source;
        match wanted.iter_mut().find(|wanted| wanted.name == name) {
            Some(wanted) => wanted.settings.clone_from(&held.settings),
            None => wanted.push(Wanted {
                name: name.to_owned(),
                rule: Asked::default().over(&policy.policy.evidence),
                settings: held.settings.clone(),
            }),
        }
    }
}
