//! Reading a snapshot. The file may be anything: what is not a whole snapshot of this version is told apart and not used.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::finding::FindingWire;
use super::value::{Shared, Str};
use super::wire::{ContentWire, DocumentWire, SourceWire, ToolWire};
use super::{Held, SCHEMA, Seal, Snapshot};
use crate::brief::bounded;
use crate::digest;
use crate::finding::{Finding, Text};
use crate::parallel;
use crate::source::Collected;

/// A bigger file is not read. The largest reports that sources read make a snapshot of about this size.
pub const LARGEST: u64 = 2 << 30;
/// More findings than sources give; what merges them counts in 32 bits.
const MOST_FINDINGS: usize = 50_000_000;
/// Below so many findings a second thread costs more than it brings.
const WORTH_THREADS: usize = 2_000;

/// Why a snapshot cannot be judged.
#[derive(Debug)]
pub enum Unusable {
    /// There is no such file, or it may not be read: wrong usage.
    Unreadable(anyhow::Error),
    /// What is there is no evidence: damaged, altered, of another version, or no snapshot at all.
    NoEvidence(anyhow::Error),
}

/// Reads a snapshot.
///
/// # Errors
/// If it cannot be read or is not a whole snapshot of this version. The message names the file.
pub fn read(path: &Path) -> Result<Snapshot, Unusable> {
    let attempt = || format!("cannot read the snapshot {}", path.display());
    let file = open(path).with_context(attempt).map_err(Unusable::Unreadable)?;
    let snapshot = contents(file, LARGEST).and_then(|bytes| decode(&bytes));
    snapshot.with_context(attempt).map_err(Unusable::NoEvidence)
}

fn open(path: &Path) -> anyhow::Result<File> {
    let refused = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => anyhow!("there is no such file; take one with `findgate collect`"),
        io::ErrorKind::PermissionDenied => anyhow!("permission denied"),
        io::ErrorKind::IsADirectory => anyhow!("it is a folder; name the file in it"),
        _ => anyhow!(error),
    };
    let file = File::open(path).map_err(refused)?;
    ensure!(!file.metadata().map_err(refused)?.is_dir(), "it is a folder; name the file in it");
    Ok(file)
}

pub(super) fn contents(file: File, largest: u64) -> anyhow::Result<Vec<u8>> {
    // A pipe has no size, and a file may grow.
    let expected = file.metadata().map_or(0, |metadata| metadata.len()).min(largest);
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0).saturating_add(1));
    file.take(largest + 1).read_to_end(&mut bytes)?;
    let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    ensure!(read <= largest, "it is larger than {largest} bytes, the most that is read");
    Ok(bytes)
}

/// Takes the bytes of a file for a snapshot.
///
/// # Errors
/// If they are not a whole snapshot of this version.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Snapshot> {
    decode_whole(bytes).map_err(bounded)
}

fn decode_whole(bytes: &[u8]) -> anyhow::Result<Snapshot> {
    ensure!(!bytes.is_empty(), "it is empty; whatever took it did not end well, so take it again");
    let document: DocumentWire<'_> = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => return Err(what_is_it(bytes, &error)),
    };
    let DocumentWire { schema, tool, content, digest } = document;
    let schema = schema.ok_or_else(no_snapshot)?;
    if *schema.0 != *SCHEMA {
        return Err(other_version(&schema.0));
    }
    let (Some(ToolWire { name: _, version }), Some(content), Some(digest)) = (tool, content, digest) else {
        bail!("it is not whole: `tool`, `content` or `digest` is missing; take it again");
    };
    let content = content.get();
    let seal = || Seal { content: digest::digest(content.as_bytes()), file: digest::digest(bytes) };
    let (found, snapshot) = parallel::both(seal, || take(content, version));
    // Before anything that was found in it: in a document that was altered, nothing means anything.
    let seal = found
        .filter(|seal| *seal.content == *digest.0)
        .context("it was altered or damaged after it was taken, for its digest does not fit; take it again")?;
    let snapshot = snapshot.context(
        "this version does not understand what it holds; judge it with the version that took it, or take it again",
    )?;
    Ok(snapshot(seal))
}

