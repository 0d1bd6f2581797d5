//! The commit that a change goes into, as git has it: which one it is, and what stands in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use anyhow::{anyhow, bail};

use super::within;
use crate::env::Env;
use crate::project::git::{self, Said, explain, in_shell, is_commit, not_started};

/// What is known of the commit that a change goes into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revision {
    /// The platform tells nothing.
    Unknown,
    /// The platform tells a full commit, or the name of a branch. A name is that of a branch of the remote and of nothing
    /// else: a branch or tag of this clone may be of the change's making.
    Told(String),
    /// The user names it, as git understands it.
    Named(String),
}

/// The base of a change. Git is asked when something is read.
#[derive(Debug)]
pub(super) struct Base {
    env: Env,
    revision: Revision,
    /// The top folder of the repository, without links; where there is none, the folder of the run.
    top: PathBuf,
    has_repository: bool,
    /// Its commit, or why it cannot be read.
    commit: OnceLock<Result<String, String>>,
    /// What stands at paths of the base that were asked for.
    known: Mutex<BTreeMap<OsString, Option<Entry>>>,
}

/// What stands at a path of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) kind: Kind,
    object: String,
    /// In bytes; `None`: the object is not in this clone.
    size: Option<u64>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    Link,
    Folder,
    Submodule,
}

const INSTEAD: &str = "--trust worktree judges by the change's own files instead";

impl Base {
    pub(super) fn new(env: &Env, revision: Revision) -> Base {
        let folder = env.folder.canonicalize().unwrap_or_else(|_| env.folder.clone());
        let top = folder.ancestors().find(|folder| folder.join(".git").symlink_metadata().is_ok()).map(Path::to_owned);
        Base {
            env: env.clone(),
            revision,
            has_repository: top.is_some(),
            top: top.unwrap_or(folder),
            commit: OnceLock::new(),
            known: Mutex::default(),
        }
    }

    pub(super) fn top(&self) -> &Path {
        &self.top
    }

    /// The full commit, where it was found.
    pub(super) fn commit(&self) -> Option<&str> {
        self.commit.get()?.as_ref().ok().map(String::as_str)
    }

    /// What stands at a path below the top folder. `ahead` is what is going to be asked for next, below it: git is started
    /// once for all of it.
    ///
    /// # Errors
    /// If the base is not there or cannot be read.
    pub(super) fn entry(&self, path: &Path, ahead: &[&OsStr]) -> anyhow::Result<Option<Entry>> {
        let commit = self.commit.get_or_init(|| self.open()).as_ref().map_err(|error| anyhow!("{error}"))?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let name = in_git(path);
        if let Some(entry) = known.get(&name) {
            return Ok(entry.clone());
        }
        let mut names = beginnings(path);
        for next in ahead {
            let mut longer = names.last().cloned().unwrap_or_default();
            longer.push("/");
            longer.push(next);
            names.push(longer);
        }
        let mut found = self.list(commit, &names)?;
        for name in names {
            let entry = found.remove(name.as_encoded_bytes());
            known.insert(name, entry);
        }
        Ok(known.get(&name).cloned().flatten())
    }

    /// What stands at some paths of a commit.
    fn list(&self, commit: &str, names: &[OsString]) -> anyhow::Result<BTreeMap<Vec<u8>, Entry>> {
        let arguments = ["ls-tree", "-z", "-t", "--long", "--full-tree", commit, "--"].map(OsStr::new);
        let said = self.ask(arguments.into_iter().chain(names.iter().map(OsString::as_os_str)))?;
        if !said.is_done {
            bail!("{}", explain(&said.complaint, &self.top, INSTEAD));
        }
        Ok(said.bytes.split(|byte| *byte == 0).filter_map(parse).collect())
    }

