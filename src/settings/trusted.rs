//! Which version of the repository's files decides, and what is said of it.

use crate::env::Env;
use crate::policy_file::Loaded;
use crate::project::{Project, short};
use crate::tree::{Revision, Side, Tree};

/// Where a policy was read from.
#[derive(Clone, Debug)]
pub struct PolicyAt {
    /// The policy and which version of it, for people: `.findgate.yml at base 1a2b3c4d5e6f`.
    pub shown: String,
    /// Which version of the repository's files decides.
    pub side: Side,
    /// The base's full commit, where anything was read from it.
    pub base: Option<String>,
}

/// The files of the repository that decide. In a change those of the commit that it goes into, unless the user says
/// otherwise: whoever proposes a change can write all others.
pub(super) fn tree(asked: Option<Side>, base: Option<&str>, project: &Project, env: &Env) -> Tree {
    let default = if project.is_change { Side::Base } else { Side::Worktree };
    match asked.unwrap_or(default) {
        Side::Worktree => Tree::worktree(&env.folder),
        Side::Base => {
            let named = base.filter(|base| !base.is_empty()).map(|base| Revision::Named(base.to_owned()));
            let told = || project.base.clone().map_or(Revision::Unknown, Revision::Told);
            Tree::base(env, named.unwrap_or_else(told))
        }
    }
}

/// Where the policy was found.
pub(super) fn policy_at(policy: &Loaded, tree: &Tree) -> PolicyAt {
    PolicyAt { shown: tree.told(&policy.origin), side: tree.side(), base: tree.base_commit() }
}

/// What every report must say of where the policy came from, a sentence each. To be asked when the policy is loaded and
/// nothing else is.
pub(super) fn told(tree: &Tree, project: &Project) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(sentence) = bypass(tree, project) {
        told.push(format!(
            "{sentence}: policy and waivers are those of the change itself, which may be made to let it pass"
        ));
    }
    let new: Vec<String> = tree.brought().iter().map(|path| path.display().to_string()).collect();
    if !new.is_empty() {
        let base = tree.base_commit().map(|commit| format!(" {}", short(&commit)));
        told.push(format!(
            "the policy {} is new in this change: the base{} has none there, so the change itself says what it is judged by",
            new.join(" and "),
            base.unwrap_or_default()
        ));
    }
    told
}

/// What the user gave up, for the record.
pub(super) fn bypass(tree: &Tree, project: &Project) -> Option<String> {
    (project.is_change && tree.side() == Side::Worktree).then(|| "--trust worktree".to_owned())
}
