//! From a document to cases: every value is checked, every problem is told, nothing is guessed.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::language::{CASE, EXPECT, TESTS, VERDICT};
use super::{Case, Expected, Shown, TestFile};
use crate::event::Event;
use crate::policy::expect::{self, Fields};
use crate::policy::language::EVENT;
use crate::policy::{Document, Node, Place, Problem, Problems, Value, Verdict, quoted};
use crate::source::sarif;

/// Reads a file of cases. `None` if there is any problem, those that were there before included.
#[must_use]
pub fn decode(document: &Document, problems: &mut Problems) -> Option<TestFile> {
    let root = &document.root;
    let fields = Fields::open(root, &root.place, &TESTS, problems)?;
    if let Some(node) = fields.get("version") {
        version(node, problems);
    }
    let policy = text(&fields, "policy", "a policy", problems);
    let as_of = fields.get("as_of").map(|node| moment(node, problems));
    let items = fields.entry("cases").and_then(|(key, node)| {
        let items = expect::list(node, "`cases`", problems)?;
        if items.is_empty() {
            let problem = Problem::new(&key.place, "`cases` is empty").label("nothing stands here");
            problems.add(problem.help("add a case, for example `- {name: ..., sarif: ..., expect: {verdict: fail}}`"));
        }
        Some(items)
    });
    fields.end();
    let mut cases: Vec<Case> = Vec::new();
    let mut known: HashMap<String, Place> = HashMap::new();
    for node in items.into_iter().flatten() {
        let Some(case) = case(node, as_of, problems) else { continue };
        if let Some(first) = known.insert(case.name.clone(), node.place.clone()) {
            let problem = Problem::new(&node.place, format!("two cases are named {}", quoted(&case.name)));
            let problem = problem.label("and again here").related(&first, "first here");
            problems.add(problem.help("give each a name of its own, so that a report can tell them apart"));
        }
        cases.push(case);
    }
    problems.is_empty().then_some(TestFile { policy, cases })
}

fn version(node: &Node, problems: &mut Problems) {
    match &node.value {
        Value::Refused => {}
        Value::Scalar { text, plain: true } if &**text == "1" => {}
        _ => {
            let problem = Problem::new(&node.place, format!("expected version 1, found {}", expect::found(node)));
            problems.add(problem.label("not a version that is known").help("write `version: 1`"));
        }
    }
}

/// `as_of` of the file: `None` where it says none, `Some(None)` where what it says is wrong, and told.
type DayOfFile = Option<Option<Timestamp>>;

fn case(node: &Node, day: DayOfFile, problems: &mut Problems) -> Option<Case> {
    let before = problems.len();
    let fields = Fields::open(node, &node.place, &CASE, problems)?;
    let name = text(&fields, "name", "a name", problems);
    let files = fields.entry("sarif").map(|(key, node)| (key, sarif_files(node, problems)));
    let snapshot = fields.entry("snapshot").map(|(key, node)| (key, expect::text(node, "a file", problems)));
    let as_of = match (fields.get("as_of"), day) {
        (Some(node), _) => moment(node, problems),
        (None, Some(day)) => day,
        (None, None) => {
            let problem = Problem::new(&node.place, "the case does not say which day is judged").label("judged when?");
            problems.add(
                problem.help("add `as_of: 2026-11-21` to it, or once above `cases`: a test must not go by the clock"),
            );
            None
        }
    };
    let repository = text(&fields, "repository", "a repository", problems);
    let branch = text(&fields, "branch", "a branch", problems);
    let commit = text(&fields, "commit", "a commit", problems);
    let event = fields.get("event").and_then(|node| expect::word(node, &EVENT, problems)).and_then(Event::from_name);
    let environment = text(&fields, "environment", "an environment", problems);
    let baseline = text(&fields, "baseline", "a file", problems);
    let expect = fields.entry("expect").and_then(|(key, node)| expected(key, node, problems));
    fields.end();
    let shown = match (files, snapshot) {
        (Some((first, _)), Some((second, _))) => {
            let problem = Problem::new(&second.place, "the case names `sarif` and `snapshot`, and judges one of them");
            problems
                .add(problem.label("a second kind").related(&first.place, "the first").help("make two cases of it"));
            None
        }
        (Some((_, files)), None) => files.map(Shown::Sarif),
        (None, Some((_, file))) => file.map(|file| Shown::Snapshot(file.to_string())),
        (None, None) => None,
    };
    if problems.len() > before {
        return None;
    }
    Some(Case {
        name: name?,
        place: node.place.clone(),
        shown: shown?,
        as_of: as_of?,
        repository,
        branch,
        commit,
        event,
        environment,
        baseline,
        expect: expect?,
    })
}

fn sarif_files(node: &Node, problems: &mut Problems) -> Option<Vec<sarif::Selection>> {
    let items = expect::one_or_many(node, "`sarif`", problems)?;
    let files: Vec<_> = items.iter().map(|item| sarif::entry(item, problems)).collect();
    files.into_iter().collect()
}

fn expected(key: &Node, node: &Node, problems: &mut Problems) -> Option<Expected> {
    let fields = Fields::open(node, &key.place, &EXPECT, problems)?;
    let verdict = fields.get("verdict").and_then(|node| match expect::word(node, VERDICT, problems)? {
        "pass" => Some(Verdict::Pass),
        "fail" => Some(Verdict::Fail),
        _ => Some(Verdict::Undecided),
    });
    let mut names = |key: &'static str, what: &str| {
        let items = expect::list(fields.get(key)?, &format!("`{key}`"), problems)?;
        Some(items.iter().filter_map(|item| expect::text(item, what, problems)).map(|name| name.to_string()).collect())
    };
    let violated = names("violated", "the name of a rule");
    let waived = names("waived", "the id of a waiver");
    let not_read = names("not_read", "the name of a source");
    fields.end();
    Some(Expected { verdict, violated, waived, not_read })
}

fn text(fields: &Fields<'_>, key: &'static str, what: &str, problems: &mut Problems) -> Option<String> {
    fields.get(key).and_then(|node| expect::text(node, what, problems)).map(|text| text.to_string())
}

/// A day, which means its first moment in UTC, or a time.
fn moment(node: &Node, problems: &mut Problems) -> Option<Timestamp> {
    if node.is_refused() {
        return None;
    }
    let read = |text: &str| -> Option<Timestamp> {
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(time);
        }
        let day: Date = text.parse().ok().filter(|_| text.len() == "2026-11-21".len())?;
        Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let time = node.text().and_then(|text| read(text));
    if time.is_none() {
        let message = format!("expected a day for `as_of`, found {}", expect::found(node));
        let problem = Problem::new(&node.place, message).label("not a day");
        problems.add(problem.help("write 2026-11-21 or 2026-11-21T10:00:00Z"));
    }
    time
}
