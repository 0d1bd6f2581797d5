//! What was looked at: the evidence that a verdict rests on.

use super::Text;

/// How far a source was read. Ordered: the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Everything was read.
    Complete,
    /// Read, but the newest scan is older than the policy allows.
    Stale,
    /// Some of it was read; something is missing and it is said what.
    Partial,
    /// Nothing that could be trusted was read.
    Failed,
}

impl State {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Complete => "complete",
            State::Stale => "stale",
            State::Partial => "partial",
            State::Failed => "failed",
        }
    }
}

/// What one source showed, counts of what was read from it included.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    /// The source in the policy.
    pub source: Text,
    /// The worst that happened while reading it.
    pub state: State,
    /// Why it is not complete, a sentence each, worst first; empty when complete. Each says what to do where that is known.
    pub reasons: Vec<String>,
    /// What a reader should know although it harms nothing, a sentence each.
    pub notes: Vec<String>,
    /// The scans that were read, in a fixed order.
    pub scans: Vec<Scan>,
    /// Findings read, before merging; what the scanner itself calls no finding (`kind: pass`) is not among them.
    pub read: u64,
    /// Rows that could not be read. More than none makes the source partial.
    pub skipped: u64,
}

/// One scan: for SARIF, one run in one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The scanner: `Semgrep`.
    pub engine: Text,
    /// Its version.
    pub version: Option<Text>,
    /// The file it was read from, or the vendor's id of the scan.
    pub origin: Text,
    /// The source's word on how it ended.
    pub status: Option<Text>,
    /// When it ended, UTC.
    pub finished: Option<jiff::Timestamp>,
    /// The commit it looked at.
    pub commit: Option<Text>,
    /// The branch it looked at.
    pub branch: Option<Text>,
    /// Findings read from it.
    pub findings: u64,
}
