//! Waivers: findings that somebody answers for, until a day.

use crate::finding::{Finding, Fingerprint, Severity, Text};

use super::condition::PackagePattern;
use super::glob::Patterns;
use super::statement::Statement;
use super::{Place, Stated};

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

impl Waiver {
    /// What it was made of, if a VEX document states it.
    #[must_use]
    pub fn statement(&self) -> Option<&Statement> {
        self.matches.statement.as_deref()
    }
}

/// What `waivers` says beside the waivers themselves.
#[derive(Clone, Debug, Default)]
pub struct WaiverRules {
    /// `file`: paths of files of waivers, in the repository.
    pub files: Vec<Stated<String>>,
    /// `vex`: paths of VEX documents, in the repository.
    pub vex: Vec<Stated<String>>,
    /// `max_life` of each severity that has an entry, in seconds.
    pub max_life: Vec<(Severity, Stated<u64>)>,
    /// `max_life.default`, in seconds.
    pub max_life_default: Option<Stated<u64>>,
    /// `require`.
    pub require: Vec<Stated<Demanded>>,
    /// `unused`.
    pub unused: Option<Stated<Unused>>,
    /// `locked`.
    pub locked: Option<Stated<bool>>,
    /// What VEX documents state that excuses nothing (affected, under investigation): it overtakes what is older.
    pub contrary: Vec<Statement>,
    /// Whether only some of the sources are read, so that nothing is proven by a waiver that matches nothing.
    pub is_in_part: bool,
}

impl WaiverRules {
    /// How far from the day that is judged a waiver of a finding of this severity may reach, in seconds.
    #[must_use]
    pub fn max_life(&self, severity: Severity) -> Option<&Stated<u64>> {
        let own = self.max_life.iter().find(|(known, _)| *known == severity).map(|(_, life)| life);
        own.or(self.max_life_default.as_ref())
    }

    /// How far a waiver may reach at all: the longest life of all severities. `None` if one of them has no end.
    #[must_use]
    pub fn longest_life(&self) -> Option<&Stated<u64>> {
        let lives: Option<Vec<_>> = Severity::WORST_FIRST.into_iter().map(|severity| self.max_life(severity)).collect();
        lives?.into_iter().max_by_key(|life| life.value)
    }

    /// What a waiver that matches nothing is.
    #[must_use]
    pub fn unused(&self) -> Unused {
        self.unused.as_ref().map_or(Unused::Warn, |stated| stated.value)
    }
}

/// A part of a waiver that `require` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the key of a waiver of the same name")]
pub enum Demanded {
    Reason,
    Owner,
    Ticket,
    ApprovedBy,
    Expires,
}

impl Demanded {
    /// Whether a waiver says it.
    #[must_use]
    pub fn is_in(self, waiver: &Waiver) -> bool {
        match self {
            Demanded::Reason => !waiver.reason.is_empty() && waiver.statement().is_none_or(|s| s.is_reasoned),
            Demanded::Owner => waiver.owner.is_some(),
            Demanded::Ticket => waiver.ticket.is_some(),
            Demanded::ApprovedBy => waiver.approved_by.is_some(),
            Demanded::Expires => waiver.expires.is_some(),
        }
    }
    /// All of them.
    pub const ALL: [Demanded; 5] =
        [Demanded::Reason, Demanded::Owner, Demanded::Ticket, Demanded::ApprovedBy, Demanded::Expires];

    /// The key.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Demanded::Reason => "reason",
            Demanded::Owner => "owner",
            Demanded::Ticket => "ticket",
            Demanded::ApprovedBy => "approved_by",
            Demanded::Expires => "expires",
        }
    }
}

/// What a waiver that matches nothing is; the later, the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unused {
    /// Nothing to tell.
    Ignore,
    /// A warning.
    Warn,
    /// A violation.
    Deny,
}

impl Unused {
    /// All of them.
    pub const ALL: [Unused; 3] = [Unused::Ignore, Unused::Warn, Unused::Deny];

    /// The name in the policy.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unused::Ignore => "ignore",
            Unused::Warn => "warn",
            Unused::Deny => "deny",
        }
    }
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
    /// What a VEX document states; such a waiver has nothing else to match with.
    pub statement: Option<Box<Statement>>,
    /// The same as written, for people: `id: CVE-2021-23337, path: web/**`.
    pub as_written: String,
}

impl Match {
    /// Whether everything that it gives fits the finding.
    #[must_use]
    pub fn fits(&self, finding: &Finding) -> bool {
        let Match { id, fingerprint, package, path, check, statement, as_written: _ } = self;
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
            && statement.as_ref().is_none_or(|statement| statement.fits(finding))
    }

    /// Whether it names a package and nothing that is sure to tell one vulnerability from another: many a tool has one check
    /// for all vulnerable packages.
    #[must_use]
    pub fn names_no_vulnerability(&self) -> bool {
        self.package.is_some() && self.id.is_none() && self.fingerprint.is_none()
    }
}

/// Whether globs match every path that it is in: a waiver for one place excuses no other.
fn everywhere(finding: &Finding, globs: &Patterns) -> bool {
    let matches = |path: &Text| globs.match_any([&**path]);
    finding.location.as_ref().is_some_and(|location| matches(&location.path)) && finding.also_in.iter().all(matches)
}
