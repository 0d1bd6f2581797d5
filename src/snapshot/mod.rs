//! Snapshots: what sources showed, kept in a file, to be judged later and elsewhere.
//!
//! Whoever has the credentials takes one; whoever has none, as a pull request from a fork, judges it. It holds what
//! was read before anything was judged: findings that are not merged and coverage that is not weighed. So a snapshot gives,
//! by the same policy and on the same day, the same bytes as the sources gave.
//!
//! Findings come back as they were, but for the hashes that were made of secrets: of those it keeps which are equal and how
//! they are ordered, which is all that merging asks.
//!
//! The document is `findgate/snapshot/v1`: `schema`, `tool`, `content`, and `digest`, the SHA-256 of the exact bytes of
//! the value of `content`. The digest tells damage and accident; whoever can write the file can make it fit. A document
//! with a member that this version does not know is one of another version and not used: what is not understood
//! might be what makes a finding count.
//!
//! `wire`, `finding` and `value` hold the types of the document, `write` and `read` are its two ways, `fit` says what a policy
//! gets of it.

mod finding;
mod fit;
mod read;
#[cfg(test)]
mod tests;
mod value;
mod wire;
mod write;

pub use fit::{Wanted, section_digest};
pub use read::{LARGEST, Unusable, decode, read};
pub use write::{seal, write};

use jiff::Timestamp;

use crate::project::Project;
use crate::source::Collected;

/// What `schema` says.
pub const SCHEMA: &str = "findgate/snapshot/v1";

/// A snapshot that was read and is whole.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When the sources were read.
    pub taken: Timestamp,
    /// The version of findgate that took it.
    pub version: String,
    /// The project that they were read for: facts only, no notes.
    pub project: Project,
    /// The `--sarif` of the run that took it: they are asked for as the sources of the policy are.
    pub sarif: Vec<String>,
    /// The sources, in the order of the policy.
    pub sources: Vec<Held>,
    /// What tells it from every other.
    pub seal: Seal,
}

/// The digests of a snapshot, each `sha256:` and 64 digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Of its `content`, as `digest` in the document says: what was read, and for which project and when.
    pub content: String,
    /// Of the bytes of the whole file.
    pub file: String,
}

/// A source in a snapshot.
#[derive(Clone, Debug)]
pub struct Held {
    /// What the policy said of it when it was read, as [`section_digest`] tells.
    pub settings: String,
    /// What it showed.
    pub collected: Collected,
}

/// What goes into a snapshot.
#[derive(Clone, Debug)]
pub struct Contents<'a> {
    /// When the sources were read.
    pub taken: Timestamp,
    /// The project that they were read for.
    pub project: &'a Project,
    /// The `--sarif` of this run.
    pub sarif: &'a [String],
    /// What the policy says of each source, and what it showed.
    pub sources: Vec<(&'a str, &'a Collected)>,
}
