//! From globs to files. What a glob could have meant and was not read is said.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::account::Problem;
use super::config::Selection;
use super::content::Held;
use super::names::one_line;
use crate::policy::{Pattern, Patterns};

/// More files than this are not read.
const MOST_FILES: usize = 10_000;

/// A file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selected {
    /// Where it is.
    pub(super) path: PathBuf,
    /// How people know it: relative to the root where it is under it.
    pub(super) origin: String,
    /// The selection that named it first.
    pub(super) selection: usize,
    /// Its size when it was found.
    pub(super) size: u64,
    /// Its bytes, where somebody read them already; then there may be no file.
    pub(super) held: Option<Held>,
}

/// What the selections name.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// Files, selection by selection, sorted within each.
    pub(super) files: Vec<Selected>,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
    /// The file that a path with all links resolved is.
    known: HashMap<PathBuf, usize>,
    full: bool,
}

/// Finds the files.
pub(super) fn select(selections: &[Selection], root: &Path) -> Files {
    let mut files = Files::default();
    for (index, selection) in selections.iter().enumerate() {
        files.selection(index, &selection.path, selections, root);
    }
    if selections.is_empty() {
        files.problems.push(Problem::failed("no file is named"));
    }
    files
}

impl Files {
    fn selection(&mut self, index: usize, pattern: &str, selections: &[Selection], root: &Path) {
        let written = one_line(pattern, 200);
        let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
        if pattern.is_empty() {
            self.problems.push(Problem::failed("an empty path names no file"));
            return;
        }
        let plain = root.join(pattern);
        if !pattern.contains(['*', '?', '[', '{']) {
            self.plain(index, &written, pattern, plain, selections, root);
            return;
        }
        // A file whose name happens to look like the glob is meant as well, and only as well: otherwise a change could
        // bring a file named `reports/*.sarif` and nothing else would be read.
        let literal = fs::symlink_metadata(&plain).is_ok();
        let matcher = match Pattern::of_files(pattern).and_then(|pattern| Patterns::new([pattern])) {
            Ok(matcher) => matcher,
            Err(reason) => {
                self.problems.push(Problem::failed(format!("{written} is no glob: {reason}")));
                return;
            }
        };
        let before = self.problems.len();
        let found = self.walk(index, &written, pattern, &matcher, selections, root);
        if literal && !matcher.is_match(pattern) {
            self.plain(index, &written, pattern, plain, selections, root);
        }
        if !found && !literal && self.problems.len() == before {
            self.problems.push(Problem::failed(format!(
                "{written} matches no file in {}; a scanner that did not run leaves no report",
                root.display()
            )));
        }
    }

