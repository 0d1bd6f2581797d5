//! What is expected of a value: typed access to a document that never stops at a problem.
//!
//! Every function adds a [`Problem`] that says what was expected, what stands there and what to do, and returns `None`.
//! [`Fields`] hands out the keys of a map; which keys there are, only the map's [`Table`] says.
//!
//! Sources read their sections with it too; it knows no key and no source by name.

use std::cell::RefCell;
use std::sync::Arc;

use super::document::{Node, Place, Value};
use super::problem::{Problem, Problems, nearest, one_of, quoted};
use super::shape::{AtLeastOne, Presence, Table, Words};

/// The keys of a map.
#[derive(Debug)]
pub struct Fields<'n> {
    entries: &'n [(Node, Node)],
    table: &'static Table,
    /// What the decoder asked for, so that a test can tell when it forgets a key of the table.
    asked: RefCell<Vec<&'static str>>,
}

impl<'n> Fields<'n> {
    /// Opens a map, and tells every key that the table does not have, every required key that is missing, and that none is
    /// given where at least one must be. `owner` is where the map belongs: the key before it.
    #[must_use]
    pub fn open(node: &'n Node, owner: &Place, table: &'static Table, problems: &mut Problems) -> Option<Fields<'n>> {
        if node.is_refused() {
            return None;
        }
        let Value::Map(entries) = &node.value else {
            let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
            let place = if matches!(node.value, Value::Null) { owner } else { &node.place };
            let message = format!("expected a map for {}, found {}", table.what, found(node));
            problems.add(Problem::new(place, message).label("not a map").help(match node.text() {
                // `version:1` is text to YAML.
                Some(text) if is_missing_space(text, table) => "put a space after the colon".to_owned(),
                _ if matches!(node.value, Value::Null) => format!("{}, or leave it out", keys_help(&names)),
                _ => keys_help(&names),
            }));
            return None;
        };
        // Where a key was misspelt, that the right one is missing would be a second problem for one fault.
        let (mut meant, mut anything) = (Vec::new(), false);
        for (key, _) in entries.iter() {
            let name = key.text().map(|text| &**text).unwrap_or_default();
            if table.key(name).is_none() {
                meant.extend(suggest(name, table.keys.iter().map(|key| key.name), table.synonyms));
                anything = true;
                problems.add(unknown_key(key, name, table));
            }
        }
        let given = |name: &str| entries.iter().any(|(key, _)| key.text().is_some_and(|text| **text == *name));
        for key in table.keys {
            if key.presence == Presence::Required && !given(key.name) && !meant.contains(&key.name) {
                let message = format!("`{}` is missing in {}", key.name, table.what);
                let problem = Problem::new(owner, message).label(format!("has no `{}`", key.name));
                problems.add(problem.help(format!("add `{}: {}`", key.name, key.example)));
            }
        }
        if let Some(AtLeastOne { keys, message, help }) = &table.at_least_one
            && !anything
            && !keys.iter().any(|name| given(name))
        {
            problems.add(Problem::new(owner, *message).label("needs more").help(*help));
        }
        Some(Fields { entries, table, asked: RefCell::default() })
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, name: &'static str) -> Option<&'n Node> {
        self.entry(name).map(|(_, value)| value)
    }

    /// A key and its value.
    #[must_use]
    pub fn entry(&self, name: &'static str) -> Option<(&'n Node, &'n Node)> {
        debug_assert!(self.table.key(name).is_some(), "`{name}` is no key of {}", self.table.what);
        self.asked.borrow_mut().push(name);
        self.entries
            .iter()
            .find(|(key, _)| key.text().is_some_and(|text| **text == *name))
            .map(|(key, value)| (key, value))
    }

