//! The scans of the application.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::api::Api;
use super::application::Application;
use super::list::{Extent, Seen};
use super::route::read_of;
use super::wire;
use crate::finding::{Scan, ScanState, Text};
use crate::policy::newest_first;
use crate::source::names::one_line;
use crate::source::scalar::Scalar;
use crate::source::{Desk, Fault};

/// What the scans tell.
#[derive(Debug, Default)]
pub(super) struct Scans {
    /// Those that the evidence rests on.
    pub(super) notable: Vec<Scan>,
    /// The type of each, in small letters, by its id.
    pub(super) types: HashMap<String, Text>,
    /// The types of which one ended well.
    pub(super) finished: BTreeSet<Text>,
    /// What the newest of a type that ended well says it found, where that is more than nothing.
    pub(super) found: Option<(Text, u64)>,
    /// How many there are.
    pub(super) count: usize,
    /// How many rows were of other applications.
    pub(super) foreign: u64,
    /// Rows that could not be read, and why.
    pub(super) broken: Vec<String>,
    /// How far the list was read.
    pub(super) extent: Extent,
}

/// Reads the scans, and waits for those that are running as long as the policy allows.
pub(super) async fn read(api: &Api<'_>, application: &Application, desk: &Desk) -> Result<Scans, Fault> {
    // Every reading replaces the one before it; only answers are counted through.
    let last = RefCell::new(Scans::default());
    let once = || async {
        let (scans, list) = read_once(api, application).await?;
        let pages = last.borrow().extent.pages;
        let mut place = last.borrow_mut();
        *place = scans;
        place.extent.pages += pages;
        Ok(list)
    };
    let notable = crate::source::scans::settle(desk, once).await?;
    Ok(Scans { notable, ..last.into_inner() })
}

async fn read_once(api: &Api<'_>, application: &Application) -> Result<(Scans, Vec<Scan>), Fault> {
    let mut scans = Scans::default();
    let mut rows: Vec<(wire::Scan, Scan)> = Vec::new();
    let mut seen = HashMap::new();
    let mut extent = Extent::default();
    read_of(api, application, "scans", &mut extent, |row: &RawValue, is_flat| {
        let row: wire::Scan = match serde_json::from_str(row.get()) {
            Ok(row) => row,
            Err(error) => {
                scans.broken.push(error.to_string());
                return Seen::New;
            }
        };
        let Some(id) = row.id.word().map(std::borrow::Cow::into_owned) else {
            scans.broken.push("it has no id".to_owned());
            return Seen::New;
        };
        // One that is told again with other facts changed while pages were read; both are looked at.
        let content = row_content(&row);
        let told = match seen.get(&id) {
            None => Seen::New,
            Some(known) if *known == content => return Seen::Known,
            Some(_) => Seen::Known,
        };
        seen.insert(id.clone(), content);
        match row.application_id.word() {
            Some(of) if of != application.id => {
                scans.foreign += 1;
                return told;
            }
            None if is_flat => {
                scans.broken.push("it does not say which application it is of".to_owned());
                return told;
            }
            _ => {}
        }
        let scan = normalize(&row, &id, &application.name);
        rows.push((row, scan));
        told
    })
    .await?;
    scans.extent = extent;
    scans.count = rows.len();
    rows.sort_by(|(_, a), (_, b)| newest_first(a, b));
    let mut newest = HashSet::new();
    for (row, scan) in &rows {
        let kind: Text = row.scan_type.word().unwrap_or_default().trim().to_lowercase().into();
        if scan.state == ScanState::Finished {
            scans.finished.insert(kind.clone());
            if newest.insert(kind.clone()) {
                let found = found(&row.summary);
                if found > scans.found.as_ref().map_or(0, |(_, most)| *most) {
                    scans.found = Some((scan.engine.clone(), found));
                }
            }
        }
        scans.types.insert(scan.origin.to_string(), kind);
    }
    Ok((scans, rows.into_iter().map(|(_, scan)| scan).collect()))
}

/// What tells how a scan stands.
fn row_content(row: &wire::Scan) -> [Scalar; 4] {
    [&row.status, &row.scan_type, &row.started_at, &row.completed_at].map(Scalar::clone)
}

/// How many findings a scan says it made.
fn found(summary: &wire::Summary) -> u64 {
    let wire::Summary { total_findings, critical, high, medium, low } = summary;
    let levels: u64 = [critical, high, medium, low].into_iter().filter_map(|count| count.count()).sum();
    levels.max(total_findings.count().unwrap_or(0))
}

/// A scan, as the model has it.
fn normalize(row: &wire::Scan, id: &str, application: &str) -> Scan {
    let status = row.status.word();
    let state = status.as_deref().map_or(ScanState::Unknown, |word| state(word.trim()));
    let time = |ended: Option<Timestamp>| ended.or_else(|| row.started_at.time());
    let finished = match state {
        // One that runs is the newest, whenever it began.
        ScanState::Running => None,
        ScanState::Unknown => row.completed_at.time(),
        // One that does not tell when it ended did so after it began; the older a scan is taken for, the less it proves.
        ScanState::Finished | ScanState::Partial | ScanState::Failed => time(row.completed_at.time()),
    };
    Scan {
        engine: engine(&row.scan_type.word().unwrap_or_default()).into(),
        version: None,
        origin: id.into(),
        target: Some(application.into()),
        state,
        status: status.map(|word| one_line(&word, 40).into()),
        finished,
        commit: row.triggered_by.text().and_then(commit).map(Text::from),
        branch: None,
        findings: 0,
    }
}

