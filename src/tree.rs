//! Where the files of the repository come from that a verdict rests on: policies, waivers, baselines, feeds.
//!
//! Whoever proposes a change can write every file of the work tree. So what decides over the change is not read from there,
//! but from the commit that the change goes into: [`Tree::base`]. The whole rule lives here:
//!
//! - What is outside of the repository's top folder is no part of the change, and read from disk.
//! - What stands in the base is read from there, whatever the change made of it. Links are followed within the base.
//! - What does not, and is tracked, was brought by the change: [`Found::New`]. A policy that is new is used and said to be
//!   new; whatever would excuse the change ([`Tree::read_trusted`]) is not used.
//! - What is neither in the base nor tracked is an artifact of the job, and read from disk.
//!
//! A path means the same file however it is written: `..` and links are followed, in the base as it is in the base, so that
//! no way of writing leads to the work tree's version of a file that the base has. Names that differ in case are different
//! names; what is tracked under either counts as brought by the change, since on some file systems they are one file.

mod base;
#[cfg(test)]
mod tests;
mod walk;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{anyhow, bail};

use crate::env::Env;
use crate::project::short;
use base::Base;
use walk::{InBase, OnDisk};

pub use base::Revision;

/// Which version of the repository's files decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Side {
    /// That of the commit which the change goes into
    Base,
    /// The files as they are
    Worktree,
}

impl Side {
    /// The name on the command line and in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Base => "base",
            Side::Worktree => "worktree",
        }
    }
}

/// Where files are read from.
#[derive(Clone, Debug)]
pub struct Tree {
    /// What relative paths are relative to.
    folder: PathBuf,
    /// The base, where that decides.
    base: Option<Arc<Base>>,
    /// What was read so far, by the path that it was asked for with.
    read: Arc<Mutex<BTreeMap<PathBuf, Seen>>>,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct TreeFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it was found.
    pub found: Found,
}

/// Where a file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// In the work tree, as it is: the work tree decides.
    WorkTree,
    /// In the base.
    Base,
    /// In the work tree only, tracked: the change brought it.
    New,
    /// In the work tree only, not tracked: the job made it.
    Untracked,
    /// Outside of the repository.
    Outside,
}

