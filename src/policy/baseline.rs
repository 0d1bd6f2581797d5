//! What the comparison with a baseline means to an evaluation.

use jiff::Timestamp;

use crate::finding::{Finding, State, Way};

use super::{Candidate, Disposition, Evaluation, Evidence, Judged, Limit, Resolved, Violation};

/// The name under which a baseline that was named and could not be read stands in the evidence. No source has it.
pub const BASELINE: &str = "baseline";

/// The baseline that findings were compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Baseline {
    /// Its file as it was named.
    pub file: String,
    /// `sha256:` and the digest of its bytes, where it is a file.
    pub digest: Option<String>,
    /// When the sources were read for it.
    pub taken: Option<Timestamp>,
    /// The commit that it was taken for.
    pub commit: Option<String>,
    /// How many findings it holds.
    pub known: u64,
    /// How many findings of this run are among them.
    pub matched: u64,
    /// How many are not, without those that their source calls fixed.
    pub new: u64,
    /// What a reader should know of it, a sentence each.
    pub notes: Vec<String>,
    /// How each finding was recognized; beside [`Evaluation::findings`].
    pub ways: Vec<Option<Way>>,
}

#[cfg(test)]
impl Baseline {
    /// One that knows nothing, for the tests of formats.
    pub(crate) fn sample() -> Baseline {
        Baseline {
            file: "::error::b.json".to_owned(),
            digest: Some(format!("sha256:{}", "cd".repeat(32))),
            taken: Some(Timestamp::UNIX_EPOCH),
            commit: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
            known: 7,
            matched: 0,
            new: 5,
            notes: vec!["the source mend was partial\n::error::x [a](b)".to_owned()],
            ways: Vec::new(),
        }
    }
}

impl Evaluation {
    /// Tells of the baseline that the findings were compared with before they were evaluated. What it knows and no violated
    /// limit counts has a disposition of its own.
    #[must_use]
    pub fn compared(mut self, baseline: Baseline) -> Evaluation {
        for judged in &mut self.findings {
            if judged.disposition == Disposition::Allowed && judged.finding.new == Some(false) {
                judged.disposition = Disposition::Baseline;
            }
        }
        self.warnings.extend(baseline.notes.iter().map(|note| format!("baseline {}: {note}", baseline.file)));
        self.baseline = Some(baseline);
        self
    }

    /// How the baseline recognized a finding.
    #[must_use]
    pub fn way(&self, finding: &Finding) -> Option<Way> {
        let at = self.findings.binary_search_by_key(&finding.fingerprint, |judged| judged.finding.fingerprint).ok()?;
        *self.baseline.as_ref()?.ways.get(at)?
    }
}

/// Takes out the violations that rest on nobody having told what is new, where a baseline would have told it and was not
/// read: they are neither proven nor ruled out. Its evidence says which they are, so that the verdict is undecided.
pub(super) fn without_baseline(
    policy: &Resolved,
    judged: &[Judged],
    as_of: Timestamp,
    violations: &mut Vec<Violation>,
    evidence: &mut [Evidence],
) -> Vec<String> {
    let unread =
        |evidence: &&mut Evidence| *evidence.coverage.source == *BASELINE && evidence.coverage.state != State::Complete;
    let Some(baseline) = evidence.iter_mut().find(unread) else { return Vec::new() };
    let rests_on_it = |violation: &mut Violation| {
        let limit = policy.limits.iter().find(|limit| limit.name == violation.rule);
        let is_certain = |at: &&u32| {
            let judged = &judged[**at as usize];
            limit.is_some_and(|limit| counts_either_way(limit, judged, as_of))
        };
        violation.findings.iter().filter(is_certain).count() as u64 <= violation.allowed
    };
    let undecided: Vec<String> = violations.extract_if(.., rests_on_it).map(|violation| violation.rule).collect();
    if !undecided.is_empty() {
        let rules = undecided.join(", ");
        baseline.coverage.reasons.push(format!("without it nobody knows what is new, so it is not decided: {rules}"));
    }
    undecided
}

/// Whether a limit that counts a finding would do so were it known to be new, and were it known not to be.
fn counts_either_way(limit: &Limit, judged: &Judged, as_of: Timestamp) -> bool {
    judged.finding.new.is_some()
        || [true, false].into_iter().all(|new| {
            let finding = Finding { new: Some(new), ..judged.finding.clone() };
            let candidate = Candidate { finding: &finding, severity: judged.severity, as_of };
            limit.subject.counts(&candidate, &mut Vec::new())
        })
}
