//! Why a vendor cannot be read, in a sentence for people.

use crate::net::{Answer, Failure};

use super::names::one_line;

/// Why something could not be read: what was attempted, what the server said, what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Failure> for Fault {
    fn from(failure: Failure) -> Fault {
        Fault(failure.to_string())
    }
}

impl Fault {
    /// A sentence.
    pub(super) fn new(text: impl Into<String>) -> Fault {
        Fault(text.into())
    }

    /// A status that means no: `cannot read the projects: api.example answered 403 (no such key); create a new key`.
    pub(super) fn refused(attempt: &str, host: &str, answer: &Answer, said: Option<&str>, help: &str) -> Fault {
        let said = said.map(|said| format!(" ({})", cleaned(said))).unwrap_or_default();
        let help = if help.is_empty() { String::new() } else { format!("; {help}") };
        Fault(format!("cannot {attempt}: {host} answered {}{said}{help}", answer.status))
    }

    /// An answer that is not what the vendor documents.
    pub(super) fn protocol(attempt: &str, host: &str, what: impl std::fmt::Display) -> Fault {
        Fault(format!("cannot {attempt}: the answer of {host} cannot be read: {what}"))
    }
}

/// The most of a server's words that a sentence repeats, in characters.
const MOST_SAID: usize = 200;

/// What a server said, as a part of a sentence. Pages for people are not repeated.
pub(super) fn cleaned(said: &str) -> String {
    if said.trim_start().starts_with('<') {
        return "a page for people".to_owned();
    }
    one_line(said, MOST_SAID)
}
