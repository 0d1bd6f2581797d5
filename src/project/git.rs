//! What git says of the folder: one process a question, started together, and none where there is nothing to ask.
//!
//! Reading `.git` ourselves would save the process and cost its knowledge: worktrees, submodules, `insteadOf`, includes.
//! Nothing of the environment may lead git to another repository, and nothing that a repository configures beside its
//! filters is run: no hook, no file system monitor, no pager, no prompt, no network.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::address;
use crate::env::Env;

/// What to ask git for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wanted<'a> {
    /// Branch and commit, and whether the tree is as the commit says.
    pub(super) head: bool,
    /// Where the repository lives.
    pub(super) remote: bool,
    /// The parents of this commit.
    pub(super) parents_of: Option<&'a str>,
    /// Where the branch left that of the remote which changes go into.
    pub(super) base: bool,
}

/// What git said; nothing where it said nothing.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Branch, commit and tree.
    pub(super) head: Head,
    /// Host and path of the remote, and which remote it is.
    pub(super) repository: Option<(String, &'static str)>,
    /// The parents that are there: a shallow clone may have none.
    pub(super) parents: Vec<String>,
    /// Where the branch left the remote's default branch.
    pub(super) base: Option<String>,
    /// Why branch, commit or repository could not be asked.
    pub(super) trouble: Option<Trouble>,
    /// What is to be told besides.
    pub(super) notes: Vec<String>,
}

/// Why git could not answer.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is nothing to ask.
    NoRepository(String),
    /// It cannot, and what to do.
    Refused(String),
}

/// What is checked out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) branch: Option<String>,
    pub(super) commit: Option<String>,
    pub(super) is_detached: bool,
    pub(super) is_dirty: bool,
}

// Untracked files are left out: reports and build results are such. Submodules are compared by their commit, which needs
// no process in each of them.
const STATUS: [&str; 7] = [
    "status",
    "--porcelain=v2",
    "--branch",
    "--untracked-files=no",
    "--no-ahead-behind",
    "--no-renames",
    "--ignore-submodules=dirty",
];
// Applies `url.*.insteadOf`, which `git config` does not.
const REMOTES: [&str; 2] = ["remote", "--verbose"];

const MERGE_BASE: [&str; 3] = ["merge-base", "HEAD", "refs/remotes/origin/HEAD"];

/// The top folder of the repository that a folder is in.
#[must_use]
pub fn top_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// Asks git. It is not started where no `.git` is in the folder or above it.
pub(super) fn ask(wanted: Wanted<'_>, env: &Env) -> Answers {
    let mut answers = Answers::default();
    // A commit that an environment variable names becomes an argument.
    let parents_of = wanted.parents_of.filter(|commit| is_commit(commit));
    if !wanted.head && !wanted.remote && !wanted.base && parents_of.is_none() {
        return answers;
    }
    let Some(top) = top_of(&env.folder) else {
        let text = format!("no git repository is in {} or above it", env.folder.display());
        answers.trouble = Some(Trouble::NoRepository(text));
        return answers;
    };
    let head = wanted.head.then(|| start(&STATUS, env));
    let remotes = wanted.remote.then(|| start(&REMOTES, env));
    let parents = parents_of.map(|commit| start(&["rev-list", "--parents", "--no-walk", commit, "--"], env));
    let base = wanted.base.then(|| start(&MERGE_BASE, env));
    let mut refused = None;
    let mut settle = |question: Option<io::Result<Question>>| {
        match question?.and_then(Question::finish) {
            Ok((true, text)) => return Some(text),
            Ok((false, text)) => refused = Some(explain(&text, top, TELL)),
            Err(error) => refused = Some(not_started(&error, TELL)),
        }
        None
    };
    let parents = settle(parents).map(|text| parse_parents(&text)).unwrap_or_default();
    let remotes = settle(remotes).map(|text| repository(&text));
    let head = settle(head).map(|text| parse_head(&text)).unwrap_or_default();
    answers.parents = parents;
    // A clone without a default branch of the remote, or with too little history, has no answer; nothing is wrong then.
    answers.base = base.and_then(|question| match question.and_then(Question::finish) {
        Ok((true, text)) => text.lines().find(|line| is_commit(line)).map(str::to_owned),
        Ok((false, _)) | Err(_) => None,
    });
    answers.head = head;
    match remotes {
        Some(Ok(repository)) => answers.repository = repository,
        Some(Err(note)) => answers.notes.push(note),
        None => {}
    }
    match refused {
        Some(trouble) if wanted.head || wanted.remote => answers.trouble = Some(Trouble::Refused(trouble)),
        // The platform told an older base, which will do.
        Some(trouble) => answers.notes.push(trouble),
        None => {}
    }
    answers
}