    /// All entries, in the order of the file; those that the table does not have were told already.
    pub fn in_order(&self) -> impl Iterator<Item = (&'static str, &'n Node, &'n Node)> + use<'n> {
        let table = self.table;
        self.asked.borrow_mut().extend(table.keys.iter().map(|key| key.name));
        self.entries.iter().filter_map(move |(key, value)| {
            let name = key.text()?;
            table.key(name).map(|known| (known.name, key, value))
        })
    }

    /// Ends the reading. Keys were checked when the map was opened; what is left to check is the decoder itself.
    pub fn end(self) {
        let asked = self.asked.into_inner();
        debug_assert!(
            self.table.keys.iter().all(|key| asked.contains(&key.name)),
            "a key of {} is never read: asked for {asked:?}",
            self.table.what
        );
    }
}

fn is_missing_space(text: &str, table: &Table) -> bool {
    text.split_once(':').is_some_and(|(key, _)| table.key(key).is_some())
}

fn keys_help(names: &[&str]) -> String {
    format!("its keys are {}", one_of(names.iter().copied()))
}

/// That a key does not exist in a table.
pub(super) fn unknown_key(key: &Node, name: &str, table: &Table) -> Problem {
    if let (true, Some(variables)) = (is_credential(name), variables(table)) {
        let message = format!("{} does not belong in {}: a policy holds no credentials", quoted(name), table.what);
        let problem = Problem::new(&key.place, message).label("not in a policy");
        return problem.help(format!(
            "take it out, replace the credential if anybody may have seen it, and set {variables} in the environment"
        ));
    }
    let names = table.keys.iter().map(|key| key.name);
    let message = format!("unknown key {} in {}", quoted(name), table.what);
    let problem = Problem::new(&key.place, message).label("not a key here");
    let plain = matches!(key.value, Value::Scalar { plain: true, .. });
    problem.help(match suggest(name, names.clone(), table.synonyms) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None if plain && is_old_switch(name) => {
            format!("in YAML 1.2 `{name}` is text, not a switch; the keys here are {}", one_of(names))
        }
        None => format!("the keys here are {}", one_of(names)),
    })
}

/// The variables of the credentials, where the sentence on a table names some.
fn variables(table: &Table) -> Option<String> {
    let words = table.doc.split(|c: char| !(c.is_ascii_uppercase() || c == '_'));
    let names: Vec<&str> = words.filter(|word| word.contains('_') && is_credential(word)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Whether people call a credential so, or what goes with one. Its value is never shown.
#[must_use]
pub fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let ends = ["_key", "_token", "_secret", "_password", "_pat", "_credentials", "_email", "client_id"];
    let words =
        ["key", "apikey", "userkey", "token", "password", "passwd", "pat", "credential", "credentials", "email"];
    words.contains(&&*name) || ends.iter().any(|end| name.ends_with(end))
}

fn suggest<'a>(
    word: &str,
    words: impl Iterator<Item = &'a str>,
    synonyms: &'a [(&'a str, &'a str)],
) -> Option<&'a str> {
    let lower = word.trim().to_lowercase();
    let synonym = synonyms.iter().find(|(written, _)| *written == lower).map(|(_, meant)| *meant);
    let words: Vec<&str> = words.collect();
    let same = words.iter().copied().find(|candidate| *candidate == lower);
    same.or(synonym).or_else(|| nearest(&lower, words.iter().copied()))
}

/// Text that is not empty. Plain numbers and switches are refused, for other readers of the file would not see text.
#[must_use]
pub fn text(node: &Node, what: &str, problems: &mut Problems) -> Option<Arc<str>> {
    if let Value::Scalar { text, plain } = &node.value {
        let kind = if *plain { Written::of(text) } else { Written::Text };
        if kind == Written::Text && !text.trim().is_empty() {
            return Some(text.clone());
        }
        if kind != Written::Text {
            let message = format!("expected {what}, found {}", found(node));
            problems.add(
                Problem::new(&node.place, message).label("not text").help(format!("put it in quotes: \"{text}\"")),
            );
            return None;
        }
    }
    unexpected(node, what, problems);
    None
}