    /// The bytes of a file, at most so many.
    ///
    /// # Errors
    /// If there are more, or it cannot be read.
    pub(super) fn blob(&self, entry: &Entry, most: u64) -> anyhow::Result<Vec<u8>> {
        let Entry { kind: _, object, size } = entry;
        let Some(size) = *size else {
            bail!(
                "this clone lacks its bytes; get them with `git cat-file -e {object}`, or clone without a filter; {INSTEAD}"
            );
        };
        within(size, most)?;
        let said = self.ask(["cat-file", "blob", object.as_str()])?;
        if !said.is_done || said.bytes.len() as u64 != size {
            bail!("{}", explain(&said.complaint, &self.top, INSTEAD));
        }
        if said.bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
            bail!("it is kept in Git LFS, so the base holds only a pointer to it; keep it in git itself");
        }
        Ok(said.bytes)
    }

    /// Whether git tracks what stands at a path of the work tree, or the submodule that it is in: by what is checked out or
    /// by the index. What cannot be found out counts as tracked.
    ///
    /// # Errors
    /// If git cannot be run.
    pub(super) fn is_tracked(&self, at: &Path) -> anyhow::Result<bool> {
        let Ok(path) = at.strip_prefix(&self.top) else { return Ok(false) };
        let names = beginnings(path);
        let Some(name) = names.last() else { return Ok(false) };
        let in_head = match self.list("HEAD", &names) {
            Ok(found) => {
                found.contains_key(name.as_encoded_bytes()) || found.values().any(|entry| entry.kind == Kind::Submodule)
            }
            Err(_) => true,
        };
        if in_head || self.is_in_index(name)? {
            return Ok(true);
        }
        // A file of a submodule is not in the index, but the submodule is.
        let folders = at.ancestors().skip(1).take_while(|folder| *folder != self.top);
        for folder in folders.filter(|folder| folder.join(".git").symlink_metadata().is_ok()) {
            if let Ok(path) = folder.strip_prefix(&self.top)
                && self.is_in_index(&in_git(path))?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_in_index(&self, name: &OsStr) -> anyhow::Result<bool> {
        // In any case of letters: where the file system knows no difference, a name of the base leads to the change's file.
        let mut pattern = OsString::from(":(literal,icase)");
        pattern.push(name);
        let asked = ["--no-literal-pathspecs", "ls-files", "-z", "--full-name", "--"].map(OsStr::new);
        let said = self.ask(asked.into_iter().chain([pattern.as_os_str()]))?;
        Ok(!said.is_done || !said.bytes.is_empty())
    }

    fn ask<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> anyhow::Result<Said> {
        git::run(arguments, &self.top, &self.env).map_err(|error| anyhow!("{}", not_started(&error, INSTEAD)))
    }

    /// Finds the commit.
    ///
    /// # Errors
    /// Why it cannot be read, and what to do, for people.
    fn open(&self) -> Result<String, String> {
        let top = self.top.display();
        if !self.has_repository {
            return Err(format!(
                "it is read from the commit that the change goes into (--trust base), and {top} is in no git repository; run \
                 findgate in a checkout; {INSTEAD}"
            ));
        }
        let text = match &self.revision {
            Revision::Told(text) | Revision::Named(text) => text.trim(),
            Revision::Unknown => {
                return Err(format!(
                    "it is read from the commit that the change goes into (--trust base), and nobody tells which one that is; name \
                     it with --base, as in --base main; {INSTEAD}"
                ));
            }
        };
        if text.is_empty() || text.starts_with('-') {
            return Err(format!("{text:?} names no commit that the change goes into; name one with --base; {INSTEAD}"));
        }
        self.check_top()?;
        let is_named = matches!(self.revision, Revision::Named(_));
        let remotes = self.remotes()?;
        // Whoever can push can push a branch or a tag that is called `origin/main`; who names that means the remote's.
        let of_remote = remotes.iter().filter(|_| is_named).find_map(|remote| {
            let name = text.strip_prefix(&**remote)?.strip_prefix('/')?;
            Some((remote.as_str(), name))
        });
        let (remote, name) = match of_remote {
            Some((remote, name)) => (Some(remote), name),
            None => (usual(&remotes), text),
        };
        let is_branch = is_branch(name) && !is_commit(name) && !name.starts_with("refs/");
        let mut candidates = Vec::new();
        if let Some(remote) = remote.filter(|_| is_branch || of_remote.is_some()) {
            candidates.push(format!("refs/remotes/{remote}/{name}"));
        }
        if (is_commit(text) || is_named) && of_remote.is_none() {
            candidates.push(text.to_owned());
        }
        for candidate in candidates {
            let commit = self.said(&["rev-parse", "--verify", "--quiet", &format!("{candidate}^{{commit}}")])?;
            if let Some(commit) = commit.filter(|commit| is_commit(commit)) {
                self.check_folder(&commit)?;
                return Ok(commit);
            }
        }
        Err(self.not_there(name, is_branch, remote)?)
    }

    /// That git means the same folder, and that it is no part of a repository around it, whose change could have put another
    /// one here.
    fn check_top(&self) -> Result<(), String> {
        let top = self.top.display();
        let said = self.ask(["rev-parse", "--show-toplevel"]).map_err(|error| format!("{error:#}"))?;
        if !said.is_done {
            return Err(explain(&said.complaint, &self.top, INSTEAD));
        }
        let text = String::from_utf8_lossy(&said.bytes).trim_end_matches(['\n', '\r']).to_owned();
        if Path::new(&text).canonicalize().ok().as_deref() != Some(&*self.top) {
            return Err(format!("git takes {text} for the top of the repository, and {top} is it; {INSTEAD}"));
        }
        let around = self.said(&["rev-parse", "--show-superproject-working-tree"])?.unwrap_or_default();
        if around.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{top} is a submodule of {around}, and which commit of it is checked out is up to the change; run findgate in \
             {around}; {INSTEAD}"
        ))
    }

    /// That the folder of the run is the one of that name in the base. A job enters a folder by its name, and where the change
    /// puts a link in its place, the run is elsewhere: there another policy stands, or one that the change brought.
    fn check_folder(&self, commit: &str) -> Result<(), String> {
        let folder = self.env.folder.canonicalize().unwrap_or_else(|_| self.env.folder.clone());
        let asked = ["diff-index", "--cached", "--raw", "-z", "--no-renames", "--no-ext-diff", commit, "--"];
        let said = self.ask(asked).map_err(|error| format!("{error:#}"))?;
        if !said.is_done {
            return Err(explain(&said.complaint, &self.top, INSTEAD));
        }
        for name in links(&said.bytes) {
            let Ok(name) = std::str::from_utf8(name) else { continue };
            if !self.top.join(name).canonicalize().is_ok_and(|to| folder.starts_with(to)) {
                continue;
            }
            let names = beginnings(Path::new(name));
            let was = self.list(commit, &names).map_err(|error| format!("{error:#}"))?;
            if was.contains_key(name.as_bytes()) {
                return Err(format!(
                    "the change makes {} a link that leads to {}, where findgate runs, so it is not known which folder of the base \
                     is meant; run findgate in {} and name the policy with --policy; {INSTEAD}",
                    name.escape_debug(),
                    folder.display(),
                    self.top.display()
                ));
            }
        }
        Ok(())
    }

    /// The names of the remotes.
    fn remotes(&self) -> Result<Vec<String>, String> {
        let remotes = self.said(&["remote"])?.unwrap_or_default();
        Ok(remotes.lines().filter(|name| is_branch(name)).map(str::to_owned).collect())
    }

    /// What git says, without the line's end; `None` where it says no.
    fn said(&self, arguments: &[&str]) -> Result<Option<String>, String> {
        let said = self.ask(arguments).map_err(|error| format!("{error:#}"))?;
        let text = || String::from_utf8_lossy(&said.bytes).trim_end_matches(['\n', '\r']).to_owned();
        Ok(said.is_done.then(text))
    }

    /// That the commit is not in this clone, and the command that fetches it.
    fn not_there(&self, text: &str, is_branch: bool, remote: Option<&str>) -> Result<String, String> {
        let what = match &self.revision {
            Revision::Named(named) => format!("--base {}", named.trim()),
            _ if is_branch => format!("branch {text}"),
            _ => format!("commit {text}"),
        };
        let missing = format!(
            "it is read from the commit that the change goes into (--trust base), and {what} is not in this clone"
        );
        let reference = match (remote, is_branch) {
            (Some(remote), true) => format!("+refs/heads/{text}:refs/remotes/{remote}/{text}"),
            (Some(_), false) if is_commit(text) => text.to_owned(),
            _ => return Ok(format!("{missing}; fetch it, or name another one with --base; {INSTEAD}")),
        };
        // In a clone that holds everything it would cut the history off.
        let is_shallow = self.said(&["rev-parse", "--is-shallow-repository"])?.as_deref() == Some("true");
        let depth = if is_shallow { "--depth=1 " } else { "" };
        let remote = in_shell(remote.unwrap_or("origin"));
        let command = format!("git fetch --no-tags {depth}{remote} {}", in_command(&reference));
        Ok(format!(
            "{missing}; fetch it before findgate runs:\n{command}\nor let the checkout fetch everything (GitHub: fetch-depth: 0; \
             GitLab: GIT_DEPTH: 0; Jenkins: no shallow clone); {INSTEAD}"
        ))
    }
}

