//! The facts of one run: what has to be known before a result can be understood.

use super::kind::Tool;
use super::path::{Roots, Target};
use super::rule::Component;
use crate::finding::Text;

/// One run, read to its end.
#[derive(Debug)]
pub(super) struct Run {
    /// The scanner's name.
    pub(super) engine: Text,
    /// Its version.
    pub(super) version: Option<Text>,
    /// What the table knows of it.
    pub(super) tool: Tool,
    /// The driver, then the extensions.
    pub(super) components: Vec<Component>,
    /// Names of taxonomies with the ids of their taxa.
    pub(super) taxonomies: Vec<(String, Vec<String>)>,
    /// What paths are relative to.
    pub(super) roots: Roots,
    /// The files that results may refer to by number.
    pub(super) artifacts: Vec<Target>,
    /// How it ended, in a word.
    pub(super) status: Option<Text>,
    /// When it ended.
    pub(super) finished: Option<jiff::Timestamp>,
    /// The commit it looked at.
    pub(super) commit: Option<Text>,
    /// The branch it looked at.
    pub(super) branch: Option<Text>,
}
