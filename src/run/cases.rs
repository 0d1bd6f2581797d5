//! `findgate policy test`: a policy judges cases, and what it makes of them is compared with what it must.
//!
//! A case is judged as `check` would, but for what it is about: nothing is detected, no source of the policy is read, and no
//! variable or clock has a part in it. The network has one only where the policy names something by an address.

mod compare;
mod junit;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};

use crate::cli::{Input, PolicyTest, Reading};
use crate::env::Env;
use crate::exit::Status;
use crate::messages::Messages;
use crate::policy::{Document, Evaluation, MAX_BYTES, Problems};
use crate::policy_file::{self, POLICY_FILES, PolicyFile, Texts, Wrong};
use crate::policy_test::{self, Case, ENDINGS, FOLDER, Shown, TestFile, beside};
use crate::project::Project;
use crate::report::{Destination, Target, plural};
use crate::settings::{Apart, Given, Refusal, apart};
use crate::snapshot;
use crate::source::sarif::Selection;
use crate::tree::Tree;

use super::collect::{Telling, collect};
use super::judge::judge;
use super::lines::{print, safe};

/// More files are not looked for in a folder.
const MOST_FILES: usize = 1000;

/// A file of cases, and what became of each.
struct Suite {
    /// The file, as it was named.
    name: String,
    results: Vec<Ran>,
}

/// A case that was run.
struct Ran {
    name: String,
    /// Where it stands: the line in its file.
    line: u32,
    outcome: Outcome,
}

/// What became of a case.
enum Outcome {
    /// The policy decides as it must.
    Holds,
    /// It decides otherwise: the differences, a line each.
    Differs(Vec<String>),
    /// It could not be judged, and why.
    Broken(String),
}

pub(super) fn run(arguments: &PolicyTest, env: &Env, messages: Messages) -> Result<Status, Refusal> {
    let PolicyTest { files, policy, filter, junit } = arguments;
    let named = if files.is_empty() { found(policy.as_deref(), env)? } else { files.clone() };
    let report = junit.as_deref().map(report).transpose()?;
    let mut suites = Vec::new();
    for (name, file) in named.iter().zip(read(&named, env)?) {
        let wanted = |case: &&Case| filter.as_ref().is_none_or(|text| case.name.contains(text.as_str()));
        let mut results = Vec::new();
        for case in file.cases.iter().filter(wanted) {
            let outcome = outcome(case, name, &file, policy.as_deref(), env, messages)?;
            results.push(Ran { name: case.name.clone(), line: case.place.line, outcome });
        }
        suites.push(Suite { name: name.display().to_string(), results });
    }
    let ran = suites.iter().map(|suite| suite.results.len()).sum::<usize>();
    if ran == 0 {
        let text = filter.as_deref().unwrap_or_default();
        return Err(anyhow!("--filter {text}: no case has that in its name, so nothing was tested").into());
    }
    let written = report.map_or(Ok(()), |to| {
        let written = to.write(|out| junit::write(&suites, out));
        written.with_context(|| format!("cannot write the report of the tests to {}", to.shown()))
    });
    print(told(&suites).as_bytes())?;
    let status = status(&suites);
    match written {
        Ok(()) => Ok(status),
        // What was found to be wrong is wrong, whatever could not be written.
        Err(error) if status == Status::Holds => Err(Refusal::Output(error)),
        Err(error) => {
            messages.error(&error);
            Ok(status)
        }
    }
}

