//! From a document to a policy: every value is checked, every problem is told, nothing is guessed.

mod condition;
mod evidence;
mod limit;
mod origin;
mod pattern;
mod waiver;

use super::document::{Document, Node, Value};
use super::expect::{self, Fields};
use super::language;
use super::problem::{Problem, Problems, nearest, one_of, quoted};
use super::shape::SourceLanguage;
use super::{Asked, Globs, Occasion, Override, Patterns, Policy, SourceSection, Stated, Waiver};
use crate::event::Event;
use crate::finding::Severity;

use limit::Limits;

pub use pattern::file_glob;

/// Reads a policy; every problem is collected. `None` if there is any, those that were there before included.
///
/// `sources` are those that may stand in `sources`. Each checks its own section, so that its problems are told with all
/// others; what a section says is read later, from [`SourceSection::section`]. Where the policy extends another, a section may
/// be a part of one, and nothing is checked before it is whole.
#[must_use]
pub fn decode(document: &Document, sources: &[SourceLanguage], problems: &mut Problems) -> Option<Policy> {
    let policy = policy(document, sources, problems);
    for section in policy.iter().filter(|policy| policy.extends.is_empty()).flat_map(|policy| &policy.sources) {
        if let Some(source) = sources.iter().find(|source| source.name == section.name) {
            (source.check)(&section.section, &section.place, problems);
        }
    }
    if problems.is_empty() { policy } else { None }
}

/// As [`decode`], of a policy that another one extends: its sections may be parts of some.
#[must_use]
pub fn decode_part(document: &Document, sources: &[SourceLanguage], problems: &mut Problems) -> Option<Policy> {
    let policy = policy(document, sources, problems);
    if problems.is_empty() { policy } else { None }
}

fn policy(document: &Document, sources: &[SourceLanguage], problems: &mut Problems) -> Option<Policy> {
    let root = &document.root;
    let fields = Fields::open(root, &root.place, &language::POLICY, problems)?;
    if let Some(node) = fields.get("version") {
        version(node, problems);
    }
    let Limits { limits, mut unlocked } = limits(&fields, problems);
    let mut policy = Policy {
        name: stated(&fields, "name", problems, |node, problems| {
            expect::text(node, "a name", problems).map(|name| name.to_string())
        }),
        extends: fields.entry("extends").map(|(_, node)| origin::parents(node, problems)).unwrap_or_default(),
        limits,
        unknown_severity: stated(&fields, "unknown_severity", problems, severity),
        evidence: fields
            .entry("evidence")
            .map(|(key, node)| evidence::evidence(key, node, problems))
            .unwrap_or_default(),
        sources: fields.entry("sources").map(|(key, node)| sections(key, node, sources, problems)).unwrap_or_default(),
        overrides: fields
            .entry("overrides")
            .map(|(key, node)| overrides(key, node, &mut unlocked, problems))
            .unwrap_or_default(),
        baseline: fields.entry("baseline").and_then(|(key, node)| origin::baseline(key, node, problems)),
        shadow: fields.entry("shadow").and_then(|(key, node)| origin::shadow(key, node, problems)),
        ..Policy::default()
    };
    if let Some((key, node)) = fields.entry("waivers") {
        (policy.waivers, policy.waiver_rules) = waiver::section(key, node, problems);
    }
    if let Some((key, node)) = fields.entry("enrich") {
        (policy.kev, policy.epss) = origin::enrich(key, node, problems);
    }
    policy.unlocked = unlocked;
    fields.end();
    Some(policy)
}

/// Reads a file of waivers: what `waivers.file` names. `None` if there is any problem, those that were there before included.
#[must_use]
pub fn decode_waivers(document: &Document, problems: &mut Problems) -> Option<Vec<Waiver>> {
    let root = &document.root;
    let fields = Fields::open(root, &root.place, &language::WAIVER_FILE, problems)?;
    if let Some(node) = fields.get("version") {
        version(node, problems);
    }
    let waivers = fields.entry("waivers").map(|(key, node)| waiver::waivers(key, node, problems));
    fields.end();
    if problems.is_empty() { waivers } else { None }
}

