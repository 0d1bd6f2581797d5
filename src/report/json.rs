//! `json`: the contract for programs, `findgate/evaluation/v1`.
//!
//! Names and meanings are described by `evaluation.schema.json`, which stands beside this file and is what
//! `findgate policy schema --output` prints; the tests hold the two together. Every object always has all its members: what
//! is not known is `null`, a list is never `null`. The wire types here borrow from the evaluation and are written one
//! finding at a time.

mod beside;
mod finding;
#[cfg(test)]
mod tests;

use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use self::beside::BesideWire;
use self::finding::{FindingWire, FingerprintWire};
use super::Report;
use super::stream::Object;
use crate::exit::Status;
use crate::finding::{Coverage, Kind, Scan};
use crate::policy::{
    Baseline, Counts, Disposition, Evaluation, Evidence, FeedUse, Judged, Requirement, Violation, WaiverOutcome,
    WaiverState,
};

/// What `schema` says.
pub const SCHEMA: &str = "findgate/evaluation/v1";

/// The JSON Schema (draft 2020-12) of the document.
#[must_use]
pub fn schema() -> &'static str {
    include_str!("evaluation.schema.json")
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Report { beside, .. } = *report;
    let mut document = decided(env!("CARGO_PKG_VERSION"), report, out)?;
    document.list("beside", beside.iter().map(BesideWire::of))?;
    document.list("warnings", &report.evaluation.warnings)?;
    document.close()
}

/// The part of the document that the verdict rests on, as a version of findgate writes it. What other policies would say
/// decides nothing, and warnings tell of the place, too: of where a file was looked for.
pub(super) fn write_decided(version: &str, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    decided(version, report, out)?.close()
}

fn decided<'a>(version: &str, report: &Report<'_>, out: &'a mut dyn io::Write) -> io::Result<Object<'a>> {
    let Report {
        evaluation,
        policy,
        policy_origin: _,
        policy_shown,
        trust,
        base,
        policy_digest,
        inputs: _,
        told: _,
        bypasses: _,
        baseline_named: _,
        project,
        is_of_fork: _,
        seal: _,
        as_of,
        only,
        beside: _,
    } = *report;
    let Evaluation {
        verdict,
        findings,
        ranked: _,
        violations,
        limits,
        undecided: _,
        waivers,
        evidence,
        feeds,
        baseline,
        open,
        counts,
        warnings: _,
        unseen: _,
        besides: _,
    } = evaluation;
    let mut document = Object::open(out)?;
    document.member("schema", SCHEMA)?;
    document.member("verdict", verdict.name())?;
    document.member("status", Status::from(*verdict).number())?;
    document.member("tool", ToolWire { name: env!("CARGO_PKG_NAME"), version })?;
    document.member(
        "policy",
        PolicyWire {
            name: policy.name.as_deref(),
            digest: policy_digest,
            origin: policy_shown,
            trust,
            base,
            r#override: policy.applied.as_deref(),
            rules: limits,
        },
    )?;
    document.member(
        "project",
        ProjectWire {
            repository: project.repository.as_deref(),
            branch: project.branch.as_deref(),
            commit: project.commit.as_deref(),
            base: project.base.as_deref(),
        },
    )?;
    document.member("as_of", as_of.to_string())?;
    document.member("only", only)?;
    let open = open.iter().map(Some).chain(std::iter::repeat(None));
    document.list("sources", evidence.iter().zip(open).map(|(source, open)| SourceWire::of(source, open.copied())))?;
    document.list("feeds", feeds.iter().map(FeedWire::of))?;
    document.member("baseline", baseline.as_ref().map(BaselineWire::of))?;
    document.member("counts", CountsWire(counts))?;
    document.member("dispositions", DispositionsWire(findings))?;
    document.list("violations", violations.iter().map(|violation| ViolationWire::of(violation, evaluation)))?;
    document.long_list("findings", findings, |judged| FindingWire::of(judged, evaluation))?;
    document.list("waivers", waivers.iter().map(WaiverWire::of))?;
    Ok(document)
}

