//! What a source must show before a pass is believed, and whether it did.

use jiff::Timestamp;

use crate::finding::{Coverage, Scan, ScanState, State};

use super::{Evidence, Requirement};

/// What the policy asks of one source: `evidence`, and the same keys inside the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvidenceRule {
    /// `required`.
    pub requirement: Requirement,
    /// `max_age`: the newest finished scan may not be older, in seconds. `None`: any age.
    pub max_age: Option<u64>,
    /// `commit`.
    pub commit: CommitRule,
    /// `wait`: how long a running scan is waited for, in seconds.
    pub wait: u64,
}

impl Default for EvidenceRule {
    /// What holds where the policy says nothing: the source is required, whatever its age and commit.
    fn default() -> EvidenceRule {
        EvidenceRule { requirement: Requirement::Required, max_age: None, commit: CommitRule::Any, wait: 0 }
    }
}

/// What a scan must belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CommitRule {
    /// Anything.
    Any,
    /// The branch that is judged.
    Branch,
    /// The commit that is judged.
    Head,
}

impl CommitRule {
    /// The name in the policy.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CommitRule::Any => "any",
            CommitRule::Branch => "branch",
            CommitRule::Head => "head",
        }
    }
}

/// What is judged: what a scan is compared with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Aim<'a> {
    /// The branch.
    pub branch: Option<&'a str>,
    /// The commit.
    pub commit: Option<&'a str>,
}

impl Aim<'_> {
    /// Whether a scan belongs to what is judged, as far as a rule asks. `None`: nobody can tell.
    #[must_use]
    pub fn fits(&self, scan: &Scan, rule: CommitRule) -> Option<bool> {
        let same_commit = || Some(is_same_commit(scan.commit.as_deref()?, self.commit?));
        match rule {
            CommitRule::Any => Some(true),
            CommitRule::Head => same_commit(),
            CommitRule::Branch => match (scan.branch.as_deref(), self.branch) {
                (Some(scanned), Some(branch)) => Some(short_branch(scanned) == short_branch(branch)),
                // A scan of the very commit is one of the branch that has it.
                _ => same_commit().filter(|same| *same),
            },
        }
    }
}

/// The branch's own name, as scans are compared by it: `main` of `refs/heads/main`.
#[must_use]
pub fn short_branch(branch: &str) -> &str {
    branch.strip_prefix("refs/heads/").unwrap_or(branch)
}

/// Whether two ids name one commit: they are equal, or one is the beginning of the other, of at least seven digits.
#[must_use]
pub fn is_same_commit(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let is_id = short.len() >= 7 && short.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id && long.get(..short.len()).is_some_and(|head| head.eq_ignore_ascii_case(short))
}

/// The newest scans of one engine and one target, the newest first: what a rule about time or state looks at.
///
/// A scan without a time that has not ended is the newest; one without a time that has ended is the oldest. What a file holds
/// has no history: each of its runs is a part of what was found, so each is looked at.
#[must_use]
pub fn series(scans: &[Scan]) -> Vec<Vec<&Scan>> {
    let key = |scan: &Scan| match &scan.target {
        Some(target) => (target.clone(), scan.engine.clone()),
        None => (scan.origin.clone(), scan.engine.clone()),
    };
    let mut sorted: Vec<&Scan> = scans.iter().collect();
    sorted.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| newest_first(a, b)));
    let is_one = |a: &&Scan, b: &&Scan| a.target.is_some() && key(a) == key(b);
    sorted.chunk_by(is_one).map(<[&Scan]>::to_vec).collect()
}

/// The order of scans in time.
#[must_use]
pub fn newest_first(a: &Scan, b: &Scan) -> std::cmp::Ordering {
    let when = |scan: &Scan| match (scan.finished, scan.state) {
        (Some(time), _) => time,
        (None, ScanState::Running | ScanState::Unknown) => Timestamp::MAX,
        (None, _) => Timestamp::MIN,
    };
    // Of two at the same time the one that proves less goes first. What is left only makes the order total, so that the order
    // of telling changes nothing.
    let rest = |scan: &Scan| {
        let state = std::cmp::Reverse(scan.state);
        (state, scan.origin.clone(), scan.branch.clone(), scan.commit.clone(), scan.status.clone())
    };
    when(b).cmp(&when(a)).then_with(|| rest(a).cmp(&rest(b)))
}

/// So many seconds a scan may end after the time that is judged: clocks differ, and `--as-of` with a day means its beginning.
const MOST_AHEAD: i64 = 86_400;

