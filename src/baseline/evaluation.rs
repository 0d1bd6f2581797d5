//! An evaluation as `--format json` writes it, as far as findings are recognized by it. Members that are not known are
//! passed over: later versions of `findgate/evaluation/v1` may have more of them.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, ensure};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Taken;
use crate::finding::{
    Context, Coverage, Excuse, Finding, Fingerprint, Kind, Known, Location, Package, Sighting, State, Text,
};
use crate::policy::BASELINE;
use crate::source::{Names, Str};

/// More findings than sources give; what merges them counts in 32 bits.
const MOST_FINDINGS: usize = 50_000_000;

#[derive(Deserialize)]
struct DocumentWire<'a> {
    #[serde(borrow)]
    project: ProjectWire<'a>,
    #[serde(borrow)]
    as_of: Str<'a>,
    #[serde(borrow)]
    sources: Vec<SourceWire<'a>>,
    /// Read one by one: all at once they would take as much memory again.
    #[serde(borrow)]
    findings: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct ProjectWire<'a> {
    #[serde(borrow)]
    repository: Option<Str<'a>>,
    #[serde(borrow)]
    commit: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct SourceWire<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    state: Str<'a>,
    #[serde(borrow)]
    reason: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct FindingWire<'a> {
    #[serde(borrow)]
    fingerprint: Str<'a>,
    #[serde(borrow)]
    context: Option<Str<'a>>,
    #[serde(borrow)]
    kind: Str<'a>,
    #[serde(borrow)]
    ids: Vec<Str<'a>>,
    #[serde(borrow)]
    title: Str<'a>,
    #[serde(borrow)]
    package: Option<PackageWire<'a>>,
    #[serde(borrow)]
    location: Option<LocationWire<'a>>,
    #[serde(borrow)]
    sources: Vec<SightingWire<'a>>,
}

#[derive(Deserialize)]
struct PackageWire<'a> {
    #[serde(borrow)]
    name: Str<'a>,
    #[serde(borrow)]
    purl: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct LocationWire<'a> {
    #[serde(borrow)]
    path: Str<'a>,
    line: Option<u32>,
    end_line: Option<u32>,
}

#[derive(Deserialize)]
struct SightingWire<'a> {
    #[serde(borrow)]
    source: Str<'a>,
    #[serde(borrow)]
    fingerprint: Str<'a>,
    #[serde(borrow)]
    tool: Option<Str<'a>>,
    #[serde(borrow)]
    check: Option<Str<'a>>,
    #[serde(borrow)]
    id: Option<Str<'a>>,
    #[serde(borrow)]
    excuse: Option<Str<'a>>,
}

/// Reads one.
pub(super) fn take(bytes: &[u8]) -> anyhow::Result<Taken> {
    let document: DocumentWire<'_> = serde_json::from_slice(bytes).map_err(|error| {
        if error.is_eof() { anyhow!("it ends too early: it was cut off") } else { anyhow!("it is damaged: {error}") }
    })?;
    let DocumentWire { project, as_of, sources, findings } = document;
    let total = findings.len();
    ensure!(total <= MOST_FINDINGS, "it holds {total} findings, and {MOST_FINDINGS} are the most that are read");
    let mut names = Names::new();
    // They were merged: merging them again, with fewer facts to tell them apart, would join what are two.
    let mut known = Known::new();
    for (number, raw) in (1u64..).zip(findings) {
        let finding = serde_json::from_str::<FindingWire<'_>>(raw.get()).map_err(anyhow::Error::new);
        let finding = finding.and_then(|finding| finding.take(&mut names));
        known.add(&finding.with_context(|| format!("finding {number} of it cannot be read"))?);
    }
    // One that itself had no baseline says so among its sources; that is none of them.
    let sources = sources.into_iter().filter(|source| source.name.0 != BASELINE);
    Ok(Taken {
        at: Some(as_of.0.parse().map_err(|_| anyhow!("`as_of` of it is no time"))?),
        repository: project.repository.map(Str::owned),
        project: None,
        commit: project.commit.map(Str::owned),
        known,
        coverage: sources.map(SourceWire::take).collect::<anyhow::Result<_>>()?,
    })
}

impl SourceWire<'_> {
    fn take(self) -> anyhow::Result<Coverage> {
        let SourceWire { name, state, reason } = self;
        let state = State::from_name(&state.0)
            .ok_or_else(|| anyhow!("the state `{}` of the source {} is not known", state.0, name.0))?;
        let coverage = Coverage::unread(&name.0, String::new());
        Ok(Coverage { state, reasons: reason.into_iter().map(Str::owned).collect(), ..coverage })
    }
}

impl FindingWire<'_> {
    fn take(self, names: &mut Names) -> anyhow::Result<Finding> {
        let FindingWire { fingerprint, context, kind, ids, title, package, location, sources } = self;
        let context =
            context.map(|hash| u128::from_str_radix(&hash.0, 16).map(|hash| Context(hash.to_be_bytes()))).transpose();
        let mut sightings = Vec::with_capacity(sources.len());
        for sighting in sources {
            sightings.push(sighting.take(names)?);
        }
        Ok(Finding {
            fingerprint: hash(&fingerprint)?,
            context: context.context("its context is no hash")?,
            kind: Kind::from_name(&kind.0).ok_or_else(|| anyhow!("the kind `{}` is not known", kind.0))?,
            severity: None,
            severity_from: names.text(""),
            ids: ids.iter().map(|id| names.text(&id.0)).collect(),
            cwe: Arc::default(),
            title: names.text(&title.0),
            said: None,
            package: package.map(|PackageWire { name, purl }| {
                let (name, purl) = (names.text(&name.0), purl.map(|purl| names.text(&purl.0)));
                Box::new(Package { name, version: None, purl, direct: None, scope: None })
            }),
            fix: None,
            fixed_in: Arc::default(),
            location: location.map(|LocationWire { path, line, end_line }| Location {
                path: names.text(&path.0),
                line,
                column: None,
                end_line,
                end_column: None,
            }),
            also_in: Arc::default(),
            first_seen: None,
            cvss_vector: None,
            cvss: None,
            epss: None,
            kev: None,
            reachable: None,
            license: Arc::default(),
            new: None,
            links: Arc::default(),
            sightings,
        })
    }
}

impl SightingWire<'_> {
    fn take(self, names: &mut Names) -> anyhow::Result<Sighting> {
        let SightingWire { source, fingerprint, tool, check, id, excuse } = self;
        let excuse = excuse
            .map(|word| Excuse::from_name(&word.0).ok_or_else(|| anyhow!("the excuse `{}` is not known", word.0)))
            .transpose()?;
        Ok(Sighting {
            source: names.text(&source.0),
            tool: tool.map(|tool| names.text(&tool.0)),
            check: check.map(|check| names.text(&check.0)),
            // No two findings have the same, so there is nothing to share.
            id: id.map(|id| Text::from(&*id.0)),
            status: None,
            excuse,
            justification: None,
            severity: None,
            url: None,
            fingerprint: hash(&fingerprint)?.hash,
        })
    }
}

fn hash(text: &Str<'_>) -> anyhow::Result<Fingerprint> {
    Fingerprint::parse(&text.0).ok_or_else(|| anyhow!("its fingerprint is none of version 1"))
}