/// A git that runs. Both its streams go into one pipe, so that neither fills up while the other is read.
pub(super) struct Question {
    child: Child,
    output: PipeReader,
}

/// More than any answer needs; the rest of a long list of changed files says nothing new.
const MOST: u64 = 1 << 16;

fn start(arguments: &[&str], env: &Env) -> io::Result<Question> {
    let (output, writer) = io::pipe()?;
    start_into(output, writer.try_clone()?, Stdio::from(writer), arguments, env)
}

/// Starts a git whose answer is read by a program: what it says besides, warnings among it, goes nowhere.
pub(super) fn start_without_words(arguments: &[&str], env: &Env) -> io::Result<Question> {
    let (output, writer) = io::pipe()?;
    start_into(output, writer, Stdio::null(), arguments, env)
}

fn start_into(
    output: PipeReader,
    answer: PipeWriter,
    words: Stdio,
    arguments: &[&str],
    env: &Env,
) -> io::Result<Question> {
    let child = command(&env.folder, env).args(arguments).stdout(answer).stderr(words).spawn()?;
    Ok(Question { child, output })
}

/// A git that runs nothing but itself, in a folder.
fn command(folder: &Path, env: &Env) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        // A folder of the checkout that is laid out like a repository is none.
        .args(["-c", "safe.bareRepository=explicit"])
        .current_dir(folder)
        .env_clear()
        .envs(env.variables().filter(|(name, _)| may_pass(name)))
        .envs([
            // Messages are looked at for their words.
            ("LC_ALL", "C"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            // A path is one, whatever characters it has.
            ("GIT_LITERAL_PATHSPECS", "1"),
        ])
        .stdin(Stdio::null());
    command
}

/// What a git said that has ended.
#[derive(Debug)]
pub(crate) struct Said {
    /// Whether it did what it was asked for.
    pub(crate) is_done: bool,
    /// What it printed, as it is.
    pub(crate) bytes: Vec<u8>,
    /// Its complaint.
    pub(crate) complaint: String,
}

/// Asks git for something that has an end: the caller has made sure that the answer is not too large.
///
/// # Errors
/// If there is no git, or it cannot be run.
pub(crate) fn run<A: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = A>,
    folder: &Path,
    env: &Env,
) -> io::Result<Said> {
    let output = command(folder, env).args(arguments).output()?;
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Said { is_done: output.status.success(), bytes: output.stdout, complaint })
}

