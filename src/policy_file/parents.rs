//! `extends`: every policy that a policy is built on is found, read, checked and put below it.
//!
//! A policy that is named in several places is read once and applied in each of them. Everything that is wrong has its place:
//! in the file that is wrong, or at the entry of `extends` that names what cannot be had.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::load::{Address, InputFile, Loading, Role, Texts, read};
use super::{PolicyFile, decode, preset};
use crate::digest::digest;
use crate::policy::{
    self, Document, Parent, Place, Policy, Problem, Problems, Stated, extend, extend_both, lint, quoted,
};
use crate::source;

/// How many levels of `extends` may stand below a policy.
const MOST_LEVELS: usize = 8;
/// How many files a policy may be made of, itself included, and how many entries one `extends` may have.
const MOST_FILES: usize = 32;

/// An entry of `extends`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extends {
    /// Where it stands.
    pub place: Place,
    /// The policy that it names: the path as one would open it from the working folder, `preset:NAME`, or the address.
    pub name: String,
}

/// Everything that is found while a policy is put together.
pub(super) struct Parents<'a> {
    loading: Loading<'a>,
    /// The files in the order in which they were first named, that of the policy first.
    pub(super) files: Vec<InputFile>,
    pub(super) texts: Texts,
    pub(super) problems: Problems,
    /// What is looser than in a policy that is extended, where no lock forbids it.
    pub(super) hints: Vec<Problem>,
    pub(super) extends: Vec<Extends>,
    /// What was read already, by name.
    known: BTreeMap<String, Known>,
    /// The policies that are being read, each named by the one before.
    chain: Vec<String>,
}

/// A policy that was put together.
#[derive(Clone)]
struct Known {
    /// `None`: it could not be; its problems were told.
    policy: Option<Policy>,
    /// How many levels stand below it.
    levels: usize,
    digest: String,
}

