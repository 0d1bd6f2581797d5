//! A file that is going to be written, whole or not at all.
//!
//! It is checked before anything is read, so that a folder that does not exist is told at once and not after minutes of
//! collecting. It is written beside its path and then renamed: whoever looks at the path sees the old document or the new
//! one, never half of one. What is not a regular file (`/dev/null`, a named pipe) is written as it is.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, anyhow, bail, ensure};

use super::escape::terminal;
use crate::project::top_of;

/// A file to be, known to be writable when it was checked.
#[derive(Debug)]
pub struct Destination {
    /// As the user wrote it, for messages.
    named: PathBuf,
    /// Absolute, symbolic links followed.
    resolved: PathBuf,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Written beside it, then renamed.
    Replace,
    /// Opened and written: a device, a pipe, a descriptor that the shell has opened.
    Direct,
}

impl Destination {
    /// Finds out whether a file can be written. Nothing that is there is changed.
    ///
    /// # Errors
    /// If its folder is missing or takes no file, if it is a folder itself, or if a link leads it out of the repository.
    pub fn check(named: &Path) -> anyhow::Result<Destination> {
        let checked = |resolved, way| Destination { named: named.to_owned(), resolved, way };
        ensure!(!named.as_os_str().as_encoded_bytes().ends_with(b"/"), "it is a folder, not a file");
        if is_descriptor(named) {
            return Ok(checked(named.to_owned(), Way::Direct));
        }
        let (resolved, existing) = resolve(named)?;
        ensure!(
            stays(named, &resolved)?,
            "a link in the repository leads to {}, outside of it; name that file itself if it is meant",
            shown(&resolved)
        );
        match existing {
            Some(metadata) if metadata.is_dir() => bail!("it is a folder, not a file"),
            // A pipe is not opened yet: that would wait for its reader.
            Some(metadata) if !metadata.is_file() => Ok(checked(resolved, Way::Direct)),
            existing => {
                if existing.is_some() {
                    // Renaming would replace a file that may not be written to.
                    File::options()
                        .append(true)
                        .open(&resolved)
                        .context("the file that is there may not be changed")?;
                }
                // Made and removed at once rather than kept: a run that is killed while it collects leaves nothing behind.
                drop(beside(&resolved)?);
                Ok(checked(resolved, Way::Replace))
            }
        }
    }

    /// The path as the user wrote it, safe to be shown.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.named)
    }

    /// The file that is going to be written, links followed.
    #[must_use]
    pub fn resolved(&self) -> &Path {
        &self.resolved
    }

    /// Writes it. Gives what `fill` gave.
    ///
    /// # Errors
    /// What `fill` or the system says; the file that was there is still there then.
    pub fn write<T>(&self, fill: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        match self.way {
            Way::Direct => {
                // Appending, because a descriptor of the shell may be a file that already holds something.
                let mut file = File::options().append(true).open(&self.resolved)?;
                fill(&mut file)
            }
            Way::Replace => {
                // Whatever fails from here on, the file that was there stays and the temporary one is removed when dropped.
                let mut temporary = beside(&self.resolved)?;
                let filled = fill(temporary.as_file_mut())?;
                if let Ok(existing) = fs::metadata(&self.resolved) {
                    temporary.as_file().set_permissions(existing.permissions())?;
                }
                // Not for the sake of power cuts: some file systems tell only now that the disk is full or the quota is
                // spent, and the standard library swallows what they tell when a file is closed.
                temporary.as_file().sync_data()?;
                temporary.persist(&self.resolved).map_err(|failed| failed.error)?;
                Ok(filled)
            }
        }
    }
}

/// A temporary file in the folder of `path`: renaming works within one file system only.
fn beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".findgate-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What any program's new file gets, the user's umask applied. Private files, as `tempfile` makes them, could not be
        // read by the next step of a pipeline if that runs as somebody else.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder).map_err(|error| {
        let kind = error.kind();
        // `tempfile` adds the path of the temporary file, which would only confuse.
        let reason = error.to_string();
        let reason = reason.split(" at path ").next().unwrap_or_default();
        io::Error::new(kind, format!("folder {} cannot be written to: {reason}", shown(folder)))
    })
}

/// Whether the path is a descriptor that the shell has opened: what it leads to may be a pipe, and has no folder.
fn is_descriptor(path: &Path) -> bool {
    cfg!(unix)
        && (path == Path::new("/dev/stderr")
            || ["/dev/fd", "/proc/self/fd"].iter().any(|folder| path.parent() == Some(Path::new(folder))))
}

/// Follows symbolic links to the place that is really written, whether anything is there yet or not.
fn resolve(named: &Path) -> anyhow::Result<(PathBuf, Option<fs::Metadata>)> {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = std::path::absolute(named)?;
    for _ in 0..LINKS {
        let folder = path.parent().context("it is a folder, not a file")?;
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => path = folder.join(fs::read_link(&path)?),
            Ok(metadata) => return Ok((fs::canonicalize(&path)?, Some(metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = path.file_name().context("it is a folder, not a file")?;
                let real = fs::canonicalize(folder).map_err(|error| match error.kind() {
                    io::ErrorKind::NotFound => anyhow!("folder {} does not exist; create it first", shown(folder)),
                    _ => anyhow!(error).context(format!("folder {}", shown(folder))),
                })?;
                return Ok((real.join(name), None));
            }
            Err(error) => return Err(error.into()),
        }
    }
    bail!("more than {LINKS} symbolic links")
}

/// Whether links keep a path in the repository that it would be in without them. Those that lie there are a change's as much
/// as any file, and what is written holds text of others: it must not land in git's own files, or in a script of the job.
fn stays(named: &Path, resolved: &Path) -> io::Result<bool> {
    let here = fs::canonicalize(".")?;
    let root = top_of(&here).unwrap_or(&here);
    let mut plain = PathBuf::new();
    for part in here.join(named).components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    let is_in = |path: &Path| path.strip_prefix(root).is_ok_and(|rest| rest.iter().all(|part| part != ".git"));
    Ok(!is_in(&plain) || is_in(resolved))
}

/// A path in a message.
pub(super) fn shown(path: &Path) -> String {
    terminal(&path.to_string_lossy()).into_owned()
}