/// The files of cases that belong to a policy, by a rule that is simple enough to be remembered: the file beside the policy
/// that has its name, and those in one folder.
fn found(policy: Option<&str>, env: &Env) -> anyhow::Result<Vec<PathBuf>> {
    let policies = policy.map_or(POLICY_FILES.to_vec(), |policy| vec![policy]);
    let policies = policies.into_iter().filter(|policy| !policy.starts_with("preset:"));
    let named = policies.flat_map(|policy| {
        let stem = policy.strip_suffix(".yml").or_else(|| policy.strip_suffix(".yaml")).unwrap_or(policy);
        ENDINGS.map(|ending| PathBuf::from(format!("{stem}{ending}")))
    });
    let named: Vec<PathBuf> = named.collect();
    let mut files: Vec<PathBuf> =
        named.iter().filter(|file| env.folder.join(file).symlink_metadata().is_ok()).cloned().collect();
    let attempt = || format!("cannot look for cases in {FOLDER}");
    match env.folder.join(FOLDER).read_dir() {
        Ok(entries) => {
            let mut names = Vec::new();
            for entry in entries {
                let name = entry.with_context(attempt)?.file_name();
                if ENDINGS.iter().any(|ending| name.to_string_lossy().ends_with(ending)) {
                    ensure!(
                        names.len() < MOST_FILES,
                        "{FOLDER} holds more than {MOST_FILES} files of cases; name some"
                    );
                    names.push(Path::new(FOLDER).join(name));
                }
            }
            names.sort();
            files.extend(names);
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(attempt),
    }
    let [ending, _] = ENDINGS;
    let looked = named.iter().map(|file| file.display().to_string()).filter(|file| file.ends_with(ending));
    let looked: Vec<String> = looked.collect();
    ensure!(
        !files.is_empty(),
        "no cases: neither {} nor any file {FOLDER}/*{ending} is in {}; write one, or name it: findgate policy test FILE",
        looked.join(" nor "),
        env.folder.display()
    );
    Ok(files)
}

/// Reads every file of cases; all problems of all of them are told at once.
fn read(files: &[PathBuf], env: &Env) -> Result<Vec<TestFile>, Refusal> {
    let tree = Tree::worktree(&env.folder);
    let (mut problems, mut texts, mut read) = (Problems::default(), Texts::new(), Vec::new());
    for file in files {
        let name = file.display().to_string();
        let attempt = || format!("cannot read the cases {name}");
        let bytes = tree.read(file, MAX_BYTES as u64).map_err(anyhow::Error::new).with_context(attempt)?.bytes;
        let PolicyFile { text, digest: _ } = policy_file::decode(bytes).with_context(attempt)?;
        texts.insert(name.as_str().into(), text.as_str().into());
        let mut own = Problems::default();
        let document = Document::parse(&name, &text, &mut own);
        read.extend(document.and_then(|document| policy_test::decode(&document, &mut own)));
        own.sorted().into_iter().for_each(|problem| problems.add(problem));
    }
    if problems.is_empty() { Ok(read) } else { Err(Refusal::Policy(Wrong { problems: problems.sorted(), texts })) }
}

fn report(path: &Path) -> Result<Destination, Refusal> {
    let Target::File(path) = Target::of(path) else {
        return Err(anyhow!("--junit: standard output carries the result of the tests; name a file").into());
    };
    let attempt = || format!("cannot write the report of the tests to {}", path.display());
    Destination::check(&path).with_context(attempt).map_err(Refusal::Output)
}

/// Judges a case and compares. A policy that is wrong ends the run: every other case would say the same.
fn outcome(
    case: &Case,
    file: &Path,
    tests: &TestFile,
    policy: Option<&str>,
    env: &Env,
    messages: Messages,
) -> Result<Outcome, Refusal> {
    let policy = match tests.policy.as_deref() {
        Some(named) if named.starts_with("preset:") => Some(named.to_owned()),
        Some(named) => Some(slashed(&beside(file, named))),
        None => policy.map(str::to_owned),
    };
    match judged(case, file, policy, env, messages) {
        Ok(evaluation) => {
            let differences = compare::compare(&case.expect, &evaluation);
            Ok(if differences.is_empty() { Outcome::Holds } else { Outcome::Differs(differences) })
        }
        Err(wrong @ Refusal::Policy(_)) => Err(wrong),
        Err(Refusal::Output(error) | Refusal::NoEvidence(error) | Refusal::Other(error)) => {
            Ok(Outcome::Broken(format!("{error:#}")))
        }
    }
}

fn judged(
    case: &Case,
    file: &Path,
    policy: Option<String>,
    env: &Env,
    messages: Messages,
) -> Result<Evaluation, Refusal> {
    let Case { name: _, place: _, shown, as_of, repository, branch, commit, event, environment, baseline, expect: _ } =
        case;
    let env = env.at(*as_of);
    let messages = messages.hushed();
    let project = Project {
        repository: repository.clone(),
        branch: branch.clone(),
        commit: commit.clone(),
        event: *event,
        environment: environment.clone(),
        no_branch: Some("the case names none; add `branch` to it".to_owned()),
        ..Project::default()
    };
    let evidence = match shown {
        Shown::Sarif(files) => {
            let place = |selection: &Selection| Selection { path: glob(file, &selection.path), ..selection.clone() };
            Given::Files(files.iter().map(place).collect())
        }
        Shown::Snapshot(named) => {
            let path = env.folder.join(beside(file, named));
            Given::Snapshot(Box::new(snapshot::read(&path).map_err(|unusable| match unusable {
                snapshot::Unusable::Unreadable(error) | snapshot::Unusable::NoEvidence(error) => error,
            })?))
        }
    };
    let input = Input {
        reading: Reading { policy, ..Reading::default() },
        baseline: baseline.as_ref().map(|named| slashed(&beside(file, named))),
        as_of: Some(as_of.to_string()),
        ..Input::default()
    };
    let mut settings = apart(&input, Apart { project, evidence, tree: Tree::worktree(&env.folder) }, &env)?;
    let read = collect(&mut settings, Telling::Weighed, &env, messages);
    Ok(judge(&mut settings, read, &env, messages))
}

/// A glob of a file of cases, from where the command runs. What its folder is called is no pattern.
fn glob(file: &Path, written: &str) -> String {
    let folder = slashed(&beside(file, "."));
    let is_pattern = written.contains(['*', '?', '[', '{']);
    let folder = if is_pattern { globset::escape(&folder) } else { folder };
    if folder.is_empty() || written.starts_with('/') { written.to_owned() } else { format!("{folder}/{written}") }
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

fn status(suites: &[Suite]) -> Status {
    let mut outcomes = suites.iter().flat_map(|suite| &suite.results).map(|ran| &ran.outcome);
    // A case that could not be judged is a fault of the tests, and says nothing of the policy.
    if outcomes.clone().any(|outcome| matches!(outcome, Outcome::Broken(_))) {
        Status::Usage
    } else if outcomes.any(|outcome| matches!(outcome, Outcome::Differs(_))) {
        Status::Violated
    } else {
        Status::Holds
    }
}

/// What people read.
fn told(suites: &[Suite]) -> String {
    let mut out = String::new();
    let mut totals = [0usize; 3];
    for Suite { name, results } in suites {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", safe(name));
        for Ran { name, line: _, outcome } in results {
            let (at, word, lines) = match outcome {
                Outcome::Holds => (0, "ok", &[][..]),
                Outcome::Differs(lines) => (1, "FAIL", lines.as_slice()),
                Outcome::Broken(why) => (2, "ERROR", std::slice::from_ref(why)),
            };
            totals[at] += 1;
            let _ = writeln!(out, "  {word:5}  {}", safe(name));
            for line in lines.iter().flat_map(|text| text.lines()) {
                let _ = writeln!(out, "           {}", safe(line));
            }
        }
    }
    let [holds, differ, broken] = totals;
    let rest: Vec<String> = [(differ, "failed"), (broken, "could not be judged")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!(", {count} {what}"))
        .collect();
    let _ = writeln!(out, "\n{}: {holds} ok{}", plural((holds + differ + broken) as u64, "case"), rest.concat());
    out
}