/// `true` or `false`.
#[must_use]
pub fn switch(node: &Node, what: &str, problems: &mut Problems) -> Option<bool> {
    let help = match &node.value {
        Value::Refused => return None,
        Value::Scalar { text, plain } => match (&**text, plain) {
            ("true" | "True" | "TRUE", true) => return Some(true),
            ("false" | "False" | "FALSE", true) => return Some(false),
            ("true" | "false", false) => Some(format!("remove the quotes: {text}")),
            (word, _) => old_switch(word).map(|meant| format!("in YAML 1.2 `{word}` is text; write {meant}")),
        },
        Value::Null | Value::List(_) | Value::Map(_) => None,
    };
    let message = format!("expected `true` or `false` for {what}, found {}", found(node));
    let problem = Problem::new(&node.place, message).label("not a switch");
    problems.add(problem.help(help.unwrap_or_else(|| "write true or false".to_owned())));
    None
}

/// A whole number from 0 to 4294967295, written with digits only.
#[must_use]
pub fn count(node: &Node, what: &str, problems: &mut Problems) -> Option<u32> {
    let (label, help) = match &node.value {
        Value::Refused => return None,
        Value::Scalar { text, plain: true } => match whole(text) {
            Ok(number) => return Some(number),
            Err(fault) => fault,
        },
        Value::Scalar { text, plain: false } if whole(text).is_ok() => ("text", format!("remove the quotes: {text}")),
        Value::Null => ("nothing", "write 0 to allow none".to_owned()),
        Value::Scalar { .. } | Value::List(_) | Value::Map(_) => {
            ("not a number", "write digits only, like 5".to_owned())
        }
    };
    let message = format!("expected a whole number for {what}, found {}", found(node));
    problems.add(Problem::new(&node.place, message).label(label).help(help));
    None
}

/// A whole number of a range.
#[must_use]
pub fn range(node: &Node, what: &str, range: std::ops::RangeInclusive<u32>, problems: &mut Problems) -> Option<u32> {
    let number = count(node, what, problems)?;
    if range.contains(&number) {
        return Some(number);
    }
    let (least, most) = (range.start(), range.end());
    let message = format!("expected a number from {least} to {most} for {what}, found {}", found(node));
    let help = format!("write a number from {least} to {most}");
    problems.add(Problem::new(&node.place, message).label("out of range").help(help));
    None
}

/// A duration, in seconds: `90s`, `10m`, `12h`, `7d`, `2w`, `3mo` (30 days each), `1y` (365 days).
#[must_use]
pub fn duration(node: &Node, what: &str, problems: &mut Problems) -> Option<u64> {
    let text = match &node.value {
        Value::Scalar { text, .. } => text,
        Value::Refused => return None,
        Value::Null | Value::List(_) | Value::Map(_) => {
            unexpected(node, &format!("a duration for {what}"), problems);
            return None;
        }
    };
    if let Some(seconds) = seconds(text) {
        return Some(seconds);
    }
    let help = if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        format!("say of what: {text}m, {text}h or {text}d")
    } else {
        "write a number and its unit: 90s, 10m, 12h, 7d, 2w, 3mo or 1y".to_owned()
    };
    let message = format!("expected a duration for {what}, found {}", found(node));
    problems.add(Problem::new(&node.place, message).label("not a duration").help(help));
    None
}

/// Reads a duration. `None` if it is none, or longer than a thousand years.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    number.parse::<u64>().ok()?.checked_mul(unit_of(unit)?).filter(|seconds| *seconds <= 1000 * 365 * 86_400)
}

/// How many seconds a unit of time has.
pub(super) fn unit_of(name: &str) -> Option<u64> {
    Some(match name {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "mo" => 30 * 86_400,
        "y" => 365 * 86_400,
        _ => return None,
    })
}