/// The states of AppSec+. Any other word may be of a scan that has not ended.
fn state(word: &str) -> ScanState {
    match word.to_ascii_lowercase().as_str() {
        "queued" | "running" => ScanState::Running,
        "completed" => ScanState::Finished,
        "failed" => ScanState::Failed,
        _ => ScanState::Unknown,
    }
}

/// The type of a scan, for people.
pub(super) fn engine(word: &str) -> String {
    match word.trim().to_ascii_lowercase().as_str() {
        short @ ("sast" | "dast" | "sca") => short.to_ascii_uppercase(),
        "" => "unnamed".to_owned(),
        other => one_line(other, 40),
    }
}

/// The commit in what a scan says about who started it, which is free text: `ci-gate acme/checkout@9f2c41d0`. That is the
/// word behind an `@`, else one that stands alone. `None` where several could be meant.
fn commit(text: &str) -> Option<&str> {
    let words = || text.split_whitespace().map(|word| word.trim_matches(|c: char| ",;.()[]{}<>\"'`".contains(c)));
    let behind: Vec<&str> =
        words().filter_map(|word| word.rsplit_once('@')).map(|(_, word)| word).filter(|word| is_commit(word)).collect();
    only(&behind).or_else(|| {
        let alone: Vec<&str> = words().filter(|word| is_commit(word)).collect();
        only(&alone).filter(|_| behind.is_empty())
    })
}

fn is_commit(word: &str) -> bool {
    (7..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The one that all of them are, some perhaps shortened. Numbers of runs look like commits, so a word with a letter goes
/// before those without.
fn only<'a>(words: &[&'a str]) -> Option<&'a str> {
    let one = |words: &[&'a str]| {
        let longest = words.iter().copied().max_by_key(|word| word.len())?;
        let same = |word: &&str| longest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
        words.iter().all(same).then_some(longest)
    };
    one(words).or_else(|| {
        let lettered: Vec<&str> =
            words.iter().copied().filter(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic())).collect();
        one(&lettered)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_from_who_started_the_scan_where_it_is_certain() {
        for (text, want) in [
            ("ci-gate acme/checkout-service@9f2c41d0", Some("9f2c41d0")),
            ("9f2c41d0", Some("9f2c41d0")),
            ("pipeline (9F2C41D0) of main", Some("9F2C41D0")),
            ("run 12345678 for 9f2c41d0", Some("9f2c41d0")),
            ("acme@9f2c41d run 7654321", Some("9f2c41d")),
            ("9f2c41d0 9f2c41d0aa", Some("9f2c41d0aa")),
            ("0123456", Some("0123456")),
            ("ci 9f2c41d0 base 77ab01cc", None),
            ("a@9f2c41d0 b@77ab01cc", None),
            ("jo@abcdefa.example", None),
            ("decade", None),
            ("user", None),
            ("9f2c41", None),
            ("9f2c41d0-dirty", None),
            (&"a".repeat(41), None),
        ] {
            assert_eq!(commit(text), want, "{text}");
        }
    }

    fn scan(json: &str) -> Scan {
        let row: wire::Scan = serde_json::from_str(json).unwrap();
        normalize(&row, "scan-1", "Checkout")
    }

    #[test]
    fn times_that_are_null_are_those_of_scans_that_run_or_are_not_told() {
        let time = |text: &str| Some(text.parse().unwrap());
        for (json, state, finished) in [
            (r#"{"status": "queued", "startedAt": null, "completedAt": null}"#, ScanState::Running, None),
            (r#"{"status": "RUNNING", "startedAt": "2025-11-20T12:00:00Z"}"#, ScanState::Running, None),
            (
                r#"{"status": "completed", "startedAt": "2025-11-20T12:00:00Z", "completedAt": "2025-11-20T12:04:10Z"}"#,
                ScanState::Finished,
                time("2025-11-20T12:04:10Z"),
            ),
            (
                r#"{"status": "completed", "startedAt": "2025-11-20T12:00:00Z"}"#,
                ScanState::Finished,
                time("2025-11-20T12:00:00Z"),
            ),
            (r#"{"status": "completed"}"#, ScanState::Finished, None),
            (r#"{"status": "failed", "completedAt": "bad"}"#, ScanState::Failed, None),
            (r#"{"status": "paused"}"#, ScanState::Unknown, None),
            ("{}", ScanState::Unknown, None),
        ] {
            let scan = scan(json);
            assert_eq!((scan.state, scan.finished), (state, finished), "{json}");
        }
        assert_eq!(&*scan(r#"{"scanType": "SCA"}"#).engine, "SCA");
        assert_eq!(&*scan(r#"{"scanType": "container"}"#).engine, "container");
        assert_eq!(&*scan("{}").engine, "unnamed");
    }

    #[test]
    fn what_a_scan_found_is_the_sum_of_its_levels_or_its_total() {
        for (json, want) in [
            (r#"{"totalFindings": 9, "critical": 1, "high": 2, "medium": 4, "low": 2}"#, 9),
            (r#"{"critical": 1, "high": "2"}"#, 3),
            ("{}", 0),
        ] {
            assert_eq!(found(&serde_json::from_str(json).unwrap()), want, "{json}");
        }
    }
}
