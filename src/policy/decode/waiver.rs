//! `waivers`.

use crate::finding::{Fingerprint, Severity};
use std::collections::HashMap;

use super::super::document::{Node, Place, Value};
use super::super::expect::{self, Fields};
use super::super::language;
use super::super::problem::{Problem, Problems, quoted};
use super::super::{Demanded, Match, Stated, Unused, Waiver, WaiverRules};
use super::pattern;

/// The list form and the map form: the waivers that stand there, and what is said besides.
pub(super) fn section(key: &Node, node: &Node, problems: &mut Problems) -> (Vec<Waiver>, WaiverRules) {
    let mut rules = WaiverRules::default();
    if !matches!(node.value, Value::Map(_)) {
        return (waivers(key, node, problems), rules);
    }
    let Some(fields) = Fields::open(node, &key.place, &language::WAIVERS, problems) else { return Default::default() };
    if let Some(node) = fields.get("file") {
        rules.files = paths(node, "a file of waivers", problems);
    }
    if let Some(node) = fields.get("vex") {
        rules.vex = paths(node, "a VEX document", problems);
    }
    let entries = fields.entry("entries").map(|(key, node)| waivers(key, node, problems)).unwrap_or_default();
    if let Some((key, node)) = fields.entry("max_life") {
        max_life(key, node, &mut rules, problems);
    }
    for item in fields.get("require").and_then(|n| expect::one_or_many(n, "`require`", problems)).unwrap_or_default() {
        let word = expect::word(item, &language::REQUIRED, problems);
        let demanded = word.and_then(|word| Demanded::ALL.into_iter().find(|demanded| demanded.name() == word));
        rules.require.extend(demanded.map(|value| Stated { value, place: item.place.clone() }));
    }
    rules.unused = super::stated(&fields, "unused", problems, |node, problems| {
        let word = expect::word(node, &language::UNUSED, problems)?;
        Unused::ALL.into_iter().find(|unused| unused.name() == word)
    });
    rules.locked =
        super::stated(&fields, "locked", problems, |node, problems| expect::switch(node, "`locked`", problems));
    fields.end();
    (entries, rules)
}

fn paths(node: &Node, what: &str, problems: &mut Problems) -> Vec<Stated<String>> {
    let items = expect::one_or_many(node, what, problems).unwrap_or_default();
    let read = |item: &Node| {
        let path = super::origin::path(item, what, problems)?;
        Some(Stated { value: path, place: item.place.clone() })
    };
    items.iter().filter_map(read).collect()
}

fn max_life(key: &Node, node: &Node, rules: &mut WaiverRules, problems: &mut Problems) {
    let Some(fields) = Fields::open(node, &key.place, &language::MAX_LIFE, problems) else { return };
    for (name, key, node) in fields.in_order() {
        let Some(seconds) = expect::duration(node, &format!("`{name}`"), problems) else { continue };
        let life = Stated { value: seconds, place: key.place.clone() };
        match Severity::from_name(name) {
            Some(severity) => rules.max_life.push((severity, life)),
            None => rules.max_life_default = Some(life),
        }
    }
    fields.end();
}

/// A list of waivers.
pub(super) fn waivers(key: &Node, node: &Node, problems: &mut Problems) -> Vec<Waiver> {
    let items = match &node.value {
        Value::List(items) => Some(&**items),
        Value::Refused => None,
        Value::Null | Value::Scalar { .. } | Value::Map(_) => {
            let place = if matches!(node.value, Value::Null) { &key.place } else { &node.place };
            let problem = Problem::new(place, format!("expected a list of waivers, found {}", expect::found(node)));
            problems.add(problem.label("not a list").help("write `waivers: []` for none, or leave it out"));
            None
        }
    };
    let mut seen: HashMap<String, Place> = HashMap::new();
    let mut waivers = Vec::new();
    for item in items.unwrap_or_default() {
        waivers.extend(waiver(item, &mut seen, problems));
    }
    waivers
}

