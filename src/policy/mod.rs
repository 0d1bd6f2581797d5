//! The policy: as written, valid, resolved; and the evaluation of findings against it.
//!
//! Three types for three stages: a [`Document`] is what stands in the file, with the place of every value; a [`Policy`]
//! is known to be possible; a [`Resolved`] policy is the one that holds for this project, overrides applied. Evaluation is
//! a pure function from a resolved policy, the evidence and the findings to an [`Evaluation`].
//!
//! It does no IO, reads no clock and no environment, and knows no vendor and no format.

#![deny(clippy::disallowed_methods)]

mod baseline;
mod condition;
mod decode;
mod difference;
mod document;
mod evaluate;
mod evaluation;
mod evidence;
pub mod expect;
mod extend;
#[cfg(test)]
mod extend_tests;
mod glob;
pub mod language;
#[cfg(test)]
mod language_tests;
pub mod lint;
#[cfg(test)]
mod lint_tests;
mod lock;
mod preset;
mod problem;
mod resolve;
mod schema;
pub mod shape;
mod statement;
mod syntax;
mod waiver;
mod waiving;

pub use baseline::{BASELINE, Baseline};
pub use condition::{
    Answer, Bound, Candidate, Clause, Comparison, Condition, Fact, PackagePattern, Test, Truth, WhenUnknown,
};
pub use decode::{decode, decode_part, decode_waivers, file_glob};
pub use difference::{BesideRole, Change, Difference, Landed, Outcome, RuleChange};
pub use document::{Document, MAX_BYTES, Node, Place, Value};
#[cfg(test)]
pub(crate) use evaluate::{count, open_findings_of, rank};
pub use evaluate::{day_of, evaluate, verdict_of};
pub use evaluation::{
    Counts, Disposition, Evaluation, Evidence, FeedUse, Judged, Requirement, Verdict, Violation, WaiverOutcome,
    WaiverState,
};
pub use evidence::{Aim, CommitRule, EvidenceRule, is_same_commit, newest_first, series, short_branch, weigh};
pub use extend::{extend, extend_both};
pub use glob::{Case, Pattern, Patterns, Slash};
pub use preset::{PRESETS, Preset};
pub use problem::{Problem, Problems, is_deceptive, quoted};
pub use resolve::{CircumstanceUnknown, Resolved, resolve};
pub use schema::{json_schema, json_schema_of, reference, to_json};
pub use shape::SourceLanguage;
pub use statement::{Product, Purl, Statement};
pub use waiver::{Demanded, Match, Unused, Waiver, WaiverRules};
pub use waiving::{UNUSED_RULE, check_waivers, last_day};

use crate::event::Event;
use crate::finding::{Kind, Severity};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated<T> {
    /// The value.
    pub value: T,
    /// Where it stands: the key before it.
    pub place: Place,
}

/// A policy whose every value is possible: what one file says, or several files of which one extends the others. What a
/// file does not say is `None`; what that means only [`resolve()`] says. What a source's own section holds is judged by that
/// source.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// `name`.
    pub name: Option<Stated<String>>,
    /// `extends`, in the order of the file: the later go before the earlier.
    pub extends: Vec<Stated<Parent>>,
    /// The limits of `thresholds`, `new_thresholds` and `rules`, in the order of the file.
    pub limits: Vec<Limit>,
    /// `unknown_severity`: what an unrated finding counts as.
    pub unknown_severity: Option<Stated<Severity>>,
    /// `waivers` that stand in the policy, and those of its files once they are read.
    pub waivers: Vec<Waiver>,
    /// What `waivers` says besides.
    pub waiver_rules: WaiverRules,
    /// `evidence`: what holds for a source that does not say it itself.
    pub evidence: Asked,
    /// `sources`, in the order of the file.
    pub sources: Vec<SourceSection>,
    /// `overrides`, in the order of the file.
    pub overrides: Vec<Override>,
    /// `baseline`.
    pub baseline: Option<Stated<BaselineAt>>,
    /// `enrich.kev`.
    pub kev: Option<Stated<Feed>>,
    /// `enrich.epss`.
    pub epss: Option<Stated<Feed>>,
    /// `shadow`: a policy that is judged beside this one.
    pub shadow: Option<Stated<Parent>>,
    /// The keys of limits, overrides' included, that say `locked: false`, as [`Limit::key`] gives them.
    pub unlocked: Vec<Stated<String>>,
}

/// A policy that another one names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parent {
    /// `preset:NAME`.
    Preset(String),
    /// A path, relative to the folder of the file that names it.
    File(String),
    /// An https address, and the digest (`sha256:` and 64 digits) that its bytes must have.
    Remote {
        /// The address.
        url: String,
        /// The digest.
        digest: String,
    },
}

