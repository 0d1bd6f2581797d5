//! The scans of a project, and waiting for those that have not ended.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::client::{Api, List, Listing, Row};
use super::config::Engine;
use super::project::Project;
use super::wire::{ScanRow, Tag};
use crate::finding::{Scan, ScanState, Text};
use crate::policy::{CommitRule, newest_first, series, short_branch};
use crate::source::ledger::Ledger;
use crate::source::names::one_line;
use crate::source::scalar::first;
use crate::source::scans::settle;
use crate::source::{Desk, Fault};

/// Mend's name of scans that are of no engine alone.
const UNIFIED: &str = "UNIFIED";

/// Tags that hold a commit, in small letters.
const COMMIT_TAGS: [&str; 4] = ["commit", "commitid", "sha", "revision"];

/// The scans of a project.
#[derive(Debug)]
pub(super) struct Scans {
    /// Those that the evidence rests on.
    pub(super) notable: Vec<Scan>,
    /// What was counted and what is missing.
    pub(super) ledger: Ledger,
    /// When each of them was made, as the list tells it.
    made: HashMap<Text, Timestamp>,
    /// Whether any scan is of no engine alone: then nobody knows which engines ran.
    pub(super) any_unified: bool,
}

impl Scans {
    /// None, and nothing that could be told of them.
    pub(super) fn none() -> Scans {
        Scans { notable: Vec::new(), ledger: Ledger::new(super::NAME), made: HashMap::new(), any_unified: false }
    }

    /// Whether any scan of the engine is listed, however it ended.
    pub(super) fn show(&self, engine: Engine) -> bool {
        self.notable.iter().any(|scan| &*scan.engine == engine.scans() || &*scan.engine == UNIFIED)
    }

    /// Whether any scan gave something.
    pub(super) fn any_ended(&self) -> bool {
        self.notable.iter().any(|scan| matches!(scan.state, ScanState::Finished | ScanState::Partial))
    }

    /// When the newest scan of an engine that ended well was made.
    pub(super) fn newest_made(&self, engine: Engine) -> Option<Timestamp> {
        let ended = |scan: &&Scan| &*scan.engine == engine.scans() && scan.state == ScanState::Finished;
        self.notable.iter().filter(ended).filter_map(|scan| self.made.get(&scan.origin).copied()).max()
    }

    /// The scan whose findings are to be read: the newest that ended well and is of what the policy asks for, else the newest
    /// that ended well.
    pub(super) fn to_read(&self, engine: Engine, desk: &Desk) -> Option<&Scan> {
        let mut finished: Vec<&Scan> = self
            .notable
            .iter()
            .filter(|scan| &*scan.engine == engine.scans() && scan.state == ScanState::Finished)
            .collect();
        finished.sort_by(|a, b| newest_first(a, b));
        let fits = |scan: &&Scan| desk.aim().fits(scan, desk.rule.commit) == Some(true);
        finished.iter().copied().find(fits).or_else(|| finished.first().copied())
    }

    /// Whether a later scan than the one that the policy asks for has replaced the findings of a list that only shows the
    /// newest. Tells the two.
    pub(super) fn is_overtaken(&self, engine: Engine, desk: &Desk) -> Option<(&Scan, &Scan)> {
        let asked = self.to_read(engine, desk)?;
        let is_later = |scan: &&Scan| {
            &*scan.engine == engine.scans()
                && scan.state == ScanState::Finished
                && newest_first(scan, asked) == std::cmp::Ordering::Less
        };
        let newest = self.notable.iter().filter(is_later).min_by(|a, b| newest_first(a, b))?;
        let fits = desk.aim().fits(newest, desk.rule.commit) == Some(true);
        (desk.rule.commit != CommitRule::Any && !fits).then_some((asked, newest))
    }
}

