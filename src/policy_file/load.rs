//! From the name of a policy to a valid one: every file that it is made of is found, read and checked.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;

use super::parents::{Extends, Parents, digest_of};
use super::{PolicyFile, decode, preset, waivers};
use crate::policy::{self, Document, EvidenceRule, MAX_BYTES, Policy, Problem, Problems};
use crate::source::{self, Plan};
use crate::tree::{Tree, TreeFile, Unread};

/// A valid policy, and the files that it was made of.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file as the user named it, or `preset:NAME`.
    pub origin: String,
    /// `sha256:` and the digest of its bytes; where it extends others, one over the names and digests of all of them.
    pub digest: String,
    /// Every file that was read for it, that of the policy first.
    pub files: Vec<InputFile>,
    /// The text of each file, by the name that places have.
    pub texts: Texts,
    /// Every entry of `extends`, in the order of reading.
    pub extends: Vec<Extends>,
    /// What it says, on top of all that it extends.
    pub policy: Policy,
    /// Where it is looser than what it extends, and may be.
    pub hints: Vec<Problem>,
    /// What its source sections say, in the order of the file.
    pub plans: Vec<(Plan, EvidenceRule)>,
    /// Other policy files that were passed over.
    pub passed_over: Vec<&'static str>,
    /// What the user should hear of it although nothing is wrong, a sentence each.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// A sentence for each policy file that was passed over: somebody may think that it holds.
    pub fn passed_over(&self) -> impl Iterator<Item = String> {
        self.passed_over.iter().map(|file| format!("{file} exists too and is not read; {} comes first", self.origin))
    }
}

/// A file that a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// What it is.
    pub role: Role,
    /// Its name, as the policy or the user wrote it.
    pub name: String,
    /// `sha256:` and the digest of its bytes.
    pub digest: String,
}

/// What a file is to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A policy, or one that it extends.
    Policy,
    /// Waivers.
    Waivers,
    /// A VEX document.
    Vex,
    /// A baseline.
    Baseline,
    /// A feed of `enrich`.
    Feed,
    /// A snapshot that is judged instead of the sources.
    Snapshot,
}

impl Role {
    /// The name in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Policy => "policy",
            Role::Waivers => "waivers",
            Role::Vex => "vex",
            Role::Baseline => "baseline",
            Role::Feed => "feed",
            Role::Snapshot => "snapshot",
        }
    }
}

/// Why there is no policy.
#[derive(Debug)]
pub enum NotLoaded {
    /// What stands in it is wrong.
    Wrong(Wrong),
    /// It could not be found or read.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for NotLoaded {
    fn from(error: anyhow::Error) -> NotLoaded {
        NotLoaded::Other(error)
    }
}

/// Everything that is wrong with the files of a policy.
#[derive(Debug)]
pub struct Wrong {
    /// The problems, in order.
    pub problems: Vec<Problem>,
    /// The text of each file, by the name that places have.
    pub texts: Texts,
}

/// The text of each file, by the name that places have.
pub type Texts = BTreeMap<Arc<str>, Arc<str>>;

/// Where a policy is looked for, in this order, when none is named.
pub const POLICY_FILES: [&str; 3] = [".findgate.yml", "findgate.yml", ".github/findgate.yml"];

/// What loading a policy needs.
#[derive(Clone, Copy)]
pub struct Loading<'a> {
    /// Where its files are.
    pub tree: &'a Tree,
    /// The day that is judged: how far from it a waiver reaches.
    pub as_of: Timestamp,
    /// Gets what is at an address.
    pub fetch: &'a dyn Fn(&Address) -> anyhow::Result<Vec<u8>>,
}

/// What is fetched from a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// An https address.
    pub url: String,
    /// `sha256:` and the digest that its bytes must have.
    pub digest: Option<String>,
    /// How old a kept copy may be to be used instead. What has a digest never grows old.
    pub max_age: Duration,
}

