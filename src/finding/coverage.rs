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
    /// All of them, the best first.
    pub const ALL: [State; 4] = [State::Complete, State::Stale, State::Partial, State::Failed];

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

    /// What is said of a source in that state, after its name: `mend is partial`, `sarif failed`.
    #[must_use]
    pub fn said(self) -> &'static str {
        match self {
            State::Complete => "is complete",
            State::Stale => "is stale",
            State::Partial => "is partial",
            State::Failed => "failed",
        }
    }

    /// Reads [`State::name`], exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<State> {
        Self::ALL.into_iter().find(|state| state.name() == name)
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
    /// The vendor's projects that were read, by name; empty for files.
    pub projects: Vec<Text>,
    /// The scans that were read, in a fixed order. Of a vendor's history only those that the evidence rests on: the newest of
    /// each engine, and those of the branch and commit that are judged.
    pub scans: Vec<Scan>,
    /// Whether the source tells its scans at all. `false`: how old the findings are, and of which commit, nobody knows.
    pub tells_scans: bool,
    /// Answers of a server that were read, or files.
    pub pages: u64,
    /// Findings read, before merging; what the scanner itself calls no finding (`kind: pass`) is not among them.
    pub read: u64,
    /// Rows that could not be read. More than none makes the source partial.
    pub skipped: u64,
}

impl Coverage {
    /// That of a source of which nothing was read, and why.
    #[must_use]
    pub fn unread(source: &str, reason: String) -> Coverage {
        Coverage {
            source: source.into(),
            state: State::Failed,
            reasons: vec![reason],
            notes: Vec::new(),
            projects: Vec::new(),
            scans: Vec::new(),
            tells_scans: false,
            pages: 0,
            read: 0,
            skipped: 0,
        }
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScanState {
    /// It ended well.
    Finished,
    /// It ended, and the source says that something is missing.
    Partial,
    /// It has not ended.
    Running,
    /// It ended without a result.
    Failed,
    /// The source's word is one that nobody knows.
    Unknown,
}

impl ScanState {
    /// All of them.
    pub const ALL: [ScanState; 5] =
        [ScanState::Finished, ScanState::Partial, ScanState::Running, ScanState::Failed, ScanState::Unknown];

    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ScanState::Finished => "finished",
            ScanState::Partial => "partial",
            ScanState::Running => "running",
            ScanState::Failed => "failed",
            ScanState::Unknown => "unknown",
        }
    }

    /// Reads [`ScanState::name`], exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<ScanState> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
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
    /// What it looked at, where a vendor tells: its project, repository or image. Scans of one engine and one target follow
    /// one another; the newest counts.
    pub target: Option<Text>,
    /// How it ended, as we understand the source's word.
    pub state: ScanState,
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
