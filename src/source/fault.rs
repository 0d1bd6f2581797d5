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
        let is_page = answer.body.trim_start().starts_with('<');
        let said = match said {
            _ if is_page => format!(" ({PAGE})"),
            Some(said) => format!(" ({})", cleaned(said)),
            None => String::new(),
        };
        // What a refusal means for credentials and rights does not hold where something in between answered.
        let help = match answer.status {
            500.. if help.is_empty() => "the service is in trouble; run it again later",
            _ if is_page => "does a proxy or login page stand between (HTTPS_PROXY), or is the address wrong?",
            _ => help,
        };
        let help = if help.is_empty() { String::new() } else { format!("; {help}") };
        Fault(format!("cannot {attempt}: {host} answered {}{said}{help}", answer.status))
    }

    /// An answer that is not what the vendor documents.
    pub(super) fn protocol(attempt: &str, host: &str, what: impl std::fmt::Display) -> Fault {
        Fault(format!("cannot {attempt}: the answer of {host} cannot be read: {what}"))
    }
}

/// What is said instead of a page: nobody wants to read its source.
const PAGE: &str = "a page for people";

/// The most of a server's words that a sentence repeats, in characters.
const MOST_SAID: usize = 200;

/// What a server said, as a part of a sentence. Pages for people are not repeated.
pub(super) fn cleaned(said: &str) -> String {
    if said.trim_start().starts_with('<') {
        return PAGE.to_owned();
    }
    one_line(said, MOST_SAID)
}
