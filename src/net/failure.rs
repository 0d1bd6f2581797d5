//! Why there is no answer, in words for the person who has to do something about it.

use std::fmt;
use std::time::Duration;

/// A request that got no answer that could be used. It prints as a sentence; credentials are not in it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was attempted: `read the projects`.
    pub attempt: String,
    /// The host that it went to.
    pub host: String,
    /// The variable or key that gave the address: `MEND_URL`. Empty: findgate itself.
    pub named: String,
    /// What happened.
    pub cause: Cause,
    /// How often it was tried.
    pub tries: u32,
}

/// What happened to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The name has no address.
    Name(String),
    /// No connection.
    Connect(String),
    /// The server's certificate is not trusted.
    Certificate {
        /// What is wrong with it.
        why: String,
        /// What to do.
        help: &'static str,
    },
    /// The proxy did not let it through.
    Proxy(String),
    /// The connection ended in the middle.
    Cut(String),
    /// No answer within the time that a request has.
    Slow,
    /// The time of the whole run is used up.
    Deadline(Duration),
    /// The server asks to wait longer than the run has.
    Busy {
        /// What it asked for.
        wait: Option<Duration>,
    },
    /// The answer is larger than anything that is expected.
    TooLarge {
        /// The most that is read, in bytes.
        limit: usize,
    },
    /// The answer leads elsewhere.
    Redirect {
        /// The host that it leads to.
        to: Option<String>,
    },
    /// The answer of status 2xx is not what a program can read.
    NotJson {
        /// Whether it is a page for people.
        html: bool,
    },
    /// The answer is not UTF-8.
    NotText,
    /// A part of what was asked for (206), and no part was.
    Part,
    /// Something else.
    Other(String),
}

impl Failure {
    /// Whether the request may have been carried out although there is no answer that could be used.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        match self.cause {
            Cause::Cut(_)
            | Cause::Slow
            | Cause::TooLarge { .. }
            | Cause::NotJson { .. }
            | Cause::NotText
            | Cause::Part => true,
            Cause::Deadline(_) | Cause::Busy { .. } | Cause::Redirect { .. } | Cause::Other(_) => false,
            Cause::Name(_) | Cause::Connect(_) | Cause::Certificate { .. } | Cause::Proxy(_) => false,
        }
    }
}

impl Cause {
    /// Whether no request had left yet.
    pub(super) fn is_before(&self) -> bool {
        matches!(self, Cause::Name(_) | Cause::Connect(_) | Cause::Proxy(_))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { attempt, host, named, cause, tries } = self;
        let named = if named.is_empty() { String::new() } else { format!(" ({named})") };
        write!(f, "cannot {attempt}: ")?;
        match cause {
            Cause::Name(why) => {
                write!(f, "{host} has no address ({why}); is the host right{named}, and is there a network?")
            }
            Cause::Connect(why) => {
                write!(
                    f,
                    "no connection to {host} ({why}); is the host right{named}, is it up, and does a proxy stand between (HTTPS_PROXY)?"
                )
            }
            Cause::Certificate { why, help } => write!(f, "the certificate of {host} is not trusted ({why}); {help}"),
            Cause::Proxy(why) => {
                write!(
                    f,
                    "the proxy did not connect to {host} ({why}); check HTTPS_PROXY, or exempt the host in NO_PROXY"
                )
            }
            Cause::Cut(why) => write!(f, "the answer of {host} ended in the middle ({why}); run it again"),
            Cause::Slow => write!(f, "{host} did not answer in time; is it up? run it again, or later"),
            Cause::Deadline(budget) => {
                write!(f, "the time of this run, {}, is used up; give it more with --timeout", seconds(*budget))
            }
            Cause::Busy { wait: Some(wait) } => write!(
                f,
                "{host} has had too many requests and asks to wait {}, which this run cannot; give it more time with \
                 --timeout, or run it later",
                seconds(*wait)
            ),
            Cause::Busy { wait: None } => {
                write!(f, "{host} has had too many requests and takes no more; run it later")
            }
            Cause::TooLarge { limit } => {
                write!(f, "the answer of {host} is larger than {limit} bytes, the most that is read")
            }
            Cause::Redirect { to } => {
                let to = to.as_deref().unwrap_or("elsewhere");
                write!(f, "{host} leads to {to}, where no credential is sent; is the address right{named}?")
            }
            Cause::NotJson { html: true } => write!(
                f,
                "{host} answered with a page for people; is the address right{named}, or does a proxy or login page stand between?"
            ),
            Cause::NotJson { html: false } => write!(f, "the answer of {host} is not JSON, or only the half of it"),
            Cause::NotText => write!(f, "the answer of {host} is not UTF-8"),
            Cause::Part => write!(f, "{host} sent a part of an answer (206), and no part was asked for"),
            Cause::Other(why) => write!(f, "{host}: {why}"),
        }?;
        if *tries > 1 { write!(f, " (tried {tries} times)") } else { Ok(()) }
    }
}

impl std::error::Error for Failure {}

/// For people: `10m`, `90s`.
pub(super) fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{}ms", duration.as_millis()),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}