#[derive(Serialize)]
struct ToolWire<'a> {
    name: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct PolicyWire<'a> {
    name: Option<&'a str>,
    digest: &'a str,
    origin: &'a str,
    trust: &'a str,
    base: Option<&'a str>,
    r#override: Option<&'a str>,
    rules: &'a [String],
}

#[derive(Serialize)]
struct ProjectWire<'a> {
    repository: Option<&'a str>,
    branch: Option<&'a str>,
    commit: Option<&'a str>,
    base: Option<&'a str>,
}

#[derive(Serialize)]
struct SourceWire<'a> {
    name: &'a str,
    state: &'static str,
    required: bool,
    reason: Option<&'a str>,
    reasons: &'a [String],
    notes: &'a [String],
    projects: Vec<&'a str>,
    pages: u64,
    read: u64,
    skipped: u64,
    open: Option<u64>,
    scans: Vec<ScanWire<'a>>,
}

impl<'a> SourceWire<'a> {
    fn of(evidence: &'a Evidence, open: Option<u64>) -> SourceWire<'a> {
        let Evidence { coverage, requirement } = evidence;
        let Coverage { source, state, reasons, notes, projects, scans, tells_scans: _, pages, read, skipped } =
            coverage;
        SourceWire {
            name: source,
            state: state.name(),
            required: *requirement == Requirement::Required,
            reason: reasons.first().map(String::as_str),
            reasons,
            notes,
            projects: projects.iter().map(|name| &**name).collect(),
            pages: *pages,
            read: *read,
            skipped: *skipped,
            open,
            scans: scans.iter().map(ScanWire::of).collect(),
        }
    }
}

#[derive(Serialize)]
struct ScanWire<'a> {
    engine: &'a str,
    version: Option<&'a str>,
    origin: &'a str,
    target: Option<&'a str>,
    state: &'static str,
    status: Option<&'a str>,
    finished: Option<String>,
    commit: Option<&'a str>,
    branch: Option<&'a str>,
    findings: u64,
}

impl<'a> ScanWire<'a> {
    fn of(scan: &'a Scan) -> ScanWire<'a> {
        let Scan { engine, version, origin, target, state, status, finished, commit, branch, findings } = scan;
        ScanWire {
            engine,
            version: version.as_deref(),
            origin,
            target: target.as_deref(),
            state: state.name(),
            status: status.as_deref(),
            finished: finished.map(|time| time.to_string()),
            commit: commit.as_deref(),
            branch: branch.as_deref(),
            findings: *findings,
        }
    }
}

#[derive(Serialize)]
struct FeedWire<'a> {
    name: &'a str,
    from: &'a str,
    date: String,
    entries: u64,
    applied: u64,
}

impl<'a> FeedWire<'a> {
    fn of(feed: &'a FeedUse) -> FeedWire<'a> {
        let FeedUse { name, from, date, entries, told } = feed;
        FeedWire { name, from, date: date.to_string(), entries: *entries, applied: told.len() as u64 }
    }
}

#[derive(Serialize)]
struct BaselineWire<'a> {
    file: &'a str,
    digest: Option<&'a str>,
    taken: Option<String>,
    commit: Option<&'a str>,
    known: u64,
    matched: u64,
    new: u64,
}

impl<'a> BaselineWire<'a> {
    fn of(baseline: &'a Baseline) -> BaselineWire<'a> {
        // What there is to know of it besides stands among the warnings.
        let Baseline { file, digest, taken, commit, known, matched, new, notes: _, ways: _ } = baseline;
        BaselineWire {
            file,
            digest: digest.as_deref(),
            taken: taken.map(|time| time.to_string()),
            commit: commit.as_deref(),
            known: *known,
            matched: *matched,
            new: *new,
        }
    }
}

/// A member for each kind of which anything counts, in the order of the evaluation.
struct CountsWire<'a>(&'a [(Kind, Counts)]);

