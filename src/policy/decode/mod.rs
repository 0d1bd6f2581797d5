//! From a document to a policy: every value is checked, every problem is told, nothing is guessed.

mod condition;
mod evidence;
mod limit;
mod pattern;
mod waiver;

use super::document::{Document, Node, Value};
use super::expect::{self, Fields};
use super::language;
use super::problem::{Problem, Problems, nearest, one_of, quoted};
use super::shape::SourceLanguage;
use super::{Enforcement, EvidenceRule, Override, Patterns, Policy, SourceSection};
use crate::finding::Severity;

pub use pattern::file_glob;

/// Reads a policy; every problem is collected. `None` if there is any, those that were there before included.
///
/// `sources` are those that may stand in `sources`. Each checks its own section, so that its problems are told with all
/// others; what a section says is read later, from [`SourceSection::section`].
#[must_use]
pub fn decode(document: &Document, sources: &[SourceLanguage], problems: &mut Problems) -> Option<Policy> {
    let policy = policy(document, sources, problems);
    if problems.is_empty() { policy } else { None }
}

fn policy(document: &Document, sources: &[SourceLanguage], problems: &mut Problems) -> Option<Policy> {
    let root = &document.root;
    let fields = Fields::open(root, &root.place, &language::POLICY, problems)?;
    if let Some(node) = fields.get("version") {
        version(node, problems);
    }
    let name = fields.get("name").and_then(|node| expect::text(node, "a name", problems)).map(|name| name.to_string());
    let evidence_place = fields.entry("evidence").map(|(key, _)| key.place.clone());
    let evidence = fields.entry("evidence").map(|(key, node)| evidence::evidence(key, node, problems));
    let evidence = evidence.unwrap_or_default();
    let sources =
        fields.entry("sources").map(|(key, node)| sections(key, node, sources, evidence, problems)).unwrap_or_default();
    let mut limits = Vec::new();
    if let Some((key, node)) = fields.entry("thresholds") {
        limits.extend(limit::thresholds(key, node, problems));
    }
    if let Some((key, node)) = fields.entry("rules") {
        limits.extend(limit::rules(key, node, problems));
    }
    limits.sort_by_key(|limit| limit.place.bytes.start);
    let unknown = fields.entry("unknown_severity");
    let unknown_severity = unknown.and_then(|(_, node)| severity(node, problems)).unwrap_or(Severity::Critical);
    let waivers = fields.entry("waivers").map(|(key, node)| waiver::waivers(key, node, problems)).unwrap_or_default();
    let overrides = fields.entry("overrides").map(|(key, node)| overrides(key, node, problems)).unwrap_or_default();
    fields.end();
    Some(Policy {
        name,
        limits,
        unknown_severity,
        unknown_severity_place: unknown.map(|(key, _)| key.place.clone()),
        waivers,
        evidence,
        evidence_place,
        sources,
        overrides,
    })
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

fn sections(
    key: &Node,
    node: &Node,
    known: &[SourceLanguage],
    default: EvidenceRule,
    problems: &mut Problems,
) -> Vec<SourceSection> {
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
        if let Some(section) = section(key, source, node, default, problems) {
            (source.check)(&section.section, &section.place, problems);
            sections.push(section);
        }
    }
    sections
}

/// Takes the keys that all sources have out of a section.
fn section(
    key: &Node,
    source: &SourceLanguage,
    node: &Node,
    default: EvidenceRule,
    problems: &mut Problems,
) -> Option<SourceSection> {
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
    let mut evidence = default;
    let mut rest = Vec::new();
    for (key, value) in entries.iter() {
        match key.text().map(|text| &**text).unwrap_or_default() {
            name if common.key(name).is_some() => evidence::set(&mut evidence, name, value, problems),
            name if common.later.contains(&name) => problems.add(expect::unknown_key(key, name, common)),
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

fn overrides(key: &Node, node: &Node, problems: &mut Problems) -> Vec<Override> {
    let Some(items) = expect::list(node, "`overrides`", problems) else { return Vec::new() };
    if items.is_empty() {
        let problem = Problem::new(&key.place, "`overrides` is empty").label("nothing stands here");
        problems.add(problem.help("add an entry, or leave `overrides` out"));
    }
    items.iter().filter_map(|item| one_override(item, problems)).collect()
}

fn one_override(node: &Node, problems: &mut Problems) -> Option<Override> {
    let fields = Fields::open(node, &node.place, &language::OVERRIDE, problems)?;
    let branch = fields.get("branch").and_then(|node| pattern::branches(node, problems));
    let mut limits = Vec::new();
    if let Some((key, node)) = fields.entry("thresholds") {
        limits.extend(limit::thresholds(key, node, problems));
    }
    if let Some((key, node)) = fields.entry("rules") {
        limits.extend(limit::rules(key, node, problems));
    }
    let unknown_severity = fields.get("unknown_severity").and_then(|node| severity(node, problems));
    fields.end();
    let (branch, branch_as_written): (Patterns, Vec<String>) = branch?;
    Some(Override { place: node.place.clone(), branch, branch_as_written, limits, unknown_severity })
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

fn enforcement(node: &Node, problems: &mut Problems) -> Option<Enforcement> {
    expect::word(node, &language::ENFORCEMENT, problems).and_then(|word| match word {
        "deny" => Some(Enforcement::Deny),
        "warn" => Some(Enforcement::Warn),
        _ => None,
    })
}

#[cfg(test)]
pub(in crate::policy) mod tests;