/// Loads and checks a policy: its file, what that names, and the sections of its sources.
///
/// # Errors
/// If there is none, a file cannot be read, or anything in it is wrong.
pub fn load(named: Option<&str>, loading: Loading<'_>) -> Result<Loaded, NotLoaded> {
    let Found { origin, file: PolicyFile { text, digest }, passed_over } = find(named, loading.tree)?;
    let mut own = Problems::default();
    let policy = Document::parse(&origin, &text, &mut own)
        .and_then(|document| policy::decode(&document, &source::LANGUAGES, &mut own));
    let mut parents = Parents::of(&origin, &text, &digest, loading);
    let mut policy = policy.and_then(|policy| parents.compose(&origin, policy));
    let Parents { mut files, mut texts, mut problems, hints, extends, .. } = parents;
    problems.extend(own.sorted());
    let digest = digest_of(&files);
    let mut warnings = Vec::new();
    if let Some(policy) = &mut policy {
        let (files, texts, problems, warnings) = (&mut files, &mut texts, &mut problems, &mut warnings);
        waivers::add(policy, loading, &mut waivers::Gathered { files, texts, problems, warnings });
    }
    let mut plans = Vec::new();
    for section in policy.iter().flat_map(|policy| &policy.sources) {
        let evidence = policy.as_ref().map(|policy| section.evidence.over(&policy.evidence)).unwrap_or_default();
        plans.extend(source::plan(section, &mut problems).map(|plan| (plan, evidence)));
    }
    match policy {
        Some(policy) if problems.is_empty() => {
            Ok(Loaded { origin, digest, files, texts, extends, policy, hints, plans, passed_over, warnings })
        }
        _ => Err(NotLoaded::Wrong(Wrong { problems: problems.sorted(), texts })),
    }
}

/// A policy that was found.
struct Found {
    /// Its name for people.
    origin: String,
    file: PolicyFile,
    /// The files that would have been found after it.
    passed_over: Vec<&'static str>,
}

fn find(named: Option<&str>, tree: &Tree) -> anyhow::Result<Found> {
    if let Some(named) = named {
        let file = match named.strip_prefix("preset:") {
            Some(name) => preset(name)?,
            None => taken(named, tree.read(Path::new(named), MAX_BYTES as u64))?,
        };
        return Ok(Found { origin: named.to_owned(), file, passed_over: Vec::new() });
    }
    // Whatever stands at such a path is the policy, readable or not: a folder or a broken link there must not make the
    // next one count.
    let mut found =
        tree.discover(&POLICY_FILES).map_err(|unread| anyhow!(unread)).context("cannot find the policy")?.into_iter();
    let Some(first) = found.next() else {
        bail!(
            "no policy: none of {} is in {}; write one with `findgate policy init`, name one with --policy, \
             or take a built-in one: --policy preset:recommended",
            POLICY_FILES.join(", "),
            tree.shown()
        )
    };
    Ok(Found {
        origin: first.to_owned(),
        file: taken(first, tree.read(Path::new(first), MAX_BYTES as u64))?,
        passed_over: found.collect(),
    })
}

/// Reads the file of a policy that another one extends.
pub(super) fn read(path: &str, tree: &Tree) -> anyhow::Result<PolicyFile> {
    taken(path, tree.read_trusted(Path::new(path), MAX_BYTES as u64))
}

fn taken(path: &str, read: Result<TreeFile, Unread>) -> anyhow::Result<PolicyFile> {
    let attempt = || format!("cannot read the policy {path}");
    match read {
        Ok(TreeFile { bytes, .. }) => decode(bytes).with_context(attempt),
        Err(unread @ (Unread::Missing | Unread::OnlyInChange)) => Err(anyhow!(unread)).with_context(attempt),
        Err(Unread::Refused(error)) => Err(error).with_context(attempt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let tree = Tree::worktree(folder.path());
        let error = |name: &str| format!("{:#}", read(name, &tree).expect_err("refused"));
        assert_eq!(error("no.yml"), "cannot read the policy no.yml: there is no such file");
        assert_eq!(error("."), "cannot read the policy .: it is a directory; name the file in it");
        std::fs::write(folder.path().join("p.yml"), "version: 1\n").expect("written");
        assert_eq!(read("p.yml", &tree).expect("read").text, "version: 1\n");
    }
}