impl<'a> Parents<'a> {
    /// Begins with the file of the policy itself.
    pub(super) fn of(origin: &str, text: &str, digest: &str, loading: Loading<'a>) -> Parents<'a> {
        let mut parents = Parents {
            loading,
            files: Vec::new(),
            texts: Texts::new(),
            problems: Problems::default(),
            hints: Vec::new(),
            extends: Vec::new(),
            known: BTreeMap::new(),
            chain: Vec::new(),
        };
        parents.note(origin, text, digest);
        parents
    }

    fn note(&mut self, name: &str, text: &str, digest: &str) {
        self.files.push(InputFile { role: Role::Policy, name: name.to_owned(), digest: digest.to_owned() });
        self.texts.insert(name.into(), text.into());
    }

    /// What a policy says on top of all that it extends. `None` if anything is wrong, which is told.
    pub(super) fn compose(&mut self, origin: &str, policy: Policy) -> Option<Policy> {
        self.chain.push(plain(origin));
        let (policy, _) = self.put_together(origin, policy);
        self.chain.pop();
        policy.filter(|_| self.problems.is_empty())
    }

    /// The policy on top of what it extends, and how many levels stand below it.
    fn put_together(&mut self, name: &str, policy: Policy) -> (Option<Policy>, usize) {
        if let Some(first_too_many) = policy.extends.get(MOST_FILES) {
            let message = format!("`extends` has more than {MOST_FILES} entries");
            self.problems.add(Problem::new(&first_too_many.place, message).label("one too many"));
            return (None, 0);
        }
        let (mut base, mut levels, mut complete) = (None, 0, true);
        for entry in &policy.extends {
            let Some(Known { policy: Some(parent), levels: below, .. }) = self.parent(name, entry) else {
                complete = false;
                continue;
            };
            levels = levels.max(below + 1);
            base = Some(match base {
                None => parent,
                Some(base) => {
                    self.hints.extend(lint::weakened(&base, &parent));
                    extend_both(&base, &parent, &mut self.problems)
                }
            });
        }
        let policy = match base {
            _ if !complete => None,
            None => Some(policy),
            Some(base) => Some(self.over(&base, &policy)),
        };
        (policy, levels)
    }

    fn over(&mut self, base: &Policy, over: &Policy) -> Policy {
        self.hints.extend(lint::weakened(base, over));
        extend(base, over, &mut self.problems)
    }

    /// The policy that an entry of `extends` names, put together.
    fn parent(&mut self, by: &str, entry: &Stated<Parent>) -> Option<Known> {
        let place = &entry.place;
        let name = match self.name(by, entry) {
            Ok(name) => name,
            Err(problem) => {
                self.problems.add(*problem);
                return None;
            }
        };
        self.extends.push(Extends { place: place.clone(), name: name.clone() });
        if let Some(at) = self.chain.iter().position(|known| *known == name) {
            let chain = self.chain.iter().skip(at).chain([&name]).map(String::as_str).collect::<Vec<_>>().join(" -> ");
            let problem = Problem::new(place, format!("the policy extends itself: {chain}")).label("closes the circle");
            self.problems.add(problem.help("take one of these out of `extends`"));
            return None;
        }
        let known = match self.known.get(&name).cloned() {
            Some(known) => known,
            None => self.open(&name, entry)?,
        };
        if let Parent::Remote { digest: wanted, .. } = &entry.value
            && *wanted != known.digest
        {
            self.problems.add(another(place, &name, wanted, &known.digest));
            return None;
        }
        if self.chain.len() + known.levels > MOST_LEVELS {
            self.problems.add(too_deep(place));
            return None;
        }
        Some(known)
    }

    /// What the policy is called, which is also what places in it call its file.
    fn name(&self, by: &str, entry: &Stated<Parent>) -> Result<String, Box<Problem>> {
        match &entry.value {
            Parent::Preset(name) => Ok(format!("preset:{name}")),
            Parent::Remote { url, .. } => Ok(url.clone()),
            Parent::File(path) if by.contains("://") => {
                let message = format!("a policy on a server cannot extend the file {}", quoted(path));
                let problem = Problem::new(&entry.place, message).label("a file of whom?");
                Err(Box::new(problem.help("name `preset:NAME`, or an address with its digest")))
            }
            Parent::File(path) => Ok(beside(by, path)),
        }
    }

    /// Reads a policy that was not read yet, and all that it extends. `None` if it cannot be had, which is told.
    fn open(&mut self, name: &str, entry: &Stated<Parent>) -> Option<Known> {
        let place = &entry.place;
        if self.chain.len() > MOST_LEVELS {
            self.problems.add(too_deep(place));
            return None;
        }
        if self.files.len() >= MOST_FILES {
            let message = format!("the policy is made of more than {MOST_FILES} files");
            let problem = Problem::new(place, message).label("one too many");
            self.problems.add(problem.help("put policies that are always used together into one file"));
            return None;
        }
        let PolicyFile { text, digest } = match self.get(name, entry) {
            Ok(file) => file,
            Err(problem) => {
                self.problems.add(*problem);
                return None;
            }
        };
        self.note(name, &text, &digest);
        let mut problems = Problems::default();
        let policy = Document::parse(name, &text, &mut problems)
            .and_then(|document| policy::decode_part(&document, &source::LANGUAGES, &mut problems));
        self.problems.extend(problems.sorted());
        let (policy, levels) = match policy {
            Some(policy) => {
                self.chain.push(name.to_owned());
                let together = self.put_together(name, policy);
                self.chain.pop();
                together
            }
            None => (None, 0),
        };
        let known = Known { policy, levels, digest };
        self.known.insert(name.to_owned(), known.clone());
        Some(known)
    }

    fn get(&self, name: &str, entry: &Stated<Parent>) -> Result<PolicyFile, Box<Problem>> {
        let place = &entry.place;
        let refused = |error: anyhow::Error, help: &str| {
            let problem = Problem::new(place, format!("{error:#}")).label("cannot be extended");
            Box::new(if help.is_empty() { problem } else { problem.help(help) })
        };
        match &entry.value {
            Parent::Preset(name) => preset(name).map_err(|error| refused(error, "")),
            Parent::File(_) => read(name, self.loading.tree)
                .map_err(|error| refused(error, "a path is relative to the folder of the file that names it")),
            Parent::Remote { url, digest: wanted } => {
                let address = Address { url: url.clone(), digest: Some(wanted.clone()), max_age: Duration::ZERO };
                let attempt = || format!("cannot read the policy {url}");
                let bytes = (self.loading.fetch)(&address)
                    .with_context(attempt)
                    .map_err(|error| refused(error, "nothing is judged without it"))?;
                let found = digest(&bytes);
                if found != *wanted {
                    return Err(Box::new(another(place, url, wanted, &found)));
                }
                decode(bytes).with_context(attempt).map_err(|error| refused(error, ""))
            }
        }
    }
}

fn too_deep(place: &Place) -> Problem {
    let message = format!("policies extend each other over more than {MOST_LEVELS} levels");
    Problem::new(place, message)
        .label("one level too many")
        .help("extend the policies at the end of the chain directly")
}

/// That something else came than the digest says.
fn another(place: &Place, url: &str, wanted: &str, found: &str) -> Problem {
    let message = format!("the policy {url} is not the one that is meant: expected {wanted}, found {found}");
    let problem = Problem::new(place, message).label("has another digest");
    problem.help("look at what has changed there; if it is meant, write the digest that was found")
}

/// The path of a file that another one names, as one would open it from the working folder: `org/base.yml` for `./base.yml`
/// in `org/policy.yml`. With `/` on every system.
#[must_use]
pub fn beside(file: &str, path: &str) -> String {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    plain(&folder.join(path).to_string_lossy())
}

/// A path without `.` and without names that `..` takes back. What is no path stays as it is.
fn plain(path: &str) -> String {
    if path.starts_with("preset:") {
        return path.to_owned();
    }
    let mut plain = PathBuf::new();
    for component in Path::new(path).components() {
        let last_is_a_name = matches!(plain.components().next_back(), Some(Component::Normal(_)));
        match component {
            Component::CurDir => {}
            Component::ParentDir if last_is_a_name => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    let text = plain.to_string_lossy().into_owned();
    let text = if std::path::MAIN_SEPARATOR == '/' { text } else { text.replace(std::path::MAIN_SEPARATOR, "/") };
    // A file that is called like a built-in policy must not be taken for it, here or where another policy extends that one.
    if text.starts_with("preset:") { format!("./{text}") } else { text }
}

/// The digest of a policy: that of its bytes, or, where it extends others, that of the lines that `sha256sum` would print for
/// its files: the digits, two spaces, the name. The order is that in which they are first named, the policy itself first.
#[must_use]
pub fn digest_of(files: &[InputFile]) -> String {
    if let [only] = files {
        return only.digest.clone();
    }
    let line = |file: &InputFile| {
        let digits = file.digest.strip_prefix("sha256:").unwrap_or(&file.digest);
        format!("{digits}  {}\n", file.name.replace('\\', "\\\\").replace('\n', "\\n"))
    };
    digest(files.iter().map(line).collect::<String>().as_bytes())
}
