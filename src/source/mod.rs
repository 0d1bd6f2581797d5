//! Sources: each a folder that turns what it reads into findings and coverage.
//!
//! A source knows its own section of the policy, its wire format and the model. It knows no other source, no limit of the
//! policy and no output. The files beside the folders hold what several of them need: the account of a reading (`ledger`),
//! tolerant JSON (`scalar`), tokens (`session`), scans and waiting for them (`scans`), identifiers (`ids`, `purl`, `cvss`).

pub mod appsecplus;
mod collect;
mod cvss;
pub mod cybedefend;
mod desk;
mod fault;
mod ids;
mod ledger;
pub mod mayo;
pub mod mend;
mod names;
mod place;
mod purl;
pub mod sarif;
mod scalar;
mod scans;
mod session;
mod str;
#[cfg(test)]
mod test_section;
#[cfg(test)]
#[path = "../../tests/common/server.rs"]
mod test_server;

pub(crate) use self::str::Str;
pub use collect::{Told, collect, probe};
pub use desk::{Access, Desk, Outcome, Step, Unready};
pub use fault::Fault;
pub(crate) use names::Names;

use std::path::PathBuf;

use crate::finding::{Coverage, Finding};
use crate::policy::{Problem, Problems, SourceLanguage, SourceSection, quoted};

/// What a source gave: findings before merging, and how far it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// The findings, in any order.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub coverage: Coverage,
}

/// What each source adds to the policy language: the sections that `sources` may have.
pub const LANGUAGES: [SourceLanguage; 5] =
    [mend::LANGUAGE, mayo::LANGUAGE, cybedefend::LANGUAGE, appsecplus::LANGUAGE, sarif::LANGUAGE];

/// One source of the policy, as its section says.
#[derive(Clone, Debug)]
pub enum Plan {
    /// SARIF files.
    Sarif(sarif::Settings),
    /// Mend.
    Mend(mend::Settings),
    /// Mayo ASPM.
    Mayo(mayo::Settings),
    /// CybeDefend.
    Cybedefend(cybedefend::Settings),
    /// AppSec+.
    Appsecplus(appsecplus::Settings),
}

impl Plan {
    /// The source's name in the policy and in every output.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Plan::Sarif(settings) => &settings.name,
            Plan::Mend(_) => mend::NAME,
            Plan::Mayo(_) => mayo::NAME,
            Plan::Cybedefend(_) => cybedefend::NAME,
            Plan::Appsecplus(_) => appsecplus::NAME,
        }
    }

    /// What it is going to read, in the words of the policy.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        match self {
            Plan::Sarif(settings) => settings.files.iter().map(|selection| selection.path.clone()).collect(),
            Plan::Mend(settings) => settings.reads(),
            Plan::Mayo(settings) => settings.reads(),
            Plan::Cybedefend(settings) => settings.reads(),
            Plan::Appsecplus(settings) => settings.reads(),
        }
    }

    /// Makes it ready to be read: finds its credentials and its host, and sees to it that the one may be sent to the other.
    /// It asks nobody.
    ///
    /// # Errors
    /// If there are no credentials, or a setting is wrong.
    pub fn ready(&self, access: &Access<'_>) -> Result<Reader, Unready> {
        Ok(match self {
            Plan::Sarif(settings) => Reader::Sarif(settings.clone()),
            Plan::Mend(settings) => Reader::Mend(mend::ready(settings, access)?),
            Plan::Mayo(settings) => Reader::Mayo(mayo::ready(settings, access)?),
            Plan::Cybedefend(settings) => Reader::Cybedefend(cybedefend::ready(settings, access)?),
            Plan::Appsecplus(settings) => Reader::Appsecplus(appsecplus::ready(settings, access)?),
        })
    }
}

/// One source that is going to be read.
#[derive(Clone, Debug)]
pub enum Reader {
    /// SARIF files.
    Sarif(sarif::Settings),
    /// Mend.
    Mend(mend::Reader),
    /// Mayo ASPM.
    Mayo(mayo::Reader),
    /// CybeDefend.
    Cybedefend(cybedefend::Reader),
    /// AppSec+.
    Appsecplus(appsecplus::Reader),
    /// One that cannot be read, as is known before anybody is asked.
    Unread(Coverage),
}

impl Reader {
    /// The source's name in the policy and in every output.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Reader::Sarif(settings) => &settings.name,
            Reader::Mend(_) => mend::NAME,
            Reader::Mayo(_) => mayo::NAME,
            Reader::Cybedefend(_) => cybedefend::NAME,
            Reader::Appsecplus(_) => appsecplus::NAME,
            Reader::Unread(coverage) => &coverage.source,
        }
    }

    /// A source that cannot be read, and why.
    #[must_use]
    pub fn unread(source: &str, reason: String) -> Reader {
        Reader::Unread(Coverage::unread(source, reason))
    }

    /// What reads the findings of another branch. `judged` is the branch that is judged.
    ///
    /// # Errors
    /// If this source cannot tell them, and why: a sentence that begins with its name.
    pub fn for_branch(&self, branch: &str, judged: Option<&str>) -> Result<Reader, String> {
        let keeps_none = |what: &str| Err(format!("{} {what}", self.name()));
        match self {
            Reader::Sarif(_) => keeps_none("has files, which show what is judged and no other branch"),
            Reader::Mend(reader) => reader.for_branch(branch, judged).map(Reader::Mend),
            Reader::Mayo(_) => keeps_none("cannot be asked for the findings of a branch"),
            Reader::Cybedefend(reader) => Ok(Reader::Cybedefend(reader.for_branch(branch))),
            Reader::Appsecplus(_) => keeps_none("keeps no branches"),
            Reader::Unread(_) => Ok(self.clone()),
        }
    }

    /// Tells a source that reads files which of them this run is going to write.
    pub fn set_written(&mut self, files: &[PathBuf]) {
        if let Reader::Sarif(settings) = self {
            settings.written = files.to_vec();
        }
    }
}

/// Reads a section of the policy. `None` if it has problems, which are added.
#[must_use]
pub fn plan(section: &SourceSection, problems: &mut Problems) -> Option<Plan> {
    let SourceSection { name, place, evidence: _, section } = section;
    match name.as_str() {
        sarif::NAME => sarif::decode(section, place, problems).map(Plan::Sarif),
        mend::NAME => mend::decode(section, place, problems).map(Plan::Mend),
        mayo::NAME => mayo::decode(section, place, problems).map(Plan::Mayo),
        cybedefend::NAME => cybedefend::decode(section, place, problems).map(Plan::Cybedefend),
        appsecplus::NAME => appsecplus::decode(section, place, problems).map(Plan::Appsecplus),
        // A name of LANGUAGES without a reader here would be a source that is left out in silence.
        other => {
            let message = format!("the source {} has no reader in this version; please report this", quoted(other));
            problems.add(Problem::new(place, message));
            None
        }
    }
}