    /// A path that is meant literally.
    fn plain(&mut self, index: usize, written: &str, pattern: &str, path: PathBuf, all: &[Selection], root: &Path) {
        let problem = match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => {
                self.add(index, pattern.to_owned(), path, &meta, all);
                return;
            }
            Ok(meta) if meta.is_dir() => {
                let folder = written.trim_end_matches('/');
                format!("{written} is a folder; write {folder}/**/*.sarif for the files in it")
            }
            Ok(_) => format!("{written} is neither a file nor a folder and was not read"),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                format!("{written} does not exist in {}; a scanner that did not run leaves no report", root.display())
            }
            Err(error) => format!("{written} cannot be read: {error}"),
        };
        self.problems.push(Problem::failed(problem));
    }

    /// Goes through the folders that a glob can reach. Tells whether it matched anything.
    fn walk(
        &mut self,
        index: usize,
        written: &str,
        pattern: &str,
        matcher: &Patterns,
        all: &[Selection],
        root: &Path,
    ) -> bool {
        let (prefix, rest) = literal_prefix(pattern);
        let base = root.join(prefix);
        if !base.is_dir() {
            return false;
        }
        // Without `**`, nor an alternative that holds a slash, a glob reaches as deep as it has parts.
        let deep = rest.contains("**") || rest.contains('{');
        let depth = if deep { usize::MAX } else { rest.split('/').count() };
        let mut found = false;
        for entry in WalkDir::new(&base).sort_by_file_name().max_depth(depth) {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    let path = error.path().map_or_else(|| prefix.to_owned(), |path| shown(path, &base, prefix));
                    let path = if path.is_empty() { "." } else { &path };
                    let why = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                    self.problems.push(Problem::partial(format!("{path} cannot be searched for {written}: {why}")));
                    continue;
                }
            };
            if entry.depth() == 0 || entry.file_type().is_dir() {
                continue;
            }
            let name = shown(entry.path(), &base, prefix);
            let meta = fs::metadata(entry.path());
            if entry.path_is_symlink() && meta.as_ref().is_ok_and(Metadata::is_dir) {
                // What it leads to is read anyway if it lies where the walk goes to any depth.
                let walked = deep && stays_inside(entry.path(), &base);
                if walked {
                    self.notes.push(format!("{name} is a link to a folder and was not followed for {written}"));
                } else if deep || entry.depth() < depth {
                    self.problems.push(Problem::partial(format!(
                        "{name} is a link to a folder, which is not followed, and {written} could match files in it; \
                         name that folder itself"
                    )));
                }
                continue;
            }
            if !matcher.is_match(&name) {
                continue;
            }
            found = true;
            match meta {
                Err(error) => self.problems.push(Problem::partial(format!("{name} cannot be read: {error}"))),
                Ok(meta) if !meta.is_file() => {
                    self.problems.push(Problem::partial(format!("{name} is no regular file and was not read")));
                }
                Ok(_) if entry.path_is_symlink() && !stays_inside(entry.path(), root) => {
                    self.problems.push(Problem::partial(format!(
                        "{name} is a link that leads out of {} and was not read; name it literally if it is meant",
                        root.display()
                    )));
                }
                Ok(meta) => self.add(index, name, entry.path().to_owned(), &meta, all),
            }
            if self.full {
                break;
            }
        }
        found
    }

    fn add(&mut self, index: usize, origin: String, path: PathBuf, meta: &Metadata, all: &[Selection]) {
        let identity = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if let Some(first) = self.known.get(&identity).and_then(|at| self.files.get(*at)) {
            if first.selection != index {
                let name = |index: usize| all.get(index).map(|one| one.path.as_str()).unwrap_or_default();
                self.notes.push(format!(
                    "{origin} is named by {} and by {}; the first holds",
                    one_line(name(first.selection), 200),
                    one_line(name(index), 200)
                ));
            } else {
                self.notes.push(format!("{origin} is the same file as {} and was read once", first.origin));
            }
            return;
        }
        if self.files.len() >= MOST_FILES {
            if !std::mem::replace(&mut self.full, true) {
                self.problems.push(Problem::partial(format!(
                    "more than {MOST_FILES} files match; those from {origin} on were not read"
                )));
            }
            return;
        }
        self.known.insert(identity, self.files.len());
        self.files.push(Selected { path, origin, selection: index, size: meta.len(), held: None });
    }
}

/// Splits a glob behind its last folder without a wildcard.
fn literal_prefix(pattern: &str) -> (&str, &str) {
    let wild = pattern.find(['*', '?', '[', '{', '\\']).unwrap_or(pattern.len());
    match pattern.get(..wild).and_then(|head| head.rfind('/')) {
        // The root folder keeps its slash.
        Some(0) => ("/", pattern.get(1..).unwrap_or_default()),
        Some(slash) => (pattern.get(..slash).unwrap_or_default(), pattern.get(slash + 1..).unwrap_or_default()),
        None => ("", pattern),
    }
}

/// A path below `base`, written behind the prefix that the glob has.
fn shown(path: &Path, base: &Path, prefix: &str) -> String {
    let below = path.strip_prefix(base).unwrap_or(path);
    let below: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let below = below.join("/");
    match prefix {
        "" => below,
        "/" => format!("/{below}"),
        prefix => format!("{prefix}/{below}"),
    }
}

fn stays_inside(path: &Path, root: &Path) -> bool {
    match (path.canonicalize(), root.canonicalize()) {
        (Ok(target), Ok(root)) => target.starts_with(root),
        _ => false,
    }
}
