//! One finding in `findgate/evaluation/v1`.

use serde::Serialize;
use serde::ser::Serializer;

use crate::finding::{Context, Excuse, Finding, Fingerprint, Kind, Location, Package, Scope, Severity, Sighting, Text};
use crate::policy::{Evaluation, Judged};

pub(super) struct FingerprintWire(pub(super) Fingerprint);

impl Serialize for FingerprintWire {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

#[derive(Serialize)]
pub(super) struct FindingWire<'a> {
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
    unwaived: Option<&'a str>,
    excuse: Option<&'static str>,
    sources: Vec<SightingWire<'a>>,
}

impl<'a> FindingWire<'a> {
    pub(super) fn of(judged: &'a Judged, evaluation: &'a Evaluation) -> FindingWire<'a> {
        let Judged { finding, severity: counted, disposition, violations, waiver, unwaived, excuse } = judged;
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
        let id = |at: u32| Some(evaluation.waivers.get(at as usize)?.id.as_str());
        FindingWire {
            fingerprint: FingerprintWire(*fingerprint),
            // A hash of the line that holds a secret could be used to try guesses on.
            context: context
                .filter(|_| *kind != Kind::Secret)
                .map(|Context(code)| format!("{:032x}", u128::from_be_bytes(code))),
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
            waiver: waiver.and_then(id),
            unwaived: unwaived.and_then(id),
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