/// Reads the scans, and waits for those that run as long as the policy says.
pub(super) async fn read(api: &Api<'_>, org: &str, project: &Project) -> Result<Scans, Fault> {
    let account = RefCell::new(Ledger::new(super::NAME));
    let made = RefCell::new(HashMap::new());
    let any_unified = std::cell::Cell::new(false);
    let engines = engines(api.reader.settings.engines.as_deref());
    let mut notable = settle(api.desk, || async {
        let (mut scans, ledger) = once(api, org, project).await?;
        account.replace(ledger);
        tell_unread(api, &scans, project, &account);
        made.replace(scans.iter().filter_map(|scan| Some((scan.origin.clone(), scan.finished?))).collect());
        any_unified.set(scans.iter().any(|scan| &*scan.engine == UNIFIED));
        scans.retain(|scan| engines.contains(&&*scan.engine));
        let scans = without_abandoned(without_idle_unified(scans));
        Ok(ask_for_each(api, org, project, scans, &account).await)
    })
    .await?;
    for scan in &mut notable {
        // Without a time it would be the oldest of all, and nobody would look at it.
        if scan.status.as_deref().is_some_and(is_partial) && scan.finished.is_some() {
            scan.state = ScanState::Partial;
        }
    }
    Ok(Scans { notable, ledger: account.into_inner(), made: made.into_inner(), any_unified: any_unified.get() })
}

/// Scans whose findings Mend lists nowhere. Whoever names what is to be read knows what is not; else a pass would seem to be
/// one of these, too.
fn tell_unread(api: &Api<'_>, scans: &[Scan], project: &Project, account: &RefCell<Ledger>) {
    let known = engines(None);
    let other: BTreeSet<&str> =
        scans.iter().map(|scan| &*scan.engine).filter(|engine| !known.contains(engine)).collect();
    for engine in other {
        let what = format!(
            "{} has {engine} scans, too; Mend has no list of what they found, so that is not judged",
            project.label
        );
        match api.reader.settings.engines {
            Some(_) => account.borrow_mut().note(what),
            None => account.borrow_mut().partial(format!(
                "{what}; say with `engines` in the source mend what you rely on it for, as in [sca, sast]"
            )),
        }
    }
}

/// Mend's names of the scans that matter for the engines.
fn engines(asked: Option<&[Engine]>) -> Vec<&'static str> {
    let engines = asked.unwrap_or(&Engine::ALL).iter().map(|engine| engine.scans());
    engines.chain([UNIFIED]).collect()
}

/// A scan that is of no engine alone says something only where no engine has scans of its own: a tenant that once scanned so
/// keeps them for ever.
fn without_idle_unified(mut scans: Vec<Scan>) -> Vec<Scan> {
    if scans.iter().any(|scan| &*scan.engine != UNIFIED) {
        scans.retain(|scan| &*scan.engine != UNIFIED);
    }
    scans
}

/// Leaves out scans that never ended and began before one that did: nobody waits for them any more. Until then a scan that
/// has not ended carries the time at which it began.
fn without_abandoned(scans: Vec<Scan>) -> Vec<Scan> {
    let ended = |scan: &Scan| scan.state == ScanState::Finished;
    let newest =
        |engine: &str| scans.iter().filter(|s| &*s.engine == engine && ended(s)).filter_map(|s| s.finished).max();
    let keep: Vec<bool> = scans
        .iter()
        .map(|scan| match (scan.state, scan.finished, newest(&scan.engine)) {
            (ScanState::Running | ScanState::Unknown, Some(began), Some(ended)) => began > ended,
            _ => true,
        })
        .collect();
    scans.into_iter().zip(keep).filter(|(_, keep)| *keep).map(|(scan, _)| scan).collect()
}

/// Of each engine's newest scan that has not ended well the scan itself is asked, too: its words are documented, those of the
/// list are not, and only it tells why a scan failed.
async fn ask_for_each(
    api: &Api<'_>,
    org: &str,
    project: &Project,
    mut scans: Vec<Scan>,
    account: &RefCell<Ledger>,
) -> Vec<Scan> {
    let newest = series(&scans).into_iter().filter_map(|group| group.first().copied());
    let open: Vec<String> =
        newest.filter(|scan| scan.state != ScanState::Finished).map(|scan| scan.origin.to_string()).collect();
    for uuid in open {
        let Some(row) = detail(api, org, project, &uuid).await else { continue };
        let Some(scan) = scans.iter_mut().find(|scan| *scan.origin == *uuid) else { continue };
        let word = first(&[&row.status, &row.scan_status]);
        if let Some(word) = word.text() {
            let state = state(word);
            if state != ScanState::Unknown || is_partial(word) {
                (scan.state, scan.status) = (state, Some(one_line(word, 40).into()));
            }
        }
        if let Some(ended) = row.end_time.time() {
            scan.finished = Some(ended);
        }
        if let (ScanState::Failed, Some(why)) = (scan.state, row.agent_info.error_message.text()) {
            let (engine, why) = (&scan.engine, one_line(why, 200));
            account.borrow_mut().note(format!("the newest {engine} scan of {} failed: {why}", project.label));
        }
    }
    // Here nobody has to know when a scan began that still runs.
    scans.iter_mut().for_each(finish);
    scans
}

