//! `when`: the conditions of a rule.

use super::super::document::{Node, Place, Value};
use super::super::expect::{self, Fields};
use super::super::language;
use super::super::problem::{Problem, Problems};
use super::super::shape::Words;
use super::super::{Bound, Case, Clause, Comparison, Condition, Test, WhenUnknown};
use super::pattern;
use crate::finding::{Cwe, Kind, Scope, Severity};

/// Reads a condition. `owner` is the key that it belongs to.
pub(super) fn decode(owner: &Place, node: &Node, problems: &mut Problems) -> Option<Condition> {
    let before = problems.len();
    let fields = Fields::open(node, owner, &language::CONDITION, problems)?;
    let mut condition =
        Condition { clauses: Vec::new(), when_unknown: WhenUnknown::Match, canonical: node.canonical() };
    for (name, key, node) in fields.in_order() {
        if name == "unknown" {
            if expect::word(node, &language::UNKNOWN, problems) == Some("skip") {
                condition.when_unknown = WhenUnknown::Skip;
            }
        } else {
            let written = format!("{name}: {}", node.to_flow());
            condition.clauses.extend(test(name, key, node, problems).map(|test| Clause { test, written }));
        }
    }
    fields.end();
    // A condition that lost a test would match more than it says.
    (problems.len() == before).then_some(condition)
}

fn test(name: &'static str, key: &Node, node: &Node, problems: &mut Problems) -> Option<Test> {
    let switch = |problems: &mut Problems| expect::switch(node, &format!("`{name}`"), problems);
    Some(match name {
        "any" => Test::Any(conditions(key, node, problems)?),
        "all" => Test::All(conditions(key, node, problems)?),
        "not" => Test::Not(Box::new(decode(&key.place, node, problems)?)),
        "kind" => Test::Kind(words(node, &language::KIND, problems, Kind::from_name)?),
        "severity" => Test::Severity(severities(node, problems)?),
        "new" => Test::New(switch(problems)?),
        "fix" => Test::Fix(expect::word(node, &language::FIX, problems)? == "available"),
        "kev" => Test::Kev(switch(problems)?),
        "epss" => Test::Epss(number(node, &EPSS, problems)?),
        "cvss" => Test::Cvss(number(node, &CVSS, problems)?),
        "age" => Test::Age(age(node, problems)?),
        "reachable" => Test::Reachable(switch(problems)?),
        "direct" => Test::Direct(switch(problems)?),
        "scope" => Test::Scope(words(node, &language::SCOPE, problems, Scope::from_name)?),
        "path" => Test::Path(pattern::paths(node, problems)?),
        "package" => Test::Package(each(node, "`package`", problems, pattern::package)?),
        "id" => Test::Id(pattern::globs(node, "`id`", Case::Ignored, problems)?),
        "cwe" => Test::Cwe(each(node, "`cwe`", problems, cwe)?),
        "license" => Test::License(pattern::globs(node, "`license`", Case::Ignored, problems)?),
        "source" => Test::Source(pattern::globs(node, "`source`", Case::Kept, problems)?),
        "tool" => Test::Tool(pattern::globs(node, "`tool`", Case::Ignored, problems)?),
        "check" => Test::Check(pattern::globs(node, "`check`", Case::Kept, problems)?),
        "status" => Test::Status(pattern::globs(node, "`status`", Case::Ignored, problems)?),
        other => {
            // A key of the table that is not read here would be a test that is silently dropped.
            problems
                .add(Problem::new(&key.place, format!("`{other}` has no reader in this version; please report this")));
            return None;
        }
    })
}

fn conditions(key: &Node, node: &Node, problems: &mut Problems) -> Option<Vec<Condition>> {
    let name = key.text()?;
    let items = match &node.value {
        Value::Map(_) => {
            let problem = Problem::new(&node.place, format!("expected a list of conditions for `{name}`, found a map"));
            problems
                .add(problem.label("not a list").help(format!("write `{name}: [{{...}}, {{...}}]`, each a condition")));
            return None;
        }
        _ => expect::list(node, &format!("`{name}`"), problems)?,
    };
    if items.is_empty() {
        let problem = Problem::new(&node.place, format!("`{name}` needs at least one condition, found an empty list"));
        problems.add(problem.label("no condition").help("add a condition, or leave the key out"));
        return None;
    }
    items.iter().map(|item| decode(&item.place, item, problems)).collect::<Vec<_>>().into_iter().collect()
}