impl Serialize for CountsWire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (kind, counts) in self.0.iter().filter(|(_, counts)| *counts != Counts::default()) {
            let Counts { critical, high, medium, low, info, unknown } = *counts;
            map.serialize_entry(kind.name(), &KindCounts { critical, high, medium, low, info, unknown })?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct KindCounts {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
    unknown: u64,
}

/// How many findings landed where; every disposition is there, so that a reader can add them up.
struct DispositionsWire<'a>(&'a [Judged]);

impl Serialize for DispositionsWire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Disposition::ALL.len()))?;
        for disposition in Disposition::ALL {
            let count = self.0.iter().filter(|judged| judged.disposition == disposition).count();
            map.serialize_entry(disposition.name(), &count)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
struct ViolationWire<'a> {
    rule: &'a str,
    description: Option<&'a str>,
    enforcement: &'static str,
    denies_from: Option<String>,
    allowed: u64,
    found: u64,
    policy_file: &'a str,
    policy_line: u32,
    unknown_facts: Vec<UnknownFactWire>,
    findings: FingerprintsWire<'a>,
}

#[derive(Serialize)]
struct UnknownFactWire {
    fact: &'static str,
    findings: u64,
}

impl<'a> ViolationWire<'a> {
    fn of(violation: &'a Violation, evaluation: &'a Evaluation) -> ViolationWire<'a> {
        let Violation { rule, description, place, enforcement, denies_from, allowed, found, findings, unknown } =
            violation;
        ViolationWire {
            rule,
            description: description.as_deref(),
            enforcement: enforcement.name(),
            denies_from: denies_from.map(|day| day.to_string()),
            allowed: *allowed,
            found: *found,
            policy_file: &place.file,
            policy_line: place.line,
            unknown_facts: unknown.iter().map(|&(fact, findings)| UnknownFactWire { fact, findings }).collect(),
            findings: FingerprintsWire { indices: findings, evaluation },
        }
    }
}

/// The findings of a violation by their identity, written without a list in between: a limit may count every finding.
struct FingerprintsWire<'a> {
    indices: &'a [u32],
    evaluation: &'a Evaluation,
}

impl Serialize for FingerprintsWire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = &self.evaluation.findings;
        serializer.collect_seq(
            self.indices
                .iter()
                .filter_map(|&at| findings.get(at as usize))
                .map(|j| FingerprintWire(j.finding.fingerprint)),
        )
    }
}

#[derive(Serialize)]
struct WaiverWire<'a> {
    id: &'a str,
    state: &'static str,
    matches: &'a str,
    matched: u64,
    vex: Option<&'a str>,
    because: Option<&'a str>,
    expires: Option<String>,
    days_left: Option<u32>,
    vulnerabilities: Option<u32>,
    too_long: Option<u32>,
    allowed_until: Option<String>,
    owner: Option<&'a str>,
    approved_by: Option<&'a str>,
    ticket: Option<&'a str>,
    reason: &'a str,
    file: &'a str,
    line: u32,
}

impl<'a> WaiverWire<'a> {
    fn of(waiver: &'a WaiverOutcome) -> WaiverWire<'a> {
        let WaiverOutcome {
            id,
            place,
            matches,
            reason,
            owner,
            ticket,
            approved_by,
            expires,
            state,
            matched,
            vex,
            because,
        } = waiver;
        let (days_left, vulnerabilities, too_long, until) = match *state {
            WaiverState::Expiring { days } => (Some(days), None, None, None),
            WaiverState::TooBroad { vulnerabilities } => (None, Some(vulnerabilities), None, None),
            WaiverState::TooLong { findings, until } => (None, None, Some(findings), Some(until)),
            WaiverState::Active | WaiverState::Expired | WaiverState::Unused | WaiverState::Refused => {
                (None, None, None, None)
            }
        };
        WaiverWire {
            id,
            state: state.name(),
            matches,
            matched: *matched,
            vex: vex.as_deref(),
            because: because.as_deref(),
            expires: expires.map(|day| day.to_string()),
            days_left,
            vulnerabilities,
            too_long,
            allowed_until: until.map(|day| day.to_string()),
            owner: owner.as_deref(),
            approved_by: approved_by.as_deref(),
            ticket: ticket.as_deref(),
            reason,
            file: &place.file,
            line: place.line,
        }
    }
}