/// `evidence` as written, or the same keys inside a source.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// `required`.
    pub requirement: Option<Stated<Requirement>>,
    /// `max_age`, in seconds.
    pub max_age: Option<Stated<u64>>,
    /// `commit`.
    pub commit: Option<Stated<CommitRule>>,
    /// `wait`, in seconds.
    pub wait: Option<Stated<u64>>,
    /// `locked`; only `evidence` has it.
    pub locked: Option<Stated<bool>>,
}

impl Asked {
    /// What holds for a source: what it says itself, else what `evidence` says, else the default.
    #[must_use]
    pub fn over(&self, evidence: &Asked) -> EvidenceRule {
        fn said<T: Copy>(own: &Option<Stated<T>>, general: &Option<Stated<T>>) -> Option<T> {
            own.as_ref().or(general.as_ref()).map(|stated| stated.value)
        }
        let default = EvidenceRule::default();
        EvidenceRule {
            requirement: said(&self.requirement, &evidence.requirement).unwrap_or(default.requirement),
            max_age: said(&self.max_age, &evidence.max_age),
            commit: said(&self.commit, &evidence.commit).unwrap_or(default.commit),
            wait: said(&self.wait, &evidence.wait).unwrap_or(default.wait),
        }
    }
}

/// One section of `sources`.
#[derive(Clone, Debug)]
pub struct SourceSection {
    /// The source's name: the key.
    pub name: String,
    /// Where the key stands.
    pub place: Place,
    /// What it must show, as far as the section says.
    pub evidence: Asked,
    /// The section without the keys that are common to all sources; the source reads it.
    pub section: Node,
}

/// `baseline`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaselineAt {
    /// `file`: a path in the repository.
    File(String),
    /// `branch`: what the sources know of a branch.
    Branch(String),
}

/// A feed of `enrich`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Where it is.
    pub at: FeedAt,
    /// `max_age`: how old it may be by its own date, in seconds.
    pub max_age: u64,
    /// `digest`: `sha256:` and 64 digits.
    pub digest: Option<String>,
}

/// Where a feed is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedAt {
    /// A path in the repository.
    File(String),
    /// An https address.
    Url(String),
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
    /// `enforcement: {warn_until: DATE}`: the first day on which it does that, in UTC; before, it warns.
    pub from: Option<jiff::civil::Date>,
    /// How many findings are allowed.
    pub allow: u64,
    /// Which findings it counts.
    pub subject: Subject,
    /// `locked`: a policy that extends this one can only make it stricter.
    pub locked: bool,
}

impl Limit {
    /// What a violation does on a day (UTC).
    #[must_use]
    pub fn enforcement_on(&self, day: jiff::civil::Date) -> Enforcement {
        if self.from.is_some_and(|from| day < from) { Enforcement::Warn } else { self.enforcement }
    }

    /// What is replaced as a whole: `thresholds.sca` of `thresholds.sca.high`, or a rule's name.
    #[must_use]
    pub fn key(&self) -> &str {
        match &self.subject {
            Subject::AtLeast { .. } => self.name.rsplit_once('.').map_or(&self.name, |(key, _)| key),
            Subject::When(_) => &self.name,
        }
    }
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
        /// `new_thresholds`: only findings that are new, or of which nobody tells, count.
        only_new: bool,
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
    /// When it holds: all that is given must match.
    pub when: Occasion,
    /// The limits it brings. A threshold replaces every threshold of the same key (`sca`, `all`); a rule replaces the rule
    /// of the same name; what it does not name stays.
    pub limits: Vec<Limit>,
    /// `unknown_severity`.
    pub unknown_severity: Option<Stated<Severity>>,
}

/// When an override holds. At least one is given.
#[derive(Clone, Debug)]
pub struct Occasion {
    /// `branch`: globs, any of which may match.
    pub branch: Option<Globs>,
    /// `environment`: globs, any of which may match.
    pub environment: Option<Globs>,
    /// `event`: one of these.
    pub event: Option<Vec<Event>>,
}

/// Globs, and how they were written.
#[derive(Clone, Debug)]
pub struct Globs {
    /// To match with.
    pub patterns: Patterns,
    /// For people.
    pub as_written: Vec<String>,
}

/// What is known of the run that an override may ask for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Circumstances<'a> {
    /// The branch; in a pull request the one that it goes into. `None`: nobody told.
    pub branch: Option<&'a str>,
    /// The environment that is deployed to. `None`: none is.
    pub environment: Option<&'a str>,
    /// What started the run. `None`: nobody told.
    pub event: Option<Event>,
}
