//! Tests of a policy: files of cases, each with evidence and what the policy must make of it.
//!
//! It knows the form of such a file and what a case says. Running cases is `run::cases`.

mod decode;
pub mod language;

use std::path::{Component, Path, PathBuf};

use jiff::Timestamp;

use crate::event::Event;
use crate::policy::{Place, Verdict};
use crate::source::sarif::Selection;

pub use decode::decode;

/// How the name of such a file ends. A file with the other ending of YAML that is not run would look as if its cases held.
pub const ENDINGS: [&str; 2] = [".test.yml", ".test.yaml"];
/// Where such files are looked for besides beside the policy.
pub const FOLDER: &str = ".findgate/tests";

/// A file of cases.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// `policy`, relative to the folder of the file; or `preset:NAME`.
    pub policy: Option<String>,
    /// `cases`, in the order of the file; at least one.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// `name`, unique within the file.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// `sarif` or `snapshot`.
    pub shown: Shown,
    /// `as_of`: the day that is judged.
    pub as_of: Timestamp,
    /// `repository`.
    pub repository: Option<String>,
    /// `branch`: the one that overrides go by.
    pub branch: Option<String>,
    /// `commit`.
    pub commit: Option<String>,
    /// `event`.
    pub event: Option<Event>,
    /// `environment`.
    pub environment: Option<String>,
    /// `baseline`, relative to the folder of the file.
    pub baseline: Option<String>,
    /// `expect`.
    pub expect: Expected,
}

/// What a case shows the policy; paths are relative to the folder of the file.
#[derive(Clone, Debug)]
pub enum Shown {
    /// `sarif`: files, as one source that must be complete.
    Sarif(Vec<Selection>),
    /// `snapshot`: a snapshot.
    Snapshot(String),
}

/// What a policy must make of it. What is `None` may be anything.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// `verdict`.
    pub verdict: Option<Verdict>,
    /// `violated`: exactly these rules, whether they deny or warn.
    pub violated: Option<Vec<String>>,
    /// `waived`: exactly these waivers answer for a finding.
    pub waived: Option<Vec<String>>,
    /// `not_read`: exactly these sources are not complete.
    pub not_read: Option<Vec<String>>,
}

impl Expected {
    /// The sources that must not be complete. A case that does not say it expects that everything was read, unless it expects
    /// that nothing could be decided: evidence that is missing by mistake must not look like a policy that holds.
    #[must_use]
    pub fn unread(&self) -> Option<&[String]> {
        match &self.not_read {
            Some(names) => Some(names),
            None if self.verdict == Some(Verdict::Undecided) => None,
            None => Some(&[]),
        }
    }
}

/// A path that a file of cases names, from where the file itself is named: `a/policy.yml` for `policy.yml` in `a/x.test.yml`.
#[must_use]
pub fn beside(file: &Path, named: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in file.parent().unwrap_or(Path::new("")).join(named).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests;
