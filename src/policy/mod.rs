//! The policy: as written, valid, resolved; and the evaluation of findings against it.
//!
//! Three types for three stages: a [`Document`] is what stands in the file, with the place of every value; a [`Policy`]
//! is known to be possible; a [`Resolved`] policy is the one that holds for this project, overrides applied. Evaluation is
//! a pure function from a resolved policy, the evidence and the findings to an [`Evaluation`].
//!
//! It does no IO, reads no clock and no environment, and knows no vendor and no format.

#![deny(clippy::disallowed_methods)]

mod condition;
mod decode;
mod document;
mod evaluate;
mod evaluation;
mod evidence;
pub mod expect;
pub mod language;
#[cfg(test)]
mod language_tests;
mod preset;
mod problem;
mod resolve;
mod schema;
pub mod shape;
mod syntax;
mod waiver;

pub use condition::{
    Answer, Bound, Candidate, Clause, Comparison, Condition, Fact, PackagePattern, Patterns, Test, Truth, WhenUnknown,
};
pub use decode::{decode, file_glob};
pub use document::{Document, MAX_BYTES, Node, Place, Value};
pub use evaluate::evaluate;
#[cfg(test)]
pub(crate) use evaluate::{count, open_findings_of, rank};
pub use evaluation::{
    Counts, Disposition, Evaluation, Evidence, Judged, Requirement, Verdict, Violation, WaiverOutcome, WaiverState,
};
pub use evidence::{Aim, CommitRule, EvidenceRule, is_same_commit, newest_first, series, weigh};
pub use preset::{PRESETS, Preset};
pub use problem::{Problem, Problems, is_deceptive, quoted};
pub use resolve::{BranchUnknown, Resolved, resolve};
pub use schema::{json_schema, reference};
pub use shape::SourceLanguage;
pub use waiver::{Match, Waiver};

use crate::finding::{Kind, Severity};

/// A policy whose every value is possible. What a source's own section holds is judged by that source.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `name`.
    pub name: Option<String>,
    /// The limits of `thresholds` and `rules`, in the order of the file.
    pub limits: Vec<Limit>,
    /// `unknown_severity`: what an unrated finding counts as; critical unless said otherwise.
    pub unknown_severity: Severity,
    /// Where `unknown_severity` stands, if it does.
    pub unknown_severity_place: Option<Place>,
    /// `waivers`.
    pub waivers: Vec<Waiver>,
    /// `evidence`: what holds for a source that does not say it itself.
    pub evidence: EvidenceRule,
    /// Where `evidence` stands, if it does.
    pub evidence_place: Option<Place>,
    /// `sources`, in the order of the file.
    pub sources: Vec<SourceSection>,
    /// `overrides`, in the order of the file.
    pub overrides: Vec<Override>,
}

/// One section of `sources`.
#[derive(Clone, Debug)]
pub struct SourceSection {
    /// The source's name: the key.
    pub name: String,
    /// Where the key stands.
    pub place: Place,
    /// What it must show.
    pub evidence: EvidenceRule,
    /// The section without the keys that are common to all sources; the source reads it.
    pub section: Node,
}

/// A limit: findings that match may not be more than `allow`.
#[derive(Clone, Debug)]
pub struct Limit {
    /// `thresholds.sca.high`, or the name of a rule. Unique within a policy.
    pub name: String,
    /// `description` of a rule.
    pub description: Option<String>,
    /// Where it stands in the policy file.
    pub place: Place,
    /// What a violation does.
    pub enforcement: Enforcement,
    /// How many findings are allowed.
    pub allow: u64,
    /// Which findings it counts.
    pub subject: Subject,
}

/// Which findings a limit counts.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A threshold: findings of this kind (`None`: of every kind) at this severity or worse.
    AtLeast {
        /// The kind, or all together.
        kind: Option<Kind>,
        /// The least severity that counts.
        floor: Severity,
    },
    /// A rule's `when`.
    When(Condition),
}

/// What a violated limit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    /// It is told; the verdict does not change.
    Warn,
    /// The verdict is fail.
    Deny,
}

impl Enforcement {
    /// The name in the policy and in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Enforcement::Warn => "warn",
            Enforcement::Deny => "deny",
        }
    }
}

/// One entry of `overrides`: the first that matches holds.
#[derive(Clone, Debug)]
pub struct Override {
    /// Where it stands.
    pub place: Place,
    /// `branch`: globs, any of which may match.
    pub branch: Patterns,
    /// The branch globs as written, for people.
    pub branch_as_written: Vec<String>,
    /// The limits it brings. A threshold replaces every threshold of the same key (`sca`, `all`); a rule replaces the rule
    /// of the same name; what it does not name stays.
    pub limits: Vec<Limit>,
    /// `unknown_severity`.
    pub unknown_severity: Option<Severity>,
}
