//! The first reading of a file: everything but the results.
//!
//! A result cannot be understood without its rule, and files put `results` before `tool` as often as behind it; what
//! paths are relative to comes last in half of them. So a file is read twice: here the facts of each run, with nothing
//! but the places of its results, found by their brackets; then, in `read`, the results themselves, by several threads.
//! The alternative, keeping results until their rules arrive, costs memory for every byte that came too early.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

use draft::{Draft, OURS, place};

use super::account::{Problem, RunAccount, Tally};
use super::config::Empty;
use super::ending::Ending;
use super::kind::Tool;
use super::names::one_line;
use super::path::{Bases, Roots, Target};
use super::rule::{Component, MOST_IDS, Rule};
use super::run::Run;
use super::scan::{Fault, Scanner};
use super::wire::{self, Loose};
use crate::finding::{Scan, ScanState, State, Text};

/// Parses what was taken out, and uses it while it is there. Bytes that are no UTF-8 are replaced. A macro, because a
/// function could not say that the parsed value borrows from a text of its own.
macro_rules! read_as {
    ($bytes:expr, $type:ty, $name:pat => $use:expr) => {
        serde_json::from_str::<$type>(&String::from_utf8_lossy($bytes)).map(|$name| $use)
    };
}

mod draft;

/// About so many bytes of results are parsed at a time.
const CHUNK: u64 = 512 * 1024;
/// A longer result is skipped.
const LONGEST_RESULT: u64 = 16 * 1024 * 1024;
/// A longer rule, invocation or taxonomy is not read.
const LONGEST_FACT: usize = 64 * 1024 * 1024;
/// So many runs of a file are read. Each costs memory, and a run can be written in two bytes.
const MOST_RUNS: usize = 10_000;
/// So many rules of a file are kept.
const MOST_RULES: usize = 200_000;
/// So many artifacts of a file are kept.
const MOST_ARTIFACTS: usize = 2_000_000;
/// So many extensions, taxonomies, bases and invocations of a run are kept.
const MOST_PARTS: usize = 1_000;
/// So many problems and notes of a file are said.
const MOST_SAID: usize = 1_000;

/// Some results of one run that stand side by side.
#[derive(Clone, Debug)]
pub(super) struct Chunk {
    /// The run.
    pub(super) run: usize,
    /// Where the first of them begins, in the decoded file.
    pub(super) offset: u64,
    /// Up to the end of the last.
    pub(super) length: u64,
    /// The number of the first in its run, from 1.
    pub(super) first: u64,
    /// How many.
    pub(super) count: u64,
}

/// What the first reading found.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// The runs.
    pub(super) runs: Vec<Run>,
    /// Where the results are.
    pub(super) chunks: Vec<Chunk>,
    /// What is already known of each run: results that were lost before they could be read.
    pub(super) tallies: Vec<Tally>,
    /// What is missing.
    pub(super) problems: Vec<Problem>,
    /// What a reader should know.
    pub(super) notes: Vec<String>,
}

impl Outline {
    /// Whether findgate wrote the file: an earlier run's report.
    pub(super) fn is_ours(&self) -> bool {
        !self.runs.is_empty() && self.runs.iter().all(|run| &*run.engine == OURS)
    }

    /// Results that can be read.
    pub(super) fn results(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.count).sum()
    }

    /// The runs, for the account.
    pub(super) fn accounts(&mut self, origin: &Text) -> Vec<RunAccount> {
        let tallies = std::mem::take(&mut self.tallies);
        let accounts = self.runs.iter().zip(tallies).map(|(run, tally)| RunAccount {
            scan: Scan {
                engine: Text::clone(&run.engine),
                version: run.version.clone(),
                origin: Text::clone(origin),
                target: None,
                state: match run.status.as_deref() {
                    Some("failed") => ScanState::Failed,
                    Some("with errors") => ScanState::Partial,
                    _ => ScanState::Finished,
                },
                status: run.status.clone(),
                finished: run.finished,
                commit: run.commit.clone(),
                branch: run.branch.clone(),
                findings: 0,
            },
            tally,
        });
        accounts.collect()
    }
}