impl Question {
    /// Whether git succeeded, and what it said.
    fn finish(self) -> io::Result<(bool, String)> {
        let (succeeded, bytes) = self.finish_within(MOST)?;
        Ok((succeeded, String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The same in bytes, of which there are at most so many. So many are an answer that was cut.
    pub(super) fn finish_within(mut self, most: u64) -> io::Result<(bool, Vec<u8>)> {
        let mut bytes = Vec::new();
        let read = self.output.by_ref().take(most).read_to_end(&mut bytes);
        let is_cut = bytes.len() as u64 == most;
        if is_cut || read.is_err() {
            // It may have ended by itself meanwhile.
            let _ = self.child.kill();
        }
        let status = self.child.wait()?;
        read?;
        Ok((is_cut || status.success(), bytes))
    }
}

/// Variables of git that lead elsewhere, trace or run something do not reach it; hooks are started with several of them.
/// Those that name configuration do: that is how containers trust a folder, and how tests are kept from a user's.
fn may_pass(name: &OsStr) -> bool {
    const KEPT: [&str; 6] = [
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_COUNT",
        "GIT_CEILING_DIRECTORIES",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
    ];
    let name = name.to_string_lossy().to_ascii_uppercase();
    !name.starts_with("GIT_")
        || KEPT.contains(&name.as_str())
        || name.starts_with("GIT_CONFIG_KEY_")
        || name.starts_with("GIT_CONFIG_VALUE_")
}

/// Reads `git status --porcelain=v2 --branch`.
fn parse_head(text: &str) -> Head {
    let mut head = Head::default();
    for line in text.lines() {
        if let Some(commit) = line.strip_prefix("# branch.oid ") {
            // `(initial)` before the first commit.
            head.commit = Some(commit).filter(|commit| is_commit(commit)).map(str::to_owned);
        } else if let Some(branch) = line.strip_prefix("# branch.head ") {
            head.is_detached = branch == "(detached)";
            // A name that is not text would be another name here.
            let is_name = !head.is_detached && !branch.contains(char::REPLACEMENT_CHARACTER);
            head.branch = is_name.then(|| branch.to_owned());
        } else if ["1 ", "2 ", "u "].iter().any(|kind| line.starts_with(kind)) {
            head.is_dirty = true;
        }
    }
    head
}

/// Reads `git remote --verbose`: `origin`, else the only remote there is.
///
/// # Errors
/// Why the remote names no repository, as a note. It never shows the address.
fn repository(text: &str) -> Result<Option<(String, &'static str)>, String> {
    let fetched = text.lines().filter_map(|line| {
        let (name, rest) = line.split_once('\t')?;
        // Behind it may stand the filter of a partial clone.
        Some((name, rest.rsplit_once(" (fetch)")?.0))
    });
    let mut remotes: Vec<(&str, &str)> = fetched.collect();
    // A remote may have several addresses; the first is the one that is fetched from.
    remotes.dedup_by_key(|(name, _)| *name);
    let (address, told_by) = match (remotes.iter().find(|(name, _)| *name == "origin"), remotes.as_slice()) {
        (Some((_, address)), _) => (address, "the git remote origin"),
        (None, [(_, address)]) => (address, "the only git remote"),
        (None, []) => return Ok(None),
        (None, _) => {
            return Err("repository not known: several git remotes, and none is origin; name it with --repo".to_owned());
        }
    };
    match address::repository(address) {
        Ok(repository) => Ok(Some((repository, told_by))),
        Err(reason) => Err(format!("repository not known: {told_by} {reason}; name it with --repo")),
    }
}

/// Reads a line of `git rev-list --parents`: the commit, then its parents.
fn parse_parents(text: &str) -> Vec<String> {
    let line = text.lines().find(|line| line.split(' ').all(is_commit));
    line.into_iter().flat_map(|line| line.split(' ').skip(1)).map(str::to_owned).collect()
}

/// Whether this is the full name of a commit, in either of git's hashes.
pub(crate) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

const TELL: &str = "name what is missing with --repo, --branch and --commit";

/// Why git could not be run, and what to do; `tell` is what helps without it.
pub(crate) fn not_started(error: &io::Error, tell: &str) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("there is no git program on PATH; install git, or {tell}"),
        _ => format!("git cannot be run ({error}); {tell}"),
    }
}

/// A refusal of git in words that help; `tell` is what helps without it.
pub(crate) fn explain(said: &str, top: &Path, tell: &str) -> String {
    let top = top.display().to_string();
    if said.contains("dubious ownership") || said.contains("unsafe repository") {
        return format!(
            "git refuses to read {top}, which belongs to another user; run \
             `git config --global --add safe.directory {}`, or {tell}",
            in_shell(&top)
        );
    }
    if said.contains("usage: git status") {
        return format!("git is too old, 2.17 is the least that is needed; update it, or {tell}");
    }
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("git ended without a word");
    let line: String = line.chars().take(200).collect();
    format!("git cannot read {top} ({line}); {tell}")
}

/// A path as a word of a command to paste.
pub(crate) fn in_shell(path: &str) -> String {
    let is_plain = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_'));
    if is_plain { path.to_owned() } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::in_shell;

    #[test]
    fn a_path_in_a_command_is_one_word() {
        assert_eq!(in_shell("/srv/a-b_c.d"), "/srv/a-b_c.d");
        assert_eq!(in_shell("/srv/a b;$(c)"), "'/srv/a b;$(c)'");
        assert_eq!(in_shell("/srv/a'b"), r"'/srv/a'\''b'");
    }
}
