//! `json`: the contract for programs, `findgate/evaluation/v1`.
//!
//! Names and meanings are described by `evaluation.schema.json`, which stands beside this file and is what
//! `findgate policy schema --output` prints; the tests hold the two together. Every object always has all its members: what
//! is not known is `null`, a list is never `null`. The wire types here borrow from the evaluation and are written one
//! finding at a time.

use std::io;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::Report;
use super::stream::Object;
use crate::exit::Status;
use crate::finding::{
    Context, Coverage, Excuse, Finding, Fingerprint, Kind, Location, Package, Scan, Scope, Severity, Sighting, Text,
};
use crate::policy::{
    Counts, Disposition, Evaluation, Evidence, Judged, Requirement, Violation, WaiverOutcome, WaiverState,
};

/// The JSON Schema (draft 2020-12) of the document.
#[must_use]
pub fn schema() -> &'static str {
    include_str!("evaluation.schema.json")
}

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let Report { evaluation, policy, policy_origin, policy_digest, project, as_of, only } = *report;
    let Evaluation {
        verdict,
        findings,
        ranked: _,
        violations,
        limits,
        waivers,
        evidence,
        open,
        counts,
        warnings,
        unseen: _,
    } = evaluation;
    let mut document = Object::open(out)?;
    document.member("schema", "findgate/evaluation/v1")?;
    document.member("verdict", verdict.name())?;
    document.member("status", Status::from(*verdict).number())?;
    document.member("tool", ToolWire { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") })?;
    document.member(
        "policy",
        PolicyWire {
            name: policy.name.as_deref(),
            digest: policy_digest,
            origin: policy_origin,
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
    document.member("counts", CountsWire(counts))?;
    document.member("dispositions", DispositionsWire(findings))?;
    document.list("violations", violations.iter().map(|violation| ViolationWire::of(violation, evaluation)))?;
    document.list("findings", findings.iter().map(|judged| FindingWire::of(judged, evaluation)))?;
    document.list("waivers", waivers.iter().map(WaiverWire::of))?;
    document.list("warnings", warnings)?;
    document.close()
}

#[derive(Serialize)]
struct ToolWire {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct PolicyWire<'a> {
    name: Option<&'a str>,
    digest: &'a str,
    origin: &'a str,
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
        let Violation { rule, description, place, enforcement, allowed, found, findings, unknown } = violation;
        ViolationWire {
            rule,
            description: description.as_deref(),
            enforcement: enforcement.name(),
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

struct FingerprintWire(Fingerprint);

impl Serialize for FingerprintWire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
struct FindingWire<'a> {
    fingerprint: FingerprintWire,
    context: Option<String>,
    kind: &'static str,
    severity: &'static str,
    severity_from: &'a str,
    counted_severity: &'static str,
    check: Option<&'a str>,
    tool: Option<&'a str>,
    ids: Texts<'a>,
    cwe: Vec<String>,
    title: &'a str,
    package: Option<PackageWire<'a>>,
    location: Option<LocationWire<'a>>,
    also_in: Texts<'a>,
    first_seen: Option<String>,
    fix: Option<&'static str>,
    fixed_in: Texts<'a>,
    cvss: Option<CvssWire<'a>>,
    epss: Option<f32>,
    kev: Option<bool>,
    reachable: Option<bool>,
    license: Texts<'a>,
    links: Texts<'a>,
    new: Option<bool>,
    disposition: &'static str,
    rules: Vec<&'a str>,
    waiver: Option<&'a str>,
    excuse: Option<&'static str>,
    sources: Vec<SightingWire<'a>>,
}

impl<'a> FindingWire<'a> {
    fn of(judged: &'a Judged, evaluation: &'a Evaluation) -> FindingWire<'a> {
        let Judged { finding, severity: counted, disposition, violations, waiver, excuse } = judged;
        let Finding {
            fingerprint,
            context,
            kind,
            severity,
            severity_from,
            ids,
            cwe,
            title,
            said: _,
            package,
            fix,
            fixed_in,
            location,
            also_in,
            first_seen,
            cvss_vector,
            cvss,
            epss,
            kev,
            reachable,
            license,
            new,
            links,
            sightings,
        } = finding;
        FindingWire {
            fingerprint: FingerprintWire(*fingerprint),
            // A hash of the line that holds a secret could be used to try guesses on.
            context: context.filter(|_| *kind != Kind::Secret).map(|Context(code)| format!("{code:016x}")),
            kind: kind.name(),
            severity: severity.map_or("unknown", Severity::name),
            severity_from,
            counted_severity: counted.name(),
            check: finding.check().map(|check| &**check),
            tool: finding.tool().map(|tool| &**tool),
            ids: Texts(ids),
            cwe: cwe.iter().map(ToString::to_string).collect(),
            title,
            package: package.as_deref().map(PackageWire::of),
            location: location.as_ref().map(LocationWire::of),
            also_in: Texts(also_in),
            first_seen: first_seen.map(|time| time.to_string()),
            fix: fix.map(|exists| if exists { "available" } else { "none" }),
            fixed_in: Texts(fixed_in),
            cvss: (cvss_vector.is_some() || cvss.is_some())
                .then_some(CvssWire { vector: cvss_vector.as_deref(), score: *cvss }),
            epss: *epss,
            kev: *kev,
            reachable: *reachable,
            license: Texts(license),
            links: Texts(links),
            new: *new,
            disposition: disposition.name(),
            rules: violations
                .iter()
                .filter_map(|&at| Some(evaluation.violations.get(at as usize)?.rule.as_str()))
                .collect(),
            waiver: waiver.and_then(|at| Some(evaluation.waivers.get(at as usize)?.id.as_str())),
            excuse: excuse.map(Excuse::name),
            sources: sightings.iter().map(SightingWire::of).collect(),
        }
    }
}

struct Texts<'a>(&'a [Text]);

impl Serialize for Texts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|text| &**text))
    }
}

