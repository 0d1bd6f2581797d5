use super::*;

fn scan(state: ScanState, finished: Option<&str>) -> Scan {
    Scan {
        engine: "SAST".into(),
        version: None,
        origin: "scan-1".into(),
        target: Some("payments".into()),
        state,
        status: Some("WORD".into()),
        finished: finished.map(|time| time.parse().unwrap()),
        commit: None,
        branch: None,
        findings: 0,
    }
}

fn coverage(scans: Vec<Scan>) -> Coverage {
    Coverage {
        source: "mend".into(),
        state: State::Complete,
        reasons: Vec::new(),
        notes: Vec::new(),
        projects: Vec::new(),
        scans,
        tells_scans: true,
        pages: 1,
        read: 0,
        skipped: 0,
    }
}

fn judge(scans: Vec<Scan>, rule: &EvidenceRule, aim: Aim<'_>) -> (State, Vec<String>) {
    let evidence = weigh(coverage(scans), rule, aim, "2026-11-21T00:00:00Z".parse().unwrap());
    (evidence.coverage.state, evidence.coverage.reasons)
}

const OLD: Option<&str> = Some("2026-11-01T00:00:00Z");
const FRESH: Option<&str> = Some("2026-11-20T00:00:00Z");

#[test]
fn each_state_of_the_newest_scan_has_its_own_sentence() {
    let rule = EvidenceRule { max_age: Some(7 * 86_400), ..EvidenceRule::default() };
    for (newest, state, sentence) in [
        (scan(ScanState::Finished, FRESH), State::Complete, ""),
        (scan(ScanState::Finished, OLD), State::Stale, "ended 20 days ago, and the policy allows 7 days"),
        (scan(ScanState::Running, None), State::Partial, "is still running"),
        (scan(ScanState::Failed, FRESH), State::Partial, "failed (it says WORD)"),
        (scan(ScanState::Partial, FRESH), State::Partial, "ended, but not all of it (it says WORD)"),
        (scan(ScanState::Unknown, FRESH), State::Partial, "has ended is not known (it says WORD)"),
        (scan(ScanState::Finished, None), State::Partial, "does not tell when it ended"),
    ] {
        let (told, reasons) = judge(vec![newest], &rule, Aim::default());
        assert_eq!(told, state, "{reasons:?}");
        assert!(reasons.iter().all(|reason| reason.contains(sentence)), "{reasons:?} {sentence}");
        assert_eq!(reasons.is_empty(), state == State::Complete);
    }
}

#[test]
fn an_older_scan_does_not_stand_in_for_one_that_is_running() {
    let scans = vec![scan(ScanState::Finished, FRESH), scan(ScanState::Running, None)];
    assert_eq!(judge(scans, &EvidenceRule::default(), Aim::default()).0, State::Partial);
}

#[test]
fn every_engine_and_every_target_is_weighed_by_itself() {
    let rule = EvidenceRule { max_age: Some(7 * 86_400), ..EvidenceRule::default() };
    let other = Scan { engine: "SCA".into(), ..scan(ScanState::Finished, OLD) };
    assert_eq!(judge(vec![scan(ScanState::Finished, FRESH), other], &rule, Aim::default()).0, State::Stale);
    let newer = scan(ScanState::Finished, FRESH);
    assert_eq!(judge(vec![scan(ScanState::Finished, OLD), newer], &rule, Aim::default()).0, State::Complete);
}

