//! Writers: one file a format, one signature, one match.
//!
//! A writer gets a finished [`Report`] and turns it into bytes. It knows no source and no raw policy, and cannot change
//! the verdict.

mod destination;
mod escape;
mod human;
mod json;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod stream;
mod target;

pub use destination::Destination;
pub use escape::{ActionsSafe, actions_safe, terminal};
pub(crate) use human::wrapped;
pub use json::schema as json_schema;
pub(crate) use stream::compact;
pub use target::{Color, Output, Target, Targets, Unprepared, Written};

use std::io;

use jiff::Timestamp;

use crate::policy::{Evaluation, Resolved};
use crate::project::Project;

/// What every writer gets.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// What was decided, and from what.
    pub evaluation: &'a Evaluation,
    /// The policy that decided it.
    pub policy: &'a Resolved,
    /// The policy's file as the user named it, or `preset:NAME`.
    pub policy_origin: &'a str,
    /// `sha256:` and the digest of the policy's text.
    pub policy_digest: &'a str,
    /// The project that was judged.
    pub project: &'a Project,
    /// The day that was judged.
    pub as_of: Timestamp,
    /// The sources that `--only` left: empty when all were read. A report says so, for the rest was not looked at.
    pub only: &'a [String],
}

/// A format that `--format` and `--output` know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Format {
    /// For a person at a terminal or in a CI log.
    Human,
    /// For programs: `findgate/evaluation/v1`.
    Json,
    /// SARIF 2.1.0 for code scanning: violations and warnings.
    Sarif,
    /// SARIF 2.1.0 for the record: every finding, waived and excused ones suppressed.
    SarifAudit,
}

impl Format {
    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::SarifAudit => "sarif-audit",
        }
    }
}

/// Writes one format.
///
/// # Errors
/// Whatever the target says.
pub fn write(format: Format, report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        Format::Human => human::write(report, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, sarif::Profile::CodeScanning, out),
        Format::SarifAudit => sarif::write(report, sarif::Profile::Audit, out),
    }
}