/// Why a file was not read.
#[derive(Debug)]
pub enum Unread {
    /// There is none.
    Missing,
    /// Only the change brings it, and it would decide over the change.
    OnlyInChange,
    /// There is something that cannot be read, and why.
    Refused(anyhow::Error),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unread::Missing => f.write_str("there is no such file"),
            Unread::OnlyInChange => f.write_str(
                "it is new in this change, which cannot excuse itself; it counts once it is in the branch that the change goes into",
            ),
            Unread::Refused(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for Unread {}

/// What became of a path that was asked for.
#[derive(Clone, Copy, Debug)]
struct Seen {
    found: Found,
    /// Whether the work tree has something else there.
    differs: bool,
}

impl Tree {
    /// The files as they are in a folder.
    #[must_use]
    pub fn worktree(folder: &Path) -> Tree {
        Tree { folder: folder.to_owned(), base: None, read: Arc::default() }
    }

    /// The files as they are in the commit that a change goes into, from the folder of the environment. Git is asked when
    /// the first file of the repository is read, so a run that reads none needs no base.
    #[must_use]
    pub fn base(env: &Env, revision: Revision) -> Tree {
        let base = Some(Arc::new(Base::new(env, revision)));
        Tree { folder: env.folder.clone(), base, read: Arc::default() }
    }

    /// The same files, for a policy that does not decide: what is read of them says nothing of the one that does.
    #[must_use]
    pub fn afresh(&self) -> Tree {
        Tree { read: Arc::default(), ..self.clone() }
    }

    /// Reads a file of at most so many bytes: a policy, or what excuses nothing. [`TreeFile::found`] tells whether the change
    /// brought it.
    ///
    /// # Errors
    /// If there is none, it is larger, or it cannot be read; if the base is not there, with the command that fetches it. The
    /// error does not name the file.
    pub fn read(&self, path: &Path, most: u64) -> Result<TreeFile, Unread> {
        let Some(base) = &self.base else {
            let bytes = from_disk(&self.folder.join(path), most)?;
            return Ok(TreeFile { bytes, found: Found::WorkTree });
        };
        let at = self.folder.join(path);
        let file = from_base(base, &at, most)?;
        let differs = file.found == Found::Base && !is_same(&file.bytes, &at);
        self.seen().insert(path.to_owned(), Seen { found: file.found, differs });
        Ok(file)
    }

    /// Reads a file that can excuse the change: what a policy extends, waivers, VEX documents, baselines, feeds. As
    /// [`Tree::read`], but for what only the change brings, unless it brings the policy, too: that is
    /// [`Unread::OnlyInChange`], which says so in a sentence. Whoever gets it goes on as if the file did not count, and
    /// tells it.
    ///
    /// # Errors
    /// As [`Tree::read`], and if only the change has the file.
    pub fn read_trusted(&self, path: &Path, most: u64) -> Result<TreeFile, Unread> {
        // Where the policy itself is new, what it names tells no more than it could say itself.
        let is_all_new = !self.brought().is_empty();
        let file = self.read(path, most)?;
        if file.found == Found::New && !is_all_new {
            // By its own policy the change would have it.
            self.seen().insert(path.to_owned(), Seen { found: Found::New, differs: true });
            return Err(Unread::OnlyInChange);
        }
        Ok(file)
    }

    /// What it is, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        let folder = self.folder.display();
        match self.base_commit() {
            Some(commit) => format!("{folder}, neither at base {} nor as it is", short(&commit)),
            None => folder.to_string(),
        }
    }

    /// Those of some names of one thing at which anything stands, the first first. A folder or a broken link counts, readable
    /// or not. Where the base decides and has any of them, those that the change adds are none: a name that goes before would
    /// be a way around the base.
    ///
    /// # Errors
    /// If the base is not there.
    pub fn discover(&self, names: &[&'static str]) -> Result<Vec<&'static str>, Unread> {
        if let Some(base) = &self.base {
            let mut found = Vec::new();
            for name in names {
                if has_in_base(base, &self.folder.join(name))? {
                    found.push(*name);
                }
            }
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(names.iter().copied().filter(|name| self.folder.join(name).symlink_metadata().is_ok()).collect())
    }

    /// Which version decides.
    #[must_use]
    pub fn side(&self) -> Side {
        if self.base.is_some() { Side::Base } else { Side::Worktree }
    }

    /// The base's full commit, once it was needed and found.
    #[must_use]
    pub fn base_commit(&self) -> Option<String> {
        self.base.as_ref()?.commit().map(str::to_owned)
    }

    /// Where a file was found that was read by this very path.
    #[must_use]
    pub fn found(&self, path: &Path) -> Option<Found> {
        self.seen().get(path).map(|seen| seen.found)
    }

    /// The name of a file that was read, and which version of it, for people: `.findgate.yml at base 1a2b3c4d5e6f`.
    #[must_use]
    pub fn told(&self, name: &str) -> String {
        match (self.found(Path::new(name)), self.base_commit()) {
            (Some(Found::Base), Some(commit)) => format!("{name} at base {}", short(&commit)),
            (Some(Found::New), _) => format!("{name} (new in this change)"),
            _ => name.to_owned(),
        }
    }

    /// The paths of what was read of which the work tree has another version, or of which only the work tree has one that was
    /// not used. Line endings make no difference.
    #[must_use]
    pub fn changed(&self) -> Vec<PathBuf> {
        self.seen().iter().filter(|(_, seen)| seen.differs).map(|(path, _)| path.clone()).collect()
    }

    /// The paths of what was used although only the change has it.
    #[must_use]
    pub fn brought(&self) -> Vec<PathBuf> {
        let is_used = |seen: &Seen| seen.found == Found::New && !seen.differs;
        self.seen().iter().filter(|(_, seen)| is_used(seen)).map(|(path, _)| path.clone()).collect()
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Seen>> {
        // What stands in it is whole whenever the lock is free.
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_in_base(base: &Base, at: &Path) -> Result<bool, Unread> {
    match walk::in_base(base, at).map_err(Unread::Refused)? {
        InBase::Blob(_) | InBase::NoFile(_) => Ok(true),
        InBase::Absent(_) | InBase::Outside(_) => Ok(false),
    }
}

fn from_base(base: &Base, at: &Path, most: u64) -> Result<TreeFile, Unread> {
    let refused = |reason: String| Unread::Refused(anyhow!(reason));
    let blob = |entry: &base::Entry| base.blob(entry, most).map_err(Unread::Refused);
    let rest = match walk::in_base(base, at).map_err(Unread::Refused)? {
        InBase::Blob(entry) => return Ok(TreeFile { bytes: blob(&entry)?, found: Found::Base }),
        InBase::NoFile(reason) => return Err(refused(reason)),
        InBase::Outside(path) => return Ok(TreeFile { bytes: from_disk(&path, most)?, found: Found::Outside }),
        InBase::Absent(rest) => rest,
    };
    // The way there may lead over links that the change or the job made, to a file that the base has after all.
    let OnDisk { at, links } = walk::on_disk(&rest, base.top())?;
    let mut is_brought = false;
    for link in &links {
        is_brought |= base.is_tracked(link).map_err(Unread::Refused)?;
    }
    let found = |found: Found| if is_brought { Found::New } else { found };
    match walk::in_base(base, &at).map_err(Unread::Refused)? {
        InBase::Blob(entry) => Ok(TreeFile { bytes: blob(&entry)?, found: found(Found::Base) }),
        InBase::NoFile(reason) => Err(refused(reason)),
        InBase::Outside(path) => Ok(TreeFile { bytes: from_disk(&path, most)?, found: found(Found::Outside) }),
        InBase::Absent(_) => {
            let is_new = base.is_tracked(&at).map_err(Unread::Refused)?;
            let bytes = from_disk(&at, most)?;
            Ok(TreeFile { bytes, found: found(if is_new { Found::New } else { Found::Untracked }) })
        }
    }
}

/// Whether a file on disk has these bytes. A checkout may have changed the ends of lines.
fn is_same(bytes: &[u8], at: &Path) -> bool {
    // Twice as many: each line may have got another end.
    let most = (bytes.len() as u64).saturating_mul(2);
    let Ok(there) = from_disk(at, most) else { return false };
    let plain = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
    there == bytes || plain(&there) == plain(bytes)
}

fn from_disk(path: &Path, most: u64) -> Result<Vec<u8>, Unread> {
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(Unread::Refused(anyhow!(DIRECTORY)));
    }
    let mut bytes = Vec::new();
    // One byte more than is allowed tells that there is more, and a device without end ends here.
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    within(bytes.len() as u64, most).map_err(Unread::Refused)?;
    Ok(bytes)
}

const DIRECTORY: &str = "it is a directory; name the file in it";

fn unreadable(error: io::Error) -> Unread {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Unread::Missing,
        io::ErrorKind::PermissionDenied => Unread::Refused(anyhow!("permission denied")),
        io::ErrorKind::IsADirectory => Unread::Refused(anyhow!(DIRECTORY)),
        _ => Unread::Refused(anyhow!(error)),
    }
}

fn within(length: u64, most: u64) -> anyhow::Result<()> {
    if length > most {
        bail!("it is larger than {most} bytes, the most that is read");
    }
    Ok(())
}