async fn detail(api: &Api<'_>, org: &str, project: &Project, uuid: &str) -> Option<ScanRow> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Body {
        #[serde(deserialize_with = "crate::source::scalar::object")]
        response: ScanRow,
    }
    let path = ["orgs", org, "projects", &project.uuid, "scans", uuid];
    // If it is not told the word of the list stands, which is the stricter one.
    let answer = api.one(&path, "read a scan".to_owned()).await.ok()?;
    if !answer.is_success() {
        return None;
    }
    let row = serde_json::from_str::<Body>(&answer.body).ok()?.response;
    // The word of another scan is none of this one.
    let is_it = row.uuid.word().is_none_or(|told| told.eq_ignore_ascii_case(uuid));
    let is_of_it =
        row.project_uuid.text().is_none_or(|told| told.len() != 36 || told.eq_ignore_ascii_case(&project.uuid));
    (is_it && is_of_it).then_some(row)
}

/// A scan that has not ended has no time at which it did. One that failed nobody knows when may be the newest.
fn finish(scan: &mut Scan) {
    if scan.state == ScanState::Failed && scan.finished.is_none() {
        scan.state = ScanState::Unknown;
    }
    if matches!(scan.state, ScanState::Running | ScanState::Unknown) && !scan.status.as_deref().is_some_and(is_partial)
    {
        scan.finished = None;
    }
}

async fn once(api: &Api<'_>, org: &str, project: &Project) -> Result<(Vec<Scan>, Ledger), Fault> {
    let list = list(org, project);
    let branch_tag = &api.reader.settings.branch_tag;
    let of_project = project.branch(branch_tag, api.desk.repository.as_deref(), api.desk.branch.as_deref());
    let listing = api.list(&list, |row, ledger| {
        let Some(row) = ledger.row::<ScanRow>("scans", row) else { return Row::Unreadable };
        let Some(uuid) = row.uuid.word().map(std::borrow::Cow::into_owned) else {
            ledger.skip("scans", "it has no uuid");
            return Row::Unreadable;
        };
        if row.project_uuid.text().is_some_and(|told| told.len() == 36 && !told.eq_ignore_ascii_case(&project.uuid)) {
            return Row::Foreign(uuid);
        }
        let scan = scan(&row, &uuid, project, branch_tag, of_project.as_deref());
        Row::Kept(uuid, scan)
    });
    let Listing { items, ledger } = listing.await.map_err(|refused| refused.fault)?;
    Ok((items, ledger))
}

/// The list of a project's scans.
pub(super) fn list<'l>(org: &'l str, project: &'l Project) -> List<'l> {
    List::of("scans", vec!["orgs", org, "projects", &project.uuid, "scans"])
}

fn scan(row: &ScanRow, uuid: &str, project: &Project, branch_tag: &str, of_project: Option<&str>) -> Scan {
    let word = first(&[&row.scan_status, &row.status]).text();
    let engine =
        row.engine.text().map_or_else(|| UNIFIED.to_owned(), |engine| one_line(engine, 40).to_ascii_uppercase());
    let branch = tagged(&row.tags, |key| key.eq_ignore_ascii_case(branch_tag));
    Scan {
        engine: engine.into(),
        version: None,
        origin: uuid.into(),
        target: Some(project.label.as_str().into()),
        state: word.map_or(ScanState::Unknown, state),
        status: word.map(|word| one_line(word, 40).into()),
        finished: first(&[&row.end_time, &row.scan_time, &row.start_time]).time(),
        commit: tagged(&row.tags, |key| COMMIT_TAGS.iter().any(|known| key.eq_ignore_ascii_case(known)))
            .map(Into::into),
        branch: branch.as_deref().or(of_project).map(|branch| short_branch(branch).into()),
        findings: 0,
    }
}

