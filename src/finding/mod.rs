//! The model: what was found and what was looked at.
//!
//! One model serves every source. It does no IO, reads no clock and no environment, and knows neither serde nor clap
//! nor the policy nor any vendor. Inputs and outputs have wire types of their own.

#![deny(clippy::disallowed_methods)]

mod baseline;
mod coverage;
mod fingerprint;
mod groups;
mod kind;
mod location;
mod merge;
mod package;
mod risk;
mod severity;
mod sighting;

pub use baseline::{Comparison, Known, Renames, Way};
pub use coverage::{Coverage, Scan, ScanState, State};
pub use fingerprint::{Context, Fingerprint, FingerprintInput};
pub(crate) use groups::Groups;
pub use kind::Kind;
pub use location::{Location, is_absolute};
pub(crate) use merge::total_order;
pub use merge::{Merged, merge};
pub use package::{Package, Scope, unversioned};
pub use risk::{cves, tell_exploited, tell_likelihood};
pub use severity::Severity;
pub use sighting::{Excuse, Sighting};

use std::sync::Arc;

/// Text that many findings share: a path, a tool, the facts of a check. Cloning it copies a pointer.
pub type Text = Arc<str>;

/// A CWE number: `Cwe(79)` is CWE-79.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cwe(pub u32);

impl std::fmt::Display for Cwe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CWE-{}", self.0)
    }
}

/// One finding, as one or several sources told it.
///
/// A fact that no source told is `None` (or an empty list where a list cannot tell "none" from "not told"); it is never
/// filled with a guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its identity across runs; see [`Fingerprint`].
    pub fingerprint: Fingerprint,
    /// What was seen, without line numbers: the code around it, as a hash. `None` where the source shows no code.
    pub context: Option<Context>,
    /// What kind of scan finds such things.
    pub kind: Kind,
    /// `None`: the source told nothing that a severity could be read from. The policy says what that counts as.
    pub severity: Option<Severity>,
    /// Who or what told the severity, for people: `mend`, `security-severity of the rule`.
    pub severity_from: Text,
    /// Advisory ids and their aliases (CVE, GHSA, OSV ...), upper case where the scheme says so, sorted, no duplicates.
    pub ids: Arc<[Text]>,
    /// Weakness classes, sorted, no duplicates.
    pub cwe: Arc<[Cwe]>,
    /// One line that says what is wrong. Text from outside: escape it for each output.
    pub title: Text,
    /// All that was said, as a hash. It goes to no output (a secret may be in it) and into no fingerprint; it only tells
    /// two readings from one reading made twice where nothing else does.
    pub said: Option<Context>,
    /// The package that is affected.
    pub package: Option<Box<Package>>,
    /// Whether a fixed version exists: `Some(false)` only where the source says that there is none.
    pub fix: Option<bool>,
    /// Versions that fix it, as the source wrote them.
    pub fixed_in: Arc<[Text]>,
    /// Where it is, in the repository.
    pub location: Option<Location>,
    /// Other paths that the same thing is in, sorted, without that of `location`: it is gone only when it is gone there, too.
    pub also_in: Arc<[Text]>,
    /// When a source saw it for the first time, UTC.
    pub first_seen: Option<jiff::Timestamp>,
    /// CVSS vector as the source wrote it.
    pub cvss_vector: Option<Text>,
    /// CVSS score, 0.0 to 10.0.
    pub cvss: Option<f32>,
    /// EPSS probability, 0.0 to 1.0.
    pub epss: Option<f32>,
    /// Whether CISA lists it as known to be exploited.
    pub kev: Option<bool>,
    /// Whether the vulnerable code can be reached.
    pub reachable: Option<bool>,
    /// Licence identifiers (SPDX where the source uses it).
    pub license: Arc<[Text]>,
    /// Whether it is new: the baseline says so where one is given, else the source where it tells.
    pub new: Option<bool>,
    /// Pages about it, https only.
    pub links: Arc<[Text]>,
    /// Who saw it, at least one, sorted; the first is the one that names it in outputs.
    pub sightings: Vec<Sighting>,
}

impl Finding {
    /// Why it does not count although it was seen: every source that saw it excuses it. One source that still calls it
    /// open is enough for it to count.
    #[must_use]
    pub fn excuse(&self) -> Option<Excuse> {
        let mut excuses = self.sightings.iter().map(|s| s.excuse);
        let first = excuses.next()??;
        excuses.all(|e| e.is_some()).then_some(first)
    }

    /// The scanner's check that names it (`B602`, `CVE-2021-23337`).
    #[must_use]
    pub fn check(&self) -> Option<&Text> {
        self.sightings.iter().find_map(|s| s.check.as_ref())
    }

    /// The tool that names it.
    #[must_use]
    pub fn tool(&self) -> Option<&Text> {
        self.sightings.iter().find_map(|s| s.tool.as_ref())
    }

    /// The advisory id that people know it by: a CVE before a GHSA before any other.
    #[must_use]
    pub fn advisory(&self) -> Option<&Text> {
        self.ids.iter().min_by_key(|id| (advisory_rank(id), *id))
    }
}

/// CVE first, GHSA second, every other scheme after them.
fn advisory_rank(id: &str) -> u8 {
    if id.starts_with("CVE-") {
        0
    } else if id.starts_with("GHSA-") {
        1
    } else {
        2
    }
}
