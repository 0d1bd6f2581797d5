//! The feeds of `enrich`: read beside the sources, put onto findings when these are merged.
//!
//! A feed that the policy names and that cannot be used is evidence that is not there. Otherwise a rule that skips what is not
//! known would hold because a file was missing.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use jiff::Timestamp;

use crate::digest::digest;
use crate::feed::{epss::Scores, kev::Catalog};
use crate::fetch::{Fetcher, Said, Worth, age, pinned_is};
use crate::finding::{Coverage, Finding, State, cves, tell_exploited, tell_likelihood};
use crate::messages::Messages;
use crate::net::MOST_BYTES;
use crate::policy::{Evidence, Feed, FeedAt, FeedUse, Requirement};
use crate::policy_file::{Address, InputFile, Role};
use crate::settings::Settings;
use crate::tree::Tree;

/// Which feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Kev,
    Epss,
}

/// A feed whose bytes were asked for.
#[derive(Debug)]
pub(super) struct Read {
    which: Which,
    feed: Feed,
    bytes: anyhow::Result<Vec<u8>>,
}

/// What came of the feeds.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Those that were used.
    pub(super) uses: Vec<FeedUse>,
    /// What is missing for want of those that were not, or are old.
    pub(super) evidence: Vec<Evidence>,
    /// The files.
    pub(super) inputs: Vec<InputFile>,
}

/// The feeds that the policy names.
fn named(settings: &Settings) -> impl Iterator<Item = (Which, Feed)> {
    let policy = &settings.policy.policy;
    let named = [(Which::Kev, &policy.kev), (Which::Epss, &policy.epss)];
    named.into_iter().filter_map(|(which, feed)| Some((which, feed.as_ref()?.value.clone())))
}

/// What reads the feeds, on any thread.
pub(super) fn reading(settings: &Settings) -> impl FnOnce() -> Vec<Read> + Send + 'static {
    let feeds: Vec<(Which, Feed)> = named(settings).collect();
    let (tree, fetcher, as_of) = (settings.tree.clone(), settings.fetcher.clone(), settings.as_of);
    move || {
        let read = |(which, feed)| Read { bytes: bytes(which, &feed, &tree, &fetcher, as_of), which, feed };
        feeds.into_iter().map(read).collect()
    }
}

fn bytes(which: Which, feed: &Feed, tree: &Tree, fetcher: &Fetcher, as_of: Timestamp) -> anyhow::Result<Vec<u8>> {
    let Feed { at, max_age, digest } = feed;
    match at {
        FeedAt::File(path) => {
            let file = tree.read_trusted(Path::new(path), MOST_BYTES as u64);
            let bytes = file.with_context(|| format!("cannot read {path}"))?.bytes;
            if let Some(pinned) = digest {
                pinned_is(pinned, &bytes).with_context(|| format!("cannot use {path}"))?;
            }
            Ok(bytes)
        }
        FeedAt::Url(url) => {
            let max_age = Duration::from_secs(*max_age);
            let address = Address { url: url.clone(), digest: digest.clone(), max_age };
            let worth = |bytes: &[u8]| match which.date(bytes).map(|date| age(date, as_of)) {
                Ok(Some(age)) if age <= feed.max_age => Worth::Good,
                Ok(_) => Worth::Old,
                Err(_) => Worth::Damaged,
            };
            fetcher.get(&address, &worth)
        }
    }
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Which::Kev => "kev",
            Which::Epss => "epss",
        }
    }

    /// When a feed was made, if it is one.
    fn date(self, bytes: &[u8]) -> anyhow::Result<Timestamp> {
        match self {
            Which::Kev => Catalog::parse(bytes).map(|catalog| catalog.date),
            Which::Epss => Scores::parse(bytes, &Default::default()).map(|scores| scores.date),
        }
    }
}

/// Puts what the feeds tell onto findings, which are merged.
pub(super) fn apply(read: Vec<Read>, findings: &mut [Finding], settings: &Settings, messages: Messages) -> Facts {
    let Said { notes, warnings } = settings.fetcher.said();
    notes.iter().for_each(|note| messages.detail(note));
    warnings.iter().for_each(|warning| messages.note(warning));
    let mut facts = Facts::default();
    for Read { which, feed, bytes } in read {
        let name = which.name();
        let (FeedAt::File(from) | FeedAt::Url(from)) = &feed.at;
        if let Ok(bytes) = &bytes {
            facts.inputs.push(InputFile { role: Role::Feed, name: from.clone(), digest: digest(bytes) });
        }
        let mut missing = |state: State, reason: String| {
            let coverage = Coverage { state, ..Coverage::unread(&format!("enrich.{name}"), reason) };
            super::tell(&coverage, messages);
            facts.evidence.push(Evidence { coverage, requirement: Requirement::Required });
        };
        match bytes.and_then(|bytes| use_it(which, from, &bytes, findings, settings.as_of)) {
            Ok(mut used) => {
                used.told.sort_unstable();
                let day = used.date.strftime("%Y-%m-%d");
                messages.detail(&format!("enrich.{name}: {} vulnerabilities, of {day}", used.entries));
                if let Some(age) = age(used.date, settings.as_of)
                    && age > feed.max_age
                {
                    let (age, most) = (age / 86_400, feed.max_age / 86_400);
                    missing(
                        State::Stale,
                        format!(
                            "the feed {from} is of {day}, {age} days before the day that is judged, and {most} are allowed; get a \
                             newer one, or allow more with `max_age`"
                        ),
                    );
                }
                facts.uses.push(used);
            }
            Err(error) => missing(State::Failed, format!("{error:#}")),
        }
    }
    facts
}

fn use_it(
    which: Which,
    from: &str,
    bytes: &[u8],
    findings: &mut [Finding],
    as_of: Timestamp,
) -> anyhow::Result<FeedUse> {
    let damaged = || format!("the feed {from} cannot be used; get it anew from where it is published");
    let in_time = |date: Timestamp| match age(date, as_of) {
        Some(_) => Ok(()),
        // Whoever puts an old feed under a new date could make it young for ever.
        None => {
            bail!("the feed {from} is of {date}, after the time that is judged ({as_of}), so it proves nothing")
        }
    };
    let name = which.name();
    let (date, entries, told) = match which {
        Which::Kev => {
            let catalog = Catalog::parse(bytes).with_context(damaged)?;
            in_time(catalog.date)?;
            (catalog.date, catalog.entries, tell_exploited(findings, |cve| catalog.lists(cve)))
        }
        Which::Epss => {
            let scores = Scores::parse(bytes, &cves(findings)).with_context(damaged)?;
            in_time(scores.date)?;
            (scores.date, scores.entries, tell_likelihood(findings, |cve| scores.of(cve)))
        }
    };
    Ok(FeedUse { name, from: from.to_owned(), date, entries, told })
}

/// That the thread that reads the feeds ended without a word.
pub(super) fn lost(settings: &Settings) -> Vec<Read> {
    let lost = || Err(anyhow!("its reader ended without a word; please report this"));
    named(settings).map(|(which, feed)| Read { which, feed, bytes: lost() }).collect()
}
