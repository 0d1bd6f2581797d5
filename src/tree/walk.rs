//! What a path means: every step of it is followed, in the base as it stands there, else on disk.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};

use anyhow::bail;

use super::base::{Base, Entry, Kind};
use super::{DIRECTORY, Unread, unreadable};

/// So many links are followed, as systems do.
const LINKS: usize = 40;

/// The longest text of a link that is read; longer ones are no paths anywhere.
const LONGEST: u64 = 4096;

/// What a path means in the base.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InBase {
    /// A file of it.
    Blob(Entry),
    /// Something that is no file, and what.
    NoFile(String),
    /// Nothing. The path leads on from here on disk; the links of the base before are followed.
    Absent(PathBuf),
    /// The path, links followed, is outside of the repository.
    Outside(PathBuf),
}

/// What a path means on disk.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OnDisk {
    /// The file, without links on the way.
    pub(super) at: PathBuf,
    /// The links on the way that are inside of the repository.
    pub(super) links: Vec<PathBuf>,
}

/// One step of a path.
#[derive(Clone, Debug)]
enum Step {
    Root(OsString),
    Up,
    Into(OsString),
}

/// A path that is followed step by step.
struct Way {
    at: PathBuf,
    left: VecDeque<Step>,
    links: usize,
}

impl Way {
    fn new(path: &Path) -> Way {
        let mut way = Way { at: PathBuf::new(), left: VecDeque::new(), links: 0 };
        way.before(path);
        way
    }

    /// Puts the steps of a path before those that are left.
    fn before(&mut self, path: &Path) {
        let step = |component: Component<'_>| match component {
            Component::CurDir => None,
            Component::ParentDir => Some(Step::Up),
            Component::Prefix(_) | Component::RootDir => Some(Step::Root(component.as_os_str().to_owned())),
            Component::Normal(name) => Some(Step::Into(name.to_owned())),
        };
        let steps: Vec<Step> = path.components().filter_map(step).collect();
        for step in steps.into_iter().rev() {
            self.left.push_front(step);
        }
    }

    /// Goes on behind a link. `None` if there were too many.
    fn follow(&mut self, target: &Path) -> Option<()> {
        self.links += 1;
        self.before(target);
        (self.links <= LINKS).then_some(())
    }

    /// The names that come next, up to a step that is none.
    fn ahead(&self) -> Vec<&OsStr> {
        fn name(step: &Step) -> Option<&OsStr> {
            match step {
                Step::Into(name) => Some(name),
                Step::Root(_) | Step::Up => None,
            }
        }
        self.left.iter().map_while(name).collect()
    }

    /// The rest of the path behind a place.
    fn rest(&self, mut from: PathBuf) -> PathBuf {
        for step in &self.left {
            match step {
                Step::Root(name) | Step::Into(name) => from.push(name),
                Step::Up => from.push(".."),
            }
        }
        from
    }
}

/// Follows an absolute path: inside of the repository by what the base has, outside by what the disk has.
///
/// # Errors
/// If the base is not there or cannot be read.
pub(super) fn in_base(base: &Base, path: &Path) -> anyhow::Result<InBase> {
    let top = base.top();
    let mut way = Way::new(path);
    // Whether a link of the base led here: from then on the path is the repository's own, and stays in it.
    let mut is_bound = false;
    while let Some(step) = way.left.pop_front() {
        let name = match step {
            Step::Root(name) => {
                way.at.push(name);
                continue;
            }
            Step::Up => {
                way.at.pop();
                if is_bound && !way.at.starts_with(top) {
                    return Ok(InBase::NoFile(LEADS_OUT.to_owned()));
                }
                continue;
            }
            Step::Into(name) => name,
        };
        let next = way.at.join(&name);
        let inside = next.strip_prefix(top).ok().filter(|path| !path.as_os_str().is_empty());
        let Some(inside) = inside else {
            match next.read_link() {
                Ok(target) if way.follow(&target).is_none() => bail!(TOO_MANY),
                Ok(_) => {}
                Err(_) => way.at = next,
            }
            continue;
        };
        let Some(entry) = base.entry(inside, &way.ahead())? else { return Ok(InBase::Absent(way.rest(next))) };
        match entry.kind {
            Kind::Folder => way.at = next,
            Kind::File if way.left.is_empty() => return Ok(InBase::Blob(entry)),
            Kind::File => return Ok(InBase::NoFile("a part of its path is a file".to_owned())),
            Kind::Submodule => {
                return Ok(InBase::NoFile(
                    "it is in a submodule, whose files the base does not hold; keep it in the repository itself"
                        .to_owned(),
                ));
            }
            Kind::Link => {
                is_bound = true;
                let target = base.blob(&entry, LONGEST)?;
                let target = match std::str::from_utf8(&target) {
                    Ok(target) => Path::new(target),
                    Err(_) => return Ok(InBase::NoFile("it is a symbolic link to what is no text".to_owned())),
                };
                if target.has_root() {
                    return Ok(InBase::NoFile(LEADS_OUT.to_owned()));
                }
                if way.follow(target).is_none() {
                    return Ok(InBase::NoFile(TOO_MANY.to_owned()));
                }
            }
        }
    }
    Ok(if way.at.starts_with(top) { InBase::NoFile(DIRECTORY.to_owned()) } else { InBase::Outside(way.at) })
}

const LEADS_OUT: &str = "it is a symbolic link that leads out of the repository; name the file itself";
const TOO_MANY: &str = "too many symbolic links lead from one to another";

/// Follows an absolute path on disk, and tells the links on the way that are below `top`.
///
/// # Errors
/// If nothing is there, or it cannot be looked at.
pub(super) fn on_disk(path: &Path, top: &Path) -> Result<OnDisk, Unread> {
    let mut way = Way::new(path);
    let mut links = Vec::new();
    while let Some(step) = way.left.pop_front() {
        let name = match step {
            Step::Root(name) => {
                way.at.push(name);
                continue;
            }
            Step::Up => {
                way.at.pop();
                continue;
            }
            Step::Into(name) => name,
        };
        let next = way.at.join(&name);
        let metadata = next.symlink_metadata().map_err(unreadable)?;
        if metadata.is_symlink() {
            let target = next.read_link().map_err(unreadable)?;
            if next.starts_with(top) {
                links.push(next);
            }
            way.follow(&target).ok_or_else(|| Unread::Refused(anyhow::anyhow!(TOO_MANY)))?;
        } else if metadata.is_dir() || way.left.is_empty() {
            way.at = next;
        } else {
            return Err(Unread::Missing);
        }
    }
    Ok(OnDisk { at: way.at, links })
}
