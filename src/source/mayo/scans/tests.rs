use serde_json::{Value, json};

use super::*;

fn read(row: Value) -> Seen {
    let raw = RawValue::from_string(row.to_string()).unwrap();
    seen(&raw, &Chosen::default()).unwrap_or_else(|why| panic!("{why}")).value
}

#[test]
fn a_scan_has_every_fact_of_its_row() {
    let Seen { scan, began, created, .. } = read(json!({
        "id": "scan_a91e", "asset_id": "asset_55b0", "project_id": "proj_7f31c0", "scanner": "semgrep", "scanner_type": "sast",
        "rule_set": "default", "branch": "refs/heads/main", "commit_sha": "9f2c41d0", "trigger": "scheduled", "status": "completed",
        "created_at": "2026-04-20T03:38:40Z", "started_at": "2026-04-20T03:39:02Z", "completed_at": "2026-04-20T03:41:09Z",
        "finding_count": 12
    }));
    assert_eq!(
        (&*scan.engine, &*scan.origin, scan.target.as_deref()),
        ("semgrep (sast)", "scan_a91e", Some("asset_55b0"))
    );
    assert_eq!((scan.state, scan.status.as_deref()), (ScanState::Finished, Some("completed")));
    assert_eq!(scan.finished, Some("2026-04-20T03:41:09Z".parse().unwrap()));
    assert_eq!((scan.branch.as_deref(), scan.commit.as_deref(), scan.findings), (Some("main"), Some("9f2c41d0"), 12));
    assert_eq!(began, Some("2026-04-20T03:39:02Z".parse().unwrap()));
    assert_eq!(created, Some("2026-04-20T03:38:40Z".parse().unwrap()));
}

#[test]
fn a_scan_that_does_not_tell_its_end_is_never_taken_for_newer_than_it_is() {
    let time = "2026-04-20T03:38:40Z";
    let finished = |status: &str| read(json!({"id": 1, "status": status, "created_at": time})).scan.finished;
    assert_eq!(finished("completed"), Some(time.parse().unwrap()));
    assert_eq!(finished("failed"), Some(time.parse().unwrap()));
    assert_eq!(finished("running"), None);
    assert_eq!(finished("paused"), None);
    let odd = read(json!({"id": 1}));
    assert_eq!((odd.scan.state, &*odd.scan.engine), (ScanState::Unknown, "unnamed"));
    assert!(seen(&RawValue::from_string("{}".into()).unwrap(), &Chosen::default()).is_err());
}

#[test]
fn a_scan_that_never_ends_is_overtaken_by_a_later_one_of_the_same_branch_only() {
    let row = |id: &str, status: &str, began: &str, branch: &str| {
        read(
            json!({"id": id, "scanner": "grype", "asset": "a/b", "status": status, "branch": branch, "started_at": began, "completed_at": began}),
        )
    };
    let left = |rows: Vec<Seen>| -> Vec<String> {
        without_overtaken(rows).into_iter().map(|scan| scan.origin.to_string()).collect()
    };
    let (january, may) = ("2026-01-01T00:00:00Z", "2026-05-01T00:00:00Z");
    assert_eq!(left(vec![row("stuck", "running", january, "main"), row("new", "completed", may, "main")]), ["new"]);
    assert_eq!(left(vec![row("old", "failed", january, "main"), row("new", "completed", may, "main")]), ["old", "new"]);
    assert_eq!(
        left(vec![row("runs", "running", may, "main"), row("old", "completed", january, "main")]),
        ["runs", "old"]
    );
    assert_eq!(
        left(vec![row("runs", "running", january, "main"), row("pr", "completed", may, "fix/x")]),
        ["runs", "pr"]
    );
}