#[derive(Serialize)]
struct CvssWire<'a> {
    vector: Option<&'a str>,
    score: Option<f32>,
}

#[derive(Serialize)]
struct PackageWire<'a> {
    name: &'a str,
    version: Option<&'a str>,
    purl: Option<&'a str>,
    direct: Option<bool>,
    scope: Option<&'static str>,
}

impl<'a> PackageWire<'a> {
    fn of(package: &'a Package) -> PackageWire<'a> {
        let Package { name, version, purl, direct, scope } = package;
        PackageWire {
            name,
            version: version.as_deref(),
            purl: purl.as_deref(),
            direct: *direct,
            scope: scope.map(Scope::name),
        }
    }
}

#[derive(Serialize)]
struct LocationWire<'a> {
    path: &'a str,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

impl<'a> LocationWire<'a> {
    fn of(location: &'a Location) -> LocationWire<'a> {
        let Location { path, line, column, end_line, end_column } = location;
        LocationWire { path, line: *line, column: *column, end_line: *end_line, end_column: *end_column }
    }
}

#[derive(Serialize)]
struct SightingWire<'a> {
    source: &'a str,
    fingerprint: FingerprintWire,
    tool: Option<&'a str>,
    check: Option<&'a str>,
    id: Option<&'a str>,
    status: Option<&'a str>,
    excuse: Option<&'static str>,
    justification: Option<&'a str>,
    severity: Option<&'a str>,
    url: Option<&'a str>,
}

impl<'a> SightingWire<'a> {
    fn of(sighting: &'a Sighting) -> SightingWire<'a> {
        let Sighting { source, tool, check, id, status, excuse, justification, severity, url, fingerprint } = sighting;
        SightingWire {
            fingerprint: FingerprintWire(Fingerprint { hash: *fingerprint, ordinal: 1 }),
            source,
            tool: tool.as_deref(),
            check: check.as_deref(),
            id: id.as_deref(),
            status: status.as_deref(),
            excuse: excuse.map(Excuse::name),
            justification: justification.as_deref(),
            severity: severity.as_deref(),
            url: url.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct WaiverWire<'a> {
    id: &'a str,
    state: &'static str,
    matches: &'a str,
    matched: u64,
    expires: Option<String>,
    days_left: Option<u32>,
    vulnerabilities: Option<u32>,
    owner: Option<&'a str>,
    approved_by: Option<&'a str>,
    ticket: Option<&'a str>,
    reason: &'a str,
    file: &'a str,
    line: u32,
}

impl<'a> WaiverWire<'a> {
    fn of(waiver: &'a WaiverOutcome) -> WaiverWire<'a> {
        let WaiverOutcome { id, place, matches, reason, owner, ticket, approved_by, expires, state, matched } = waiver;
        let (days_left, vulnerabilities) = match *state {
            WaiverState::Expiring { days } => (Some(days), None),
            WaiverState::TooBroad { vulnerabilities } => (None, Some(vulnerabilities)),
            WaiverState::Active | WaiverState::Expired | WaiverState::Unused => (None, None),
        };
        WaiverWire {
            id,
            state: state.name(),
            matches,
            matched: *matched,
            expires: expires.map(|day| day.to_string()),
            days_left,
            vulnerabilities,
            owner: owner.as_deref(),
            approved_by: approved_by.as_deref(),
            ticket: ticket.as_deref(),
            reason,
            file: &place.file,
            line: place.line,
        }
    }
}

#[cfg(test)]
mod tests;