/// Weighs what a source showed by what the policy asks of it. What was not proven lowers the state; each reason is told.
#[must_use]
pub fn weigh(mut coverage: Coverage, rule: &EvidenceRule, aim: Aim<'_>, as_of: Timestamp) -> Evidence {
    let mut told = Vec::new();
    if coverage.state != State::Failed {
        if coverage.scans.is_empty() {
            no_scans(&coverage, rule, &mut told);
        }
        for series in series(&coverage.scans) {
            weigh_series(&series, rule, aim, as_of, &mut told);
        }
    }
    told.sort_by_key(|(state, _)| std::cmp::Reverse(*state));
    if let Some((worst, _)) = told.first() {
        coverage.state = coverage.state.max(*worst);
    }
    coverage.reasons.extend(told.into_iter().map(|(_, reason)| reason));
    Evidence { coverage, requirement: rule.requirement }
}

fn no_scans(coverage: &Coverage, rule: &EvidenceRule, told: &mut Vec<(State, String)>) {
    let asks = match (rule.max_age, rule.commit) {
        (Some(_), _) => "`max_age`",
        (None, CommitRule::Branch | CommitRule::Head) => "`commit`",
        (None, CommitRule::Any) => return,
    };
    let what = if coverage.tells_scans { "it shows no scan" } else { "it does not tell its scans" };
    told.push((State::Partial, format!("{what}, so nothing proves what {asks} of the policy asks for")));
}

fn weigh_series(
    series: &[&Scan],
    rule: &EvidenceRule,
    aim: Aim<'_>,
    as_of: Timestamp,
    told: &mut Vec<(State, String)>,
) {
    let Some(newest) = series.first() else { return };
    let belongs = |scan: &&&Scan| aim.fits(scan, rule.commit) == Some(true);
    let Some(scan) = series.iter().find(belongs).copied() else {
        told.push((State::Partial, not_of_this(newest, rule.commit, aim)));
        return;
    };
    let name = name(scan);
    match scan.state {
        ScanState::Finished => {}
        // Of a file the reader told already what is wrong with its run.
        _ if scan.target.is_none() => {}
        ScanState::Running => {
            let wait = if rule.wait > 0 { "`wait` was too short for it" } else { "`wait` in the policy waits for it" };
            told.push((State::Partial, format!("{name} is still running, so its results are not all there; {wait}")));
            return;
        }
        ScanState::Partial => {
            told.push((State::Partial, format!("{name} ended, but not all of it{}", word(scan))));
            return;
        }
        ScanState::Failed => {
            told.push((State::Partial, format!("{name} failed{}; what it would have found is not known", word(scan))));
            return;
        }
        ScanState::Unknown => {
            told.push((State::Partial, format!("whether {name} has ended is not known{}", word(scan))));
            return;
        }
    }
    let Some(max_age) = rule.max_age else { return };
    match scan.finished {
        Some(finished) => {
            let age = as_of.duration_since(finished).as_secs();
            // A time that is still to come would be young for ever.
            if age < -MOST_AHEAD {
                told.push((
                    State::Partial,
                    format!(
                        "{name} is said to end on {finished}, after the time that is judged ({as_of}), so nothing proves what \
                         `max_age` of the policy asks for"
                    ),
                ));
            }
            if u64::try_from(age).unwrap_or(0) > max_age {
                let (age, most) = (span(u64::try_from(age).unwrap_or(0)), span(max_age));
                told.push((State::Stale, format!("{name} ended {age} ago, and the policy allows {most} (`max_age`)")));
            }
        }
        None => told.push((
            State::Partial,
            format!("{name} does not tell when it ended, so nothing proves what `max_age` of the policy asks for"),
        )),
    }
}

fn not_of_this(newest: &Scan, rule: CommitRule, aim: Aim<'_>) -> String {
    let name = name(newest);
    let (what, wanted, scanned) = match rule {
        CommitRule::Branch => ("branch", aim.branch, newest.branch.as_deref()),
        CommitRule::Head | CommitRule::Any => ("commit", aim.commit, newest.commit.as_deref()),
    };
    match (wanted, scanned) {
        (None, _) => format!(
            "the {what} that is judged is not known, so nothing proves what `commit: {}` of the policy asks for; name it with \
             --{what}",
            rule.name()
        ),
        (Some(wanted), Some(scanned)) => {
            format!("no scan of {what} {wanted}: {name} is of {scanned} (`commit: {}`)", rule.name())
        }
        (Some(wanted), None) => format!(
            "{name} does not tell its {what}, so nothing proves that {wanted} was scanned (`commit: {}`)",
            rule.name()
        ),
    }
}

/// `the newest SAST scan of payments`.
fn name(scan: &Scan) -> String {
    match &scan.target {
        Some(target) => format!("the newest {} scan of {target}", scan.engine),
        None => format!("the {} scan in {}", scan.engine, scan.origin),
    }
}

fn word(scan: &Scan) -> String {
    scan.status.as_ref().map(|status| format!(" (it says {status})")).unwrap_or_default()
}

/// For people: `3 days`, `5 hours`.
fn span(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests;
