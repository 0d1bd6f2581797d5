//! SARIF 2.1.0 files as a source.
//!
//! The way of a file, a step each: `files` finds it, `bytes` decodes it, `scan` walks its structure, `outline`
//! reads everything but the results, `read` reads the results with several threads into the types of `wire`, and
//! `normalize` makes findings of them, helped by `rule`, `severity`, `kind`, `package`, `ids` and `path`.
//! `account` says what was counted and what is missing: each result is a finding, a result that is counted as none, or
//! a counted skip that makes the source incomplete.

mod account;
mod bytes;
pub mod config;
mod content;
mod ending;
mod files;
mod grammar;
mod kind;
mod normalize;
mod outline;
mod package;
mod path;
mod properties;
mod read;
mod rule;
mod run;
mod scan;
mod severity;
mod tolerant;
mod wire;

#[cfg(test)]
mod tests;

pub use config::{FILES, LANGUAGE, NAME, Selection, Settings, decode, entry};

use std::path::Path;

use super::{Collected, cvss, ids, names, place, purl};
use crate::finding::Text;
use crate::progress::Progress;

/// Reads every file that the settings name.
///
/// It does not fail: what could not be read is said in the coverage. `root` is the folder that globs are relative to and
/// that absolute paths in the files are made relative to.
#[must_use]
pub fn collect(settings: &Settings, root: &Path, progress: &Progress) -> Collected {
    let files = files::select(&settings.files, root);
    let reading = read::read(settings, &files.files, &path::Roots::new(root), progress);
    let coverage = account::coverage(Text::clone(&settings.name), files.problems, files.notes, reading.files);
    Collected { findings: reading.findings, coverage }
}

/// Reads the bytes of one SARIF file, as [`collect`] reads the file that the selection names. `origin` is how people know it.
#[must_use]
pub fn collect_held(selection: Selection, origin: &str, bytes: Vec<u8>, root: &Path) -> Collected {
    let size = bytes.len() as u64;
    let held = Some(content::Held::new(bytes));
    let file = files::Selected { path: Default::default(), origin: origin.to_owned(), selection: 0, size, held };
    let settings = Settings { name: NAME.into(), files: vec![selection], written: Vec::new() };
    let reading = read::read(&settings, &[file], &path::Roots::new(root), &Progress::silent());
    let coverage = account::coverage(settings.name, Vec::new(), Vec::new(), reading.files);
    Collected { findings: reading.findings, coverage }
}