/// Reads digits, or says what is wrong with them (the label and the help).
fn whole(text: &str) -> Result<u32, (&'static str, String)> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let plain_form = |number: &str| {
        let number = number.trim_start_matches('0');
        if number.is_empty() { "0".to_owned() } else { number.to_owned() }
    };
    if digits(text) {
        if text.len() > 1 && text.starts_with('0') {
            let help = format!("write {}; older YAML reads a leading 0 as octal", plain_form(text));
            return Err(("a leading zero", help));
        }
        return text.parse().map_err(|_| ("too large", format!("the most is {}; is a limit meant at all?", u32::MAX)));
    }
    if text.starts_with('-') && text.len() > 1 && Written::of(text) != Written::Text {
        return Err(("negative", "the least is 0".to_owned()));
    }
    if digits(unsigned) {
        return Err(("a sign", format!("write {}", plain_form(unsigned))));
    }
    let radix = |prefix: &str, radix| {
        let rest = text.strip_prefix(prefix)?;
        u32::from_str_radix(rest, radix).ok()
    };
    for (number, label) in [(radix("0x", 16), "hexadecimal"), (radix("0o", 8), "octal"), (radix("0b", 2), "binary")] {
        if let Some(number) = number {
            return Err((label, format!("write it in decimal: {number}")));
        }
    }
    let joined = text.replace('_', "");
    if digits(&joined) && text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(("text", format!("YAML 1.2 knows no `_` in numbers; write {}", plain_form(&joined))));
    }
    if is_sexagesimal(text) {
        return Err(("text", "older YAML reads this as a number to the base 60; write digits only".to_owned()));
    }
    if text.parse::<jiff::civil::Date>().is_ok() {
        return Err(("a date", "write digits only, like 5".to_owned()));
    }
    if Written::of(text) == Written::Number {
        return Err(("not a whole number", "write it without a point and an exponent".to_owned()));
    }
    if old_switch(text).is_some() {
        let help = format!(
            "in YAML 1.2 `{text}` is {}; write a number, 0 to allow none",
            if Written::of(text) == Written::Switch { "a switch" } else { "text" }
        );
        return Err(("not a number", help));
    }
    Err(("not a number", "write digits only, like 5".to_owned()))
}

fn is_sexagesimal(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() > 1
        && parts.iter().all(|part| !part.is_empty() && part.len() < 10 && part.bytes().all(|b| b.is_ascii_digit()))
}

/// One of a set of words, exactly.
#[must_use]
pub fn word(node: &Node, words: &'static Words, problems: &mut Problems) -> Option<&'static str> {
    let what = words.what;
    let Some(text) = node.text() else {
        unexpected(node, &an(what), problems);
        return None;
    };
    if let Some(word) = words.words.iter().copied().find(|word| *word == &**text) {
        return Some(word);
    }
    let names = words.words.iter().copied();
    let problem =
        Problem::new(&node.place, format!("unknown {what} {}", quoted(text))).label(format!("not {}", an(what)));
    problems.add(problem.help(match suggest(text, names.clone(), words.synonyms) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => match (old_switch(text), &node.value) {
            (Some(_), Value::Scalar { plain: true, .. }) if Written::of(text) == Written::Text => {
                format!("in YAML 1.2 `{text}` is text, and no {what}; write {}", one_of(names))
            }
            _ => format!("write {}", one_of(names)),
        },
    }));
    None
}

/// With its article.
fn an(what: &str) -> String {
    let article = if what.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {what}")
}

/// The items of a list.
#[must_use]
pub fn list<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> Option<&'n [Node]> {
    match &node.value {
        Value::List(items) => return Some(items),
        Value::Refused => return None,
        Value::Null | Value::Scalar { .. } | Value::Map(_) => {}
    }
    let message = format!("expected a list for {what}, found {}", found(node));
    problems.add(
        Problem::new(&node.place, message).label("not a list").help("write `- ` before each item, or [item, item]"),
    );
    None
}

/// The items of a list with at least one, or the value itself.
#[must_use]
pub fn one_or_many<'n>(node: &'n Node, what: &str, problems: &mut Problems) -> Option<&'n [Node]> {
    match &node.value {
        Value::List(items) if items.is_empty() => {
            let problem =
                Problem::new(&node.place, format!("expected at least one item for {what}, found an empty list"));
            problems.add(problem.label("matches nothing").help("add an item, or leave the key out"));
            None
        }
        Value::List(items) => Some(items),
        _ => Some(std::slice::from_ref(node)),
    }
}