/// `origin`, or the only remote there is.
fn usual(remotes: &[String]) -> Option<&str> {
    match remotes {
        names if names.iter().any(|name| name == "origin") => Some("origin"),
        [only] => Some(only),
        _ => None,
    }
}

/// A reference as a word of a command to paste.
fn in_command(reference: &str) -> String {
    let plain = reference.replace([':', '+'], "");
    if in_shell(&plain) == plain { reference.to_owned() } else { in_shell(reference) }
}

/// Whether a text can be the name of a branch, and nothing but a name: no expression of git, and no option.
fn is_branch(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    !text.starts_with('-')
        && text != "HEAD"
        && !text.ends_with('.')
        && !text.contains("..")
        && !text.contains("@{")
        && !text.contains(is_odd)
        && text.split('/').all(is_part)
}

/// A path below the top folder as git writes it.
fn in_git(path: &Path) -> OsString {
    beginnings(path).pop().unwrap_or_default()
}

/// A path below the top folder and those above it, as git writes them: `a`, `a/b`, `a/b/c`.
fn beginnings(path: &Path) -> Vec<OsString> {
    let mut all: Vec<OsString> = Vec::new();
    for part in path {
        let mut name = all.last().cloned().unwrap_or_default();
        if !name.is_empty() {
            name.push("/");
        }
        name.push(part);
        all.push(name);
    }
    all
}

