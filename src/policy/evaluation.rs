//! What an evaluation says: the verdict and everything that it rests on, as plain data.

use crate::finding::{Coverage, Excuse, Finding, Fingerprint, Kind, Severity, State};

use super::{Baseline, Enforcement, Place};

/// Whether a pass needs a source to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A source that is not complete makes the run undecided.
    Required,
    /// A source that is not complete is a warning.
    Optional,
}

impl Requirement {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Requirement::Required => "required",
            Requirement::Optional => "optional",
        }
    }

    /// Whether the verdict lacks a source that was read so far.
    #[must_use]
    pub fn lacks(self, state: State) -> bool {
        self == Requirement::Required && state != State::Complete
    }
}

/// What one source showed, and whether a pass needs it.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What it showed.
    pub coverage: Coverage,
    /// What the policy asks of it.
    pub requirement: Requirement,
}

/// A feed of `enrich` whose facts were used.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedUse {
    /// The key in `enrich`: `kev`, `epss`.
    pub name: &'static str,
    /// The path or address that the policy names.
    pub from: String,
    /// When it was made, as it says itself.
    pub date: jiff::Timestamp,
    /// How many vulnerabilities it holds.
    pub entries: u64,
    /// The findings that it told the fact, sorted.
    pub told: Vec<Fingerprint>,
}

impl FeedUse {
    /// Whether it told a finding the fact.
    #[must_use]
    pub fn told(&self, finding: &Finding) -> bool {
        self.told.binary_search(&finding.fingerprint).is_ok()
    }
}

/// The answer to "may this go on?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything required was seen, and the policy holds.
    Pass,
    /// The policy is violated, whatever else was not seen.
    Fail,
    /// No violation was seen, but not everything required was seen.
    Undecided,
}

impl Verdict {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Undecided => "undecided",
        }
    }
}

/// Where a finding landed. Every finding lands in exactly one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// It is among the findings of a violated `deny` limit.
    Violation,
    /// It is among the findings of a violated `warn` limit only.
    Warning,
    /// It counts, within every limit.
    Allowed,
    /// The same, and the baseline knows it.
    Baseline,
    /// A waiver answers for it.
    Waived,
    /// Its sources do not call it open.
    Excused,
}

impl Disposition {
    /// All, in the order of reports.
    pub const ALL: [Disposition; 6] = [
        Disposition::Violation,
        Disposition::Warning,
        Disposition::Allowed,
        Disposition::Baseline,
        Disposition::Waived,
        Disposition::Excused,
    ];

    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Disposition::Violation => "violation",
            Disposition::Warning => "warning",
            Disposition::Allowed => "allowed",
            Disposition::Baseline => "baseline",
            Disposition::Waived => "waived",
            Disposition::Excused => "excused",
        }
    }
}

/// A finding and what became of it.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// The severity that counted: the finding's own, or the policy's `unknown_severity`.
    pub severity: Severity,
    /// Where it landed.
    pub disposition: Disposition,
    /// The violated limits that count it: indices into [`Evaluation::violations`], ascending.
    pub violations: Vec<u32>,
    /// The waiver that answers for it: an index into [`Evaluation::waivers`].
    pub waiver: Option<u32>,
    /// Of what counts, the first waiver that is about it and does not excuse it: an index as well.
    pub unwaived: Option<u32>,
    /// Why its sources excuse it.
    pub excuse: Option<Excuse>,
}

/// A violated limit, or a rule for waivers that is violated: that one counts waivers, and no findings.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The limit's name: `thresholds.sca.high`, or `waivers.unused`.
    pub rule: String,
    /// The rule's description.
    pub description: Option<String>,
    /// Where it stands in the policy.
    pub place: Place,
    /// Deny or warn, on the day that is judged.
    pub enforcement: Enforcement,
    /// The day from which it denies, where that lies ahead.
    pub denies_from: Option<jiff::civil::Date>,
    /// How many findings it allows.
    pub allowed: u64,
    /// How many it counted: findings, or waivers where `findings` is empty.
    pub found: u64,
    /// The findings it counted: indices into [`Evaluation::findings`], worst first.
    pub findings: Vec<u32>,
    /// Facts that no source told and that were counted as true, with how many findings each: `epss: 12 findings`.
    pub unknown: Vec<(&'static str, u64)>,
}

