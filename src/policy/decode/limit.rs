//! `thresholds` and `rules`: the limits of a policy.

use super::super::document::{Node, Value};
use super::super::expect::{self, Fields};
use super::super::language;
use super::super::problem::{Problem, Problems, quoted};
use super::super::shape::Table;
use super::super::{Enforcement, Limit, Stated, Subject};
use super::condition;
use crate::finding::{Kind, Severity};

/// The limits of a policy or of an override, and the keys that say `locked: false`.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub(super) limits: Vec<Limit>,
    pub(super) unlocked: Vec<Stated<String>>,
}

impl Limits {
    /// `thresholds` or `new_thresholds`: a limit for each number.
    pub(super) fn thresholds(&mut self, key: &Node, node: &Node, table: &'static Table, problems: &mut Problems) {
        let Some(fields) = Fields::open(node, &key.place, table, problems) else { return };
        for (name, key, node) in fields.in_order() {
            let limits = threshold(table.name, name, key, node, &mut self.unlocked, problems);
            self.limits.extend(limits);
        }
        fields.end();
    }

    /// `rules`: a limit for each.
    pub(super) fn rules(&mut self, key: &Node, node: &Node, problems: &mut Problems) {
        let entries = expect::named(node, &key.place, "`rules`", problems).unwrap_or_default();
        for (key, node) in entries {
            self.limits.extend(rule(key, node, &mut self.unlocked, problems));
        }
    }
}

/// `locked`: whether it is; what says that it is not is kept, for nobody may say it of what a parent locks.
fn locked(fields: &Fields<'_>, key: &str, unlocked: &mut Vec<Stated<String>>, problems: &mut Problems) -> bool {
    let Some((place, node)) = fields.entry("locked") else { return false };
    let locked = expect::switch(node, "`locked`", problems);
    if locked == Some(false) {
        unlocked.push(Stated { value: key.to_owned(), place: place.place.clone() });
    }
    locked == Some(true)
}

/// What stands behind one key of `thresholds`.
fn threshold(
    section: &str,
    name: &'static str,
    key: &Node,
    node: &Node,
    unlocked: &mut Vec<Stated<String>>,
    problems: &mut Problems,
) -> Vec<Limit> {
    let kind = Kind::from_name(name);
    let limit = |word: &str, place: &Node, floor, allow| Limit {
        name: format!("{section}.{name}.{word}"),
        description: None,
        place: place.place.clone(),
        enforcement: Enforcement::Deny,
        from: None,
        allow,
        subject: Subject::AtLeast { kind, floor, only_new: section == language::NEW_THRESHOLDS.name },
        locked: false,
    };
    match &node.value {
        Value::Refused => Vec::new(),
        Value::Map(_) => {
            let Some(fields) = Fields::open(node, &key.place, &language::ALLOWED, problems) else { return Vec::new() };
            let mut limits = Vec::new();
            let (enforcement, from) =
                fields.get("enforcement").and_then(|n| enforcement(n, problems)).unwrap_or(DENIED);
            let locked = locked(&fields, &format!("{section}.{name}"), unlocked, problems);
            for (word, key, node) in fields.in_order() {
                let Some(floor) = Severity::from_name(word) else { continue };
                if let Some(allow) = expect::count(node, &format!("`{word}`"), problems) {
                    let limit = limit(word, key, floor, u64::from(allow));
                    limits.push(Limit { enforcement, from, locked, ..limit });
                }
            }
            fields.end();
            limits
        }
        Value::Scalar { text, plain } => {
            if let Some(problem) = not_a_threshold(name, node, text, *plain) {
                problems.add(problem);
                return Vec::new();
            }
            match expect::word(node, &language::THRESHOLD_WORD, problems) {
                Some("any") => vec![limit("any", node, Severity::Info, 0)],
                Some(word) => Severity::from_name(word).map(|floor| limit(word, node, floor, 0)).into_iter().collect(),
                None => Vec::new(),
            }
        }
        Value::Null | Value::List(_) => {
            let place = if matches!(node.value, Value::Null) { &key.place } else { &node.place };
            let message = format!("expected a severity, `any` or a map for `{name}`, found {}", expect::found(node));
            let problem = Problem::new(place, message).label("not a threshold");
            problems
                .add(problem.help("one severity covers everything worse: `high`; numbers stand in a map: `{high: 5}`"));
            Vec::new()
        }
    }
}