#[test]
fn a_rule_about_commits_needs_a_scan_that_belongs() {
    let of = |branch: Option<&str>, commit: Option<&str>| Scan {
        branch: branch.map(Into::into),
        commit: commit.map(Into::into),
        ..scan(ScanState::Finished, FRESH)
    };
    let aim = Aim { branch: Some("feature/x"), commit: Some("0123456789abcdef0123456789abcdef01234567") };
    let head = EvidenceRule { commit: CommitRule::Head, ..EvidenceRule::default() };
    let branch = EvidenceRule { commit: CommitRule::Branch, ..EvidenceRule::default() };
    for (rule, scan, state, sentence) in [
        (head, of(None, Some("0123456789ABCDEF")), State::Complete, ""),
        (head, of(None, Some("012345")), State::Partial, "no scan of commit 0123456789abcdef"),
        (head, of(None, Some("fedcba9876543210")), State::Partial, "is of fedcba9876543210"),
        (head, of(None, None), State::Partial, "does not tell its commit"),
        (branch, of(Some("refs/heads/feature/x"), None), State::Complete, ""),
        (branch, of(Some("main"), None), State::Partial, "no scan of branch feature/x"),
        (branch, of(None, Some("0123456789abcdef")), State::Complete, ""),
        (branch, of(None, None), State::Partial, "does not tell its branch"),
    ] {
        let (told, reasons) = judge(vec![scan], &rule, aim);
        assert_eq!(told, state, "{reasons:?}");
        assert!(reasons.iter().all(|reason| reason.contains(sentence)), "{reasons:?} {sentence}");
    }
    let (_, reasons) = judge(vec![of(Some("main"), None)], &branch, Aim::default());
    assert!(reasons[0].contains("name it with --branch"), "{reasons:?}");
}

#[test]
fn without_any_scan_nothing_proves_what_is_asked_for() {
    let any = EvidenceRule::default();
    let aged = EvidenceRule { max_age: Some(1), ..any };
    let head = EvidenceRule { commit: CommitRule::Head, ..any };
    assert_eq!(judge(Vec::new(), &any, Aim::default()).0, State::Complete);
    assert_eq!(judge(Vec::new(), &aged, Aim::default()).0, State::Partial);
    assert_eq!(judge(Vec::new(), &head, Aim::default()).0, State::Partial);
}

#[test]
fn what_failed_to_be_read_stays_failed_and_is_told_once() {
    let mut failed = coverage(vec![scan(ScanState::Running, None)]);
    failed.state = State::Failed;
    failed.reasons = vec!["no".to_owned()];
    let evidence = weigh(failed, &EvidenceRule::default(), Aim::default(), Timestamp::UNIX_EPOCH);
    assert_eq!((evidence.coverage.state, evidence.coverage.reasons.len()), (State::Failed, 1));
}

#[test]
fn a_scan_that_ends_in_the_future_is_not_young_for_ever() {
    let rule = EvidenceRule { max_age: Some(7 * 86_400), ..EvidenceRule::default() };
    // The same day is: clocks differ, and a day is judged from its beginning.
    let today = scan(ScanState::Finished, Some("2026-11-21T23:00:00Z"));
    assert_eq!(judge(vec![today], &rule, Aim::default()).0, State::Complete);
    let (state, reasons) = judge(vec![scan(ScanState::Finished, Some("2099-01-01T00:00:00Z"))], &rule, Aim::default());
    assert_eq!(state, State::Partial);
    assert!(reasons[0].contains("is said to end on 2099-01-01T00:00:00Z"), "{reasons:?}");
}

#[test]
fn of_two_scans_at_the_same_time_the_one_that_proves_less_is_the_newest() {
    for time in [FRESH, None] {
        let bad = |state| Scan { origin: "scan-2".into(), ..scan(state, time) };
        for state in [ScanState::Failed, ScanState::Unknown, ScanState::Partial] {
            let scans = vec![scan(ScanState::Finished, time), bad(state)];
            assert_eq!(judge(scans, &EvidenceRule::default(), Aim::default()).0, State::Partial, "{state:?} {time:?}");
        }
    }
}

#[test]
fn a_fresh_run_of_a_file_does_not_hide_a_stale_one_of_the_same_tool() {
    let rule = EvidenceRule { max_age: Some(7 * 86_400), ..EvidenceRule::default() };
    let run = |time| Scan { target: None, origin: "reports/scan.sarif".into(), ..scan(ScanState::Finished, time) };
    assert_eq!(judge(vec![run(FRESH), run(FRESH)], &rule, Aim::default()).0, State::Complete);
    assert_eq!(judge(vec![run(FRESH), run(OLD)], &rule, Aim::default()).0, State::Stale);
}
