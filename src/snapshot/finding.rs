//! A finding in the document; see `wire`.

use serde::{Deserialize, Serialize};

use super::value::{Float, Hash, Shared, Str, Unknown, known, maybe, strs};
use crate::finding::{
    Context, Cwe, Excuse, Finding, Fingerprint, Kind, Location, Package, Scope, Severity, Sighting, Text,
};

/// Puts numbers in the place of the hashes that were made of secrets: whoever has the file could try guesses on them, for it
/// is nearly known what stands around a secret.
///
/// They only tell readings apart and order them, among findings of the kind, and as their ranks they do so no less.
pub(super) struct Veil(Vec<[u8; 16]>);

impl Veil {
    /// For these findings, all that a snapshot holds.
    pub(super) fn over<'f>(findings: impl Iterator<Item = &'f Finding>) -> Veil {
        let secrets = findings.filter(|finding| finding.kind == Kind::Secret);
        let hashes = secrets.flat_map(|finding| [finding.context, finding.said]).flatten();
        let mut hashes: Vec<[u8; 16]> = hashes.map(|Context(hash)| hash).collect();
        hashes.sort_unstable();
        hashes.dedup();
        Veil(hashes)
    }

    fn hash(&self, kind: Kind, Context(hash): Context) -> Hash {
        let Veil(hashes) = self;
        if kind != Kind::Secret {
            return Hash(hash);
        }
        let (Ok(rank) | Err(rank)) = hashes.binary_search(&hash);
        Hash((rank as u128).to_be_bytes())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FindingWire<'a> {
    hash: Hash,
    #[serde(default = "first", skip_serializing_if = "is_first")]
    ordinal: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Hash>,
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Str<'a>>,
    severity_from: Str<'a>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ids: Vec<Str<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cwe: Vec<u32>,
    title: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    package: Option<PackageWire<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fixed_in: Vec<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationWire<'a>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    also_in: Vec<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cvss_vector: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cvss: Option<Float>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epss: Option<Float>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kev: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reachable: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    license: Vec<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<Str<'a>>,
    sightings: Vec<SightingWire<'a>>,
}