/// What became of a waiver.
#[derive(Clone, Debug)]
pub struct WaiverOutcome {
    /// `id`.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// What it matches, as written.
    pub matches: String,
    /// `reason`.
    pub reason: String,
    /// `owner`.
    pub owner: Option<String>,
    /// `ticket`.
    pub ticket: Option<String>,
    /// `approved_by`.
    pub approved_by: Option<String>,
    /// `expires`; of a VEX statement the last day that `max_life` gives it.
    pub expires: Option<jiff::civil::Date>,
    /// What it did.
    pub state: WaiverState,
    /// How many findings it answers for (or would, if it had not expired).
    pub matched: u64,
    /// The word of the VEX statement that it was made of: `not_affected`.
    pub vex: Option<String>,
    /// Why it excuses nothing, or less than it matches, where its state does not tell: `there is no finding of CVE-2021-23337`.
    pub because: Option<String>,
}

/// What a waiver did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiverState {
    /// It excuses what it matches.
    Active,
    /// It does, and expires within 14 days (of days left, 0 being today).
    Expiring {
        /// Days left.
        days: u32,
    },
    /// Its day has passed: it excuses nothing.
    Expired,
    /// It matches nothing.
    Unused,
    /// It names a package only, and the package has several vulnerabilities: it excuses nothing.
    TooBroad {
        /// How many vulnerabilities it would hide.
        vulnerabilities: u32,
    },
    /// It reaches further than `max_life` allows for some of what it matches: those it does not excuse.
    TooLong {
        /// How many it does not excuse.
        findings: u32,
        /// The last day that is allowed for all of them.
        until: jiff::civil::Date,
    },
    /// A VEX statement that matches and does not hold: it lacks what the policy demands, or a later one overtook it.
    Refused,
}

impl WaiverState {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            WaiverState::Active => "active",
            WaiverState::Expiring { .. } => "expiring",
            WaiverState::Expired => "expired",
            WaiverState::Unused => "unused",
            WaiverState::TooBroad { .. } => "too-broad",
            WaiverState::TooLong { .. } => "too-long",
            WaiverState::Refused => "refused",
        }
    }
}

/// Findings that count (not waived, not excused) of one kind, by the severity their source told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Critical.
    pub critical: u64,
    /// High.
    pub high: u64,
    /// Medium.
    pub medium: u64,
    /// Low.
    pub low: u64,
    /// Info.
    pub info: u64,
    /// Not told.
    pub unknown: u64,
}

/// Everything that was decided, and from what. Reports read it; none may change it.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// The verdict.
    pub verdict: Verdict,
    /// All findings, ordered by fingerprint.
    pub findings: Vec<Judged>,
    /// The findings in the order in which people read them, the worst first: indices into `findings`.
    pub ranked: Vec<u32>,
    /// The violated limits: deny before warn, then in the order of the policy.
    pub violations: Vec<Violation>,
    /// Every limit that was evaluated, by name: how many rules stand behind a pass.
    pub limits: Vec<String>,
    /// Those of them that are neither violated nor held, because they ask what is new and the baseline was not read.
    pub undecided: Vec<String>,
    /// All waivers, in the order of the policy.
    pub waivers: Vec<WaiverOutcome>,
    /// What each source showed, by name.
    pub evidence: Vec<Evidence>,
    /// The feeds whose facts were used, in the order of `enrich`.
    pub feeds: Vec<FeedUse>,
    /// The baseline that the findings were compared with.
    pub baseline: Option<Baseline>,
    /// Of each source, how many of its findings counted (neither waived nor excused); beside `evidence`.
    pub open: Vec<u64>,
    /// The counts of each kind, in the order of [`Kind::ALL`].
    pub counts: Vec<(Kind, Counts)>,
    /// What a reader must know beside the verdict, a sentence each: waivers that expire, optional sources that failed.
    pub warnings: Vec<String>,
    /// Those of `warnings` that nothing else here tells: where the policy came from, which files of waivers do not count.
    pub besides: Vec<String>,
    /// The one of `warnings` that says that no limit looks at some findings, because nobody knows their kind.
    pub unseen: Option<String>,
}

impl Evaluation {
    /// The findings that landed there, the worst first.
    pub fn with(&self, disposition: Disposition) -> impl Iterator<Item = &Judged> {
        let ranked = self.ranked.iter().filter_map(|&number| self.findings.get(number as usize));
        ranked.filter(move |judged| judged.disposition == disposition)
    }
}

impl Judged {
    /// Whether limits look at it.
    #[must_use]
    pub fn counts(&self) -> bool {
        !matches!(self.disposition, Disposition::Waived | Disposition::Excused)
    }
}