/// Reads everything but the results.
pub(super) fn outline<R: Read>(scanner: &mut Scanner<R>, roots: &Roots, empty: Empty) -> Outline {
    let mut walk = Walk {
        roots,
        outline: Outline::default(),
        version: None,
        runs: false,
        listed: false,
        more_runs: false,
        rules: 0,
        artifacts: 0,
        value: Vec::new(),
    };
    let ended = walk.document(scanner);
    let mut fault = None;
    if let Err(error) = ended {
        let (line, column) = scanner.position();
        fault = Some(match error {
            Fault::End if scanner.offset() == 0 => "the file is empty; the scanner wrote nothing".to_owned(),
            Fault::End => format!(
                "the file ends in the middle of the document (line {line}, column {column}); the scanner may have been \
                 killed: run it again"
            ),
            Fault::Wanted(wanted) => format!(
                "this is no JSON: {wanted} is missing at line {line}, column {column}; what follows was not read"
            ),
            Fault::Io(error) => format!("reading stopped at line {line}, column {column}: {error}"),
        });
    }
    let Walk { mut outline, version, runs, listed, .. } = walk;

    if let Some(text) = fault {
        // Without a single result, nothing says that there would have been none.
        let nothing = outline.results() == 0;
        outline.problems.push(if nothing { Problem::failed(text) } else { Problem::partial(text) });
    } else if !runs {
        outline.problems.push(Problem::failed("there is no `runs`: this is no SARIF file"));
    } else if outline.runs.is_empty() && outline.problems.is_empty() {
        match empty {
            Empty::Allow => outline.notes.push("no runs, which the policy allows for this file".to_owned()),
            Empty::Fail => outline.problems.push(Problem::failed(
                "`runs` is empty, so nothing shows that a scan took place; if this scanner writes that when it finds \
                 nothing, say `empty: allow`",
            )),
        }
    }
    match version.as_deref() {
        None if !outline.runs.is_empty() => {
            outline.notes.push("the file does not tell its version; read as 2.1.0".to_owned())
        }
        None | Some("2.1.0") => {}
        Some(other) if other.starts_with("2.1.") => outline.notes.push(format!("version {other}, read as 2.1.0")),
        Some(other) => {
            // The words changed between versions: what was found by the words of 2.1.0 may be the smaller part.
            let shown = one_line(other, 40);
            outline = Outline {
                problems: vec![Problem::failed(format!(
                    "SARIF version {shown} is not supported; write version 2.1.0 or convert the file"
                ))],
                ..Outline::default()
            };
        }
    }
    if !listed {
        // Not one list of results: nothing of the file shows what was found.
        for problem in &mut outline.problems {
            problem.state = State::Failed;
        }
    }
    outline
}

struct Walk<'a> {
    roots: &'a Roots,
    outline: Outline,
    version: Option<String>,
    /// Whether there was a list of runs.
    runs: bool,
    /// Whether any run had a list of results.
    listed: bool,
    /// Whether there were more runs than are read.
    more_runs: bool,
    /// Rules that were kept.
    rules: usize,
    /// Artifacts that were kept.
    artifacts: usize,
    /// What was taken out last.
    value: Vec<u8>,
}

