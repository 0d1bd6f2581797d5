//! The files that `waivers` names: waivers of people, and VEX documents.

use std::collections::HashSet;
use std::path::Path;

use super::load::{InputFile, Loading, Role, Texts};
use super::{PolicyFile, decode};
use crate::digest::digest;
use crate::policy::{
    Document, MAX_BYTES, Place, Policy, Problem, Problems, Stated, check_waivers, decode_waivers, quoted,
};
use crate::tree::{TreeFile, Unread};
use crate::vex;

/// What reading a policy adds to, beside the policy.
pub(super) struct Gathered<'a> {
    /// Every file that was read.
    pub(super) files: &'a mut Vec<InputFile>,
    /// Their texts, as far as problems are drawn on them.
    pub(super) texts: &'a mut Texts,
    pub(super) problems: &'a mut Problems,
    pub(super) warnings: &'a mut Vec<String>,
}

/// Adds what the files hold to the waivers of a policy, and judges all waivers by its rules.
pub(super) fn add(policy: &mut Policy, loading: Loading<'_>, gathered: &mut Gathered<'_>) {
    let rules = policy.waiver_rules.clone();
    for file in once(&rules.files, gathered.problems) {
        add_file(policy, file, loading, gathered);
    }
    for file in once(&rules.vex, gathered.problems) {
        add_vex(policy, file, loading, gathered);
    }
    check_waivers(&policy.waivers, &rules, loading.as_of, gathered.problems);
}

/// Each file, but none twice.
fn once<'f>(files: &'f [Stated<String>], problems: &mut Problems) -> Vec<&'f Stated<String>> {
    let mut seen = HashSet::new();
    let mut unique = Vec::new();
    for file in files {
        if seen.insert(plain(&file.value)) {
            unique.push(file);
        } else {
            let problem = Problem::new(&file.place, format!("{} is named twice", quoted(&file.value)));
            problems.add(problem.label("and here again").help("name it once"));
        }
    }
    unique
}

fn plain(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

fn add_file(policy: &mut Policy, file: &Stated<String>, loading: Loading<'_>, gathered: &mut Gathered<'_>) {
    let name = file.value.as_str();
    let mut refuse = |why: String| gathered.problems.add(unreadable(file, "the waivers", &why));
    let bytes = match loading.tree.read_trusted(Path::new(name), MAX_BYTES as u64) {
        Ok(TreeFile { bytes, .. }) => bytes,
        Err(Unread::Missing) => {
            gathered.warnings.push(format!("{name} does not exist; `findgate waive` makes it"));
            return;
        }
        Err(unread @ Unread::OnlyInChange) => {
            gathered.warnings.push(format!("the waivers of {name} do not count: {unread}"));
            return;
        }
        Err(Unread::Refused(error)) => return refuse(format!("{error:#}")),
    };
    let PolicyFile { text, digest } = match decode(bytes) {
        Ok(file) => file,
        Err(error) => return refuse(format!("{error:#}")),
    };
    gathered.files.push(InputFile { role: Role::Waivers, name: name.to_owned(), digest });
    gathered.texts.insert(name.into(), text.as_str().into());
    let mut problems = Problems::default();
    if let Some(document) = parse(name, &text, &mut problems)
        && let Some(waivers) = decode_waivers(&document, &mut problems)
    {
        policy.waivers.extend(waivers);
    }
    problems.sorted().into_iter().for_each(|problem| gathered.problems.add(problem));
}

/// Parses a file of waivers.
pub(super) fn parse(name: &str, text: &str, problems: &mut Problems) -> Option<Document> {
    if holds_nothing(text) {
        let start = Place { file: name.into(), line: 1, column: 1, bytes: 0..0 };
        let problem = Problem::new(&start, "the file of waivers is empty").label("nothing stands here");
        problems.add(
            problem.help("write `version: 1` and `waivers: []`, or remove it: a file that does not exist holds none"),
        );
        return None;
    }
    Document::parse(name, text, problems)
}

/// Whether there is nothing but comments.
#[must_use]
pub(super) fn holds_nothing(text: &str) -> bool {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'))
}

fn add_vex(policy: &mut Policy, file: &Stated<String>, loading: Loading<'_>, gathered: &mut Gathered<'_>) {
    let name = file.value.as_str();
    let mut refuse = |why: &str| gathered.problems.add(unreadable(file, "the VEX document", why));
    let bytes = match loading.tree.read_trusted(Path::new(name), vex::MAX_BYTES) {
        Ok(TreeFile { bytes, .. }) => bytes,
        Err(unread @ Unread::OnlyInChange) => {
            gathered.warnings.push(format!("the VEX document {name} does not count: {unread}"));
            return;
        }
        Err(unread) => return refuse(&unread.to_string()),
    };
    let digest = digest(&bytes);
    let Ok(text) = String::from_utf8(bytes) else { return refuse("it is not UTF-8; save it as UTF-8") };
    match vex::read(name, &text) {
        Ok(vex::Vex { waivers, contrary, skipped }) => {
            policy.waivers.extend(waivers);
            policy.waiver_rules.contrary.extend(contrary);
            gathered.warnings.extend(skipped);
            gathered.files.push(InputFile { role: Role::Vex, name: name.to_owned(), digest });
        }
        Err(vex::Fault { line, column, message }) => {
            let place = Place { file: name.into(), line, column, bytes: 0..0 };
            let problem = Problem::new(&place, format!("the VEX document {} cannot be read: {message}", quoted(name)));
            gathered.problems.add(problem.related(&file.place, "named here"));
        }
    }
}

fn unreadable(file: &Stated<String>, what: &str, why: &str) -> Problem {
    Problem::new(&file.place, format!("cannot read {what} {}: {why}", quoted(&file.value))).label("not read")
}