/// The words that people try, and that would read as the opposite of what somebody meant.
fn not_a_threshold(name: &str, node: &Node, text: &str, plain: bool) -> Option<Problem> {
    let problem = |message: String| Problem::new(&node.place, message).label("not a threshold");
    match text {
        "none" => {
            let problem = problem(format!("`none` does not say whether no limit or no finding is meant for `{name}`"));
            Some(problem.help("to allow no finding write `any` (none of any severity); for no limit leave the key out"))
        }
        "unknown" => {
            let problem = problem("`unknown` is not a severity".to_owned());
            Some(
                problem
                    .help("unrated findings count as `unknown_severity`; write one of the five severities, or `any`"),
            )
        }
        "yes" | "no" | "on" | "off" | "y" | "n" | "Yes" | "No" | "On" | "Off" | "YES" | "NO" | "ON" | "OFF"
            if plain =>
        {
            let problem =
                problem(format!("expected a severity, `any` or a map for `{name}`, found {}", expect::found(node)));
            Some(problem.help(format!(
                "in YAML 1.2 `{text}` is text, and no severity; to allow no finding write `any`, for no limit leave the key out"
            )))
        }
        _ if plain && expect::Written::of(text) != expect::Written::Text => {
            let problem =
                problem(format!("expected a severity, `any` or a map for `{name}`, found {}", expect::found(node)));
            Some(match expect::Written::of(text) {
                expect::Written::Number => {
                    problem.help(format!("say of which severity: `{name}: {{critical: {text}}}`"))
                }
                _ => problem.help("to allow no finding write `any`, for no limit leave the key out"),
            })
        }
        _ if text.starts_with(['<', '>', '=']) => {
            let problem =
                problem(format!("expected a severity, `any` or a map for `{name}`, found {}", expect::found(node)));
            Some(problem.help("a threshold covers everything worse by itself: write `high`, not `>=high`"))
        }
        _ => None,
    }
}

fn rule(key: &Node, node: &Node, unlocked: &mut Vec<Stated<String>>, problems: &mut Problems) -> Option<Limit> {
    let name = key.text()?;
    if !language::is_name(name) {
        let problem = Problem::new(&key.place, format!("{} cannot be the name of a rule", quoted(name)));
        problems.add(
            problem.label("not a name").help("use letters, digits, `_` and `-`, beginning with a letter or digit"),
        );
    }
    let fields = Fields::open(node, &key.place, &language::RULE, problems)?;
    let description = fields
        .get("description")
        .and_then(|node| expect::text(node, "a description", problems))
        .map(|text| text.trim().to_owned());
    let when = fields.entry("when").and_then(|(key, node)| condition::decode(&key.place, node, problems));
    let allow = fields.get("allow").and_then(|node| expect::count(node, "`allow`", problems)).unwrap_or(0);
    let (enforcement, from) = fields.get("enforcement").and_then(|n| enforcement(n, problems)).unwrap_or(DENIED);
    let locked = locked(&fields, name, unlocked, problems);
    fields.end();
    Some(Limit {
        name: name.to_string(),
        description,
        place: key.place.clone(),
        enforcement,
        from,
        allow: u64::from(allow),
        subject: Subject::When(when?),
        locked,
    })
}

/// What a limit does that does not say it: it denies, from the first day on.
const DENIED: (Enforcement, Option<jiff::civil::Date>) = (Enforcement::Deny, None);

/// A word, or a map with the day from which it denies.
fn enforcement(node: &Node, problems: &mut Problems) -> Option<(Enforcement, Option<jiff::civil::Date>)> {
    if matches!(node.value, Value::Map(_)) {
        let fields = Fields::open(node, &node.place, &language::STAGED, problems)?;
        let from = fields.get("warn_until").and_then(|node| super::date(node, "`warn_until`", problems));
        fields.end();
        return Some((Enforcement::Deny, Some(from?)));
    }
    expect::word(node, &language::ENFORCEMENT, problems).and_then(|word| match word {
        "deny" => Some((Enforcement::Deny, None)),
        "warn" => Some((Enforcement::Warn, None)),
        _ => None,
    })
}
