//! A vendor's scans: which of them the evidence rests on, and waiting for those that have not ended.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::{Desk, Fault};
use crate::finding::{Scan, ScanState};
use crate::policy::{Aim, CommitRule, EvidenceRule, series};

/// Reads the scans until none that counts is running any more, or the time that the policy gives is over, and gives those
/// that the evidence rests on. `read` reads them once.
pub(super) async fn settle<F, R>(desk: &Desk, mut read: F) -> Result<Vec<Scan>, Fault>
where
    F: FnMut() -> R,
    R: Future<Output = Result<Vec<Scan>, Fault>>,
{
    let started = Instant::now();
    // Something must be left of the run's time to read the findings.
    let budget = desk.network.deadline.saturating_duration_since(started).mul_f32(0.9);
    let end = started + Duration::from_secs(desk.rule.wait).min(budget);
    let mut pause = Duration::from_millis(500);
    loop {
        let scans = read().await?;
        let now = Instant::now();
        if now >= end || !is_worth_waiting(&scans, &desk.rule, desk.aim()) {
            return Ok(notable(scans, desk.aim()));
        }
        desk.meter.say("waiting for a scan");
        tokio::time::sleep_until((now + pause).min(end)).await;
        pause = (pause * 2).min(Duration::from_secs(30));
    }
}

/// Whether a scan that counts may still end, or begin.
fn is_worth_waiting(scans: &[Scan], rule: &EvidenceRule, aim: Aim<'_>) -> bool {
    let groups = series(scans);
    let newest =
        |group: &Vec<&Scan>| group.iter().find(|scan| aim.fits(scan, rule.commit) == Some(true)).map(|scan| scan.state);
    let running =
        groups.iter().filter_map(newest).any(|state| matches!(state, ScanState::Running | ScanState::Unknown));
    let missing = rule.commit != CommitRule::Any
        && groups.iter().all(|group| newest(group).is_none())
        && scans.iter().any(|scan| scan.commit.is_some() || scan.branch.is_some());
    running || missing
}

/// The scans that the evidence rests on: of each engine and target the newest, the newest that ended, and the newest of the
/// branch and of the commit that are judged. The rest is history.
pub(super) fn notable(scans: Vec<Scan>, aim: Aim<'_>) -> Vec<Scan> {
    let mut kept = Vec::new();
    for group in series(&scans) {
        let mut chosen: Vec<&Scan> = Vec::new();
        let first = |test: &dyn Fn(&Scan) -> bool| group.iter().copied().find(|scan| test(scan));
        for scan in [
            first(&|_| true),
            first(&|scan| scan.state == ScanState::Finished),
            first(&|scan| aim.fits(scan, CommitRule::Branch) == Some(true)),
            first(&|scan| aim.fits(scan, CommitRule::Head) == Some(true)),
        ]
        .into_iter()
        .flatten()
        {
            if !chosen.iter().any(|one| std::ptr::eq(*one, scan)) {
                chosen.push(scan);
            }
        }
        kept.extend(chosen.into_iter().cloned());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scan(engine: &str, origin: &str, state: ScanState, finished: Option<&str>, commit: Option<&str>) -> Scan {
        Scan {
            engine: engine.into(),
            version: None,
            origin: origin.into(),
            target: Some("payments".into()),
            state,
            status: None,
            finished: finished.map(|time| time.parse().unwrap()),
            commit: commit.map(Into::into),
            branch: None,
            findings: 0,
        }
    }

    #[test]
    fn of_a_long_history_only_what_the_evidence_rests_on_is_kept() {
        let mut scans: Vec<Scan> = (10..28)
            .map(|day| {
                scan("SAST", &format!("s{day}"), ScanState::Finished, Some(&format!("2026-01-{day}T00:00:00Z")), None)
            })
            .collect();
        scans.push(scan("SAST", "now", ScanState::Running, None, None));
        scans[3].commit = Some("0123456789abcdef".into());
        scans.push(scan("SCA", "other", ScanState::Failed, Some("2026-01-01T00:00:00Z"), None));
        let aim = Aim { branch: None, commit: Some("0123456") };
        let kept: Vec<String> = notable(scans, aim).into_iter().map(|scan| scan.origin.to_string()).collect();
        assert_eq!(kept, ["now", "s27", "s13", "other"]);
    }

    #[test]
    fn a_scan_is_waited_for_only_while_it_can_still_bring_something() {
        let rule = |commit| EvidenceRule { commit, ..EvidenceRule::default() };
        let aim = Aim { branch: None, commit: Some("0123456789") };
        let done = scan("SCA", "a", ScanState::Finished, Some("2026-01-01T00:00:00Z"), Some("abcdef0123"));
        let running = scan("SCA", "b", ScanState::Running, None, Some("0123456789"));
        assert!(!is_worth_waiting(std::slice::from_ref(&done), &rule(CommitRule::Any), aim));
        assert!(is_worth_waiting(&[done.clone(), running], &rule(CommitRule::Head), aim));
        assert!(is_worth_waiting(&[done], &rule(CommitRule::Head), aim), "the scan of this commit may still begin");
    }
}
