//! Baselines: what was known before, so that only what is new need be judged.
//!
//! A file is a snapshot, an evaluation as `--format json` writes it, or SARIF; which of them, its content says and not its
//! name. One that is missing or damaged, of another version or of another repository knows nothing, and a run that asks
//! for it is undecided: findings that it would have known cannot be told from those that are new.

mod evaluation;
#[cfg(test)]
mod tests;

use std::path::Path;

use anyhow::{anyhow, bail, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::brief::bounded;
use crate::digest::digest;
use crate::finding::{Coverage, Known, State};
use crate::project::{Project, is_same_repository};
use crate::report::EVALUATION_SCHEMA;
use crate::snapshot;
use crate::source::{Collected, sarif};
use crate::tree::{Tree, Unread};

/// What findings are compared with.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// Its file, as it was named.
    pub file: String,
    /// `sha256:` and the digest of its bytes, where it is a file.
    pub digest: Option<String>,
    /// When the sources were read for it.
    pub taken: Option<Timestamp>,
    /// The commit that it was taken for.
    pub commit: Option<String>,
    /// The findings.
    pub known: Known,
    /// The sources that it tells of, by name.
    pub sources: Vec<String>,
    /// What a reader should know of it, a sentence each.
    pub notes: Vec<String>,
}

/// What was read for a baseline.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// When the sources were read.
    pub at: Option<Timestamp>,
    /// The repository that they were read for.
    pub repository: Option<String>,
    /// Its name at the vendors (`--project`).
    pub project: Option<String>,
    /// The commit.
    pub commit: Option<String>,
    /// The findings; [`Known::of`] makes it of what sources read.
    pub known: Known,
    /// How far each source was read.
    pub coverage: Vec<Coverage>,
}

impl Baseline {
    /// Makes a baseline of what was read. Of a source that was not read completely it knows less than there was, which can
    /// only make more findings new; a note says so.
    #[must_use]
    pub fn of(file: String, digest: Option<String>, taken: Taken) -> Baseline {
        let Taken { at, repository: _, project: _, commit, known, coverage } = taken;
        let incomplete = |coverage: &&Coverage| matches!(coverage.state, State::Partial | State::Failed);
        let note = |Coverage { source, state, reasons, .. }: &Coverage| {
            let why = reasons.first().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let said = if *state == State::Failed { "had failed" } else { "was partial" };
            format!("the source {source} {said} when it was taken{why}: what it lacks counts as new")
        };
        Baseline {
            file,
            digest,
            taken: at,
            commit,
            known,
            notes: coverage.iter().filter(incomplete).map(note).collect(),
            sources: coverage.iter().map(|one| one.source.to_string()).collect(),
        }
    }

    /// Notes which of the sources that are judged it does not tell of.
    pub fn note_missing<'n>(&mut self, judged: impl Iterator<Item = &'n str>) {
        let missing = judged.filter(|name| !self.sources.iter().any(|source| source == name));
        let notes: Vec<String> =
            missing.map(|name| format!("it lacks the source {name}: all that it finds counts as new")).collect();
        self.notes.extend(notes);
    }
}

/// What reading a baseline needs.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// Where its file is.
    pub tree: &'a Tree,
    /// The folder that is judged.
    pub folder: &'a Path,
    /// What the policy says of SARIF files, where it says one thing of all.
    pub selection: Option<&'a sarif::Selection>,
    /// The project that is judged.
    pub project: &'a Project,
}

/// A file that was to be a baseline.
#[derive(Clone, Debug)]
pub struct Read {
    /// `sha256:` and the digest of its bytes, if there is such a file.
    pub digest: Option<String>,
    /// The baseline, or why there is none and how to make one.
    pub baseline: Result<Baseline, String>,
}

/// Reads a baseline.
#[must_use]
pub fn read(file: &str, reading: Reading<'_>) -> Read {
    let make = format!("make one on the default branch with `findgate collect --output {file}` and keep it");
    let bytes = match reading.tree.read_trusted(Path::new(file), snapshot::LARGEST) {
        Ok(file) => file.bytes,
        Err(Unread::Missing) => {
            return Read { digest: None, baseline: Err(format!("there is no baseline {file}; {make}")) };
        }
        Err(unread) => {
            return Read {
                digest: None,
                baseline: Err(format!("the baseline {file} cannot be read: {unread}; {make}")),
            };
        }
    };
    let digest = digest(&bytes);
    let taken = take(bytes, file, reading).and_then(|taken| {
        is_of(reading.project, &taken)?;
        Ok(taken)
    });
    let baseline = match taken {
        Ok(taken) => Ok(Baseline::of(file.to_owned(), Some(digest.clone()), taken)),
        Err(error) => Err(format!("the baseline {file} cannot be used: {error:#}; {make}")),
    };
    Read { digest: Some(digest), baseline }
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Snapshot,
    Evaluation,
    Sarif,
}