/// The value of a tag, unless tags contradict one another.
fn tagged(tags: &[Tag], is_it: impl Fn(&str) -> bool) -> Option<String> {
    let mut values: Vec<String> = tags
        .iter()
        .filter(|tag| tag.key.text().is_some_and(&is_it))
        .filter_map(|tag| tag.value.word())
        .map(|value| one_line(&value, 200))
        .collect();
    values.sort();
    values.dedup();
    match values.as_mut_slice() {
        [one] => Some(std::mem::take(one)),
        _ => None,
    }
}

/// Mend's words. What `PARTIAL` means is not documented: it may be that a scan goes on, so it is waited for, and only then is
/// it what it says.
fn state(word: &str) -> ScanState {
    match word.to_ascii_uppercase().as_str() {
        "FINISHED" => ScanState::Finished,
        "RUNNING" | "PROCESSING" => ScanState::Running,
        "FAILED" => ScanState::Failed,
        _ => ScanState::Unknown,
    }
}

fn is_partial(word: &str) -> bool {
    word.eq_ignore_ascii_case("PARTIAL")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::scalar::Scalar;

    fn words(word: &str) -> Scalar {
        Scalar::Text(word.to_owned())
    }

    fn made(engine: &str, uuid: &str, word: &str, time: &str, tags: &[(&str, &str)]) -> Scan {
        let tags = tags.iter().map(|(key, value)| Tag { key: words(key), value: words(value) }).collect();
        let row = ScanRow {
            engine: words(engine),
            scan_status: words(word),
            scan_time: words(time),
            tags,
            ..ScanRow::default()
        };
        scan(&row, uuid, &Project::default(), "branch", Some("main"))
    }

    #[test]
    fn a_scan_tells_its_commit_and_branch_by_its_tags() {
        let one = made(
            "sast",
            "s",
            "finished",
            "2026-09-14T08:18:20Z",
            &[("CommitId", "4f2a9c1d7e"), ("branch", "refs/heads/dev")],
        );
        assert_eq!((&*one.engine, one.state), ("SAST", ScanState::Finished));
        assert_eq!((one.commit.as_deref(), one.branch.as_deref()), (Some("4f2a9c1d7e"), Some("dev")));
        let two = made("SCA", "s", "DONE", "", &[("sha", "aaaaaaaa"), ("commit", "bbbbbbbb")]);
        assert_eq!((two.state, two.commit.as_deref()), (ScanState::Unknown, None), "tags that contradict tell nothing");
        assert_eq!(two.branch.as_deref(), Some("main"), "the project's");
    }

    #[test]
    fn words_are_read_in_any_case_and_an_unknown_one_is_not_finished() {
        for (word, want) in [
            ("FINISHED", ScanState::Finished),
            ("finished", ScanState::Finished),
            ("Processing", ScanState::Running),
            ("RUNNING", ScanState::Running),
            ("FAILED", ScanState::Failed),
            ("PARTIAL", ScanState::Unknown),
            ("DONE", ScanState::Unknown),
            ("", ScanState::Unknown),
        ] {
            assert_eq!(state(word), want, "{word}");
        }
    }

    #[test]
    fn a_scan_that_never_ended_is_forgotten_once_a_later_one_did() {
        let scans = vec![
            made("SCA", "old", "RUNNING", "2026-01-01T00:00:00Z", &[]),
            made("SCA", "good", "FINISHED", "2026-02-01T00:00:00Z", &[]),
            made("SCA", "now", "RUNNING", "2026-03-01T00:00:00Z", &[]),
            made("SCA", "timeless", "RUNNING", "", &[]),
            made("SAST", "other", "RUNNING", "2026-01-01T00:00:00Z", &[]),
        ];
        let left: Vec<String> = without_abandoned(scans).iter().map(|scan| scan.origin.to_string()).collect();
        assert_eq!(left, ["good", "now", "timeless", "other"]);
    }

    #[test]
    fn scans_of_no_engine_count_only_alone() {
        let both = vec![made("UNIFIED", "u", "FINISHED", "", &[]), made("SCA", "s", "FINISHED", "", &[])];
        assert_eq!(without_idle_unified(both.clone()).len(), 1);
        assert_eq!(without_idle_unified(both[..1].to_vec()).len(), 1);
    }
}