impl<'a> FindingWire<'a> {
    /// `source` is what most of its sightings name.
    pub(super) fn of(finding: &'a Finding, source: &Text, veil: &Veil) -> FindingWire<'a> {
        let Finding {
            fingerprint: Fingerprint { hash, ordinal },
            context,
            kind,
            severity,
            severity_from,
            ids,
            cwe,
            title,
            said,
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
            hash: Hash(*hash),
            ordinal: *ordinal,
            context: context.map(|code| veil.hash(*kind, code)),
            kind: Str::of(kind.name()),
            severity: severity.map(|severity| Str::of(severity.name())),
            severity_from: Str::of(severity_from),
            ids: strs(ids),
            cwe: cwe.iter().map(|Cwe(number)| *number).collect(),
            title: Str::of(title),
            said: said.map(|said| veil.hash(*kind, said)),
            package: package.as_deref().map(PackageWire::of),
            fix: *fix,
            fixed_in: strs(fixed_in),
            location: location.as_ref().map(LocationWire::of),
            also_in: strs(also_in),
            first_seen: first_seen.map(Str::of_time),
            cvss_vector: maybe(cvss_vector),
            cvss: cvss.map(Float),
            epss: epss.map(Float),
            kev: *kev,
            reachable: *reachable,
            license: strs(license),
            new: *new,
            links: strs(links),
            sightings: sightings.iter().map(|sighting| SightingWire::of(sighting, source, *hash)).collect(),
        }
    }

    pub(super) fn take(self, source: &Text, shared: &mut Shared) -> Result<Finding, Unknown> {
        let FindingWire {
            hash: Hash(hash),
            ordinal,
            context,
            kind,
            severity,
            severity_from,
            ids,
            cwe,
            title,
            said,
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
        } = self;
        // Not collected: a list that is collected from results has room for four, and nearly all have one.
        let mut taken = Vec::with_capacity(sightings.len());
        for sighting in sightings {
            taken.push(sighting.take(source, hash, shared)?);
        }
        Ok(Finding {
            fingerprint: Fingerprint { hash, ordinal },
            context: context.map(|Hash(code)| Context(code)),
            kind: known("kind", &kind, Kind::from_name)?,
            severity: severity.map(|word| known("severity", &word, Severity::from_name)).transpose()?,
            severity_from: shared.text(&severity_from),
            ids: shared.texts(&ids),
            cwe: shared.cwe(&cwe),
            title: shared.text(&title),
            said: said.map(|Hash(said)| Context(said)),
            package: package.map(|package| package.take(shared).map(Box::new)).transpose()?,
            fix,
            fixed_in: shared.texts(&fixed_in),
            location: location.map(|location| location.take(shared)),
            also_in: shared.texts(&also_in),
            first_seen: first_seen.map(|time| time.time()).transpose()?,
            cvss_vector: shared.some(cvss_vector),
            cvss: cvss.map(|Float(score)| score),
            epss: epss.map(|Float(score)| score),
            kev,
            reachable,
            license: shared.texts(&license),
            new,
            links: shared.texts(&links),
            sightings: taken,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PackageWire<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<Str<'a>>,
}

impl<'a> PackageWire<'a> {
    fn of(package: &'a Package) -> PackageWire<'a> {
        let Package { name, version, purl, direct, scope } = package;
        PackageWire {
            name: Str::of(name),
            version: maybe(version),
            purl: maybe(purl),
            direct: *direct,
            scope: scope.map(|scope| Str::of(scope.name())),
        }
    }

    fn take(self, shared: &mut Shared) -> Result<Package, Unknown> {
        let PackageWire { name, version, purl, direct, scope } = self;
        Ok(Package {
            name: shared.text(&name),
            version: shared.some(version),
            purl: shared.some(purl),
            direct,
            scope: scope.map(|word| known("scope", &word, Scope::from_name)).transpose()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocationWire<'a> {
    #[serde(borrow)]
    path: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

impl<'a> LocationWire<'a> {
    fn of(location: &'a Location) -> LocationWire<'a> {
        let Location { path, line, column, end_line, end_column } = location;
        LocationWire { path: Str::of(path), line: *line, column: *column, end_line: *end_line, end_column: *end_column }
    }

    fn take(self, shared: &mut Shared) -> Location {
        let LocationWire { path, line, column, end_line, end_column } = self;
        Location { path: shared.text(&path), line, column, end_line, end_column }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SightingWire<'a> {
    /// Missing: the source that it stands in.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    source: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excuse: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Str<'a>>,
    /// Missing: that of the finding.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<Hash>,
}

impl<'a> SightingWire<'a> {
    fn of(sighting: &'a Sighting, of: &Text, finding: [u8; 16]) -> SightingWire<'a> {
        let Sighting { source, tool, check, id, status, excuse, justification, severity, url, fingerprint } = sighting;
        SightingWire {
            source: (source != of).then(|| Str::of(source)),
            tool: maybe(tool),
            check: maybe(check),
            id: maybe(id),
            status: maybe(status),
            excuse: excuse.map(|excuse| Str::of(excuse.name())),
            justification: maybe(justification),
            severity: maybe(severity),
            url: maybe(url),
            hash: (*fingerprint != finding).then_some(Hash(*fingerprint)),
        }
    }

    fn take(self, of: &Text, finding: [u8; 16], shared: &mut Shared) -> Result<Sighting, Unknown> {
        let SightingWire { source, tool, check, id, status, excuse, justification, severity, url, hash } = self;
        Ok(Sighting {
            source: shared.some(source).unwrap_or_else(|| Text::clone(of)),
            tool: shared.some(tool),
            check: shared.some(check),
            // No two findings have the same, so there is nothing to share.
            id: id.map(|id| Text::from(&*id.0)),
            status: shared.some(status),
            excuse: excuse.map(|word| known("excuse", &word, Excuse::from_name)).transpose()?,
            justification: shared.some(justification),
            severity: shared.some(severity),
            url: url.map(|url| Text::from(&*url.0)),
            fingerprint: hash.map_or(finding, |Hash(hash)| hash),
        })
    }
}

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_first(ordinal: &u32) -> bool {
    *ordinal == 1
}
