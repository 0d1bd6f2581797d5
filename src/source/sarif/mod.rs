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

pub use config::{LANGUAGE, NAME, Selection, Settings, decode};

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