/// The value of `content`; it is a snapshot once its seal is known.
fn take(content: &str, version: Str<'_>) -> anyhow::Result<impl FnOnce(Seal) -> Snapshot> {
    let ContentWire { taken, project, sarif, sources } = serde_json::from_str(content)?;
    let total: usize = sources.iter().map(|source| source.findings.len()).sum();
    ensure!(total <= MOST_FINDINGS, "it holds {total} findings, and {MOST_FINDINGS} are the most that are read");
    let mut shared = Shared::new();
    let sources = sources.into_iter().map(|source| take_source(source, &mut shared)).collect::<Result<Vec<_>, _>>()?;
    let mut names = HashSet::new();
    for Held { collected, .. } in &sources {
        let name = &collected.coverage.source;
        ensure!(names.insert(name), "it holds the source {name} twice");
    }
    let taken = taken.time().map_err(anyhow::Error::msg)?;
    let (version, project) = (version.into_string(), project.take());
    let sarif = sarif.into_iter().map(Str::into_string).collect();
    Ok(move |seal| Snapshot { taken, version, project, sarif, sources, seal })
}

fn take_source(source: SourceWire<'_>, shared: &mut Shared) -> anyhow::Result<Held> {
    let SourceWire { settings, coverage, findings } = source;
    let coverage = coverage.take(shared).map_err(anyhow::Error::msg)?;
    let name = Text::clone(&coverage.source);
    let taken = take_findings(&findings, &name)?;
    // A source without what was found in it would look clean.
    let (told, held) = (coverage.read, taken.len());
    ensure!(u64::try_from(held) == Ok(told), "the source {name} tells of {told} findings, and {held} are there");
    Ok(Held { settings: settings.into_string(), collected: Collected { findings: taken, coverage } })
}

/// The findings of a source, in their order. Reading them is most of the work, so every core takes a part.
fn take_findings(raw: &[&RawValue], source: &Text) -> anyhow::Result<Vec<Finding>> {
    let cores = if raw.len() < WORTH_THREADS { 1 } else { parallel::cores() };
    let share = raw.len().div_ceil(cores).max(1);
    let parts = raw.chunks(share).enumerate().collect();
    let parts = parallel::each(parts, |(part, raw)| take_part(raw, part * share, source));
    let mut parts = parts.into_iter();
    let mut taken = parts.next().unwrap_or_else(|| Ok(Vec::new()))?;
    taken.reserve_exact(raw.len() - taken.len());
    for part in parts {
        taken.append(&mut part?);
    }
    Ok(taken)
}

/// `before` is how many stand before the part.
fn take_part(raw: &[&RawValue], before: usize, source: &Text) -> anyhow::Result<Vec<Finding>> {
    let mut shared = Shared::new();
    let mut taken = Vec::with_capacity(raw.len());
    for (number, raw) in (before + 1..).zip(raw) {
        let finding = serde_json::from_str::<FindingWire<'_>>(raw.get()).map_err(anyhow::Error::new);
        let finding = finding.and_then(|finding| finding.take(source, &mut shared).map_err(anyhow::Error::msg));
        taken.push(finding.with_context(|| format!("finding {number} of the source {source}"))?);
    }
    Ok(taken)
}

/// Says what a document is that cannot be read as a snapshot.
fn what_is_it(bytes: &[u8], error: &serde_json::Error) -> anyhow::Error {
    #[derive(Deserialize)]
    struct Loose<'a> {
        #[serde(borrow)]
        schema: Option<Str<'a>>,
        runs: Option<IgnoredAny>,
    }

    match (error.classify(), serde_json::from_slice::<Loose<'_>>(bytes)) {
        (Category::Eof, _) => anyhow!("it ends too early: it was cut off, or is still being written; take it again"),
        (_, Ok(Loose { schema: Some(schema), .. })) if *schema.0 != *SCHEMA => other_version(&schema.0),
        (_, Ok(Loose { schema: Some(_), .. })) => {
            anyhow!("it was altered, or another version took it: {error}; take it again")
        }
        (_, Ok(Loose { runs: Some(_), .. })) => anyhow!("it is not a snapshot but SARIF; name it with --sarif"),
        (_, Ok(_)) => no_snapshot(),
        (_, Err(damage)) if damage.is_data() => no_snapshot(),
        (_, Err(damage)) => anyhow!("it is damaged, or not a snapshot: {damage}"),
    }
}

fn no_snapshot() -> anyhow::Error {
    anyhow!("it is not a snapshot; take one with `findgate collect`")
}

fn other_version(schema: &str) -> anyhow::Error {
    anyhow!(
        "it says that it is `{schema}`, and findgate {} reads {SCHEMA}; judge it with the version that took it, or take it again",
        env!("CARGO_PKG_VERSION")
    )
}
