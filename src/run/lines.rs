//! Lines that several commands print.

use crate::policy::Judged;
use crate::report::{actions_safe, terminal};

/// Text from outside on one line of a terminal or a log.
pub(super) fn safe(text: &str) -> String {
    actions_safe(&terminal(text)).into_owned()
}

/// A finding on a line, as it is: `high      src/a.py:3  SQL injection`.
pub(super) fn finding(judged: &Judged) -> String {
    let finding = &judged.finding;
    let line = finding.location.as_ref().and_then(|location| location.line).map(|line| format!(":{line}"));
    let place = finding.location.as_ref().map(|location| location.path.to_string());
    let package = || {
        let package = finding.package.as_ref()?;
        Some(package.version.as_ref().map_or(package.name.to_string(), |v| format!("{} {v}", package.name)))
    };
    let place = place.or_else(package).unwrap_or_else(|| "no place".to_owned());
    format!("{:8}  {place}{}  {}", judged.severity.name(), line.unwrap_or_default(), cut(&finding.title))
}

/// As much of a title as a line has room for.
fn cut(title: &str) -> String {
    const LONGEST: usize = 100;
    match title.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", title.get(..at).unwrap_or_default()),
        None => title.to_owned(),
    }
}

/// `1 case`, `2 cases`.
pub(super) fn count(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
