//! Waivers: findings that somebody answers for, until a day.

use crate::finding::{Finding, Fingerprint, Text};

use super::Place;
use super::condition::{PackagePattern, Patterns};

/// A waiver.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// `id`, unique within a policy.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// `match`: all that is given must match.
    pub matches: Match,
    /// `reason`.
    pub reason: String,
    /// `owner`.
    pub owner: Option<String>,
    /// `ticket`.
    pub ticket: Option<String>,
    /// `approved_by`.
    pub approved_by: Option<String>,
    /// `expires`: the last day on which it holds, in UTC.
    pub expires: Option<jiff::civil::Date>,
}

/// What a waiver matches; at least one is given, and all that are given must match.
#[derive(Clone, Debug)]
pub struct Match {
    /// An advisory id, an alias of it or the source's own id; exact but for case.
    pub id: Option<String>,
    /// A fingerprint, of the finding or of one of its sightings.
    pub fingerprint: Option<Fingerprint>,
    /// A package.
    pub package: Option<PackagePattern>,
    /// Globs of paths.
    pub path: Option<Patterns>,
    /// A scanner's check; exact.
    pub check: Option<String>,
    /// The same as written, for people: `id: CVE-2021-23337, path: web/**`.
    pub as_written: String,
}

impl Match {
    /// Whether everything that it gives fits the finding.
    #[must_use]
    pub fn fits(&self, finding: &Finding) -> bool {
        let Match { id, fingerprint, package, path, check, as_written: _ } = self;
        let same_id = |known: &str| id.as_deref().is_some_and(|id| known.eq_ignore_ascii_case(id));
        (id.is_none()
            || finding.ids.iter().any(|known| same_id(known))
            || finding.sightings.iter().any(|s| s.id.as_deref().is_some_and(same_id)))
            && fingerprint.is_none_or(|wanted| {
                // The ordinal counts too: a second finding with the same code is not waived by the first one's fingerprint.
                wanted.ordinal == finding.fingerprint.ordinal
                    && (wanted.hash == finding.fingerprint.hash
                        || finding.sightings.iter().any(|s| s.fingerprint == wanted.hash))
            })
            && package
                .as_ref()
                .is_none_or(|wanted| finding.package.as_deref().and_then(|p| wanted.matches(p)) == Some(true))
            && path.as_ref().is_none_or(|globs| everywhere(finding, globs))
            && check
                .as_deref()
                .is_none_or(|wanted| finding.sightings.iter().any(|s| s.check.as_deref() == Some(wanted)))
    }

    /// Whether it names a package and nothing that tells one vulnerability from another.
    #[must_use]
    pub fn names_only_a_package(&self) -> bool {
        self.package.is_some() && self.id.is_none() && self.fingerprint.is_none() && self.check.is_none()
    }
}

/// Whether globs match every path that it is in: a waiver for one place excuses no other.
fn everywhere(finding: &Finding, globs: &Patterns) -> bool {
    let matches = |path: &Text| globs.match_any([&**path]);
    finding.location.as_ref().is_some_and(|location| matches(&location.path)) && finding.also_in.iter().all(matches)
}
