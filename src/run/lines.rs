//! What several commands print, and printing it.

use std::io::{self, Write as _};

use crate::exit::Status;
use crate::policy::Judged;
use crate::report::{actions_safe, terminal};
use crate::settings::Refusal;

/// Writes to stdout. A reader that has seen enough and went away is no failure.
pub(super) fn print(bytes: &[u8]) -> Result<Status, Refusal> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::Output(anyhow::Error::new(error).context("write to stdout")))
        }
        _ => Ok(Status::Holds),
    }
}

/// Text from outside on one line of a terminal or a log.
pub(super) fn safe(text: &str) -> String {
    actions_safe(&terminal(text)).into_owned()
}

/// The most of a title that is shown, in characters.
const TITLE: usize = 100;

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
    format!("{:8}  {place}{}  {}", judged.severity.name(), line.unwrap_or_default(), cut(&finding.title, TITLE))
}

/// So many characters of a text, and `…` for the rest.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
