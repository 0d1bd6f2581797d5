//! The types of the document, for both ways: each is made of the model's type and gives it back exactly.
//!
//! Facts that are missing, empty lists, and what follows from what stands beside it are left out. Everything is
//! destructured, so that a fact that the model gains cannot be forgotten here.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::value::{Shared, Str, Unknown, known, maybe, strs};
use crate::finding::{Coverage, Scan, ScanState, State};
use crate::project::{Project, PullRequest};

/// The whole document. All members may be missing, so that it can be said what a document is that lacks them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentWire<'a> {
    #[serde(borrow)]
    pub(super) schema: Option<Str<'a>>,
    pub(super) tool: Option<ToolWire<'a>>,
    pub(super) content: Option<&'a RawValue>,
    pub(super) digest: Option<Str<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolWire<'a> {
    #[serde(borrow)]
    pub(super) name: Str<'a>,
    pub(super) version: Str<'a>,
}

/// The value of `content`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContentWire<'a> {
    #[serde(borrow)]
    pub(super) taken: Str<'a>,
    pub(super) project: ProjectWire<'a>,
    pub(super) sarif: Vec<Str<'a>>,
    pub(super) sources: Vec<SourceWire<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceWire<'a> {
    #[serde(borrow)]
    pub(super) settings: Str<'a>,
    pub(super) coverage: CoverageWire<'a>,
    /// Read one by one, each into the model: all at once in these types they would take as much memory again.
    pub(super) findings: Vec<&'a RawValue>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectWire<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pull_request: Option<PullRequestWire<'a>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PullRequestWire<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_fork: Option<bool>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    target: Option<Str<'a>>,
}

impl<'a> ProjectWire<'a> {
    pub(super) fn of(project: &'a Project) -> ProjectWire<'a> {
        // What was said of the facts belongs to the run that found them.
        // What started a run and where it deploys to are facts of the run that judges.
        let Project {
            ci: _,
            name,
            repository,
            branch,
            commit,
            base,
            pull_request,
            is_change: _,
            event: _,
            environment: _,
            notes: _,
            warnings: _,
            no_branch: _,
        } = project;
        let text = |text: &'a Option<String>| text.as_deref().map(Str::of);
        ProjectWire {
            name: text(name),
            repository: text(repository),
            branch: text(branch),
            commit: text(commit),
            base: text(base),
            pull_request: pull_request.as_ref().map(|PullRequest { number, from_fork, target }| PullRequestWire {
                number: *number,
                from_fork: *from_fork,
                target: target.as_deref().map(Str::of),
            }),
        }
    }

    pub(super) fn take(self) -> Project {
        let ProjectWire { name, repository, branch, commit, base, pull_request } = self;
        let text = |text: Option<Str<'_>>| text.map(Str::into_string);
        Project {
            name: text(name),
            repository: text(repository),
            branch: text(branch),
            commit: text(commit),
            base: text(base),
            pull_request: pull_request.map(|PullRequestWire { number, from_fork, target }| PullRequest {
                number,
                from_fork,
                target: text(target),
            }),
            ..Project::default()
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CoverageWire<'a> {
    #[serde(borrow)]
    source: Str<'a>,
    state: Str<'a>,
    reasons: Vec<Str<'a>>,
    notes: Vec<Str<'a>>,
    projects: Vec<Str<'a>>,
    tells_scans: bool,
    pages: u64,
    read: u64,
    skipped: u64,
    scans: Vec<ScanWire<'a>>,
}

impl<'a> CoverageWire<'a> {
    pub(super) fn of(coverage: &'a Coverage) -> CoverageWire<'a> {
        let Coverage { source, state, reasons, notes, projects, scans, tells_scans, pages, read, skipped } = coverage;
        CoverageWire {
            source: Str::of(source),
            state: Str::of(state.name()),
            reasons: reasons.iter().map(|text| Str::of(text)).collect(),
            notes: notes.iter().map(|text| Str::of(text)).collect(),
            projects: strs(projects),
            tells_scans: *tells_scans,
            pages: *pages,
            read: *read,
            skipped: *skipped,
            scans: scans.iter().map(ScanWire::of).collect(),
        }
    }

    pub(super) fn take(self, shared: &mut Shared) -> Result<Coverage, Unknown> {
        let CoverageWire { source, state, reasons, notes, projects, tells_scans, pages, read, skipped, scans } = self;
        Ok(Coverage {
            source: shared.text(&source),
            state: known("state", &state, State::from_name)?,
            reasons: reasons.into_iter().map(Str::into_string).collect(),
            notes: notes.into_iter().map(Str::into_string).collect(),
            projects: projects.iter().map(|name| shared.text(name)).collect(),
            scans: scans.into_iter().map(|scan| scan.take(shared)).collect::<Result<_, _>>()?,
            tells_scans,
            pages,
            read,
            skipped,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScanWire<'a> {
    #[serde(borrow)]
    engine: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Str<'a>>,
    origin: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Str<'a>>,
    state: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<Str<'a>>,
    findings: u64,
}

impl<'a> ScanWire<'a> {
    fn of(scan: &'a Scan) -> ScanWire<'a> {
        let Scan { engine, version, origin, target, state, status, finished, commit, branch, findings } = scan;
        ScanWire {
            engine: Str::of(engine),
            version: maybe(version),
            origin: Str::of(origin),
            target: maybe(target),
            state: Str::of(state.name()),
            status: maybe(status),
            finished: finished.map(Str::of_time),
            commit: maybe(commit),
            branch: maybe(branch),
            findings: *findings,
        }
    }

    fn take(self, shared: &mut Shared) -> Result<Scan, Unknown> {
        let ScanWire { engine, version, origin, target, state, status, finished, commit, branch, findings } = self;
        Ok(Scan {
            engine: shared.text(&engine),
            version: shared.some(version),
            origin: shared.text(&origin),
            target: shared.some(target),
            state: known("state of a scan", &state, ScanState::from_name)?,
            status: shared.some(status),
            finished: finished.map(|time| time.time()).transpose()?,
            commit: shared.some(commit),
            branch: shared.some(branch),
            findings,
        })
    }
}
