//! What a source that asks a vendor is given: the environment before it is ready, the network when it reads.

use crate::env::Env;
use crate::net::{Masks, Network, Secret, Trust};
use crate::policy::{Aim, EvidenceRule};
use crate::progress::Meter;
use crate::project::Project;

/// What decides whether a vendor may be asked at all.
#[derive(Clone, Copy)]
pub struct Access<'a> {
    /// Where credentials come from.
    pub env: &'a Env,
    /// The hosts that may have one.
    pub trust: &'a Trust,
    /// What is judged.
    pub project: &'a Project,
    /// The credentials of the run.
    pub masks: &'a Masks,
}

/// Why a vendor cannot be asked. No connection was made.
#[derive(Debug)]
pub enum Unready {
    /// These variables hold nothing: `MEND_EMAIL and MEND_USER_KEY`.
    NoCredentials(&'static str),
    /// A setting is wrong.
    Refused(anyhow::Error),
}

impl From<anyhow::Error> for Unready {
    fn from(error: anyhow::Error) -> Unready {
        Unready::Refused(error)
    }
}

impl Access<'_> {
    /// A credential of the environment; from now on it is masked everywhere. `None` where the variable holds nothing.
    #[must_use]
    pub fn credential(&self, variable: &str) -> Option<Secret> {
        let secret = Secret::new(self.env.get(variable)?);
        if secret.expose().is_empty() {
            return None;
        }
        self.masks.add(&secret);
        Some(secret)
    }
}

/// What a source needs to read.
#[derive(Clone)]
pub struct Desk {
    /// The network.
    pub network: Network,
    /// What the source must show; it waits as long as this says.
    pub rule: EvidenceRule,
    /// The repository that is judged: `github.com/acme/payments`.
    pub repository: Option<String>,
    /// The branch that is judged.
    pub branch: Option<String>,
    /// The commit that is judged.
    pub commit: Option<String>,
    /// Tells a waiting person how far it is.
    pub meter: Meter,
}

impl Desk {
    /// What is judged, to compare scans with.
    #[must_use]
    pub fn aim(&self) -> Aim<'_> {
        Aim { branch: self.branch.as_deref(), commit: self.commit.as_deref() }
    }
}

/// One step of trying a source out, for `findgate sources`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was tried: `reached`, `authenticated`, `project`, `scans`, `SAST findings`.
    pub name: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It works; what was seen.
    Good(String),
    /// It works, and something should be known.
    Odd(String),
    /// It does not work; why, and what to do.
    Bad(String),
}

impl Step {
    /// A step that works.
    #[must_use]
    pub fn good(name: impl Into<String>, seen: impl Into<String>) -> Step {
        Step { name: name.into(), outcome: Outcome::Good(seen.into()) }
    }

    /// A step that works, with something that should be known.
    #[must_use]
    pub fn odd(name: impl Into<String>, seen: impl Into<String>) -> Step {
        Step { name: name.into(), outcome: Outcome::Odd(seen.into()) }
    }

    /// A step that does not work.
    #[must_use]
    pub fn bad(name: impl Into<String>, why: impl Into<String>) -> Step {
        Step { name: name.into(), outcome: Outcome::Bad(why.into()) }
    }
}