impl Walk<'_> {
    fn problem(&mut self, problem: Problem) {
        say(&mut self.outline.problems, problem);
    }

    fn document<R: Read>(&mut self, scanner: &mut Scanner<R>) -> Result<(), Fault> {
        match scanner.peek()? {
            None => return Err(Fault::End),
            Some(b'{') => {}
            Some(_) => return Err(Fault::Wanted("the `{` of a SARIF document")),
        }
        scanner.object(|scanner, key| match key {
            "version" => {
                let mut value = Vec::new();
                scanner.take(&mut value, LONGEST_FACT)?;
                let told = read_as!(&value, Loose<'_>, loose => loose.word().map(Cow::into_owned));
                self.version = Some(told.ok().flatten().unwrap_or_else(|| "of an unknown form".to_owned()));
                Ok(())
            }
            "runs" => {
                if scanner.peek()? != Some(b'[') {
                    self.problem(Problem::failed("`runs` is no list, so nothing shows that a scan took place"));
                    self.runs = true;
                    return scanner.skip();
                }
                if std::mem::replace(&mut self.runs, true) {
                    say(&mut self.outline.notes, "`runs` stands there twice; both were read".to_owned());
                }
                scanner.array(|scanner| self.run(scanner))
            }
            "inlineExternalProperties" => {
                let mut value = Vec::new();
                let whole = scanner.take(&mut value, LONGEST_FACT)?;
                let has = read_as!(&value, Loose<'_>, loose => {
                    loose.each().iter().any(|one| one.member("results").is_some_and(|list| !list.each().is_empty()))
                });
                if !whole || has.unwrap_or(true) {
                    self.problem(Problem::partial("results in `inlineExternalProperties` are not read"));
                }
                Ok(())
            }
            _ => scanner.skip(),
        })?;
        if scanner.peek()?.is_some() {
            let (line, column) = scanner.position();
            self.problem(Problem::partial(format!(
                "more text follows the document (line {line}, column {column}) and was not read; write one file for each \
                 scan"
            )));
        }
        Ok(())
    }

    fn run<R: Read>(&mut self, scanner: &mut Scanner<R>) -> Result<(), Fault> {
        let number = self.outline.runs.len() + 1;
        if self.outline.runs.len() >= MOST_RUNS {
            if !std::mem::replace(&mut self.more_runs, true) {
                self.problem(Problem::partial(format!("more than {MOST_RUNS} runs; the others were not read")));
            }
            return scanner.skip();
        }
        if scanner.peek()? != Some(b'{') {
            self.problem(Problem::partial("an element of `runs` is no object"));
            return scanner.skip();
        }
        let mut draft = Draft::default();
        let mut seen = HashSet::new();
        let ended = scanner.object(|scanner, key| {
            if key != "results" {
                twice(&mut seen, key, &KNOWN, &mut draft.problems);
            }
            self.member(scanner, key, &mut draft)
        });
        self.finish(draft, number);
        ended
    }

    fn member<R: Read>(&mut self, scanner: &mut Scanner<R>, key: &str, draft: &mut Draft) -> Result<(), Fault> {
        let first = match key {
            "tool" | "originalUriBaseIds" | "externalPropertyFileReferences" => Some(b'{'),
            "invocations" | "artifacts" | "taxonomies" | "versionControlProvenance" => Some(b'['),
            _ => None,
        };
        if let Some(first) = first
            && !begins(scanner, first, key, &mut draft.problems)?
        {
            return Ok(());
        }
        match key {
            "tool" => {
                let mut seen = HashSet::new();
                scanner.object(|scanner, key| {
                    twice(&mut seen, key, &["driver", "extensions"], &mut draft.problems);
                    match key {
                "driver" => self.component(scanner, draft, None),
                "extensions" if begins(scanner, b'[', key, &mut draft.problems)? => scanner.array(|scanner| {
                    let index = draft.extensions.len();
                    if index >= MOST_PARTS {
                        draft.too_many = true;
                        return scanner.skip();
                    }
                    draft.extensions.push(Component::default());
                    self.component(scanner, draft, Some(index))
                }),
                "extensions" => Ok(()),
                _ => scanner.skip(),
                    }
                })
            }
            "results" => self.results(scanner, draft),
            "invocations" => scanner.array(|scanner| {
                if draft.invocations.len() >= MOST_PARTS {
                    draft.too_many = true;
                    return scanner.skip();
                }
                let mut value = Vec::new();
                if scanner.take(&mut value, LONGEST_FACT)? {
                    draft.invocations.push(value);
                } else {
                    say(&mut draft.problems, Problem::partial("an invocation is longer than 64 MiB and was not read"));
                }
                Ok(())
            }),
            "originalUriBaseIds" => {
                scanner.take(&mut self.value, LONGEST_FACT)?;
                let read = read_as!(&self.value, Loose<'_>, loose => {
                    if let Loose::Map(members) = loose {
                        draft.too_many |= members.len() > MOST_PARTS;
                        for (name, base) in members.into_iter().take(MOST_PARTS) {
                            let text = |key| base.member(key).and_then(Loose::text).map(str::to_owned);
                            draft.bases.insert(name.into_owned(), (text("uri"), text("uriBaseId")));
                        }
                    }
                });
                if read.is_err() {
                    say(&mut draft.problems, Problem::partial("`originalUriBaseIds` could not be read; paths may be wrong"));
                }
                Ok(())
            }
            "artifacts" => scanner.array(|scanner| {
                scanner.take(&mut self.value, LONGEST_FACT)?;
                if self.artifacts >= MOST_ARTIFACTS {
                    draft.too_many = true;
                } else {
                    self.artifacts += 1;
                    let place = read_as!(&self.value, wire::Artifact<'_>, artifact => {
                        artifact.location.map(|location| {
                            (location.uri.map(|uri| uri.0.into_owned()), location.uri_base_id.map(|id| id.0.into_owned()))
                        })
                    });
                    draft.artifacts.push(place.ok().flatten().unwrap_or_default());
                }
                Ok(())
            }),
            "taxonomies" => scanner.array(|scanner| {
                scanner.take(&mut self.value, LONGEST_FACT)?;
                let read = read_as!(&self.value, wire::Taxonomy<'_>, taxonomy => {
                    let name = taxonomy.name.as_ref().and_then(Loose::text).unwrap_or_default().to_owned();
                    let id = |taxon: wire::Taxon<'_>| taxon.id.map(|id| id.0.into_owned()).unwrap_or_default();
                    (name, taxonomy.taxa.into_iter().flatten().map(id).collect())
                });
                if draft.taxonomies.len() >= MOST_PARTS {
                    draft.too_many = true;
                } else {
                    draft.taxonomies.push(read.unwrap_or_default());
                }
                Ok(())
            }),
            "versionControlProvenance" => scanner.array(|scanner| {
                scanner.take(&mut self.value, LONGEST_FACT)?;
                let _ = read_as!(&self.value, wire::VersionControl<'_>, one => {
                    let text = |loose: &Option<Loose<'_>>| {
                        let text = loose.as_ref().and_then(Loose::text).filter(|text| !text.is_empty());
                        text.map(|text| Text::from(one_line(text, 256)))
                    };
                    if draft.commit.is_none() && draft.branch.is_none() {
                        draft.commit = text(&one.revision_id);
                        draft.branch = text(&one.branch);
                    }
                });
                Ok(())
            }),
            "externalPropertyFileReferences" => {
                scanner.take(&mut self.value, LONGEST_FACT)?;
                // These change which results there are or how bad they are.
                let needed = ["results", "driver", "extensions", "invocations", "policies"];
                let missing = read_as!(&self.value, Loose<'_>, loose => {
                    needed.into_iter().filter(|name| loose.member(name).is_some_and(|m| !m.each().is_empty())).collect()
                });
                let missing: Vec<&str> = missing.unwrap_or_else(|_| vec!["something"]);
                if !missing.is_empty() {
                    say(&mut draft.problems, Problem::partial(format!(
                        "{} of the run stand in other files (`externalPropertyFileReferences`), which are not read; have \
                         the scanner write one file",
                        missing.join(", ")
                    )));
                }
                Ok(())
            }
            "properties" => {
                scanner.take(&mut self.value, LONGEST_FACT)?;
                // Trivy tells there that it looked at an image.
                let image = read_as!(&self.value, Loose<'_>, loose => {
                    loose.member("imageName").is_some() || loose.member("imageID").is_some()
                });
                draft.image = image.unwrap_or(false);
                Ok(())
            }
            _ => scanner.skip(),
        }
    }

    fn component<R: Read>(
        &mut self,
        scanner: &mut Scanner<R>,
        draft: &mut Draft,
        extension: Option<usize>,
    ) -> Result<(), Fault> {
        if !begins(scanner, b'{', "driver or extension", &mut draft.problems)? {
            return Ok(());
        }
        let mut seen = HashSet::new();
        scanner.object(|scanner, key| {
            twice(&mut seen, key, &["name", "guid", "rules"], &mut draft.problems);
            if key == "rules" {
                if !begins(scanner, b'[', key, &mut draft.problems)? {
                    return Ok(());
                }
                return scanner.array(|scanner| {
                    let whole = scanner.take(&mut self.value, LONGEST_FACT)?;
                    let rule =
                        if whole { read_as!(&self.value, wire::Rule<'_>, rule => Rule::new(&rule)).ok() } else { None };
                    let rule = rule.filter(|rule| rule.ids.len() <= MOST_IDS);
                    if rule.is_none() {
                        draft.bad_rules += 1;
                    }
                    if self.rules >= MOST_RULES {
                        draft.too_many = true;
                    } else {
                        self.rules += 1;
                        let rules = &mut place(draft, extension).rules;
                        // A rule that could not be read keeps its number, or all behind it would be others.
                        rules.push(rule.unwrap_or_else(|| Rule::new(&wire::Rule::default())));
                    }
                    Ok(())
                });
            }
            if !matches!(key, "name" | "version" | "semanticVersion" | "guid" | "globalMessageStrings") {
                return scanner.skip();
            }
            scanner.take(&mut self.value, LONGEST_FACT)?;
            if key == "globalMessageStrings" {
                let strings = read_as!(&self.value, wire::Strings<'_>, strings => {
                    let text = |message: wire::Message<'_>| message.text.or(message.markdown).map(|text| text.into());
                    strings.0.into_iter().filter_map(|(id, message)| Some((id.into(), text(message)?))).collect()
                });
                place(draft, extension).messages = strings.unwrap_or_default();
                return Ok(());
            }
            let text = read_as!(&self.value, Loose<'_>, loose => loose.word().map(|word| one_line(&word, 256)));
            let text = text.ok().flatten().filter(|text| !text.is_empty());
            match (key, extension) {
                ("name", None) => draft.name = text.clone(),
                ("version", None) => draft.version = text.clone(),
                ("semanticVersion", None) => draft.semantic_version = text.clone(),
                _ => {}
            }
            match key {
                "name" => place(draft, extension).name = text,
                "guid" => place(draft, extension).guid = text,
                _ => {}
            }
            Ok(())
        })
    }

    fn results<R: Read>(&mut self, scanner: &mut Scanner<R>, draft: &mut Draft) -> Result<(), Fault> {
        if scanner.peek()? != Some(b'[') {
            if scanner.peek()? != Some(b'n') {
                say(&mut draft.problems, Problem::partial("`results` is no list"));
            }
            return scanner.skip();
        }
        draft.lists += 1;
        self.listed = true;
        let run = self.outline.runs.len();
        let chunks = &mut self.outline.chunks;
        let Draft { tally, number, .. } = draft;
        let mut open: Option<Chunk> = None;
        let ended = scanner.array(|scanner| {
            let first = scanner.peek()?;
            let offset = scanner.offset();
            if let Err(fault) = scanner.pass() {
                if first.is_some() && !matches!(fault, Fault::Wanted(_)) {
                    tally.skip(*number + 1, "the file ends inside of it");
                }
                return Err(fault);
            }
            *number += 1;
            let end = scanner.offset();
            if end - offset > LONGEST_RESULT {
                tally.skip(*number, "it is longer than 16 MiB");
                chunks.extend(open.take());
                return Ok(());
            }
            let chunk = open.get_or_insert(Chunk { run, offset, length: 0, first: *number, count: 0 });
            chunk.length = end - chunk.offset;
            chunk.count += 1;
            if chunk.length >= CHUNK {
                chunks.extend(open.take());
            }
            Ok(())
        });
        chunks.extend(open);
        ended
    }
}

/// The members of a run that are read.
const KNOWN: [&str; 10] = [
    "tool",
    "results",
    "invocations",
    "originalUriBaseIds",
    "artifacts",
    "taxonomies",
    "versionControlProvenance",
    "externalPropertyFileReferences",
    "properties",
    "automationDetails",
];

/// Says one thing more, if not too much was said already.
fn say<T>(said: &mut Vec<T>, more: T) {
    if said.len() < MOST_SAID {
        said.push(more);
    }
}

/// Says that a key stands there twice, if it is one that counts.
fn twice(seen: &mut HashSet<String>, key: &str, known: &[&str], problems: &mut Vec<Problem>) {
    if known.contains(&key) && !seen.insert(key.to_owned()) {
        say(problems, Problem::partial(format!("`{key}` stands there twice; which one holds is open")));
    }
}

/// Whether a value begins as it should. Anything else is passed over and said, unless it is `null`, which is nothing.
fn begins<R: Read>(scanner: &mut Scanner<R>, first: u8, key: &str, problems: &mut Vec<Problem>) -> Result<bool, Fault> {
    let found = scanner.peek()?;
    if found == Some(first) {
        return Ok(true);
    }
    if found.is_some_and(|byte| byte != b'n') {
        let wanted = if first == b'[' { "list" } else { "object" };
        say(problems, Problem::partial(format!("`{key}` is no {wanted} and was not read")));
    }
    scanner.skip()?;
    Ok(false)
}