/// Reads one or many values; every one is read, so that all problems are told.
fn each<T>(
    node: &Node,
    what: &str,
    problems: &mut Problems,
    read: impl Fn(&Node, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    let items = expect::one_or_many(node, what, problems)?;
    items.iter().map(|item| read(item, problems)).collect::<Vec<_>>().into_iter().collect()
}

fn words<T>(
    node: &Node,
    words: &'static Words,
    problems: &mut Problems,
    read: impl Fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    each(node, &format!("`{}`", words.what), problems, |item, problems| {
        expect::word(item, words, problems).and_then(&read)
    })
}

/// Words, or a comparison that is written out here: `>=high` is critical and high.
fn severities(node: &Node, problems: &mut Problems) -> Option<Vec<Severity>> {
    let compared = node.text().and_then(|text| Some((text, split(text)?)));
    let Some((text, (comparison, rest))) = compared else {
        if node.text().is_some_and(|text| text.starts_with('=')) {
            let problem = Problem::new(
                &node.place,
                format!("expected a severity or a comparison, found {}", expect::found(node)),
            );
            problems.add(
                problem
                    .label("not a comparison")
                    .help("the comparisons are `>=`, `>`, `<=` and `<`; for exactly one severity write the word alone"),
            );
            return None;
        }
        return each(node, "`severity`", problems, |item, problems| {
            if item.text().is_some_and(|text| split(text).is_some()) {
                let problem = Problem::new(&item.place, "a comparison cannot stand in a list").label("a comparison");
                problems.add(problem.help("write it alone: `severity: \">=high\"`, or combine with `any`"));
                return None;
            }
            super::severity(item, problems)
        });
    };
    let Some(limit) = Severity::from_name(rest) else {
        let message =
            format!("expected a severity after the comparison, found {}", super::super::problem::quoted(rest));
        let problem = Problem::new(&node.place, message).label("not a severity");
        problems.add(problem.help(format!("write one of {}", super::one_of(language::SEVERITY.words.iter().copied()))));
        return None;
    };
    let holds = |severity: Severity| match comparison {
        Comparison::Above => severity > limit,
        Comparison::AtLeast => severity >= limit,
        Comparison::Below => severity < limit,
        Comparison::AtMost => severity <= limit,
    };
    let severities: Vec<Severity> = Severity::WORST_FIRST.into_iter().filter(|s| holds(*s)).collect();
    if severities.is_empty() {
        let problem = Problem::new(&node.place, format!("no severity is {text}")).label("never holds");
        problems.add(
            problem.help(format!("write \"{}{limit}\"", if comparison == Comparison::Above { ">=" } else { "<=" })),
        );
        return None;
    }
    Some(severities)
}

/// Cuts a comparison from what it compares with.
fn split(text: &str) -> Option<(Comparison, &str)> {
    let (comparison, rest) =
        [(">=", Comparison::AtLeast), ("<=", Comparison::AtMost), (">", Comparison::Above), ("<", Comparison::Below)]
            .into_iter()
            .find_map(|(sign, comparison)| Some((comparison, text.strip_prefix(sign)?)))?;
    Some((comparison, rest.strip_prefix(' ').unwrap_or(rest)))
}

/// A number that facts are compared with.
struct Scale {
    name: &'static str,
    greatest: f64,
    example: &'static str,
}

const EPSS: Scale = Scale { name: "epss", greatest: 1.0, example: "\">=0.5\"" };
const CVSS: Scale = Scale { name: "cvss", greatest: 10.0, example: "\">=7\"" };

fn number(node: &Node, scale: &Scale, problems: &mut Problems) -> Option<Bound> {
    let what = format!("a comparison with a number for `{}`", scale.name);
    let bare = |text: &str| is_decimal(text) || text.strip_suffix('%').is_some_and(is_decimal);
    let (comparison, rest) = match node.text() {
        // A percentage without a comparison is told as one fault.
        Some(text) if text.ends_with('%') && bare(text) => (Comparison::AtLeast, &**text),
        _ => comparison(node, &what, scale.example, bare, problems)?,
    };
    let Scale { name, greatest, .. } = scale;
    let mut refuse = |label: &str, help: String| {
        let message = format!("expected {what}, found {}", expect::found(node));
        problems.add(Problem::new(&node.place, message).label(label).help(help));
        None
    };
    if let Some(percent) = rest.strip_suffix('%') {
        return match percent.trim().parse::<f64>() {
            Ok(number) if *greatest <= 1.0 && is_decimal(percent.trim()) && number <= 100.0 => {
                refuse("a percentage", format!("write it as a fraction: \"{}{}\"", sign(comparison), number / 100.0))
            }
            _ => refuse("a percentage", format!("write a number from 0 to {greatest}: {}", scale.example)),
        };
    }
    if rest.starts_with('.') && is_decimal(&format!("0{rest}")) {
        return refuse("not a number", format!("write a digit before the point: \"{}0{rest}\"", sign(comparison)));
    }
    if !is_decimal(rest) {
        return refuse("not a number", format!("write digits, with a point where needed: {}", scale.example));
    }
    let limit: f64 = rest.parse().ok()?;
    if limit > *greatest {
        let help = match (*name, limit <= 100.0) {
            ("epss", true) => {
                format!(
                    "EPSS is a probability from 0 to 1; {rest} percent is \"{}{}\"",
                    sign(comparison),
                    limit / 100.0
                )
            }
            _ => format!("`{name}` goes from 0 to {greatest}"),
        };
        return refuse("out of range", help);
    }
    let never = match comparison {
        Comparison::Above => limit >= *greatest,
        Comparison::Below => limit <= 0.0,
        Comparison::AtLeast | Comparison::AtMost => false,
    };
    if never {
        return refuse(
            "never holds",
            format!("`{name}` goes from 0 to {greatest}; write \"{}={rest}\"", sign(comparison)),
        );
    }
    Some(Bound { comparison, limit })
}

/// A comparison with a time, in seconds.
fn age(node: &Node, problems: &mut Problems) -> Option<Bound> {
    let what = "a comparison with a time for `age`";
    let is_time = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_digit()) && text.ends_with(|c: char| c.is_ascii_alphabetic())
    };
    let (comparison, rest) = comparison(node, what, "\">30d\"", is_time, problems)?;
    let mut refuse = |label: &str, help: String| {
        let message = format!("expected {what}, found {}", expect::found(node));
        problems.add(Problem::new(&node.place, message).label(label).help(help));
        None
    };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, unit) = rest.split_at(digits);
    let seconds = match unit {
        "" if !number.is_empty() => {
            return refuse("no unit", format!("say the unit: \"{}{number}d\"", sign(comparison)));
        }
        "m" => {
            return refuse(
                "unclear unit",
                format!("write `mo` for months of 30 days: \"{}{number}mo\"", sign(comparison)),
            );
        }
        _ => match expect::unit_of(unit).filter(|_| unit != "s") {
            Some(seconds) => seconds,
            None => {
                let help = "write digits and a unit, h, d, w, mo (30d) or y (365d): \">30d\"";
                return refuse("not a time", help.to_owned());
            }
        },
    };
    let number: u64 = match number.parse() {
        // A thousand years in hours; nothing that was found is older.
        Ok(number) if number <= 8_766_000 => number,
        _ => return refuse("not a time", "write digits and a unit, at most a thousand years: \">30d\"".to_owned()),
    };
    let seconds = number.saturating_mul(seconds);
    if seconds > 1000 * 366 * 86_400 {
        return refuse("too long", "nothing that was found is older than a thousand years".to_owned());
    }
    if seconds == 0 && comparison == Comparison::Below {
        return refuse("never holds", "nothing is younger than it is; write for example \"<7d\"".to_owned());
    }
    // Below 2^53, so that nothing is lost.
    #[expect(clippy::cast_precision_loss, reason = "a thousand years in seconds is far below 2^53")]
    let limit = seconds as f64;
    Some(Bound { comparison, limit })
}