/// The paths that are symbolic links now, of the answer of `git diff-index --raw -z`: `:` and the modes before and now, the
/// objects and what was done, then the path.
fn links(answer: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut pieces = answer.split(|byte| *byte == 0);
    std::iter::from_fn(move || Some((pieces.next()?, pieces.next()?)))
        .filter(|(facts, _)| facts.split(|byte| *byte == b' ').nth(1) == Some(b"120000"))
        .map(|(_, path)| path)
}

/// Reads a line of `git ls-tree --long`: mode, type, object and size, a tab, the path.
fn parse(line: &[u8]) -> Option<(Vec<u8>, Entry)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (facts, path) = (line.get(..tab)?, line.get(tab + 1..)?);
    let mut facts = std::str::from_utf8(facts).ok()?.split_whitespace();
    let (mode, _, object, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let kind = match mode {
        "120000" => Kind::Link,
        "040000" => Kind::Folder,
        "160000" => Kind::Submodule,
        _ => Kind::File,
    };
    Some((path.to_vec(), Entry { kind, object: object.to_owned(), size: size.parse().ok() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_branch_is_a_name_and_no_expression() {
        for name in ["main", "release/1.2", "fix/login@home", "näme", "a-b_c+d"] {
            assert!(is_branch(name), "{name}");
        }
        for text in
            ["", "HEAD", "-x", "main~1", "main^", "a..b", "@{u}", "a b", "a:b", "/a", "a/", ".a", "a.lock", "*", "a\\b"]
        {
            assert!(!is_branch(text), "{text}");
        }
    }

    #[test]
    fn a_reference_in_a_command_is_one_word() {
        assert_eq!(
            in_command("+refs/heads/main:refs/remotes/origin/main"),
            "+refs/heads/main:refs/remotes/origin/main"
        );
        assert_eq!(in_command("+refs/heads/a;b:x"), "'+refs/heads/a;b:x'");
    }
}
