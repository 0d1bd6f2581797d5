//! What the policy names by an https address: from the server, or the copy of it that was kept.
//!
//! A copy that has the digest that the policy names is as good as the server's. Any other copy grows old: a young one is
//! used without asking, an older one only where the server gives nothing.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{anyhow, bail};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::cache::{Cache, Kept};
use crate::digest::digest;
use crate::env::Env;
use crate::net::{self, MOST_BYTES, Masks, Network, Roots, on_one_thread};
use crate::policy_file::Address;

/// A copy is used without asking the server for this part of the time that it may be used at all.
const UNASKED: u32 = 4;

/// How far ahead of us, in seconds, the clock may be that something was dated by.
const MOST_AHEAD: u64 = 24 * 3600;

/// Gets what the policy names.
#[derive(Clone, Debug)]
pub struct Fetcher {
    env: Env,
    ca_file: Option<PathBuf>,
    cache: Option<Cache>,
    /// Whether nobody may be asked.
    offline: bool,
    deadline: Instant,
    budget: Duration,
    said: Arc<Mutex<Said>>,
}

/// What there is to say of what was fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// For the curious.
    pub notes: Vec<String>,
    /// For everybody.
    pub warnings: Vec<String>,
}

/// What bytes are worth to who asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worth {
    /// They can be used.
    Good,
    /// They can be used, and newer ones would be better.
    Old,
    /// They are not what they should be.
    Damaged,
}

impl Fetcher {
    /// One that may ask until the run's time is used up; `offline`, it asks nobody.
    #[must_use]
    pub fn new(env: &Env, ca_file: Option<PathBuf>, (deadline, budget): (Instant, Duration), offline: bool) -> Fetcher {
        let cache = Cache::of(env);
        Fetcher { env: env.clone(), ca_file, cache, offline, deadline, budget, said: Arc::default() }
    }

    /// What there is to say since this was asked for the last time.
    #[must_use]
    pub fn said(&self) -> Said {
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, note: String) {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).notes.push(note);
    }

    /// Gets what is at an address, or the copy of it. `worth` says what bytes are worth; what is damaged is not kept.
    ///
    /// # Errors
    /// If there is neither, or it has another digest than the policy names. The error names the address.
    pub fn get(&self, address: &Address, worth: &dyn Fn(&[u8]) -> Worth) -> anyhow::Result<Vec<u8>> {
        let Address { url, digest: pinned, max_age } = address;
        let believed = self.cache.as_ref().filter(|cache| cache.is_trusted() || pinned.is_some());
        let kept = believed.and_then(|cache| cache.kept(url));
        if let Some(pinned) = pinned {
            return match kept.filter(|kept| kept.digest == *pinned) {
                Some(kept) => Ok(kept.bytes),
                None if self.offline => Err(self.not_kept(url)),
                None => {
                    let bytes = self.ask(url)?;
                    pinned_is(pinned, &bytes).map_err(|error| anyhow!("cannot use {url}: {error}"))?;
                    self.keep(url, &bytes);
                    Ok(bytes)
                }
            };
        }
        let kept = kept.map(|kept| {
            let age = age(kept.fetched, self.env.now).map(Duration::from_secs);
            (age, worth(&kept.bytes), kept)
        });
        let (young, usable) = match kept {
            Some((Some(age), Worth::Good, kept)) if age <= *max_age / UNASKED => (Some(kept), None),
            Some((age, Worth::Good | Worth::Old, kept)) => (None, Some((age, kept))),
            Some((_, Worth::Damaged, _)) | None => (None, None),
        };
        if let Some(Kept { bytes, fetched, .. }) = young {
            self.note(format!("{url} was not asked for: a copy of {fetched} is kept"));
            return Ok(bytes);
        }
        let in_time = |age: Option<Duration>| age.is_some_and(|age| age <= *max_age);
        if self.offline {
            return match usable {
                Some((age, kept)) if in_time(age) => Ok(kept.bytes),
                Some((_, Kept { fetched, .. })) => bail!(
                    "cannot use {url}: the copy of {fetched} is older than `max_age` allows, and with --snapshot nobody is asked; \
                     {REMEDY}"
                ),
                None => Err(self.not_kept(url)),
            };
        }
        match (self.ask(url), usable) {
            (Ok(bytes), _) => {
                // What would not be believed is not kept either.
                if worth(&bytes) != Worth::Damaged && believed.is_some() {
                    self.keep(url, &bytes);
                }
                Ok(bytes)
            }
            (Err(error), Some((age, Kept { bytes, fetched, .. }))) if in_time(age) => {
                let warning = format!("{error:#}; the copy of {fetched} is used instead");
                self.said.lock().unwrap_or_else(PoisonError::into_inner).warnings.push(warning);
                Ok(bytes)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn not_kept(&self, url: &str) -> anyhow::Error {
        let where_to = match &self.cache {
            Some(cache) if cache.is_trusted() => format!("no copy is kept in {}", cache.shown()),
            Some(cache) => format!(
                "{} lies in the work tree, where a change can put files, so only a copy with the digest that the policy names \
                 would be taken from it",
                cache.shown()
            ),
            None => "there is no folder for copies; name one in FINDGATE_CACHE_DIR".to_owned(),
        };
        anyhow!("cannot use {url}: with --snapshot nobody is asked, and {where_to}; {REMEDY}")
    }

    fn keep(&self, url: &str, bytes: &[u8]) {
        let Some(cache) = &self.cache else { return };
        if let Err(error) = cache.keep(url, bytes, self.env.now) {
            self.note(format!("{error:#}"));
        }
    }

    fn ask(&self, url: &str) -> anyhow::Result<Vec<u8>> {
        let said = Arc::clone(&self.said);
        let network = Network {
            roots: Roots::read(self.ca_file.as_deref(), &self.env)?,
            deadline: self.deadline,
            budget: self.budget,
            // None is sent, so none can come back.
            masks: Masks::default(),
            log: Arc::new(move |line| {
                said.lock().unwrap_or_else(PoisonError::into_inner).notes.push(line.to_owned());
            }),
        };
        let fetched = on_one_thread(net::document(url, MOST_BYTES, &network));
        fetched.unwrap_or_else(|why| Err(anyhow!("cannot fetch {url}: {why}")))
    }
}

const REMEDY: &str = "run it once with the network and hand on the folder that FINDGATE_CACHE_DIR names, or put the file into \
                      the repository and name its path with its `digest`";

/// How old something is by its own date, in whole seconds. `None` if it comes from the future: it would be young for ever.
#[must_use]
pub fn age(date: Timestamp, now: Timestamp) -> Option<u64> {
    let age = now.duration_since(date).as_secs();
    u64::try_from(age).ok().or_else(|| (age.unsigned_abs() <= MOST_AHEAD).then_some(0))
}

/// That bytes have the digest that the policy names.
///
/// # Errors
/// If they have another one; the error tells both.
pub fn pinned_is(pinned: &str, bytes: &[u8]) -> anyhow::Result<()> {
    let found = digest(bytes);
    if found != pinned {
        bail!("its digest is {found}, and the policy names {pinned}; if the new one is meant, write that");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
