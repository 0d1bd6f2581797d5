//! The environment, captured once.
//!
//! Everything else gets the values it needs. The options' own `FINDGATE_` variables are read by the command line parser,
//! which shows them in its help.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::SystemTime;

use anyhow::Context as _;
use jiff::Timestamp;

/// What the process was given besides its arguments.
#[derive(Clone, Debug)]
pub struct Env {
    variables: BTreeMap<OsString, OsString>,
    /// The folder that relative paths and globs are relative to.
    pub folder: PathBuf,
    /// The time at the start, in whole seconds: people read it, and pass it on as `--as-of`.
    pub now: Timestamp,
}

impl Env {
    /// Captures the environment of this process.
    ///
    /// # Errors
    /// If the working directory does not exist or may not be read, or the clock is beyond the year 9999.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment and the clock")]
    pub fn capture() -> anyhow::Result<Env> {
        Ok(Env {
            variables: std::env::vars_os().collect(),
            folder: std::env::current_dir().context("find the working directory")?,
            now: whole_second(time(SystemTime::now())?),
        })
    }

    /// The same at another time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Env {
        Env { now, ..self.clone() }
    }

    /// An environment that a test makes up. Its time is the beginning of 1970.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>, folder: &std::path::Path) -> Env {
        Env {
            variables: variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            folder: folder.to_owned(),
            now: Timestamp::UNIX_EPOCH,
        }
    }

    /// Every variable as it is, for a program that is started.
    pub fn variables(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// A variable that is set, not empty, and text. CI platforms pass an unset input as an empty variable, so the two are
    /// the same here.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(&OsString::from(name))?.to_str().filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to nothing.
    #[must_use]
    pub fn is_empty(&self, name: &OsStr) -> bool {
        self.variables.get(name).is_some_and(|value| value.is_empty())
    }
}

fn time(clock: SystemTime) -> anyhow::Result<Timestamp> {
    Timestamp::try_from(clock).context("read the clock of this machine, which is wrong by thousands of years; set it")
}

fn whole_second(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_clock_that_no_calendar_reaches_is_an_error_and_no_panic() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(time(at(1_795_000_000)).unwrap().as_second(), 1_795_000_000);
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(time(before).unwrap().as_second(), -1);
        for far in [at(253_402_300_799), at(1 << 62)] {
            let error = time(far).unwrap_err().to_string();
            assert!(error.contains("the clock of this machine"), "{error}");
        }
    }
}