fn waiver(node: &Node, seen: &mut HashMap<String, Place>, problems: &mut Problems) -> Option<Waiver> {
    let fields = Fields::open(node, &node.place, &language::WAIVER, problems)?;
    let id = fields.get("id").and_then(|node| id(node, seen, problems));
    let matches = fields.entry("match").and_then(|(key, node)| matches(key, node, problems));
    let reason = fields.get("reason").and_then(|node| expect::text(node, "a reason", problems));
    let mut text =
        |name, what| fields.get(name).and_then(|node| expect::text(node, what, problems)).map(|t| t.trim().to_owned());
    let owner = text("owner", "an owner");
    let ticket = text("ticket", "a ticket");
    let approved_by = text("approved_by", "a name");
    let expires = fields.get("expires").and_then(|node| super::date(node, "`expires`", problems));
    fields.end();
    Some(Waiver {
        id: id?,
        place: node.place.clone(),
        matches: matches?,
        reason: reason?.trim().to_owned(),
        owner,
        ticket,
        approved_by,
        expires,
    })
}

fn id(node: &Node, seen: &mut HashMap<String, Place>, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, "an id", problems)?;
    let good = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !good {
        let problem = Problem::new(&node.place, format!("{} cannot be the id of a waiver", quoted(&text)));
        let help = "use letters, digits, `_`, `-` and `.`, beginning with a letter or digit";
        problems.add(problem.label("not an id").help(help));
        return None;
    }
    if let Some(first) = seen.get(&*text) {
        let problem = Problem::new(&node.place, format!("duplicate waiver {}", quoted(&text))).label("and here again");
        problems.add(problem.related(first, "first here").help("give each waiver an id of its own"));
    } else {
        seen.insert(text.to_string(), node.place.clone());
    }
    Some(text.to_string())
}

fn matches(key: &Node, node: &Node, problems: &mut Problems) -> Option<Match> {
    let before = problems.len();
    let fields = Fields::open(node, &key.place, &language::MATCH, problems)?;
    let mut written = Vec::new();
    let mut get = |name| {
        let node: Option<&Node> = fields.get(name);
        if let Some(node) = node {
            written.push(format!("{name}: {}", people(node)));
        }
        node
    };
    let id = get("id").and_then(|node| exact(node, "an id", problems));
    let fingerprint = get("fingerprint").and_then(|node| fingerprint(node, problems));
    let package = get("package").and_then(|node| pattern::package(node, problems));
    let path = get("path").and_then(|node| pattern::paths(node, problems));
    let check = get("check").and_then(|node| exact(node, "a check", problems));
    fields.end();
    // A waiver that lost a part of its match would excuse more than it says.
    (problems.len() == before).then(|| Match {
        id,
        fingerprint,
        package,
        path,
        check,
        statement: None,
        as_written: written.join(", "),
    })
}

/// As people wrote it, without quotes.
fn people(node: &Node) -> String {
    match &node.value {
        Value::List(items) => items.iter().map(people).collect::<Vec<_>>().join(" or "),
        Value::Scalar { text, .. } => text.to_string(),
        Value::Null | Value::Map(_) | Value::Refused => node.to_flow(),
    }
}

/// Text that is compared, not matched.
fn exact(node: &Node, what: &str, problems: &mut Problems) -> Option<String> {
    let text = expect::text(node, what, problems)?;
    if text.contains('*') {
        let problem = Problem::new(&node.place, format!("expected {what} in full, found {}", expect::found(node)));
        problems.add(
            problem.label("a waiver holds no glob here").help("a waiver names one thing; write one waiver for each"),
        );
        return None;
    }
    Some(text.trim().to_owned())
}

fn fingerprint(node: &Node, problems: &mut Problems) -> Option<Fingerprint> {
    let text = expect::text(node, "a fingerprint", problems)?;
    if let Some(fingerprint) = Fingerprint::parse(&text) {
        return Some(fingerprint);
    }
    let problem = Problem::new(&node.place, format!("{} is not a fingerprint of findgate", quoted(&text)));
    let help =
        "copy it from a report (`fingerprint` in `findgate check --format json`): `v1:` and 32 digits from 0 to f";
    problems.add(problem.label("not a fingerprint").help(help));
    None
}