/// The value of a key, and the place of the key.
fn stated<T>(
    fields: &Fields<'_>,
    name: &'static str,
    problems: &mut Problems,
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> Option<Stated<T>> {
    let (key, node) = fields.entry(name)?;
    Some(Stated { value: read(node, problems)?, place: key.place.clone() })
}

/// `thresholds`, `new_thresholds` and `rules` of a policy or an override, in the order of the file.
fn limits(fields: &Fields<'_>, problems: &mut Problems) -> Limits {
    let mut limits = Limits::default();
    if let Some((key, node)) = fields.entry("thresholds") {
        limits.thresholds(key, node, &language::THRESHOLDS, problems);
    }
    if let Some((key, node)) = fields.entry("new_thresholds") {
        limits.thresholds(key, node, &language::NEW_THRESHOLDS, problems);
    }
    if let Some((key, node)) = fields.entry("rules") {
        limits.rules(key, node, problems);
    }
    limits.limits.sort_by_key(|limit| limit.place.bytes.start);
    limits
}

fn version(node: &Node, problems: &mut Problems) {
    let problem = match &node.value {
        Value::Refused => return,
        Value::Scalar { text, plain: true } if &**text == "1" => return,
        Value::Scalar { text, plain: false } if &**text == "1" => {
            Problem::new(&node.place, "expected the version as a number, found text").help("remove the quotes: 1")
        }
        Value::Scalar { text, plain: true } if expect::Written::of(text) == expect::Written::Number => {
            let message = format!("expected version 1, found {}", expect::found(node));
            let later = text.parse::<u64>().is_ok_and(|version| version > 1);
            Problem::new(&node.place, message).help(if later {
                format!("findgate {} knows version 1 only; use a newer findgate, or write 1", env!("CARGO_PKG_VERSION"))
            } else {
                "the only version is 1; write `version: 1`".to_owned()
            })
        }
        _ => Problem::new(&node.place, format!("expected version 1, found {}", expect::found(node)))
            .help("this is the version of the policy language; write `version: 1`"),
    };
    problems.add(problem.label("not a version that is known"));
}

fn sections(key: &Node, node: &Node, known: &[SourceLanguage], problems: &mut Problems) -> Vec<SourceSection> {
    let Some(entries) = expect::named(node, &key.place, "`sources`", problems) else { return Vec::new() };
    let mut sections = Vec::new();
    for (key, node) in entries {
        let name = key.text().map(|text| &**text).unwrap_or_default();
        let Some(source) = known.iter().find(|source| source.name == name) else {
            let known = known.iter().map(|source| source.name);
            let problem = Problem::new(&key.place, format!("unknown source {}", quoted(name))).label("not a source");
            problems.add(problem.help(match nearest(name, known.clone()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("this version of findgate reads {}", one_of(known)),
            }));
            continue;
        };
        sections.extend(section(key, source, node, problems));
    }
    sections
}

/// Takes the keys that all sources have out of a section.
fn section(key: &Node, source: &SourceLanguage, node: &Node, problems: &mut Problems) -> Option<SourceSection> {
    let SourceLanguage { name, table, check: _ } = source;
    let common = &language::SOURCE_COMMON;
    if node.is_refused() {
        return None;
    }
    let Value::Map(entries) = &node.value else {
        let place = if matches!(node.value, Value::Null) { &key.place } else { &node.place };
        let message = format!("expected a map for the source `{name}`, found {}", expect::found(node));
        let problem = Problem::new(place, message).label("not a map");
        problems.add(problem.help("write the keys of the source below it, or remove it"));
        return None;
    };
    let mut evidence = Asked::default();
    let mut rest = Vec::new();
    for (key, value) in entries.iter() {
        match key.text().map(|text| &**text).unwrap_or_default() {
            name if common.key(name).is_some() => evidence::set(&mut evidence, name, key, value, problems),
            // The source would not know what was meant.
            name if table.key(name).is_none() && nearest(name, common.keys.iter().map(|key| key.name)).is_some() => {
                problems.add(expect::unknown_key(key, name, common));
            }
            _ => rest.push((key.clone(), value.clone())),
        }
    }
    let section = Node { place: node.place.clone(), value: Value::Map(rest.into()) };
    Some(SourceSection { name: (*name).to_owned(), place: key.place.clone(), evidence, section })
}

fn overrides(key: &Node, node: &Node, unlocked: &mut Vec<Stated<String>>, problems: &mut Problems) -> Vec<Override> {
    let Some(items) = expect::list(node, "`overrides`", problems) else { return Vec::new() };
    if items.is_empty() {
        let problem = Problem::new(&key.place, "`overrides` is empty").label("nothing stands here");
        problems.add(problem.help("add an entry, or leave `overrides` out"));
    }
    items.iter().filter_map(|item| one_override(item, unlocked, problems)).collect()
}

fn one_override(node: &Node, unlocked: &mut Vec<Stated<String>>, problems: &mut Problems) -> Option<Override> {
    let fields = Fields::open(node, &node.place, &language::OVERRIDE, problems)?;
    let before = problems.len();
    let globs = |(patterns, as_written): (Patterns, Vec<String>)| Globs { patterns, as_written };
    let branch = fields.get("branch").and_then(|node| pattern::branches(node, problems)).map(globs);
    let environment = fields.get("environment").and_then(|node| pattern::environments(node, problems)).map(globs);
    let event = fields.get("event").and_then(|node| events(node, problems));
    let given = ["branch", "environment", "event"].into_iter().any(|name| fields.get(name).is_some());
    if !given && problems.len() == before {
        let problem = Problem::new(&node.place, "an override does not say when it holds").label("holds when?");
        problems.add(problem.help("add `branch`, `environment` or `event`; what always holds needs no override"));
    }
    let Limits { limits, unlocked: said } = limits(&fields, problems);
    unlocked.extend(said);
    let unknown_severity = stated(&fields, "unknown_severity", problems, severity);
    fields.end();
    // An override that lost a part of its condition would hold where it must not.
    let when = (problems.len() == before).then_some(Occasion { branch, environment, event })?;
    Some(Override { place: node.place.clone(), when, limits, unknown_severity })
}

fn events(node: &Node, problems: &mut Problems) -> Option<Vec<Event>> {
    let items = expect::one_or_many(node, "`event`", problems)?;
    let read = |item| expect::word(item, &language::EVENT, problems).and_then(Event::from_name);
    items.iter().map(read).collect::<Vec<_>>().into_iter().collect()
}

fn severity(node: &Node, problems: &mut Problems) -> Option<Severity> {
    if let Some(text) = node.text()
        && matches!(text.as_ref(), "unknown" | "none")
    {
        let problem = Problem::new(&node.place, format!("`{text}` is not a severity")).label("not a severity");
        problems.add(problem.help(if &**text == "none" {
            "a severity that nothing has would hide findings; write `info` for the least one".to_owned()
        } else {
            "unrated findings count as `unknown_severity`, which is one of the five severities".to_owned()
        }));
        return None;
    }
    expect::word(node, &language::SEVERITY, problems).and_then(Severity::from_name)
}

/// A day of the calendar.
fn date(node: &Node, what: &str, problems: &mut Problems) -> Option<jiff::civil::Date> {
    if node.is_refused() {
        return None;
    }
    let refuse = |label: &str, help: String, problems: &mut Problems| {
        let message = format!("expected a date for {what}, found {}", expect::found(node));
        problems.add(Problem::new(&node.place, message).label(label).help(help));
        None
    };
    let Some(text) = node.text() else {
        return refuse("not a date", "write YYYY-MM-DD, or leave the key out".to_owned(), problems);
    };
    let shape: String = text.chars().take(11).map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if shape == "0000-00-00" {
        return match text.parse() {
            Ok(date) => Some(date),
            Err(_) => refuse("not in the calendar", "write a day that exists, YYYY-MM-DD".to_owned(), problems),
        };
    }
    if shape.starts_with("0000-00-00") {
        let day = text.get(..10).unwrap_or_default();
        return refuse(
            "more than a date",
            format!("days are those of UTC, from their beginning to their end; write {day}"),
            problems,
        );
    }
    refuse("not a date", "write YYYY-MM-DD, for example 2027-01-31".to_owned(), problems)
}

#[cfg(test)]
pub(in crate::policy) mod tests;