fn take(bytes: Vec<u8>, file: &str, reading: Reading<'_>) -> anyhow::Result<Taken> {
    let taken = kind(&bytes).and_then(|kind| match kind {
        Kind::Snapshot => of_snapshot(&bytes),
        Kind::Evaluation => evaluation::take(&bytes),
        Kind::Sarif => of_sarif(bytes, file, reading),
    });
    taken.map_err(bounded)
}

/// The bytes in which a document that this program wrote says what it is.
const HEAD: usize = 512;

fn kind(bytes: &[u8]) -> anyhow::Result<Kind> {
    #[derive(Deserialize)]
    struct Loose {
        schema: Option<String>,
        runs: Option<IgnoredAny>,
    }

    ensure!(!bytes.trim_ascii().is_empty(), "it is empty");
    // As it is written, so that a file that was cut off is called by its name and a large one is not read twice.
    let head = bytes.get(..bytes.len().min(HEAD)).unwrap_or_default();
    let begins = |schema: &str| {
        let schema = format!("\"schema\": \"{schema}\"");
        head.windows(schema.len()).any(|window| window == schema.as_bytes())
    };
    if begins(snapshot::SCHEMA) {
        return Ok(Kind::Snapshot);
    }
    if begins(EVALUATION_SCHEMA) {
        return Ok(Kind::Evaluation);
    }
    if is_utf_16(head) {
        // None of ours is; the reader of SARIF says best what is wrong with one.
        return Ok(Kind::Sarif);
    }
    match serde_json::from_slice::<Loose>(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
        Ok(Loose { schema: Some(schema), .. }) if schema == snapshot::SCHEMA => Ok(Kind::Snapshot),
        Ok(Loose { schema: Some(schema), .. }) if schema == EVALUATION_SCHEMA => Ok(Kind::Evaluation),
        Ok(Loose { schema: Some(schema), .. }) => bail!(
            "it says that it is `{}`, and findgate {} reads {}, {} and SARIF",
            schema.chars().take(80).collect::<String>(),
            env!("CARGO_PKG_VERSION"),
            snapshot::SCHEMA,
            EVALUATION_SCHEMA
        ),
        Ok(Loose { runs: Some(_), .. }) => Ok(Kind::Sarif),
        Ok(Loose { schema: None, runs: None }) => bail!("it is neither a snapshot nor an evaluation in JSON nor SARIF"),
        Err(error) if error.is_eof() => bail!("it ends too early: it was cut off"),
        Err(error) => bail!("it is damaged, or neither a snapshot nor an evaluation in JSON nor SARIF: {error}"),
    }
}

/// Whether it begins as text in UTF-16 does: with a mark, or with a character and half of one.
fn is_utf_16(head: &[u8]) -> bool {
    matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, ..] | [1..=255, 0, ..])
}

fn of_snapshot(bytes: &[u8]) -> anyhow::Result<Taken> {
    let snapshot::Snapshot { taken, version: _, project, sarif: _, sources, seal: _ } = snapshot::decode(bytes)?;
    let (mut findings, mut coverage) = (Vec::new(), Vec::new());
    for snapshot::Held { settings: _, collected } in sources {
        findings.extend(collected.findings);
        coverage.push(collected.coverage);
    }
    Ok(Taken {
        at: Some(taken),
        repository: project.repository,
        project: project.name,
        commit: project.commit,
        known: Known::of(findings),
        coverage,
    })
}

fn of_sarif(bytes: Vec<u8>, file: &str, reading: Reading<'_>) -> anyhow::Result<Taken> {
    let plain = || sarif::Selection::plain(file.to_owned());
    let selection = reading.selection.cloned().unwrap_or_else(plain);
    let Collected { findings, coverage } = sarif::collect_held(selection, file, bytes, reading.folder);
    let scans = &coverage.scans;
    ensure!(
        scans.is_empty() || scans.iter().any(|scan| &*scan.engine != env!("CARGO_PKG_NAME")),
        "it is what findgate itself writes as SARIF, which does not hold what findings are recognized by; name what \
         `--format json` writes"
    );
    if coverage.state == State::Failed {
        bail!("{}", coverage.reasons.first().map_or("nothing could be read", String::as_str));
    }
    let commit = scans.first().and_then(|first| first.commit.as_ref());
    let commit = commit.filter(|commit| scans.iter().all(|scan| scan.commit.as_ref() == Some(*commit)));
    Ok(Taken {
        at: scans.iter().filter_map(|scan| scan.finished).max(),
        commit: commit.map(ToString::to_string),
        known: Known::of(findings),
        coverage: vec![coverage],
        ..Taken::default()
    })
}

/// Sees to it that it was taken for the project that is judged, as far as both are known.
fn is_of(project: &Project, taken: &Taken) -> anyhow::Result<()> {
    if let (Some(here), Some(there)) = (&project.repository, &taken.repository)
        && !is_same_repository(here, there)
    {
        return Err(anyhow!("it was taken for the repository {there}, and this run is about {here}"));
    }
    if let (Some(here), Some(there)) = (&project.name, &taken.project)
        && here != there
    {
        return Err(anyhow!(
            "it was taken for the project {there}, and this run is about the project {here} (--project)"
        ));
    }
    Ok(())
}
