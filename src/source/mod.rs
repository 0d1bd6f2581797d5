//! Sources: each a folder that turns what it reads into findings and coverage.
//!
//! A source knows its own section of the policy, its wire format and the model. It knows no other source, no limit of the
//! policy and no output.

pub mod sarif;

use std::path::{Path, PathBuf};

use crate::finding::{Coverage, Finding};
use crate::policy::{Problem, Problems, SourceLanguage, SourceSection, quoted};
use crate::progress::Progress;

/// What a source gave: findings before merging, and how far it was read.
#[derive(Clone, Debug)]
pub struct Collected {
    /// The findings, in any order.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What each source adds to the policy language: the sections that `sources` may have.
pub const LANGUAGES: [SourceLanguage; 1] = [sarif::LANGUAGE];

/// One source that is going to be read.
#[derive(Clone, Debug)]
pub enum Plan {
    /// SARIF files.
    Sarif(sarif::Settings),
}

impl Plan {
    /// The source's name in the policy and in every output.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Plan::Sarif(settings) => &settings.name,
        }
    }

    /// What it is going to read, in the words of the policy.
    pub fn reads(&self) -> impl Iterator<Item = &str> {
        match self {
            Plan::Sarif(settings) => settings.files.iter().map(|selection| selection.path.as_str()),
        }
    }

    /// Tells a source that reads files which of them this run is going to write.
    pub fn set_written(&mut self, files: &[PathBuf]) {
        match self {
            Plan::Sarif(settings) => settings.written = files.to_vec(),
        }
    }
}

/// Reads a section of the policy. `None` if it has problems, which are added.
#[must_use]
pub fn plan(section: &SourceSection, problems: &mut Problems) -> Option<Plan> {
    match section.name.as_str() {
        sarif::NAME => sarif::decode(&section.section, &section.place, problems).map(Plan::Sarif),
        // A name of LANGUAGES without a reader here would be a source that is left out in silence.
        other => {
            let message = format!("the source {} has no reader in this version; please report this", quoted(other));
            problems.add(Problem::new(&section.place, message));
            None
        }
    }
}

/// Reads a source. It does not fail: what could not be read is said in the coverage.
#[must_use]
pub fn collect(plan: &Plan, folder: &Path, progress: &Progress) -> Collected {
    match plan {
        Plan::Sarif(settings) => sarif::collect(settings, folder, progress),
    }
}