/// Text that begins with a comparison; the rest of it. `is_value` tells whether text without a comparison would be one.
fn comparison<'n>(
    node: &'n Node,
    what: &str,
    example: &str,
    is_value: impl Fn(&str) -> bool,
    problems: &mut Problems,
) -> Option<(Comparison, &'n str)> {
    let message = || format!("expected {what}, found {}", expect::found(node));
    if node.is_refused() {
        return None;
    }
    let Some(text) = node.text() else {
        problems.add(
            Problem::new(&node.place, message()).label("not a comparison").help(format!("write for example {example}")),
        );
        return None;
    };
    if let Some(found) = split(text) {
        return Some(found);
    }
    let problem = Problem::new(&node.place, message()).label("not a comparison");
    let bare = text.trim_start_matches(['=', '~', '≥', ' ']);
    problems.add(problem.help(if text.trim().is_empty() {
        // `epss: >1` is the header of a block of text whose lines are indented by one.
        format!("a comparison needs quotes, for a plain `>` starts a block of text: {example}")
    } else if is_value(bare) {
        format!("say how to compare: \">={bare}\"")
    } else {
        format!("write for example {example}")
    }));
    None
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Above => ">",
        Comparison::AtLeast => ">=",
        Comparison::Below => "<",
        Comparison::AtMost => "<=",
    }
}

/// Digits, or digits, a point and digits.
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.len() <= 20 && text.bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((before, after)) => digits(before) && digits(after),
        None => digits(text),
    }
}

fn cwe(node: &Node, problems: &mut Problems) -> Option<Cwe> {
    if node.is_refused() {
        return None;
    }
    let text = node.text().map(|text| &**text).unwrap_or_default();
    let digits = match text.get(..4) {
        Some(prefix) if prefix.eq_ignore_ascii_case("cwe-") => text.get(4..).unwrap_or_default(),
        _ => text,
    };
    let good =
        (1..=6).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    if let (true, Ok(number)) = (good, digits.parse()) {
        return Some(Cwe(number));
    }
    let problem = Problem::new(&node.place, format!("expected a CWE, found {}", expect::found(node)));
    problems.add(problem.label("not a CWE").help("write CWE-79, or its number alone"));
    None
}