/// The entries of a map with free names, at least one.
#[must_use]
pub fn named<'n>(node: &'n Node, owner: &Place, what: &str, problems: &mut Problems) -> Option<&'n [(Node, Node)]> {
    match &node.value {
        Value::Refused => None,
        Value::Map(entries) if !entries.is_empty() => Some(entries),
        Value::Map(_) => {
            let problem = Problem::new(&node.place, format!("{what} is empty")).label("nothing stands here");
            problems.add(problem.help(format!("add an entry, or leave {what} out")));
            None
        }
        _ => {
            let place = if matches!(node.value, Value::Null) { owner } else { &node.place };
            let problem = Problem::new(place, format!("expected a map for {what}, found {}", found(node)));
            problems.add(problem.label("not a map").help(format!("write `NAME: ...` below {what}, or leave it out")));
            None
        }
    }
}

/// Tells that something else was expected.
pub fn unexpected(node: &Node, what: &str, problems: &mut Problems) {
    let problem = Problem::new(&node.place, format!("expected {what}, found {}", found(node)));
    problems.add(match &node.value {
        Value::Refused => return,
        Value::Null => problem.label("nothing stands here").help("write a value, or leave the key out"),
        Value::Scalar { text, .. } if text.trim().is_empty() => {
            problem.label("empty").help("write a value, or leave the key out")
        }
        Value::List(_) => problem.label("a list").help("write one value, without brackets and dashes"),
        Value::Map(_) => problem.label("a map").help("write one value, without keys below it"),
        Value::Scalar { .. } => problem.label("something else"),
    });
}

/// What stands there, for messages: ``the number `5` ``.
#[must_use]
pub fn found(node: &Node) -> String {
    match &node.value {
        Value::Null | Value::Refused => "nothing".to_owned(),
        Value::Scalar { text, .. } if text.is_empty() => "empty text".to_owned(),
        Value::Scalar { text, .. } if text.trim().is_empty() => "blank text".to_owned(),
        Value::Scalar { text, plain: false } => format!("the text {}", quoted(text)),
        Value::Scalar { text, plain: true } => match Written::of(text) {
            Written::Number => format!("the number {}", quoted(text)),
            Written::Switch => format!("the switch {}", quoted(text)),
            Written::Text => format!("the text {}", quoted(text)),
        },
        Value::List(_) => "a list".to_owned(),
        Value::Map(_) => "a map".to_owned(),
    }
}

/// What YAML 1.2 (its core schema) takes a plain scalar for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Text,
    Number,
    Switch,
}

impl Written {
    pub(super) fn of(text: &str) -> Written {
        if matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
            return Written::Switch;
        }
        if matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Written::Number;
        }
        let radix = |prefix: &str, digit: fn(&u8) -> bool| {
            text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && rest.as_bytes().iter().all(digit))
        };
        if radix("0o", |b| (b'0'..=b'7').contains(b)) || radix("0x", u8::is_ascii_hexdigit) {
            return Written::Number;
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
            return Written::Number;
        }
        // [0-9]* ( . [0-9]* )? ( [eE] [-+]? [0-9]+ )?, with a digit before the exponent.
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
            None => (unsigned, None),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let good = digits(before)
            && digits(after)
            && !(before.is_empty() && after.is_empty())
            && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
        if good { Written::Number } else { Written::Text }
    }
}

/// The words that YAML 1.1 took for switches, and what they meant.
fn old_switch(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" => Some(true),
        "no" | "off" | "n" | "false" => Some(false),
        _ => None,
    }
}

/// Whether YAML 1.1 took this text for a switch, and YAML 1.2 does not.
fn is_old_switch(word: &str) -> bool {
    old_switch(word).is_some() && Written::of(word) == Written::Text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_taken_as_the_core_schema_of_yaml_1_2_takes_them() {
        for number in ["0", "-1", "+5", "1.5", ".5", "5.", "1e3", "1E-3", "0o7", "0xFf", ".inf", "-.INF", ".nan", "007"]
        {
            assert_eq!(Written::of(number), Written::Number, "{number}");
        }
        for text in ["", ".", "-", "e3", "1e", "1_000", "1:30", "2026-01-01", "0x", "0b1", "yes", "v1", "1.2.3", "+-1"]
        {
            assert_eq!(Written::of(text), Written::Text, "{text}");
        }
        for switch in ["true", "False", "TRUE"] {
            assert_eq!(Written::of(switch), Written::Switch, "{switch}");
        }
    }
}
